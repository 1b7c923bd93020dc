"""The manifest of a reference store: what tables it has, where they come from, and how to tell that they are whole.

A store is a folder with `manifest.json` and one Parquet file a table, in `tables/`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from placemap.schemas import TableSchema, store_schema

MANIFEST = "manifest.json"
TABLES = "tables"
STORE_FORMAT = 1


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
        coverage: `England`, or `extract` for a table cut to what some configs need.
        total: the sum of the measure over the whole source, where it has one.
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

    @property
    def schema(self) -> TableSchema:
        """The columns and key of the table."""
        return store_schema(self.family, self.kind, self.base)


@dataclass(frozen=True)
class Manifest:
    """All tables of a store by name, and the vintage of each kind that is used where nothing else is said."""

    tables: dict[str, TableEntry]
    defaults: dict[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As written to `manifest.json`; keys sorted, empty fields left out."""
        return {
            "placemap_store": STORE_FORMAT,
            "defaults": dict(sorted(self.defaults.items())),
            "tables": {
                name: {key: value for key, value in asdict(entry).items() if value not in ("", None) and key != "name"}
                for name, entry in sorted(self.tables.items())
            },
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Manifest:
        """The reverse of `to_json`.

        Raises:
            KeyError, TypeError: a field is missing or unknown.
        """
        blank = dict.fromkeys(("kind", "base", "url", "attribution"), "")
        tables = {name: TableEntry(name=name, **{**blank, **entry}) for name, entry in data["tables"].items()}
        return cls(tables, dict(data["defaults"]))
