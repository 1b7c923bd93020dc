"""A letterhead that someone gave → one that a reply can be written into: head and foot, page and styles."""

from __future__ import annotations

import re
import zipfile
from io import BytesIO
from typing import Any

from placemap.core.errors import PlacemapError
from placemap.core.files import without_timestamps
from placemap.core.open_file import ZIP_FAULTS
from placemap.outputs.foi.hidden import hidden
from placemap.outputs.foi.page import landscape, own_styles, plain_properties, strip

LETTERHEAD = "letterhead.docx"
#: No letterhead is larger, packed or not.
_MOST_BYTES = 20_000_000
_HINT = "give a Word document (.docx) with your letterhead in its header and footer; save a .dotx or .doc as .docx"
_FAULTS = (*ZIP_FAULTS, ValueError, LookupError, AttributeError, TypeError, OSError, SyntaxError)


def prepared(content: bytes, name: str) -> bytes:
    """The letterhead, stripped of its text and of what nobody sees; preparing it again changes nothing.

    Args:
        content: of the file.
        name: what messages call it.

    Raises:
        PlacemapError: it is no Word document, or it holds something hidden that cannot be taken out.
    """
    from docx.opc.exceptions import OpcError

    try:
        made = _stripped(content)
    except (*_FAULTS, OpcError) as error:
        reason = "it is too large" if isinstance(error, OverflowError) else "it is no Word document that can be read"
        raise PlacemapError(f"the template cannot be used: {reason}", location=name, hint=_HINT) from None
    found = hidden(LETTERHEAD, made)
    if found:
        raise PlacemapError(
            f"the template cannot be used: {found[0]}, and a reply hides nothing",
            location=name,
            hint="take it out in Word (File, Info, Inspect Document), and save the file anew",
        )
    return made


def _stripped(content: bytes) -> bytes:
    from docx import Document

    with zipfile.ZipFile(BytesIO(content)) as archive:
        if max(len(content), sum(member.file_size for member in archive.infolist())) > _MOST_BYTES:
            raise OverflowError
    document = Document(BytesIO(content))
    strip(document)
    plain_properties(document, "Letterhead")
    _empty(document)
    for part in document.part.package.iter_parts():
        _tidy(part)
    buffer = BytesIO()
    document.save(buffer)
    made = without_timestamps(buffer.getvalue())
    _try(Document(BytesIO(made)))
    return made


def _try(document: Any) -> None:
    """Whether a reply can be written into it: it has a style of ordinary text, and pages with room for text."""
    own_styles(document)
    if min(landscape(document)) <= 0:
        raise ValueError("its margins leave no room")


def _empty(document: Any) -> None:
    """Take out the text, but for the last section's page, and what only the text had use of."""
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    body = document.element.body
    for element in list(body):
        if element.tag != qn("w:sectPr"):
            body.remove(element)
    if not len(body):
        body.append(OxmlElement("w:sectPr"))
    _size_page(document.sections[-1])
    used = set(re.findall(r'r:(?:id|embed|link)="([^"]+)"', document.element.xml))
    relations = document.part.rels
    for key in [key for key, relation in relations.items() if relation.reltype.endswith(_OF_TEXT) and key not in used]:
        del relations[key]


def _size_page(section: Any) -> None:
    """A4 with margins of 2 centimetres, where the document does not say."""
    from docx.shared import Cm

    sides = ("left_margin", "right_margin", "top_margin", "bottom_margin")
    for name, size in (("page_width", 21.0), ("page_height", 29.7), *((side, 2.0) for side in sides)):
        if getattr(section, name) is None:
            setattr(section, name, Cm(size))


#: Relations that text has: pictures, links, and heads and feet of sections that are gone.
_OF_TEXT = ("/image", "/hyperlink", "/header", "/footer", "/chart", "/oleObject", "/package", "/aFChunk")


def _tidy(part: Any) -> None:
    """Take out the ids of editing sessions, and links, whose words stay."""
    from docx.oxml.ns import qn

    element = getattr(part, "element", None)
    if element is None or not hasattr(element, "iter"):
        return
    for link in list(element.iter(qn("w:hyperlink"))):
        for inner in list(link):
            link.addprevious(inner)
        link.getparent().remove(link)
    for key in [key for key, relation in part.rels.items() if relation.reltype.endswith("/hyperlink")]:
        del part.rels[key]
    for inner in element.iter():
        for key in [key for key in inner.attrib if "}rsid" in key]:
            del inner.attrib[key]
