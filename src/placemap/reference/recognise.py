"""Users' own tables and polygons: the format found out, the columns as text, and what kind of codes a column holds.

Nothing is taken from a column's title: `LSOA21CD` may hold codes of 2011, and often does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

from placemap.core.codes import FIRST_NEW_LSOA, KINDS, LSOA_VINTAGE, OLD_LSOA_VINTAGE
from placemap.core.sheets import cell_text

if TYPE_CHECKING:
    from placemap.reference.geography import Geography

#: Part of a column's filled cells that must be codes of a kind for the column to be a column of that kind.
MOSTLY = 0.8
#: Three-character NHS codes look like many a word, so nearly all of them must be real ones.
NEARLY_ALL = 0.95


@dataclass(frozen=True)
class CodeKind:
    """What a column of codes holds.

    Attributes:
        column: its title.
        kind: one of `codes.KINDS`.
        vintage: the vintage that most of its codes belong to; empty where only their shape is known.
        also: other vintages that as many of them belong to, so that the column doesn't tell.
        rows, blank: number of rows, and of those without anything.
        known: rows whose code the reference has in that vintage.
        unknown: the codes that it has not, sorted, each once.
        malformed: the values that do not have the shape of such a code, sorted, each once.
    """

    column: str
    kind: str
    vintage: str
    also: tuple[str, ...]
    rows: int
    blank: int
    known: int
    unknown: tuple[str, ...]
    malformed: tuple[str, ...]

    @property
    def label(self) -> str:
        """`LSOAs of 2011`."""
        return f"{KINDS[self.kind].plural} of {self.vintage}" if self.vintage else KINDS[self.kind].plural


# --- recognising --------------------------------------------------------------------------------------------------


def clean_codes(values: pd.Series) -> pd.Series:
    """Codes as they are compared: text without white space around them, upper case."""
    texts = [cell_text(value).strip().upper() for value in values.tolist()]
    return pd.Series(texts, index=values.index, name=values.name, dtype=object)


def recognise(values: pd.Series, geography: Geography | None = None) -> CodeKind | None:
    """What kind of codes a column holds; None where it holds no codes.

    Args:
        values: the column.
        geography: the reference to look the codes up in; without one the shape alone decides, and no vintage is told
            except that LSOAs which 2021 brought are of 2021.
    """
    codes = clean_codes(values)
    filled = codes[codes != ""]
    if filled.empty:
        return None
    counts = filled.value_counts()
    found = [_as_kind(kind, codes, counts, geography) for kind in KINDS]
    likely = [item for item in found if item is not None]
    # Where several kinds fit (`E06…` is a district and an upper tier), the one with most known codes, then the finer.
    return max(likely, key=lambda item: item.known, default=None)


def code_columns(frame: pd.DataFrame, geography: Geography | None = None) -> list[CodeKind]:
    """The columns of a table that hold codes, in their order."""
    found = [recognise(frame[column], geography) for column in frame]
    return [item for item in found if item is not None]


def _as_kind(kind: str, codes: pd.Series, counts: pd.Series, geography: Geography | None) -> CodeKind | None:
    shaped = counts[[KINDS[kind].accepts(str(code)) for code in counts.index]]
    plain = [bool(KINDS[kind].pattern.fullmatch(str(code))) for code in shaped.index]
    total = int(counts.sum())
    if shaped.sum() < MOSTLY * total:
        return None
    known = _known(kind, shaped, geography)
    best = max(known, key=lambda vintage: (known[vintage], vintage), default="")
    if not all(plain) and known.get(best, 0) < NEARLY_ALL * total:
        return None
    here = set(map(str, shaped.index)) if geography is None else set()
    if geography is not None and best:
        here = _codes_of(kind, best, geography)
    return CodeKind(
        column=str(codes.name),
        kind=kind,
        vintage=best,
        also=tuple(sorted(v for v in known if v != best and known[v] == known[best])),
        rows=len(codes),
        blank=int((codes == "").sum()),
        known=known.get(best, 0),
        unknown=tuple(sorted(set(map(str, shaped.index)) - here)),
        malformed=tuple(sorted(set(map(str, counts.index)) - set(map(str, shaped.index)))),
    )


def _known(kind: str, shaped: pd.Series, geography: Geography | None) -> dict[str, int]:
    """Rows whose code exists, by vintage; empty where there is no telling."""
    if geography is None:
        is_new = kind == "lsoa" and any(str(code) >= FIRST_NEW_LSOA for code in shaped.index)
        return {LSOA_VINTAGE: int(shaped.sum())} if is_new else {}
    found = {}
    for vintage in vintages_of(kind, geography):
        here = _codes_of(kind, vintage, geography)
        found[vintage] = int(shaped[[str(code) in here for code in shaped.index]].sum())
    return {vintage: rows for vintage, rows in found.items() if rows}


def vintages_of(kind: str, geography: Geography) -> list[str]:
    """The vintages that the reference has of a kind, oldest first."""
    if kind == "lsoa":
        return [OLD_LSOA_VINTAGE, geography.units_entry("lsoa").vintage]
    if kind == "pcn":
        return geography.data.vintages("pcns")
    return geography.data.vintages("practices") if kind == "practice" else geography.data.vintages("lookup", kind)


def _codes_of(kind: str, vintage: str, geography: Geography) -> set[str]:
    if kind == "lsoa" and vintage == OLD_LSOA_VINTAGE:
        return set(geography.fit_2011.codes)
    if kind == "pcn":
        return set(geography.pcns(vintage).names)
    if kind == "practice":
        return {*geography.practice_names, *geography.registrations.codes}
    units = geography.units(kind, vintage)
    ods = units.ods if units.ods is not None else ()
    return {*map(str, units.codes), *(str(code) for code in ods if code)}
