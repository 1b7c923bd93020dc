"""The tables that `placemap profile` shows: figures by LSOA or practice that somebody imported, each of a kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from placemap.core.arrays import Bools, Floats, Texts, distinct
from placemap.core.errors import PlacemapError
from placemap.reference.fine_lookups import stores_at_hand
from placemap.reference.schemas import PROFILE
from placemap.reference.store import ReferenceData, TableEntry

COUNT, PROPORTION, PERCENTAGE, SCORE = "count", "proportion", "percentage", "score"
RANK, DECILE, QUINTILE = "rank", "decile", "quintile"
#: What a figure may be, and how places come to theirs.
KINDS = {
    COUNT: "things or people; summed",
    PROPORTION: "a count of those of another column; both summed, then divided",
    PERCENTAGE: "per cent of another column; made a count of it, then as a proportion",
    SCORE: "a score, rate or average; the mean, weighted by residents (of practices, by registered patients)",
    RANK: "a place in a national order, 1 first; never averaged, but put in fifths",
    DECILE: "a national tenth, 1 to 10; never averaged, but put in fifths",
    QUINTILE: "a national fifth, 1 to 5; never averaged, but counted",
}
#: Kinds that are a part of another column; kinds that are shown by fifths.
OF_OTHERS, BANDED = (PROPORTION, PERCENTAGE), (RANK, DECILE, QUINTILE)
FIFTHS = 5


def unit_of(entry: TableEntry) -> str:
    """The kind of a table's units, one of `codes.KINDS`."""
    return "lsoa" if entry.base else "practice"


@dataclass(frozen=True)
class ProfileColumn:
    """One figure: `values` by unit, NaN where it has none; `over` is the title of what it is a part of, or empty."""

    title: str
    kind: str
    over: str
    values: Floats

    @property
    def known(self) -> Bools:
        """The units that have it."""
        return np.isfinite(self.values)


@dataclass(frozen=True)
class ProfileTable:
    """A table: `codes` of its units in order, and its columns in the order of its file."""

    entry: TableEntry
    codes: Texts
    columns: tuple[ProfileColumn, ...]

    @property
    def unit(self) -> str:
        """The kind of its units, one of `codes.KINDS`."""
        return unit_of(self.entry)

    def column(self, title: str) -> ProfileColumn:
        """The column of a title that the table has."""
        return next(column for column in self.columns if column.title == title)


def profile_tables(data: ReferenceData, only: Sequence[str] = ()) -> Iterator[ProfileTable]:
    """The newest table of each measure, in order of name: of the store in use, else of the user's own.

    Args:
        only: names of measures; all where it is empty.

    Raises:
        PlacemapError: there is none, or none of such a name; one is damaged.
    """
    found: dict[str, tuple[ReferenceData, TableEntry]] = {}
    for store in stores_at_hand(data):
        for name in sorted({entry.kind for entry in store.manifest.tables.values() if entry.family == PROFILE}):
            found.setdefault(name, (store, store.need(PROFILE, name)))
    _refuse_missing(found, only, data.where)
    for name, (store, entry) in sorted(found.items()):
        if not only or name in only:
            yield _read(store, entry)


def _refuse_missing(found: dict[str, tuple[ReferenceData, TableEntry]], only: Sequence[str], where: str) -> None:
    hint = "`placemap data import FILE --as measure:NAME` takes any table by LSOA or practice"
    if not found:
        raise PlacemapError("there are no figures for a profile yet", location=where, hint=hint)
    for name in only:
        if name not in found:
            meant = "".join(f"did you mean `{close}`? " for close in get_close_matches(name, found, 1))
            raise PlacemapError(
                f"no figures are called `{name}`", location=where, hint=f"{meant}there are {', '.join(sorted(found))}"
            )


def _read(store: ReferenceData, entry: TableEntry) -> ProfileTable:
    table = store.table(entry)
    of_row, codes = table.words(entry.schema.key[1]).numbered()
    columns = distinct(table["position"])
    values = np.full((len(columns.values), len(codes)), np.nan)
    values[columns.of, of_row] = table["value"]
    said = table.take(columns.first).rows("figure", "kind", "over")
    made = [ProfileColumn(title, kind, over, one) for (title, kind, over), one in zip(said, values, strict=True)]
    return ProfileTable(entry, codes, tuple(made))
