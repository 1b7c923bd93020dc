"""What the report says of other tiers: which place a place lies in, and what it divides into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placemap.resolve.resolved import ResolvedFootprint


@dataclass(frozen=True)
class PlacePart:
    """What a place has of a place of the tier below.

    Attributes:
        footprint: name of that tier's footprint.
        parent: name of the other place that it lies in, where it crosses; else empty.
    """

    footprint: str
    name: str
    lsoas: int
    residents: float
    parent: str


def parts_of(resolved: ResolvedFootprint, inner: Sequence[ResolvedFootprint], position: int) -> list[PlacePart]:
    """The parts of a place by the tiers below it, those that lie in it first; their residents sum to its own."""
    own = resolved.lsoas(position)
    found = []
    for tier in inner:
        for at in np.unique(tier.assignment.place[own & (tier.assignment.place >= 0)]):
            lsoas = own & tier.lsoas(int(at))
            parent = "" if tier.parents[at] == position else str(tier.parentnm[at])
            count = int(np.count_nonzero(lsoas))
            found.append(PlacePart(tier.footprint.name, tier.places[at].name, count, tier.people(lsoas), parent))
    return sorted(found, key=lambda part: (part.footprint, part.parent != "", part.name))
