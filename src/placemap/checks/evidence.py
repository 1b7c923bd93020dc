"""Checks against evidence: published figures, and how strong and how old the evidence itself is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import floor

from placemap.checks.registry import Result, result_check
from placemap.config.model import Expect, Member, Place
from placemap.core.findings import Finding, Severity
from placemap.resolve.resolve import practices_of

#: Evidence older than the newest input by more years than this is reported.
STALE_YEARS = 5


@result_check("expectation-missed")
def expectation_missed(result: Result) -> Iterator[Finding]:
    """Published figures that a place does not meet, and those that it cannot be held to."""
    measures = result.geography.measures()
    for position, place in enumerate(result.places):
        for expect in place.expects:
            if expect.measure not in measures:
                have = ", ".join(measures)
                yield _unchecked(result, place, expect, f"the tables in use have no such measure (only {have})")
                continue
            found = figure_of(result, position, expect.measure)
            if within(found, expect.value, expect.within_pct):
                continue
            source = derived_members(result, place.members)
            if source:
                yield _unchecked(result, place, expect, f"its PCN members were worked out from {source}")
            else:
                yield _missed(result, place, expect, found)


def _missed(result: Result, place: Place, expect: Expect, found: float) -> Finding:
    return result.finding(
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


def _unchecked(result: Result, place: Place, expect: Expect, why: str) -> Finding:
    return result.finding(
        "expectation-unchecked",
        Severity.INFO,
        f"{place.name} was not held to the published {_number(expect.value)} by {expect.measure}: {why}.",
        subject=expect.measure,
        place=place,
        loc=expect.loc,
        hint="import the table with `placemap data import`, then check again",
    )


def derived_members(result: Result, members: Iterable[Member]) -> str:
    """What the PCN memberships of some members were worked out from; empty where they are a published list."""
    vintages = sorted({member.vintage or "" for member in members if member.kind == "pcn"})
    entries = [result.geography.find_pcn_entries(vintage or None)[1] for vintage in vintages]
    return next((entry.derived for entry in entries if entry and entry.derived), "")


def figure_of(result: Result, position: int, measure: str) -> float:
    """A place's figure: a measure by LSOA over its LSOAs, one by practice over its practices."""
    geography = result.geography
    if geography.measure_entry(measure).family == "practice_measure":
        by_practice = geography.practice_measure(measure)
        place = result.places[position]
        practices = practices_of(place.members, geography) - practices_of(place.exclude, geography)
        listed = {m.code: p.id for p, m in result.footprint.members() if m.kind == "practice"}
        return float(sum(by_practice.get(code, 0) for code in practices if listed.get(code, place.id) == place.id))
    return float(geography.measure(measure)[result.assignment.place == position].sum())


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
def weak_evidence(result: Result) -> Iterator[Finding]:
    """Footprints graded C."""
    if result.footprint.grade == "C":
        yield result.finding(
            "weak-evidence",
            Severity.WARNING,
            f"the evidence of footprint {result.footprint.id} is weak (grade C).",
            subject=result.footprint.id,
            hint="ask the system for a statement of its places before relying on it",
        )


@result_check("stale-evidence")
def stale_evidence(result: Result) -> Iterator[Finding]:
    """Evidence that is much older than the newest input."""
    footprint = result.footprint
    for key in dict.fromkeys([*footprint.evidence, *(key for place in footprint.places for key in place.evidence)]):
        evidence = result.system.evidence[key]
        if not evidence.date:
            continue
        age = result.newest_input - int(evidence.date[:4])
        if age > STALE_YEARS:
            yield result.finding(
                "stale-evidence",
                Severity.WARNING,
                f"the evidence {key} is of {evidence.date}, {age} years older than the newest reference table "
                f"({result.newest_input}).",
                subject=key,
                loc=evidence.loc,
                hint="look for newer evidence that the places are still so",
            )
