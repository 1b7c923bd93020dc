"""What a map's colours and lines are, beside it or below."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from placemap.core.text import counted
from placemap.outputs.map.drawing import INK, LEADING, QUIET, WIDTH, Area, Item, Stroke, Text, wrapped
from placemap.outputs.map.ground import (
    BORDER_ABOVE,
    COUNCIL_LINE,
    LAND,
    LINE,
    SEA,
    UNDIVIDED,
    border_of,
    hatched,
    highlighted,
)
from placemap.outputs.map.lines import Lines
from placemap.outputs.map.picture import Picture

#: Pixels from the paper's edge.
MARGIN = 28
#: Sizes of letters in pixels; the smaller are 8 points on A4.
NAME, SMALL = 12.5, 10.8
#: Pixels of a figure and of a place's swatch where places stand under those they lie in, and between words.
_FIGURE, _INDENT, _AIR = 50, 28, 6


def legend_of(picture: Picture, lines: Lines, left: float, top: float, *, beyond: bool) -> list[Item]:
    """Colours with names and figures, then the kinds of lines."""
    if picture.above:
        items, y = _by_tier(picture, left, top)
        return [*items, *_line_legend(picture, lines, left, y + 4, beyond=beyond)]
    items, y = [], top
    room = WIDTH - MARGIN - left - 28
    step = next(step for most, step in ((13, 26), (17, 19), (999, 16)) if len(picture.places) <= most)
    for place in picture.places:
        names = wrapped(place.name, room, NAME, bold=True)
        items += _swatch(left, y, place.colour)
        items.append(Text(names, left + 28, y + 11, NAME, INK, bold=True))
        y += 11 + (len(names) - 1) * NAME * LEADING
        figures = f"{place.residents:,.0f} residents · {counted(place.lsoas, 'LSOA')}"
        items.append(Text((figures,), left + 28, y + 14, SMALL, QUIET))
        y += step
    return [*items, *_line_legend(picture, lines, left, y + 4, beyond=beyond)]


def _swatch(left: float, y: float, colour: str, high: float = 14) -> list[Item]:
    box = shapely.box(left, y, left + 20, y + high)
    return [Area(box, colour), Stroke(box.exterior, INK, 0.8)]


def _by_tier(picture: Picture, left: float, top: float) -> tuple[list[Item], float]:
    """Places under what they lie in, a line each, and where the list ends."""
    right = WIDTH - MARGIN
    y = top + SMALL
    items: list[Item] = [Text(("Residents",), right, y, SMALL, QUIET, anchor="end")]
    for above in picture.above:
        y += 5 if above is not picture.above[0] else 0
        lines = wrapped(above.name, right - left - _FIGURE - _AIR, NAME, bold=True)
        y = _entry(items, lines, above.residents, (left, y), NAME, bold=True)
        for place in (picture.places[position] for position in above.places):
            items += _swatch(left, y + 4, place.colour, 11)
            lines = wrapped(place.name, right - left - _INDENT - _FIGURE - _AIR, SMALL)
            y = _entry(items, lines, place.residents, (left + _INDENT, y), SMALL, bold=False)
    return items, y + 10


def _entry(
    items: list[Item], lines: tuple[str, ...], people: float, at: tuple[float, float], size: float, *, bold: bool
) -> float:
    """Add a name with its figure below what stands there; where it ends."""
    left, y = at[0], at[1] + size + 4
    items.append(Text(lines, left, y, size, INK, bold=bold))
    items.append(Text((f"{people:,.0f}",), WIDTH - MARGIN, y, SMALL, QUIET, anchor="end"))
    return y + (len(lines) - 1) * size * LEADING


def compact_legend(picture: Picture, left: float, top: float) -> list[Item]:
    """The same in a line a place, below a map."""
    items: list[Item] = []
    for number, place in enumerate(picture.places):
        y = top + number * 15
        items += _swatch(left, y - 10, place.colour, 11)
        text = f"{place.name}: {place.residents:,.0f} residents · {counted(place.lsoas, 'LSOA')}"
        items.append(Text((text,), left + 28, y, SMALL, INK))
    return items


def _line_legend(picture: Picture, lines: Lines, left: float, top: float, *, beyond: bool) -> list[Item]:
    """Kinds of lines and surfaces that the map has."""
    box = shapely.box(left, 0, left + 20, 14)
    edge = Stroke(box.exterior, QUIET, 0.6)
    dash = shapely.LineString([(left, 7), (left + 20, 7)])
    rows: list[tuple[list[Item], str]] = [([Stroke(dash, INK, border_of(picture))], f"{picture.tier} boundary")]
    if picture.above:
        rows.insert(0, ([Stroke(dash, INK, BORDER_ABOVE)], f"{picture.tier_above} boundary"))
    if picture.undivided:
        rows.append(([Area(box, UNDIVIDED), edge], f"{picture.tier_above} that is not divided"))
    if not lines.councils.is_empty:
        rows.append(([Stroke(dash, LINE, COUNCIL_LINE)], "council boundary"))
    if len(picture.land):
        rows.append(([Area(box, LAND), edge], "neighbouring councils in England"))
    if beyond:  # the boundaries are England's: Wales and Scotland are as blank as the sea
        rows.append(([Area(box, SEA), edge], "sea, or outside England"))
    if not picture.outside.is_empty:
        rows.append(([hatched(box), edge], "part of a place outside the system"))
    if len(picture.highlighted):
        rows.append(([highlighted(box), edge], picture.highlight_note))
    items: list[Item] = []
    y = top
    for marks, words in rows:
        items += [_moved(mark, y) for mark in marks]
        text = wrapped(words, WIDTH - MARGIN - left - 28, SMALL)
        items.append(Text(text, left + 28, y + 11, SMALL, INK))
        y += 8 + len(text) * SMALL * LEADING
    return items


def _moved(item: Any, down: float) -> Item:
    def lower(points: Any) -> Any:
        return points + np.array([0, down])

    if isinstance(item, Area):
        return Area(shapely.transform(item.shape, lower), item.fill)
    return Stroke(shapely.transform(item.lines, lower), item.colour, item.width)
