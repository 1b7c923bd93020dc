"""How far the places that `infer` found are from those of a declared footprint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placemap.core.arrays import Floats, Ints
from placemap.resolve.resolved import ResolvedFootprint


@dataclass(frozen=True)
class Against:
    """How far the places are from a declared footprint.

    Attributes:
        pairs: (place of the input, declared place, LSOAs, residents), blank for none, sorted.
        matched: place of the input → the declared place that has most of its people, each once.
        lsoas, residents: that are not in the matched place.
        total: residents in any place of either.
    """

    footprint: str
    pairs: tuple[tuple[str, str, int, float], ...]
    matched: Mapping[str, str]
    lsoas: int
    residents: float
    total: float


def distance_to(declared: ResolvedFootprint, names: Sequence[str], place: Ints, residents: Floats) -> Against:
    """How far places are from those of a footprint.

    Args:
        names: of the places.
        place: by LSOA of 2021, position of its place; -1 for none.
        residents: by LSOA of 2021.
    """
    declared_place = declared.assignment.place
    there = np.array([*(item.name for item in declared.places), ""], dtype=object)
    here = np.array([*names, ""], dtype=object)
    rows = np.flatnonzero((place >= 0) | (declared_place >= 0))
    cells: dict[tuple[str, str], list[float]] = {}
    for row in rows:
        cell = cells.setdefault((str(here[place[row]]), str(there[declared_place[row]])), [0, 0.0])
        cell[0] += 1
        cell[1] += float(residents[row])
    matched = _matched({key: people for key, (_, people) in cells.items()})
    wrong = [value for (a, b), value in cells.items() if not a or matched.get(a) != b]
    return Against(
        f"{declared.system.id}/{declared.footprint.id}",
        tuple((a, b, int(lsoas), people) for (a, b), (lsoas, people) in sorted(cells.items())),
        matched,
        int(sum(lsoas for lsoas, _ in wrong)),
        float(sum(people for _, people in wrong)),
        float(residents[rows].sum()),
    )


def _matched(people: Mapping[tuple[str, str], float]) -> dict[str, str]:
    """Places one to one, the pair with most people in common first."""
    found: dict[str, str] = {}
    for a, b in sorted(people, key=lambda key: (-people[key], key)):
        if a and b and a not in found and b not in found.values():
            found[a] = b
    return found
