"""A drawing → SVG: words as text, names as ids, nothing that a presentation program cannot edit."""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape, quoteattr

import numpy as np
import shapely

from placemap.outputs.map.drawing import FAMILY, HEIGHT, LEADING, WIDTH, Area, Drawing, Group, Item, Stroke, Text

#: Corners stand to a tenth of a pixel, finer than a printer sets.
_TENTHS = 10


def svg_text(drawing: Drawing) -> str:
    """The drawing as SVG with its title and alternative text; the same drawing always gives the same text."""
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
            f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-labelledby="map-title map-alt" font-family="{FAMILY}">',
            f'<title id="map-title">{escape(drawing.title)}</title>',
            f'<desc id="map-alt">{escape(drawing.alt)}</desc>',
            *(_group(group) for group in drawing.groups),
            "</svg>\n",
        ]
    )


def _group(group: Group) -> str:
    return "\n".join([f"<g id={quoteattr(group.id)}>", *(_item(item) for item in group.items), "</g>"])


def _item(item: Item) -> str:
    if isinstance(item, Area):
        inside = f"><title>{escape(item.title)}</title></path>" if item.title else "/>"
        return f'<path{_id(item.id)} fill="{item.fill}" d="{_polygons(item.shape)}"{inside}'
    if isinstance(item, Stroke):
        return (
            f'<path fill="none" stroke="{item.colour}" stroke-width="{item.width:g}" stroke-linecap="round" '
            f'stroke-linejoin="round" d="{_lines(item.lines)}"/>'
        )
    return _text(item)


def _id(name: str) -> str:
    return f" id={quoteattr(name)}" if name else ""


def _text(text: Text) -> str:
    weight = ' font-weight="bold"' if text.bold else ""
    anchor = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    start = (
        f'<text{_id(text.id)} x="{text.x:.1f}" y="{text.y:.1f}" font-size="{text.size:g}"{weight}{anchor} '
        f'fill="{text.colour}">'
    )
    if len(text.lines) == 1:
        return f"{start}{escape(text.lines[0])}</text>"
    spans = [
        f'<tspan x="{text.x:.1f}"' + (f' dy="{text.size * LEADING:.1f}"' if number else "") + f">{escape(line)}</tspan>"
        for number, line in enumerate(text.lines)
    ]
    return f"{start}{''.join(spans)}</text>"


def _polygons(shape: Any) -> str:
    rings = [ring for part in shapely.get_parts(shape) for ring in _rings(part)]
    return "".join(_path(shapely.get_coordinates(ring)[:-1]) + "z" for ring in rings)


def _rings(part: Any) -> list[Any]:
    return [] if part.is_empty else [part.exterior, *part.interiors]


def _lines(lines: Any) -> str:
    return "".join(_path(shapely.get_coordinates(line)) for line in shapely.get_parts(lines))


def _path(corners: Any) -> str:
    """Path data in steps, which are shorter than places; corners that fall together stand once."""
    tenths = np.round(corners * _TENTHS).astype(int)
    steps = np.diff(tenths, axis=0)
    steps = steps[steps.any(axis=1)]
    moves = " ".join(_number(value) for value in steps.ravel().tolist())
    start = f"M{_number(int(tenths[0, 0]))} {_number(int(tenths[0, 1]))}"
    return f"{start}l{moves}" if moves else start


def _number(tenths: int) -> str:
    whole, part = divmod(abs(tenths), _TENTHS)
    return f"{'-' if tenths < 0 else ''}{whole}" + (f".{part}" if part else "")
