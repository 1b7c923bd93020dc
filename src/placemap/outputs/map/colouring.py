"""Colours of places over several footprints: a place that is mostly the same keeps its colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placemap.outputs.map.outlines import neighbours
from placemap.outputs.map.palette import colours
from placemap.resolve.resolved import ResolvedFootprint

#: Two places are mostly the same where they share more than this part of the residents of each.
_MOSTLY = 0.5


def kept_colours(footprints: Sequence[ResolvedFootprint]) -> list[list[str]]:
    """Colours by footprint and place; those that stand first decide."""
    found: list[list[str]] = []
    for number, resolved in enumerate(footprints):
        given: dict[int, str] = {}
        for earlier, chosen in zip(footprints[:number], found, strict=True):
            for place, other in _same(resolved, earlier):
                if place not in given and chosen[other] not in given.values():
                    given[place] = chosen[other]
        found.append(colours(len(resolved.places), neighbours(resolved.assignment, resolved.geography), given))
    return found


def _same(resolved: ResolvedFootprint, earlier: ResolvedFootprint) -> list[tuple[int, int]]:
    """Pairs of places of two footprints that are mostly the same, those that share most people first."""
    one, other = resolved.assignment.place, earlier.assignment.place
    size = (len(resolved.places), len(earlier.places))
    people = resolved.populations.residents
    both = (one >= 0) & (other >= 0)
    shared = np.bincount(one[both] * size[1] + other[both], people[both], size[0] * size[1]).reshape(size)
    whole = np.bincount(one[one >= 0], people[one >= 0], size[0])[:, None]
    before = np.bincount(other[other >= 0], people[other >= 0], size[1])[None, :]
    pairs = np.argwhere((shared > _MOSTLY * whole) & (shared > _MOSTLY * before)).tolist()
    return sorted(((a, b) for a, b in pairs), key=lambda pair: (-shared[pair[0], pair[1]], pair))
