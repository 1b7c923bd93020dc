"""TopoJSON of shapes drawn by hand, decoded by the words of its specification."""

import json

import pandas as pd
import pytest
import shapely

from placemap.core.tables import Column, TableSchema
from placemap.outputs.boundaries import in_degrees
from placemap.outputs.map.outlines import PlaceBoundaries
from placemap.outputs.topojson import topojson

KM = 1000
WEST, SOUTH = 400_000, 200_000


def box(left, bottom, right, top):
    return shapely.box(WEST + left * KM, SOUTH + bottom * KM, WEST + right * KM, SOUTH + top * KM)


def corners(shape):
    """With the corners of all shapes, as outlines that share them have."""
    return shapely.segmentize(shape, KM)


#: Two squares side by side, one in the middle of the second, and an island of the first.
LEFT = corners(shapely.union_all([box(0, 0, 3, 3), box(0, 5, 1, 6)]))
INSIDE = corners(box(4, 1, 5, 2))
RIGHT = corners(box(3, 0, 6, 3).difference(box(4, 1, 5, 2)))


@pytest.fixture
def topology():
    schema = TableSchema("outlines", (Column("PLACECD", "code", "code"), Column("AREA_KM2", "number", "area")), ())
    frame = pd.DataFrame({"PLACECD": ["a", "b", "c"], "AREA_KM2": [10.0, 8.0, 1.0]})
    return json.loads(topojson(PlaceBoundaries(schema, frame, shapely.from_wkb(shapely.to_wkb([LEFT, RIGHT, INSIDE])))))


def decoded(topology):
    """The shapes of a topology, longitude and latitude."""
    (scale, _), (east, north) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * scale + east, y * scale + north))
        arcs.append(points)

    def ring(numbers):
        points = []
        for number in numbers:
            arc = arcs[number] if number >= 0 else arcs[~number][::-1]
            assert not points or points[-1] == arc[0]
            points += arc[1:] if points else arc
        assert points[0] == points[-1]
        return points

    return [
        shapely.MultiPolygon([(ring(outer), [ring(hole) for hole in holes]) for outer, *holes in item["arcs"]])
        for item in topology["objects"]["places"]["geometries"]
    ]


def test_the_shapes_come_back(topology):
    expected = [shapely.transform(shape, in_degrees()) for shape in (LEFT, RIGHT, INSIDE)]
    for found, shape in zip(decoded(topology), expected, strict=True):
        assert found.is_valid
        assert found.symmetric_difference(shape).area / shape.area < 1e-3
        assert found.hausdorff_distance(shape) < 1e-5


def test_each_line_is_there_once(topology):
    left, right, inside = (item["arcs"] for item in topology["objects"]["places"]["geometries"])
    # The square: its own side and the border; the island: one ring.
    assert sorted(len(ring) for polygon in left for ring in polygon) == [1, 2]
    # The border is one arc of both, one way each; the hole is the ring of what fills it, the other way.
    square = next(ring for polygon in left for ring in polygon if len(ring) == 2)
    outer, hole = right[0]
    assert len({~arc for arc in square} & set(outer)) == 1
    assert hole == [~inside[0][0][0]]
    assert len(topology["arcs"]) == 5


def test_outer_rings_run_clockwise(topology):
    for shape in decoded(topology):
        for part in shape.geoms:
            assert not part.exterior.is_ccw
            assert all(hole.is_ccw for hole in part.interiors)


def test_attributes_and_ids(topology):
    items = topology["objects"]["places"]["geometries"]
    assert [item["id"] for item in items] == ["a", "b", "c"]
    assert items[1]["properties"] == {"PLACECD": "b", "AREA_KM2": 8.0}
