"""The small map of each place: itself, and the places that it borders on as far as they are seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from placemap.outputs.map.outlines import neighbours, simplified
from placemap.outputs.map.svg_paths import NAME_PIXELS, UNIT, Canvas, Label, canvas, labels
from placemap.reference.shapes import Shapes
from placemap.resolve.resolved import ResolvedFootprint

#: How far corners may be simplified, metres: a pixel of the map of a place of usual size.
_METRES = 40
#: Room around a place, as part of its longer side, in which its neighbours are seen.
_MARGIN = 0.22


@dataclass(frozen=True)
class PlaceMap:
    """A map in units of an SVG.

    Attributes:
        path: of the place.
        around: of its neighbours, as far as the map reaches.
        labels: names of the place and of neighbours that have room.
        font: size of names.
        neighbours: positions of the places that it borders on.
    """

    width: int
    height: int
    path: str
    around: list[str]
    labels: list[Label]
    font: int
    neighbours: list[int]


def place_maps(national: ResolvedFootprint, outlines: Shapes) -> list[PlaceMap]:
    """The maps by position of the place.

    Args:
        outlines: by position of the place; they are simplified together, once for all maps.
    """
    shapes = simplified(outlines, _METRES)
    beside: dict[int, list[int]] = {position: [] for position in range(len(shapes))}
    for one, other in sorted(neighbours(national.assignment, national.geography)):
        beside[one].append(other)
        beside[other].append(one)
    names = [place.name for place in national.places]
    return [_map(position, sorted(beside[position]), shapes, names) for position in range(len(shapes))]


def _map(position: int, beside: list[int], shapes: Shapes, names: Sequence[str]) -> PlaceMap:
    west, south, east, north = shapely.bounds(shapes[position]).tolist()
    ground = canvas((west, south, east, north), margin=_MARGIN)
    seen = {other: clipped for other in beside if (clipped := _seen(shapes[other], ground))}
    named = [position, *seen]
    return PlaceMap(
        ground.width,
        ground.height,
        ground.path(shapes[position]),
        [ground.path(shape) for shape in seen.values()],
        labels([names[at] for at in named], [shapes[position], *seen.values()], ground),
        round(NAME_PIXELS * ground.pixel),
        beside,
    )


def _seen(shape: Any, ground: Canvas) -> Any:
    """What of a neighbour lies on the map; None where nothing does."""
    south, east = ground.north - ground.height * UNIT, ground.west + ground.width * UNIT
    found = shapely.clip_by_rect(shape, ground.west, south, east, ground.north)
    parts = [part for part in shapely.get_parts(found).tolist() if part.geom_type == "Polygon" and part.area]
    return shapely.MultiPolygon(parts) if parts else None
