"""The reply to a request: a letter in the system's own name, an annex, and the map on a page of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any

from placemap.config.in_words import public_notes
from placemap.core.files import without_timestamps
from placemap.core.text import month, some
from placemap.outputs.foi import page
from placemap.outputs.foi.geography import of_places
from placemap.outputs.foi.lock import WORKBOOK
from placemap.outputs.foi.questions import (
    BASIS,
    GEOGRAPHY,
    REQUEST,
    FoiAnswer,
    Letter,
    document_line,
    small_numbers,
)
from placemap.outputs.report.content import PlaceLine, Report

#: How many members the table of places names.
_NAMED = 30
_THANKS = (
    "Thank you for your request of [date of the request], which we have dealt with under the Freedom of Information "
    "Act 2000."
)
_HELD = "We hold the information that you asked for: {}. It is given below and in the files that are enclosed."
_OF_MANY = "what our places are, what they are made of, and the documents that set them out"
_OF_ONE = "what our place is, what it is made of, and the documents that set it out"
_MADE = (
    "The mapping to ONS geography was made for this response, from published lookups and published counts of people. "
    "No records of patients were used. "
)
_EXEMPT = "They are withheld under [section of the Act, and why it applies]."
_WHY = "[why this division was chosen, who decided it, and when]"
_DOCUMENTS = "[the documents that set out this division, and where to find them]"
_ADDRESS = "[where to find it, or enclose it]"
_CONTACT = "If you have a question about this response, please write to [team, postal and e-mail address] and give {}."
_REVIEW = (
    "If you are not content with how we have dealt with your request, you can ask us to look at it again (an internal "
    "review) within 40 working days of this response. Please write to [address for internal reviews].",
    "If you are still not content after that, you can complain to the Information Commissioner’s Office, Wycliffe "
    "House, Water Lane, Wilmslow, Cheshire SK9 5AF, ico.org.uk/make-a-complaint. The Commissioner will usually not "
    "look at a complaint before our own review has ended.",
)
_MORE = (
    "On request we can also send the mapping as CSV files with machine-readable metadata, the outlines on the map "
    "as GeoJSON, and what the mapping was made from, so that anyone can make it again."
)
_HEADING_CM = 2.2


@dataclass(frozen=True)
class Reply:
    """What a reply is written from.

    Attributes:
        report: what is known of the footprint.
        answers: questions and responses.
        letter: date, reference, names and request; what is empty becomes a field in brackets.
        enclosures: names of the files that go with it, and what they are.
        map_png: the map.
        hidden: whether small counts are left out of the tables.
    """

    report: Report
    answers: list[FoiAnswer]
    letter: Letter
    enclosures: list[tuple[str, str]]
    map_png: bytes
    hidden: bool = False


def response(reply: Reply, letterhead: bytes | None = None) -> bytes:
    """The reply as a Word document; the same reply always gives the same bytes.

    Args:
        reply: what it says.
        letterhead: a document to write it into, as `letterhead.prepared` gives it.
    """
    from docx import Document

    document = Document(BytesIO(letterhead) if letterhead else None)
    page.strip(document)
    if letterhead is None:
        page.plain_page(document)
    page.own_styles(document)
    page.plain_properties(document, f"{reply.report.system.name}: places in ONS geography")
    _head(document, reply)
    for answer in reply.answers:
        if answer.part:
            _answer(document, reply.report, answer)
    _close(document, reply.letter, reply.enclosures)
    _annex(document, reply.answers, reply.report)
    _map(document, reply.report, reply.map_png)
    buffer = BytesIO()
    document.save(buffer)
    return without_timestamps(buffer.getvalue())


def _head(document: Any, reply: Reply) -> None:
    letter = reply.letter
    document.add_heading(f"Freedom of information: place boundaries ({reply.report.system.name})", 1)
    lines = (
        f"Our reference: {letter.reference or '[reference]'}",
        f"Date: {long_date(letter.date) if letter.date else '[date]'}",
        f"From: {letter.organisation or '[organisation]'}",
    )
    head = document.add_paragraph()
    for number, line in enumerate(lines):
        if number:
            head.add_run().add_break()
        page.written(head, line)
    page.written(document.add_paragraph(), f"Dear {letter.requester or '[name]'}")
    page.written(document.add_paragraph(), _THANKS)
    document.add_heading("What you asked", 2)
    for line in (letter.request or REQUEST).splitlines():
        if line.strip():
            document.add_paragraph(line.strip(), style=page.QUOTE)
    document.add_heading("Our response", 2)
    document.add_paragraph(_HELD.format(of_places(reply.report, _OF_MANY, _OF_ONE)))
    withheld = f"{small_numbers(hidden=True)} {_EXEMPT}" if reply.hidden else "Nothing has been withheld."
    page.written(document.add_paragraph(), _MADE + withheld)


def long_date(text: str) -> str:
    """`30 November 2026` for `2026-11-30`."""
    return month(date.fromisoformat(text).isoformat())


def _answer(document: Any, report: Report, answer: FoiAnswer) -> None:
    document.add_heading(answer.question, 2)
    for text in answer.text:
        document.add_paragraph(text)
    if answer.part == BASIS:
        _documents(document, report, answer)
    if answer.part == GEOGRAPHY:
        _places(document, report)


def _documents(document: Any, report: Report, answer: FoiAnswer) -> None:
    if not public_notes(report.system, report.footprint):
        page.written(document.add_paragraph(), _WHY)
    these = of_places(report, "These documents set out or describe the places:", "These documents describe the place:")
    document.add_paragraph(these).paragraph_format.keep_with_next = True
    if not answer.documents:
        page.bullet(document, _DOCUMENTS)
    for item in answer.documents:
        page.bullet(document, document_line(item) if item.url else f"{document_line(item)}, {_ADDRESS}")


def _places(document: Any, report: Report) -> None:
    head = ["Place", "Made of", "LSOAs", "Residents", "Patients"]
    rows = [
        [place.name, _made_of(place), f"{place.lsoas:,}", f"{place.residents:,.0f}", f"{place.registered:,.0f}"]
        for place in report.places
    ]
    page.table(document, [head, *rows], [3.8, 7.2, 1.6, 2.1, 2.1], figures=3)
    document.add_paragraph(
        f"Residents: {report.residents_title}. Patients: {report.registered_title}, by where they live.",
        style="Caption",
    )


def _made_of(place: PlaceLine) -> str:
    """The members by name and code; how many there are, where they are many."""
    members = [f"{name} ({code})" if name else code for _, code, name in place.members]
    named = some(members, _NAMED, counted=True, by="; ")
    if len(members) > _NAMED:
        named += f", which {WORKBOOK} has"
    return "; ".join([named, *place.exceptions])


def _close(document: Any, letter: Letter, enclosures: list[tuple[str, str]]) -> None:
    document.add_heading("What is enclosed", 2)
    for name, title in enclosures:
        page.bullet(document, f"{name}: {title}")
    document.add_paragraph(_MORE)
    document.add_heading("Questions, and if you are not content", 2)
    reference = f"the reference {letter.reference}" if letter.reference else "our reference"
    for text in (_CONTACT.format(reference), *_REVIEW):
        last = page.written(document.add_paragraph(), text)
    last.paragraph_format.keep_together = last.paragraph_format.keep_with_next = True  # with the name below it
    sign = document.add_paragraph("Yours sincerely")
    sign.paragraph_format.keep_with_next = True
    page.written(document.add_paragraph(), "[name, job title]")


def _annex(document: Any, answers: list[FoiAnswer], report: Report) -> None:
    heading = document.add_heading("Annex A: relation to other geography", 1)
    heading.paragraph_format.page_break_before = True
    rows = [[answer.question, "\n".join(answer.text)] for answer in answers if not answer.part]
    rows.append(["Attribution", "\n".join(report.attribution)])
    page.table(document, [["Question", "Answer"], *rows], [4.6, 12])


def _map(document: Any, report: Report, map_png: bytes) -> None:
    from docx.shared import Cm

    width, height = page.landscape(document)
    document.add_heading("Annex B: map", 1)
    picture = document.add_picture(BytesIO(map_png), width=width)
    high = height - Cm(_HEADING_CM)
    if picture.height > high:
        picture.width, picture.height = int(picture.width * high / picture.height), high
    properties = picture._inline.docPr
    properties.set("name", "Map of the places")
    properties.set("descr", report.picture.alt)
