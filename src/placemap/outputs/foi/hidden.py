"""What a Word file or workbook holds that its reader does not see; found in the raw parts, without an office library.

Parts are held against a list of what a plain document needs, so that anything unforeseen is reported, too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from placemap.outputs.foi.unpack import Unpacked, unpacked

_XLSX_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core)\.xml|xl/workbook\.xml|xl/_rels/workbook\.xml\.rels"
    r"|xl/(styles|sharedStrings)\.xml|xl/theme/theme1\.xml|xl/worksheets/sheet\d+\.xml"
    r"|xl/worksheets/_rels/sheet\d+\.xml\.rels|xl/tables/table\d+\.xml"
)
_DOCX_PARTS = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|docProps/(app|core)\.xml|word/_rels/document\.xml\.rels"
    r"|word/(document|styles|settings|fontTable|numbering|header\d*|footer\d*)\.xml|word/theme/theme1\.xml"
    r"|word/_rels/(header|footer)\d*\.xml\.rels|word/media/image\d+\.(png|jpeg|jpg|gif|emf|wmf)"
)
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
#: Letters smaller than this (points), or with no colour darker than this (0–255), are meant not to be read.
_SMALLEST, _PALEST = 4.0, 0xD0
#: Parts that say what letters look like.
_LETTERS = re.compile(r"word/(document|header\d*|footer\d*)\.xml|xl/styles\.xml")
#: The field that Word writes for the number of a page, with nothing else in it.
_PAGE_NUMBER = re.compile(r"\s*(PAGE|NUMPAGES)(\s+\\\*\s+\w+)?\s*")
_VISIBLE_NAMES = ("_xlnm.Print_Area", "_xlnm.Print_Titles")
#: Elements of Word that hide text, keep what was deleted or changed, or fetch from elsewhere.
_DOCX_ELEMENTS = {
    "vanish": "hidden text",
    "webHidden": "hidden text",
    "specVanish": "hidden text",
    "ins": "a tracked insertion",
    "del": "a tracked deletion",
    "moveFrom": "a tracked move",
    "moveTo": "a tracked move",
    "commentReference": "a comment",
    "footnoteReference": "a footnote",
    "instrText": "a field",
    "fldSimple": "a field",
    "docVars": "document variables",
    "rsids": "revision ids",
    "attachedTemplate": "a template",
    "object": "an embedded object",
    "altChunk": "embedded content",
}
_XLSX_ELEMENTS = {
    "f": "a formula",
    "externalReference": "a link to another workbook",
    "pivotCache": "a pivot cache",
    "legacyDrawing": "a comment or control",
    "oleObject": "an embedded object",
    "dataValidation": "a list behind a cell",
}


def hidden(name: str, content: bytes) -> list[str]:
    """What is hidden in a file, in words; empty for one that hides nothing.

    Args:
        name: the file's name; `.docx` and `.xlsx` are looked into, `.svg` is searched for scripts and links.
        content: its bytes.
    """
    if name.endswith((".docx", ".xlsx")):
        try:
            return list(_office(unpacked(content), _DOCX_PARTS if name.endswith(".docx") else _XLSX_PARTS))
        except (ElementTree.ParseError, ValueError, LookupError) as error:
            return [f"it cannot be read: {error}"]
    if name.endswith(".svg"):
        return [f"it holds {word}" for word in ("<script", "<foreignObject", 'href="http') if word.encode() in content]
    return []


def _office(parts: Unpacked, allowed: re.Pattern[str]) -> Iterator[str]:
    yield from parts.strays
    for name, content in parts.files.items():
        if not allowed.fullmatch(name):
            yield f"it has a part {name}"
        elif name.endswith((".xml", ".rels")):
            root = ElementTree.fromstring(content)  # noqa: S314 - expat expands no external entities
            yield from _relations(name, root) if name.endswith(".rels") else _part(name, root)


def _relations(name: str, root: ElementTree.Element) -> Iterator[str]:
    for relation in root:
        if relation.get("TargetMode") == "External":
            yield f"{name} points outside the file, to {relation.get('Target')}"


def _part(name: str, root: ElementTree.Element) -> Iterator[str]:
    if name == "docProps/core.xml":
        yield from _properties(root)
    table = _DOCX_ELEMENTS if name.startswith("word/") else _XLSX_ELEMENTS if name.startswith("xl/") else {}
    # Styles of Word define what hidden text would look like without using it, which `w:vanish` in them means.
    if name == "word/styles.xml":
        table = {}
    for element in root.iter():
        tag = element.tag.rsplit("}", 1)[-1]
        if tag in table and not _numbers_pages(tag, element):
            yield f"{name} holds {table[tag]}"
        if _is_faint(name, tag, element):
            yield f"{name} holds text that is too pale or too small to see"
        if name.startswith("xl/"):
            yield from _sheet(name, tag, element)


def _numbers_pages(tag: str, element: ElementTree.Element) -> bool:
    """Whether a field does nothing but number pages."""
    text = element.get(f"{_WORD}instr") if tag == "fldSimple" else element.text if tag == "instrText" else None
    return bool(_PAGE_NUMBER.fullmatch(text or ""))


def _is_faint(name: str, tag: str, element: ElementTree.Element) -> bool:
    """Whether letters are as white as paper or smaller than print."""
    if not _LETTERS.fullmatch(name) or tag not in ("color", "sz"):
        return False
    value = next((text for key in (f"{_WORD}val", "val", "rgb") if (text := element.get(key))), "")
    if tag == "sz":
        points = float(value or 0) / (2 if name.startswith("word/") else 1)
        return points < _SMALLEST
    rgb = value[-6:] if re.fullmatch("[0-9A-Fa-f]{6,8}", value) else ""
    return bool(rgb) and min(bytes.fromhex(rgb)) >= _PALEST


def _properties(root: ElementTree.Element) -> Iterator[str]:
    """Names of people are for the letter, not for the properties of the file."""
    for element in root:
        tag, text = element.tag.rsplit("}", 1)[-1], (element.text or "").strip()
        if tag in ("creator", "lastModifiedBy") and text not in ("", "placemap"):
            yield f"its properties name {text}"


def _sheet(name: str, tag: str, element: ElementTree.Element) -> Iterator[str]:
    if tag == "sheet" and element.get("state", "visible") != "visible":
        yield f"sheet {element.get('name')} is hidden"
    elif tag == "definedName" and (element.get("hidden") or element.get("name") not in _VISIBLE_NAMES):
        yield f"it has a name {element.get('name')}"
    elif tag in ("row", "col") and element.get("hidden") in ("1", "true"):
        where = element.get("r") or f"{element.get('min')}–{element.get('max')}"
        yield f"{name} has a hidden {'row' if tag == 'row' else 'column'}, {where}"
