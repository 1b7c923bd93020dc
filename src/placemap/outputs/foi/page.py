"""How the reply looks: page, styles and tables of a Word document, and what is taken out of the one it is made from.

All looks are styles, so that an office can change them in one place; styles that a letterhead brings along stay.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from placemap.core.files import NO_TIME

TABLE, CELL, HEAD, SIDE, FIGURE = "Places Table", "Table Text", "Table Heading", "Table Row Heading", "Table Figure"
QUOTE, FIELD, BULLET = "Request", "Field To Fill In", "List Bullet"
#: A field that is to be filled in by hand.
FIELD_TEXT = re.compile(r"(\[[^\[\]]+\])")
_FONT, _RULE, _SHADE, _FILL = "Arial", "B8C4CE", "E8EDF2", "FFF2CC"
_DROPPED = (
    *("/customXml", "/thumbnail", "/stylesWithEffects", "/webSettings", "/custom-properties", "/attachedTemplate"),
    *("/footnotes", "/endnotes", "/comments", "/commentsExtended", "/commentsIds", "/people", "/glossaryDocument"),
)
_SETTINGS = ("rsids", "savePreviewPicture", "proofState", "attachedTemplate", "footnotePr", "endnotePr", "docVars")
_APP = (
    '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>placemap</Application></Properties>"
)


def plain_page(document: Any) -> None:
    """A4 with margins, Arial in black, and the number of the page at its foot, where there is no letterhead."""
    from docx.shared import Cm, Pt, RGBColor

    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = Cm(2)
    for name, size in (("Normal", 12), ("Heading 1", 18), ("Heading 2", 14), ("Caption", 10), ("Footer", 10)):
        style = document.styles[name]
        _in_font(style)
        style.font.size = Pt(size)
        style.font.color.rgb = RGBColor(0, 0, 0)
    document.styles["Caption"].font.bold = False
    for name, before, after in (("Normal", 0, 6), ("Heading 1", 0, 10), ("Heading 2", 16, 6)):
        layout = document.styles[name].paragraph_format
        layout.space_before, layout.space_after = Pt(before), Pt(after)
    _number_pages(section.footer.paragraphs[0])


def _in_font(style: Any) -> None:
    """Name the font for all scripts; a theme's font would go before it."""
    from docx.oxml.ns import qn

    style.font.name = _FONT
    fonts = style.element.get_or_add_rPr().get_or_add_rFonts()
    for key in list(fonts.keys()):
        fonts.attrib.pop(key)
    for script in ("ascii", "hAnsi", "cs", "eastAsia"):
        fonts.set(qn(f"w:{script}"), _FONT)


def _number_pages(paragraph: Any) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    for text, name in (("Page ", "PAGE"), (" of ", "NUMPAGES")):
        paragraph.add_run(text)
        number = OxmlElement("w:fldSimple")
        number.set(qn("w:instr"), name)
        paragraph._p.append(number)
        run = paragraph.add_run("1")
        number.append(run._r)


def own_styles(document: Any) -> None:
    """Add the styles that a reply needs, where the document has none of that name."""
    from docx.enum.style import WD_STYLE_TYPE as KINDS
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Cm, Pt

    styles = document.styles
    for name, (based, bold, size, before, after) in _STYLES.items():
        if name not in styles:
            style = styles.add_style(name, KINDS.PARAGRAPH)
            style.base_style, style.quick_style, style.font.bold = styles[based], True, bold
            style.font.size = Pt(size) if size else None
            layout = style.paragraph_format
            layout.space_before, layout.space_after = Pt(before), Pt(after)
            layout.keep_with_next = True if name in (HEAD, "Heading 1", "Heading 2") else None
            layout.left_indent = Cm(1) if name in (QUOTE, BULLET) else None
            layout.first_line_indent = Cm(-0.6) if name == BULLET else None
            layout.alignment = WD_ALIGN_PARAGRAPH.RIGHT if name == FIGURE else None
    if FIELD not in styles:
        style = styles.add_style(FIELD, KINDS.CHARACTER)
        style.quick_style = True
        _shaded(style.element.get_or_add_rPr(), _FILL)
    if TABLE not in styles:
        _table_style(styles)


#: Styles of paragraphs: the one that each is based on, whether it is bold, its size and the space around it in points.
#: A letterhead may lack even those of Word.
_STYLES: dict[str, tuple[str, bool | None, int | None, int, int]] = {
    "Heading 1": ("Normal", True, 18, 0, 10),
    "Heading 2": ("Normal", True, 14, 16, 6),
    "Caption": ("Normal", None, 10, 4, 8),
    BULLET: ("Normal", None, None, 0, 4),
    CELL: ("Normal", None, 10, 2, 2),
    SIDE: (CELL, True, None, 2, 2),
    HEAD: (SIDE, True, None, 2, 2),
    FIGURE: (CELL, None, None, 2, 2),
    QUOTE: ("Normal", None, None, 0, 6),
}


