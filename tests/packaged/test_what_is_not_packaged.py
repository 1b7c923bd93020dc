"""What a fresh machine says, with the packaged tables alone; and what --min-grade refuses."""

import pytest

OFFLINE = ("bnssg", "lancashire-and-south-cumbria", "norfolk-and-waveney")


@pytest.fixture(scope="module")
def packaged():
    from conftest import REPO
    from placemap.commands.workspace import open_workspace

    return open_workspace(REPO / "data")


def test_greater_manchester_says_what_is_missing_and_how_to_get_it(run, tmp_path):
    result = run("build", "greater-manchester")
    assert result.code == 3
    assert result.out == ""
    assert result.err == (
        "error: greater-manchester.yaml: Greater Manchester is not in the tables in use, which cover only bnssg, "
        "lancashire-and-south-cumbria and norfolk-and-waveney. Missing: the LSOAs, people and practices of 10 sub-ICB "
        "locations (00T, 00V, 00Y …) and 10 LTLAs (E08000001, E08000002, E08000003 …)\n"
        "  → `placemap data update` fetches the tables of all England, once; where downloads are blocked, "
        "`placemap data import FOLDER` makes them from files that you have (`placemap data status` names them)\n"
    )
    assert not (tmp_path / "out").exists()


def test_and_then_it_works(run, england_store):
    result = run("build", "greater-manchester", store=england_store)
    assert result.code == 0
    assert "each of the 1,702 LSOAs of the scope is in exactly one place" in result.err


def test_every_other_system_is_one_message(shipped_systems, packaged):
    """Also those, such as Suffolk, whose units lie in the packaged tables in part."""
    from placemap.core.errors import PlacemapError

    for system in shipped_systems.values():
        for footprint in system.footprints.values():
            if system.id in OFFLINE:
                assert packaged.check(system, footprint).assignment is not None
                continue
            with pytest.raises(PlacemapError, match="is not in the tables in use") as caught:
                packaged.check(system, footprint)
            assert len(str(caught.value).splitlines()) == 2


def test_a_run_of_several_systems_builds_what_it_can(run, tmp_path):
    result = run("build", "somerset", "bnssg")
    assert result.code == 3
    assert result.err.count("error:") == 1
    assert (tmp_path / "out" / "bnssg" / "localities" / "places.csv").is_file()
    assert not (tmp_path / "out" / "somerset").exists()


def test_england_says_it_in_one_message(run, tmp_path):
    result = run("build", "--england")
    assert result.code == 3
    assert "needs the tables of all England; those in use cover only bnssg, lancashire" in result.err
    assert len(result.err.splitlines()) == 2
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("args", [("bnssg", "--england"), ("--england", "--all"), ("--england", "-f", "places"), ()])
def test_usage(run, args):
    result = run("build", *args)
    assert result.code == 2
    assert "--england" in result.err


@pytest.mark.parametrize("name", OFFLINE)
def test_packaged_and_england_wide_tables_give_the_same_bytes(
    name, workspace, england_store, shipped_systems, tmp_path
):
    """Every file but two: README.md and metadata.json name the tables that were read, with rows and hashes of content.

    A packaged table is the part of the official one that the three shipped_systems need, so those differ.
    """
    from placemap.commands.build import build
    from placemap.commands.workspace import open_workspace

    system = shipped_systems[name]
    footprint = system.footprints[system.default_footprint]
    cut, whole = (
        build(store, system, footprint, tmp_path / out).folder
        for store, out in ((workspace, "cut"), (open_workspace(england_store), "whole"))
    )
    written = {path.name for path in cut.iterdir()}
    assert written == {path.name for path in whole.iterdir()}
    differ = {file for file in written if (cut / file).read_bytes() != (whole / file).read_bytes()}
    assert differ == {"README.md", "metadata.json"}
    assert {"places.csv", "place_lsoa21.csv", "place_pcn.csv", "findings.csv", "ledger.csv"} <= written
    for file in differ:
        lines = [(folder / file).read_text(encoding="utf-8").splitlines() for folder in (cut, whole)]
        changed = [pair for pair in zip(*lines, strict=True) if pair[0] != pair[1]]
        marks = (
            ("Open Government Licence",)
            if file == "README.md"
            else ("schema:spatialCoverage", "schema:size", "schema:sha256")
        )
        assert all(any(mark in line for mark in marks) for pair in changed for line in pair)


def test_weak_evidence_is_a_finding_and_marked_in_outputs(run, england_store, tmp_path):
    result = run("build", "lincolnshire", store=england_store)
    assert result.code == 0
    assert "warning weak-evidence" in result.err
    folder = tmp_path / "out" / "lincolnshire" / "places"
    assert "**Weak evidence (grade C).**" in (folder / "README.md").read_text(encoding="utf-8")
    assert ",C," in (folder / "places.csv").read_text(encoding="utf-8")
    assert "weak-evidence" in (folder / "findings.csv").read_text(encoding="utf-8")


def test_min_grade_refuses_weaker_footprints(run, england_store, tmp_path):
    result = run("build", "lincolnshire", "--min-grade", "B", store=england_store)
    assert result.code == 4
    assert "footprint places of lincolnshire is graded C; --min-grade B refuses it" in result.err
    assert "these of its footprints are strong enough: former-ccgs" in result.err
    assert not (tmp_path / "out").exists()


def test_min_grade_lets_strong_ones_pass(run):
    assert run("check", "lancashire-and-south-cumbria", "--min-grade", "A").code == 0
    assert run("check", "bnssg", "--min-grade", "A").code == 4
    assert run("check", "bnssg", "--min-grade", "D").code == 2
