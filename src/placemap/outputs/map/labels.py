"""Where labels go on a map: inside what they name where they fit, else beside it with a line, never on each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

#: A label stands in its place when at least this part of it lies inside.
_INSIDE = 0.85
#: Candidates a side of the grid that is laid over a place.
_GRID = 25
#: Directions and distances (in label heights) that are tried for a label beside its place.
_DIRECTIONS, _DISTANCES = 24, 24


@dataclass(frozen=True)
class LabelRequest:
    """A label to be placed.

    Attributes:
        shape: what it names.
        width, height: of the text, in the units of the shape.
        optional: leave it out rather than put it beside what it names.
    """

    shape: Any
    width: float
    height: float
    optional: bool = False


@dataclass(frozen=True)
class Placed:
    """Where a label goes: its middle, and where its line ends (None where it needs no line)."""

    x: float
    y: float
    anchor: tuple[float, float] | None


def place_labels(wanted: list[LabelRequest], frame: tuple[float, float, float, float]) -> list[Placed | None]:
    """Where each label goes; None for an optional one without room.

    Labels that fit into what they name are put there first, the others then find the nearest free spot off the map's
    shapes, or, where there is none, on them.

    Args:
        wanted: labels in order of weight.
        frame: west, south, east, north that labels must stay in.
    """
    taken: list[Any] = []
    result: list[Placed | None] = [None] * len(wanted)
    land = shapely.union_all([label.shape for label in wanted if not label.optional])
    bounds = shapely.box(*frame)

    def place(numbers: list[int], find: Callable[[LabelRequest], Placed | None]) -> None:
        for number in numbers:
            found = find(wanted[number])
            if found:
                result[number] = found
                taken.append(_ground(found, wanted[number]))

    needed = [number for number, label in enumerate(wanted) if not label.optional]
    place(needed, lambda label: _inside(label, taken, bounds))
    place([number for number in needed if result[number] is None], lambda label: _beside(label, land, taken, bounds))
    place([n for n, label in enumerate(wanted) if label.optional], lambda label: _inside(label, taken, bounds))
    return result


def anchor(shape: Any) -> Any:
    """The middle of the largest circle inside the largest part of a shape."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    line = shapely.maximum_inscribed_circle(largest, tolerance=max(1.0, largest.length / 2000))
    return shapely.Point(line.coords[0])


def _ground(found: Placed, label: LabelRequest) -> Any:
    """What a placed label takes up, its line included."""
    box = _boxes(found.x, found.y, label)
    return shapely.union(box, shapely.LineString([(found.x, found.y), found.anchor])) if found.anchor else box


def _boxes(x: Any, y: Any, label: LabelRequest) -> Any:
    return shapely.box(x - label.width / 2, y - label.height / 2, x + label.width / 2, y + label.height / 2)


def _inside(label: LabelRequest, taken: list[Any], bounds: Any) -> Placed | None:
    """The spot nearest to the middle of the shape where the label lies inside it."""
    middle = anchor(label.shape)
    west, south, east, north = label.shape.bounds
    x, y = (grid.ravel() for grid in np.meshgrid(np.linspace(west, east, _GRID), np.linspace(south, north, _GRID)))
    x, y = np.append(middle.x, x), np.append(middle.y, y)
    boxes = _boxes(x, y, label)
    part = shapely.area(shapely.intersection(boxes, label.shape)) / (label.width * label.height)
    free = (part >= _INSIDE) & _free(boxes, taken, bounds)
    if not free.any():
        return None
    cost = np.hypot(x - middle.x, y - middle.y) + 4 * (1 - part) * label.width
    best = int(np.flatnonzero(free)[np.argmin(cost[free])])
    return Placed(float(x[best]), float(y[best]), None)


def _beside(label: LabelRequest, land: Any, taken: list[Any], bounds: Any) -> Placed | None:
    """The nearest free spot around the shape, off all shapes where there is one."""
    middle = anchor(label.shape)
    angle, distance = (
        grid.ravel()
        for grid in np.meshgrid(
            np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS, np.arange(1, _DISTANCES + 1) * label.height
        )
    )
    x = middle.x + np.cos(angle) * (distance + label.width / 2)
    y = middle.y + np.sin(angle) * (distance + label.height / 2)
    boxes = _boxes(x, y, label)
    free = _free(boxes, taken, bounds)
    if not free.any():
        return None
    covered = shapely.area(shapely.intersection(boxes, land)) / (label.width * label.height)
    cost = distance + np.where(covered > 0, 8 + 8 * covered, 0) * label.height
    best = int(np.flatnonzero(free)[np.argmin(cost[free])])
    return Placed(float(x[best]), float(y[best]), (middle.x, middle.y))


def _free(boxes: Any, taken: list[Any], bounds: Any) -> Any:
    free = shapely.within(boxes, bounds)
    for other in taken:
        free &= ~shapely.intersects(boxes, other)
    return free
