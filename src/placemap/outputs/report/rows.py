"""What the report's search and table of LSOAs work with, row by row."""

from __future__ import annotations

from typing import Any

import numpy as np

from placemap.core.tables import Table
from placemap.resolve.resolve import METHODS
from placemap.resolve.resolved import ResolvedFootprint


def lsoa_rows(resolved: ResolvedFootprint) -> list[list[Any]]:
    """By LSOA of any place: code, name, place, method, share, runner-up, margin, residents, in scope.

    Places are by position from 0; shares are fractions to 6 decimals, None where none apply.
    """
    assignment, geography = resolved.assignment, resolved.geography
    codes = geography.lsoas.array
    share, margin, runner = assignment.share(), assignment.margin(), assignment.runner_up()
    return [
        [
            str(codes[lsoa]),
            str(geography.lsoa_names[lsoa]),
            int(assignment.place[lsoa]),
            METHODS[assignment.method[lsoa]],
            _fraction(share[lsoa]),
            int(runner[lsoa]) if runner[lsoa] >= 0 else None,
            _fraction(margin[lsoa]),
            round(float(resolved.populations.residents[lsoa])),
            bool(assignment.in_scope[lsoa]),
        ]
        for lsoa in np.flatnonzero(assignment.place >= 0)
    ]


def lsoa_wards(resolved: ResolvedFootprint) -> list[str]:
    """By LSOA of any place, the name and code of its ward; blank where the store knows none."""
    geography = resolved.geography
    lsoas = np.flatnonzero(resolved.assignment.place >= 0)
    if geography.find_units_entry("ward") is None:
        return [""] * len(lsoas)
    wards = geography.units("ward")
    return [f"{wards.names[of]} {wards.codes[of]}" if of >= 0 else "" for of in wards.of[lsoas].tolist()]


def practice_rows(table: Table | None, places: list[str]) -> list[list[Any]]:
    """By declared practice: code, name, name of its PCN, position of its place, list size; none where areas decide."""
    if table is None:
        return []
    columns = ("PRACTICECD", "PRACTICENM", "PCNNM", "PLACECD", "LIST_SIZE")
    return [
        [str(code), str(name), str(pcn or ""), places.index(place), round(float(size))]
        for code, name, pcn, place, size in table.columns.rows(*columns)
    ]


def _fraction(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
