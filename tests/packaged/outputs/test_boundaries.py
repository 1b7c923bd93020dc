"""Outlines of places, held to the LSOAs' areas, to centroids and to the published LTLA boundaries."""

import json

import geopandas
import numpy as np
import pytest
import shapely

from placemap.outputs.boundaries import GEOJSON, GEOPACKAGE, write_boundaries
from placemap.outputs.map.outlines import LsoaBoundaries, neighbours, union

FOOTPRINTS = [
    ("bnssg", "localities"),
    ("bnssg", "local-authorities"),
    ("bnssg", "single-place"),
    ("norfolk-and-waveney", "option-4"),
    ("norfolk-and-waveney", "option-6"),
    ("lancashire-and-south-cumbria", "places-2022"),
    ("lancashire-and-south-cumbria", "delivery-units"),
]


@pytest.fixture(scope="module")
def outlines(workspace):
    return LsoaBoundaries(workspace.geography)


@pytest.fixture(scope="module")
def made(workspace, outcome):
    def of(name, footprint):
        built = outcome(name, footprint)
        return workspace.boundaries(built.without_errors()), built.assignment

    return of


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_areas_of_places_are_the_areas_of_their_lsoas(name, footprint, made, outlines):
    found, assignment = made(name, footprint)
    for position, shape in enumerate(found.shapes):
        of_lsoas = shapely.area(outlines.of(assignment.place == position)).sum()
        assert shape.is_valid
        assert shape.area == pytest.approx(of_lsoas, rel=1e-4)


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_each_lsoa_lies_in_its_place_and_in_no_other(name, footprint, made, outlines):
    found, assignment = made(name, footprint)
    placed = assignment.place >= 0
    points = shapely.point_on_surface(outlines.of(placed))
    for position, shape in enumerate(found.shapes):
        inside = shapely.contains(shape, points)
        assert (inside == (assignment.place[placed] == position)).all()


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_no_slivers_and_holes_only_where_real(name, footprint, made, outlines):
    """Each part of an outline is made of whole parts of LSOAs, and a hole is filled by other places."""
    found, assignment = made(name, footprint)
    everything = shapely.union_all(found.shapes)
    for position, shape in enumerate(found.shapes):
        pieces = shapely.get_parts(outlines.of(assignment.place == position))
        points = shapely.point_on_surface(pieces)
        for polygon in shapely.get_parts(shape):
            inside = shapely.contains(polygon, points)
            assert inside.any()
            assert polygon.area == pytest.approx(shapely.area(pieces[inside]).sum(), rel=1e-6)
            for ring in polygon.interiors:
                assert shapely.Polygon(ring).buffer(-1).within(everything)


def test_a_general_union_finds_the_same_outlines(made, outlines):
    found, assignment = made("bnssg", "localities")
    for position, shape in enumerate(found.shapes):
        assert shape.equals(shapely.union_all(outlines.of(assignment.place == position)))


_SQUARE = shapely.box(400_000, 200_000, 401_000, 201_000)


@pytest.mark.parametrize(
    ("other", "shares"),
    [
        (shapely.box(401_000, 200_000, 402_000, 201_000), True),
        (shapely.box(500_000, 200_000, 501_000, 201_000), True),  # far away
        (shapely.box(401_000, 201_000, 402_000, 202_000), True),  # one corner
        (shapely.box(400_999, 200_000, 402_000, 201_000), False),  # overlap
        (shapely.box(401_000, 200_000, 402_000, 200_500), False),  # a corner of one on a line of the other
        (shapely.Polygon([(401_000, 200_000), (402_000, 200_500), (401_000, 201_000), (400_999.9, 200_500)]), False),
        (shapely.Polygon([(401_000, 200_000), (402_000, 200_500), (401_000, 201_000), (401_000.1, 200_500)]), True),
        (shapely.box(400_200, 200_200, 400_300, 200_300), False),  # inside
        (_SQUARE, False),
    ],
)
def test_a_union_is_the_general_one_whether_corners_are_shared_or_not(other, shares):
    shapes = np.array([_SQUARE, other])
    assert shapely.coverage_is_valid(shapes) == shares
    found = union(shapes)
    assert found.is_valid
    assert found.equals(shapely.union_all(shapes))


def test_a_union_of_shapes_that_lie_on_each_other_anyhow_is_the_general_one():
    """Squares on a grid of 10 m, some moved by decimetres or metres, some twice."""
    random = np.random.default_rng(1)
    for _ in range(300):
        west, south = (random.integers(0, 4, (2, 5)) * 10 + random.choice([0, 0, 0, 0, 0, 0.1, 1], (2, 5))) + 400_000
        shapes = shapely.box(west, south, west + 10, south + 10)
        found = union(shapes)
        assert found.is_valid
        assert found.symmetric_difference(shapely.union_all(shapes)).area < 0.01


