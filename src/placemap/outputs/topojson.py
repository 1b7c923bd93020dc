"""Outlines of places → TopoJSON, as Power BI's shape map and d3 read it: each border once, corners on a grid.

The topology is the outlines' own: places share their corners, so that a line between two places is the same sequence of
corners in both. It is cut where the neighbours change; each piece (an arc) is written once, and places name the arcs
that they are made of, `~n` for one that they go along backwards.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import shapely

from placemap.core.arrays import Floats, Ints
from placemap.outputs.boundaries import attributes, in_degrees
from placemap.outputs.map.outlines import PlaceBoundaries

TOPOJSON = "place_boundaries.topojson"
#: The one object of the file; Power BI names it as the layer.
OBJECT = "places"
#: Steps of the grid along the longer side. All England is 9 degrees wide, so a step is below a metre; on a grid of ten
#: metres some outlines touch themselves.
_STEPS = 1_000_000

Point = tuple[int, int]
Line = tuple[Point, ...]


@dataclass(frozen=True)
class _Grid:
    """Degrees to whole steps: `step` by axis, counted from `corner`."""

    corner: Floats
    step: float

    def on(self, degrees: Floats) -> Ints:
        """Corners on the grid."""
        return np.rint((degrees - self.corner) / self.step).astype(np.int64)


@dataclass
class _Arcs:
    """The arcs so far, and where each stands."""

    lines: list[Line] = field(default_factory=list)
    known: dict[Line, int] = field(default_factory=dict)

    def number(self, line: Line) -> int:
        """The number of an arc; `~n` where it is there the other way round."""
        if line in self.known:
            return self.known[line]
        if line[::-1] in self.known:
            return ~self.known[line[::-1]]
        self.known[line] = len(self.lines)
        self.lines.append(line)
        return self.known[line]


def topojson(boundaries: PlaceBoundaries) -> str:
    """TopoJSON text, longitude and latitude; outer rings run clockwise, which d3 and Power BI expect."""
    shapes = shapely.orient_polygons(shapely.transform(boundaries.shapes, in_degrees()), exterior_cw=True)
    grid = _grid(shapes)
    polygons = [[_rings(part, grid) for part in shapely.get_parts(shape)] for shape in shapes]
    joints = _joints([ring for parts in polygons for rings in parts for ring in rings])
    arcs = _Arcs()
    geometries = [
        {
            "type": "MultiPolygon",
            "arcs": [[_cut(ring, joints, arcs) for ring in rings] for rings in parts if rings],
            "id": row["PLACECD"],
            "properties": row,
        }
        for parts, row in zip(polygons, attributes(boundaries), strict=True)
    ]
    return _text(grid, geometries, arcs.lines)


def _grid(shapes: Sequence[Any]) -> _Grid:
    west, south, east, north = shapely.total_bounds(shapes)
    return _Grid(np.array([west, south]), float(max(east - west, north - south)) / _STEPS)


def _rings(polygon: Any, grid: _Grid) -> list[Line]:
    """The rings of a polygon on the grid, open, outer one first; none where it is smaller than a step."""
    rings = [_ring(grid.on(shapely.get_coordinates(ring))) for ring in (polygon.exterior, *polygon.interiors)]
    return [ring for ring in rings if len(ring) > 2] if len(rings[0]) > 2 else []


def _ring(points: Ints) -> Line:
    moved = np.ones(len(points), dtype=bool)
    moved[1:] = (np.diff(points, axis=0) != 0).any(axis=1)
    kept = [(int(x), int(y)) for x, y in points[moved].tolist()]
    return tuple(kept[:-1] if kept[0] == kept[-1] else kept)


def _joints(rings: Sequence[Line]) -> set[Point]:
    """Corners at which two rings part or meet: those that have other neighbours in one ring than in another."""
    around: dict[Point, frozenset[Point]] = {}
    joints = set()
    for ring in rings:
        for before, here, after in zip((ring[-1], *ring), ring, (*ring[1:], ring[0]), strict=False):
            beside = frozenset((before, after))
            if around.setdefault(here, beside) != beside:
                joints.add(here)
    return joints


def _cut(ring: Line, joints: set[Point], arcs: _Arcs) -> list[int]:
    """The arcs of a ring, in its order."""
    starts = [at for at, point in enumerate(ring) if point in joints]
    if not starts:  # an island, or a place inside one other: it begins at its first corner, whoever's it is
        first = ring.index(min(ring))
        turned = ring[first:] + ring[:first]
        return [arcs.number((*turned, turned[0]))]
    turned = ring[starts[0] :] + ring[: starts[0]]
    ends = [*(at - starts[0] for at in starts[1:]), len(ring)]
    closed = (*turned, turned[0])
    return [arcs.number(closed[begin : end + 1]) for begin, end in zip([0, *ends], ends, strict=False)]


def _text(grid: _Grid, geometries: list[dict[str, Any]], arcs: Sequence[Line]) -> str:
    """One geometry and one arc a line, so that two releases can be compared."""
    corner = [float(value) for value in grid.corner]
    head = {
        "type": "Topology",
        "transform": {"scale": [grid.step, grid.step], "translate": corner},
    }
    collection = ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in geometries)
    lines = ",\n".join(json.dumps(_steps(arc), separators=(",", ":")) for arc in arcs)
    return (
        f"{json.dumps(head)[:-1]},\n"
        f'"objects": {{"{OBJECT}": {{"type": "GeometryCollection", "geometries": [\n{collection}\n]}}}},\n'
        f'"arcs": [\n{lines}\n]}}\n'
    )


def _steps(arc: Line) -> list[list[int]]:
    """An arc as TopoJSON has it: its first corner, then steps from corner to corner."""
    points = np.array(arc)
    steps: list[list[int]] = np.diff(points, axis=0, prepend=0).tolist()
    return steps
