"""A drawing → PNG, two pixels for each of the page's."""

from __future__ import annotations

from io import BytesIO
from itertools import product
from typing import Any

import numpy as np
import shapely

from placemap.outputs.map.drawing import HEIGHT, LEADING, WIDTH, Area, Drawing, Stroke, Text, font

#: Pixels of the picture a pixel of the page, and pixels that are drawn for each of the picture, for smooth edges.
_LARGE, _FINE = 2, 3
#: Pixels of a page in an inch.
_INCH = 96
#: Sides of what of the picture is brought to its size in one go: full colour of more leaves the processor's cache.
_TILE = 128
#: Corners of a piece of line: lines are widened in pieces, as a piece has seldom a hole.
_PIECE = 12


def pngs(drawing: Drawing) -> tuple[bytes, bytes]:
    """The drawing as PNG for print and, at half that size, for screens; both carry their alternative text."""
    large = _picture(drawing)
    return _for_print(large, drawing), _file(large.reduce(_LARGE), drawing, _INCH)


def png(drawing: Drawing) -> bytes:
    """The drawing as PNG for print alone."""
    return _for_print(_picture(drawing), drawing)


def _for_print(picture: Any, drawing: Drawing) -> bytes:
    return _file(picture, drawing, _INCH * _LARGE)


def _file(image: Any, drawing: Drawing, dpi: int) -> bytes:
    from PIL.PngImagePlugin import PngInfo

    words = PngInfo()
    for key, text in (("Title", drawing.title), ("Description", drawing.alt), ("Software", "placemap")):
        words.add_itxt(key, text)
    buffer = BytesIO()
    image.save(buffer, "PNG", dpi=(dpi, dpi), pnginfo=words)
    return buffer.getvalue()


def _picture(drawing: Drawing) -> Any:
    from PIL import Image, ImageDraw

    colours = list(dict.fromkeys(_colour(item) for item in drawing.items()))
    fine = Image.new("P", (WIDTH * _LARGE * _FINE, HEIGHT * _LARGE * _FINE), 0)
    fine.putpalette(bytes.fromhex("".join(["ffffff", *(colour[1:] for colour in colours)])))
    pen = ImageDraw.Draw(fine)
    for item in drawing.items():
        ink = colours.index(_colour(item)) + 1
        if isinstance(item, Area):
            _fill(fine, pen, item.shape, ink)
        elif isinstance(item, Stroke):
            _stroke(pen, item, ink)
    image = _smooth(fine)
    pen = ImageDraw.Draw(image)
    for item in drawing.items():
        if isinstance(item, Text):
            _write(pen, item)
    return image


def _colour(item: Any) -> str:
    return item.fill if isinstance(item, Area) else item.colour


def _smooth(fine: Any) -> Any:
    from PIL import Image

    image = Image.new("RGB", (WIDTH * _LARGE, HEIGHT * _LARGE))
    for top, left in product(range(0, image.height, _TILE), range(0, image.width, _TILE)):
        right, bottom = min(left + _TILE, image.width), min(top + _TILE, image.height)
        tile = fine.crop((left * _FINE, top * _FINE, right * _FINE, bottom * _FINE))
        image.paste(tile.convert("RGB").reduce(_FINE), (left, top))
    return image


def _fill(fine: Any, pen: Any, shape: Any, ink: int) -> None:
    for part in shapely.get_parts(shape):
        if part.is_empty:
            continue
        if part.interiors:
            _fill_around_holes(fine, part, ink)
        else:
            pen.polygon(_corners(part.exterior).ravel().tolist(), fill=ink)


def _fill_around_holes(fine: Any, part: Any, ink: int) -> None:
    """By way of a mask, as what is seen through the holes must stay."""
    from PIL import Image, ImageDraw

    west, north, east, south = (round(float(side)) * _LARGE * _FINE for side in part.buffer(1).bounds)
    mask = Image.new("1", (east - west, south - north))
    pen = ImageDraw.Draw(mask)
    for ring, value in ((part.exterior, 1), *((hole, 0) for hole in part.interiors)):
        pen.polygon((_corners(ring) - (west, north)).ravel().tolist(), fill=value)
    fine.paste(ink, (west, north), mask)


def _stroke(pen: Any, stroke: Stroke, ink: int) -> None:
    lines = [shapely.get_coordinates(line) for line in shapely.get_parts(stroke.lines)]
    wide = _widened([piece for line in lines for piece in _pieces(line, _PIECE)], stroke.width)
    if shapely.get_num_interior_rings(wide).any():  # a piece that comes back to itself
        wide = _widened([piece for line in lines for piece in _pieces(line, 1)], stroke.width)
    for shape in wide:
        pen.polygon(_corners(shape.exterior).ravel().tolist(), fill=ink)


def _widened(pieces: list[Any], width: float) -> Any:
    return shapely.get_parts(shapely.buffer(pieces, width / 2, quad_segs=3))


def _pieces(corners: Any, most: int) -> list[Any]:
    return [shapely.LineString(corners[start : start + most + 1]) for start in range(0, max(len(corners) - 1, 1), most)]


def _corners(line: Any) -> Any:
    return np.round(shapely.get_coordinates(line) * (_LARGE * _FINE))


def _write(pen: Any, text: Text) -> None:
    letters = font(text.size * _LARGE, bold=text.bold)
    side = {"start": "ls", "middle": "ms", "end": "rs"}[text.anchor]
    for number, line in enumerate(text.lines):
        foot = (text.y + number * text.size * LEADING) * _LARGE
        pen.text((text.x * _LARGE, foot), line, font=letters, fill=text.colour, anchor=side)
