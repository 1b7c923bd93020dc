"""A drawing before it is a file: shapes, lines and words on a page, in CSS pixels from the top left corner.

SVG and PNG are written from the same drawing, so that they cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from placemap.core.errors import PlacemapError

#: Pixels a page of A4 in landscape is wide and high, 96 to the inch.
WIDTH, HEIGHT = 1123, 794
#: Colours of words and strong lines, and of words that stand back.
INK, QUIET = "#1a1a1a", "#42484e"
#: Of CSS; what is measured in the letters below is wide enough for Arial, which stands first.
FAMILY = "Arial, 'Liberation Sans', Helvetica, 'DejaVu Sans', sans-serif"
#: From one line's foot to the next, as part of the size; how high capitals are.
LEADING, CAPITALS = 1.16, 0.716


@dataclass(frozen=True)
class Area:
    """A filled polygon or multipolygon."""

    shape: Any
    fill: str
    id: str = ""
    title: str = ""


@dataclass(frozen=True)
class Stroke:
    """Lines of one colour and width, with round ends and joints."""

    lines: Any
    colour: str
    width: float


@dataclass(frozen=True)
class Text:
    """Words in one or more lines; `x`, `y` is where the first line's foot starts, or its middle or end."""

    lines: tuple[str, ...]
    x: float
    y: float
    size: float
    colour: str
    bold: bool = False
    anchor: str = "start"
    id: str = ""


Item = Area | Stroke | Text


@dataclass(frozen=True)
class Group:
    """Items that belong together, from the back to the front."""

    id: str
    items: tuple[Item, ...]


@dataclass(frozen=True)
class Drawing:
    """A page.

    Attributes:
        title: its name.
        alt: what it shows, for those who do not see it.
        groups: from the back to the front.
    """

    title: str
    alt: str
    groups: tuple[Group, ...]

    def items(self) -> Iterator[Item]:
        """All items from the back to the front."""
        for group in self.groups:
            yield from group.items


@cache
def font(size: float, *, bold: bool = False) -> Any:
    """The letters at a size in pixels."""
    from io import BytesIO

    from PIL import ImageFont

    # Laid out without libraries that some machines have and others lack.
    return ImageFont.truetype(BytesIO(_face(bold)), size, layout_engine=ImageFont.Layout.BASIC)


@cache
def _face(bold: bool) -> bytes:
    """The letters that come with matplotlib; found without importing it, which takes longer than drawing.

    They are a little wider than Arial, in which an SVG is shown, so what fits here fits there.
    """
    package = find_spec("matplotlib")
    if package is None or package.origin is None:  # it is a dependency: only a broken installation has none
        raise PlacemapError(
            "matplotlib, whose letters maps are written in, is not installed", hint="install placemap again"
        )
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return (Path(package.origin).parent / "mpl-data" / "fonts" / "ttf" / name).read_bytes()


#: Widths are measured at one size, in whole hundredths of an em, so that they do not depend on how a size is rounded.
_MEASURED = 100


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a line of text is, pixels."""
    return float(font(_MEASURED, bold=bold).getlength(text)) * size / _MEASURED


def wrapped(text: str, room: float, size: float, *, bold: bool = False) -> tuple[str, ...]:
    """Text in lines that are no wider than `room`, as far as its words allow."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer, size, bold=bold) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return tuple(lines)


def extent(lines: tuple[str, ...], size: float, *, bold: bool = False) -> tuple[float, float]:
    """Width and height of lines of text, pixels."""
    wide = max(width(line, size, bold=bold) for line in lines)
    return wide, (len(lines) - 1) * size * LEADING + size
