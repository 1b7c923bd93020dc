"""Where labels go on a map: inside what they name where they fit, else beside it with a line, never on each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely

#: Candidates a side of the grid that is laid over a place.
_GRID = 25
#: Directions and distances (in halves of a label's height) that are tried for a label beside its place.
_DIRECTIONS, _DISTANCES = 32, 60
#: What a label on some place, on another than its own (it may be taken for that one's), or a line across one costs,
#: in label heights of distance; and each step of the line on another place beside a step off it.
_ON_LAND, _ON_OTHERS, _ACROSS, _ALONG = 12, 12, 6, 3
#: What a label without room costs: more than any that has some.
_NO_ROOM = 1e12
#: Spots whose lines are measured in one go, the most promising first.
_SOME = 32
#: How far from what it names a label without a line may stand, in label heights.
_ALONGSIDE = 1.2
#: How near a line may come to a label, in label heights.
_CLEAR = 0.25


@dataclass(frozen=True)
class LabelRequest:
    """A label to be placed.

    Attributes:
        shape: what it names.
        width, height: of the text with air around it, in the units of the shape.
    """

    shape: Any
    width: float
    height: float


@dataclass(frozen=True)
class Placed:
    """Where a label goes: its middle, where its line ends (None where it needs none), and how far from ideal it is."""

    x: float
    y: float
    anchor: tuple[float, float] | None
    cost: float = 0.0


def place_labels(
    wanted: list[LabelRequest],
    frame: tuple[float, float, float, float],
    taken: Sequence[Any] = (),
    others: Sequence[Any] = (),
    drawn: Sequence[Any] = (),
) -> list[Placed | None]:
    """Where each label goes; None where there is no room in the frame at all.

    Labels that fit into what they name are put there first, the others then find the nearest free spot off the map's
    shapes, or, where there is none, on them. No label lies on another, nor on another's line; no lines cross.

    Args:
        wanted: labels in order of weight.
        frame: west, south, east, north that labels must stay in.
        taken: shapes that labels and their lines must stay off.
        others: shapes without a label that labels should stay off.
        drawn: lines that labels must stay off, and that their own lines may cross.
    """
    busy = list(taken)
    bounds = shapely.box(*frame)
    inside = [_put(label, _inside(label, [*busy, *drawn], bounds), busy) for label in wanted]
    # Labels are too large to tell the fine corners of a coast.
    fine = min((label.height for label in wanted), default=0.0) / 10
    shapes = [*(label.shape for label in wanted), *others]
    land = shapely.union_all([shapely.simplify(shape, fine) for shape in shapes])
    shapely.prepare(land)
    order = [number for number, found in enumerate(inside) if found is None]

    around = {number: _spots(wanted[number], land, busy, drawn, bounds) for number in order}

    def beside() -> dict[int, Placed | None]:
        now: list[Any] = []
        return {n: _put(wanted[n], _beside(wanted[n], around[n], now), now) for n in order}

    tries = [beside()]
    for _ in order:
        # Who found no room, or the worst, chooses first.
        worst = sorted(order, key=lambda number: -_cost(tries[-1][number]))
        first = [number for number in worst if tries[-1][number] is None] or worst[:1]
        again = [*first, *(number for number in order if number not in first)]
        if again == order:
            break
        order = again
        tries.append(beside())
    spots = min(tries, key=lambda found: sum(map(_cost, found.values())))
    return [found or spots[number] for number, found in enumerate(inside)]


def _cost(found: Placed | None) -> float:
    return _NO_ROOM if found is None else found.cost


def names_inside(
    wanted: list[LabelRequest], frame: tuple[float, float, float, float], taken: Sequence[Any], most: int
) -> list[Placed | None]:
    """Where labels go that are left out where they do not fit into what they name; `most` of them."""
    busy = list(taken)
    bounds = shapely.box(*frame)
    result: list[Placed | None] = []
    for label in wanted:
        room = len(result) - result.count(None) < most
        result.append(_put(label, _inside(label, busy, bounds), busy) if room else None)
    return result


def labels_along(
    label: LabelRequest, frame: tuple[float, float, float, float], taken: Sequence[Any], others: Any
) -> Placed | None:
    """The spot for a label just outside what it names, nearer to that than to anything else; None where none is free.

    Args:
        label: the label. Its line is left out: what it names is beside it.
        frame: what it must stay in.
        taken: what it must stay off, what it names and the rest of the map's shapes among it.
        others: shapes that it could be taken to name.
    """
    west, south, east, north = label.shape.bounds
    reach = _ALONGSIDE * label.height
    across = np.arange(west - reach - label.width / 2, east + reach + label.width / 2, label.height / 2)
    down = np.arange(south - reach - label.height / 2, north + reach + label.height / 2, label.height / 3)
    x, y = (grid.ravel() for grid in np.meshgrid(across, down))
    boxes = _boxes(x, y, label)
    free = np.flatnonzero(_free(boxes, list(taken), shapely.box(*frame)))
    shape = shapely.simplify(label.shape, label.height / 10)
    away = shapely.distance(shape, boxes[free])
    near = away < reach
    free, away = free[near], away[near]
    rest = shapely.union_all(shapely.simplify(others, label.height / 10))
    if len(others):
        clear = shapely.distance(rest, boxes[free]) > 1.5 * away
        free, away = free[clear], away[clear]
    if not len(free):
        return None
    middle = anchor(label.shape)
    best = int(free[np.argmin(away + np.hypot(x[free] - middle.x, y[free] - middle.y) / 5)])
    return Placed(float(x[best]), float(y[best]), None)


def _put(label: LabelRequest, found: Placed | None, busy: list[Any]) -> Placed | None:
    if found:
        busy.append(ground(found, label))
    return found


def fits(label: LabelRequest) -> bool:
    """Whether a label lies inside what it names somewhere."""
    return _inside(label, [], shapely.box(*label.shape.bounds)) is not None


def anchor(shape: Any) -> Any:
    """The middle of the largest circle inside the largest part of a shape."""
    largest = max(shapely.get_parts(shape), key=lambda part: part.area)
    line = shapely.maximum_inscribed_circle(largest, tolerance=largest.length / 2000)
    return shapely.Point(line.coords[0])


def ground(found: Placed, label: LabelRequest) -> Any:
    """What a placed label takes up, its line included."""
    box, line = box_of(found, label), leader(found, label)
    return box if line is None else shapely.GeometryCollection([box, line])


def leader(found: Placed, label: LabelRequest) -> Any:
    """The line from what a label names to the label's edge; None where it needs none."""
    if found.anchor is None:
        return None
    return shapely.shortest_line(shapely.Point(found.anchor), box_of(found, label))


