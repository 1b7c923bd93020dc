"""Declaration checks: what a config names, against the reference.

Nothing is resolved while one of these finds an error.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from placemap.config.model import Footprint, Loc, Member, Place, Scope, System
from placemap.core.codes import KINDS, kinds_of, normal_name
from placemap.core.findings import Finding, Severity
from placemap.core.text import listed
from placemap.reference.by_lsoa import Pcns, Units
from placemap.reference.former_codes import (
    Past,
    division,
    living_practices,
    lsoa_successors,
    only_2011,
    only_2021,
    past_pcn,
    past_practice,
    practices_went,
    shown,
)
from placemap.reference.geography import Geography

UPDATE = "`placemap data update` to check all England"


def check_declarations(footprint: Footprint, geography: Geography) -> list[Finding]:
    """Everything that is wrong with the members of a footprint, its scope included."""
    checker = _Checker(geography)
    findings = [*_duplicates(footprint), *checker.vintage_of_pcns(footprint)]
    if not findings:
        findings += checker.practices_in_two_places(footprint)
    findings += checker.listed(_scope_members(footprint.scope), "")
    for place in footprint.places:
        if not place.members:
            findings.append(_no_members(place))
        findings += checker.listed((*place.members, *place.exclude, *place.within), place.id)
    return list({(f.location, f.code, f.message): f for f in findings}.values())


def check_icb(system: System, geography: Geography) -> Iterator[Finding]:
    """A system's ICB exists in the vintage that the config gives it, where the reference has that vintage."""
    held = geography.data.vintages("lookup", "icb")
    if held and system.icb_vintage > max(held):
        yield _later_icb(system, held)
    if system.icb_vintage not in held:
        return
    units = geography.units("icb", system.icb_vintage)
    if units.position(system.icb_code) is not None:
        return
    icb = Member("icb", system.icb_code, None, system.icb_vintage, system.loc)
    checker = _Checker(geography)
    if checker.vintages_with(icb, units.vintage):
        yield replace(
            checker.unknown_area(icb, units, ""), hint="give the vintage in which it was in use: `icb: {vintage: …}`"
        )
    elif geography.all_england:
        names = dict(zip(units.codes, units.names, strict=True))
        yield checker.not_there(icb, f"ICB {icb.code}", list(units.codes), names, "")


