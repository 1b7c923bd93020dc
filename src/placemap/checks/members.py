"""Declaration checks: what a config names, against the reference.

Nothing is resolved while one of these finds an error. `codes`, `areas`, `practices` and `member_vintages` have the
checks on each unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from placemap.checks.areas import check_area, mixed_lsoas, unknown_area, vintages_with
from placemap.checks.codes import error, not_there, wrong_kind
from placemap.checks.member_vintages import has_vintage, unknown_vintage, vintage_of_pcns
from placemap.checks.practices import check_pcn, check_practice
from placemap.config.model import Footprint, Member, Place, Scope, System
from placemap.core.codes import KINDS
from placemap.core.findings import Finding
from placemap.core.text import listed
from placemap.reference.geography import Geography


def check_declarations(footprint: Footprint, geography: Geography) -> list[Finding]:
    """Everything that is wrong with the members of a footprint, its scope included."""
    findings = [*_duplicates(footprint), *vintage_of_pcns(geography, footprint)]
    if not findings:
        findings += _practices_in_two_places(geography, footprint)
    findings += _units(geography, _scope_members(footprint.scope), "")
    for place in footprint.places:
        if not place.members:
            findings.append(_no_members(place))
        findings += _units(geography, (*place.units, *place.exclude, *place.within), place.id)
    return list({(f.location, f.code, f.message): f for f in findings}.values())


def check_icb(system: System, geography: Geography) -> Iterator[Finding]:
    """A system's ICB exists in the vintage that the config gives it, where the reference has that vintage."""
    held = geography.data.vintages("lookup", "icb")
    if held and system.icb_vintage > max(held):
        yield _later_icb(system, held)
    elif held and system.icb_vintage < min(held):
        icb = Member("icb", system.icb_code, None, system.icb_vintage, system.loc)
        yield _before_icbs(icb, held, "", "`icb: {vintage: …}`")
    if system.icb_vintage not in held:
        return
    units = geography.units("icb", system.icb_vintage)
    if units.position(system.icb_code) is not None:
        return
    icb = Member("icb", system.icb_code, None, system.icb_vintage, system.loc)
    if vintages_with(geography, icb, units.vintage):
        yield replace(
            unknown_area(geography, icb, units, ""), hint="give the vintage in which it was in use: `icb: {vintage: …}`"
        )
    elif geography.all_england:
        names = dict(zip(units.codes, units.names, strict=True))
        yield not_there(geography, icb, f"ICB {icb.code}", names, "")


def check_systems_of(system: System, geography: Geography) -> Iterator[Finding]:
    """The ICBs of other years that the config names exist, where the reference has that year or only later ones."""
    held = geography.data.vintages("lookup", "icb")
    named = [(member, "") for member in system.systems_of]
    for footprint in system.footprints.values():
        named += [(member, place.id) for place in footprint.places for member in place.systems_of]
    for member, place_id in named:
        if held and str(member.vintage) < min(held):
            yield _before_icbs(member, held, place_id, f"`systems_of_{member.vintage}`")
        if member.vintage not in held:
            continue
        # An extract has only the ICBs of what it covers.
        if geography.all_england or geography.units("icb", member.vintage).position(member.code) is not None:
            yield from check_area(geography, member, place_id)


def _before_icbs(member: Member, held: list[str], place: str, key: str) -> Finding:
    return error(
        "unknown-vintage",
        f"ICB {member.code} is meant in {member.vintage}, when there were none; the reference data have ICBs of "
        f"{listed(sorted(held))}.",
        member.code,
        member.loc,
        place,
        f"correct the year of {key}",
    )


def _later_icb(system: System, held: list[str]) -> Finding:
    return error(
        "unknown-vintage",
        f"ICB {system.icb_code} is meant in vintage {system.icb_vintage}, which is later than all that the reference "
        f"data have (ICBs of {listed(held)}).",
        system.icb_code,
        system.loc,
        "",
        "correct `icb: {vintage: …}`, or fetch newer tables with `placemap data update` or `placemap data import`",
    )


def _scope_members(scope: Scope) -> tuple[Member, ...]:
    return (*scope.include, *scope.exclude)


def _no_members(place: Place) -> Finding:
    return error(
        "empty-place",
        f"{place.name} has no members; expected at least one unit.",
        place.id,
        place.loc,
        place.id,
        "name the units that it is made of, under lsoa, ward, ltla, pcn or another kind",
    )


def _duplicates(footprint: Footprint) -> Iterator[Finding]:
    first: dict[tuple[str, str, str | None], tuple[Place, Member]] = {}
    for place, member in footprint.members():
        key = (member.kind, member.code, member.vintage)
        if key in first and first[key][0].id != place.id:
            other = first[key][1]
            yield error(
                "duplicate-member",
                f"{member.of_kind.label} {member.code} is in {place.name} and already in {first[key][0].name} "
                f"(line {other.loc.line}).",
                member.code,
                member.loc,
                place.id,
                "keep it in one place; to split a unit between places, name its parts",
            )
        first.setdefault(key, (place, member))


def _practices_in_two_places(geography: Geography, footprint: Footprint) -> Iterator[Finding]:
    """Practices that PCNs of different vintages, and so of different places, both hold."""
    by_itself = {member.code for _, member in footprint.members() if member.kind == "practice"}
    first: dict[str, tuple[Place, Member]] = {}
    for place, member in footprint.members():
        if member.kind != "pcn" or not has_vintage(geography, "pcn", member.vintage):
            continue
        for practice in geography.pcns(member.vintage).practices_of.get(member.code, []):
            other = first.setdefault(practice, (place, member))
            if other[0].id != place.id and practice not in by_itself:
                yield error(
                    "duplicate-member",
                    f"practice {practice} is in {place.name} by PCN {member.code} and already in {other[0].name} "
                    f"by PCN {other[1].code} of another vintage (line {other[1].loc.line}).",
                    practice,
                    member.loc,
                    place.id,
                    "list the practice in one of the two under `practice`, or use one vintage",
                )


def _units(geography: Geography, members: tuple[Member, ...], place: str) -> Iterator[Finding]:
    """All that is wrong with a place's units, or a scope's."""
    mixed = list(mixed_lsoas(geography, members, place))
    yield from mixed
    for member in members:
        if not (mixed and member.kind == "lsoa" and member.code not in geography.lsoas):
            yield from _member(geography, member, place)


def _member(geography: Geography, member: Member, place: str) -> Iterator[Finding]:
    kind = KINDS[member.kind]
    if not kind.accepts(member.code):
        yield wrong_kind(member, place)
    elif not has_vintage(geography, member.kind, member.vintage):
        yield unknown_vintage(geography, f"{kind.label} {member.code}", member.kind, member.vintage, member.loc, place)
    elif member.kind == "pcn":
        yield from check_pcn(geography, member, place)
    elif member.kind == "practice":
        yield from check_practice(geography, member, place)
    else:
        yield from check_area(geography, member, place)
