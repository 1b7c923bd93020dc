"""place_history.csv: the places of England now and of earlier releases, and what followed those that are gone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placemap.config.model import Footprint, Place
from placemap.config.released import Released
from placemap.core.arrays import Bools, distinct
from placemap.core.columns import columns_of_rows
from placemap.core.installed import __version__
from placemap.core.tables import Table
from placemap.crosswalk import schemas
from placemap.resolve.resolved import ResolvedFootprint

#: LSOAs that a place is recorded with, so that a later release can tell whether its id still means it.
KEY_LSOAS = 12
DECLARED, BY_AREA = "declared", "by area"


@dataclass(frozen=True)
class Past:
    """A place that is not one of England's now.

    Attributes:
        place, footprint: what a config still says of it; None where none does.
        lsoas: by LSOA of 2021, whether it is the place's; None where that cannot be told.
        released: what the record says of it; None where no release had it.
    """

    code: str
    place: Place | None
    footprint: Footprint | None
    lsoas: Bools | None
    released: Released | None

    @property
    def name(self) -> str:
        """Its name."""
        return self.place.name if self.place else self.released.name if self.released else ""

    @property
    def days(self) -> tuple[str, str]:
        """Its first and last day as ISO text, empty where not known."""
        if self.place is None or self.footprint is None:
            return "", self.released.valid_to if self.released else ""
        first = self.place.valid_from or self.footprint.valid_from
        last = self.place.valid_to or self.footprint.valid_to
        return str(first or ""), str(last or "")

    @property
    def successors(self) -> tuple[str, ...]:
        """Codes of the places that are said to have followed it."""
        return self.place.succeeded_by if self.place else self.released.successors if self.released else ()


def place_history_table(national: ResolvedFootprint, past: Sequence[Past], released: Mapping[str, Released]) -> Table:
    """A row a place of now, and a row a place of the past and each place that followed it; sorted by code."""
    rows: list[tuple[object, ...]] = [*_now(national, released)]
    for item in past:
        rows += _before(national, item)
    schema = schemas.place_history(national.populations)
    key = [schema.names.index(name) for name in schema.key]
    rows.sort(key=lambda row: [str(row[at]) for at in key])
    return Table("place_history", schema, columns_of_rows(rows, schema))


def _now(national: ResolvedFootprint, released: Mapping[str, Released]) -> Iterator[tuple[object, ...]]:
    for position, (place, head) in enumerate(zip(national.places, national.place_codes, strict=True)):
        mine = national.lsoas(position)
        first = released[head.code].first if head.code in released else __version__
        days = (str(place.valid_from or ""), str(place.valid_to or ""))
        names = (head.ics, head.footprint, head.code, place.name)
        yield (*names, first, __version__, *days, "", "", "", *_counted(national, mine), _key(national, mine))


def _before(national: ResolvedFootprint, item: Past) -> Iterator[tuple[object, ...]]:
    was = item.released
    releases = (was.first, was.last) if was else ("", "")
    key = _key(national, item.lsoas) if item.lsoas is not None else " ".join(was.lsoas if was else ())
    head = (*item.code.split("/")[:2], item.code, item.name, *releases, *item.days)
    names = {code.code: place.name for place, code in zip(national.places, national.place_codes, strict=True)}
    for code, basis, lsoas, people in _followed_by(national, item):
        yield (*head, code, names.get(code, ""), basis, lsoas, people, key)


def _followed_by(national: ResolvedFootprint, item: Past) -> list[tuple[str, str, int | None, float | None]]:
    """(code, basis, LSOAs, residents) of each place that followed: those declared, then others that have its LSOAs."""
    shared: dict[str, tuple[int, float]] = {}
    nothing: tuple[int | None, float | None] = (None, None if national.populations.whole_residents else np.nan)
    if item.lsoas is not None:
        nothing = _counted(national, np.zeros_like(item.lsoas))
        for position in distinct(national.assignment.place[item.lsoas]).values:
            if position >= 0:
                both = item.lsoas & national.lsoas(int(position))
                shared[national.place_codes[int(position)].code] = _counted(national, both)
    declared = [(code, DECLARED, *shared.pop(code, nothing)) for code in item.successors]
    found = [(code, BY_AREA, *figures) for code, figures in shared.items()]
    return [*declared, *found] or [("", "", *nothing)]


def _counted(national: ResolvedFootprint, lsoas: Bools) -> tuple[int, float]:
    """How many LSOAs, and their residents."""
    return int(lsoas.sum()), national.populations.of(lsoas)[0]


def _key(national: ResolvedFootprint, lsoas: Bools) -> str:
    """Some of a place's LSOAs, spread evenly over all of them in order of code."""
    positions = np.flatnonzero(lsoas)
    spread = np.linspace(0, len(positions) - 1, min(KEY_LSOAS, len(positions))).round().astype(np.int64)
    return " ".join(national.codes(positions[distinct(spread).values]))
