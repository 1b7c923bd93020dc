"""The map: labels apart, words and figures as in the tables, the same bytes each time."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from io import BytesIO
from itertools import combinations

import numpy as np
import pytest
import shapely
from map_words import assert_words_apart, ground_of
from PIL import Image
from typer.testing import CliRunner

from conftest import REPO
from placemap.commands.map import draw, make_map
from placemap.core.text import month
from placemap.outputs.map.draw import drawing, scale_bar, scale_length
from placemap.outputs.map.drawing import Area, Stroke, Text
from placemap.outputs.map.labels import LabelRequest, anchor, box_of, label_along, leader, names_inside, place_labels
from placemap.outputs.map.palette import PALETTE
from placemap.outputs.map.picture import where
from placemap.outputs.map.png import pngs
from placemap.outputs.map.svg import svg_text
from placemap.outputs.map.view import View

FOOTPRINTS = [
    ("bnssg", "localities"),
    ("norfolk-and-waveney", "option-6"),
    ("lancashire-and-south-cumbria", "places-2022"),
]
#: 8 points on A4, in pixels of 96 to the inch.
SMALLEST = 8 * 96 / 72


@pytest.fixture(scope="module")
def drawn(workspace, outcome):
    """The picture of a footprint and its page."""

    def of(name, footprint, **options):
        picture = draw(workspace, outcome(name, footprint))
        return picture, drawing([picture], **options)

    return of


def assert_apart(wanted, placed):
    boxes = [box_of(found, label) for label, found in zip(wanted, placed, strict=True) if found]
    lines = [leader(found, label) for label, found in zip(wanted, placed, strict=True) if found]
    for one, other in combinations(range(len(boxes)), 2):
        assert not boxes[one].intersects(boxes[other])
        assert lines[one] is None or not lines[one].intersects(boxes[other])
        assert lines[other] is None or not lines[other].intersects(boxes[one])
        assert None in (lines[one], lines[other]) or not lines[one].intersects(lines[other])


def test_labels_of_small_shapes_go_beside_them_and_stay_apart():
    cells = [shapely.box(x * 10, y * 10, x * 10 + 10, y * 10 + 10) for x in range(3) for y in range(3)]
    wanted = [LabelRequest(cell, 14, 3) for cell in cells]
    placed = place_labels(wanted, (-60, -60, 90, 90))
    assert all(placed)
    assert all(found.anchor for found in placed)
    assert_apart(wanted, placed)
    land = shapely.union_all(cells)
    assert not any(box_of(found, label).intersects(land) for found, label in zip(placed, wanted, strict=True))


def test_a_label_that_fits_stands_inside():
    wanted = [LabelRequest(shapely.box(0, 0, 100, 50), 30, 8)]
    (found,) = place_labels(wanted, (-10, -10, 110, 60))
    assert found.anchor is None
    assert wanted[0].shape.contains(box_of(found, wanted[0]))


def test_a_label_keeps_off_what_is_taken():
    shape, taken = shapely.box(0, 0, 100, 50), shapely.box(30, 0, 70, 50)
    label = LabelRequest(shape, 20, 8)
    (found,) = place_labels([label], (-10, -10, 110, 60), [taken])
    assert not box_of(found, label).intersects(taken)


def test_a_label_keeps_off_the_shapes_of_others():
    shape, other = shapely.box(0, 0, 10, 10), shapely.box(10, -40, 60, 50)
    label = LabelRequest(shape, 20, 4)
    (found,) = place_labels([label], (-60, -60, 90, 90), others=[other])
    assert not box_of(found, label).intersects(other)


def test_a_line_that_is_drawn_runs_through_no_label_but_may_cross_its_line():
    shape = shapely.box(0, 0, 10, 10)
    label = LabelRequest(shape, 20, 4)
    around = shapely.box(-2, -2, 12, 12).exterior
    (found,) = place_labels([label], (-60, -60, 90, 90), drawn=[around])
    assert not box_of(found, label).intersects(around)
    assert leader(found, label).crosses(around)


def test_a_label_along_a_shape_is_off_the_land_and_nearest_to_what_it_names():
    shape, other = shapely.box(0, 0, 60, 40), shapely.box(60, 0, 120, 40)
    label = LabelRequest(shape, 30, 6)
    found = label_along(label, (-50, -50, 150, 90), [shapely.union(shape, other)], [other])
    box = box_of(found, label)
    assert not box.intersects(shape)
    assert box.distance(shape) < label.height * 1.2
    assert box.distance(other) > 1.5 * box.distance(shape)


def test_a_label_along_a_shape_without_space_around_has_no_spot():
    shape, around = shapely.box(0, 0, 10, 10), shapely.box(-90, -90, 90, 90)
    assert label_along(LabelRequest(shape, 8, 3), (-50, -50, 50, 50), [around], [around.difference(shape)]) is None
    assert label_along(LabelRequest(shape, 8, 3), (-50, -50, 50, 50), [shape], []) is not None


def test_who_stands_worst_chooses_first():
    """The middle one of three has room below only, which the others would take if they came first."""
    cells = [shapely.box(x, 0, x + 10, 10) for x in (0, 10, 20)]
    wanted = [LabelRequest(cell, 16, 4) for cell in cells]
    placed = place_labels(wanted, (-30, -30, 60, 9.9))
    assert_apart(wanted, placed)
    land = shapely.union_all(cells)
    assert not any(box_of(found, label).intersects(land) for found, label in zip(placed, wanted, strict=True))


def test_names_without_room_are_left_out_and_so_are_those_beyond_the_most():
    label = LabelRequest(shapely.box(0, 0, 20, 10), 18, 8)
    assert [bool(found) for found in names_inside([label, label], (-50, -50, 70, 60), [], 5)] == [True, False]
    apart = [LabelRequest(shapely.box(x, 0, x + 20, 10), 18, 8) for x in (0, 30, 60)]
    assert [bool(found) for found in names_inside(apart, (-50, -50, 99, 60), [], 2)] == [True, True, False]


def test_the_anchor_of_a_crescent_lies_in_it():
    crescent = shapely.Point(0, 0).buffer(100).difference(shapely.Point(40, 0).buffer(90))
    assert crescent.contains(anchor(crescent))
    assert not crescent.contains(crescent.centroid)


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_no_words_lie_on_others_or_on_a_line_to_a_name(name, footprint, drawn):
    assert_words_apart(drawn(name, footprint)[1])


def luminance(colour):
    value = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_words_are_large_enough_and_stand_out_from_what_lies_under_them(name, footprint, drawn):
    _, page = drawn(name, footprint)
    under = []
    for item in page.items():
        if isinstance(item, Area):
            under.append(item)
        if isinstance(item, Text):
            assert item.size >= SMALLEST, item.lines
            ground = next(area for area in reversed(under) if area.shape.intersects(ground_of(item).centroid))
            light, dark = sorted((float(luminance(item.colour)), float(luminance(ground.fill))), reverse=True)
            assert (light + 0.05) / (dark + 0.05) > 4.5, item.lines


def shades(image, points):
    """The darkest of the pixels around each point of the page, 0 to 255."""
    grey = np.asarray(image.convert("L"))
    found = []
    for x, y in np.round(points * 2).astype(int):
        found.append(grey[y - 1 : y + 2, x - 1 : x + 2].min())
    return np.array(found)


def covered(page):
    """What lies under words, their plates, the scale bar or an inset."""
    tops = [g for g in page.groups if g.id.endswith(("names", "scale", "1-surroundings", "2-surroundings"))]
    items = [item for group in tops for item in group.items if not isinstance(item, Stroke)]
    return shapely.union_all([ground_of(item) if isinstance(item, Text) else item.shape for item in items])


def on_line(lines, apart=7.0):
    """Points along lines."""
    return np.concatenate(
        [
            shapely.get_coordinates(shapely.line_interpolate_point(line, np.arange(apart / 2, line.length, apart)))
            for line in shapely.get_parts(lines)
        ]
    )


@pytest.mark.parametrize(("name", "footprint"), [("bnssg", "local-authorities"), *FOOTPRINTS])
def test_borders_of_places_are_seen_where_councils_have_theirs(name, footprint, drawn):
    """Every place of `local-authorities` is a council, so all borders run together there."""
    _, page = drawn(name, footprint)
    image = Image.open(BytesIO(pngs(page)[0]))
    (border,) = next(group.items for group in page.groups if group.id == "place-boundaries")
    points = on_line(shapely.difference(border.lines, covered(page).buffer(3)))
    assert len(points) > 200
    assert (shades(image, points) < 60).mean() > 0.995


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_lines_of_councils_are_there_but_quiet(name, footprint, drawn):
    _, page = drawn(name, footprint)
    image = Image.open(BytesIO(pngs(page)[0]))
    groups = {group.id: group for group in page.groups}
    (councils,), (borders,) = groups["council-boundaries"].items, groups["place-boundaries"].items
    assert councils.width < borders.width / 2
    seen = [group.id for group in page.groups if group.items]
    assert seen.index("council-boundaries") < seen.index("place-boundaries")
    lines = shapely.difference(councils.lines, shapely.union(covered(page).buffer(3), borders.lines.buffer(7)))
    if lines.is_empty:  # each place is made of whole councils
        assert (name, footprint) == ("norfolk-and-waveney", "option-6")
        return
    found = shades(image, on_line(lines, 3))
    assert len(found) > (0 if name == "bnssg" else 50)
    assert ((found > 80) & (found < 200)).mean() > 0.97


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_the_png_shows_each_place_in_the_colour_of_its_legend(name, footprint, drawn):
    picture, page = drawn(name, footprint)
    large, small = (Image.open(BytesIO(content)).convert("RGB") for content in pngs(page))
    places = {area.id: area for group in page.groups if group.id == "places" for area in group.items}
    names = {text.id for group in page.groups for text in group.items if isinstance(text, Text)}
    for place in picture.places:
        area = places[f"place-{place.id}"]
        point = shapely.maximum_inscribed_circle(max(shapely.get_parts(area.shape), key=lambda part: part.area))
        x, y = point.coords[0]
        dx = 0 if f"name-{place.id}" not in names else -min(point.length * 0.7, 60)
        wanted = tuple(int(place.colour[i : i + 2], 16) for i in (1, 3, 5))
        near = np.asarray(large)[
            round(y * 2) - 60 : round(y * 2) + 60, round((x + dx) * 2) - 60 : round((x + dx) * 2) + 60
        ]
        assert (near.reshape(-1, 3) == wanted).all(axis=1).mean() > 0.05, place.name
    assert (large.width, large.height) == (2 * small.width, 2 * small.height) == (2246, 1588)


def test_no_colour_stands_twice_and_places_keep_theirs(workspace, system):
    """Norwich is Norwich, and West Norfolk is mostly King's Lynn and West Norfolk, however the rest is divided."""
    found = system("norfolk-and-waveney")
    colours = {}
    for footprint in found.footprints.values():
        picture = draw(workspace, workspace.check(found, footprint))
        chosen = [place.colour for place in picture.places]
        assert len(set(chosen)) == len(chosen) or len(chosen) > len(PALETTE)
        assert set(chosen) <= set(PALETTE)
        colours[footprint.id] = {place.id: place.colour for place in picture.places}
    assert colours["option-4"]["norwich"] == colours["option-6"]["norwich"]
    assert colours["option-4"]["west-norfolk"] == colours["option-6"]["kings-lynn-and-west-norfolk"]
    # Of Great Yarmouth and Waveney, less than half lives in Great Yarmouth.
    same = {place for place in colours["option-4"] if place != "great-yarmouth-and-waveney"}
    assert all(colours["option-4"][place] == colours["option-4-without-waveney"][place] for place in same)


