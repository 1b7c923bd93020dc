"""What reorganisations changed between two vintages: when ICBs last did, and which councils ended and began."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from placemap.core.arrays import Bools, distinct
from placemap.reference.by_lsoa import Units
from placemap.reference.geography import Geography


def icbs_last_changed(geography: Geography) -> str:
    """The newest vintage whose ICBs are not those of the vintage before it; empty where none tells."""
    vintages = sorted(geography.data.vintages("lookup", "icb"))
    for before, after in reversed(list(pairwise(vintages))):
        if set(geography.units("icb", after).codes) - set(geography.units("icb", before).codes):
            return after
    return ""


@dataclass(frozen=True)
class Reorganised:
    """What became of the units of an area between two vintages.

    Attributes:
        ended, began: units that only the older or only the newer vintage has, as `CODE (name)`.
        lsoas: of the area, those whose unit has another code now.
    """

    ended: tuple[str, ...]
    began: tuple[str, ...]
    lsoas: Bools


def reorganised(old: Units, new: Units, area: Bools) -> Reorganised:
    """What changed in an area, given by LSOA of 2021.

    Args:
        old, new: units of one kind, of two vintages.
    """
    known = area & (old.of >= 0) & (new.of >= 0)
    changed = np.zeros(len(area), dtype=bool)
    changed[known] = old.codes[old.of[known]] != new.codes[new.of[known]]
    ended = (at for at in distinct(old.of[changed]).values if new.position(str(old.codes[at])) is None)
    began = (at for at in distinct(new.of[changed]).values if old.position(str(new.codes[at])) is None)
    return Reorganised(_named(old, ended), _named(new, began), changed)


def _named(units: Units, positions: Iterable[int]) -> tuple[str, ...]:
    return tuple(f"{units.codes[at]} ({units.names[at]})" for at in positions)
