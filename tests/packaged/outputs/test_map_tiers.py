"""`map --tiers`: the finer tier in colour, the coarser one as thick lines over it."""

import re
import xml.etree.ElementTree as ET

import pytest
import shapely
from map_words import assert_words_apart, ground_of

from placemap.outputs.map.draw import drawing
from placemap.outputs.map.drawing import Text
from placemap.outputs.map.lines import lines_of
from placemap.outputs.map.picture import picture, with_tier_above


def drawn(run, tmp_path, *options):
    """The SVG's root and the alternative text of one map."""
    ran = run("map", *options, "--tiers")
    assert ran.code == 0, ran.err
    (svg,) = (tmp_path / "out").rglob("*.svg")
    return ET.parse(svg).getroot(), ran.out, svg.name  # noqa: S314 - as above


@pytest.mark.parametrize("footprint", ["option-4", "neighbourhoods"])
def test_either_footprint_gives_the_map_of_both(run, tmp_path, footprint):
    root, alt, name = drawn(run, tmp_path, "norfolk-and-waveney", "-f", footprint)
    ids = {element.get("id") for element in root.iter()}
    assert name == "neighbourhoods-inside-option-4-map.svg"
    assert "tier-boundaries" in ids
    assert {"place-mid-norfolk", "place-norwich", "place-king-s-lynn"} <= ids
    words = " ".join(text for element in root.iter() for text in element.itertext())
    assert "neighbourhood boundary" in words
    assert re.search(r"17 places\. .*Thick lines bound the tier above: .*, South Norfolk and West Norfolk\.", alt)


def test_thick_lines_are_the_borders_of_the_places_above(workspace, shipped_systems):
    system = shipped_systems["norfolk-and-waveney"]
    _, resolved = workspace.resolve(system, system.footprints["neighbourhoods"])
    outlines = workspace.outlines
    shown = with_tier_above(picture(resolved, outlines), resolved, outlines)
    lines = lines_of(shown)
    borders = shapely.unary_union(shapely.boundary(outlines.places(resolved.outer.assignment)))
    assert lines.above.length == pytest.approx(borders.length)
    assert lines.above.length < lines.places.length


@pytest.fixture(scope="module")
def tiers(workspace, shipped_systems):
    """The picture of two tiers, of a system and the finer footprint, and its page."""

    def of(name, footprint):
        system = shipped_systems[name]
        _, resolved = workspace.resolve(system, workspace.footprint(system, footprint))
        shown = with_tier_above(picture(resolved, workspace.outlines), resolved, workspace.outlines)
        return shown, drawing([shown])

    return of


def texts_of(page, group):
    found = [item for each in page.groups if each.id == group for item in each.items if isinstance(item, Text)]
    return [(" ".join(item.lines), item) for item in found]


TIERS = [
    ("bnssg", "neighbourhoods"),
    ("norfolk-and-waveney", "neighbourhoods"),
    ("lancashire-and-south-cumbria", "delivery-units"),
]


@pytest.mark.parametrize(("name", "footprint"), TIERS)
def test_the_legend_has_each_place_under_what_it_lies_in(name, footprint, tiers, shipped_systems):
    shown, page = tiers(name, footprint)
    system = shipped_systems[name]
    words = [text for text, item in texts_of(page, "legend") if item.anchor == "start"]
    figures = {text for text, item in texts_of(page, "legend") if item.anchor == "end"}
    over = {place.id: place.name for place in system.footprints[system.default_footprint].places}
    parents = {place.name: over[place.parent] for place in system.footprints[footprint].places if place.parent}
    under = ""
    for text, item in texts_of(page, "legend"):
        if item.bold:
            under = text
        elif text in parents:
            assert parents[text] == under
    assert {place.name for place in (*shown.places, *shown.above)} <= set(words)
    assert {f"{place.residents:,.0f}" for place in (*shown.places, *shown.above)} <= figures


@pytest.mark.parametrize(("name", "footprint"), TIERS)
def test_words_of_two_tiers_are_apart_and_stand_off_each_other(name, footprint, tiers):
    shown, page = tiers(name, footprint)
    assert_words_apart(page)
    names = texts_of(page, "tier-names")
    assert {text for text, _ in names} <= {place.name.upper() for place in shown.above}
    places = {item.id: item.shape for group in page.groups if group.id == "places" for item in group.items}
    for text, item in names:
        (above,) = [place for place in shown.above if place.name.upper() == text]
        own = shapely.union_all([places[f"place-{shown.places[at].id}"] for at in above.places])
        rest = [
            shape for key, shape in places.items() if key not in {f"place-{shown.places[at].id}" for at in above.places}
        ]
        ground = ground_of(item)
        assert ground.distance(own) < min([999, *shapely.distance(shapely.union_all(rest), [ground])])


def test_what_of_the_tier_above_is_not_divided_is_shown_and_named(tiers):
    """The delivery units divide Lancashire alone, one of four places."""
    shown, page = tiers("lancashire-and-south-cumbria", "delivery-units")
    assert {place.name for place in shown.undivided} == {"Blackburn with Darwen", "Blackpool", "South Cumbria"}
    assert {text for text, _ in texts_of(page, "place-names")} > {"BLACKBURN WITH DARWEN", "BLACKPOOL", "SOUTH CUMBRIA"}
    assert [text for text, _ in texts_of(page, "tier-names")] == ["LANCASHIRE"]
    assert "place that is not divided" in {text for text, _ in texts_of(page, "legend")}
    frame = next(group for group in page.groups if group.id == "surroundings").items[0].shape
    (undivided,) = [group.items for group in page.groups if group.id == "undivided"]
    assert all(shapely.contains_properly(frame, item.shape) for item in undivided)


def test_map_of_one_tier_is_as_it_was(workspace, shipped_systems):
    system = shipped_systems["norfolk-and-waveney"]
    _, resolved = workspace.resolve(system, system.footprints["option-4"])
    shown = picture(resolved, workspace.outlines)
    assert with_tier_above(shown, resolved, workspace.outlines) is shown
    assert lines_of(shown).above.is_empty


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["bnssg", "-f", "single-place"], "footprint `single-place` has no other tier"),
        (["bnssg", "--compare", "single-place"], "--compare and --tiers are two maps"),
    ],
)
def test_what_has_no_tiers_is_refused(run, tmp_path, options, message):
    ran = run("map", *options, "--tiers")
    assert ran.code == 2
    assert message in ran.err
    assert not (tmp_path / "out").exists()