def box_of(found: Placed, label: LabelRequest) -> Any:
    """The ground of a placed label without its line."""
    return _boxes(found.x, found.y, label)


def _boxes(x: Any, y: Any, label: LabelRequest) -> Any:
    return shapely.box(x - label.width / 2, y - label.height / 2, x + label.width / 2, y + label.height / 2)


def _inside(label: LabelRequest, taken: list[Any], bounds: Any) -> Placed | None:
    """The spot nearest to the middle of the shape where the label lies inside it."""
    west, south, east, north = label.shape.bounds
    if label.width > east - west or label.height > north - south:
        return None
    middle = anchor(label.shape)
    x, y = (grid.ravel() for grid in np.meshgrid(np.linspace(west, east, _GRID), np.linspace(south, north, _GRID)))
    x, y = np.append(middle.x, x), np.append(middle.y, y)
    boxes = _boxes(x, y, label)
    shapely.prepare(label.shape)
    free = shapely.contains(label.shape, boxes)
    free[free] = _free(boxes[free], taken, bounds)
    if not free.any():
        return None
    best = int(np.flatnonzero(free)[np.argmin(np.hypot(x - middle.x, y - middle.y)[free])])
    return Placed(float(x[best]), float(y[best]), None)


@dataclass(frozen=True)
class _Spots:
    """Spots for a label around the shape that it names, where nothing lay before other labels were put beside theirs.

    Attributes:
        middle: of the shape, where lines start.
        x, y, boxes: by spot, where the label stands. lines: to it. distance: of it.
        others: what lines should not cross.
        ground: what a spot costs for what it lies on, in heights of the label.
    """

    middle: Any
    x: Any
    y: Any
    boxes: Any
    lines: Any
    distance: Any
    others: Any
    ground: Any


