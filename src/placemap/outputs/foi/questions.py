"""The questions that people ask about places, answered from the data. Words only; `write_docx` sets them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from placemap.config.grades import GRADES
from placemap.core.tables import Table
from placemap.core.text import listed, month, some
from placemap.outputs.foi import tiers
from placemap.outputs.report.content import Report, coverage_sentence
from placemap.resolve.place_codes import HEAD
from placemap.resolve.resolve import Assignment, low_share

#: How many names a sentence lists before it points to the workbook.
_NAMED = 12


@dataclass(frozen=True)
class FoiAnswer:
    """A question with the paragraphs of its answer."""

    question: str
    paragraphs: list[str]


@dataclass(frozen=True)
class Letter:
    """What a reply says of itself; empty where it is to be filled in by hand."""

    date: str = ""
    reference: str = ""
    requester: str = ""
    organisation: str = ""


def answers(report: Report, assignment: Assignment, registered: str) -> list[FoiAnswer]:
    """The standard questions with their answers.

    Args:
        report: what is known of the footprint.
        assignment: the footprint, resolved.
        registered: the month of the registrations, `2022-07`.
    """
    tables = {table.name: table for table in report.tables}
    ccgs = next((table for name, table in tables.items() if name.startswith("place_ccg")), None)
    return [
        FoiAnswer(
            "What geography were the places drawn from (wards, LSOAs, local authorities or other)?", _geography(report)
        ),
        FoiAnswer("On what basis, and on what evidence?", _evidence(report, registered)),
        FoiAnswer("Which LSOAs make up each place?", _lsoas(report, assignment)),
        FoiAnswer(
            "How do the places relate to local authorities?", _units(_one(tables, "place_lad"), "local authority")
        ),
        FoiAnswer("How do the places relate to wards?", _wards(_one(tables, "place_wd"))),
        FoiAnswer(
            "How do the places relate to primary care networks and practices?", _pcns(report, tables["place_pcn"])
        ),
        *([FoiAnswer("How do the places relate to the former CCGs?", _units(ccgs, "CCG"))] if ccgs else []),
        *([FoiAnswer(tiers.QUESTION, tiers.paragraphs(report))] if tiers.has_tiers(report) else []),
        FoiAnswer("As of when, and from which sources?", _sources(report)),
        FoiAnswer("What should a reader keep in mind?", _limits(report)),
    ]


def _one(tables: dict[str, Table], start: str) -> Table:
    return next(table for name, table in tables.items() if name.startswith(start))


def _geography(report: Report) -> list[str]:
    declared = "; ".join(f"{place.name}: {place.declared_from}" for place in report.places)
    lines = [f"There {_are(len(report.places), 'place')}. They are declared from: {declared}."]
    if report.footprint.has_patient_kinds:
        lines += [
            "Places that are declared from PCNs or practices are groups of GP practices, not areas, and no boundary "
            "was drawn for them. To relate them to ONS geography, each 2021 Lower layer Super Output Area (LSOA) is "
            "matched to the place whose practices have most of its registered patients.",
        ]
    else:
        lines.append("They are made of whole areas of official geography, so each LSOA belongs to its place exactly.")
    return lines


def _evidence(report: Report, registered: str) -> list[str]:
    lines = [
        f"{item.title} ({', '.join(part for part in (item.publisher, month(item.date) if item.date else '') if part)})."
        + (f" {item.states}" if item.states else "")
        for item in report.evidence
    ]
    lines.append(f"The evidence is graded {report.footprint.grade}: {GRADES[report.footprint.grade]}.")
    inferred = [place.name for place in report.places if place.basis == "inferred"]
    if inferred:
        who = "all places" if len(inferred) == len(report.places) else listed(inferred)
        lines.append(f"For {who} the members were worked out from sources rather than stated by one.")
    if report.footprint.has_patient_kinds:
        lines.append(f"Patients are counted by NHS England’s registrations of {month(registered)}.")
    return lines


def _lsoas(report: Report, assignment: Assignment) -> list[str]:
    sizes = listed([f"{place.name} {place.lsoas:,}" for place in report.places])
    lines = [f"{coverage_sentence(assignment)} LSOAs by place: {sizes}. Each is listed in mapping.xlsx, sheet LSOAs."]
    low = int(low_share(assignment).sum())
    if low:
        lines.append(
            f"In {low:,} LSOA{'s' if low != 1 else ''} fewer than half of the registered patients use the practices "
            "of the place; the sheet gives the share for each."
        )
    return lines


def _units(table: Table, noun: str) -> list[str]:
    """A sentence a place: which units it has, whole or in part."""
    frame, (_, name) = table.frame, _unit_columns(table)
    lines = [
        f"{rows['PLACENM'].iloc[0]}: {listed([_part(row, name) for row in _largest_first(rows)])}."
        for _, rows in frame.groupby("PLACECD", sort=False)
    ]
    if not frame["FIT"].isin(["exact", "within"]).all():
        lines.append(f"Figures for a {noun} that is divided need the shares in mapping.xlsx.")
    return lines


def _unit_columns(table: Table) -> tuple[str, str]:
    """Names of the columns of a unit's code and name."""
    after = table.schema.names[len(HEAD) :]
    return next(name for name in after if name.endswith("CD")), next(name for name in after if name.endswith("NM"))


