"""practices.csv: the GP practices that are open today and the place of each, also where a config is of another year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from placemap.core.arrays import Bools, Floats, Ints, Texts, ratio, sums
from placemap.core.columns import Columns
from placemap.core.tables import Table, as_declared
from placemap.crosswalk import schemas
from placemap.crosswalk.england import home_of_practices
from placemap.reference.by_lsoa import Pcns
from placemap.reference.geography import Geography
from placemap.reference.store import TableEntry
from placemap.resolve.declared import DeclaredPractices
from placemap.resolve.place_codes import HEAD, PlaceCode
from placemap.resolve.resolved import ResolvedFootprint

#: How a practice came to its place, the strongest first; BASIS in the table.
LISTED, BY_PCN, BY_FORMER_PCN = "listed", "pcn", "former pcn"
BY_PATIENTS, BY_NEIGHBOURS = "patients", "patients of pcn"
BASES = (LISTED, BY_PCN, BY_FORMER_PCN, BY_PATIENTS, BY_NEIGHBOURS)


@dataclass(frozen=True)
class Today:
    """The practices that are open by the newest list in the store.

    Attributes:
        vintage: the month of that list.
        codes, names: of the practices, in order of code.
        pcns: the newest PCNs and their members.
        entries: the tables that say so.
    """

    vintage: str
    codes: Texts
    names: Texts
    pcns: Pcns
    entries: tuple[TableEntry, ...]


def practices_of_today(geography: Geography) -> Today:
    """The practices of the newest list: that of practices with patients, or of PCNs' members where that is newer."""
    data = geography.data
    pcns = geography.pcns(data.vintages("pcn_members")[-1])
    entry = data.need("practices", vintage=data.vintages("practices")[-1])
    names: dict[str, str] = {code: pcns.practice_names.get(code, "") for code in pcns.pcn_of}
    if entry.vintage >= pcns.vintage:
        table = data.table(entry)
        names = dict(table.rows("practice_code", "practice_name"))
    codes = sorted(names)
    listed = np.array([names[code] for code in codes], dtype=object)
    entries = (entry, *geography.pcn_entries(pcns.vintage))
    return Today(max(entry.vintage, pcns.vintage), np.array(codes, dtype=object), listed, pcns, entries)


def practices_today_table(national: ResolvedFootprint, today: Today) -> Table:
    """A row a practice that is open today, sorted by code; its place is blank where nothing tells it."""
    count = len(national.places)
    home, patients, at_home = _homes(national, today.codes, count)
    place, basis = _declared(national, today)
    _settle(place, basis, home, BY_PATIENTS)
    pcn = np.array([today.pcns.pcn_of.get(code, "") for code in today.codes], dtype=object)
    _settle(place, basis, _homes_of_pcns(pcn, home, at_home, count), BY_NEIGHBOURS)
    schema = schemas.practices_today(today.vintage, today.pcns.vintage, national.populations)
    columns = {
        "PRACTICECD": today.codes,
        "PRACTICENM": today.names,
        "PCNCD": pcn,
        "PCNNM": np.array([today.pcns.names.get(code, "") for code in pcn], dtype=object),
        **_heads(national, place),
        "BASIS": basis,
        "HOME_PLACECD": national.placecd[home],
        "HOME_PLACENM": national.placenm[home],
        "HOME_SHARE": np.where(patients > 0, ratio(at_home, patients), np.nan),
        "PATIENTS": patients,
    }
    declared = {column.name: as_declared(columns[column.name], column) for column in schema.columns}
    return Table("practices", schema, Columns(declared))


def _homes(national: ResolvedFootprint, codes: Texts, count: int) -> tuple[Ints, Floats, Floats]:
    """By practice of today: the place where most of its patients live (-1), its patients, and those who live there."""
    registrations, place = national.geography.registrations, national.assignment.place
    homes = home_of_practices(registrations, place, count)
    practice, lived, patients = registrations.living(place)
    own = homes[practice] == lived
    living = sums(practice[own], patients[own], len(homes))
    at = registrations.codes.positions(codes)
    known: Bools = at >= 0
    return (
        np.where(known, homes[at], -1),
        np.where(known, registrations.by_practice[at], 0).astype(float),
        np.where(known, living[at], 0.0),
    )


def _declared(national: ResolvedFootprint, today: Today) -> tuple[Ints, Texts]:
    """By practice of today, the place that a config gives it, and by which right: -1 and blank for none."""
    place, basis = np.full(len(today.codes), -1), np.full(len(today.codes), "", dtype=object)
    first = 0
    for part in national.parts:
        then = part.assignment.declared.place_of
        if then:
            own, by_pcn, refused = _members(part.assignment.declared)
            for row, code in enumerate(today.codes):
                found = _right(code, today.pcns.pcn_of.get(code, ""), own, by_pcn, then, refused)
                if found and place[row] < 0:
                    place[row], basis[row] = found[0] + first, found[1]
        first += len(part.places)
    return place, basis


_Places = Mapping[str, int]


def _members(declared: DeclaredPractices) -> tuple[_Places, _Places, set[tuple[int, str]]]:
    """Practices and PCNs by code with the place that lists them, and what a place excludes."""
    places = [*enumerate(declared.by_place)]
    listed = {code: position for position, place in places for code in place.listed}
    pcns = {code: position for position, place in places for code in place.pcns}
    return listed, pcns, {(position, code) for position, place in places for code in place.refused}


def _right(
    code: str, pcn: str, own: _Places, by_pcn: _Places, then: _Places, refused: set[tuple[int, str]]
) -> tuple[int, str] | None:
    """The place of a practice in one system, and by which right; None for none.

    Args:
        then: by code of the practice, its place in the month that the config is of.
    """
    if code in own:
        return own[code], LISTED
    place = by_pcn.get(pcn)
    if place is not None and not {(place, code), (place, pcn)} & refused:
        return place, BY_PCN
    return (then[code], BY_FORMER_PCN) if code in then else None


def _settle(place: Ints, basis: Texts, found: Ints, why: str) -> None:
    """Give practices that have no place yet the one that was found."""
    rows = (place < 0) & (found >= 0)
    place[rows], basis[rows] = found[rows], why


def _homes_of_pcns(pcn: Texts, home: Ints, patients: Floats, count: int) -> Ints:
    """By practice, the place that most of the patients of its PCN's other practices point to; -1 for none."""
    position = {code: number for number, code in enumerate(sorted(set(pcn.tolist())))}
    of = np.array([position[code] for code in pcn], dtype=np.int64)
    rows = home >= 0
    cells = sums(of[rows] * count + home[rows], patients[rows], len(position) * count).reshape(-1, count)
    most = np.where(cells.max(axis=1) > 0, cells.argmax(axis=1), -1)
    return np.where(pcn == "", -1, most[of])


def _heads(national: ResolvedFootprint, place: Ints) -> dict[str, Texts]:
    """The columns of HEAD; a practice without a place stands under England as a whole."""
    heads = [*national.place_codes, PlaceCode(*national.key)]
    names = (column.name for column in HEAD)
    cells = zip(*(head.cells for head in heads), strict=True)
    return {name: np.array(of, dtype=object)[place] for name, of in zip(names, cells, strict=True)}
