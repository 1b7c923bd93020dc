"""Tables on demand: what a command says where it cannot ask, what it fetches where it may, and what `list` says."""

import json
from pathlib import Path

import pytest
from publishers import serving
from typer.testing import CliRunner

from placemap.cli import app


@pytest.fixture(scope="module")
def world(official_files):
    with serving(official_files) as publishers:
        yield publishers


@pytest.fixture
def run(world, tmp_path, monkeypatch):
    """Run a command as somebody who has nothing but the package, with the stand-in for the publishers."""
    (tmp_path / "endpoints.yaml").write_text("".join(f"{name}: {url}\n" for name, url in world.endpoints.items()))
    monkeypatch.setenv("PLACEMAP_ENDPOINTS", str(tmp_path / "endpoints.yaml"))
    monkeypatch.delenv("PLACEMAP_DATA", raising=False)
    for module in ("reference.open_store", "commands.on_demand", "commands.data"):
        monkeypatch.setattr(f"placemap.{module}.cache_folder", lambda: tmp_path / "cache" / "store")
    monkeypatch.chdir(tmp_path)
    world.requests.clear()

    def call(*words, answer=None):
        if answer is not None:
            monkeypatch.setattr("placemap.cli.on_demand.can_ask", lambda: True)
        return CliRunner().invoke(app, [str(word) for word in words], input=answer, prog_name="placemap")

    return call


@pytest.mark.parametrize(
    ("words", "again"),
    [
        (["build", "greater-manchester"], "build greater-manchester"),
        (["check", "greater-manchester"], "check greater-manchester"),
        (["report", "greater-manchester"], "report greater-manchester"),
        (["map", "greater-manchester"], "map greater-manchester"),
        (["foi", "greater-manchester"], "foi greater-manchester"),
        (["apply", "data.csv", "--system", "greater-manchester"], "apply data.csv --system greater-manchester"),
        (["build", "--england"], "build --england"),
        (["apply", "data.csv", "--england"], "apply data.csv --england"),
    ],
)
def test_in_a_pipe_it_stops_with_the_one_command(words, again, run, tmp_path, world):
    (tmp_path / "data.csv").write_text("LSOA21CD\nE01004766\n")
    ran = run(*words)
    assert ran.exit_code == 3
    assert "not in the tables in use. What is missing, for all England, is " in ran.stderr
    assert " MB together from 127.0.0.1" in ran.stderr
    assert f"→ `placemap {again} --download` fetches them and goes on" in ran.stderr
    assert world.requests == []
    assert not (tmp_path / "cache").exists()


def test_who_says_no_gets_nothing(run, world, tmp_path):
    ran = run("build", "greater-manchester", answer="n\n")
    assert ran.exit_code == 3
    assert "Fetch them now? [y/N]" in ran.stderr
    assert "error: nothing was fetched" in ran.stderr
    assert world.requests == []


def test_what_is_packaged_asks_nobody(run, world):
    assert run("check", "bnssg", answer="n\n").exit_code == 0
    assert run("check", "bnssg", "--download").exit_code == 0
    assert world.requests == []


def test_one_of_several_systems_stops_no_other(run, world):
    ran = run("check", "bnssg", "greater-manchester")
    assert ran.exit_code == 3
    assert "Six localities" in ran.stdout
    assert "error: greater-manchester.yaml: Greater Manchester is not in the tables in use" in ran.stderr
    assert world.requests == []


def test_list_says_what_can_be_built_now(run):
    ran = run("list", "--json")
    builds = {item["id"]: item["can_be_built"] for item in json.loads(ran.stdout)}
    assert all(builds["bnssg"].values())
    assert not any(builds["greater-manchester"].values())
    assert "can be built" in run("list").stdout


def test_a_source_that_fails_leaves_the_command_undone(run, world, tmp_path):
    (tmp_path / "endpoints.yaml").write_text("".join(f"{name}: http://127.0.0.1:9\n" for name in world.endpoints))
    ran = run("build", "greater-manchester", "--download")
    assert ran.exit_code == 3
    assert "not all could be fetched; still missing: " in ran.stderr
    assert "`placemap data update` tries all again" in ran.stderr
    assert not (tmp_path / "out").exists()


def test_who_says_yes_gets_greater_manchester(run, world, tmp_path):
    """Ten boroughs with 1,702 LSOAs of 2021 and, as ONS rounds Census 2021, 2,867,800 residents."""
    ran = run("build", "greater-manchester", "--json", answer="y\n")
    assert ran.exit_code == 0, ran.stderr
    (footprint,) = json.loads(ran.stdout[ran.stdout.index("{") :])["footprints"]  # the runner echoes the answer
    assert len(footprint["places"]) == 10
    assert footprint["scope_lsoas"] == 1702
    assert sum(place["residents"] for place in footprint["places"]) == pytest.approx(2_867_800, abs=100)
    assert Path("out/greater-manchester").is_dir()
    assert world.requests
    world.requests.clear()
    again = run("check", "greater-manchester")
    assert (again.exit_code, world.requests) == (0, [])
