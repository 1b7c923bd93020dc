"""What the national report says, worked out before it is set in HTML: plain frozen values, no markup."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placemap.config.grades import GRADES, WEAKEST
from placemap.config.model import Evidence
from placemap.core.findings import Finding
from placemap.core.tables import Table
from placemap.core.text import listed, month
from placemap.crosswalk.inputs import Inputs, attributions
from placemap.crosswalk.patient_ledger import totals
from placemap.outputs.build import Build
from placemap.outputs.map.picture import NationalPicture
from placemap.outputs.readme_england import SystemLine
from placemap.outputs.report.content import evidence_of, finding_groups
from placemap.outputs.report.model import FindingGroup
from placemap.resolve.resolved import ResolvedFootprint

#: Colours of grades, from strong to weak, and of shares, from high to low; lightness tells them apart in grey print.
_GRADE_COLOURS = {"A": "#3b82bd", "B": "#a5d3ec", "C": "#e5893b"}
_SHARES = ((0.95, "#cfe8b0"), (0.90, "#8fcdb8"), (0.80, "#5a9fb8"), (0.0, "#8d5f8f"))


@dataclass(frozen=True)
class EnglandPlace:
    """A place in the national table."""

    code: str
    name: str
    system: str
    icb: str
    icb_code: str
    grade: str
    declared_from: str
    lsoas: int
    residents: float
    registered: float
    own_share: float
    description: str


@dataclass(frozen=True)
class EnglandSystem:
    """A system: its figures, its evidence and the caveats of its config.

    Attributes:
        caveats: what is about, and the text; the system and footprint first, then places.
    """

    line: SystemLine
    evidence: list[Evidence]
    caveats: list[tuple[str, str]]


@dataclass(frozen=True)
class Colouring:
    """One way to colour the map.

    Attributes:
        colours: by position of the place.
        legend: colours with what they mean; empty where they mean nothing.
    """

    id: str
    title: str
    colours: list[str]
    legend: list[tuple[str, str]]


@dataclass(frozen=True)
class EnglandReport:
    """Everything that the national report says."""

    summary: list[str]
    key_figures: list[tuple[str, str]]
    places: list[EnglandPlace]
    systems: list[EnglandSystem]
    left_out: list[str]
    grades: list[tuple[str, int, str]]
    picture: NationalPicture
    colourings: list[Colouring]
    ledger: list[tuple[str, float]]
    coverage: str
    findings: list[FindingGroup]
    sources: Inputs
    attribution: list[str]
    tables: list[Table]
    icbs: list[str]
    residents_title: str
    registered_title: str
    config_sha256: str
    version: str


def england_report(
    national: ResolvedFootprint,
    lines: Sequence[SystemLine],
    left_out: Sequence[str],
    build: Build,
    picture: NationalPicture,
) -> EnglandReport:
    """The report of all systems.

    Args:
        lines: a line a system, in the order of `national.parts`.
        left_out: names of systems that were left out because of their evidence.
        build: tables, findings of all systems and between them, and sources.
    """
    geography, populations = national.geography, national.populations
    owners = {line.system.id: line.system.name for line in lines}
    graded = Counter(line.footprint.grade for line in lines)
    by_name = {table.name: table for table in build.tables}
    places = _places(national, by_name["places"], geography.units("icb").prefix)
    ledger = list(totals(by_name["ledger"]).items())
    return EnglandReport(
        summary=_summary(national, lines, left_out, places),
        key_figures=_key_figures(national, lines, places, sum(patients for _, patients in ledger)),
        places=places,
        systems=[EnglandSystem(line, evidence_of(line.system, line.footprint), _caveats(line)) for line in lines],
        left_out=list(left_out),
        grades=[(letter, graded[letter], meaning) for letter, meaning in GRADES.items()],
        picture=picture,
        colourings=_colourings(picture, places),
        ledger=ledger,
        coverage=england_coverage_sentence(national, left_out),
        findings=finding_groups(build.findings, lambda finding: _said(finding, owners)),
        sources=list({(entry.title, entry.vintage): entry for entry in build.inputs}.values()),
        attribution=attributions(build.inputs),
        tables=build.tables,
        icbs=sorted({place.icb for place in places}),
        residents_title=geography.measure_entry(populations.residents_name).title,
        registered_title=f"registered patients, {month(geography.registrations_entry.vintage)}",
        config_sha256=national.system.config_sha256,
        version=build.version,
    )


def _said(finding: Finding, owners: Mapping[str, str]) -> str:
    owner = owners.get(finding.system, "")
    return f"{owner}: {finding.message}" if owner else finding.message


def england_coverage_sentence(national: ResolvedFootprint, left_out: Sequence[str]) -> str:
    """How many of England's LSOAs are in a place, and why others are not."""
    place = national.assignment.place
    missing = int((place < 0).sum())
    if not missing:
        return f"Each of England’s {len(place):,} LSOAs is in exactly one place."
    return (
        f"{len(place) - missing:,} of England’s {len(place):,} LSOAs are in exactly one place. The other {missing:,} "
        f"belong to {len(left_out)} systems that were left out because of their evidence."
    )


