"""Shapes → path data of SVG, in whole units of ten metres with north up, and where labels stand on such a map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

from placemap.outputs.map.labels import anchor, leader, place_labels
from placemap.outputs.map.setting import request_of, set_name

#: Metres a unit. Boundaries are generalised to 200 m, so ten metres lose nothing that can be seen.
UNIT = 10
#: A nominal map is so many pixels wide, and its words have a size.
_PIXELS, NAME_PIXELS = 860, 13.5


@dataclass(frozen=True)
class Canvas:
    """A map's ground: its north-west corner in metres, its size in units."""

    west: float
    north: float
    width: int
    height: int

    @property
    def pixel(self) -> float:
        """Units a pixel on a map of nominal width."""
        return max(self.width / _PIXELS, self.height / _PIXELS)

    def x(self, easting: Any) -> Any:
        """Units from the left."""
        return np.round((np.asarray(easting) - self.west) / UNIT).astype(int)

    def y(self, northing: Any) -> Any:
        """Units from the top."""
        return np.round((self.north - np.asarray(northing)) / UNIT).astype(int)

    def path(self, shape: Any) -> str:
        """Path data of a polygon or multipolygon, steps relative and as short as they can be written."""
        rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
        return "".join(self._ring(shapely.get_coordinates(ring)) for ring in rings)

    def _ring(self, corners: Any) -> str:
        points = np.column_stack([self.x(corners[:, 0]), self.y(corners[:, 1])])[:-1]
        steps = np.diff(points, axis=0)
        moves = [f"{dx} {dy}" for dx, dy in steps.tolist() if dx or dy]
        return f"M{points[0][0]} {points[0][1]}l{' '.join(moves)}z".replace(" -", "-")


def canvas(bounds: tuple[float, float, float, float], margin: float = 0.08) -> Canvas:
    """The ground for shapes of these bounds (west, south, east, north), with a margin for labels."""
    west, south, east, north = bounds
    air = max(east - west, north - south) * margin
    width, height = round((east - west + 2 * air) / UNIT), round((north - south + 2 * air) / UNIT)
    return Canvas(west - air, north + air, width, height)


@dataclass(frozen=True)
class Label:
    """A label on a canvas: its lines, the middle of its text, and the line from its place to its edge, if any."""

    lines: tuple[str, ...]
    x: int
    y: int
    leader: tuple[tuple[int, int], ...] | None


def labels(names: list[str], shapes: list[Any], ground: Canvas) -> list[Label]:
    """Names of places where they fit, none on another."""
    pixel = ground.pixel * UNIT
    texts = [set_name(name, shape, [NAME_PIXELS], pixel)[0] for name, shape in zip(names, shapes, strict=True)]
    wanted = [
        request_of(shape, text, NAME_PIXELS, bold=True, pixel=pixel) for shape, text in zip(shapes, texts, strict=True)
    ]
    south = ground.north - ground.height * UNIT
    frame = (ground.west, south, ground.west + ground.width * UNIT, ground.north)
    return [
        Label(
            lines,
            int(ground.x(found.x)),
            int(ground.y(found.y)),
            _points(leader(found, label), ground),
        )
        for lines, label, found in zip(texts, wanted, place_labels(wanted, frame), strict=True)
        if found
    ]


def _points(line: Any, ground: Canvas) -> tuple[tuple[int, int], ...] | None:
    return None if line is None else tuple((int(ground.x(x)), int(ground.y(y))) for x, y in line.coords)


def numbers(shapes: list[Any], ground: Canvas) -> list[tuple[int, int]]:
    """Where a place's number stands: the middle of its largest part."""
    points = [anchor(shape) for shape in shapes]
    return [(int(ground.x(point.x)), int(ground.y(point.y))) for point in points]
