"""What lies inside a map's frame: land around, places, lines, hatches and names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from placemap.outputs.map.drawing import CAPITALS, LEADING, Area, Group, Item, Stroke, Text, extent, wrapped
from placemap.outputs.map.labels import LabelRequest, Placed, fits, ground, leader, names_inside, place_labels
from placemap.outputs.map.picture import MappedPlace, Picture
from placemap.outputs.map.view import Layout, View, main_part

INK, QUIET = "#1a1a1a", "#42484e"
SEA, LAND, LAND_LINE, FRAME = "#f2f5f7", "#e3e6e9", "#f2f5f7", "#b9c0c6"
#: A council's line is quiet, a place's is not.
LINE, COUNCIL_LINE, BORDER = "#7d848b", 0.7, 1.9
_NAME, _COUNCIL = 12.5, 10.8
#: Widest line of a name, pixels, and of one that does not fit into its place so; air around its letters.
_ROOM, _NARROW, _PLATE = 112, 60, 4
#: Names of councils that orient, at most, and those of them that are councils of the places.
_ORIENT, _OWN = 10, 7
#: Pixels between lines of a hatch; an LSOA smaller than this has a ring around it, of that radius.
_GAP, _MISSED, _RING = 5, 40, 5


def HATCH(shape: Any) -> Stroke:  # noqa: N802
    """What marks a part of a place outside the system."""
    return Stroke(_hatch(shape, rising=False), QUIET, 0.6)


def HIGHLIGHT(shape: Any) -> Stroke:  # noqa: N802
    """What marks LSOAs with a low share."""
    return Stroke(_hatch(shape, rising=True), INK, 0.8)


@dataclass(frozen=True)
class Lines:
    """The lines of a map in metres, each once: borders of places, and those of councils that are not such borders."""

    places: Any
    councils: Any


def lines_of(picture: Picture) -> Lines:
    """The lines of a picture."""
    places = _merged([place.shape for place in picture.places])
    councils = shapely.difference(_merged([shape for _, shape in picture.ltlas]), places)
    return Lines(places, shapely.line_merge(councils))


def _merged(shapes: list[Any]) -> Any:
    return shapely.line_merge(shapely.unary_union(shapely.boundary(shapes)))


@dataclass(frozen=True)
class _Names:
    """Names on a view, and the ground that they and their lines take up."""

    items: tuple[Item, ...]
    taken: tuple[Any, ...]


def panel(picture: Picture, lines: Lines, found: Layout, prefix: str = "") -> list[Group]:
    """A map with its insets.

    Args:
        lines: of the picture.
        found: where the map and its insets stand.
        prefix: of ids, where a page has more maps than one.
    """
    frames = [shapely.box(*inset.frame) for inset in found.insets]
    shown = [place for place in picture.places if not _in_inset(place, found)]
    groups = _view(picture, lines, found.whole, shown, prefix, frames)
    for number, inset in enumerate(found.insets, start=1):
        inside = [place for place in picture.places if place not in shown and _within(place, inset)]
        groups += _view(picture, lines, inset, inside, f"{prefix}inset-{number}-", [])
        frame = shapely.box(*inset.frame).exterior
        where = found.whole.on_page(shapely.box(*inset.bounds)).exterior
        groups.append(Group(f"{prefix}inset-{number}-frame", (Stroke(where, INK, 1), Stroke(frame, INK, 1))))
    return groups


def _within(place: MappedPlace, view: View) -> bool:
    return bool(shapely.box(*view.bounds).contains(main_part(place.shape)))


def _in_inset(place: MappedPlace, found: Layout) -> bool:
    return any(_within(place, inset) for inset in found.insets)


def _view(
    picture: Picture, lines: Lines, view: View, named: list[MappedPlace], prefix: str, keep_off: list[Any]
) -> list[Group]:
    frame = shapely.box(*view.frame)
    land = view.clipped(picture.land)
    shapes = view.clipped([place.shape for place in picture.places])
    councils, borders = (shapely.intersection(view.on_page(one), frame) for one in (lines.councils, lines.places))
    names = _place_names(named, view, councils, keep_off, prefix)
    others = _council_names(picture, view, borders, [*keep_off, *names.taken])
    places = [
        _place(place, shape, prefix) for place, shape in zip(picture.places, shapes, strict=True) if not shape.is_empty
    ]
    return [
        Group(
            f"{prefix}surroundings",
            (
                Area(frame, SEA),
                Area(shapely.MultiPolygon(shapely.get_parts(land).tolist()), LAND),
                Stroke(_borders(land, frame), LAND_LINE, 1),
            ),
        ),
        Group(f"{prefix}places", tuple(places)),
        Group(f"{prefix}marks", tuple(_marks(picture, view))),
        Group(f"{prefix}council-boundaries", (Stroke(councils, LINE, COUNCIL_LINE),)),
        Group(f"{prefix}place-boundaries", (Stroke(borders, INK, BORDER),)),
        Group(f"{prefix}frame", (Stroke(frame.exterior, FRAME, 1),)),
        Group(f"{prefix}council-names", tuple(others)),
        Group(f"{prefix}place-names", names.items),
    ]


def _place(place: MappedPlace, shape: Any, prefix: str) -> Area:
    people = f"{place.name}: {place.residents:,.0f} residents"
    return Area(shape, place.colour, id=f"{prefix}place-{place.id}", title=people)


def _union(shapes: Any) -> Any:
    return shapely.MultiPolygon([part for part in shapely.get_parts(shapes).tolist() if not part.is_empty])


def _borders(shapes: Any, frame: Any) -> Any:
    """The borders of clipped shapes, each line once although two shapes share it, without the frame's own."""
    return shapely.intersection(shapely.line_merge(shapely.unary_union(shapely.boundary(shapes))), frame.buffer(-0.01))


