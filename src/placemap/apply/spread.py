"""Where the units of one table lie: the parts of each that go to places, the system and England, and their people.

This is the way of `apply` (its weights and its coverage) for tables of the store: places first, then the system, which
is all of them together, then England.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from placemap.apply.apportion import BY_RESIDENTS, Apportionment, place_keys, usual_practices
from placemap.apply.coverage import cover_of
from placemap.core.arrays import Floats, Ints, ratio
from placemap.core.columns import Codes
from placemap.reference.profiles import FIFTHS, ProfileTable
from placemap.resolve.resolved import ResolvedFootprint

#: What of a place data may cover, in the order of the columns of coverage.
PEOPLE = ("UNITS", "RESIDENTS", "PATIENTS")
_UNITS, _RESIDENTS, _PATIENTS = range(len(PEOPLE))


@dataclass(frozen=True)
class Spread:
    """The units of a table by group: places by position, the system, England.

    Attributes:
        groups: how many there are.
        code, group, part: parts of a unit's sums that go to a group, by position of its code.
        home, home_group, people: units, residents and patients of a group that are a unit's.
        whole: by group, all its units, residents and patients.
        weigh: the column of `people` that means are weighed by.
        strangers: units of the table that the reference does not have.
        method: how units are placed, a phrase for the user.
    """

    groups: int
    code: Ints
    group: Ints
    part: Floats
    home: Ints
    home_group: Ints
    people: Floats
    whole: Floats
    weigh: int
    strangers: int
    method: str

    def sums(self, values: Floats) -> Floats:
        """By group, the sum of figures by unit; NaN where no unit has one."""
        known = np.isfinite(values[self.code])
        group = self.group[known]
        total = np.bincount(group, self.part[known] * values[self.code[known]], self.groups)
        return np.where(np.bincount(group, minlength=self.groups) > 0, total, np.nan)

    def means(self, values: Floats) -> Floats:
        """By group, the mean of figures by unit, weighted by people; NaN where nobody lives in a unit that has one."""
        weight = self.covered(values)[:, self.weigh]
        known = np.isfinite(values[self.home])
        home = self.home[known]
        total = np.bincount(self.home_group[known], self.people[known, self.weigh] * values[home], self.groups)
        return ratio(total, weight, np.nan)

    def covered(self, values: Floats) -> Floats:
        """By group, units, residents and patients that have a figure."""
        known = np.isfinite(values[self.home])
        return self._added(self.home_group[known], self.people[known], self.groups)

    def fifths(self, bands: Floats) -> tuple[Floats, Floats]:
        """By group × fifth (1 to 5, NaN for none), units and people."""
        known = np.isfinite(bands[self.home])
        cell = self.home_group[known] * FIFTHS + bands[self.home[known]].astype(np.int64) - 1
        found = self._added(cell, self.people[known], self.groups * FIFTHS)
        shape = (self.groups, FIFTHS)
        return found[:, _UNITS].reshape(shape), found[:, self.weigh].reshape(shape)

    def shares(self, values: Floats) -> Floats:
        """By group, the shares of its units, residents and patients that have a figure; NaN where none applies."""
        return np.clip(ratio(self.covered(values), self.whole, np.nan), 0, 1)

    @staticmethod
    def _added(cell: Ints, people: Floats, count: int) -> Floats:
        return np.stack([np.bincount(cell, column, count) for column in people.T], axis=1)


def keys_of(unit: str, resolved: ResolvedFootprint) -> Apportionment:
    """Where the units of a kind go in a footprint, as figures for profiles are placed."""
    return place_keys(unit, [resolved], shares=BY_RESIDENTS, practices=usual_practices([resolved]))


def spread_of(table: ProfileTable, resolved: ResolvedFootprint) -> Spread:
    """Where the units of a table lie in a footprint of one system."""
    keys = keys_of(table.unit, resolved)
    cover = cover_of(keys, [resolved])
    places = len(resolved.place_codes)
    index = Codes(table.codes)
    known = index.positions(keys.codes.loc[keys.codes["OUTCOME"] == "known", "CODE"])
    known = np.unique(known[known >= 0])
    weights = keys.weights[keys.weights["PLACECD"] != ""]
    code, group, part = _within(index, weights["CODE"], weights["PLACECD"], weights["WEIGHT"], resolved)
    everyone = cover.everyone.assign(UNITS=1.0)
    # A practice whose patients live in several places is a part of a practice in each, not a whole one.
    atoms = cover.atoms if table.unit == "lsoa" else cover.atoms.assign(UNITS=weights["WEIGHT"].to_numpy())
    home, home_group, people = _homes(index, cover.covers, atoms, resolved)
    away, _, others = _homes(index, cover.covers, everyone, resolved)
    by_place = atoms.groupby("PLACECD", sort=True)[list(PEOPLE)].sum(min_count=1)
    whole = by_place.reindex([head.code for head in resolved.place_codes]).to_numpy(dtype=np.float64)
    england = everyone[list(PEOPLE)].sum(min_count=1).to_numpy(dtype=np.float64)
    return Spread(
        groups=places + 2,
        code=np.concatenate([code, code, known]),
        group=_groups(group, len(known), places),
        part=np.concatenate([part, part, np.ones(len(known))]),
        home=np.concatenate([home, home, away]),
        home_group=_groups(home_group, len(away), places),
        people=np.concatenate([people, people, others]),
        whole=np.vstack([whole, np.nansum(whole, axis=0), england]),
        weigh=_RESIDENTS if table.unit == "lsoa" else _PATIENTS,
        strangers=len(table.codes) - len(known),
        method=keys.method,
    )


def _groups(group: Ints, away: int, places: int) -> Ints:
    """Groups of parts in places, then the same in the system, then those of England."""
    return np.concatenate([group, np.full(len(group), places), np.full(away, places + 1)]).astype(np.int64)


def _within(
    index: Codes, codes: pd.Series, placecd: pd.Series, figures: pd.Series, resolved: ResolvedFootprint
) -> tuple[Ints, Ints, Floats]:
    """Rows of codes that the table has: position of the code, position of the place, the figure."""
    heads = np.array([head.code for head in resolved.place_codes], dtype=object)
    place = Codes(heads).positions(placecd)
    code = index.positions(codes)
    here = code >= 0
    return code[here], place[here], figures.to_numpy(dtype=np.float64)[here]


def _homes(
    index: Codes, covers: pd.DataFrame, atoms: pd.DataFrame, resolved: ResolvedFootprint
) -> tuple[Ints, Ints, Floats]:
    """Position of the code, of the place, and units, residents and patients there, of what the table's codes cover."""
    here = covers[index.positions(covers["CODE"]) >= 0]
    rows = here.merge(atoms, on="ATOM", how="inner", validate="m:m")
    people = rows[list(PEOPLE)].to_numpy(dtype=np.float64) * rows["PART"].to_numpy(dtype=np.float64)[:, None]
    code, place, _ = _within(index, rows["CODE"], rows["PLACECD"], rows["PART"], resolved)
    return code, place, people