def _largest_first(rows: pd.DataFrame) -> list[dict[str, Any]]:
    order = rows.sort_values(["RESIDENTS", "PLACECD"], ascending=[False, True], kind="stable")
    return [{str(key): value for key, value in row.items()} for row in order.to_dict("records")]


def _part(row: dict[str, Any], name: str) -> str:
    if row["FIT"] == "exact":
        return f"exactly {row[name]}"
    if row["FIT"] == "within":
        return f"all of {row[name]}"
    return f"{percent(row['UNIT_RESIDENT_SHARE'])} of the residents of {row[name]}"


def percent(share: float) -> str:
    """A share to a whole per cent, never 0% or 100% unless it is."""
    if 0 < share < 0.01:
        return "under 1%"
    return "over 99%" if 0.99 < share < 1 else f"{share:.0%}"


def _wards(table: Table) -> list[str]:
    frame, (code, name) = table.frame, _unit_columns(table)
    pieces = frame.groupby(code)[code].count()
    divided = frame[frame[code].map(pieces).to_numpy() > 1].drop_duplicates(code).sort_values(name)
    lines = [
        f"{len(pieces):,} wards lie in the places as a whole or in part, by the ONS best-fit lookup from LSOAs to "
        f"wards; {len(divided):,} of them {'is' if len(divided) == 1 else 'are'} divided between places."
    ]
    if len(divided):
        names = divided[name].tolist()
        lines.append(f"Divided: {some(names, _NAMED, counted=True)}. The sheet Wards of mapping.xlsx has the shares.")
    return lines


def _pcns(report: Report, table: Table) -> list[str]:
    declared = table.frame[table.frame["DECLARED"].to_numpy(bool)]
    if not len(declared):
        return [
            "The places are not declared from primary care networks. The sheet PCNs of mapping.xlsx says where their "
            "patients live."
        ]
    lines = []
    for place in report.places:
        named = [f"{name} ({code})" for label, code, name in place.members if label in ("PCN", "practice")]
        if named:
            lines.append(f"{place.name}: {listed(named)}.")
    return [*lines, "The sheet PCNs of mapping.xlsx says how many patients of each PCN live in each place."]


def _sources(report: Report) -> list[str]:
    lines = [f"{entry.title} ({entry.publisher}; {month(entry.vintage)})." for entry in report.sources]
    return [report.picture.vintage, *lines]


def _limits(report: Report) -> list[str]:
    lines = ["Places are set locally and have no official ONS codes; the codes in the files are made for these files."]
    if report.footprint.notes:
        lines.append(report.footprint.notes)
    if report.footprint.has_patient_kinds:
        lines.append(
            "An LSOA is given to one place even where many of its residents use practices of another, so figures by "
            "LSOA describe where people live, not where they are registered."
        )
    lines.append("Boundaries on the map are generalised to 200 metres and should not be used to place an address.")
    return lines


def _are(count: int, noun: str) -> str:
    return f"is 1 {noun}" if count == 1 else f"are {count} {noun}s"
