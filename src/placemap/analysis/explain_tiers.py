"""Where an LSOA or a place stands in the tiers of its system, in lines ready to read."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placemap.config.tiers import tier_names
from placemap.core.arrays import Bools
from placemap.core.text import counted
from placemap.resolve.resolved import ResolvedFootprint


def tiers_of_lsoa(chain: Sequence[ResolvedFootprint], lsoa: int) -> list[str]:
    """The place of an LSOA in each of several tiers, the outermost first; none where there is but one tier."""
    if len(chain) < 2:
        return []
    names = tier_names(chain[0].system, [tier.footprint for tier in chain])
    parts = [
        f"{name} {tier.placenm[tier.assignment.place[lsoa]] or 'none'}" for name, tier in zip(names, chain, strict=True)
    ]
    crossed = [
        f"it crosses: {tier.placenm[place]} lies in {tier.parentnm[place]}"
        for tier in chain
        if tier.crossing[lsoa] and (place := int(tier.assignment.place[lsoa])) >= 0
    ]
    return [f"tiers: {' › '.join(parts)}", *crossed]


def tiers_of_place(chain: Sequence[ResolvedFootprint], resolved: ResolvedFootprint, position: int) -> list[str]:
    """The parent of a place, and what it divides into.

    Args:
        chain: all tiers that go through its footprint, the outermost first.
    """
    lines = []
    own = resolved.lsoas(position)
    if resolved.outer is not None and resolved.parents[position] >= 0:
        within = resolved.people(own & ~resolved.crossing)
        lines.append(
            f"lies in {resolved.parentnm[position]} ({resolved.parentcd[position]}): {within:,.0f} of its "
            f"{resolved.people(own):,.0f} residents do"
        )
    for tier in chain:
        if tier.outer is not None and tier.outer.footprint.id == resolved.footprint.id:
            lines += _divides(tier, position, own)
    return lines


def _divides(inner: ResolvedFootprint, position: int, own: Bools) -> list[str]:
    """The places of a finer tier that a place is the parent of, and what others have of it."""
    mine = np.flatnonzero(inner.parents[:-1] == position)
    if not len(mine):
        return []
    names = ", ".join(f"{inner.places[at].name} {inner.people(inner.lsoas(int(at)) & own):,.0f}" for at in mine)
    strays = own & inner.crossing
    crossed = f"; {inner.people(strays):,.0f} residents are in places of other parents" if strays.any() else ""
    return [f"divides into {counted(len(mine), 'place')} of {inner.footprint.id}, by residents: {names}{crossed}"]
