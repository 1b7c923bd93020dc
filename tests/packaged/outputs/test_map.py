"""The map: labels apart, words and figures as in the tables, the same bytes each time."""

import xml.etree.ElementTree as ET
from io import BytesIO

import pytest
import shapely
from typer.testing import CliRunner

from conftest import REPO
from placemap.commands.map import draw, make_map
from placemap.core.text import month
from placemap.outputs.map.draw import png, scale_length, svg, wrap
from placemap.outputs.map.labels import LabelRequest, anchor, place_labels
from placemap.outputs.map.picture import where

FOOTPRINTS = [
    ("bnssg", "localities"),
    ("norfolk-and-waveney", "option-6"),
    ("lancashire-and-south-cumbria", "places-2022"),
]


def box(label, found):
    return shapely.box(
        found.x - label.width / 2, found.y - label.height / 2, found.x + label.width / 2, found.y + label.height / 2
    )


def assert_apart(wanted, placed):
    boxes = [box(label, found) for label, found in zip(wanted, placed, strict=True) if found]
    for number, one in enumerate(boxes):
        for other in boxes[number + 1 :]:
            assert not one.intersects(other)


def test_labels_of_small_shapes_go_beside_them_and_stay_apart():
    cells = [shapely.box(x * 10, y * 10, x * 10 + 10, y * 10 + 10) for x in range(3) for y in range(3)]
    wanted = [LabelRequest(cell, 14, 3) for cell in cells]
    placed = place_labels(wanted, (-60, -60, 90, 90))
    assert all(placed)
    assert all(found.anchor for found in placed)
    assert_apart(wanted, placed)


def test_a_label_that_fits_stands_inside():
    wanted = [LabelRequest(shapely.box(0, 0, 100, 50), 30, 8)]
    (found,) = place_labels(wanted, (-10, -10, 110, 60))
    assert found.anchor is None
    assert wanted[0].shape.contains(box(wanted[0], found))


def test_an_optional_label_without_room_is_left_out():
    shape = shapely.box(0, 0, 20, 10)
    wanted = [LabelRequest(shape, 18, 8), LabelRequest(shape, 18, 8, optional=True)]
    placed = place_labels(wanted, (-50, -50, 70, 60))
    assert placed[0] is not None
    assert placed[1] is None


def test_the_anchor_of_a_crescent_lies_in_it():
    crescent = shapely.Point(0, 0).buffer(100).difference(shapely.Point(40, 0).buffer(90))
    assert crescent.contains(anchor(crescent))
    assert not crescent.contains(crescent.centroid)


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_labels_of_real_places_are_apart(name, footprint, workspace, outcome):
    drawn = draw(workspace, outcome(name, footprint))
    west, south, east, north = drawn.bounds
    unit = max(east - west, north - south) / 100
    wanted = [
        LabelRequest(place.shape, len(max(wrap(place.name).split("\n"), key=len)) * unit, 4 * unit)
        for place in drawn.places
    ]
    wanted += [LabelRequest(shape, len(label) * unit * 0.8, 2 * unit, optional=True) for label, shape in drawn.ltlas]
    placed = place_labels(wanted, (west - 30 * unit, south, east + 30 * unit, north))
    assert all(placed[: len(drawn.places)])
    assert_apart(wanted, placed)


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_words_of_the_map_agree_with_the_tables(name, footprint, workspace, outcome):
    built = outcome(name, footprint)
    drawn = draw(workspace, built, highlight=True)
    places = next(table for table in built.tables if table.name == "places").frame
    for place, row in zip(drawn.places, places.itertuples(), strict=True):
        assert (place.name, place.lsoas, round(place.residents, 2)) == (row.PLACENM, row.LSOAS, round(row.RESIDENTS, 2))
        assert f"{row.PLACENM} (in the " in drawn.alt
        assert f"{row.RESIDENTS:,.0f} residents" in drawn.alt
    lsoas = next(table for table in built.tables if table.name == "place_lsoa21").frame
    assert len(drawn.highlighted) == (lsoas["SHARE"] < 0.5).sum()


def test_what_reaches_out_of_the_scope_is_marked(workspace, outcome):
    """East Suffolk reaches out of Norfolk and Waveney by 73 LSOAs; nothing of Bristol's places does."""
    inside = draw(workspace, outcome("bnssg", "localities"))
    assert inside.outside.is_empty
    beyond = draw(workspace, outcome("norfolk-and-waveney", "option-6"))
    suffolk = next(place for place in beyond.places if place.name == "East Suffolk")
    assert beyond.outside.within(suffolk.shape.buffer(0.1))
    assert 0.5 < beyond.outside.area / suffolk.shape.area < 1


