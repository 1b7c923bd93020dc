"""Checks on tiers: each place inside its parent, practices in the same place by both, parents that were found."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placemap.checks.registry import finding_of, result_check
from placemap.core.arrays import Bools, Ints, distinct
from placemap.core.findings import Finding, Severity
from placemap.core.text import counted, some
from placemap.resolve.resolved import ResolvedFootprint

#: How many LSOAs a message names.
NAMES_SHOWN = 5


@result_check("crosses-tier")
def crosses_tier(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Places that reach out of their parent in the tier above, and practices that the two tiers place differently."""
    outer = resolved.outer
    if outer is None:
        return
    for position in range(len(resolved.places)):
        lsoas = np.flatnonzero(resolved.lsoas(position))
        crossing = lsoas[resolved.crossing[lsoas]]
        if len(lsoas) and len(crossing) == len(lsoas):
            yield _outside(resolved, outer, position, lsoas)
        else:
            yield from _crossing(resolved, outer, position, crossing)
    yield from _practices(resolved, outer)


def _outside(resolved: ResolvedFootprint, outer: ResolvedFootprint, position: int, lsoas: Ints) -> Finding:
    place, found = resolved.places[position], int(resolved.found_parents[position])
    parent = _named(outer, int(resolved.parents[position]))
    where = f"; most of its residents live in {outer.places[found].name}" if found >= 0 else ""
    return finding_of(
        resolved,
        "crosses-tier",
        Severity.ERROR,
        f"{place.name} lies in {parent}, but none of its {counted(len(lsoas), 'LSOA')} does{where}.",
        subject=place.id,
        lsoas=lsoas,
        place=place,
        hint=_where_to(resolved, outer, found),
    )


def _where_to(resolved: ResolvedFootprint, outer: ResolvedFootprint, found: int) -> str:
    """What to do about a place that lies outside its parent; `found` is the one where most of it lies, -1 for none."""
    inside, within = resolved.footprint.inside or ("", "")
    if within:
        return f"correct its members, or write `inside: {inside}` for a footprint inside all of its places"
    return (
        f"write `parent: {outer.places[found].id}`, or correct its members"
        if found >= 0
        else "correct its parent or its members"
    )


def _crossing(
    resolved: ResolvedFootprint, outer: ResolvedFootprint, position: int, crossing: Ints
) -> Iterator[Finding]:
    """What of a place lies in each other place of the tier above: where areas decide both tiers it is an error."""
    place, holder = resolved.places[position], outer.assignment.place
    by_areas = _decided_by_areas(resolved, outer)
    parent = _named(outer, int(resolved.parents[position]))
    for other in distinct(holder[crossing]).values:
        of_other = crossing[holder[crossing] == other]
        for certain in (True, False):
            lsoas = of_other[by_areas[of_other] == certain]
            if not len(lsoas):
                continue
            one = len(lsoas) == 1
            yield finding_of(
                resolved,
                "crosses-tier",
                Severity.ERROR if certain else Severity.WARNING,
                f"{place.name} lies in {parent}, but {counted(len(lsoas), 'LSOA')} of it "
                f"({resolved.people(lsoas):,.0f} people: {some(resolved.codes(lsoas), NAMES_SHOWN)}) "
                f"{'is' if one else 'are'} in {_named(outer, int(other))}.",
                subject=place.id,
                lsoas=lsoas,
                place=place,
                hint="correct the members of one of the two tiers"
                if certain
                else "put the tier above together from these places (`place:`), or accept it with a reason",
            )


def _decided_by_areas(resolved: ResolvedFootprint, outer: ResolvedFootprint) -> Bools:
    """LSOAs that patients decide in neither tier."""
    return np.asarray(~resolved.assignment.by_plurality & ~outer.assignment.by_plurality)


def _named(outer: ResolvedFootprint, position: int) -> str:
    return outer.places[position].name if position >= 0 else f"no place of {outer.footprint.id}"


def _practices(resolved: ResolvedFootprint, outer: ResolvedFootprint) -> Iterator[Finding]:
    """Practices that the tier above has in another place than the parent of their own."""
    above = outer.assignment.declared.place_of
    registrations = resolved.geography.registrations
    sizes = dict(zip(registrations.codes, registrations.by_practice.tolist(), strict=True))
    for code, own in sorted(resolved.assignment.declared.place_of.items()):
        parent, place = int(resolved.parents[own]), resolved.places[own]
        if above.get(code, parent) == parent:
            continue
        yield finding_of(
            resolved,
            "crosses-tier",
            Severity.WARNING,
            f"practice {code} ({resolved.geography.practice_names.get(code, 'without a name')}) is in {place.name}, "
            f"which lies in {_named(outer, parent)}, and in {_named(outer, above[code])} by the tier above.",
            subject=code,
            place=place,
            people=float(sizes.get(code, 0)),
            hint="correct the tier that is out of date, or accept it with a reason",
        )


@result_check("parent-found")
def parent_found(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Places that name no parent, or one that is not in force, and the one that was taken for it."""
    outer = resolved.outer
    if outer is None:
        return
    for position, place in enumerate(resolved.places):
        parent = int(resolved.parents[position])
        if resolved.declared_parents[position] >= 0 or parent < 0:
            continue
        people = resolved.people(resolved.lsoas(position))
        within = resolved.people(resolved.lsoas(position) & ~resolved.crossing)
        taken = f"{outer.places[parent].name} is taken, where {within:,.0f} of its {people:,.0f} residents live."
        ended = bool(place.parent)
        yield finding_of(
            resolved,
            "parent-found",
            Severity.WARNING if ended else Severity.INFO,
            f"{place.name} names `{place.parent}` as its parent, which is not in force; {taken}"
            if ended
            else f"{place.name} names no parent; {taken}",
            subject=place.id,
            place=place,
            people=within,
            hint=f"write `parent: {outer.places[parent].id}`, or the place that followed"
            if ended
            else "write it down (`parent: …`) to hold the place to it",
        )
