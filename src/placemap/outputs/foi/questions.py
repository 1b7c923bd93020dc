"""The questions that people ask about places, answered from the data. Words only; `write_docx` sets them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from placemap.config.model import Evidence
from placemap.config.tiers import put_together, rests_on_patients
from placemap.core.codes import KINDS
from placemap.core.tables import Table
from placemap.core.text import counted, listed, month, some
from placemap.outputs.foi import tiers
from placemap.outputs.report.model import Report
from placemap.outputs.report.sentences import coverage_sentence
from placemap.resolve.place_codes import HEAD
from placemap.resolve.resolve import Assignment, low_share

#: How many names a sentence lists before it points to the workbook.
_NAMED = 12
_PLURALS = {kind.label: kind.plural for kind in KINDS.values()}
_SAID = {"LTLA": "local authorities", "UTLA": "upper-tier local authorities"}
_BY = {"PCN": "primary care network (PCN)", "practice": "single practice"}
_PATIENT_LABELS = [kind.label for kind in KINDS.values() if kind.patients]


#: The question whose answer cites the documents.
BASIS = "On what basis, and why these places?"
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
        asked: whether it is what people ask, and stands in the letter; the others stand in its annex.
    """

    question: str
    text: list[str]
    documents: list[Evidence] = field(default_factory=list)
    asked: bool = False

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
    return [
        FoiAnswer("What geography are our places drawn from?", _geography(report), asked=True),
        FoiAnswer(BASIS, _basis(report), [item for item in report.evidence if not item.third_party], asked=True),
        FoiAnswer("How is the mapping to ONS geography used?", _use(report), asked=True),
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
        FoiAnswer("What should a reader keep in mind?", _limits(report, hidden=hidden)),
    ]


def _one(tables: dict[str, Table], start: str) -> Table:
    return next(table for name, table in tables.items() if name.startswith(start))


def _geography(report: Report) -> list[str]:
    have = f"We have {counted(len(report.places), 'place')}."
    if report.footprint.united:
        return [f"{have} {put_together(report.system, report.footprint)}", "The table of places names them."]
    labels = {label: None for place in report.places for label, _, _ in place.members}
    areas = [_SAID.get(label, _PLURALS[label]) for label in labels if label not in _PATIENT_LABELS]
    if not report.footprint.has_patient_kinds:
        made = "It is made" if len(report.places) == 1 else "They are made"
        return [
            f"{have} {made} of whole areas of official geography: {listed(areas)}, named in the table of places. So "
            "each 2021 Lower layer Super Output Area (LSOA) belongs to its place exactly."
        ]
    by = listed([_BY[label] for label in ("PCN", "practice") if label in labels], "or")
    groups = f"groups of GP practices, by {by}"
    drawn = f"They were not drawn from wards, LSOAs or local authorities: they are {groups}."
    if areas:
        drawn = f"Some are {groups}; others are made of whole areas of official geography: {listed(areas)}."
    return [
        f"{have} {drawn} The table of places names them.",
        "No boundary was drawn for a group of practices. To relate it to ONS geography, each 2021 Lower layer Super "
        "Output Area (LSOA) is matched to the place whose practices have most of its registered patients.",
    ]


def _basis(report: Report) -> list[str]:
    return [_in_force(report), *public_notes(report)]


def public_notes(report: Report) -> list[str]:
    """What the system itself says of its places, in paragraphs; nothing where the config has none."""
    notes = f"{report.system.note_public}\n{report.footprint.note_public}"
    return [line.strip() for line in notes.splitlines() if line.strip()]


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
        f"wards; {len(divided) or 'none'} of them {'are' if len(divided) > 1 else 'is'} divided between places."
    ]
    if len(divided):
        names = divided[name].tolist()
        lines.append(f"Divided: {some(names, _NAMED, counted=True)}. The sheet Wards of mapping.xlsx has the shares.")
    return lines


def _pcns(report: Report, table: Table) -> list[str]:
    declared = table.frame[table.frame["DECLARED"].to_numpy(bool)]
    if not len(declared):
        return [
            "The places are not made from primary care networks. The sheet PCNs of mapping.xlsx says where their "
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