def _marks(picture: Picture, view: View) -> list[Item]:
    marks: list[Item] = []
    (outside,) = view.clipped([picture.outside])
    if not outside.is_empty:
        marks.append(HATCH(outside))
    low = [shape for shape in view.clipped(picture.highlighted) if not shape.is_empty]
    for shape in low:
        marks += [HIGHLIGHT(shape), Stroke(shape.boundary, INK, 0.7)]
    small = [shapely.point_on_surface(shape).buffer(_RING).exterior for shape in low if shape.area < _MISSED]
    if small:
        marks.append(Stroke(shapely.MultiLineString(small), INK, 1))
    return marks


def _hatch(shape: Any, *, rising: bool) -> Any:
    """Slanting lines across a shape."""
    west, north, east, south = shape.bounds
    high, step = south - north, _GAP * 2**0.5
    # Lines start at whole steps of the page, so that they run on from shape to shape.
    first = np.floor((west - high) / step) * step
    starts = np.arange(first, east + high, step)
    ends = (south, north) if rising else (north, south)
    lines = shapely.MultiLineString([[(x, ends[0]), (x + high, ends[1])] for x in starts.tolist()])
    return shapely.intersection(lines, shape)


def _place_names(named: list[MappedPlace], view: View, councils: Any, keep_off: list[Any], prefix: str) -> _Names:
    shapes = view.on_page([place.shape for place in named])
    texts = [name_lines(place.name, shape) for place, shape in zip(named, shapes, strict=True)]
    wanted = [_request(shape, lines, _NAME, bold=True) for shape, lines in zip(shapes, texts, strict=True)]
    left, top, right, bottom = view.frame
    inside = (left + 2, top + 2, right - 2, bottom - 2)
    scale = shapely.box(left, bottom - 40, left + 190, bottom)
    items: list[Item] = []
    taken: list[Any] = []
    for place, lines, request, found in zip(
        named, texts, wanted, place_labels(wanted, inside, [*keep_off, scale]), strict=True
    ):
        if found:
            taken.append(ground(found, request))
            items += _name(place, lines, request, found, councils, prefix)
    return _Names(tuple(items), tuple(taken))


