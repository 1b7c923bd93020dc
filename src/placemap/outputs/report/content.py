"""What the report says, worked out before it is set in HTML: plain frozen values, no markup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from placemap.config.grades import GRADES
from placemap.config.model import Evidence, Footprint, Member, Place, System
from placemap.config.tiers import put_together
from placemap.core.findings import Finding, Severity
from placemap.core.tables import Table
from placemap.core.text import counted, month
from placemap.crosswalk.inputs import Inputs, attributions
from placemap.crosswalk.patient_ledger import totals
from placemap.outputs.build import Build
from placemap.outputs.map.picture import Picture
from placemap.outputs.report.charts import Chart
from placemap.outputs.report.tiers import PlacePart, parts_of
from placemap.resolve.resolve import METHODS, Assignment, low_share
from placemap.resolve.resolved import ResolvedFootprint

_SEVERITY = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.INFO: "Note"}


@dataclass(frozen=True)
class PlaceLine:
    """A place in the report.

    Attributes:
        parent: name of the place of the tier above that it lies in; empty where there is none.
        parts: what it divides into.
    """

    number: int
    id: str
    name: str
    colour: str
    lsoas: int
    residents: float
    registered: float
    area: float
    declared_from: str
    members: list[tuple[str, str, str]]
    exceptions: list[str]
    basis: str
    description: str
    notes: str
    parent: str = ""
    parts: list[PlacePart] = field(default_factory=list)


@dataclass(frozen=True)
class FindingGroup:
    """Findings of one code."""

    severity: str
    code: str
    count: int
    people: float | None
    next_step: str
    messages: list[str]


@dataclass(frozen=True)
class Badge:
    """How sure a place is: a level and a sentence."""

    name: str
    level: str
    text: str


@dataclass(frozen=True)
class Listing:
    """A table that a reader opens: its title, headings in words, and rows."""

    title: str
    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Section:
    """A section that another part of placemap adds, such as sensitivity.

    Attributes:
        text: a sentence or two.
        badges: one a place.
        listing: what stands behind it, unfolded by who wants to see it; None for nothing.
        tables: to download.
        charts: small ones, which stand below the badges.
    """

    id: str
    title: str
    text: list[str]
    badges: list[Badge]
    listing: Listing | None
    tables: list[Table]
    charts: list[Chart] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """Everything that the report says.

    Attributes:
        postcodes: those in use by LSOA, in the order of `lsoas`; empty without a directory of them.
    """

    system: System
    footprint: Footprint
    summary: list[str]
    places: list[PlaceLine]
    picture: Picture
    ledger: list[tuple[str, float]]
    coverage: str
    findings: list[FindingGroup]
    evidence: list[Evidence]
    sources: Inputs
    attribution: list[str]
    tables: list[Table]
    lsoas: list[list[Any]]
    wards: list[str]
    practices: list[list[Any]]
    sections: list[Section]
    residents_title: str
    registered_title: str
    version: str
    postcodes: list[list[str]] = field(default_factory=list)

    @property
    def figures(self) -> list[str]:
        """Of the summary, how many people live in the places, and that each LSOA is in one."""
        return self.summary[1:3]


def report(
    resolved: ResolvedFootprint,
    build: Build,
    drawn: Picture,
    sections: Iterable[Section] = (),
    inner: Sequence[ResolvedFootprint] = (),
) -> Report:
    """The report of a footprint that has no errors.

    Args:
        resolved: the footprint.
        build: its tables, findings and sources.
        drawn: its map.
        sections: what other parts of placemap add.
        inner: footprints that lie inside this one.
    """
    system, footprint, assignment = resolved.system, resolved.footprint, resolved.assignment
    geography, populations = resolved.geography, resolved.populations
    by_name = {table.name: table for table in build.tables}
    places = _places(resolved, by_name["places"], drawn, inner)
    return Report(
        system=system,
        footprint=footprint,
        summary=places_sentences(resolved, places),
        places=places,
        picture=drawn,
        ledger=list(totals(by_name["ledger"]).items()),
        coverage=coverage_sentence(assignment),
        findings=finding_groups(build.findings),
        evidence=evidence_of(system, footprint),
        sources=list({(entry.title, entry.vintage): entry for entry in build.inputs}.values()),
        attribution=attributions(build.inputs),
        tables=build.tables,
        lsoas=lsoa_rows(resolved),
        wards=lsoa_wards(resolved),
        practices=practice_rows(by_name.get("place_practice"), [head.code for head in resolved.place_codes]),
        sections=list(sections),
        residents_title=geography.measure_entry(populations.residents_name).title,
        registered_title=f"registered patients, {month(geography.registrations_entry.vintage)}",
        version=build.version,
    )


def coverage_sentence(assignment: Assignment) -> str:
    """That each LSOA of the scope is in exactly one place, with how many reach outside."""
    scope = int(assignment.in_scope.sum())
    text = (
        f"Each of the {counted(scope, 'LSOA')} that the places must cover is in exactly one place."
        if len(assignment.footprint.places) > 1
        else f"The place has all of the {counted(scope, 'LSOA')} that it must cover."
    )
    beyond = int(((assignment.place >= 0) & ~assignment.in_scope).sum())
    if beyond:
        text += f" {counted(beyond, 'more LSOA')} of the places {'lies' if beyond == 1 else 'lie'} outside the system."
    return text


def places_sentences(resolved: ResolvedFootprint, places: list[PlaceLine]) -> list[str]:
    """The report in a few plain sentences."""
    footprint = resolved.footprint
    people = sum(place.residents for place in places)
    largest = max(places, key=lambda place: place.residents)
    smallest = min(places, key=lambda place: place.residents)
    residents = resolved.geography.measure_entry(resolved.populations.residents_name).title
    lines = [
        f"{resolved.system.name} is divided into {counted(len(places), 'place')} in this footprint, "
        f"“{footprint.name}”, which is {_status(footprint)}.",
        f"{people:,.0f} people live in {'them' if len(places) > 1 else 'it'} ({residents}).",
    ]
    if len(places) > 1:
        lines[1] += (
            f" The largest is {largest.name} with {largest.residents:,.0f} ({largest.residents / people:.0%}), the "
            f"smallest {smallest.name} with {smallest.residents:,.0f} ({smallest.residents / people:.0%})."
        )
    lines += [coverage_sentence(resolved.assignment), *_basis(resolved)]
    lines.append(f"Evidence for the places is graded {footprint.grade}: {GRADES[footprint.grade]}.")
    return lines


def _status(footprint: Footprint) -> str:
    words = {"current": "the current arrangement", "proposed": "a proposal", "superseded": "no longer in use"}
    return words.get(footprint.status, footprint.status)


def _basis(resolved: ResolvedFootprint) -> list[str]:
    if resolved.footprint.united:
        return [put_together(resolved.system, resolved.footprint)]
    if not resolved.footprint.has_patient_kinds:
        return ["The places are made of whole areas of official geography, so no figures decide where an LSOA goes."]
    lines = [
        "The places are groups of GP practices, not areas drawn on a map. Each LSOA is put in the place whose "
        "practices have most of its registered patients."
    ]
    low = low_share(resolved.assignment)
    if low.any():
        lines.append(
            f"In {counted(int(low.sum()), 'LSOA')} ({resolved.people(low):,.0f} residents) that is "
            "fewer than half of them, so figures there should be used with care."
        )
    return lines


def _places(
    resolved: ResolvedFootprint, table: Table, drawn: Picture, inner: Sequence[ResolvedFootprint]
) -> list[PlaceLine]:
    rows = table.columns.records()
    return [
        PlaceLine(
            number=number,
            id=place.id,
            name=place.name,
            colour=mapped.colour,
            lsoas=int(row["LSOAS"]),
            residents=float(row["RESIDENTS"]),
            registered=float(row["REGISTERED"]),
            area=float(mapped.shape.area) / 1e6,
            declared_from=str(row["DECLARED_FROM"]),
            members=[member_words(member) for member in place.members],
            exceptions=exceptions_of(place),
            basis=place.basis,
            description=str(row["DESCRIPTION"]),
            notes=place.notes,
            parent=str(resolved.parentnm[number - 1]),
            parts=parts_of(resolved, inner, number - 1),
        )
        for number, (place, mapped, row) in enumerate(zip(resolved.places, drawn.places, rows, strict=True), start=1)
    ]


def member_words(member: Member) -> tuple[str, str, str]:
    """What kind of unit a member is, its code, and its name; empty where the config has none."""
    return member.of_kind.label, member.code, member.name or ""


def exceptions_of(place: Place) -> list[str]:
    """What the place is less than its members, in words."""
    lines = [f"less {' '.join(member_words(member)).strip()}" for member in place.exclude]
    lines += [f"only within {' '.join(member_words(member)).strip()}" for member in place.within]
    return [*lines, *(["only the part within the system"] if place.within_scope else [])]


def evidence_of(system: System, footprint: Footprint) -> list[Evidence]:
    """The documents that a footprint and its places rest on, each once."""
    keys = dict.fromkeys([*footprint.evidence, *(key for place in footprint.places for key in place.evidence)])
    return [system.evidence[key] for key in keys]


def finding_groups(
    findings: list[Finding], say: Callable[[Finding], str] = lambda finding: finding.message
) -> list[FindingGroup]:
    """Findings by code, in their order.

    Args:
        say: the text of a finding.
    """
    groups = []
    for code in dict.fromkeys(finding.code for finding in findings):
        group = [finding for finding in findings if finding.code == code]
        counted = [finding.people for finding in group if finding.people is not None]
        groups.append(
            FindingGroup(
                severity=_SEVERITY[group[0].severity],
                code=code,
                count=len(group),
                people=sum(counted) if counted else None,
                next_step=group[0].hint.replace("`", ""),
                messages=[say(finding).replace("`", "") for finding in group],
            )
        )
    return groups


def lsoa_rows(resolved: ResolvedFootprint) -> list[list[Any]]:
    """By LSOA of any place: code, name, place, method, share, runner-up, margin, residents, in scope.

    Places are by position from 0; shares are fractions to 6 decimals, None where none apply.
    """
    assignment, geography = resolved.assignment, resolved.geography
    codes = geography.lsoas.array
    share, margin, runner = assignment.share(), assignment.margin(), assignment.runner_up()
    return [
        [
            str(codes[lsoa]),
            str(geography.lsoa_names[lsoa]),
            int(assignment.place[lsoa]),
            METHODS[assignment.method[lsoa]],
            _fraction(share[lsoa]),
            int(runner[lsoa]) if runner[lsoa] >= 0 else None,
            _fraction(margin[lsoa]),
            round(float(resolved.populations.residents[lsoa])),
            bool(assignment.in_scope[lsoa]),
        ]
        for lsoa in np.flatnonzero(assignment.place >= 0)
    ]


def lsoa_wards(resolved: ResolvedFootprint) -> list[str]:
    """By LSOA of any place, the name and code of its ward; blank where the store knows none."""
    geography = resolved.geography
    lsoas = np.flatnonzero(resolved.assignment.place >= 0)
    if geography.find_units_entry("ward") is None:
        return [""] * len(lsoas)
    wards = geography.units("ward")
    return [f"{wards.names[of]} {wards.codes[of]}" if of >= 0 else "" for of in wards.of[lsoas].tolist()]


def practice_rows(table: Table | None, places: list[str]) -> list[list[Any]]:
    """By declared practice: code, name, name of its PCN, position of its place, list size; none where areas decide."""
    if table is None:
        return []
    columns = ("PRACTICECD", "PRACTICENM", "PCNNM", "PLACECD", "LIST_SIZE")
    return [
        [str(code), str(name), str(pcn or ""), places.index(place), round(float(size))]
        for code, name, pcn, place, size in table.columns.rows(*columns)
    ]


def _fraction(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