def test_svg_has_title_and_alternative_text(workspace, outcome):
    drawn = draw(workspace, outcome("bnssg", "localities"))
    root = ET.fromstring(svg([drawn]))  # noqa: S314 - our own text
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root[0].tag == f"{space}title"
    assert root[0].text == "Bristol, North Somerset and South Gloucestershire: Six localities"
    assert root[1].tag == f"{space}desc"
    assert root[1].text == drawn.alt
    assert root.get("aria-labelledby").split() == [root[0].get("id"), root[1].get("id")]


def test_the_same_map_has_the_same_bytes(workspace, outcome):
    drawn = draw(workspace, outcome("bnssg", "localities"), highlight=True)
    assert svg([drawn]) == svg([drawn])
    image = png([drawn])
    assert image == png([drawn])
    from PIL import Image

    with Image.open(BytesIO(image)) as opened:
        assert opened.text["Description"] == drawn.alt
        assert opened.size == (2338, 1654)


def test_two_maps_side_by_side_name_both(workspace, system, tmp_path):
    found = system("norfolk-and-waveney")
    made = make_map(workspace, found, [found.footprints["option-4"], found.footprints["option-6"]], tmp_path)
    assert [path.name for path in made.files] == [f"option-4-and-option-6-map.{kind}" for kind in ("svg", "png", "txt")]
    assert "Five places" in made.alt
    assert "Eight places" in made.alt


@pytest.mark.parametrize(("metres", "length"), [(999, 500), (1000, 1000), (4999, 2000), (5000, 5000), (23456, 20000)])
def test_scale_bars_have_round_lengths(metres, length):
    assert scale_length(metres) == length


@pytest.mark.parametrize(
    ("vintage", "words"), [("2021", "2021"), ("2022-08", "August 2022"), ("2021-03-11", "11 March 2021")]
)
def test_dates_in_words(vintage, words):
    assert month(vintage) == words


def test_directions():
    middle = shapely.Point(0, 0)
    assert where(middle, shapely.Point(50, 1), 100) == "in the east"
    assert where(middle, shapely.Point(-40, 40), 100) == "in the north-west"
    assert where(middle, shapely.Point(1, -50), 100) == "in the south"
    assert where(middle, shapely.Point(3, 2), 100) == "in the centre"


def test_map_command_writes_and_says_what_the_map_shows(tmp_path, monkeypatch):
    from placemap.cli import app

    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["map", "bnssg", "--footprint", "single-place", "--out", "maps"])
    assert result.exit_code == 0
    assert result.stdout.startswith("Map of Bristol, North Somerset and South Gloucestershire, footprint “One place")
    files = sorted(path.name for path in (tmp_path / "maps" / "bnssg").iterdir())
    assert files == ["single-place-map.png", "single-place-map.svg", "single-place-map.txt"]


@pytest.mark.parametrize("asked", [["--vintage", "ltla=2018"], ["--as-of", "2018-06-01"]])
def test_a_map_of_another_year_says_so(tmp_path, monkeypatch, asked):
    """East Suffolk began in 2019; in 2018 Waveney was a district of its own, and so a line on the map."""
    from placemap.cli import app

    monkeypatch.chdir(tmp_path)
    command = ["map", "norfolk-and-waveney", "-f", "option-6"]
    assert CliRunner().invoke(app, [*command, "--out", "now"]).exit_code == 0
    assert CliRunner().invoke(app, [*command, "--out", "then", *asked]).exit_code == 0
    now, then = ((tmp_path / when / "norfolk-and-waveney/option-6-map.svg").read_text() for when in ("now", "then"))
    assert "local authorities of 2024" in now
    assert "local authorities of 2018" in then


def test_a_footprint_with_errors_is_not_drawn(tmp_path, monkeypatch):

    from placemap.cli import app

    text = (REPO / "configs" / "bnssg.yaml").read_text(encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(text.replace("value: 187000", "value: 287000"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["map", "bad.yaml"])
    assert result.exit_code == 4
    assert "footprint `localities` of bnssg has 1 error, such as expectation-missed" in result.stderr
    assert not (tmp_path / "out").exists()
