"""The manifest of a reference store: what tables it has, where they come from, and how to tell that they are whole.

A store is a folder with `manifest.json` and one Parquet file a table, in `tables/`.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from placemap.core.codes import AREA_KINDS, KINDS, OLD_LSOA_VINTAGE, OLD_RESIDENTS, RESIDENTS
from placemap.core.errors import PlacemapError
from placemap.core.tables import TableSchema
from placemap.reference.schemas import store_schema

if TYPE_CHECKING:
    import pandas as pd

    from placemap.core.columns import Columns

#: Kinds that a vintage can be chosen of, and the families of their tables; the first has the kind's vintages.
FAMILIES = {
    **{kind: ("lookup",) for kind in (*AREA_KINDS, "icb") if kind != "lsoa"},
    "pcn": ("pcn_members", "pcns"),
    "registrations": ("registrations", "practices"),
}

MANIFEST = "manifest.json"
TABLES = "tables"
STORE_FORMAT = 1
#: The next step where a store is not whole.
REMAKE = "`placemap data update` fetches the tables again; for the packaged ones, reinstall placemap"
#: Coverage of a table whose source leaves some of England out (or starts with this, in an extract).
PART = "part"


@dataclass(frozen=True)
class TableEntry:
    """One table of a store.

    Attributes:
        name: unique in the store, `<what>-<vintage>`; the file is `tables/<name>.parquet`.
        family: what schema it has (see `schemas.store_schema`).
        kind: unit kind of a lookup; the measure's name (`residents_2021`) of a measure.
        vintage: year of the geography, or `YYYY-MM` of the extract; never a file's date.
        base: LSOA vintage of the LSOA column, where there is one.
        rows: number of rows.
        sha256: hash of the Parquet file.
        content_sha256: hash of the canonical sorted content, the same whatever wrote the file.
        source: key in `sources.yaml`.
        title, publisher, url, licence, attribution: of that source.
        coverage: `England`, `extract` for a table cut to what some configs need, or `part` (`part extract`) for one
            whose source leaves some of England out.
        total: the sum of the measure over the whole source, where it has one.
        derived: what it was worked out from, where it is no table of its source's; empty for all others.
    """

    name: str
    family: str
    kind: str
    vintage: str
    base: str
    rows: int
    sha256: str
    content_sha256: str
    source: str
    title: str
    publisher: str
    url: str
    licence: str
    attribution: str
    coverage: str
    total: int | None = None
    derived: str = ""

    @property
    def chosen_by(self) -> str:
        """The kind whose vintage decides whether the table is used; empty where none does."""
        if self.family == "lookup":
            return self.kind
        return next((kind for kind, families in FAMILIES.items() if self.family in families), "")

    @property
    def schema(self) -> TableSchema:
        """The columns and key of the table."""
        return store_schema(self.family, self.kind, self.base)


@dataclass(frozen=True)
class Manifest:
    """All tables of a store by name.

    Attributes:
        defaults: the vintage of each kind that is used where nothing else is said.
        covers: the systems that an extract is cut to, ICB code → system id; empty for all England.
    """

    tables: dict[str, TableEntry]
    defaults: dict[str, str] = field(default_factory=dict)
    covers: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As written to `manifest.json`; keys sorted, empty fields left out."""
        return {
            "placemap_store": STORE_FORMAT,
            "defaults": dict(sorted(self.defaults.items())),
            **({"covers": dict(sorted(self.covers.items()))} if self.covers else {}),
            "tables": {
                name: {key: value for key, value in asdict(entry).items() if value not in ("", None) and key != "name"}
                for name, entry in sorted(self.tables.items())
            },
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Manifest:
        """The reverse of `to_json`.

        Raises:
            KeyError, TypeError, ValueError, AttributeError: a field is missing or unknown, or does not hold what it
                should.
        """
        blank = dict.fromkeys(("kind", "base", "url", "attribution"), "")
        tables = {name: TableEntry(name=name, **{**blank, **entry}) for name, entry in data["tables"].items()}
        return _typed(cls(tables, dict(data["defaults"]), dict(data.get("covers", {}))))


#: A table's name is that of its file, so that it may not lead elsewhere.
_NAME, _VINTAGE = re.compile(r"\w[\w-]*"), re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


def _typed(manifest: Manifest) -> Manifest:
    """The manifest, if each field of it holds what it should.

    Raises:
        TypeError, ValueError: a field does not.
    """
    for entry in manifest.tables.values():
        for name, value in vars(entry).items():
            expected = int if name in ("rows", "total") else str
            if not isinstance(value, expected) and not (name == "total" and value is None):
                raise TypeError(f"`{name}` of table {entry.name} is {value!r}")
        try:
            entry.schema  # noqa: B018 - for what it raises
        except KeyError as error:
            raise ValueError(f"table {entry.name} is of an unknown kind {error}") from None
        if not _NAME.fullmatch(entry.name) or not _VINTAGE.fullmatch(entry.vintage):
            raise ValueError(f"table {entry.name!r} of vintage {entry.vintage!r} is no name and vintage of a table")
    for key, value in {**manifest.defaults, **manifest.covers}.items():
        if not isinstance(value, str):
            raise TypeError(f"what it says of {key} is {value!r}")
    return manifest


#: What every build uses: family, kind, and what a user would call it.
NEEDED = (
    *(("lookup", kind, f"LSOA to {KINDS[kind].label}") for kind in ("msoa", "ward", "ltla", "utla", "sub_icb")),
    ("lsoa_measure", RESIDENTS, "Census 2021 usual residents by LSOA"),
    ("registrations", "", "patients registered at a GP practice, by LSOA"),
    ("pcns", "", "primary care networks (ODS report `epcn`)"),
    ("pcn_members", "", "their practices (ODS report `epcncorepartnerdetails`)"),
)
EXACT_FIT = ("exact_fit", "", "LSOA 2011 to LSOA 2021, exact fit")
#: What a build uses where it is there: the same, with what is left out where it is not.
OPTIONAL = (
    (*EXACT_FIT, "the crosswalk to LSOAs of 2011 (place_lsoa11), and lookups and codes of LSOAs of 2011"),
    (
        "lsoa_measure",
        OLD_RESIDENTS,
        "mid-2019 population estimates by LSOA",
        "the crosswalk to LSOAs of 2011 (place_lsoa11), and lookups of LSOAs of 2011, such as former CCGs; "
        "elsewhere LSOAs that were merged count as equally large",
    ),
    ("lookup", "icb", "LSOA to ICB", ""),  # what the ICB is today is asked only with --vintage
    ("ltla_history", "", "LTLA codes and names year by year", "what became of former councils"),
    ("adjacency", "", "boundaries of LSOAs 2021", "whether each place is in one piece"),
)


def missing_tables(manifest: Manifest) -> tuple[str, ...]:
    """What every build uses and a store does not have, as people call it."""
    have = {(entry.family, entry.kind) for entry in manifest.tables.values()}
    bases = {entry.base for entry in manifest.tables.values() if entry.family == "registrations"}
    needed = [*NEEDED, *([EXACT_FIT] if bases == {OLD_LSOA_VINTAGE} else [])]
    return tuple(label for family, kind, label in needed if (family, kind) not in have)


def left_out(manifest: Manifest) -> dict[str, str]:
    """By table that a build can do without and a store does not have, what is left out for that."""
    have = {(entry.family, entry.kind) for entry in manifest.tables.values()}
    return {label: loss for family, kind, label, loss in OPTIONAL if loss and (family, kind) not in have}


class ReferenceData:
    """The tables of a store, each read when it is first asked for.

    Args:
        manifest: what there is.
        read: gives the verified content of a table.
        where: the store's name in messages.
    """

    def __init__(self, manifest: Manifest, read: Callable[[TableEntry], Columns], where: str) -> None:
        self.manifest = manifest
        self.where = where
        self._read = read
        self._tables: dict[str, Columns] = {}
        self._found: dict[tuple[str, str, str], TableEntry | None] = {}

    def table(self, entry: TableEntry) -> Columns:
        """The content of a table, columns in the order of its schema."""
        if entry.name not in self._tables:
            self._tables[entry.name] = self._read(entry)
        return self._tables[entry.name]

    def forget(self, entry: TableEntry) -> None:
        """Let the content of a large table go, of which all has been made that is wanted."""
        self._tables.pop(entry.name, None)

    def find(self, family: str, kind: str = "", vintage: str = "") -> TableEntry | None:
        """The one table of that family, kind and vintage (the newest where none is said); None where there is none."""
        key = (family, kind, vintage)
        if key not in self._found:
            fits = [
                entry
                for entry in self.manifest.tables.values()
                if entry.family == family and kind in ("", entry.kind) and vintage in ("", entry.vintage)
            ]
            self._found[key] = max(fits, key=lambda entry: (entry.vintage, entry.name), default=None)
        return self._found[key]

    def need(self, family: str, kind: str = "", vintage: str = "") -> TableEntry:
        """As `find`.

        Raises:
            PlacemapError: there is no such table.
        """
        entry = self.find(family, kind, vintage)
        if entry is None:
            what = " ".join(part for part in (kind or family.replace("_", " "), vintage) if part)
            have = self.vintages(family, kind)
            raise PlacemapError(
                f"the reference data have no table of {what}" + (f" (only {', '.join(have)})" if have else ""),
                location=self.where,
                hint="`placemap data update` fetches all tables; `placemap data import` takes downloaded files",
            )
        return entry

    def vintages(self, family: str, kind: str = "") -> list[str]:
        """The vintages that there are of a table, oldest first."""
        entries = [e for e in self.manifest.tables.values() if e.family == family and kind in ("", e.kind)]
        return sorted({entry.vintage for entry in entries if family != "lookup" or self._can_be_read(entry)})

    def _can_be_read(self, lookup: TableEntry) -> bool:
        return lookup.base != OLD_LSOA_VINTAGE or self.has_2011

    @property
    def has_2011(self) -> bool:
        """Whether the tables tell how LSOAs of 2011, and what is looked up by them, come to those of 2021."""
        return bool(self.find("exact_fit") and self.find("lsoa_measure", OLD_RESIDENTS))


def canonical_hash(frame: pd.DataFrame, schema: TableSchema) -> str:
    """Hash of a table's content: the same in whatever order its rows are, whatever held it and whatever wrote it.

    SHA-256 over the names of the schema's columns and their values by row of the sorted key, as JSON: text and codes
    as they are (a missing one as empty), whole numbers, other numbers in Python's shortest form, bytes in hexadecimal.

    Raises:
        KeyError: a column of the schema is not there.
    """
    ordered = frame[schema.names].sort_values(list(schema.key), kind="stable")
    digest = hashlib.sha256()
    for column in schema.columns:
        values = _canonical(ordered[column.name], column.type)
        digest.update(json.dumps([column.name, values], ensure_ascii=False, separators=(",", ":")).encode())
    return digest.hexdigest()


def _canonical(values: pd.Series, column_type: str) -> list[Any]:
    if column_type == "int":
        return values.astype("int64").tolist()
    if column_type in ("number", "people", "share"):
        return values.astype("float64").tolist()
    if column_type == "flag":
        return values.astype(bool).tolist()
    if column_type == "wkb":
        return [bytes(value).hex() for value in values]
    return values.astype(object).where(values.notna(), "").tolist()
