"""How the units of a kind and vintage lie on places: which places are whole units, and which units are nearest."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from placemap.core.arrays import Floats, Ints, sums
from placemap.reference.by_lsoa import Units


class Overlap:
    """Units × places, counted once for all places.

    Args:
        place: by LSOA, the position of its place; -1 for none.
        count: number of places.
        people: residents by LSOA.
    """

    def __init__(self, units: Units, place: Ints, count: int, people: Floats) -> None:
        self.units, self.place = units, place
        total = len(units.codes)
        known = units.of >= 0
        both = known & (place >= 0)
        cells, cell = np.unique(place[both] * total + units.of[both], return_inverse=True)
        self._place_of_cell, self._unit_of_cell = np.divmod(cells, max(total, 1))
        self._lsoas = np.bincount(cell, minlength=len(cells))
        # A unit without residents would be in no place; LSOAs count a little, too.
        weight = people + 1e-6
        self._people = sums(cell, weight[both], len(cells))
        self._all_lsoas = np.bincount(units.of[known], minlength=total)
        self._all_people = sums(units.of[known], weight[known], total)
        self._first = np.searchsorted(self._place_of_cell, np.arange(count + 1))
        self._unitless = np.bincount(place[(place >= 0) & ~known], minlength=count)

    def whole(self, at: int) -> Ints:
        """Positions of the units that the place is exactly the union of; none where it is not."""
        cells = slice(self._first[at], self._first[at + 1])
        units: Ints = self._unit_of_cell[cells]
        if self._unitless[at] or (self._lsoas[cells] != self._all_lsoas[units]).any():
            return np.array([], dtype=np.int64)
        return units

    def nearest(self, at: int) -> tuple[Ints, Ints, Ints]:
        """The units with most of their people in the place.

        Returns:
            their positions; positions of LSOAs of the place outside them; positions of their LSOAs outside the place.
        """
        cells = slice(self._first[at], self._first[at + 1])
        units = self._unit_of_cell[cells]
        chosen = units[self._people[cells] > self._all_people[units] / 2]
        inside = np.concatenate([np.array([], dtype=np.int64), *(self.units.lsoas(int(unit)) for unit in chosen)])
        mine = self.lsoas_of(at)
        return chosen, np.setdiff1d(mine, inside), np.setdiff1d(inside, mine)

    def lsoas_of(self, at: int) -> Ints:
        """Positions of the LSOAs of a place, ascending."""
        order, first = self._by_place
        return order[first[at] : first[at + 1]]

    @cached_property
    def _by_place(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.place, kind="stable")
        return order, np.searchsorted(self.place[order], np.arange(len(self._first)))
