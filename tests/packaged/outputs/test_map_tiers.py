"""`map --tiers`: the finer tier in colour, the coarser one as thick lines over it."""

import re
import xml.etree.ElementTree as ET

import pytest
import shapely

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
