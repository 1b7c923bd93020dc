"""Maps of systems that are not packaged: councils as places, dense towns at a coast, islands, one place alone."""

from math import dist

import pytest
import shapely
from map_words import assert_words_apart, ground_of

from placemap.commands.map import draw
from placemap.outputs.map.draw import drawing
from placemap.outputs.map.drawing import Area, Text
from placemap.outputs.map.palette import SIGHTS
from placemap.outputs.map.palette import seen as seen_as

SYSTEMS = [
    "cheshire-and-merseyside",
    "cornwall-and-the-isles-of-scilly",
    "greater-manchester",
    "north-east-and-north-cumbria",
    "north-west-london",
    "somerset",
]


@pytest.fixture(scope="module")
def page(workspace, shipped_systems):
    """The page of a system's default footprint."""

    def of(name):
        system = shipped_systems[name]
        return drawing([draw(workspace, workspace.check(system, system.footprints[system.default_footprint]))])

    return of


@pytest.mark.parametrize("name", SYSTEMS)
def test_words_are_apart_and_every_place_is_named(name, page, shipped_systems):
    drawn, system = page(name), shipped_systems[name]
    assert_words_apart(drawn)
    named = {item.id.rpartition("name-")[2] for item in drawn.items() if isinstance(item, Text) and "name-" in item.id}
    assert named == {place.id for place in system.footprints[system.default_footprint].places}


def test_names_beside_their_places_stand_off_others_where_there_is_room(page):
    """On the Tees five small places lie side by side; around them there is sea and North Yorkshire."""
    drawn = page("north-east-and-north-cumbria")
    (places,) = [group for group in drawn.groups if group.id == "places"]
    shapes = {item.id: item.shape for item in places.items if isinstance(item, Area)}
    (names,) = [group for group in drawn.groups if group.id == "place-names"]
    texts = {item.id.removeprefix("name-"): ground_of(item) for item in names.items if isinstance(item, Text)}
    tees = [key for key in texts if key.startswith(("stockton", "darlington", "middlesbrough", "hartlepool", "redcar"))]
    assert len(tees) == 5
    others = shapely.union_all(list(shapes.values()))
    assert not any(texts[key].intersects(others) for key in tees)


def test_neighbours_are_told_apart_on_every_map(workspace, shipped_systems):
    """CIE76 in normal and in each simulated sight, of all footprints, those that took over colours from another too."""
    near = []
    for system in shipped_systems.values():
        for footprint in system.footprints.values():
            found = draw(workspace, workspace.check(system, workspace.footprint(system, footprint.id)))
            tree = shapely.STRtree([place.shape for place in found.places])
            for one, other in tree.query([place.shape for place in found.places], "touches").T.tolist():
                colours = [found.places[at].colour for at in (one, other)]
                seen = [dist(*(seen_as(colour, sight) for colour in colours)) for sight in SIGHTS]
                near.append((min(seen), seen[0], system.id, footprint.id, found.places[one].name))
    assert len(near) > 400
    assert min(near)[0] > 12, min(near)
    assert min(normal for _, normal, *_ in near) > 20
