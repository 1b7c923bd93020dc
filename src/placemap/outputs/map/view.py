"""How a map lies on its page: where the ground is, and which dense parts are drawn larger in a corner."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely

#: West, south, east, north in metres, or left, top, right, bottom in pixels.
Box = tuple[float, float, float, float]

#: Air around the places, as part of the frame.
_AIR = 0.03
#: A place is small where its name does not fit into it, and its largest circle has a radius of fewer pixels.
_SMALL = 48.0
#: A single small place is drawn larger where that radius is even smaller.
_TINY = 9.0
#: Small places nearer to each other than this part of the map belong to one inset, which covers no more than that.
_NEAR, _MOST = 0.04, 0.45
#: How far an inset spreads over the frame, from large to small, and how much larger it must at least be.
_SPREADS, _LARGER = (0.5, 0.46, 0.42, 0.38, 0.34, 0.31, 0.28), 1.45
#: Insets of a map, and pixels between an inset and the frame's edge.
_INSETS, _EDGE = 2, 10
#: How wide a scale bar may be, pixels.
_BAR = 200
#: Spots along an edge that are tried for an inset.
_STEPS = 7


@dataclass(frozen=True)
class View:
    """A part of the ground in a part of the page, at one scale in both directions.

    Attributes:
        frame: on the page, pixels.
        west, north: what lies at the frame's left and top, metres.
        scale: pixels a metre.
        bar_right: whether the scale bar is at the foot on the right.
    """

    frame: Box
    west: float
    north: float
    scale: float
    bar_right: bool = False

    @property
    def bounds(self) -> Box:
        """What of the ground is shown, metres."""
        left, top, right, bottom = self.frame
        return (
            self.west,
            self.north - (bottom - top) / self.scale,
            self.west + (right - left) / self.scale,
            self.north,
        )

    @property
    def scale_bar(self) -> Any:
        """What the scale bar takes of the frame, at its foot."""
        left, _, right, bottom = self.frame
        start = right - _BAR if self.bar_right else left
        return shapely.box(start, bottom - 42, start + _BAR, bottom)

    def off(self, land: Any) -> View:
        """The view with its scale bar on the side where it covers less of `land`, in metres; left where none is."""
        page = self.on_page(land)
        views = (replace(self, bar_right=side) for side in (False, True))
        return min(views, key=lambda view: float(shapely.area(shapely.intersection(page, view.scale_bar))))

    def on_page(self, shapes: Any) -> Any:
        """Shapes in metres → in pixels."""
        left, top = self.frame[:2]
        return shapely.transform(
            shapes,
            lambda metres: np.column_stack(
                [left + (metres[:, 0] - self.west) * self.scale, top + (self.north - metres[:, 1]) * self.scale]
            ),
        )

    def clipped(self, shapes: Any) -> Any:
        """An array of polygons and multipolygons on the page, as far as the frame reaches: empty ones beyond it."""
        found = shapely.intersection(self.on_page(np.asarray(shapes, dtype=object)), shapely.box(*self.frame))
        return np.array([*map(_polygons, found), None], dtype=object)[:-1]


@dataclass(frozen=True)
class Layout:
    """The views of a map: the whole, and dense parts drawn larger."""

    whole: View
    insets: tuple[View, ...]


def _polygons(shape: Any) -> Any:
    """A shape without the points and lines in which it only touches a frame."""
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        return shape
    return shapely.MultiPolygon([part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"])


def fitted(bounds: Box, frame: Box, lean: float = 0.5) -> View:
    """The ground of `bounds`, as large as the frame allows.

    Args:
        lean: where it stands when the frame is wider: 0 left, 1 right.
    """
    west, south, east, north = bounds
    wide, high = frame[2] - frame[0], frame[3] - frame[1]
    scale = min(wide / (east - west), high / (north - south)) * (1 - 2 * _AIR)
    spare = wide / scale - (east - west)
    air = _AIR * wide / scale
    left = west - air - lean * (spare - 2 * air)
    return View(frame, left, (north + south) / 2 + high / scale / 2, scale)


def layout(shapes: list[Any], fits: Callable[[int, Any], bool], frame: Box) -> Layout:
    """The whole map, and insets where places are too small for their names.

    Args:
        shapes: of the places, metres.
        fits: whether a place's name, by position, lies inside its shape on the page.
    """
    ground = _bounds(shapes)
    whole = fitted(ground, frame)
    land = shapely.union_all(shapely.simplify(shapes, 2 / whole.scale))
    dense = _dense(shapes, fits, whole)
    if not dense:
        return Layout(whole.off(land), ())
    views = [fitted(ground, frame, lean).off(land) for lean in (0.5, 0, 1)]
    tries = [Layout(view, _insets(dense, view, land)) for view in views]
    return max(tries, key=lambda found: len(found.insets))


def _bounds(shapes: list[Any]) -> Box:
    west, south, east, north = (float(side) for side in shapely.total_bounds(shapes))
    return west, south, east, north


def _dense(shapes: list[Any], fits: Callable[[int, Any], bool], view: View) -> list[Box]:
    """The ground of clusters of small places, those of most places first."""
    wide = max(view.frame[2] - view.frame[0], view.frame[3] - view.frame[1]) / view.scale
    clusters: list[list[int]] = []
    radii = [radius * view.scale for radius in _radii(shapes, view)]
    pages = view.on_page(shapes)
    for number, page in enumerate(pages):
        if radii[number] < _SMALL and not fits(number, page):
            near = [found for found in clusters if _distance(shapes, number, found) < _NEAR * wide]
            clusters = [found for found in clusters if found not in near]
            clusters.append(sorted([number, *(other for found in near for other in found)]))
    worth = [found for found in clusters if len(found) > 1 or radii[found[0]] < _TINY]
    boxes = [(len(found), _padded(_bounds([main_part(shapes[number]) for number in found]))) for found in worth]
    within = [(count, box) for count, box in boxes if max(box[2] - box[0], box[3] - box[1]) < _MOST * wide]
    return [box for _, box in sorted(within, key=lambda fit: (-fit[0], fit[1]))[:_INSETS]]


def _radii(shapes: list[Any], view: View) -> list[float]:
    circles = shapely.maximum_inscribed_circle([main_part(shape) for shape in shapes], tolerance=2 / view.scale)
    return [float(radius) for radius in shapely.length(circles)]


def _distance(shapes: list[Any], number: int, others: list[int]) -> float:
    return float(min(shapely.distance(shapes[number], [shapes[other] for other in others])))


def main_part(shape: Any) -> Any:
    """A place without its islets."""
    parts = shapely.get_parts(shape)
    return parts[np.argmax(shapely.area(parts))]


def _padded(box: Box) -> Box:
    air = 0.08 * max(box[2] - box[0], box[3] - box[1])
    return box[0] - air, box[1] - air, box[2] + air, box[3] + air


def _insets(dense: list[Box], view: View, land: Any) -> tuple[View, ...]:
    taken = [view.on_page(land), view.scale_bar]
    found: list[View] = []
    for box in dense:
        taken.append(view.on_page(shapely.box(*box)))
        inset = _corner(box, view, taken)
        if inset:
            found.append(inset)
            taken.append(shapely.box(*inset.frame).buffer(_EDGE))
    return tuple(found)


def _corner(box: Box, view: View, taken: list[Any]) -> View | None:
    """The largest free rectangle at the frame's edge for a part of the ground; None where none is worth it."""
    left, top, right, bottom = view.frame
    for spread in _SPREADS:
        room = spread * (right - left), spread * (bottom - top) * 1.2
        scale = min(room[0] / (box[2] - box[0]), room[1] / (box[3] - box[1]))
        if scale < _LARGER * view.scale:
            break
        wide, high = (box[2] - box[0]) * scale, (box[3] - box[1]) * scale
        for x, y in _spots((left + _EDGE, top + _EDGE, right - _EDGE - wide, bottom - _EDGE - high)):
            frame = shapely.box(x, y, x + wide, y + high)
            if not any(shapely.intersects(frame, other) for other in taken):
                return View((x, y, x + wide, y + high), box[0], box[3], scale)
    return None


def _spots(ends: Box) -> list[tuple[float, float]]:
    """Where a rectangle's left top may stand so that it lies at an edge: corners first, then between them."""
    across, down = (np.linspace(ends[side], ends[side + 2], _STEPS).tolist() for side in (0, 1))
    corners = [(x, y) for y in (down[0], down[-1]) for x in (across[-1], across[0])]
    along = [(x, y) for y in (down[0], down[-1]) for x in across]
    return [*corners, *along, *((x, y) for x in (across[-1], across[0]) for y in down)]