def _spots(label: LabelRequest, land: Any, taken: list[Any], drawn: Sequence[Any], bounds: Any) -> _Spots:
    """Spots around the shape with a free way to them."""
    middle = anchor(label.shape)
    angle, distance = (
        grid.ravel()
        for grid in np.meshgrid(
            np.arange(_DIRECTIONS) * 2 * np.pi / _DIRECTIONS, np.arange(1, _DISTANCES + 1) * label.height / 2
        )
    )
    x = middle.x + np.cos(angle) * (distance + label.width / 2)
    y = middle.y + np.sin(angle) * (distance + label.height / 2)
    boxes = _boxes(x, y, label)
    free = np.flatnonzero(_free(boxes, [*taken, *drawn], bounds))
    lines = shapely.shortest_line(shapely.Point(middle), boxes[free])
    clear = _clear(lines, taken, _CLEAR * label.height)
    free, lines = free[clear], lines[clear]
    boxes = boxes[free]
    others = shapely.difference(land, shapely.buffer(label.shape, label.height / 10, quad_segs=1))
    shapely.prepare(others)
    ground = _ON_LAND * shapely.intersects(land, boxes) + _ON_OTHERS * shapely.intersects(others, boxes)
    return _Spots(middle, x[free], y[free], boxes, lines, distance[free], others, ground)


def _beside(label: LabelRequest, spots: _Spots, taken: list[Any]) -> Placed | None:
    """The nearest spot, off all shapes where there is one, that labels beside their shapes leave free."""
    free = np.ones(len(spots.x), dtype=bool)
    _leave(free, spots.boxes, taken)
    free[free] = _clear(spots.lines[free], taken, _CLEAR * label.height)
    at = np.flatnonzero(free)
    if not len(at):
        return None
    cost = _costs(spots.lines[at], spots.others, spots.distance[at], spots.ground[at], label.height)
    best = int(at[np.argmin(cost)])
    return Placed(float(spots.x[best]), float(spots.y[best]), (spots.middle.x, spots.middle.y), float(cost.min()))


def _costs(lines: Any, others: Any, distance: Any, ground: Any, height: float) -> Any:
    """How far from ideal spots are; infinite for those that cannot be the best, whatever their lines cross.

    Args:
        lines: to the spots.
        others: what they should not cross; prepared.
        distance: of the spots. ground: what they cost for what they lie on, in heights of the label.
    """
    least = distance + height * ground
    crosses = shapely.intersects(others, lines)
    cost = np.where(crosses, np.inf, least)
    rest = np.flatnonzero(crosses)
    rest = rest[np.argsort(least[rest], kind="stable")]
    for some in np.split(rest, range(_SOME, len(rest), _SOME)):  # how long a line lies on land takes long to tell
        if not len(some) or least[some[0]] > cost.min():
            break
        across = shapely.length(shapely.intersection(others, lines[some]))
        cost[some] = distance[some] + height * (ground[some] + _ACROSS * (across > 0)) + _ALONG * across
    return cost


def _free(boxes: Any, taken: list[Any], bounds: Any) -> Any:
    shapely.prepare(bounds)
    free = shapely.contains(bounds, boxes)
    _leave(free, boxes, taken)
    return free


def _leave(free: Any, boxes: Any, taken: list[Any]) -> None:
    """Take those that something lies on out of the free boxes."""
    for other in taken:
        shapely.prepare(other)
        free[free] = ~shapely.intersects(other, boxes[free])


def _clear(lines: Any, taken: list[Any], room: float) -> Any:
    clear = np.ones(len(lines), dtype=bool)
    for other in taken:
        shapely.prepare(other)
        clear[clear] = ~shapely.dwithin(other, lines[clear], room)
    return clear
