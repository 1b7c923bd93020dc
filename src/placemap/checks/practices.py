"""Declaration checks on PCNs and practices: codes, names, members, and where those went that are no longer in use."""

from __future__ import annotations

from collections.abc import Iterator

from placemap.checks.codes import codes_named, error, not_there, wrong_name
from placemap.checks.member_vintages import vintages_of
from placemap.config.model import Member
from placemap.core.codes import is_day
from placemap.core.findings import Finding
from placemap.reference.by_lsoa import Pcns
from placemap.reference.former_codes import Past, living_practices, past_pcn, past_practice, practices_went
from placemap.reference.geography import Geography


def check_pcn(geography: Geography, member: Member, place: str) -> Iterator[Finding]:
    """What is wrong with the code, name and members of a PCN, in a vintage that the reference has."""
    pcns = geography.pcns(member.vintage)
    if member.code not in pcns.names:
        yield _gone_pcn(geography, member, pcns, place)
        return
    if member.code not in pcns.practices_of:
        yield _empty_pcn(geography, member, pcns, place)
    if member.name is not None and not _derived(geography, member.vintage):
        yield from wrong_name(member, pcns.names[member.code], lambda name: codes_named(pcns.names, name), place)


def _derived(geography: Geography, vintage: str | None) -> bool:
    """Whether PCNs of a vintage were worked out from a later list, so that they have its names."""
    entry = geography.find_pcn_entries(vintage)[0]
    return entry is not None and bool(entry.derived)


def _empty_pcn(geography: Geography, member: Member, pcns: Pcns, place: str) -> Finding:
    """A PCN that has no members any more, or none yet."""
    code, vintage = member.code, pcns.vintage
    first = min(pcns.memberships(code)["start"], default="")
    early = first[: len(vintage)] > vintage
    lived = [v for v in vintages_of(geography, "pcn") if code in geography.pcns(v).practices_of]
    story = (
        f"has no members yet {_on(vintage)}; the first joined on {first}."
        if early
        else f"has no current members {_on(vintage)}. {_where_practices_went(geography, code, vintage)}"
    )
    return error(
        "dead-code",
        f"PCN {code} ({pcns.names[code]}) {story}",
        code,
        member.loc,
        place,
        f"name the PCNs or practices that {'came before' if early else 'follow'} it"
        + (f", or say when it was in use: {_pcns_of(geography, lived[-1])}" if lived else ""),
    )


def _pcns_of(geography: Geography, vintage: str) -> str:
    """How to have PCNs of a vintage: an option goes before the config."""
    return f"`--vintage pcn={vintage}`" if "pcn" in geography.chosen.vintages else f"`pcn_vintage: {vintage}`"


def _where_practices_went(geography: Geography, code: str, vintage: str) -> str:
    pcns = geography.pcns(vintage)
    former = pcns.memberships(code)
    left = sorted(set(former["end"]) - {""})
    dates = f" (left {left[0]}{f' to {left[-1]}' if len(left) > 1 else ''})" if left else ""
    return practices_went(former["practice_code"], pcns, dates)


def _gone_pcn(geography: Geography, member: Member, pcns: Pcns, place: str) -> Finding:
    past = past_pcn(member.code, geography, pcns.vintage)
    if past is None:
        return not_there(geography, member, f"PCN {member.code}", pcns.names, place)
    yet, others = (" yet", "came before it") if past.later else ("", "follow it")
    return error(
        "dead-code",
        f"PCN {member.code} ({past.name}) does not exist{yet} {_on(pcns.vintage)}. {past.story}",
        member.code,
        member.loc,
        place,
        f"name the PCNs that {others}, or the vintage in which it is in use: {_pcns_of(geography, past.vintage)}",
    )


def check_practice(geography: Geography, member: Member, place: str) -> Iterator[Finding]:
    """What is wrong with the code and name of a practice."""
    names = living_practices(geography, member.vintage)
    past = past_practice(member.code, geography) if member.code not in names else None
    if past:
        yield _closed_practice(geography, member, past, place)
    elif member.code not in names:
        yield not_there(geography, member, f"practice {member.code}", names, place)
    elif member.name is not None:
        yield from wrong_name(member, names[member.code], lambda name: codes_named(names, name), place)


def _closed_practice(geography: Geography, member: Member, past: Past, place: str) -> Finding:
    registrations = geography.registrations_entry.vintage
    when = _on(member.vintage) if member.vintage else f"among those with registered patients in {registrations}"
    lived = f", or the vintage in which it was in use: `practice_vintage: {past.vintage}`" if past.vintage else ""
    return error(
        "dead-code",
        f"practice {member.code} ({past.name}) is not {when}. {past.story}",
        member.code,
        member.loc,
        place,
        f"leave it out{lived}",
    )


def _on(vintage: str) -> str:
    """`in 2022-08`, `on 2022-08-01`."""
    return f"{'on' if is_day(vintage) else 'in'} {vintage}"