def test_a_dense_city_is_drawn_larger_in_a_corner(drawn):
    picture, page = drawn("bnssg", "localities")
    groups = {group.id: group for group in page.groups}
    named = {text.id for text in groups["inset-1-place-names"].items if isinstance(text, Text)}
    assert "inset-1-name-inner-city-and-east-bristol" in named
    assert not named & {text.id for text in groups["place-names"].items if isinstance(text, Text)}
    whole, larger = (
        next(area.shape for area in groups[group].items if area.id.endswith("place-inner-city-and-east-bristol"))
        for group in ("places", "inset-1-places")
    )
    assert larger.area > 1.9 * whole.area
    frame = groups["inset-1-surroundings"].items[0].shape
    assert not any(area.shape.buffer(-0.1).intersects(frame) for area in groups["places"].items)
    every = {text.id.removeprefix("inset-1-") for g in page.groups for text in g.items if isinstance(text, Text)}
    assert {f"name-{place.id}" for place in picture.places} <= every


@pytest.mark.parametrize(("west", "right"), [(0, True), (400, False)])
def test_the_scale_bar_stands_where_it_hides_least_of_the_system(west, right):
    """Land at the foot on the left sends it to the right, and the other way round."""
    view = View((0, 0, 800, 600), 0.0, 600.0, 1.0)
    land = shapely.union_all([shapely.box(0, 100, 800, 500), shapely.box(west, 0, west + 400, 100)])
    found = view.off(land)
    assert found.bar_right == right
    assert not view.on_page(land).buffer(-0.1).intersects(found.scale_bar)
    bar = shapely.union_all([item.shape for item in scale_bar(found) if isinstance(item, Area)])
    assert found.scale_bar.contains(bar)


