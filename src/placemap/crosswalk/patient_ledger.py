"""The patient ledger: every patient of the national registrations stands in exactly one line."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placemap.core.arrays import Ints, largest_remainder, sums
from placemap.core.columns import columns_of_rows
from placemap.core.tables import Table
from placemap.crosswalk import schemas
from placemap.reference.by_lsoa import Registrations
from placemap.resolve.place_codes import PlaceCode
from placemap.resolve.populations import Populations
from placemap.resolve.resolve import Assignment
from placemap.resolve.resolved import ResolvedFootprint

NO_LSOA = "no LSOA of residence"
WALES = "lives in Wales"
OUTSIDE_PLACED = "lives outside the scope, registered with a place"
OUTSIDE_OTHER = "lives outside the scope, registered elsewhere"
OWN = "lives in the scope, registered with the place that they live in"
OTHER = "lives in the scope, registered with another place"
NO_PCN = "lives in the scope, registered with a practice without a PCN"
NO_PLACE = "lives in the scope, registered with a PCN or practice of no place"
OUTSIDE = "lives outside the scope"
INSIDE = "lives in the scope"
#: The order in which lines match: the first that applies counts the patient.
CATEGORIES = (NO_LSOA, WALES, OUTSIDE_PLACED, OUTSIDE_OTHER, OUTSIDE, OWN, OTHER, NO_PCN, NO_PLACE, INSIDE)

Line = tuple[str, int, int, float]
"""Category, position of the place of residence, position of the place of registration, patients; -1 for no place."""


def ledger(resolved: ResolvedFootprint) -> Table:
    """Account for every patient by place of residence and place of registration.

    Patients are in whole numbers in the source; lines hold hundredths where an LSOA of 2011 was split. They sum
    exactly to the source's total.
    """
    registrations = resolved.geography.registrations
    classes, count = _practice_classes(resolved)
    lines = [
        *_without_lsoa(registrations),
        *_elsewhere(registrations, classes, count, len(resolved.places)),
        *_with_lsoa(resolved.assignment, registrations, classes, count),
    ]
    patients = _hundredths([line[3] for line in lines], int(registrations.patients.sum()))
    return _table(lines, patients, [*resolved.place_codes, PlaceCode(*resolved.key)], resolved.populations)


def national_ledger(national: ResolvedFootprint) -> Table:
    """As `ledger`, over the places of many systems; a place of areas has no practices to be told apart by."""
    registrations = national.geography.registrations
    places, place = len(national.places), national.assignment.place
    patient_kinds = np.array([part.is_declared_from_practices for part in national.parts])[national.part_of]
    classes, count = _practice_classes(national)
    home = np.where(place >= 0, place, places)
    practice, lived, patients = registrations.living(home)
    cells = sums(lived * count + classes[practice], patients, (places + 1) * count).reshape(places + 1, count)
    lines = _without_lsoa(registrations)
    for residence, by_class in enumerate(cells):
        for cls in np.flatnonzero(by_class):
            area = residence < places and cls >= places and not patient_kinds[residence]
            lines.append(_national_line(residence, int(cls), places, float(by_class[cls]), area=bool(area)))
    people = _hundredths([line[3] for line in lines], int(registrations.patients.sum()))
    return _table(lines, people, [*national.place_codes, PlaceCode(*national.key)], national.populations)


def _national_line(residence: int, cls: int, places: int, people: float, *, area: bool) -> Line:
    if residence == places:
        return _outside_line(-1, cls, places, people, whole=False)
    if area:
        return (INSIDE, residence, -1, people)
    return _inside_line(residence, cls, places, people, whole=False)


def _table(
    lines: Sequence[Line], patients: Sequence[float], heads: Sequence[PlaceCode], populations: Populations
) -> Table:
    """The ledger of `lines`; the last head is for those who live in no place."""
    merged: dict[tuple[str, int, int], float] = {}
    for (category, residence, registered, _), people in zip(lines, patients, strict=True):
        key = (category, residence, registered)
        merged[key] = merged.get(key, 0.0) + people
    there = {category for (category, _, _), people in merged.items() if people}
    line = {category: number for number, category in enumerate(filter(there.__contains__, CATEGORIES), start=1)}
    rows = sorted(
        (line[category], category, heads[home].code, heads[place].code, heads[home], round(people, 2))
        for (category, home, place), people in merged.items()
        if people
    )
    schema = schemas.ledger(populations)
    cells = [(home.ics, home.footprint, *row, people) for *row, home, people in rows]
    return Table("ledger", schema, columns_of_rows(cells, schema))


def totals(table: Table) -> dict[str, float]:
    """Patients by category, in the order of the lines."""
    found: dict[str, float] = {}
    for category, people in table.columns.rows("CATEGORY", "PATIENTS"):
        found[category] = found.get(category, 0.0) + people
    return {category: round(people, 2) for category, people in found.items()}


def _practice_classes(resolved: ResolvedFootprint) -> tuple[Ints, int]:
    """By practice: position of its place; then one class for a PCN of no place, and one for no PCN."""
    places, place = len(resolved.places), resolved.assignment.practice_place
    codes = resolved.geography.registrations.codes
    if place is None:
        return np.zeros(len(codes), dtype=np.int64), 1
    pcn_of = resolved.geography.pcns(resolved.pcn_vintage).pcn_of
    unplaced = np.array([places if code in pcn_of else places + 1 for code in codes])
    return np.where(place >= 0, place, unplaced), places + 2


def _without_lsoa(registrations: Registrations) -> list[Line]:
    by_class = {
        category: float(registrations.patients[registrations.lsoa == code].sum())
        for category, code in ((NO_LSOA, Registrations.NO_LSOA), (WALES, Registrations.WALES))
    }
    return [(category, -1, -1, patients) for category, patients in by_class.items()]


def _elsewhere(registrations: Registrations, classes: Ints, count: int, places: int) -> list[Line]:
    """Patients in English LSOAs that the packaged extract leaves out."""
    rows = registrations.lsoa == Registrations.ENGLAND
    by_class = np.bincount(classes[registrations.practice[rows]], weights=registrations.patients[rows], minlength=count)
    return [_outside_line(-1, cls, places, people, whole=count == 1) for cls, people in enumerate(by_class)]


def _outside_line(residence: int, cls: int, places: int, people: float, *, whole: bool) -> Line:
    if whole:
        return (OUTSIDE, residence, -1, float(people))
    placed = cls < places
    return (OUTSIDE_PLACED if placed else OUTSIDE_OTHER, residence, cls if placed else -1, float(people))


def _with_lsoa(assignment: Assignment, registrations: Registrations, classes: Ints, count: int) -> list[Line]:
    places = len(assignment.footprint.places)
    inside = np.where(assignment.in_scope, 0, places + 1)
    labels = inside + np.where(assignment.place >= 0, assignment.place, places)
    shares = registrations.fit.shares(labels, 2 * (places + 1))
    patients = shares.T @ registrations.by_group(classes, count)
    lines: list[Line] = []
    for label, by_class in enumerate(patients):
        outside, place = divmod(label, places + 1)
        residence = place if place < places else -1
        for cls, people in enumerate(by_class):
            if outside:
                lines.append(_outside_line(residence, cls, places, people, whole=count == 1))
            else:
                lines.append(_inside_line(residence, cls, places, people, whole=count == 1))
    return lines


def _inside_line(residence: int, cls: int, places: int, people: float, *, whole: bool) -> Line:
    if whole:
        return (INSIDE, residence, -1, float(people))
    if cls < places:
        return (OWN if cls == residence else OTHER, residence, cls, float(people))
    return (NO_PLACE if cls == places else NO_PCN, residence, -1, float(people))


def _hundredths(values: Sequence[float], total: int) -> list[float]:
    """`values` in hundredths that sum to `total`."""
    return [part / 100 for part in largest_remainder([value * 100 for value in values], total * 100)]