def _summary(
    national: ResolvedFootprint,
    lines: Sequence[SystemLine],
    left_out: Sequence[str],
    places: Sequence[EnglandPlace],
) -> list[str]:
    sizes = np.array([place.residents for place in places])
    largest, smallest = places[int(sizes.argmax())], places[int(sizes.argmin())]
    least = min(places, key=lambda place: place.own_share)
    residents = national.geography.measure_entry(national.populations.residents_name).title
    counts = Counter(line.footprint.grade for line in lines)
    grades = listed([f"{counts[letter]} {letter}" for letter in GRADES if counts[letter]])
    texts = [
        f"{len(places)} places of {len(lines)} integrated care systems, each system by its default footprint. No body "
        "publishes such a list: the definitions are placemap’s, from public evidence of unequal strength.",
        england_coverage_sentence(national, left_out),
        f"{sizes.sum():,.0f} people live in them ({residents}). Half of the places have fewer than "
        f"{np.median(sizes):,.0f} residents; the largest is {largest.name} with {largest.residents:,.0f} residents, "
        f"the smallest {smallest.name} with {smallest.residents:,.0f} residents.",
        f"Systems by grade of evidence: {grades}. Look at the grade before you compare a place.",
        f"In {least.name} {least.own_share:.0%} of registered residents use practices of their own place, fewer than "
        "anywhere else; where this share is low, figures by practice or PCN do not describe the residents.",
    ]
    if left_out:
        texts.append(f"Left out because of their evidence: {listed(sorted(left_out))}.")
    return texts


def _key_figures(
    national: ResolvedFootprint,
    lines: Sequence[SystemLine],
    places: Sequence[EnglandPlace],
    patients: float,
) -> list[tuple[str, str]]:
    lsoas = int((national.assignment.place >= 0).sum())
    return [
        (f"{len(places):,}", "places"),
        (f"{len(lines):,}", "integrated care systems"),
        (f"{lsoas:,}", f"LSOAs of {national.geography.units_entry('lsoa').vintage}"),
        (f"{sum(place.residents for place in places):,.0f}", "residents"),
        (f"{patients:,.0f}", "registered patients, each accounted for once"),
    ]


def _places(national: ResolvedFootprint, table: Table, prefix: str) -> list[EnglandPlace]:
    return [
        EnglandPlace(
            code=str(row["PLACECD"]),
            name=str(row["PLACENM"]),
            system=national.parts[part].system.name,
            icb=_short(str(row[f"{prefix}NM"])),
            icb_code=str(row[f"{prefix}CDH"]),
            grade=str(row["GRADE"]),
            declared_from=str(row["DECLARED_FROM"]),
            lsoas=int(row["LSOAS"]),
            residents=float(row["RESIDENTS"]),
            registered=float(row["REGISTERED"]),
            own_share=float(row["OWN_PRACTICE_SHARE"]),
            description=str(row["DESCRIPTION"]),
        )
        for part, row in zip(national.part_of.tolist(), table.columns.records(), strict=True)
    ]


def _short(icb: str) -> str:
    """`Black Country` for `NHS Black Country Integrated Care Board`."""
    return icb.removeprefix("NHS ").removesuffix(" Integrated Care Board") or "not known"


def _caveats(line: SystemLine) -> list[tuple[str, str]]:
    found = [("The system", line.system.notes), ("The footprint", line.footprint.notes)]
    found += [(place.name, place.notes) for place in line.footprint.places]
    if line.footprint.grade == WEAKEST:
        found.insert(0, ("Before use", "Weak evidence: confirm the places with the system before relying on them."))
    return [(what, text) for what, text in found if text]


def _colourings(picture: NationalPicture, places: Sequence[EnglandPlace]) -> list[Colouring]:
    shares = [next(colour for least, colour in _SHARES if place.own_share >= least) for place in places]
    return [
        Colouring("place", "neighbours differ", picture.colours, []),
        Colouring(
            "grade",
            "grade of evidence",
            [_GRADE_COLOURS[place.grade] for place in places],
            [(colour, f"grade {letter}") for letter, colour in _GRADE_COLOURS.items()],
        ),
        Colouring("own", "patients of own practices", shares, _share_legend()),
    ]


def _share_legend() -> list[tuple[str, str]]:
    legend, above = [], ""
    for least, colour in _SHARES:
        text = f"{least:.0%} or more" if not above else f"{least:.0%} to {above}" if least else f"under {above}"
        legend.append((colour, text))
        above = f"{least:.0%}"
    return legend
