"""Checks on what has changed since a config was written: ICBs that merged, and which one a place is in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from placemap.checks.registry import finding_of, result_check
from placemap.config.model import Evidence, Member, Place
from placemap.core.findings import Finding, Severity
from placemap.core.text import listed, month
from placemap.reference.reorganisations import last_changed
from placemap.reference.vintages import in_force_from
from placemap.resolve.resolved import ResolvedFootprint


@result_check("not-confirmed-since")
def not_confirmed_since(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Places in force without evidence from after the day on which ICBs last changed."""
    footprint, chosen = resolved.footprint, resolved.geography.chosen
    vintage = last_changed(resolved.geography, "icb")
    day = in_force_from("icb", vintage) if vintage else ""
    if not day or footprint.status != "current" or footprint.valid_to or (chosen.as_of and str(chosen.as_of) < day):
        return
    without = [place for place in footprint.places if _newest(resolved, [place])[0] <= day]
    if len(without) == len(footprint.places):
        yield _unconfirmed(resolved, day, None)
    else:
        yield from (_unconfirmed(resolved, day, place) for place in without)


def _newest(resolved: ResolvedFootprint, places: Iterable[Place]) -> tuple[str, Evidence | None]:
    """The newest document about some places and its day; a date that is only a month or year counts as its first day.

    The day on which somebody looked at it (`accessed`) is none of the document's: a page may be left standing.
    """
    keys = {key for place in places for key in (*place.evidence, *resolved.footprint.evidence)}
    dated = [resolved.system.evidence[key] for key in sorted(keys) if resolved.system.evidence[key].date]
    return max(((f"{one.date}-01-01"[:10], one) for one in dated), key=lambda item: item[0], default=("", None))


def _unconfirmed(resolved: ResolvedFootprint, day: str, place: Place | None) -> Finding:
    what = place.name if place else f"the places of footprint {resolved.footprint.id}"
    _, newest = _newest(resolved, [place] if place else resolved.places)
    said = "none is dated at all"
    if newest:
        vague = ", which may be before that" if day.startswith(newest.date) and newest.date != day else ""
        said = f"the newest is {newest.key}, of {month(newest.date)}{vague}"
    return finding_of(
        resolved,
        "not-confirmed-since",
        Severity.INFO,
        f"no evidence of {what} is dated after {month(day)}, when ICBs last changed; {said}. The grade stays as it "
        "was.",
        subject=place.id if place else resolved.footprint.id,
        place=place,
        hint="look for a document from after that day that names the places, and cite it with its date",
    )


@result_check("system-not-checked")
def system_not_checked(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Years of which the config says in which ICBs an area was, and of which the reference has none."""
    held = resolved.geography.data.vintages("lookup", "icb")
    named = [*resolved.system.systems_of, *(member for place in resolved.places for member in place.systems_of)]
    first = {str(member.vintage): member for member in reversed(named)}
    for year in sorted(first.keys() - set(held)) if held else ():
        yield finding_of(
            resolved,
            "system-not-checked",
            Severity.WARNING,
            f"`systems_of_{year}` is neither checked nor used: the tables in use have ICBs of {listed(sorted(held))}.",
            subject=f"icb-{year}",
            loc=first[year].loc,
            hint="correct the year, or fetch newer tables with `placemap data update`",
        )


@result_check("system-differs")
def system_differs(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Places that a lookup has in another ICB than the config says."""
    for position, place, vintage, declared in _declared(resolved):
        units = resolved.geography.units("icb", vintage)
        mine = resolved.assignment.place == position
        codes = [member.code for member in declared]
        others = sorted({int(at) for at in units.of[mine] if at >= 0 and units.codes[at] not in codes})
        if others:
            lsoas = np.flatnonzero(mine & np.isin(units.of, others))
            found = listed([f"{units.codes[at]} ({units.names[at]})" for at in others])
            yield finding_of(
                resolved,
                "system-differs",
                Severity.WARNING,
                f"{place.name} is in {listed(codes)} in {vintage} by the config; by the lookup {len(lsoas):,} of its "
                f"LSOAs are in {found}.",
                subject=f"icb-{vintage}",
                lsoas=lsoas,
                place=place,
                loc=declared[0].loc,
                hint=f"correct `systems_of_{vintage}`, or give the place its own",
            )


@result_check("system-as-declared")
def system_as_declared(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Places whose ICB no lookup tells, so that the config's word is all there is."""
    vintage = resolved.geography.chosen.vintages.get("icb")
    for position, place, year, declared in _declared(resolved):
        units = resolved.geography.units("icb", year)
        mine = resolved.assignment.place == position
        if year != vintage or (units.of[mine] >= 0).any():
            continue
        yield finding_of(
            resolved,
            "system-as-declared",
            Severity.INFO,
            f"by the config {place.name} is in {year} in {_told(declared)}; no lookup tells.",
            subject=f"icb-{year}",
            place=place,
            loc=declared[0].loc,
        )


def _told(declared: Sequence[Member]) -> str:
    several = ", and which of its LSOAs are in which is not known" if len(declared) > 1 else ""
    return listed([f"{member.code} ({member.name})" for member in declared]) + several


def _declared(resolved: ResolvedFootprint) -> Iterator[tuple[int, Place, str, tuple[Member, ...]]]:
    """(position, place, year, its ICBs) of places whose ICBs of a year that the reference has are declared."""
    held = resolved.geography.data.vintages("lookup", "icb")
    for position, place in enumerate(resolved.places):
        years = {member.vintage for member in (*place.systems_of, *resolved.system.systems_of) if member.vintage}
        for year in sorted(years & set(held)):
            yield position, place, year, resolved.system.icbs_of(place, year)
