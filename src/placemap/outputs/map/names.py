"""Names of places and councils on a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from placemap.outputs.map.drawing import CAPITALS, INK, LEADING, QUIET, Area, Item, Stroke, Text, extent, wrapped
from placemap.outputs.map.labels import LabelRequest, Placed, box_of, fits, ground, leader, names_inside, place_labels
from placemap.outputs.map.lines import Lines
from placemap.outputs.map.picture import MappedPlace, Picture
from placemap.outputs.map.view import Box, View, main_part

#: Sizes of letters in pixels, of a name that fits into its place only so, and of councils.
_NAME, _SMALLER, _COUNCIL = 12.5, 10.8, 10.8
#: Widest line of a name, pixels, and of one that does not fit into its place so, the widest first; of a council's.
_ROOMS, _ROOM = (112, 96, 80, 60), 112
#: Air around letters.
_AIR = 4
#: Names of councils that orient, at most, and those of them that are councils of the places.
_ORIENT, _OWN = 10, 7
_LEADER, _DOT = 0.9, 2.2


@dataclass(frozen=True)
class Names:
    """Names on a map, and the ground that they and their lines take up."""

    items: tuple[Item, ...]
    taken: tuple[Any, ...]


def place_names(
    named: list[MappedPlace],
    view: View,
    lines: Lines,
    keep_off: list[Any],
    prefix: str,
    *,
    others: Sequence[MappedPlace],
    drawn: Sequence[Any] = (),
) -> Names:
    """Names of places, none on another, nor on `keep_off`.

    Args:
        prefix: of their ids.
        others: places that are named elsewhere.
        drawn: lines that names stay off.
    """
    shapes = view.on_page([place.shape for place in named])
    texts = [_set(place.name, shape) for place, shape in zip(named, shapes, strict=True)]
    wanted = [request_of(shape, text, size, bold=True) for shape, (text, size) in zip(shapes, texts, strict=True)]
    around = view.clipped([place.shape for place in others]).tolist()
    spots = place_labels(wanted, inner(view), keep_off, around, drawn)
    councils = lines.councils_on(view)
    items: list[Item] = []
    taken: list[Any] = []
    for place, (text, size), request, spot in zip(named, texts, wanted, spots, strict=True):
        if spot:
            taken.append(ground(spot, request))
            items += _stand(place, request, spot, councils)
            items.append(text_at(text, spot, size, INK, f"{prefix}name-{place.id}", bold=True))
    return Names(tuple(items), tuple(taken))


def _set(name: str, shape: Any) -> tuple[tuple[str, ...], float]:
    """A place's name in lines, and its size: shorter ones, then smaller ones, where it fits into the place only so.

    Args:
        shape: of the place on the page.
    """
    tries = [(wrapped(name, room, size, bold=True), size) for size in (_NAME, _SMALLER) for room in _ROOMS]
    return next((found for found in dict.fromkeys(tries) if _fits(shape, *found)), tries[0])


def name_fits(name: str, shape: Any) -> bool:
    """Whether a place's name lies inside the place somewhere, at its usual size."""
    tries = dict.fromkeys(wrapped(name, room, _NAME, bold=True) for room in _ROOMS)
    return any(_fits(shape, text, _NAME) for text in tries)


def _fits(shape: Any, text: tuple[str, ...], size: float) -> bool:
    return fits(request_of(shape, text, size, bold=True))


def council_names(picture: Picture, view: View, lines: Lines, taken: list[Any]) -> tuple[Item, ...]:
    """Names of councils in and around the places, the largest first, as far as there is room."""
    busy = [*taken, lines.places_on(view), lines.above_on(view)]
    items: list[Item] = []
    for councils, most, colour in ((_own(picture, view), _OWN, INK), (_around(picture, view), _ORIENT, QUIET)):
        texts = [wrapped(name, _ROOM, _COUNCIL) for name, _ in councils]
        wanted = [request_of(shape, text, _COUNCIL) for (_, shape), text in zip(councils, texts, strict=True)]
        spots = names_inside(wanted, inner(view), busy, most - len(items))
        busy += [ground(spot, request) for spot, request in zip(spots, wanted, strict=True) if spot]
        items += [text_at(text, spot, _COUNCIL, colour) for text, spot in zip(texts, spots, strict=True) if spot]
    return tuple(items)


def _own(picture: Picture, view: View) -> list[tuple[str, Any]]:
    """Councils of the places, less those that a place's name names already."""
    named = [*(place.name for place in picture.places), *(place.name for place in picture.above)]
    said = [_plain(name) for name in named]
    fresh = [(name, shape) for name, shape in picture.ltlas if not any(_alike(_plain(name), one) for one in said)]
    return _by_size([(name, view.on_page(shape)) for name, shape in fresh])


def _plain(name: str) -> str:
    return name.casefold().replace(".", "")


def _alike(council: str, place: str) -> bool:
    return council in place or place in council


def _around(picture: Picture, view: View) -> list[tuple[str, Any]]:
    places = shapely.union_all(view.on_page(picture.shapes))
    seen = shapely.difference(view.clipped([shape for _, shape in picture.neighbours]), places)
    names = (name for name, _ in picture.neighbours)
    return _by_size([(name, main_part(shape)) for name, shape in zip(names, seen, strict=True) if not shape.is_empty])


def _by_size(councils: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return sorted(councils, key=lambda pair: (-pair[1].area, pair[0]))


def inner(view: View) -> Box:
    """What of a frame names may stand in."""
    left, top, right, bottom = view.frame
    return left + 2, top + 2, right - 2, bottom - 2


def request_of(shape: Any, text: tuple[str, ...], size: float, *, bold: bool = False) -> LabelRequest:
    """A label for some lines of text."""
    wide, high = extent(text, size, bold=bold)
    return LabelRequest(shape, wide + _AIR, high + _AIR)


def _stand(place: MappedPlace, request: LabelRequest, spot: Placed, councils: Any) -> list[Item]:
    """What a name stands on: a plate with a line to its place, or what hides a council's line inside it."""
    line, plate = leader(spot, request), box_of(spot, request)
    if line is not None:
        dot = shapely.Point(spot.anchor).buffer(_DOT)
        return [Stroke(line, INK, _LEADER), Area(dot, INK), Area(plate, "#ffffff")]
    return [Area(plate, place.colour)] if shapely.intersects(councils, plate) else []


def text_at(
    text: tuple[str, ...], spot: Placed, size: float, colour: str, name: str = "", *, bold: bool = False
) -> Text:
    """Lines of text, their middle at a spot."""
    first = spot.y - (len(text) - 1) * size * LEADING / 2 + size * CAPITALS / 2
    return Text(text, spot.x, first, size, colour, bold=bold, anchor="middle", id=name)