def _later_icb(system: System, held: list[str]) -> Finding:
    return _error(
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


def _error(code: str, message: str, subject: str, loc: Loc, place: str, hint: str) -> Finding:
    return Finding(code, Severity.ERROR, message, subject, str(loc), place, hint=hint)


def _no_members(place: Place) -> Finding:
    return _error(
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
            yield _error(
                "duplicate-member",
                f"{KINDS[member.kind].label} {member.code} is in {place.name} and already in {first[key][0].name} "
                f"(line {other.loc.line}).",
                member.code,
                member.loc,
                place.id,
                "keep it in one place; to split a unit between places, name its parts",
            )
        first.setdefault(key, (place, member))


@dataclass
class _Checker:
    geography: Geography

    def listed(self, members: tuple[Member, ...], place: str) -> Iterator[Finding]:
        """All that is wrong with a place's units, or a scope's."""
        mixed = list(self.mixed_lsoas(members, place))
        yield from mixed
        for member in members:
            if not (mixed and member.kind == "lsoa" and member.code not in self.geography.lsoas):
                yield from self.member(member, place)

    def member(self, member: Member, place: str) -> Iterator[Finding]:
        kind = KINDS[member.kind]
        if not kind.accepts(member.code):
            yield _wrong_kind(member, place)
        elif not self.has_vintage(member.kind, member.vintage):
            yield self.unknown_vintage(f"{kind.label} {member.code}", member.kind, member.vintage, member.loc, place)
        elif member.kind == "pcn":
            yield from self.pcn(member, place)
        elif member.kind == "practice":
            yield from self.practice(member, place)
        else:
            yield from self.area(member, place)

    # --- vintages ------------------------------------------------------------------------------------------------

    def vintages(self, kind: str) -> list[str]:
        data = self.geography.data
        if kind == "lsoa":
            return sorted({"2011", *data.vintages("lsoa_names")})
        if kind == "practice":
            return sorted({*data.vintages("practices"), *data.vintages("pcn_members")})
        return data.vintages("pcn_members") if kind == "pcn" else data.vintages("lookup", kind)

    def has_vintage(self, kind: str, vintage: str | None) -> bool:
        """Whether the reference has that vintage; of PCNs it has every day."""
        return vintage is None or vintage in self.vintages(kind) or (kind == "pcn" and len(vintage) > len("2022-08"))

    def vintage_of_pcns(self, footprint: Footprint) -> Iterator[Finding]:
        """The footprint's own vintage of PCNs, which its tables use whatever its members are."""
        vintage = footprint.vintages.get("pcn")
        if not self.has_vintage("pcn", vintage):
            yield self.unknown_vintage(f"footprint {footprint.id}", "pcn", vintage, footprint.loc, "")

    def unknown_vintage(self, what: str, kind: str, vintage: str | None, loc: Loc, place: str) -> Finding:
        have = self.vintages(kind)
        return _error(
            "unknown-vintage",
            f"{what} is meant in vintage {vintage}, but the reference data have {KINDS[kind].plural} of "
            f"{listed(have) if have else 'no vintage'}{' only' if len(have) == 1 else ''}.",
            what.rsplit(maxsplit=1)[-1],
            loc,
            place,
            f"correct `{kind}_vintage`, or fetch that vintage with `placemap data update` or `placemap data import`",
        )

    def practices_in_two_places(self, footprint: Footprint) -> Iterator[Finding]:
        """Practices that PCNs of different vintages, and so of different places, both hold."""
        listed = {member.code for _, member in footprint.members() if member.kind == "practice"}
        first: dict[str, tuple[Place, Member]] = {}
        for place, member in footprint.members():
            if member.kind != "pcn" or not self.has_vintage("pcn", member.vintage):
                continue
            for practice in self.geography.pcns(member.vintage).practices_of.get(member.code, []):
                other = first.setdefault(practice, (place, member))
                if other[0].id != place.id and practice not in listed:
                    yield _error(
                        "duplicate-member",
                        f"practice {practice} is in {place.name} by PCN {member.code} and already in {other[0].name} "
                        f"by PCN {other[1].code} of another vintage (line {other[1].loc.line}).",
                        practice,
                        member.loc,
                        place.id,
                        "list the practice in one of the two under `practice`, or use one vintage",
                    )

    # --- areas ---------------------------------------------------------------------------------------------------

    def area(self, member: Member, place: str) -> Iterator[Finding]:
        units = self.geography.units(member.kind, member.vintage)
        position = units.position(member.code)
        if position is None and member.kind == "lsoa":
            yield self.unknown_lsoa(member, place)
        elif position is None:
            yield self.unknown_area(member, units, place)
        elif member.name is not None:
            yield from _name(member, str(units.names[position]), units.named, place)

    def unknown_area(self, member: Member, units: Units, place: str) -> Finding:
        label = f"{KINDS[member.kind].label} {member.code}"
        elsewhere = self.other_vintages(member, units.vintage)
        if elsewhere:
            lived, others = elsewhere
            later = self.begins_later(member, units.vintage)
            return _error(
                "dead-code",
                f"{label} does not exist {'yet ' if later else ''}in {units.vintage}; "
                f"it {'is' if later else 'was'} in use in {lived}. {others}",
                member.code,
                member.loc,
                place,
                f"use {'the units that came before it' if later else 'its successors'}, "
                f"or say when it {'is' if later else 'was'} in use: `{member.kind}_vintage: {lived[:4]}`"
                + self.other_choice(member, units.vintage),
            )
        return self.not_there(member, label, list(units.codes), dict(zip(units.codes, units.names, strict=True)), place)

    def begins_later(self, member: Member, vintage: str) -> bool:
        found = self.vintages_with(member, vintage)
        return bool(found) and found[0] > vintage and self.history(member) is None

    def other_choice(self, member: Member, vintage: str) -> str:
        """The way out where the vintage was asked for on the command line rather than by the config."""
        found = self.vintages_with(member, vintage)
        asked = member.vintage is None and member.kind in self.geography.chosen.vintages
        return f"; or choose `--vintage {member.kind}={found[-1]}`" if asked and found else ""

    def vintages_with(self, member: Member, vintage: str) -> list[str]:
        """The vintages other than `vintage` that have the code, oldest first."""
        return [
            other
            for other in self.geography.data.vintages("lookup", member.kind)
            if other != vintage and self.geography.units(member.kind, other).position(member.code) is not None
        ]

    def unknown_lsoa(self, member: Member, place: str) -> Finding:
        if member.vintage != "2011" and only_2011([member.code], self.geography):
            became = lsoa_successors(member.code, self.geography)
            return _error(
                "dead-code",
                f"LSOA {member.code} is one of 2011 that no longer exists{became and '; '}{became}.",
                member.code,
                member.loc,
                place,
                "use LSOAs of 2021; or, if the whole list is of 2011, write `lsoa_vintage: 2011` beside it",
            )
        if member.vintage == "2011" and only_2021([member.code], self.geography):
            return _error(
                "dead-code",
                f"LSOA {member.code} is one of 2021; this list is of 2011.",
                member.code,
                member.loc,
                place,
                "take `lsoa_vintage: 2011` away, or write the list in codes of 2011",
            )
        names = dict(zip(self.geography.lsoa_codes, self.geography.lsoa_names, strict=True))
        return self.not_there(member, f"LSOA {member.code}", list(names), names, place)

    def mixed_lsoas(self, members: tuple[Member, ...], place: str) -> Iterator[Finding]:
        """A list in which some codes are of 2011 only and some of 2021 only: it is of neither year."""
        lsoas = [member for member in members if member.kind == "lsoa"]
        codes = [member.code for member in lsoas]
        old, new = only_2011(codes, self.geography), only_2021(codes, self.geography)
        if old and new:
            yield _error(
                "mixed-lsoas",
                f"the list mixes LSOAs of 2011 and of 2021: {len(old):,} of its {len(codes):,} codes exist in 2011 "
                f"only ({shown(old)}), {len(new):,} in 2021 only ({shown(new)}).",
                place or "scope",
                next(member.loc for member in lsoas if member.code == old[0]),
                place,
                f"write all in codes of 2021; of {old[0]}, {lsoa_successors(old[0], self.geography)}",
            )

    def other_vintages(self, member: Member, vintage: str) -> tuple[str, str] | None:
        """When a code was in use and what followed it, where it is no code of `vintage`."""
        found = self.vintages_with(member, vintage)
        if found:
            return self.lived(member, found), self.divides(member, found[-1], vintage)
        history = self.history(member)
        return (history[0], history[1]) if history else None

    def lived(self, member: Member, vintages: list[str]) -> str:
        history = self.history(member)
        return history[0] if history else ", ".join(vintages)

    def divides(self, member: Member, old: str, new: str) -> str:
        """How the LSOAs of a former unit divide among the units of `new`."""
        former = self.geography.units(member.kind, old)
        today = self.geography.units(member.kind, new)
        position = former.position(member.code)
        lsoas = former.lsoas(position) if position is not None else np.array([], dtype=np.int64)
        return division(lsoas, today)

    def history(self, member: Member) -> tuple[str, str] | None:
        """Years and successors of a former LTLA, from the history of LTLA codes."""
        if member.kind != "ltla" or self.geography.data.find("ltla_history") is None:
            return None
        table = self.geography.ltla_history
        rows = table[(table["ltla_code"] == member.code) & (table["successor_code"] != "")]
        if rows.empty:
            return None
        successors = [f"{code} ({name})" for code, name in zip(rows.successor_code, rows.successor_name, strict=True)]
        first, last = int(rows["first_year"].min()), int(rows["last_year"].max())
        # The history starts in 2016, so a code that was there then may be older.
        lived = f"{first} to {last}" if first > int(table["first_year"].min()) else f"{last} and before"
        return lived.removesuffix(
            " and before"
        ) if first == last else lived, f"It was followed by {listed(successors)}."

    # --- sets of practices -----------------------------------------------------------------------------------------

    def pcn(self, member: Member, place: str) -> Iterator[Finding]:
        pcns = self.geography.pcns(member.vintage)
        if member.code not in pcns.names:
            yield self.gone_pcn(member, pcns, place)
            return
        if member.code not in pcns.practices_of:
            yield self.empty_pcn(member, pcns, place)
        if member.name is not None:
            yield from _name(member, pcns.names[member.code], lambda name: _named(pcns.names, name), place)

    def empty_pcn(self, member: Member, pcns: Pcns, place: str) -> Finding:
        """A PCN that has no members any more, or none yet."""
        code, vintage = member.code, pcns.vintage
        first = min(pcns.members.loc[pcns.members["pcn_code"] == code, "start"], default="")
        early = first[: len(vintage)] > vintage
        lived = [v for v in self.vintages("pcn") if code in self.geography.pcns(v).practices_of]
        story = (
            f"has no members yet {_on(vintage)}; the first joined on {first}."
            if early
            else f"has no current members {_on(vintage)}. {self.where_practices_went(code, vintage)}"
        )
        return _error(
            "dead-code",
            f"PCN {code} ({pcns.names[code]}) {story}",
            code,
            member.loc,
            place,
            f"name the PCNs or practices that {'came before' if early else 'follow'} it"
            + (f", or say when it was in use: {self.pcns_of(lived[-1])}" if lived else ""),
        )

    def pcns_of(self, vintage: str) -> str:
        """How to have PCNs of a vintage: an option goes before the config."""
        return f"`--vintage pcn={vintage}`" if "pcn" in self.geography.chosen.vintages else f"`pcn_vintage: {vintage}`"

    def where_practices_went(self, code: str, vintage: str) -> str:
        pcns = self.geography.pcns(vintage)
        former = pcns.members[pcns.members["pcn_code"] == code]
        left = sorted(set(former["end"]) - {""})
        dates = f" (left {left[0]}{f' to {left[-1]}' if len(left) > 1 else ''})" if left else ""
        return practices_went(former["practice_code"], pcns, dates)

    def gone_pcn(self, member: Member, pcns: Pcns, place: str) -> Finding:
        past = past_pcn(member.code, self.geography, pcns.vintage)
        if past is None:
            return self.not_there(member, f"PCN {member.code}", list(pcns.names), pcns.names, place)
        yet, others = (" yet", "came before it") if past.later else ("", "follow it")
        return _error(
            "dead-code",
            f"PCN {member.code} ({past.name}) does not exist{yet} {_on(pcns.vintage)}. {past.story}",
            member.code,
            member.loc,
            place,
            f"name the PCNs that {others}, or the vintage in which it is in use: {self.pcns_of(past.vintage)}",
        )

    def practice(self, member: Member, place: str) -> Iterator[Finding]:
        names = living_practices(self.geography, member.vintage)
        past = past_practice(member.code, self.geography) if member.code not in names else None
        if past:
            yield self.closed_practice(member, past, place)
        elif member.code not in names:
            yield self.not_there(member, f"practice {member.code}", list(names), names, place)
        elif member.name is not None:
            yield from _name(member, names[member.code], lambda name: _named(names, name), place)

    def closed_practice(self, member: Member, past: Past, place: str) -> Finding:
        registrations = self.geography.registrations_entry.vintage
        when = _on(member.vintage) if member.vintage else f"among those with registered patients in {registrations}"
        lived = f", or the vintage in which it was in use: `practice_vintage: {past.vintage}`" if past.vintage else ""
        return _error(
            "dead-code",
            f"practice {member.code} ({past.name}) is not {when}. {past.story}",
            member.code,
            member.loc,
            place,
            f"leave it out{lived}",
        )

    # --- codes that are not there ------------------------------------------------------------------------------------

    def not_there(self, member: Member, label: str, codes: list[str], names: dict[str, str], place: str) -> Finding:
        named = [c for c, n in names.items() if member.name and normal_name(n) == normal_name(member.name)]
        near = [*named, *difflib.get_close_matches(member.code, sorted(codes), n=3, cutoff=0.8)]
        nearest = list(dict.fromkeys(near))[:3]
        hint = "did you mean " + " or ".join(f"{code} ({names[code]})" for code in nearest) + "?" if nearest else ""
        if member.kind == "ward":
            hint = f"{hint} Some wards have no LSOA by best fit (33 in 2024, 20 of them in the City of London)".strip()
        if not self.geography.all_england:
            return _error(
                "not-packaged",
                f"{label} is not in the packaged tables, which hold only what the shipped configs need; {UPDATE}.",
                member.code,
                member.loc,
                place,
                hint or "run `placemap data update`, or `placemap data import` with downloaded files",
            )
        return _error(
            "unknown-code",
            f"{label} does not exist.",
            member.code,
            member.loc,
            place,
            hint or "look it up with `placemap find`",
        )


def _wrong_kind(member: Member, place: str) -> Finding:
    likely = kinds_of(member.code)
    what = likely[0].one if likely else "an unknown kind"
    return _error(
        "wrong-kind",
        f"{member.code} is the code of {what}, but stands under `{member.kind}`; "
        f"expected the code of {KINDS[member.kind].one}, like {KINDS[member.kind].example}.",
        member.code,
        member.loc,
        place,
        f"move it under `{likely[0].id}`" if likely else "check the code",
    )


def _named(names: Mapping[str, str], wanted: str) -> list[str]:
    return [code for code, name in names.items() if normal_name(name) == normal_name(wanted)]


def _name(member: Member, real: str, codes_named: Callable[[str], list[str]], place: str) -> Iterator[Finding]:
    """A name that is not the code's own; `codes_named` looks through all names, so only then."""
    if normal_name(member.name or "") == normal_name(real):
        return
    others = [code for code in codes_named(member.name or "") if code != member.code]
    hint = f"that is the name of {others[0]}" if others else "correct the name or the code"
    yield _error(
        "name-mismatch",
        f"{KINDS[member.kind].label} {member.code} is called `{real}`, not `{member.name}`.",
        member.code,
        member.loc,
        place,
        hint,
    )


def _on(vintage: str) -> str:
    """`in 2022-08`, `on 2022-08-01`."""
    return f"{'on' if len(vintage) > len('2022-08') else 'in'} {vintage}"