def bullet(document: Any, text: str) -> None:
    """A line of a list, in the document's style of lists, or with a bullet where that has none of its own."""
    paragraph = document.add_paragraph(style=BULLET)
    numbered = "<w:numPr>" in paragraph.style.element.xml
    written(paragraph, text if numbered else f"•\t{text}")


def _table_style(styles: Any) -> None:
    """Thin grey lines between rows, none between columns; a shaded first row."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    lines = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="{_RULE}"/>' for side in ("top", "bottom", "insideH")
    )
    styles.element.append(
        parse_xml(
            f'<w:style {nsdecls("w")} w:type="table" w:customStyle="1" w:styleId="{TABLE.replace(" ", "")}">'
            f'<w:name w:val="{TABLE}"/><w:basedOn w:val="TableNormal"/><w:uiPriority w:val="99"/><w:qFormat/>'
            f"<w:tblPr><w:tblBorders>{lines}</w:tblBorders></w:tblPr>"
            f'<w:tblStylePr w:type="firstRow"><w:tcPr><w:shd w:val="clear" w:color="auto" w:fill="{_SHADE}"/></w:tcPr>'
            "</w:tblStylePr></w:style>"
        )
    )


def _shaded(properties: Any, fill: str) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    shade = OxmlElement("w:shd")
    for key, value in (("val", "clear"), ("color", "auto"), ("fill", fill)):
        shade.set(qn(f"w:{key}"), value)
    properties.append(shade)


def written(paragraph: Any, text: str) -> Any:
    """Write text into a paragraph, with what stands in [brackets] in the style of fields."""
    for part in FIELD_TEXT.split(text):
        if part:
            paragraph.add_run(part, style=FIELD if FIELD_TEXT.fullmatch(part) else None)
    return paragraph


def table(document: Any, rows: Sequence[Sequence[str]], widths: Sequence[float], *, figures: int = 0) -> None:
    """A table whose first row is its head, on every page; rows stay whole.

    Args:
        widths: of the columns, as parts of the page's width.
        figures: how many of the last columns hold figures.
    """
    made = document.add_table(len(rows), len(widths), style=TABLE)
    made.autofit = False
    wide = _text_width(document.sections[-1])
    for column, width in zip(made.columns, widths, strict=True):
        column.width = int(wide * width / sum(widths))
    for number, (row, texts) in enumerate(zip(made.rows, rows, strict=True)):
        _whole(row, head=number == 0)
        for column, (cell, text) in enumerate(zip(row.cells, texts, strict=True)):
            right = column >= len(widths) - figures
            for line, part in enumerate(text.split("\n")):
                paragraph = cell.paragraphs[0] if line == 0 else cell.add_paragraph()
                paragraph.style = HEAD if number == 0 else SIDE if column == 0 else FIGURE if right else CELL
                written(paragraph, part)
                if right and number == 0:
                    paragraph.alignment = 2


def _text_width(section: Any) -> int:
    return int(section.page_width - section.left_margin - section.right_margin)


def _whole(row: Any, *, head: bool) -> None:
    from docx.oxml import OxmlElement

    properties = row._tr.get_or_add_trPr()
    properties.append(OxmlElement("w:cantSplit"))
    if head:
        properties.append(OxmlElement("w:tblHeader"))


def landscape(document: Any) -> tuple[int, int]:
    """Start a page across, with the letterhead's margins; returns the width and height that its text has."""
    from docx.enum.section import WD_ORIENT, WD_SECTION

    section = document.add_section(WD_SECTION.NEW_PAGE)
    long, short = max(section.page_width, section.page_height), min(section.page_width, section.page_height)
    section.orientation, section.page_width, section.page_height = WD_ORIENT.LANDSCAPE, long, short
    return _text_width(section), int(short - section.top_margin - section.bottom_margin)


def plain_properties(document: Any, title: str) -> None:
    """Language and properties of the file, without a person's name or a time."""
    from docx.oxml.ns import qn

    for language in document.styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), "en-GB")
    core = document.core_properties
    core.title, core.author, core.last_modified_by, core.language = title, "placemap", "", "en-GB"
    core.comments = core.keywords = core.subject = core.category = core.content_status = core.version = ""
    core.created = core.modified = NO_TIME
    core.revision = 1


def strip(document: Any) -> None:
    """Take out what templates carry along: thumbnail, custom XML, revision ids, the name of another program."""
    from docx.oxml.ns import qn

    package, settings = document.part.package, document.settings
    own = next(rel.target_part for rel in document.part.rels.values() if rel.reltype.endswith("/settings"))
    for relations in (package.rels, document.part.rels, own.rels):
        for key in [key for key, relation in relations.items() if relation.reltype.endswith(_DROPPED)]:
            del relations[key]
    for name in _SETTINGS:
        for element in settings.element.findall(qn(f"w:{name}")):
            settings.element.remove(element)
    for relation in package.rels.values():
        if relation.reltype.endswith("/extended-properties"):
            relation.target_part._blob = _APP.encode()
