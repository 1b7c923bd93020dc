"""Why a unit belongs where it does: by which rule and member, on what evidence, how clearly, and how it divides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from placemap.analysis.explain_lsoa import place_names, practice_name, reason
from placemap.analysis.explanation import Explanation, UnitPart
from placemap.config.in_words import member_text
from placemap.config.model import Member, Place
from placemap.config.tiers import all_units
from placemap.core.arrays import Bools, Ints, Texts, distinct
from placemap.core.codes import KINDS
from placemap.reference.by_lsoa import living_in
from placemap.reference.look_up import NamedUnit, Subject
from placemap.resolve.declared import practices_of
from placemap.resolve.resolved import ResolvedFootprint


def explain(resolved: ResolvedFootprint, subject: Subject) -> Explanation:
    """Explain a unit in a footprint."""
    if subject.unit.kind == "lsoa":
        return _answer(resolved, subject, reasons=tuple(reason(resolved, int(lsoa)) for lsoa in subject.lsoas))
    if KINDS[subject.unit.kind].patients:
        return _practices(resolved, subject)
    parts = _divided(resolved, subject.lsoas)
    return _answer(
        resolved,
        subject,
        parts=parts,
        declared=_declaring(resolved, subject),
        exceptions=_exceptions(resolved, subject.lsoas),
    )


def _answer(resolved: ResolvedFootprint, subject: Subject, **more: object) -> Explanation:
    return Explanation(
        resolved.system.id,
        resolved.system.name,
        resolved.footprint.id,
        resolved.footprint.name,
        subject.unit,
        subject.parents,
        facts=subject.notes,
        **more,  # type: ignore[arg-type]
    )


# --- areas -----------------------------------------------------------------------------------------------------------


def _divided(resolved: ResolvedFootprint, lsoas: Ints) -> tuple[UnitPart, ...]:
    """How LSOAs divide among places, the largest part first."""
    place, people = resolved.assignment.place[lsoas], resolved.populations.residents[lsoas]
    total = float(people.sum())
    parts = []
    for position in distinct(place).values:
        mine = place == position
        inside = float(people[mine].sum())
        parts.append(
            UnitPart(
                str(resolved.placecd[position]),
                str(place_names(resolved)[position]),
                int(mine.sum()),
                inside,
                inside / total if total else 0.0,
            )
        )
    return tuple(sorted(parts, key=lambda part: (-part.people, part.code)))


def _exceptions(resolved: ResolvedFootprint, lsoas: Ints) -> tuple[tuple[str, str, str], ...]:
    place = resolved.assignment.place[lsoas]
    found = distinct(place)
    most = found.values[found.counts.argmax()] if len(place) else -1
    others = lsoas[place != most]
    geography, names = resolved.geography, place_names(resolved)[resolved.assignment.place]
    return tuple((str(geography.lsoas[i]), str(geography.lsoa_names[i]), str(names[i])) for i in others)


def _declaring(resolved: ResolvedFootprint, subject: Subject) -> tuple[str, ...]:
    unit = subject.unit
    return tuple(
        f"{place.name} is declared from it ({member.loc})"
        for place, member in _units(resolved)
        if member.kind == unit.kind and member.code in _codes_of(resolved, unit)
    )


def _units(resolved: ResolvedFootprint) -> Iterator[tuple[Place, Member]]:
    """Each place with its units, those of the places that it is put together from included."""
    for place in resolved.places:
        for unit in all_units(resolved.system.footprints, place):
            yield place, unit


def _codes_of(resolved: ResolvedFootprint, unit: NamedUnit) -> tuple[str, ...]:
    if KINDS[unit.kind].patients:
        return (unit.code,)
    units = resolved.geography.units(unit.kind, unit.vintage)
    position = units.position(unit.code)
    ods = str(units.ods[position]) if units.ods is not None and position is not None else unit.code
    return (unit.code, ods)


# --- sets of practices ------------------------------------------------------------------------------------------------


def _practices(resolved: ResolvedFootprint, subject: Subject) -> Explanation:
    unit = subject.unit
    of_pcn = resolved.geography.pcns(unit.vintage if unit.kind == "pcn" else None).practices_of
    codes = of_pcn.get(unit.code, []) if unit.kind == "pcn" else [unit.code]
    group = np.isin(resolved.geography.registrations.codes.array, codes)
    homes = _living(resolved, group, resolved.assignment.place, resolved.placecd, place_names(resolved))
    ltlas = resolved.geography.units("ltla")
    elsewhere = np.append(ltlas.names, "elsewhere, or no LSOA")
    districts = _living(resolved, group, ltlas.of, np.append(ltlas.codes, ""), elsewhere)
    members = _practice_lines(resolved, codes) if unit.kind == "pcn" else ()
    return _answer(
        resolved, subject, parts=homes, districts=districts, declared=_by_whom(resolved, codes, unit), members=members
    )


def _living(resolved: ResolvedFootprint, group: Bools, label: Ints, codes: Texts, names: Texts) -> tuple[UnitPart, ...]:
    """Patients of the practices in `group` by label of the LSOA that they live in."""
    registrations = resolved.geography.registrations
    count = len(codes) - 1
    people = living_in(registrations, label, count, np.where(group, 0, 1), 2)[0]
    total = float(registrations.by_practice[group].sum())
    rest = total - float(people.sum())
    rows = [*enumerate(people), (-1, rest)]
    parts = [
        UnitPart(str(codes[at]), str(names[at]), None, float(value), float(value) / total if total else 0.0)
        for at, value in rows
        if value > 0.5
    ]
    return tuple(sorted(parts, key=lambda part: (part.code == "", -part.people, part.code)))


def _by_whom(resolved: ResolvedFootprint, codes: Iterable[str], unit: NamedUnit) -> tuple[str, ...]:
    direct = _declaring(resolved, Subject(unit, np.array([], dtype=np.int64)))
    if direct or unit.kind == "pcn":
        return direct
    return tuple(
        f"{place.name} is declared from its {member_text(member)} ({member.loc})"
        for place, member in _units(resolved)
        if member.kind == "pcn" and set(codes) & practices_of([member], resolved.geography)
    )


def _practice_lines(resolved: ResolvedFootprint, codes: Iterable[str]) -> tuple[str, ...]:
    registrations, place_of = resolved.geography.registrations, resolved.assignment.practice_place
    lines = []
    for code in codes:
        at = int(registrations.codes.positions([code])[0])
        size = int(registrations.by_practice[at]) if at >= 0 else 0
        place = -1 if place_of is None or at < 0 else int(place_of[at])
        where = f", counted for {place_names(resolved)[place]}" if place >= 0 else ""
        lines.append(f"practice {code} {practice_name(resolved, code)}: {size:,} patients{where}")
    return tuple(lines)
