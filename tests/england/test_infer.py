"""`infer` with the tables of all England: polygons of every system come back; large lists in little time."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from placemap.analysis.infer_polygons import from_polygons
from placemap.commands.workspace import resolved
from placemap.core.errors import PlacemapError
from placemap.core.read_polygons import Polygons

#: LSOAs that `infer` may put elsewhere, and how many it did when an LSOA followed its centroid alone, or its largest
#: overlap alone as maup does (whichever was better is the bound): outlines as they are, simplified, moved.
CHANGED = {
    ("bnssg", "localities", "simplify 500"): 4,
    ("bnssg", "localities", "simplify 1000"): 25,
    ("bnssg", "localities", "move 0 150"): 1,
    ("bnssg", "localities", "move -106 -106"): 1,
    ("norfolk-and-waveney", "option-4", "simplify 0"): 0,
    ("norfolk-and-waveney", "option-4", "simplify 500"): 0,
    ("norfolk-and-waveney", "option-4", "simplify 1000"): 3,
}


def _polygons(workspace, assignment, change="simplify 0"):
    how, *numbers = change.split()
    shapes = workspace.outlines.places(assignment)
    if how == "move":
        shapes = shapely.transform(shapes, lambda points: points + [int(number) for number in numbers])
    elif numbers != ["0"]:
        shapes = shapely.simplify(shapes, int(numbers[0]))
    names = [place.name for place in assignment.footprint.places]
    return Polygons(gpd.GeoDataFrame({"place": names}, geometry=list(shapes), crs=27700))


def _elsewhere(workspace, assignment, wanted):
    """LSOAs of the places' scope that are not where they were."""
    names = np.array([*(place.name for place in assignment.footprint.places), ""])
    got = np.array([*wanted.names, ""])
    return (names[assignment.place] != got[wanted.place]) & assignment.in_scope


@pytest.mark.parametrize(("name", "footprint", "change"), CHANGED)
def test_polygons_that_were_changed_come_back_as_well_as_can_be(workspace, shipped_systems, name, footprint, change):
    system = shipped_systems[name]
    assignment = resolved(workspace, system, system.footprints[footprint])
    wanted = from_polygons(_polygons(workspace, assignment, change), workspace.geography)
    elsewhere = _elsewhere(workspace, assignment, wanted)
    assert elsewhere.sum() <= CHANGED[name, footprint, change]
    # Whatever is elsewhere or nowhere, and is more than an edge, is told of with its people.
    told = {finding.subject: finding.people for finding in wanted.findings}
    lost = assignment.in_scope & (wanted.place < 0)
    residents = workspace.geography.measure("residents_2021")
    assert all(told[code] == residents[at] for at, code in enumerate(workspace.geography.lsoas) if lost[at])


def test_outlines_of_every_system_come_back(workspace, shipped_systems):
    seen = 0
    for system in shipped_systems.values():
        try:
            assignment = resolved(workspace, system, system.footprints[system.default_footprint])
        except PlacemapError:
            continue
        wanted = from_polygons(_polygons(workspace, assignment), workspace.geography)
        names = np.array([*(place.name for place in assignment.footprint.places), ""])
        assert (names[assignment.place] == np.array([*wanted.names, ""])[wanted.place]).all(), system.id
        seen += 1
    assert seen >= 40