def legend_words(page):
    return {" ".join(item.lines) for g in page.groups if g.id == "legend" for item in g.items if isinstance(item, Text)}


def test_the_legend_says_that_wales_is_as_blank_as_the_sea(drawn):
    picture, page = drawn("bnssg", "localities")
    assert "sea, or outside England" in legend_words(page)
    inland = replace(picture, land=np.array([shapely.union_all([p.shape for p in picture.places]).buffer(1e6)]))
    assert "sea, or outside England" not in legend_words(drawing([inland], "Inland"))


def test_surroundings_orient(drawn):
    """Somerset lies south of North Somerset, and Stroud north of South Gloucestershire."""
    _, page = drawn("bnssg", "localities")
    names = {" ".join(t.lines): t for g in page.groups if g.id == "council-names" for t in g.items}
    assert {"Somerset", "Stroud", "Wiltshire", "Bath and North East Somerset"} <= set(names)
    assert 4 <= len(names) <= 10
    assert names["Stroud"].y < names["Bath and North East Somerset"].y < names["Somerset"].y
    assert names["Wiltshire"].x > names["Somerset"].x


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


SPACE = "{http://www.w3.org/2000/svg}"


def test_svg_has_title_and_alternative_text(drawn):
    picture, page = drawn("bnssg", "localities")
    root = ET.fromstring(svg_text(page))  # noqa: S314 - our own text
    assert root.get("role") == "img"
    assert root[0].tag == f"{SPACE}title"
    assert root[0].text == "Bristol, North Somerset and South Gloucestershire: Six localities"
    assert root[1].tag == f"{SPACE}desc"
    assert root[1].text == picture.alt
    assert root.get("aria-labelledby").split() == [root[0].get("id"), root[1].get("id")]


