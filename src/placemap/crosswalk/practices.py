"""Places and sets of practices: where the patients of PCNs and of declared practices live."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from placemap.core.arrays import Bools, Floats, Ints, Texts, ratio, sums
from placemap.core.tables import Table
from placemap.crosswalk import schemas
from placemap.crosswalk.headed import headed, place_share, ranks
from placemap.reference.by_lsoa import living_in
from placemap.resolve.resolved import ResolvedFootprint


def pcn_table(resolved: ResolvedFootprint) -> Table:
    """Patients of each PCN who live in each place; the practices without a PCN stand in one row, without a code."""
    registrations, registered = resolved.geography.registrations, resolved.populations.registered
    codes, names, group = resolved.geography.practice_groups(resolved.pcn_vintage)
    patients = living_in(registrations, resolved.assignment.place, len(resolved.places), group, len(codes))
    total = sums(group, registrations.by_practice, len(codes))
    total[-1] = np.nan  # the packaged extract does not hold every practice without a PCN
    declared = _declared_pcns(resolved, codes)
    row_pcn, row_place = np.nonzero((patients > 0) | declared)
    cell = patients[row_pcn, row_place]
    columns = {
        "PCNCD": codes[row_pcn],
        "PCNNM": names[row_pcn],
        "PATIENTS": cell,
        "PLACE_REGISTERED_SHARE": place_share(resolved, cell, row_place, registered),
        "UNIT_REGISTERED_SHARE": np.where(np.isnan(total[row_pcn]), np.nan, ratio(cell, total[row_pcn])),
        "DECLARED": declared[row_pcn, row_place],
    }
    schema = schemas.place_pcn(resolved.geography.pcns_of(resolved.pcn_vintage), resolved.populations)
    return headed(resolved, "place_pcn", schema, row_place, ranks(codes)[row_pcn], columns)


def _declared_pcns(resolved: ResolvedFootprint, codes: Texts) -> Bools:
    """By PCN × place, whether the place, or one that it is put together from, is declared from it."""
    position = {code: number for number, code in enumerate(codes)}
    declared = np.zeros((len(codes), len(resolved.places)), dtype=bool)
    for number, practices in enumerate(resolved.assignment.declared.by_place):
        for code in practices.pcns & position.keys():
            declared[position[code], number] = True
    return declared


def practice_table(resolved: ResolvedFootprint) -> Table:
    """Each declared practice with where its patients live."""
    geography = resolved.geography
    place_of, by_itself = resolved.assignment.declared.place_of, resolved.assignment.declared.listed
    codes = np.array(sorted(place_of), dtype=object)
    place = np.array([place_of[code] for code in codes], dtype=np.int64)
    size, at_home = _patients(resolved, codes, place)
    pcns = geography.pcns(resolved.pcn_vintage)
    names = {**pcns.practice_names, **geography.practice_names}
    pcn = [pcns.pcn_of.get(code, "") for code in codes]
    columns = {
        "PRACTICECD": codes,
        "PRACTICENM": _texts(names.get(code, "") for code in codes),
        "PCNCD": _texts(pcn),
        "PCNNM": _texts(pcns.names.get(code, "") for code in pcn),
        "DECLARED_BY": _texts("practice" if code in by_itself else "pcn" for code in codes),
        "LIST_SIZE": size,
        "PATIENTS_IN_PLACE": at_home,
        "PATIENTS_OUT_OF_PLACE": size - at_home,
    }
    schema = schemas.place_practice(geography.pcns_of(resolved.pcn_vintage), resolved.populations)
    return headed(resolved, "place_practice", schema, place, np.arange(len(codes)), columns)


def _patients(resolved: ResolvedFootprint, codes: Texts, place: Ints) -> tuple[Floats, Floats]:
    """By practice, its patients, and those who live in its own place.

    Args:
        place: by practice, position of its place.
    """
    if not len(codes):
        return np.zeros(0), np.zeros(0)
    registrations = resolved.geography.registrations
    position = registrations.codes.positions(codes)
    home = np.full(len(registrations.codes), -1)
    home[position[position >= 0]] = place[position >= 0]
    lived = registrations.living(resolved.assignment.place)
    rows = np.flatnonzero(home[lived.practice] == lived.label)
    by_practice = sums(lived.practice[rows], lived.patients[rows], len(registrations.codes))
    size = np.where(position >= 0, registrations.by_practice[position], 0).astype(float)
    return size, np.where(position >= 0, by_practice[position], 0.0)


def _texts(values: Iterable[str]) -> Texts:
    return np.array(list(values), dtype=object)
