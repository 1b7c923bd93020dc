"""What each place has in common with areas: its LSOAs, and other units with weights both ways."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from placemap.core.arrays import Bools, Floats, Ints, Numbers, Texts, distinct, ratio, sums
from placemap.core.codes import KINDS
from placemap.core.tables import Table
from placemap.crosswalk import schemas
from placemap.crosswalk.headed import best_fit, fit, headed, lsoas_of_places, place_share
from placemap.reference.by_lsoa import Units
from placemap.reference.geography import Geography
from placemap.resolve.resolve import METHODS
from placemap.resolve.resolved import ResolvedFootprint


def lsoa_table(resolved: ResolvedFootprint) -> Table:
    """Each LSOA of a place, and why it is there."""
    assignment, geography = resolved.assignment, resolved.geography
    rows = np.flatnonzero(assignment.place >= 0)
    runner_up = assignment.runner_up()[rows]
    columns = {
        "LSOA21CD": geography.lsoa_codes[rows],
        "LSOA21NM": geography.lsoa_names[rows],
        "METHOD": np.array(METHODS, dtype=object)[assignment.method[rows]],
        "SHARE": assignment.share()[rows],
        "PLACED_SHARE": assignment.placed_share()[rows],
        "RUNNER_UP": resolved.placecd[runner_up],
        "RUNNER_UPNM": resolved.placenm[runner_up],
        "MARGIN": assignment.margin()[rows],
        "RESIDENTS": resolved.populations.residents[rows],
        "IN_SCOPE": assignment.in_scope[rows],
    }
    schema = schemas.place_lsoa(resolved.populations)
    return headed(resolved, "place_lsoa21", schema, assignment.place[rows], rows, columns)


class Overlaps(NamedTuple):
    """Rows of places and units that have LSOAs in common.

    Attributes:
        lsoas: the LSOAs that are in both a place and a unit.
        row: by these LSOAs, the row.
        place, unit: by row, positions.
    """

    lsoas: Ints
    row: Ints
    place: Ints
    unit: Ints


def unit_table(resolved: ResolvedFootprint, units: Units) -> Table:
    """Each pair of a place and a unit that overlap."""
    rows = overlaps(resolved, units)
    lsoas = np.bincount(rows.row, minlength=len(rows.place))
    of_unit = np.bincount(units.of[units.of >= 0], minlength=len(units.codes))
    people = weights(resolved, units, rows)
    columns: dict[str, Numbers] = {
        **_unit_columns(units, rows.unit),
        "LSOAS": lsoas,
        **people,
        "FIT": fit(lsoas, of_unit[rows.unit], lsoas_of_places(resolved)[rows.place]),
        "BEST_FIT": best_fit(rows.unit, people["RESIDENTS"], rows.place, resolved.placecd),
    }
    doubtful = _doubtful(resolved.geography, units)[rows.unit]
    if doubtful.any():
        columns |= _without_doubtful(resolved, units, rows, columns, doubtful)
    schema = schemas.place_unit(units.kind, units.vintage, resolved.populations)
    return headed(resolved, f"place_{units.prefix.lower()}", schema, rows.place, rows.unit, columns)


def _doubtful(geography: Geography, units: Units) -> Bools:
    """By unit, whether it may have more LSOAs than are known: the source leaves LSOAs out, and it borders on them."""
    doubtful = np.zeros(len(units.codes), dtype=bool)
    entry = geography.data.find("lookup", units.kind, units.vintage)
    if entry is None or not entry.coverage.startswith("part"):
        return doubtful
    if geography.data.find("adjacency") is None:
        return ~doubtful
    for ours, theirs in (geography.adjacency, geography.adjacency[::-1]):
        at_border = (units.of[ours] >= 0) & (units.of[theirs] < 0)
        doubtful[units.of[ours][at_border]] = True
    return doubtful


def _without_doubtful(
    resolved: ResolvedFootprint, units: Units, rows: Overlaps, columns: Mapping[str, Numbers], doubtful: Bools
) -> dict[str, Numbers]:
    """The columns about whole units, with what cannot be told of doubtful ones left out."""
    place, fits = resolved.assignment.place, columns["FIT"]
    untold = np.bincount(place[(place >= 0) & (units.of < 0)], minlength=len(resolved.places))[rows.place] > 0
    kept = np.where((fits == "partial") & ~untold, "partial", "")
    told = np.where(np.isin(fits, ["exact", "contains"]), "contains", kept)
    shares = ("UNIT_RESIDENT_SHARE", "UNIT_REGISTERED_SHARE")
    return {
        **{share: np.where(doubtful, np.nan, columns[share]) for share in shares},
        "FIT": np.where(doubtful, told, fits).astype(object),
        "BEST_FIT": columns["BEST_FIT"] & ~doubtful,
    }


def overlaps(resolved: ResolvedFootprint, units: Units) -> Overlaps:
    """Pairs of a place and a unit that have LSOAs in common."""
    place, of, count = resolved.assignment.place, units.of, len(units.codes)
    both = np.flatnonzero((place >= 0) & (of >= 0))
    cells = distinct(place[both] * count + of[both])
    return Overlaps(both, cells.of, *np.divmod(cells.values, count))


def _unit_columns(units: Units, row_unit: Ints) -> dict[str, Texts]:
    columns = {f"{units.prefix}CD": units.codes[row_unit], f"{units.prefix}NM": units.names[row_unit]}
    if KINDS[units.kind].ods and units.ods is not None:
        columns[f"{units.prefix}CDH"] = units.ods[row_unit]
    return columns


def weights(resolved: ResolvedFootprint, units: Units, rows: Overlaps) -> dict[str, Floats]:
    """People of each pair, and which part they are of its place and of its unit."""
    columns: dict[str, Floats] = {}
    known = units.of >= 0
    for column, share, people in (
        ("RESIDENTS", "RESIDENT_SHARE", resolved.populations.residents),
        ("REGISTERED", "REGISTERED_SHARE", resolved.populations.registered),
    ):
        overlap = sums(rows.row, people[rows.lsoas], len(rows.place))
        in_unit = sums(units.of[known], people[known], len(units.codes))
        columns[column] = overlap
        columns[f"PLACE_{share}"] = place_share(resolved, overlap, rows.place, people)
        columns[f"UNIT_{share}"] = ratio(overlap, in_unit[rows.unit])
    return columns