@pytest.mark.parametrize(("name", "footprint"), FOOTPRINTS)
def test_svg_has_words_as_words_and_ids_that_name_places(name, footprint, drawn):
    picture, page = drawn(name, footprint)
    root = ET.fromstring(svg_text(page))  # noqa: S314 - our own text
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    words = {"".join(element.itertext()) for element in root.iter(f"{SPACE}text")}
    for place in picture.places:
        (path,) = (element for element in root.iter(f"{SPACE}path") if element.get("id") == f"place-{place.id}")
        assert path.get("fill") == place.colour
        assert path.find(f"{SPACE}title").text == f"{place.name}: {place.residents:,.0f} residents"
        assert f"{place.residents:,.0f} residents · {place.lsoas:,} LSOAs" in words
    # What a presentation program cannot turn into shapes of its own.
    assert {element.tag.removeprefix(SPACE) for element in root.iter()} <= {
        *("svg", "title", "desc", "g", "path", "text", "tspan")
    }


def test_the_same_map_has_the_same_bytes(workspace, outcome):
    picture = draw(workspace, outcome("bnssg", "localities"), highlight=True)
    page, again = drawing([picture]), drawing([picture])
    assert svg_text(page) == svg_text(again)
    assert pngs(page) == pngs(again)
    for content in pngs(page):
        with Image.open(BytesIO(content)) as opened:
            assert opened.text["Description"] == picture.alt


