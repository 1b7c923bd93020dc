"""Polygons are read from what people save them as; what does not say where it is is refused, or told."""

from __future__ import annotations

import zipfile
from pathlib import Path

import geopandas as gpd
import pyogrio
import pytest
from shapely.geometry import GeometryCollection, LineString, Polygon, box

from placemap.core.errors import PlacemapError
from placemap.core.read_polygons import is_polygons, read_polygons

DEGREES = box(-2.6, 51.4, -2.5, 51.5)
METRES = box(358_000, 172_000, 365_000, 178_000)
#: Two squares near Bristol in degrees; the second in two pieces, as Google's My Maps saves it.
KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
<Folder><name>First</name><Placemark><name>West &amp; North</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
-2.7,51.4,0 -2.6,51.4,0 -2.6,51.5,0 -2.7,51.5,0 -2.7,51.4,0</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Folder>
<Folder><name>Second</name><Placemark><name>East</name><MultiGeometry>
<Polygon><outerBoundaryIs><LinearRing><coordinates>-2.6,51.4,0 -2.5,51.4,0 -2.5,51.45,0 -2.6,51.45,0 -2.6,51.4,0</coordinates></LinearRing></outerBoundaryIs></Polygon>
<Polygon><outerBoundaryIs><LinearRing><coordinates>-2.6,51.46,0 -2.5,51.46,0 -2.5,51.5,0 -2.6,51.5,0 -2.6,51.46,0</coordinates></LinearRing></outerBoundaryIs></Polygon>
</MultiGeometry></Placemark></Folder></Document></kml>
"""


def _save(path: Path, *shapes: object, crs: int | None = 27700, **more: object) -> Path:
    names = [f"place {number}" for number in range(len(shapes))]
    gpd.GeoDataFrame({"name": names}, geometry=list(shapes), crs=crs).to_file(path, **more)
    return path


def _zip(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"export/{file.name}")
    return path


def test_degrees_come_in_metres(tmp_path: Path) -> None:
    found = read_polygons(_save(tmp_path / "a.geojson", DEGREES, crs=4326))
    assert (found.frame.crs.to_epsg(), found.notes) == (27700, ())
    assert 350_000 < found.frame.total_bounds[0] < 370_000


def test_a_kml_gives_every_folder_and_every_piece(tmp_path: Path) -> None:
    path = tmp_path / "places.kml"
    path.write_text(KML, newline="\n")
    frame = read_polygons(path).frame
    assert list(frame["Name"]) == ["West & North", "East"]
    assert list(frame.geom_type) == ["Polygon", "MultiPolygon"]
    with zipfile.ZipFile(tmp_path / "places.kmz", "w") as archive:
        archive.write(path, "doc.kml")
    assert read_polygons(tmp_path / "places.kmz").frame.geometry.geom_equals(frame.geometry).all()


def test_a_zipped_shapefile_is_read_and_several_are_listed(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    _save(tmp_path / "one" / "places.shp", METRES)
    path = _zip(tmp_path / "one.zip", tmp_path / "one")
    assert is_polygons(path)
    assert read_polygons(path).frame.area.iloc[0] == pytest.approx(METRES.area)
    _save(tmp_path / "one" / "wards.shp", METRES, METRES)
    path = _zip(tmp_path / "two.zip", tmp_path / "one")
    with pytest.raises(PlacemapError, match=r"2 files of polygons: export/places\.shp and export/wards\.shp") as caught:
        read_polygons(path)
    assert (caught.value.exit_code, caught.value.hint) == (2, "say which with --sheet")
    assert len(read_polygons(path, "export/wards.shp").frame) == 2


def test_a_zip_of_a_table_is_no_polygons(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "table.zip", "w") as archive:
        archive.writestr("table.csv", "a,b\n1,2\n")
    (tmp_path / "broken.zip").write_bytes(b"PK nothing")
    assert not any(is_polygons(tmp_path / name) for name in ("table.zip", "broken.zip", "missing.zip", "table.csv"))


def test_layers_are_listed(tmp_path: Path) -> None:
    path = _save(tmp_path / "a.gpkg", METRES, layer="places")
    gpd.GeoDataFrame({"n": ["x"]}, geometry=[METRES], crs=27700).to_file(path, layer="wards")
    with pytest.raises(PlacemapError, match="there are 2 layers: places and wards"):
        read_polygons(path)
    assert list(read_polygons(path, "places").frame["name"]) == ["place 0"]
    with pytest.raises(PlacemapError, match="the polygons cannot be read"):
        read_polygons(path, "nothing")


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
def test_numbers_of_the_national_grid_are_recognised_and_said(tmp_path: Path) -> None:
    found = read_polygons(_save(tmp_path / "a.shp", METRES, crs=None))
    assert found.frame.geometry.iloc[0].equals(METRES)
    assert found.frame.crs.to_epsg() == 27700
    assert "(358,000 to 365,000 east, 172,000 to 178,000 north)" in found.notes[0]


@pytest.mark.filterwarnings("ignore:'crs' was not provided")
@pytest.mark.parametrize(
    ("shape", "message"),
    [
        (DEGREES, "does not say its coordinate system, though its numbers look like degrees"),
        (box(-300_000, 6_600_000, -290_000, 6_700_000), "does not say its coordinate system\n"),
        (LineString([(400_000, 200_000), (400_100, 200_000)]), "the file holds LineString; expected polygons"),
    ],
)
def test_what_is_refused(tmp_path: Path, shape: object, message: str) -> None:
    with pytest.raises(PlacemapError, match=message) as caught:
        read_polygons(_save(tmp_path / "a.shp", shape, crs=None))
    assert caught.value.exit_code == 3
    assert caught.value.hint


def test_a_file_that_is_not_there_or_is_no_such_file(tmp_path: Path) -> None:
    (tmp_path / "text.gpkg").write_text("not a database", newline="\n")
    for name, message in (("missing.gpkg", "no such file"), ("text.gpkg", "the polygons cannot be read")):
        with pytest.raises(PlacemapError, match=message):
            read_polygons(tmp_path / name)


def test_polygons_that_cross_themselves_are_mended_and_said(tmp_path: Path) -> None:
    bow = Polygon([(400_000, 200_000), (401_000, 201_000), (401_000, 200_000), (400_000, 201_000)])
    found = read_polygons(_save(tmp_path / "a.gpkg", bow, METRES))
    assert found.notes == ("1 of 2 polygons cross themselves; the area that they enclose is taken.",)
    assert found.frame.area.iloc[0] == pytest.approx(500_000)


def test_a_collection_of_polygons_is_a_place_and_one_with_a_line_is_not(tmp_path: Path) -> None:
    parts = [box(400_000, 200_000, 401_000, 201_000), box(402_000, 200_000, 403_000, 201_000)]
    path = tmp_path / "a.gpkg"
    for extra, area in (([], 2_000_000), ([LineString([(0, 0), (1, 1)])], None)):
        frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[GeometryCollection([*parts, *extra])], crs=27700)
        pyogrio.write_dataframe(frame, path, geometry_type="GeometryCollection")
        if area is None:
            with pytest.raises(PlacemapError, match="the file holds GeometryCollection"):
                read_polygons(path)
        else:
            assert read_polygons(path).frame.area.iloc[0] == area