def test_an_lsoa_given_away_leaves_a_hole(workspace, outlines):
    """An LSOA that is surrounded by its place leaves a hole as large as itself."""
    a, b = workspace.geography.adjacency
    ltlas = workspace.geography.units("ltla")
    place = np.flatnonzero(ltlas.of == ltlas.position("E06000023"))
    borders = {int(x) for x, y in [*zip(a, b, strict=True), *zip(b, a, strict=True)] if y not in set(place)}
    for lsoa in place:
        rest = outlines.dissolved(place[place != lsoa])
        rings = [ring for polygon in shapely.get_parts(rest) for ring in polygon.interiors]
        if lsoa not in borders and rings:
            assert shapely.Polygon(rings[0]).equals(outlines.of([lsoa])[0])
            return
    pytest.fail("no LSOA of Bristol is surrounded by others of Bristol")


def test_local_authorities_are_the_published_ones(made, official_files):
    """Super-generalised LTLA polygons were generalised by themselves, so they differ, but by under 8% of area."""
    published = geopandas.read_file(official_files / "LAD24_EN_BSC.gpkg").set_index("LAD24NM").geometry
    names = {"Bristol": "Bristol, City of"}
    found, _ = made("bnssg", "local-authorities")
    for name, shape in zip(found.frame["PLACENM"], found.shapes, strict=True):
        other = published[names.get(name, name)]
        assert shape.symmetric_difference(other).area < 0.08 * other.area


def test_neighbours_touch(made, workspace):
    found, assignment = made("bnssg", "localities")
    count = len(found.shapes)
    touching = {
        (one, other)
        for one in range(count)
        for other in range(one + 1, count)
        if found.shapes[one].intersection(found.shapes[other]).length > 0
    }
    assert neighbours(assignment, workspace.geography) == touching


def test_both_files_hold_the_same_places(made, tmp_path):
    found, _ = made("norfolk-and-waveney", "option-6")
    assert write_boundaries(found, tmp_path) == [GEOPACKAGE, GEOJSON]
    grid = geopandas.read_file(tmp_path / GEOPACKAGE)
    globe = geopandas.read_file(tmp_path / GEOJSON)
    assert grid.crs.to_epsg() == 27700
    assert globe.crs.to_epsg() == 4326
    assert grid["PLACECD"].tolist() == globe["PLACECD"].tolist() == found.frame["PLACECD"].tolist()
    assert globe["RESIDENTS"].tolist() == found.frame["RESIDENTS"].round(2).tolist()
    assert globe.is_valid.all()
    assert (globe.to_crs(27700).area / grid.area).between(0.9999, 1.0001).all()


def test_geojson_keeps_to_rfc_7946(made, tmp_path):
    found, _ = made("bnssg", "localities")
    write_boundaries(found, tmp_path)
    data = json.loads((tmp_path / GEOJSON).read_text(encoding="utf-8"))
    assert data.keys() == {"type", "features"}  # `crs` was taken out of the format
    for feature in data["features"]:
        for polygon in shapely.get_parts(shapely.geometry.shape(feature["geometry"])):
            assert polygon.exterior.is_ccw
            west, south, east, north = polygon.bounds
            assert -4 < west < east < -2
            assert 51 < south < north < 52


def test_same_bytes_each_time(made, tmp_path):
    found, _ = made("bnssg", "localities")
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        write_boundaries(found, tmp_path / folder)
    for name in (GEOPACKAGE, GEOJSON):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_an_exclave_is_found_and_an_estuary_is_not(workspace, outcome):
    """Bristol's outline has two parts over the Avon's mouth, which is water; an LSOA in another place is an exclave."""
    from dataclasses import replace

    from placemap.checks.coverage import not_contiguous

    built = outcome("bnssg", "local-authorities")

    def found(assignment):
        return list(not_contiguous(replace(built.resolved, assignment=assignment)))

    assert found(built.assignment) == []
    assert len(shapely.get_parts(workspace.boundaries(built.without_errors()).shapes[0])) == 2
    moved = workspace.geography.lsoas.position("E01014485")
    place = built.assignment.place.copy()
    place[moved] = 1
    (finding,) = found(replace(built.assignment, place=place))
    assert finding.lsoas == ("E01014485",)
    assert finding.place == "north-somerset"


def test_a_store_without_boundaries_says_so(workspace):
    from placemap.core.errors import PlacemapError

    outlines = LsoaBoundaries(workspace.geography)
    outlines.wkb[5] = None
    with pytest.raises(PlacemapError, match=r"no boundary for 1 LSOAs, such as E01\d{6}"):
        outlines.dissolved(np.arange(10))


def test_boundaries_carry_the_figures_of_places(made, outcome):
    found, _ = made("bnssg", "localities")
    places = next(table for table in outcome("bnssg", "localities").tables if table.name == "places").frame
    for column in ("PLACECD", "PLACENM", "LSOAS", "RESIDENTS", "REGISTERED"):
        assert found.frame[column].tolist() == places[column].tolist()