def test_a_title_of_ones_own_and_no_legend(drawn):
    _, page = drawn("bnssg", "localities", title="Where we work & why", legend=False)
    text = svg_text(page)
    assert "Where we work &amp; why" in text
    assert "143,137 residents ·" not in text
    places = {group.id: group for group in page.groups}["places"]
    _, usual = drawn("bnssg", "localities")
    before = {group.id: group for group in usual.groups}["places"]
    assert (
        shapely.area([area.shape for area in places.items]).sum()
        >= shapely.area([area.shape for area in before.items]).sum()
    )


def test_no_name_of_a_footprint_holds_a_caveat(shipped_systems):
    names = [footprint.name for found in shipped_systems.values() for footprint in found.footprints.values()]
    assert len(names) > 42
    words = re.compile("guess|unverified|general knowledge|stand-in|convenience|unsure|inferred", re.IGNORECASE)
    assert [name for name in names if words.search(name)] == []


def test_caveats_stand_in_the_note(drawn):
    _, page = drawn("bnssg", "localities")
    notes = " ".join(line for g in page.groups if g.id == "notes" for text in g.items for line in text.lines)
    assert "worked out from the sources, not stated in them" in notes
    _, sure = drawn("norfolk-and-waveney", "option-6")
    assert "worked out" not in svg_text(sure)


def test_two_maps_side_by_side_name_both(workspace, system, tmp_path):
    found = system("norfolk-and-waveney")
    made = make_map(workspace, found, [found.footprints["option-4"], found.footprints["option-6"]], tmp_path)
    endings = (".svg", ".png", "-small.png", ".txt")
    assert [path.name for path in made.files] == [f"option-4-and-option-6-map{ending}" for ending in endings]
    root = ET.fromstring(made.files[0].read_text(encoding="utf-8"))  # noqa: S314 - our own text
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(set(ids)) == len(ids)
    assert {"option-4-place-norwich", "option-6-place-norwich"} <= set(ids)
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
    assert files == [f"single-place-map{ending}" for ending in ("-small.png", ".png", ".svg", ".txt")]


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


def test_a_footprint_does_not_stand_beside_itself(run):
    result = run("map", "bnssg", "--compare", "localities")
    assert result.code == 2
    assert "`localities` would stand beside itself" in result.err
    assert "local-authorities" in result.err


def test_a_footprint_with_errors_is_not_drawn(tmp_path, monkeypatch):

    from placemap.cli import app

    text = (REPO / "configs" / "bnssg.yaml").read_text(encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(text.replace("value: 187000", "value: 287000"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["map", "bad.yaml"])
    assert result.exit_code == 4
    assert "footprint `localities` of bnssg has 1 error, such as expectation-missed" in result.stderr
    assert not (tmp_path / "out").exists()


def test_two_maps_say_what_their_hatches_are(workspace, outcome):
    """One place reaches beyond the system in one of the two; some LSOAs have a low share in the other."""
    pictures = [
        draw(workspace, outcome("norfolk-and-waveney", name), highlight=True) for name in ("option-4", "option-6")
    ]
    notes = next(group for group in drawing(pictures).groups if group.id == "notes")
    words = " ".join(line for text in notes.items for line in text.lines)
    assert "Hatched downwards: parts of places outside the system." in words
    assert "Hatched upwards: LSOAs where under half of registered patients" in words
    plain = next(group for group in drawing(pictures[1:]).groups if group.id == "notes")
    assert "Hatched" not in " ".join(line for text in plain.items for line in text.lines)


def test_no_name_stands_on_a_hatch_or_a_council_line(workspace, outcome):
    picture = draw(workspace, outcome("bnssg", "neighbourhoods"), highlight=True)
    page = drawing([picture])
    marks = [item.lines for group in page.groups if group.id == "marks" for item in group.items]
    names = next(group for group in page.groups if group.id == "place-names").items
    plates = [item.shape for item in names if isinstance(item, Area)]
    texts = [ground_of(item) for item in names if isinstance(item, Text)]
    on_hatch = [text for text in texts if any(text.intersects(lines) for lines in marks)]
    assert on_hatch
    assert all(any(plate.contains(text) for plate in plates) for text in on_hatch)
