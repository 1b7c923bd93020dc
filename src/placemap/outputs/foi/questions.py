"""The questions that people ask about places, answered from the data. Words only; `write_docx` sets them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from placemap.config.in_words import public_notes
from placemap.config.model import Evidence
from placemap.config.tiers import rests_on_patients
from placemap.core.tables import Table
from placemap.core.text import listed, month, some
from placemap.outputs.foi import tiers
from placemap.outputs.foi.geography import drawn_from, of_places
from placemap.outputs.report.content import Report, coverage_sentence
from placemap.resolve.place_codes import HEAD
from placemap.resolve.resolve import Assignment, low_share

#: How many names a sentence lists before it points to the workbook.
_NAMED = 12
#: What people ask: the parts of the letter.
GEOGRAPHY, BASIS, USE = "geography", "basis", "use"
#: What is asked most often, for a reply whose request is not given.
REQUEST = """\
1. What geography (wards, LSOAs, local authorities or other) were your place boundaries drawn from?
2. On what basis were these places chosen?
3. Please send a mapping file from your places to established ONS geography."""


@dataclass(frozen=True)
class FoiAnswer:
    """A question with its answer.

    Attributes:
        text: paragraphs.
        documents: that the answer rests on.
        part: of the letter that it stands in, `GEOGRAPHY`, `BASIS` or `USE`; empty for its annex.
    """

    question: str
    text: list[str]
    documents: list[Evidence] = field(default_factory=list)
    part: str = ""

    @property
    def paragraphs(self) -> list[str]:
        """The whole answer."""
        return [*self.text, *map(document_line, self.documents)]


@dataclass(frozen=True)
class Letter:
    """What a reply says of itself; empty where it is to be filled in by hand."""

    date: str = ""
    reference: str = ""
    requester: str = ""
    organisation: str = ""
    request: str = ""


def document_line(item: Evidence) -> str:
    """A document with its publisher, its date, and where it is."""
    about = ", ".join(part for part in (item.publisher, month(item.date) if item.date else "") if part)
    return f"{item.title} ({about})" + (f", {item.url}" if item.url else "")


def answers(report: Report, assignment: Assignment, *, hidden: bool = False) -> list[FoiAnswer]:
    """The standard questions with their answers, as the system gives them.

    Args:
        report: what is known of the footprint.
        assignment: the footprint, resolved.
        hidden: whether small counts are left out of the tables.
    """
    tables = {table.name: table for table in report.tables}
    ccgs = next((table for name, table in tables.items() if name.startswith("place_ccg")), None)
    relate = of_places(report, "do the places", "does the place")
    these, each = of_places(report, "these places", "this place"), of_places(report, "each place", "the place")
    drawn = of_places(report, "What geography are our places drawn from?", "What geography is our place drawn from?")
    return [
        FoiAnswer(drawn, drawn_from(report), part=GEOGRAPHY),
        FoiAnswer(f"On what basis, and why {these}?", _basis(report), report.evidence, part=BASIS),
        FoiAnswer("How is the mapping to ONS geography used?", _use(report), part=USE),
        FoiAnswer(f"Which LSOAs make up {each}?", _lsoas(report, assignment)),
        FoiAnswer(f"How {relate} relate to local authorities?", _units(_one(tables, "place_lad"), "local authority")),
        FoiAnswer(f"How {relate} relate to wards?", _wards(report, _one(tables, "place_wd"))),
        FoiAnswer(f"How {relate} relate to primary care networks and practices?", _pcns(report, tables["place_pcn"])),
        *([FoiAnswer(f"How {relate} relate to the former CCGs?", _units(ccgs, "CCG"))] if ccgs else []),
        *(
            [FoiAnswer(f"How {relate} relate to neighbourhoods and other tiers?", tiers.paragraphs(report))]
            if tiers.has_tiers(report)
            else []
        ),
        FoiAnswer("As of when, and from which sources?", _sources(report)),
        FoiAnswer("What should a reader keep in mind?", _limits(report, hidden=hidden)),
    ]


def _one(tables: dict[str, Table], start: str) -> Table:
    return next(table for name, table in tables.items() if name.startswith(start))


def _basis(report: Report) -> list[str]:
    return [_in_force(report), *public_notes(report.system, report.footprint)]


def _in_force(report: Report) -> str:
    footprint = report.footprint
    status = {"current": "is our current arrangement", "proposed": "is a proposal", "superseded": "is no longer in use"}
    text = f"The division that this response is about, “{footprint.name}”, {status[footprint.status]}"
    dates = [
        f"{word} {month(day.isoformat())}"
        for word, day in (("from", footprint.valid_from), ("until", footprint.valid_to))
        if day
    ]
    return f"{text} ({' '.join(dates)})." if dates else f"{text}."


def _use(report: Report) -> list[str]:
    lines = [
        "Figures by LSOA: match them on LSOA21CD with the sheet LSOAs of mapping.xlsx, which has a row for each 2021 "
        "LSOA with its place (PLACENM), and add them up by place. For figures by LSOA of 2011 "
        "ask us for place_lsoa11.csv, which has the share of each in a place.",
        "Figures by ward or local authority: the sheets Wards and LTLAs have a row for each that lies in a place, "
        "whole or in part. Where UNIT_RESIDENT_SHARE is 100% the unit lies wholly in the place; where it is less, "
        "multiply the unit’s figure by it, which is an estimate.",
    ]
    if report.footprint.has_patient_kinds:
        lines.append(
            "Figures by GP practice or PCN: add them up by the members in the table of places, and not by LSOA, as a "
            "practice’s patients live in more than one place."
        )
    return lines


def _lsoas(report: Report, assignment: Assignment) -> list[str]:
    sizes = "; ".join(f"{place.name} {place.lsoas:,}" for place in report.places)
    by_place = of_places(report, f" LSOAs by place: {sizes}.", "")
    lines = [f"{coverage_sentence(assignment)}{by_place} Each is listed in mapping.xlsx, sheet LSOAs."]
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
        f"{rows['PLACENM'].iloc[0]}: {'; '.join(_part(row, name) for row in _largest_first(rows))}."
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


def _wards(report: Report, table: Table) -> list[str]:
    frame, (code, name) = table.frame, _unit_columns(table)
    pieces = frame.groupby(code)[code].count()
    where = of_places(report, "the places", "the place")
    said = f"{len(pieces):,} wards lie in {where} as a whole or in part, by the ONS best-fit lookup from LSOAs to wards"
    if len(report.places) == 1:
        return [f"{said}."]
    divided = frame[frame[code].map(pieces).to_numpy() > 1].drop_duplicates(code).sort_values(name)[name].tolist()
    if not divided:
        return [f"{said}; none of them is divided between places."]
    count = "one of them is" if len(divided) == 1 else f"{len(divided):,} of them are"
    names = some(divided, _NAMED, counted=True, by="; ")
    return [
        f"{said}; {count} divided between places.",
        f"Divided: {names}. The sheet Wards of mapping.xlsx has the shares.",
    ]


def _pcns(report: Report, table: Table) -> list[str]:
    declared = table.frame[table.frame["DECLARED"].to_numpy(bool)]
    if not len(declared):
        return [
            "No place is made from primary care networks. The sheet PCNs of mapping.xlsx says where their "
            "patients live."
        ]
    lines = []
    for place in report.places:
        named = [f"{name} ({code})" for label, code, name in place.members if label in ("PCN", "practice")]
        if named:
            lines.append(f"{place.name}: {listed(named)}.")
    return [*lines, "The sheet PCNs of mapping.xlsx says how many patients of each PCN live in each place."]


def _sources(report: Report) -> list[str]:
    sources = [f"{entry.title} ({entry.publisher}, {month(entry.vintage)})" for entry in report.sources]
    return [report.picture.vintage, f"{'; '.join(sources)}."]


def _limits(report: Report, *, hidden: bool) -> list[str]:
    lines = ["Places are set locally and have no official ONS codes; the codes in the files are made for these files."]
    if rests_on_patients(report.system, report.footprint):
        lines.append(
            "An LSOA is given to one place even where many of its residents use practices of another, so figures by "
            "LSOA describe where people live, not where they are registered."
        )
    lines.append(small_numbers(hidden=hidden))
    lines.append("Boundaries on the map are generalised to 200 metres and should not be used to place an address.")
    return lines


def small_numbers(*, hidden: bool) -> str:
    """What the pack says of small counts of people."""
    if hidden:
        return (
            "Counts of 1 to 7 people are left blank, and so are counts from which these could be worked out, although "
            "the sources publish them."
        )
    return (
        "Counts of patients come from a data set that NHS England publishes openly, small counts included, and counts "
        "of residents from published statistics; so small counts stand here as they are published. No records of "
        "patients were used."
    )