def name_lines(name: str, shape: Any) -> tuple[str, ...]:
    """A place's name in lines, shorter ones where it fits into the place only so.

    Args:
        shape: of the place on the page.
    """
    usual, narrow = (wrapped(name, room, _NAME, bold=True) for room in (_ROOM, _NARROW))
    return narrow if narrow != usual and not name_fits(shape, usual) and name_fits(shape, narrow) else usual


def name_fits(shape: Any, lines: tuple[str, ...]) -> bool:
    """Whether a place's name lies inside the place somewhere."""
    return fits(_request(shape, lines, _NAME, bold=True))


def _request(shape: Any, lines: tuple[str, ...], size: float, *, bold: bool = False) -> LabelRequest:
    wide, high = extent(lines, size, bold=bold)
    return LabelRequest(shape, wide + _PLATE, high + _PLATE)


def _name(
    place: MappedPlace, lines: tuple[str, ...], request: LabelRequest, found: Placed, councils: Any, prefix: str
) -> list[Item]:
    plate = shapely.box(
        found.x - request.width / 2,
        found.y - request.height / 2,
        found.x + request.width / 2,
        found.y + request.height / 2,
    )
    items: list[Item] = []
    line = leader(found, request)
    if line is not None:
        items += [Stroke(line, INK, 0.9), Area(shapely.Point(found.anchor).buffer(2.2), INK), Area(plate, "#ffffff")]
    elif shapely.intersects(councils, plate):
        items.append(Area(plate, place.colour))
    return [*items, _text(lines, found, _NAME, INK, f"{prefix}name-{place.id}", bold=True)]


def _text(
    lines: tuple[str, ...], found: Placed, size: float, colour: str, name: str = "", *, bold: bool = False
) -> Text:
    first = found.y - (len(lines) - 1) * size * LEADING / 2 + size * CAPITALS / 2
    return Text(lines, found.x, first, size, colour, bold=bold, anchor="middle", id=name)


def _council_names(picture: Picture, view: View, borders: Any, taken: list[Any]) -> list[Item]:
    """Names of councils in and around the places, as far as there is room."""
    known = " ".join(place.name for place in picture.places)
    own = [(name, shape) for name, shape in picture.ltlas if name not in known]
    own = [(name, view.on_page(shape)) for name, shape in sorted(own, key=lambda pair: (-pair[1].area, pair[0]))]
    places = shapely.union_all(view.on_page([place.shape for place in picture.places]))
    around = shapely.difference(view.clipped([shape for _, shape in picture.neighbours]), places)
    seen = [(name, _largest(shape)) for (name, _), shape in zip(picture.neighbours, around, strict=True)]
    beyond = sorted(((n, s) for n, s in seen if not s.is_empty), key=lambda pair: (-pair[1].area, pair[0]))
    left, top, right, bottom = view.frame
    inside = (left + 2, top + 2, right - 2, bottom - 2)
    taken = [*taken, borders, shapely.box(left, bottom - 40, left + 190, bottom)]
    items: list[Item] = []
    for names, most, colour in ((own, _OWN, INK), (beyond, _ORIENT, QUIET)):
        texts = [wrapped(name, _ROOM, _COUNCIL) for name, _ in names]
        wanted = [_request(shape, lines, _COUNCIL) for (_, shape), lines in zip(names, texts, strict=True)]
        found = names_inside(wanted, inside, taken, most - len(items))
        taken += [ground(spot, request) for spot, request in zip(found, wanted, strict=True) if spot]
        items += [_text(lines, spot, _COUNCIL, colour) for lines, spot in zip(texts, found, strict=True) if spot]
    return items


def _largest(shape: Any) -> Any:
    parts = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
    return max(parts, key=lambda part: part.area, default=shapely.Polygon())
