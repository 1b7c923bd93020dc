"""Places and LSOAs of 2011, by pairs of the exact fit."""

from __future__ import annotations

import numpy as np

from placemap.core.arrays import Floats, Ints, Texts, distinct, ratio, sums
from placemap.core.tables import Table
from placemap.crosswalk import schemas
from placemap.crosswalk.headed import best_fit, fit, headed, lsoas_of_places, place_share
from placemap.reference.geography import Geography
from placemap.resolve.populations import Populations
from placemap.resolve.resolved import ResolvedFootprint


def lsoa_2011_table(resolved: ResolvedFootprint) -> Table:
    """Each pair of a place and an LSOA of 2011 that overlap."""
    pairs, place = resolved.geography.fit_2011, resolved.assignment.place
    populations, count = resolved.populations, len(resolved.places)
    pair_place = np.where(pairs.target >= 0, place[pairs.target], -1)
    rows = np.flatnonzero(pair_place >= 0)
    cells, inverse, first, lsoas = distinct(pairs.source[rows] * count + pair_place[rows])
    source, row_place = np.divmod(cells, count)

    def overlap(by_pair: Floats) -> Floats:
        return sums(inverse, by_pair[rows], len(cells))

    residents, registered = _people(resolved.geography, populations)
    lived, listed = overlap(residents), overlap(registered)
    columns = {
        "LSOA11CD": pairs.codes.array[source],
        "LSOA11NM": pairs.names[source],
        "CHGIND": pairs.change[rows][first],
        "LSOAS": lsoas,
        "RESIDENTS": lived,
        "REGISTERED": listed,
        "PLACE_RESIDENT_SHARE": place_share(resolved, lived, row_place, populations.residents),
        "UNIT_RESIDENT_SHARE": overlap(pairs.weight),
        "PLACE_REGISTERED_SHARE": place_share(resolved, listed, row_place, populations.registered),
        "UNIT_REGISTERED_SHARE": ratio(listed, np.bincount(pairs.source, weights=registered)[source]),
        "FIT": _fit(resolved, rows, inverse, source, row_place),
        "BEST_FIT": best_fit(source, lived, row_place, resolved.placecd),
    }
    schema = schemas.place_lsoa11(populations)
    return headed(resolved, "place_lsoa11", schema, row_place, source, columns)


def _people(geography: Geography, populations: Populations) -> tuple[Floats, Floats]:
    """Residents and registered patients by pair of the exact fit."""
    pairs, census = geography.fit_2011, geography.residents_2011_pairs
    known = pairs.target >= 0
    part = ratio(census, np.bincount(pairs.target[known], census[known], pairs.size)[pairs.target])
    residents = np.where(known, populations.residents[pairs.target] * part, 0.0)
    if geography.registrations.fit is pairs:
        return residents, geography.registrations.by_lsoa[pairs.source] * pairs.weight
    return residents, np.where(known, populations.registered[pairs.target] * part, 0.0)


def _fit(resolved: ResolvedFootprint, rows: Ints, inverse: Ints, source: Ints, row_place: Ints) -> Texts:
    """FIT by LSOAs of 2021: those of the pair, of the LSOA of 2011, and of the place.

    A merged LSOA of 2011 is only a part of its one LSOA of 2021, so it can lie within a place but never equal it.
    """
    pairs = resolved.geography.fit_2011
    whole = np.bincount(pairs.source, minlength=len(pairs.codes))[source]
    parents = np.bincount(pairs.target[pairs.target >= 0], minlength=pairs.size)
    part_only = np.zeros(len(source), dtype=bool)
    np.logical_or.at(part_only, inverse, parents[pairs.target[rows]] > 1)
    place_size = np.where(part_only, -1, lsoas_of_places(resolved)[row_place])
    return fit(np.bincount(inverse, minlength=len(source)), whole, place_size)
