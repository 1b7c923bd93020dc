"""Every option of `build` does with `--england` what it does for one system, or is refused."""

from __future__ import annotations

import json
import shutil

import geopandas as gpd
import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import REPO
from placemap.analysis.sensitivity import sensitivity
from placemap.cli import app
from placemap.commands.workspace import resolved_of


@pytest.fixture(scope="module")
def place(england_store, tmp_path_factory):
    """A folder of the test's own to work in, and a way to run `build --england` there."""
    folder = tmp_path_factory.mktemp("options")

    def run(*options):
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            return CliRunner().invoke(app, ["build", "--england", "--data", str(england_store), *options])

    return folder, run


@pytest.fixture(scope="module")
def built(place):
    """What `--boundaries` and `--sensitivity` write, and what is printed."""
    folder, run = place
    result = run("--boundaries", "--sensitivity", "--out", "out")
    assert result.exit_code == 0, result.output
    return folder / "out" / "england" / "default-footprints", result.stdout


def test_outlines_of_all_places_are_written(built, workspace, shipped_systems):
    folder, _ = built
    places = pd.read_csv(folder / "places.csv", dtype=str)
    for name in ("place_boundaries.gpkg", "place_boundaries.geojson"):
        assert sorted(gpd.read_file(folder / name)["PLACECD"]) == sorted(places["PLACECD"])
        assert name in json.loads((folder / "metadata.json").read_text())["schema:hasPart"]
    assert "### place_boundaries.gpkg (EPSG:27700)" in (folder / "README.md").read_text()
    shapes = gpd.read_file(folder / "place_boundaries.gpkg").set_index("PLACECD").geometry
    system = shipped_systems["bnssg"]
    alone = workspace.boundaries(resolved_of(workspace, system, system.footprints[system.default_footprint]))
    for code, shape in zip(alone.frame["PLACECD"], alone.shapes, strict=True):
        assert shapes[code].symmetric_difference(shape).area == pytest.approx(0, abs=1)


def test_other_methods_give_what_they_give_a_system_alone(built, workspace, shipped_systems):
    folder, shown = built
    flips = pd.read_csv(folder / "sensitivity.csv", dtype=str, keep_default_na=False)
    confidence = pd.read_csv(folder / "confidence.csv", dtype=str, keep_default_na=False)
    assert set(confidence["PLACECD"]) == set(pd.read_csv(folder / "places.csv", dtype=str)["PLACECD"])
    total = {}
    for name in ("bnssg", "norfolk-and-waveney", "somerset"):
        system = shipped_systems[name]
        alone = sensitivity(resolved_of(workspace, system, system.footprints[system.default_footprint]))
        mine = flips[flips["ICSID"] == name]
        columns = ["METHOD", "LSOA21CD", "PLACECD", "OTHER_PLACECD"]
        assert mine[columns].to_numpy().tolist() == alone.flips.frame[columns].to_numpy().tolist()
        words = confidence[confidence["ICSID"] == name]["WORDS"].tolist()
        assert words == alone.confidence.frame["WORDS"].tolist()
        total[name] = len(mine)
    assert total["bnssg"] > 0
    assert f"confidence of the {len(confidence)} places: certain" in shown


def test_a_lock_is_held_to(place, england_store):
    folder, run = place
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        locked = CliRunner().invoke(app, ["data", "lock", "bnssg", "--data", str(england_store)])
    assert locked.exit_code == 0, locked.output
    result = run("--locked", "--out", "locked")
    assert result.exit_code != 0
    assert "placemap.lock" in result.stderr
    assert not (folder / "locked").exists()


def test_an_own_config_in_the_place_of_a_shipped_one_is_said(place):
    folder, run = place
    (folder / "configs").mkdir()
    shutil.copy(REPO / "configs" / "somerset.yaml", folder / "configs")
    assert "stands in the place" not in run("--out", "same").stderr
    with (folder / "configs" / "somerset.yaml").open("a", newline="\n") as file:
        file.write("# mine\n")
    result = run("--out", "own", "--json")
    assert "note: configs/somerset.yaml stands in the place of the config `somerset`" in result.stderr
    assert json.loads(result.stdout)["sensitivity"] is None
