"""Figures for several tiers at once, each summing to the next.

Patients may put an LSOA into a neighbourhood of one place and itself into another. So below the first tier figures are
made for each pair of a place and what it lies in: a neighbourhood that crosses has a row in each place, and the rows of
a place sum to its figure, those of a neighbourhood to its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from placemap.apply.publish import HeldBack
from placemap.apply.run import Applied
from placemap.config.model import Loc, Member, Place
from placemap.resolve.declared import declared_practices
from placemap.resolve.place_codes import PARENT
from placemap.resolve.resolved import ResolvedFootprint

#: Between the id of a place and that of the one that a part of it lies in; no id has it.
BETWEEN = "@"
#: Columns that hold the id of a place, and so of a part of one.
ID_COLUMNS = ("PLACECD", "PLACEID")


class _Cell(NamedTuple):
    """A place and the one above that a part of it lies in, by position; -1 for none."""

    place: int
    above: int


@dataclass(frozen=True)
class Tiers:
    """Footprints to apply data to for figures of several tiers.

    Attributes:
        footprints: the first as it is, of the others the parts of their places.
        parents: by PLACECD of a part, PARENTCD and PARENTNM.
        chain: the tiers as they are, the outermost first.
    """

    footprints: tuple[ResolvedFootprint, ...]
    parents: Mapping[str, tuple[str, str]]
    chain: tuple[ResolvedFootprint, ...]

    def told(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Figures by part with the columns of PARENT after the place's, as figures by place; empty rests left out."""
        cells = frame["PLACECD"]
        parents = [self.parents.get(code, ("", "")) for code in cells]
        at = list(frame.columns).index("PLACENM") + 1
        frame = frame.copy()
        for name in [name for name in ID_COLUMNS if name in frame]:
            frame[name] = [_without_part(code) for code in frame[name]]
        for offset, column in enumerate(PARENT):
            frame.insert(at + offset, column.name, [parent[offset] for parent in parents])
        figures = frame.columns[at + len(PARENT) :]
        empty = (frame["PLACECD"] == "") & ~frame[figures].fillna(0).astype(bool).any(axis=1)
        return frame[~empty].reset_index(drop=True)

    def of(self, applied: Applied) -> Applied:
        """A result whose figures, coverage and what is held back are told of places rather than of parts."""
        covered = tuple(self._covered(frame) for frame in applied.covered)
        return replace(
            applied, frame=self.told(applied.frame), covered=covered, held_back=tuple(self.held_back(applied))
        )

    def held_back(self, applied: Applied) -> list[HeldBack]:
        """What is not published; of parts of places, under the place, with the one of the tier above they lie in."""
        return [
            replace(one, place=self.place_of(one.place), what=self.part_of(one.place, one.what))
            for one in applied.held_back
        ]

    def _covered(self, frame: pd.DataFrame) -> pd.DataFrame:
        parents = [self.parents.get(code, ("", ""))[0] for code in frame["PLACECD"]]
        return frame.assign(PLACECD=[_without_part(code) for code in frame["PLACECD"]], PARENTCD=parents)

    def place_of(self, code: str) -> str:
        """The PLACECD of the place that a part is of; empty for what lies in none."""
        return _without_part(code)

    def part_of(self, code: str, group: str) -> str:
        """A group of a part, with the name of the place above that it lies in."""
        above = self.parents.get(code, ("", ""))[1]
        return ", ".join(text for text in (above and f"in {above}", group) if text)


def _without_part(code: str) -> str:
    """The PLACECD or PLACEID of the place that a part is of; empty for what lies in none."""
    whole, between, _ = code.partition(BETWEEN)
    return "" if between and whole.endswith(("/", "-")) else whole


def tiers_of(chain: Sequence[ResolvedFootprint]) -> Tiers:
    """Several tiers, the outermost first, as footprints to apply data to."""
    first, *others = chain
    footprints, parents = [first], dict[str, tuple[str, str]]()
    for tier in others:
        assert tier.outer is not None
        cells = _cells(tier, tier.outer)
        parts = _parts(tier, tier.outer, cells)
        footprints.append(parts)
        codes = [head.code for head in parts.place_codes]
        names = tier.outer.placecd, tier.outer.placenm
        parents |= {code: (names[0][c.above], names[1][c.above]) for code, c in zip(codes, cells, strict=True)}
    return Tiers(tuple(footprints), parents, tuple(chain))


def _cells(tier: ResolvedFootprint, outer: ResolvedFootprint) -> list[_Cell]:
    """The pairs of a place and one above that have an LSOA or a practice in common; and practices of only one above."""
    place, above = tier.assignment.place, outer.assignment.place
    found = {(int(p), int(a)) for p, a in zip(place, above, strict=True) if p >= 0}
    found |= {(at, int(parent)) for at, parent in enumerate(tier.parents[:-1])}
    found |= set(_of_practices(tier, outer).values())
    return [_Cell(*pair) for pair in sorted(found)]


def _of_practices(tier: ResolvedFootprint, outer: ResolvedFootprint) -> dict[str, tuple[int, int]]:
    """By code of a practice, its place and the one above; one that the tier above leaves out goes with its place."""
    own = tier.assignment.declared.place_of
    above = outer.assignment.declared.place_of
    cells = {code: (at, above.get(code, int(tier.parents[at]))) for code, at in own.items()}
    if not own:
        return {}
    return {code: (-1, at) for code, at in above.items()} | cells


def _parts(tier: ResolvedFootprint, outer: ResolvedFootprint, cells: Sequence[_Cell]) -> ResolvedFootprint:
    """A footprint whose places are the cells."""
    number = {(cell.place, cell.above): at for at, cell in enumerate(cells)}
    practices: list[list[str]] = [[] for _ in cells]
    for code, pair in sorted(_of_practices(tier, outer).items()):
        practices[number[pair]].append(code)
    places = tuple(_place(tier, outer, cell, codes) for cell, codes in zip(cells, practices, strict=True))
    footprint = replace(tier.footprint, places=places)
    own, above = tier.assignment.place, outer.assignment.place
    place = np.array([number[int(p), int(a)] if p >= 0 else -1 for p, a in zip(own, above, strict=True)])
    declared = declared_practices(footprint, tier.geography)
    assignment = replace(
        tier.assignment,
        footprint=footprint,
        place=place,
        member=np.full(len(place), -1),
        claims=np.zeros((len(place), len(places)), dtype=bool),
        declared=declared,
        practice_place=declared.positions(tier.geography) if declared.place_of else None,
        patients=None,
    )
    return replace(tier, assignment=assignment, outer=None)


def _place(tier: ResolvedFootprint, outer: ResolvedFootprint, cell: _Cell, practices: Iterable[str]) -> Place:
    """A cell as a place; what lies in no place of the tier has an id that starts with BETWEEN."""
    known = tier.places[cell.place] if cell.place >= 0 else None
    above = outer.places[cell.above].id if cell.above >= 0 else ""
    model = known or tier.places[0]
    members = tuple(Member("practice", code, None, None, Loc("")) for code in practices)
    return replace(
        model,
        id=f"{known.id if known else ''}{BETWEEN}{above}",
        name=model.name if known else f"in no place of {tier.footprint.id}",
        members=members,
        exclude=(),
        expects=(),
    )
