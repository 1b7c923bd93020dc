"""Checks against evidence: published figures, and how strong and how old the evidence itself is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import floor

from placemap.checks.registry import finding_of, result_check
from placemap.config.model import Expect, Member, Place
from placemap.config.tiers import all_units
from placemap.core.findings import Finding, Severity
from placemap.resolve.resolved import ResolvedFootprint

#: Evidence older than the newest input by more years than this is reported.
STALE_YEARS = 5


@result_check("expectation-missed")
def expectation_missed(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Published figures that a place does not meet, and those that it cannot be held to."""
    measures = resolved.geography.measures()
    for position, place in enumerate(resolved.places):
        for expect in place.expects:
            if expect.measure not in measures:
                have = ", ".join(measures)
                yield _unchecked(resolved, place, expect, f"the tables in use have no such measure (only {have})")
                continue
            found = figure_of(resolved, position, expect.measure)
            if within(found, expect.value, expect.within_pct):
                continue
            source = derived_members(resolved, all_units(resolved.system.footprints, place))
            if source:
                yield _unchecked(resolved, place, expect, f"its PCN members were worked out from {source}")
            else:
                yield _missed(resolved, place, expect, found)


def _missed(resolved: ResolvedFootprint, place: Place, expect: Expect, found: float) -> Finding:
    return finding_of(
        resolved,
        "expectation-missed",
        Severity.ERROR,
        f"{place.name} has {_number(found)} by {expect.measure}; the published figure is "
        f"{_number(expect.value)}, allowed {expect.within_pct:g}% "
        f"(off by {_difference(found, expect.value)}).",
        subject=expect.measure,
        place=place,
        loc=expect.loc,
        people=abs(found - expect.value),
        hint="check the members and their vintage against the evidence",
    )


def _unchecked(resolved: ResolvedFootprint, place: Place, expect: Expect, why: str) -> Finding:
    return finding_of(
        resolved,
        "expectation-unchecked",
        Severity.INFO,
        f"{place.name} was not held to the published {_number(expect.value)} by {expect.measure}: {why}.",
        subject=expect.measure,
        place=place,
        loc=expect.loc,
        hint="import the table with `placemap data import`, then check again",
    )


def derived_members(resolved: ResolvedFootprint, members: Iterable[Member]) -> str:
    """What the PCN memberships of some members were worked out from; empty where they are a published list."""
    vintages = sorted({member.vintage or "" for member in members if member.kind == "pcn"})
    entries = [resolved.geography.find_pcn_entries(vintage or None)[1] for vintage in vintages]
    return next((entry.derived for entry in entries if entry and entry.derived), "")


def figure_of(resolved: ResolvedFootprint, position: int, measure: str) -> float:
    """A place's figure: a measure by LSOA over its LSOAs, one by practice over its practices."""
    geography = resolved.geography
    if geography.measure_entry(measure).family == "practice_measure":
        by_practice = geography.practice_measure(measure)
        place_of = resolved.assignment.declared.place_of
        return float(sum(by_practice.get(code, 0) for code, place in place_of.items() if place == position))
    return float(geography.measure(measure)[resolved.assignment.place == position].sum())


def within(found: float, published: float, within_pct: float) -> bool:
    """Whether a figure, rounded half up to whole people, is within `within_pct` per cent of the published one."""
    return abs(floor(found + 0.5) - published) <= published * within_pct / 100


def _number(value: float) -> str:
    return f"{value:,.2f}".removesuffix(".00")


def _difference(found: float, published: float) -> str:
    difference = found - published
    percent = f", {difference / published:+.2%}" if published else ""
    return f"{difference:+,.0f}{percent}"


@result_check("weak-evidence")
def weak_evidence(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Footprints graded C."""
    if resolved.footprint.grade == "C":
        yield finding_of(
            resolved,
            "weak-evidence",
            Severity.WARNING,
            f"the evidence of footprint {resolved.footprint.id} is weak (grade C).",
            subject=resolved.footprint.id,
            hint="ask the system for a statement of its places before relying on it",
        )


@result_check("stale-evidence")
def stale_evidence(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Evidence that is much older than the newest input."""
    footprint = resolved.footprint
    for key in dict.fromkeys([*footprint.evidence, *(key for place in footprint.places for key in place.evidence)]):
        evidence = resolved.system.evidence[key]
        if not evidence.date:
            continue
        age = resolved.newest_input - int(evidence.date[:4])
        if age > STALE_YEARS:
            yield finding_of(
                resolved,
                "stale-evidence",
                Severity.WARNING,
                f"the evidence {key} is dated {evidence.date}, {age} years older than the newest reference table "
                f"({resolved.newest_input}).",
                subject=key,
                loc=evidence.loc,
                hint="look for newer evidence that the places have not changed",
            )
