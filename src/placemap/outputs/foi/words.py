"""The words of a document or picture, for files that another release of a library sets in other bytes."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from placemap.outputs.foi.unpack import unpacked

_FAULTS = (ElementTree.ParseError, ValueError, LookupError)


def words(name: str, content: bytes) -> list[str] | None:
    """All text and figures in order; None for a file that is nothing but a picture.

    Args:
        name: its ending tells what it is: `.docx`, `.xlsx` or `.svg`.
        content: its bytes.

    Raises:
        ValueError: it is damaged.
    """
    try:
        if name.endswith(".docx"):
            return _written(unpacked(content).files)
        if name.endswith(".xlsx"):
            return _cells(unpacked(content).files)
        return _texts(content) if name.endswith(".svg") else None
    except _FAULTS as error:
        raise ValueError(str(error) or type(error).__name__) from None


def _written(parts: dict[str, bytes]) -> list[str]:
    """What a letter says, its head and foot included."""
    ends = sorted(name for name in parts if re.fullmatch(r"word/(header|footer)\d*\.xml", name))
    return [text for name in ("word/document.xml", *ends) for text in _texts(parts[name])]


def _texts(xml: bytes) -> list[str]:
    root = ElementTree.fromstring(xml)  # noqa: S314 - expat expands no external entities, and few internal ones
    return [text.strip() for text in root.itertext() if text.strip()]


def _cells(parts: dict[str, bytes]) -> list[str]:
    """Names of sheets, then what each cell says, with its address."""
    book = ElementTree.fromstring(parts["xl/workbook.xml"])  # noqa: S314
    found = [str(sheet.get("name")) for sheet in book.iter() if _tag(sheet) == "sheet"]
    # Some releases of openpyxl put text into a list of its own, others into the cells.
    strings = ElementTree.fromstring(parts.get("xl/sharedStrings.xml", b"<sst/>"))  # noqa: S314
    shared = ["".join(item.itertext()) for item in strings]
    for name in sorted(name for name in parts if name.startswith("xl/worksheets/sheet")):
        sheet = ElementTree.fromstring(parts[name])  # noqa: S314
        found += [f"{name} {cell.get('r')} {_value(cell, shared)}" for cell in sheet.iter() if _tag(cell) == "c"]
    return found


def _value(cell: ElementTree.Element, shared: list[str]) -> str:
    text = "".join(cell.itertext())
    return shared[int(text)] if cell.get("t") == "s" else text


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1]
