"""What lies inside a map's frame: land around, places, lines, hatches and names."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from placemap.outputs.map.drawing import INK, QUIET, Area, Group, Item, Stroke
from placemap.outputs.map.lines import Lines
from placemap.outputs.map.names import council_names, place_names
from placemap.outputs.map.picture import MappedPlace, Picture
from placemap.outputs.map.tier_names import names_of_tier
from placemap.outputs.map.view import Layout, View, main_part

SEA, LAND, LAND_LINE, FRAME = "#f2f5f7", "#e3e6e9", "#f2f5f7", "#b9c0c6"
#: A council's line is quiet, a place's is not.
LINE, COUNCIL_LINE, BORDER = "#7d848b", 0.7, 1.9
#: On a map of two tiers: the borders of the finer and of the one above, and what of that has no finer places.
BORDER_WITHIN, BORDER_ABOVE, UNDIVIDED = 1.2, 3.4, "#ffffff"
#: Pixels between lines of a hatch; an LSOA with fewer square pixels has a ring around it, of that radius.
_GAP, _MISSED, _RING = 5, 40, 5


def border_of(picture: Picture) -> float:
    """How wide the borders of a picture's places are, pixels."""
    return BORDER_WITHIN if picture.above else BORDER


def hatched(shape: Any) -> Stroke:
    """What marks a part of a place outside the system."""
    return Stroke(_hatch(shape, rising=False), QUIET, 0.6)


def highlighted(shape: Any) -> Stroke:
    """What marks LSOAs with a low share."""
    return Stroke(_hatch(shape, rising=True), INK, 0.8)


def panel(picture: Picture, lines: Lines, found: Layout, prefix: str = "") -> list[Group]:
    """A map with its insets.

    Args:
        lines: of the picture.
        found: where the map and its insets stand.
        prefix: of ids, where a page has more maps than one.
    """
    frames = [*(shapely.box(*inset.frame) for inset in found.insets), found.whole.scale_bar]
    shown = [place for place in picture.places if not _in_inset(place, found)]
    groups = _view(picture, lines, found.whole, prefix)
    cut = [found.whole.on_page(shapely.box(*inset.bounds)).exterior for inset in found.insets]
    elsewhere = [place for place in picture.places if place not in shown]
    named = [*shown, *_as_places(picture)]
    names = place_names(named, found.whole, lines, frames, prefix, others=elsewhere, drawn=cut)
    busy = [*frames, *cut, *names.taken]
    tier = names_of_tier(picture, found.whole, lines, busy)
    councils = council_names(picture, found.whole, lines, [*busy, *tier.taken])
    groups += [Group(f"{prefix}council-names", councils), Group(f"{prefix}place-names", names.items)]
    groups += [Group(f"{prefix}tier-names", tier.items)] if tier.items else []
    for number, inset in enumerate(found.insets, start=1):
        inside = [place for place in elsewhere if _within(place, inset)]
        others = [place for place in picture.places if place not in inside]
        part = f"{prefix}inset-{number}-"
        groups += _view(picture, lines, inset, part)
        groups.append(Group(f"{part}place-names", place_names(inside, inset, lines, [], part, others=others).items))
        frame = shapely.box(*inset.frame).exterior
        where = found.whole.on_page(shapely.box(*inset.bounds)).exterior
        groups.append(Group(f"{part}frame-line", (Stroke(where, INK, 1), Stroke(frame, INK, 1))))
    return groups


def _as_places(picture: Picture) -> list[MappedPlace]:
    """Those of the tier above that have no finer places, in capitals as that tier is, to be named as places are."""
    return [
        MappedPlace(f"above-{number}", place.name.upper(), UNDIVIDED, place.shape, 0, place.residents)
        for number, place in enumerate(picture.undivided, start=1)
    ]


def _within(place: MappedPlace, view: View) -> bool:
    return bool(shapely.box(*view.bounds).contains(main_part(place.shape)))


def _in_inset(place: MappedPlace, found: Layout) -> bool:
    return any(_within(place, inset) for inset in found.insets)


def _view(picture: Picture, lines: Lines, view: View, prefix: str) -> list[Group]:
    """All but the words."""
    frame = shapely.box(*view.frame)
    shapes = view.clipped([place.shape for place in picture.places])
    places = [
        _place(place, shape, prefix) for place, shape in zip(picture.places, shapes, strict=True) if not shape.is_empty
    ]
    return [
        Group(f"{prefix}surroundings", _surroundings(view.clipped(picture.land), frame)),
        *_undivided(picture, view, prefix),
        Group(f"{prefix}places", tuple(places)),
        Group(f"{prefix}marks", tuple(_marks(picture, view))),
        Group(f"{prefix}council-boundaries", (Stroke(lines.councils_on(view), LINE, COUNCIL_LINE),)),
        Group(f"{prefix}place-boundaries", (Stroke(lines.places_on(view), INK, border_of(picture)),)),
        *_above(lines, view, prefix),
        Group(f"{prefix}frame", (Stroke(frame.exterior, FRAME, 1),)),
    ]


def _undivided(picture: Picture, view: View, prefix: str) -> list[Group]:
    """The ground of those of the tier above that have no finer places."""
    shapes = view.clipped([place.shape for place in picture.undivided])
    items = [
        Area(shape, UNDIVIDED, title=f"{place.name}: {place.residents:,.0f} residents, not divided")
        for place, shape in zip(picture.undivided, shapes, strict=True)
        if not shape.is_empty
    ]
    return [Group(f"{prefix}undivided", tuple(items))] if items else []


def _above(lines: Lines, view: View, prefix: str) -> list[Group]:
    """The borders of the tier above, where the map shows one."""
    if lines.above.is_empty:
        return []
    return [Group(f"{prefix}tier-boundaries", (Stroke(lines.above_on(view), INK, BORDER_ABOVE),))]


def _surroundings(land: Any, frame: Any) -> tuple[Item, ...]:
    whole = shapely.MultiPolygon([part for part in shapely.get_parts(land).tolist() if not part.is_empty])
    return Area(frame, SEA), Area(whole, LAND), Stroke(_borders(land, frame), LAND_LINE, 1)


def _place(place: MappedPlace, shape: Any, prefix: str) -> Area:
    people = f"{place.name}: {place.residents:,.0f} residents"
    return Area(shape, place.colour, id=f"{prefix}place-{place.id}", title=people)


def _borders(shapes: Any, frame: Any) -> Any:
    """The borders of clipped shapes, each line once although two shapes share it, without the frame's own."""
    return shapely.intersection(shapely.line_merge(shapely.unary_union(shapely.boundary(shapes))), frame.buffer(-0.01))


def _marks(picture: Picture, view: View) -> list[Item]:
    marks: list[Item] = []
    (outside,) = view.clipped([picture.outside])
    if not outside.is_empty:
        marks.append(hatched(outside))
    low = [shape for shape in view.clipped(picture.highlighted) if not shape.is_empty]
    for shape in low:
        marks += [highlighted(shape), Stroke(shape.boundary, INK, 0.7)]
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
