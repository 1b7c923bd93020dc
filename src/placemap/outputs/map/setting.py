"""How a name is set: in lines, in a size, so that it fits into what it names where it can."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from placemap.outputs.map.drawing import extent, wrapped
from placemap.outputs.map.labels import LabelRequest, fits

#: Widest line of a name, pixels, and of one that does not fit into its place so, the widest first.
_ROOMS = (112, 96, 80, 60)
#: Air around letters, pixels.
_AIR = 4


def set_name(name: str, shape: Any, sizes: Sequence[float], pixel: float = 1.0) -> tuple[tuple[str, ...], float, bool]:
    """A place's name in lines, its size, and whether it lies inside the place somewhere; if it cannot, as it is widest.

    Args:
        shape: of the place.
        sizes: of letters in pixels, the best first.
        pixel: how long a pixel is in the units of the shape.
    """
    tries = dict.fromkeys((wrapped(name, room, size, bold=True), size) for size in sizes for room in _ROOMS)
    for text, size in tries:
        if fits(request_of(shape, text, size, bold=True, pixel=pixel)):
            return text, size, True
    return *next(iter(tries)), False


def request_of(
    shape: Any, text: tuple[str, ...], size: float, *, bold: bool = False, pixel: float = 1.0
) -> LabelRequest:
    """A label for some lines of text."""
    wide, high = extent(text, size, bold=bold)
    return LabelRequest(shape, (wide + _AIR) * pixel, (high + _AIR) * pixel)
