"""LSOAs with few patients, and which LSOAs each row of the unit tables is the sum of.

Near the border of Wales nearly all patients of an LSOA may be registered there, and the English source counts six. That
count is in the table of LSOAs of 2011; it would also follow from a ward less its other LSOAs, and from shares such as
two thirds. On military ground there are some hundreds of patients, of whom one per cent is a few people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from placemap.core.arrays import Ints
from placemap.crosswalk.tables import crosswalk_units
from placemap.resolve.resolved import ResolvedFootprint

Row = tuple[str, str]
"""PLACECD and code of the unit."""


@dataclass(frozen=True)
class LsoaParts:
    """LSOAs of the places with their patients, and the rows that these add up to.

    Attributes:
        thin: codes of those of whose patients one per cent is a few people.
        registered: patients by LSOA; nothing where none has few patients.
        rows: by table, by row, the LSOAs that the row is the sum of; nothing where none has few patients.
    """

    thin: frozenset[str]
    registered: Mapping[int, float]
    rows: Mapping[str, Mapping[Row, list[int]]]


def lsoa_parts(resolved: ResolvedFootprint, few: float) -> LsoaParts:
    """The LSOAs of the places of a footprint; those with less than `few` patients, but some, have few."""
    mine = np.flatnonzero(resolved.assignment.place >= 0)
    registered = resolved.populations.registered[mine]
    codes = resolved.geography.lsoa_codes[mine]
    thin = frozenset(map(str, codes[(registered > 0) & (registered < few * 100)]))
    if not ((registered > 0) & (registered < few)).any():
        return LsoaParts(thin, {}, {})
    rows = {
        f"place_{units.prefix.lower()}": _rows(resolved, mine[units.of[mine] >= 0], units.codes[units.of])
        for units in crosswalk_units(resolved.geography)
    }
    return LsoaParts(thin, dict(zip(mine.tolist(), registered.tolist(), strict=True)), rows | _of_2011(resolved))


def _rows(resolved: ResolvedFootprint, lsoas: Ints, code: np.ndarray) -> dict[Row, list[int]]:
    """LSOAs by place and by the code that each has."""
    rows: dict[Row, list[int]] = defaultdict(list)
    places = resolved.placecd[resolved.assignment.place[lsoas]]
    for lsoa, place, unit in zip(lsoas.tolist(), places.tolist(), code[lsoas].tolist(), strict=True):
        rows[place, unit].append(lsoa)
    return dict(rows)


def _of_2011(resolved: ResolvedFootprint) -> dict[str, dict[Row, list[int]]]:
    """LSOAs of 2011, but for those that were merged, which are less than the sum of whole LSOAs."""
    pairs = resolved.geography.fit_2011
    known = pairs.target >= 0
    target, source = pairs.target[known], pairs.source[known]
    sources = np.bincount(target, minlength=len(resolved.assignment.place))
    whole = np.bincount(source, weights=sources[target] > 1, minlength=len(pairs.codes)) == 0
    of = np.full(len(resolved.assignment.place), -1)
    of[target] = source
    kept = np.flatnonzero((resolved.assignment.place >= 0) & (of >= 0))
    kept = kept[whole[of[kept]]]
    return {"place_lsoa11": _rows(resolved, kept, pairs.codes.array[of])}
