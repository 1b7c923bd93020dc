"""The reply to a request: a Word document with a two-column table of questions and responses.

It is made from an empty document and stripped of what such templates carry along: thumbnail, custom XML, revision ids,
the name of a program that did not write it.
"""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

from placemap.core.files import NO_TIME, without_timestamps
from placemap.outputs.foi.questions import FoiAnswer, Letter
from placemap.outputs.report.content import Report

_FIELD = "[{}]"
_DROPPED = ("/customXml", "/thumbnail", "/stylesWithEffects", "/webSettings")
_APP = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>placemap</Application></Properties>"
)


def response(
    report: Report, answers: list[FoiAnswer], letter: Letter, enclosures: list[tuple[str, str]], map_png: bytes
) -> bytes:
    """The reply as a Word document; the same reply always gives the same bytes.

    Args:
        report: what is known of the footprint.
        answers: questions and responses.
        letter: date, reference and names; what is empty becomes a field in brackets.
        enclosures: names of the files that go with it, and what they are.
        map_png: the map.
    """
    from docx import Document

    document = Document()
    _prepare(document, f"{report.system.name}: places in ONS geography")
    _head(document, report, letter)
    _questions(document, answers)
    _places(document, report)
    _map(document, report, map_png)
    document.add_heading("Enclosures", 2)
    for name, title in enclosures:
        document.add_paragraph(f"{name}: {title}", style="List Bullet")
    document.add_heading("Attribution", 2)
    for line in report.attribution:
        document.add_paragraph(line, style="List Bullet")
    document.add_heading("If you are not content with this response", 2)
    document.add_paragraph(
        _FIELD.format("your organisation’s words on internal review and the Information Commissioner")
    )
    buffer = BytesIO()
    document.save(buffer)
    return without_timestamps(buffer.getvalue())


def _head(document: Any, report: Report, letter: Letter) -> None:
    from docx.shared import Pt

    document.add_heading(f"Places of {report.system.name}: response to your request", 1)
    written = long_date(letter.date) if letter.date else _FIELD.format("date")
    for label, value in (
        ("Reference", letter.reference or _FIELD.format("reference")),
        ("Date", written),
        ("From", letter.organisation or _FIELD.format("organisation")),
    ):
        paragraph = document.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(2)
        paragraph.add_run(f"{label}: ").bold = True
        paragraph.add_run(value)
    document.add_paragraph(f"Dear {letter.requester or _FIELD.format('name')}").paragraph_format.space_before = Pt(12)
    document.add_paragraph(
        "Thank you for your request under the Freedom of Information Act 2000 about the geography of our places and "
        f"their mapping to ONS geography. This response is about the footprint “{report.footprint.name}”."
    )


def long_date(text: str) -> str:
    """`30 November 2026` for `2026-11-30`."""
    from placemap.core.text import month

    return month(date.fromisoformat(text).isoformat())


def _questions(document: Any, answers: list[FoiAnswer]) -> None:
    table = _table(document, len(answers) + 1, [4.6, 12.4])
    head, *rows = table.rows
    for cell, text in zip(head.cells, ("Question", "Response"), strict=True):
        _fill(cell, [text], bold=True)
    for row, answer in zip(rows, answers, strict=True):
        _fill(row.cells[0], [answer.question], bold=True)
        _fill(row.cells[1], answer.paragraphs)


def _places(document: Any, report: Report) -> None:
    document.add_heading("The places", 2)
    head = ["Place", "Declared from", "LSOAs", "Residents", "Patients"]
    rows = [
        [place.name, place.declared_from, f"{place.lsoas:,}", f"{place.residents:,.0f}", f"{place.registered:,.0f}"]
        for place in report.places
    ]
    table = _table(document, len(rows) + 1, [5.2, 4.9, 1.9, 2.5, 2.5], whole_rows=True)
    for row, texts in zip(table.rows, [head, *rows], strict=True):
        for number, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            _fill(cell, [text], bold=texts is head, right=number > 1)
    document.add_paragraph(
        f"Residents: {report.residents_title}. Patients: {report.registered_title}, by where they live."
    ).style = document.styles["Caption"]


def _map(document: Any, report: Report, map_png: bytes) -> None:
    from docx.shared import Cm

    document.add_heading("Map", 2)
    picture = document.add_picture(BytesIO(map_png), width=Cm(17))
    properties = picture._inline.docPr
    properties.set("name", "Map of the places")
    properties.set("descr", report.picture.alt)


def _table(document: Any, rows: int, widths: list[float], *, whole_rows: bool = False) -> Any:
    from docx.oxml import OxmlElement
    from docx.shared import Cm

    table = document.add_table(rows, len(widths), style="Table Grid")
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Cm(width)
    for number, row in enumerate(table.rows):
        properties = row._tr.get_or_add_trPr()
        if whole_rows:
            properties.append(OxmlElement("w:cantSplit"))
        if number == 0:
            properties.append(OxmlElement("w:tblHeader"))
    return table


def _fill(cell: Any, texts: list[str], *, bold: bool = False, right: bool = False) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    for number, text in enumerate(texts):
        paragraph = cell.paragraphs[0] if number == 0 else cell.add_paragraph()
        paragraph.paragraph_format.space_after = Pt(4)
        paragraph.add_run(text).bold = bold
        if right:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _prepare(document: Any, title: str) -> None:
    """Page, letters, language and properties; and off with what the template brought along."""
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
    for name, size in (("Normal", 11), ("Heading 1", 18), ("Heading 2", 14), ("Caption", 9)):
        style = document.styles[name]
        style.font.name, style.font.size = "Arial", Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
        fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
        for key in list(fonts.keys()):
            fonts.attrib.pop(key)
        for script in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{script}"), "Arial")
    document.styles["Caption"].font.bold = False
    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
    core = document.core_properties
    core.title, core.author, core.last_modified_by, core.comments, core.language = title, "placemap", "", "", "en-GB"
    core.created = core.modified = NO_TIME
    _strip(document)


def _strip(document: Any) -> None:
    from docx.oxml.ns import qn

    package = document.part.package
    for relations in (package.rels, document.part.rels):
        for key in [key for key, relation in relations.items() if relation.reltype.endswith(_DROPPED)]:
            del relations[key]
    settings = document.settings.element
    for name in ("w:rsids", "w:savePreviewPicture", "w:proofState"):
        for element in settings.findall(qn(name)):
            settings.remove(element)
    for relation in package.rels.values():
        if relation.reltype.endswith("/extended-properties"):
            relation.target_part._blob = _APP.encode()
