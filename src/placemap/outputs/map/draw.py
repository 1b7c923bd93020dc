"""A map on its page: frame, surroundings, places, lines, names, legend and notes, to stand in a board paper."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from placemap.outputs.map.drawing import (
    CAPITALS,
    HEIGHT,
    INK,
    LEADING,
    QUIET,
    WIDTH,
    Area,
    Drawing,
    Group,
    Item,
    Text,
    wrapped,
)
from placemap.outputs.map.drawing import width as text_width
from placemap.outputs.map.ground import panel
from placemap.outputs.map.legend import MARGIN, NAME, SMALL, compact_legend, legend_of
from placemap.outputs.map.lines import lines_of
from placemap.outputs.map.names import name_fits
from placemap.outputs.map.picture import Picture
from placemap.outputs.map.view import Layout, View, fitted, layout

#: Pixels of a legend's width.
_LEGEND = 236
#: Sizes of letters in pixels.
_TITLE, _SUBTITLE = 22, 15
#: What part of a map is worth a line of the legend.
_SEEN = 0.005


def drawing(pictures: list[Picture], title: str = "", *, legend: bool = True) -> Drawing:
    """A page with one map, or two side by side.

    Args:
        title: instead of the system's name.
        legend: say beside the map what the colours and lines are, and how many people live in each place.
    """
    heading = title or pictures[0].title
    head, top = _head(heading, pictures)
    foot, bottom = _foot(pictures)
    page = Group("paper", (Area(shapely.box(0, 0, WIDTH, HEIGHT), "#ffffff"),))
    draw = _one if len(pictures) == 1 else _two
    groups = draw(pictures, top, bottom, legend=legend)
    names = f"{heading}: {' and '.join(picture.subtitle for picture in pictures)}"
    return Drawing(names, alt(pictures), (page, *groups, Group("title", tuple(head)), Group("notes", tuple(foot))))


def alt(pictures: list[Picture]) -> str:
    """The alternative text."""
    return " ".join(picture.alt for picture in pictures)


def _head(heading: str, pictures: list[Picture]) -> tuple[list[Item], float]:
    """Title and subtitle, and where the map may start."""
    lines = wrapped(heading, WIDTH - 2 * MARGIN, _TITLE, bold=True)
    foot = MARGIN + _TITLE * CAPITALS
    items: list[Item] = [Text(lines, MARGIN, foot, _TITLE, INK, bold=True)]
    foot += (len(lines) - 1) * _TITLE * LEADING
    if len(pictures) == 1:
        foot += _SUBTITLE * 1.55
        below = wrapped(pictures[0].subtitle, WIDTH - 2 * MARGIN, _SUBTITLE)
        items.append(Text(below, MARGIN, foot, _SUBTITLE, INK))
        foot += (len(below) - 1) * _SUBTITLE * LEADING
    return items, foot + 12


def _foot(pictures: list[Picture]) -> tuple[list[Item], float]:
    """What the map rests on, at the page's foot, and where the map must end."""
    words = max((picture.vintage for picture in pictures), key=len)  # the shorter one says nothing that it leaves out
    caveat = " ".join(dict.fromkeys(picture.caveats for picture in pictures if picture.caveats))
    credit = " · ".join(dict.fromkeys(line for picture in pictures for line in picture.attribution))
    lines = "Thick lines: places. Thin lines: councils." if len(pictures) > 1 else ""
    if len(pictures) > 1 and any(not picture.outside.is_empty for picture in pictures):
        lines += " Hatched: parts of places outside the system."
    texts = [lines, caveat, f"{words} Boundaries are generalised to 200 metres.", f"{credit}."]
    rows = [row for text in texts if text for row in wrapped(text, WIDTH - 2 * MARGIN, SMALL)]
    first = HEIGHT - MARGIN * 0.6 - (len(rows) - 1) * SMALL * LEADING
    return [Text(tuple(rows), MARGIN, first, SMALL, QUIET)], first - SMALL - 8


