"""`infer` with the tables of all England: polygons of every system come back; large lists in little time."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from placemap.analysis.infer_input import from_table
from placemap.analysis.infer_polygons import from_polygons
from placemap.commands.infer import infer_places
from placemap.commands.workspace import resolved_of
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
    assignment = resolved_of(workspace, system, system.footprints[footprint]).assignment
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
            assignment = resolved_of(workspace, system, system.footprints[system.default_footprint]).assignment
        except PlacemapError:
            continue
        wanted = from_polygons(_polygons(workspace, assignment), workspace.geography)
        names = np.array([*(place.name for place in assignment.footprint.places), ""])
        assert (names[assignment.place] == np.array([*wanted.names, ""])[wanted.place]).all(), system.id
        seen += 1
    assert seen >= 40


# --- tables -----------------------------------------------------------------------------------------------------------


def _infer(workspace, frame, place, **more):
    wanted = from_table(frame, workspace.geography, place_column=place, **more)
    return infer_places(workspace, wanted, "test")


def _official(official_files, name, **more):
    return pd.read_csv(official_files / name, dtype=str, keep_default_na=False, encoding="utf-8-sig", **more)


def test_all_england_by_icb(workspace, official_files):
    frame = _official(official_files, "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv")[["LSOA21CD", "ICB24NM"]]
    found = _infer(workspace, frame, "ICB24NM")
    assert (found.rebuilt, len(found.inferred.places), len(frame)) == (True, 42, 33755)


def test_all_practices_of_england_by_sub_icb(workspace, official_files):
    """The file has no header: practice, name, sub-ICB location, its name, PCN … A practice may have moved."""
    rows = _official(official_files, "epcncorepartnerdetails_2024-10.csv", header=None)
    found = _infer(workspace, rows[[0, 2]].set_axis(["practice", "place"], axis=1), "place")
    assert found.errors == ()
    known = rows[rows[0].isin(found.inferred.wanted.listing.place_of)]
    assert set(found.inferred.wanted.names) == set(known[2])
    assert len(found.inferred.wanted.listing.place_of) + len(found.inferred.wanted.unknown) == rows[0].nunique()


def _map(official_files, sub_icb):
    """Practices of a sub-ICB location with their PCN, as NHS England publishes them with the registrations."""
    frame = _official(official_files, "gp-reg-pat-prac-map_2026-08.csv")
    return frame[frame["SUB_ICB_LOCATION_CODE"] == sub_icb]


@pytest.mark.parametrize("sub_icb", ["11M", "15C", "16C"])
def test_practices_by_pcn_are_said_in_the_pcns_of_their_list(workspace, official_files, sub_icb):
    frame = _map(official_files, sub_icb)
    found = _infer(workspace, frame[["PRACTICE_CODE", "PCN_NAME"]], "PCN_NAME")
    assert found.inferred.wanted.listing.vintage == "2026-08"
    assert found.errors == ()
    said = {code for kind, code, _ in found.listed if kind == "pcn"}
    alone = {code for kind, code, _ in found.listed if kind == "practice"}
    in_pcns = frame[frame["PCN_CODE"].str.match(r"U\d{5}")]
    everywhere = _official(official_files, "gp-reg-pat-prac-map_2026-08.csv").groupby("PCN_CODE").size()
    whole = {pcn for pcn, size in in_pcns.groupby("PCN_CODE").size().items() if size == everywhere[pcn]}
    assert said == whole
    assert alone == set(frame[~frame["PCN_CODE"].isin(whole)]["PRACTICE_CODE"])


def test_a_list_with_moved_boundaries_has_the_scope_where_its_patients_live(workspace, england_store):
    """M85124 was of the Black Country (D2P2L) in the list of August 2022; its patients live in Birmingham."""
    frame = pd.DataFrame({"practice": ["M85124", "M85001"], "place": ["West", "East"]}, dtype=object)
    found = _infer(workspace, frame, "place")
    assert found.inferred.wanted.listing.vintage == "2022-08"
    assert [code for _, code, _ in found.inferred.scope.members] == ["E38000258"]
    assert any("1 practice of D2P2L in 2022-08 counted to" in note for note in found.inferred.wanted.notes)
    assert not found.rebuilt
    # Counted over from the tables: LSOAs of the location in which nobody uses one of the two.
    tables = {
        name: pd.read_parquet(england_store / "tables" / f"{name}.parquet")
        for name in ("registrations-2022-07", "exact_fit-2021", "sub_icb-2024")
    }
    rows = tables["registrations-2022-07"]
    mine = rows[rows["practice_code"].isin(frame["practice"])]["lsoa11_code"]
    fit, scope = tables["exact_fit-2021"], tables["sub_icb-2024"]
    served = set(fit[fit["lsoa11_code"].isin(mine)]["lsoa_code"])
    here = set(scope[scope["sub_icb_ods"] == "15E"]["lsoa_code"])
    gaps = [lsoa for finding in found.errors if finding.code == "gap" for lsoa in finding.lsoas]
    assert set(gaps) == here - served


def test_the_list_of_pcns_is_the_one_asked_for(workspace, official_files):
    frame = _map(official_files, "11M")[["PRACTICE_CODE", "PCN_NAME"]]
    found = _infer(workspace, frame, "PCN_NAME", pcn_vintage="2024-10")
    assert found.inferred.wanted.listing.vintage == "2024-10"
    assert "pcn_vintage: 2024-10" in found.config
    members = workspace.geography.pcns("2024-10").practices_of
    assert all(code in members for kind, code, _ in found.listed if kind == "pcn")


def test_pcns_of_a_newer_list_are_taken_from_it(workspace):
    """A PCN that only the newest list has, beside one that all lists have."""
    newest, *older = (workspace.geography.pcns(vintage) for vintage in ("2026-08", "2024-10", "2022-08"))
    new = next(code for code in sorted(newest.practices_of) if not any(code in pcns.names for pcns in older))
    home = newest.sub_icb[new]
    old = next(code for code in sorted(older[1].practices_of) if code in newest.names and newest.sub_icb[code] == home)
    found = _infer(workspace, pd.DataFrame({"pcn": [new, old], "place": ["A", "B"]}, dtype=object), "place")
    assert found.inferred.wanted.listing.vintage == "2026-08"
    assert "pcn_vintage: 2026-08" in found.config


@pytest.mark.parametrize("sub_icb", ["15E", "D2P2L", "26A"])
def test_a_list_of_all_practices_of_a_system_builds_whatever_its_places(workspace, official_files, sub_icb):
    """Two places that have nothing to do with PCNs; the practices are all that the official list of today has there."""
    codes = sorted(_map(official_files, sub_icb)["PRACTICE_CODE"])
    frame = pd.DataFrame(
        {"practice": codes, "place": ["A" if at % 2 else "B" for at in range(len(codes))]}, dtype=object
    )
    found = _infer(workspace, frame, "place")
    units = workspace.geography.units("sub_icb")
    assert [units.ods[units.position(code)] for _, code, _ in found.inferred.scope.members] == [sub_icb]
    assert found.errors == ()
    assert found.rebuilt
