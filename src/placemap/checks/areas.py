"""Declaration checks on areas: codes, names and vintages, and what followed codes that are no longer in use."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placemap.checks.codes import error, not_there, wrong_name
from placemap.config.model import Member
from placemap.core.codes import KINDS, OLD_LSOA_VINTAGE
from placemap.core.findings import Finding
from placemap.core.text import listed
from placemap.reference.by_lsoa import Units
from placemap.reference.former_codes import division, lsoa_successors, only_2011, only_2021, shown
from placemap.reference.geography import Geography


def check_area(geography: Geography, member: Member, place: str) -> Iterator[Finding]:
    """What is wrong with the code and name of an area, in a vintage that the reference has."""
    units = geography.units(member.kind, member.vintage)
    position = units.position(member.code)
    if position is None and member.kind == "lsoa":
        yield _unknown_lsoa(geography, member, place)
    elif position is None:
        yield unknown_area(geography, member, units, place)
    elif member.name is not None:
        yield from wrong_name(member, str(units.names[position]), units.named, place)


def unknown_area(geography: Geography, member: Member, units: Units, place: str) -> Finding:
    """A code that its vintage does not have: of another one, or of none."""
    label = f"{KINDS[member.kind].label} {member.code}"
    elsewhere = _other_vintages(geography, member, units.vintage)
    if elsewhere:
        lived, others = elsewhere
        later = _begins_later(geography, member, units.vintage)
        return error(
            "dead-code",
            f"{label} does not exist {'yet ' if later else ''}in {units.vintage}; "
            f"it {'is' if later else 'was'} in use in {lived}. {others}",
            member.code,
            member.loc,
            place,
            f"use {'the units that came before it' if later else 'its successors'}, "
            f"or say when it {'is' if later else 'was'} in use: `{member.kind}_vintage: {lived[:4]}`"
            + _other_choice(geography, member, units.vintage),
        )
    return not_there(geography, member, label, dict(zip(units.codes, units.names, strict=True)), place)


def _begins_later(geography: Geography, member: Member, vintage: str) -> bool:
    found = vintages_with(geography, member, vintage)
    return bool(found) and found[0] > vintage and _history(geography, member) is None


def _other_choice(geography: Geography, member: Member, vintage: str) -> str:
    """The way out where the vintage was asked for on the command line rather than by the config."""
    found = vintages_with(geography, member, vintage)
    asked = member.vintage is None and member.kind in geography.chosen.vintages
    return f"; or choose `--vintage {member.kind}={found[-1]}`" if asked and found else ""


def vintages_with(geography: Geography, member: Member, vintage: str) -> list[str]:
    """The vintages other than `vintage` that have the code, oldest first."""
    return [
        other
        for other in geography.data.vintages("lookup", member.kind)
        if other != vintage and geography.units(member.kind, other).position(member.code) is not None
    ]


def _unknown_lsoa(geography: Geography, member: Member, place: str) -> Finding:
    if member.vintage != OLD_LSOA_VINTAGE and only_2011([member.code], geography):
        became = lsoa_successors(member.code, geography)
        return error(
            "dead-code",
            f"LSOA {member.code} is one of 2011 that no longer exists{became and '; '}{became}.",
            member.code,
            member.loc,
            place,
            "use LSOAs of 2021; or, if the whole list is of 2011, write `lsoa_vintage: 2011` beside it",
        )
    if member.vintage == OLD_LSOA_VINTAGE and only_2021([member.code], geography):
        return error(
            "dead-code",
            f"LSOA {member.code} is one of 2021; this list is of 2011.",
            member.code,
            member.loc,
            place,
            "take `lsoa_vintage: 2011` away, or write the list in codes of 2011",
        )
    names = dict(zip(geography.lsoa_codes, geography.lsoa_names, strict=True))
    return not_there(geography, member, f"LSOA {member.code}", names, place)


def mixed_lsoas(geography: Geography, members: tuple[Member, ...], place: str) -> Iterator[Finding]:
    """A list in which some codes are of 2011 only and some of 2021 only: it is of neither year."""
    lsoas = [member for member in members if member.kind == "lsoa"]
    codes = [member.code for member in lsoas]
    old, new = only_2011(codes, geography), only_2021(codes, geography)
    if old and new:
        yield error(
            "mixed-lsoas",
            f"the list mixes LSOAs of 2011 and of 2021: {len(old):,} of its {len(codes):,} codes exist in 2011 "
            f"only ({shown(old)}), {len(new):,} in 2021 only ({shown(new)}).",
            place or "scope",
            next(member.loc for member in lsoas if member.code == old[0]),
            place,
            f"write all in codes of 2021; of {old[0]}, {lsoa_successors(old[0], geography)}",
        )


def _other_vintages(geography: Geography, member: Member, vintage: str) -> tuple[str, str] | None:
    """When a code was in use and what followed it, where it is no code of `vintage`."""
    found = vintages_with(geography, member, vintage)
    if found:
        return _lived(geography, member, found), _divides(geography, member, found[-1], vintage)
    history = _history(geography, member)
    return (history[0], history[1]) if history else None


def _lived(geography: Geography, member: Member, vintages: list[str]) -> str:
    history = _history(geography, member)
    return history[0] if history else ", ".join(vintages)


def _divides(geography: Geography, member: Member, old: str, new: str) -> str:
    """How the LSOAs of a former unit divide among the units of `new`."""
    former = geography.units(member.kind, old)
    today = geography.units(member.kind, new)
    position = former.position(member.code)
    lsoas = former.lsoas(position) if position is not None else np.array([], dtype=np.int64)
    return division(lsoas, today)


def _history(geography: Geography, member: Member) -> tuple[str, str] | None:
    """Years and successors of a former LTLA, from the history of LTLA codes."""
    if member.kind != "ltla" or geography.data.find("ltla_history") is None:
        return None
    rows = [row for row in geography.ltla_history if row.code == member.code and row.successor]
    if not rows:
        return None
    successors = [f"{row.successor} ({row.successor_name})" for row in rows]
    first, last = min(row.first_year for row in rows), max(row.last_year for row in rows)
    # The history starts in 2016, so a code that was there then may be older.
    beginning = min(row.first_year for row in geography.ltla_history)
    lived = f"{first} to {last}" if first > beginning else f"{last} and before"
    return lived.removesuffix(" and before") if first == last else lived, f"It was followed by {listed(successors)}."