def _one(pictures: list[Picture], top: float, bottom: float, *, legend: bool) -> list[Group]:
    (picture,) = pictures
    right = WIDTH - MARGIN - (_LEGEND if legend else 0)
    lines = lines_of(picture)

    def fits(number: int, shape: Any) -> bool:
        return number >= len(picture.places) or name_fits(picture.places[number].name, shape)

    found = layout(picture.shapes, fits, (MARGIN, top, right, bottom))
    groups = panel(picture, lines, found)
    groups.append(Group("scale", tuple(scale_bar(found.whole))))
    if legend:
        words = legend_of(picture, lines, right + 18, top, beyond=_shows_beyond(picture, found.whole))
        groups.append(Group("legend", tuple(words)))
    return groups


def _shows_beyond(picture: Picture, view: View) -> bool:
    """Whether a part of the frame is neither a place nor a council of England."""
    frame = shapely.box(*view.frame)
    ground = shapely.union_all([*view.clipped(picture.land), *view.clipped(picture.shapes)])
    return bool(frame.area - ground.area > _SEEN * frame.area)


def _two(pictures: list[Picture], top: float, bottom: float, *, legend: bool) -> list[Group]:
    wide = (WIDTH - 3 * MARGIN) / 2
    sides = np.array([picture.bounds for picture in pictures])
    bounds = (*sides[:, :2].min(axis=0).tolist(), *sides[:, 2:].max(axis=0).tolist())
    land = shapely.union_all([place.shape for picture in pictures for place in picture.places])
    lines = max(len(picture.places) for picture in pictures)
    end = bottom - (lines * 15 + 14 if legend else 0)
    groups: list[Group] = []
    for number, picture in enumerate(pictures):
        left = MARGIN + number * (wide + MARGIN)
        name = Text((picture.subtitle,), left, top + 8, NAME, INK, bold=True)
        found = Layout(fitted(bounds, (left, top + 18, left + wide, end)).off(land), ())
        groups += panel(picture, lines_of(picture), found, prefix=f"{picture.id}-")
        extra: list[Item] = [name, *scale_bar(found.whole)]
        if legend:
            extra += compact_legend(picture, left, end + 20)
        groups.append(Group(f"{picture.id}-legend", tuple(extra)))
    return groups


def scale_length(metres: float) -> float:
    """The largest of 1, 2 and 5 times a power of ten that is not longer than `metres`."""
    power = 10.0 ** np.floor(np.log10(metres))
    return float(max(step * power for step in (1, 2, 5) if step * power <= metres))


def scale_bar(view: View) -> list[Item]:
    """A scale bar with a north arrow to its right, at the frame's foot."""
    metres = scale_length(130 / view.scale)
    long = metres * view.scale
    end = f"{metres / 1000:g} km"
    wide = long + text_width(end, SMALL) / 2 + 48
    left = view.frame[2] - wide + 2 if view.bar_right else view.frame[0] + 14
    bottom = view.frame[3] - 12
    half = left + long / 2
    plate = shapely.box(left - 8, bottom - 26, left - 8 + wide, bottom + 6)
    tip = left + long + text_width(end, SMALL) / 2 + 18
    arrow = shapely.Polygon([(tip, bottom - 22), (tip + 5, bottom), (tip, bottom - 4), (tip - 5, bottom)])
    return [
        Area(plate, "#ffffff"),
        Area(shapely.box(left, bottom - 4, left + long, bottom), INK),
        Area(shapely.box(half, bottom - 3, left + long - 1, bottom - 1), "#ffffff"),
        Text(("0",), left, bottom - 9, SMALL, INK, anchor="middle"),
        Text((f"{metres / 2000:g}",), half, bottom - 9, SMALL, INK, anchor="middle"),
        Text((end,), left + long, bottom - 9, SMALL, INK, anchor="middle"),
        Area(arrow, INK),
        Text(("N",), tip + 8, bottom - 8, NAME, INK, bold=True),
    ]
