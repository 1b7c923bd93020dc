"""`infer`: what is built comes back; the original is found where it was exact; what is not certain is said."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import wkb

from conftest import REPO
from placemap.analysis.infer_input import WantedPlaces, from_table
from placemap.analysis.infer_polygons import from_polygons
from placemap.commands.infer import Found, infer_places
from placemap.commands.workspace import Workspace
from placemap.config.load import load_system
from placemap.config.model import System
from placemap.core.errors import PlacemapError
from placemap.core.read_polygons import Polygons

#: The systems that the packaged tables cover.
COVERED = ("bnssg", "lancashire-and-south-cumbria", "norfolk-and-waveney")
ALL = [(name, footprint) for name in COVERED for footprint in load_system(REPO / "configs" / f"{name}.yaml").footprints]
#: Footprints declared from whole areas, with the kinds that `infer` must find. Lancashire is declared from the county's
#: twelve districts, which are the upper tier E10000017: the one unit is the shorter way to say it.
EXACT = {
    ("bnssg", "local-authorities"): {"ltla"},
    ("bnssg", "single-place"): {"sub_icb"},
    ("lancashire-and-south-cumbria", "ccg-footprints"): {"sub_icb"},
    ("lancashire-and-south-cumbria", "delivery-units"): {"ltla"},
    ("lancashire-and-south-cumbria", "places-2022"): {"ltla", "utla", "sub_icb"},
    ("norfolk-and-waveney", "option-6"): {"ltla"},
}


def _frame(workspace: Workspace, system: System, footprint: str) -> pd.DataFrame:
    outcome = workspace.build(system, system.footprints[footprint])
    return next(table.frame for table in outcome.tables if table.name == "place_lsoa21")[["LSOA21CD", "PLACENM"]]


def _inferred(workspace: Workspace, frame: pd.DataFrame) -> Found:
    return infer_places(workspace, from_table(frame, workspace.geography), "test")


@pytest.mark.parametrize(("system", "footprint"), ALL)
def test_every_shipped_footprint_comes_back(
    workspace: Workspace, shipped_systems: dict[str, System], system: str, footprint: str
) -> None:
    declared = shipped_systems[system].footprints[footprint]
    found = _inferred(workspace, _frame(workspace, shipped_systems[system], footprint))
    assert found.rebuilt
    assert found.off == ()
    units = {member.code for _, member in declared.members() if member.kind == "pcn"}
    if units:
        assert found.inferred.way == "pcn"
        listed = {code for place in found.inferred.places for kind, code, _ in place.declared.members if kind == "pcn"}
        assert listed == units
    else:
        kinds = {kind for place in found.inferred.places for kind, _, _ in place.declared.members}
        assert kinds == EXACT[system, footprint]


@pytest.mark.parametrize(("system", "footprint"), [key for key in EXACT if key[1] != "places-2022"])
def test_the_very_units_are_found_where_places_were_exact(
    workspace: Workspace, shipped_systems: dict[str, System], system: str, footprint: str
) -> None:
    declared = shipped_systems[system].footprints[footprint]
    found = _inferred(workspace, _frame(workspace, shipped_systems[system], footprint))
    ods = {
        unit: gss
        for gss, unit in zip(*(getattr(workspace.geography.units("sub_icb"), a) for a in ("codes", "ods")), strict=True)
    }
    for place in declared.places:
        mine = {ods.get(member.code, member.code) for member in place.members}
        (got,) = [item for item in found.inferred.places if item.name == place.name]
        assert {code for _, code, _ in got.declared.members} == mine


def test_south_cumbria_is_said_with_its_exception(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    found = _inferred(workspace, _frame(workspace, shipped_systems["lancashire-and-south-cumbria"], "places-2022"))
    cumbria = found.inferred.places[3]
    assert cumbria.name == "South Cumbria"
    assert [(kind, code) for kind, code, _ in cumbria.declared.members] == [("sub_icb", "E38000228")]
    assert [(kind, name) for kind, _, name in cumbria.declared.exclude] == [("ltla", "Lancaster")]


def test_places_of_wards_are_found_as_wards(workspace: Workspace) -> None:
    geography = workspace.geography
    wards = geography.units("ward")
    bristol = geography.units("ltla").position("E06000023")
    inside = geography.units("ltla").lsoas(bristol)  # type: ignore[arg-type]
    mine = sorted(set(wards.of[inside].tolist()))
    half = set(mine[: len(mine) // 2])
    frame = pd.DataFrame(
        {"code": [str(wards.codes[at]) for at in mine], "locality": ["One" if at in half else "Two" for at in mine]}
    )
    found = _inferred(workspace, frame)
    assert found.rebuilt
    assert {kind for place in found.inferred.places for kind, _, _ in place.declared.members} <= {"ward", "ltla"}
    assert [fit.exact for fit in found.inferred.places[0].fits if fit.kind == "ward"] == [True]


# --- the former CCGs of Norfolk and Waveney ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ccgs(official_files: Path) -> list[dict[str, str]]:
    names = {"North Norfolk", "Norwich", "South Norfolk", "West Norfolk", "Great Yarmouth and Waveney"}
    with (official_files / "LSOA11_CCG19_LAD19_EN_LU.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row["CCG19NM"].removeprefix("NHS ").removesuffix(" CCG") in names]


def test_former_ccgs_against_todays_localities(
    workspace: Workspace, shipped_systems: dict[str, System], ccgs: list[dict[str, str]]
) -> None:
    system = shipped_systems["norfolk-and-waveney"]
    frame = pd.DataFrame(ccgs)
    wanted = from_table(frame, workspace.geography, place_column="CCG19NM")
    found = infer_places(workspace, wanted, "ccgs", (system, system.footprints["option-4"]))
    assert found.rebuilt
    # Each of the five is exactly the CCG of 2019 that it is.
    for place in found.inferred.places:
        assert [kind for kind, _, _ in place.declared.members] == ["sub_icb"]
        assert dict(place.declared.vintages) == {"sub_icb": "2019"}
    # The distance to option 4, counted over with dicts from the built crosswalk.
    outcome = workspace.build(system, system.footprints["option-4"])
    today = next(t.frame for t in outcome.tables if t.name == "place_lsoa21")
    name_of = {at: name.removeprefix("NHS ").removesuffix(" CCG") for at, name in enumerate(wanted.names)}
    position = {code: at for at, code in enumerate(workspace.geography.lsoas)}
    off: dict[str, float] = defaultdict(float)
    for row in today.itertuples():
        if name_of[wanted.place[position[row.LSOA21CD]]] != row.PLACENM:
            off[row.LSOA21CD] = row.RESIDENTS
    assert found.against is not None
    assert dict(found.against.matched) == {f"NHS {name} CCG": name for name in name_of.values()}
    assert (found.against.lsoas, found.against.residents) == (len(off), pytest.approx(sum(off.values())))
    assert 0 < found.against.residents / found.against.total < 0.15


# --- what is read -----------------------------------------------------------------------------------------------------


def test_lsoas_of_2011_come_to_2021(workspace: Workspace, ccgs: list[dict[str, str]]) -> None:
    wanted = from_table(pd.DataFrame(ccgs), workspace.geography, place_column="CCG19NM")
    fit = workspace.geography.fit_2011
    of = {row["LSOA11CD"]: row["CCG19NM"] for row in ccgs}
    for pair in range(len(fit.source)):
        source = str(fit.codes[fit.source[pair]])
        if source in of and fit.change[pair] in "US" and fit.target[pair] >= 0:
            assert wanted.names[wanted.place[fit.target[pair]]] == of[source]


def test_polygons_follow_centroids(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    geography = workspace.geography
    frame = _frame(workspace, shipped_systems["bnssg"], "local-authorities")
    table = geography.data.table(geography.data.need("ltla_boundaries")).frame()
    mine = table[table["ltla_code"].isin(["E06000023", "E06000024", "E06000025"])]
    shapes = gpd.GeoDataFrame(
        {"name": mine["ltla_name"].str.removesuffix(", City of")},
        geometry=[wkb.loads(g) for g in mine["geometry"]],
        crs=27700,
    )
    wanted = from_polygons(Polygons(shapes), geography)
    got = {str(geography.lsoas[at]): wanted.names[wanted.place[at]] for at in np.flatnonzero(wanted.place >= 0)}
    expected = dict(zip(frame["LSOA21CD"], frame["PLACENM"], strict=True))
    # The boundaries are generalised to 200 m; a centroid in a thousand may fall outside.
    assert sum(got.get(code) == name for code, name in expected.items()) >= 0.99 * len(expected)
    assert infer_places(workspace, wanted, "polygons").rebuilt


def test_practices_are_declared_as_listed(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    outcome = workspace.build(shipped_systems["bnssg"], shipped_systems["bnssg"].footprints["localities"])
    table = next(t.frame for t in outcome.tables if t.name == "place_practice")
    found = _inferred(workspace, table[["PRACTICECD", "PLACENM"]])
    assert (found.inferred.way, found.rebuilt) == ("as listed", True)
    assert sum(place.lsoas for place in found.inferred.places) == 581


def test_ambiguity_is_said(workspace: Workspace) -> None:
    geography = workspace.geography
    unchanged = sorted(set(geography.lsoas) & set(geography.fit_2011.codes))[:10]
    wanted = from_table(pd.DataFrame({"c": unchanged, "place": ["A"] * 5 + ["B"] * 5}), geography)
    assert wanted.notes == ("All of the LSOAs have the same codes in 2011 and 2021; taken as of 2021.",)
    found = _inferred(
        workspace, pd.DataFrame({"code": ["E06000023", "E06000024"], "place": ["Bristol", "North Somerset"]})
    )
    assert found.inferred.places[0].also == ("UTLA E06000023 (Bristol, City of, 2023)",)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"code": ["E01014485", "E01014485"], "place": ["A", "B"]}, "LSOA E01014485 is in 2 places, A and B"),
        (
            {"ward": ["E05010892", "E05010893", "E05010892"], "locality": ["South", "South", "North"]},
            "ward E05010892 is in 2 places, North and South",
        ),
        (
            {"x": ["E06000023", "E06000024", "E12000009"], "place": ["A", "B", "B"]},
            "of the 3 different values of x, 2 are codes of LTLAs, and 1 is not: E12000009",
        ),
        ({"code": ["E01014485"], "x": ["1"]}, "no column says which place each code of column `code` is in"),
        ({"a": ["one"], "b": ["two"]}, "no column holds codes of a kind that placemap knows"),
        (
            {"code": ["E01014485", "E01014486", "E01014487"], "team": ["A", "A", "B"], "zone": ["C", "D", "D"]},
            "several columns may hold the places: team, zone",
        ),
        ({"code": ["E01999998", "E01999999"], "place": ["A", "A"]}, "none of the LSOAs is in the packaged tables"),
    ],
)
def test_what_cannot_be_understood(workspace: Workspace, rows: dict[str, list[str]], message: str) -> None:
    with pytest.raises(PlacemapError) as caught:
        from_table(pd.DataFrame(rows, dtype=object), workspace.geography)
    assert message in caught.value.message
    assert caught.value.hint


def test_a_code_in_two_places_named(workspace: Workspace) -> None:
    frame = pd.DataFrame({"code": ["E01014485", "E01014485", "E01014486"], "place": ["A", "B", "B"]}, dtype=object)
    with pytest.raises(PlacemapError, match="LSOA E01014485 is in 2 places, A and B"):
        from_table(frame, workspace.geography, place_column="place")


@settings(max_examples=6)
@given(data=st.data())
def test_any_places_come_back(workspace: Workspace, data: st.DataObject) -> None:
    """Random unions of wards and single LSOAs of Bristol, in two or three places: whatever it is, it is rebuilt."""
    geography = workspace.geography
    wards, ltlas = geography.units("ward"), geography.units("ltla")
    bristol = ltlas.lsoas(ltlas.position("E06000023"))  # type: ignore[arg-type]
    place = np.full(geography.size, -1)
    for ward in sorted(set(wards.of[bristol].tolist())):
        place[wards.lsoas(ward)] = data.draw(st.integers(0, 2))
    for at in data.draw(st.lists(st.sampled_from(bristol.tolist()), max_size=6)):
        place[at] = data.draw(st.integers(-1, 2))
    names = sorted({f"P{label}" for label in place if label >= 0})
    order = {int(name[1:]): at for at, name in enumerate(names)}
    wanted = WantedPlaces("a test", tuple(names), np.array([order.get(label, -1) for label in place]), None, (), ())
    assert infer_places(workspace, wanted, "test").rebuilt


# --- the command ------------------------------------------------------------------------------------------------------


def test_command_writes_a_config_that_builds(
    run, workspace: Workspace, shipped_systems: dict[str, System], tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    source, config = tmp_path / "in.csv", tmp_path / "made.yaml"
    _frame(workspace, shipped_systems["norfolk-and-waveney"], "option-4").to_csv(source, index=False)
    shown = run(
        "infer",
        source,
        "--out",
        config,
        "--name",
        "Norfolk & Waveney: places",
        "--against",
        "norfolk-and-waveney/option-4",
    )
    assert (shown.code, shown.err.startswith("config written to")) == (0, True)
    assert "it gives back every LSOA of the input" in shown.out
    assert "0 LSOAs with 0 residents (0.0%) are in another place" in shown.out
    built = run("build", config, "--out", tmp_path / "out")
    assert built.code == 0
    with (tmp_path / "out" / "norfolk-waveney-places" / "inferred" / "place_lsoa21.csv").open(encoding="utf-8") as file:
        rebuilt = {row["LSOA21CD"]: row["PLACENM"] for row in csv.DictReader(file)}
    with source.open(encoding="utf-8") as file:
        assert rebuilt == {row["LSOA21CD"]: row["PLACENM"] for row in csv.DictReader(file)}
    assert run("infer", source, "--out", config).code == 3
    assert json.loads(run("infer", source, "--json").out)["rebuilt"] is True


def test_command_says_what_it_left_out(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source = tmp_path / "in.csv"
    source.write_text("lsoa,place\nE01014485,A\nE01014486,B\nE01014487,B\nE01000001,B\n")
    shown = run("infer", source)
    assert shown.code == 4
    assert "1 code is not in the packaged tables, and left out: E01000001\n" in shown.err
