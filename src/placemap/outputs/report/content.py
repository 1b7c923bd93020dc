"""What the report says, worked out before it is set in HTML: plain frozen values, no markup."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from placemap.config.model import Evidence, Footprint, Member, Place, System
from placemap.core.findings import Finding, Severity
from placemap.core.tables import Table
from placemap.core.text import month
from placemap.crosswalk.inputs import attributions
from placemap.crosswalk.patient_ledger import totals
from placemap.outputs.build import Build
from placemap.outputs.map.picture import Picture
from placemap.outputs.report.model import FindingGroup, PlaceLine, Report, Section
from placemap.outputs.report.rows import lsoa_rows, lsoa_wards, practice_rows
from placemap.outputs.report.sentences import coverage_sentence, places_sentences
from placemap.outputs.report.tiers import parts_of
from placemap.resolve.resolved import ResolvedFootprint

_SEVERITY = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.INFO: "Note"}


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
