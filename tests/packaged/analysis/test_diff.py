"""`diff`: nothing between equals, mirrored the other way round, every move under one cause; against official files."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from conftest import REPO
from placemap.analysis.diff import Diff, diff, next_version
from placemap.analysis.diff_sides import CAUSES
from placemap.analysis.snapshot import Snapshot, read_snapshot
from placemap.commands.build import BuildOptions, build
from placemap.commands.diff import _taken, diff_folders, diff_systems, diff_vintages
from placemap.commands.workspace import Workspace
from placemap.config.load import load_system, system_from_text
from placemap.config.model import System
from placemap.core.errors import Exit, PlacemapError
from placemap.reference.geography import Geography
from placemap.reference.open_store import open_store
from placemap.reference.store import Manifest, ReferenceData
from placemap.sources.import_files import import_files

BNSSG = REPO / "configs" / "bnssg.yaml"


@pytest.fixture(scope="module")
def two_years(workspace: Workspace, official_files: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The packaged tables, and the PCNs of October 2024 beside those of August 2022."""
    folder = tmp_path_factory.mktemp("pcn") / "store"
    import_files([official_files / "ePCN_2024-10.xlsx"], folder)
    newer, packaged = open_store(folder), workspace.geography.data
    tables = {**packaged.manifest.tables, **newer.manifest.tables}
    both = ReferenceData(
        Manifest(tables, packaged.manifest.defaults),
        lambda entry: (newer if entry.name in newer.manifest.tables else packaged).table(entry),
        "two years",
    )
    return Workspace(Geography(both))


def _members(path: Path) -> dict[str, str]:
    """Practice → its current PCN, from the official workbook, in plain Python."""
    book = load_workbook(io.BytesIO(path.read_bytes()), read_only=True)
    rows = list(book["PCN Core Partner Details"].iter_rows(min_row=2, values_only=True))
    book.close()
    return {str(row[0]): str(row[4]) for row in rows if row[0] and not row[9]}


def _mirrors(one: Diff, other: Diff) -> None:
    assert one.level == other.level
    assert one.by_cause() == other.by_cause()
    swap = {"appeared": "vanished", "vanished": "appeared"}
    keys = ["LSOA21CD", "FROM_PLACECD", "TO_PLACECD", "CAUSE", "RESIDENTS"]
    back = ["LSOA21CD", "TO_PLACECD", "FROM_PLACECD", "CAUSE", "RESIDENTS"]
    assert one.moves.frame[keys].to_numpy().tolist() == other.moves.frame[back].to_numpy().tolist()
    if all(place.change != "renamed" for place in one.places):
        assert {(p.code, p.change, p.lsoas_in, p.lsoas_out, p.before, p.after) for p in one.places} == {
            (p.code, swap.get(p.change, p.change), p.lsoas_out, p.lsoas_in, p.after, p.before) for p in other.places
        }


def _accounted(found: Diff) -> None:
    """Every moved LSOA and person under exactly one cause; what places lose and gain is what moved."""
    frame = found.moves.frame
    assert frame["LSOA21CD"].is_unique
    assert set(frame["CAUSE"]) <= set(CAUSES)
    assert sum(lsoas for _, lsoas, *_ in found.by_cause()) == len(frame)
    assert sum(people for _, _, people, *_ in found.by_cause()) == pytest.approx(frame["RESIDENTS"].sum())
    assert sum(count for *_, count, _ in found.by_cause()) == len(found.practices)
    assert sum(place.lsoas_in for place in found.places) == int((frame["TO_PLACECD"] != "").sum())
    assert sum(place.people_out for place in found.places) == pytest.approx(
        frame[frame["FROM_PLACECD"] != ""]["RESIDENTS"].sum()
    )


@pytest.fixture(scope="module")
def localities(workspace: Workspace, shipped_systems: dict[str, System]) -> Snapshot:
    return _taken(workspace, shipped_systems["bnssg"], shipped_systems["bnssg"].footprints["localities"], "now")[0]


# --- truth from the official workbooks -----------------------------------------------------------------------------


def test_bnssg_from_2022_to_2024_is_accounted_for(
    two_years: Workspace, official_files: Path, shipped_systems: dict[str, System]
) -> None:
    found = diff_vintages(two_years, shipped_systems["bnssg"], "localities", "2022-08", "2024-10")
    _accounted(found.diff)
    # By then Concord Mendip is a PCN of its own, and the localities of 2022 do not have it.
    assert found.exit_code == Exit.WRONG
    assert [(label, error.code, error.subject) for label, error in found.errors] == [
        ("2024-10", "unplaced-pcn", "U92125")
    ]
    before, after = (_members(official_files / f"ePCN_{vintage}.xlsx") for vintage in ("2022-08", "2024-10"))
    place_of_pcn = {
        m.code: p.name for p, m in shipped_systems["bnssg"].footprints["localities"].members() if m.kind == "pcn"
    }
    listed = {m.code for _, m in shipped_systems["bnssg"].footprints["localities"].members() if m.kind == "practice"}
    expected = {
        code
        for code in {*before, *after} - listed
        if place_of_pcn.get(before.get(code, "")) != place_of_pcn.get(after.get(code, ""))
    }
    patients = set(two_years.geography.registrations.codes)
    assert {p.code for p in found.diff.practices} & patients == expected & patients
    # Concord Mendip (U92125) took two practices of North and West Bristol and no locality declares it.
    taken = {p.code for p in found.diff.practices if p.cause == "PCN membership"}
    assert taken == {code for code in expected & patients if code in before and code in after}
    assert {after[code] for code in taken} == {"U92125"}


def test_declaring_concord_mendip_moves_lsoas_by_pcn_membership(two_years: Workspace, tmp_path: Path) -> None:
    text = BNSSG.read_text(encoding="utf-8")
    old = system_from_text(text, "bnssg.yaml")
    newer = text.replace("pcn_vintage: 2022-08", "pcn_vintage: 2024-10").replace(
        "          U16600: 4PCC (BNSSG) PCN\n", "          U16600:\n          U92125: CONCORD MENDIP PCN\n"
    )
    # PCNs have other names by then, and published figures are of the places as they were.
    newer = re.sub(r"(U\d{5}): .*", r"\1:", newer)
    newer = re.sub(r"        expect:\n(          - .*\n)+", "", newer)
    new = system_from_text(newer, "bnssg.yaml")
    folders = [
        build(two_years, system, system.footprints["localities"], tmp_path / name).folder
        for name, system in (("old", old), ("new", new))
    ]
    assert folders[0] is not None
    assert folders[1] is not None
    there, back = diff_folders(folders[0], folders[1], two_years), diff_folders(folders[1], folders[0], two_years)
    _accounted(there.diff)
    _mirrors(there.diff, back.diff)
    assert there.diff.level == "minor"
    assert len(there.diff.moves.frame) == 5
    pairs = {(a, b, cause) for a, b, cause, *_ in there.diff.by_pair()}
    assert ("North and West Bristol", "South Gloucestershire", "PCN membership") in pairs


def test_norfolk_and_waveney_stops_on_the_pcn_whose_practices_left(
    two_years: Workspace, official_files: Path, shipped_systems: dict[str, System]
) -> None:
    with pytest.raises(PlacemapError) as caught:
        diff_vintages(two_years, shipped_systems["norfolk-and-waveney"], "option-4", "2022-08", "2024-10")
    assert caught.value.exit_code == Exit.WRONG
    before, after = (_members(official_files / f"ePCN_{vintage}.xlsx") for vintage in ("2022-08", "2024-10"))
    went = [after[code] for code, pcn in before.items() if pcn == "U13557" and code in after]
    assert "PCN U13557 (NORWICH PCN) has no current members in 2024-10" in caught.value.message
    for pcn in set(went):
        assert f"{went.count(pcn)} to {pcn}" in caught.value.message


# --- causes, one at a time -------------------------------------------------------------------------------------------


def _edited(change: Callable[[str], str]) -> System:
    return system_from_text(change(BNSSG.read_text(encoding="utf-8")), "bnssg.yaml")


def test_an_edited_config_is_the_cause(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    edited = _edited(
        lambda t: t.replace("        name: Woodspring\n", "        name: Woodspring\n        lsoa: [E01014671]\n")
    )
    found = diff_systems(workspace, shipped_systems["bnssg"], edited, "localities")
    _accounted(found.diff)
    (move,) = found.diff.moves.frame.to_dict("records")
    assert (move["LSOA21CD"], move["TO_PLACENM"], move["CAUSE"]) == ("E01014671", "Woodspring", "config edited")
    assert found.diff.level == "minor"
    _mirrors(found.diff, diff_systems(workspace, edited, shipped_systems["bnssg"], "localities").diff)


def test_a_pcn_moved_in_the_config_takes_its_lsoas(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    line = "          U00402: CONNEXUS PCN\n"
    edited = _edited(
        lambda t: t.replace(line, "").replace("          U63843: PIER HEALTH PCN\n", "          U63843:\n" + line)
    )
    found = diff_systems(workspace, shipped_systems["bnssg"], edited, "localities").diff
    _accounted(found)
    assert {cause for cause, *_ in found.by_cause()} == {"config edited"}
    assert {p.before.rpartition("/")[2] for p in found.practices} == {"south-bristol"}


def test_renaming_a_place_or_its_id_is_major_and_moves_nobody(
    workspace: Workspace, shipped_systems: dict[str, System]
) -> None:
    for change in (
        lambda t: t.replace("name: Woodspring", "name: Wood Spring"),
        lambda t: t.replace("      woodspring:", "      wood-spring:").replace("t: woodspring", "t: wood-spring"),
    ):
        found = diff_systems(workspace, shipped_systems["bnssg"], _edited(change), "localities").diff
        assert (found.level, len(found.moves.frame), [p.change for p in found.places]) == ("major", 0, ["renamed"])


def test_another_measure_is_a_patch(
    workspace: Workspace, shipped_systems: dict[str, System], localities: Snapshot
) -> None:
    mid2022 = Workspace(workspace.geography, "residents_mid_2022")
    other = _taken(mid2022, shipped_systems["bnssg"], shipped_systems["bnssg"].footprints["localities"], "mid-2022")[0]
    found = diff(localities, other, workspace.geography)
    assert found.level == "patch"
    assert found.moves.frame.empty
    assert [p.change for p in found.places] == [""] * 6


def test_moved_registrations_are_told_from_moved_practices(
    workspace: Workspace, shipped_systems: dict[str, System], localities: Snapshot
) -> None:
    lsoas = localities.lsoas.copy()
    lsoas.loc["E01014671", "PLACECD"] = "bnssg/localities/woodspring"
    inputs = dict(localities.inputs)
    name = "registrations-2022-07"
    inputs[name] = replace(inputs[name], sha256="another")
    found = diff(localities, replace(localities, lsoas=lsoas, inputs=inputs), workspace.geography)
    assert [cause for cause, *_ in found.by_cause()] == ["registrations moved"]


def test_a_recoded_lookup_is_told(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    footprint = shipped_systems["bnssg"].footprints["local-authorities"]
    old = _taken(workspace, shipped_systems["bnssg"], footprint, "now")[0]
    lsoas = old.lsoas.copy()
    lsoas.loc["E01014671", "PLACECD"] = "bnssg/local-authorities/north-somerset"
    inputs = {key: replace(item, sha256="x") if item.what == "ltla" else item for key, item in old.inputs.items()}
    found = diff(old, replace(old, lsoas=lsoas, inputs=inputs), workspace.geography)
    assert [cause for cause, *_ in found.by_cause()] == ["lookup recoded"]


# --- properties -------------------------------------------------------------------------------------------------------


def test_nothing_between_equals(workspace: Workspace, localities: Snapshot) -> None:
    found = diff(localities, localities, workspace.geography)
    assert (found.level, found.places, found.practices, found.tables, len(found.moves.frame)) == ("none", (), (), (), 0)
    assert not found.changed


@settings(max_examples=15)
@given(data=st.data())
def test_any_two_results_mirror(workspace: Workspace, localities: Snapshot, data: st.DataObject) -> None:
    codes = sorted(localities.names)
    rows = data.draw(st.lists(st.integers(0, len(localities.lsoas) - 1), max_size=12, unique=True))
    lsoas = localities.lsoas.copy()
    for row in rows:
        lsoas.iloc[row, lsoas.columns.get_loc("PLACECD")] = data.draw(st.sampled_from(codes))
    gone = data.draw(st.lists(st.integers(0, len(lsoas) - 1), max_size=4, unique=True))
    lsoas = lsoas.drop(index=lsoas.index[gone])
    practices = localities.practices.copy()
    for row in data.draw(st.lists(st.integers(0, len(practices) - 1), max_size=3, unique=True)):
        practices.iloc[row, practices.columns.get_loc("PLACECD")] = data.draw(st.sampled_from(codes))
    touched = data.draw(st.sets(st.sampled_from(["registrations", "pcn_members", "ltla", "exact_fit"])))
    inputs = {k: replace(i, sha256="x") if i.what in touched else i for k, i in localities.inputs.items()}
    config = data.draw(st.sampled_from([localities.config, "edited"]))
    other = replace(localities, lsoas=lsoas, practices=practices, inputs=inputs, config=config)
    there, back = diff(localities, other, workspace.geography), diff(other, localities, workspace.geography)
    _accounted(there)
    _mirrors(there, back)
    moved = (localities.lsoas["PLACECD"].reindex(lsoas.index) != lsoas["PLACECD"]).sum() + len(gone)
    assert len(there.moves.frame) == moved


def test_versions() -> None:
    assert [next_version("1.2.3", level) for level in ("none", "patch", "minor", "major")] == [
        "1.2.3",
        "1.2.4",
        "1.3.0",
        "2.0.0",
    ]
    with pytest.raises(PlacemapError, match="no semantic version"):
        next_version("v1", "minor")


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose second revision moves an LSOA."""
    folder = tmp_path_factory.mktemp("repo")
    text = BNSSG.read_text(encoding="utf-8")

    def git(*args: str) -> None:
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org"]
        subprocess.run(["git", *identity, "-C", str(folder), *args], check=True, capture_output=True)

    git("init", "-q")
    for version in (
        text,
        text.replace("        name: Woodspring\n", "        name: Woodspring\n        lsoa: [E01014671]\n"),
    ):
        (folder / "bnssg.yaml").write_text(version, encoding="utf-8")
        git("add", ".")
        git("commit", "-qm", "x")
    return folder


def test_revisions_and_configs_by_command(run, repository: Path) -> None:  # type: ignore[no-untyped-def]
    config = repository / "bnssg.yaml"
    shown = run("diff", "HEAD~1", "HEAD", "--system", config, "--places-version", "1.4.2")
    assert shown.code == 5
    assert "1 LSOA with 1,709 residents moved; a minor change (1.4.2 → 1.5.0)" in shown.out
    data = json.loads(run("diff", "HEAD~1", "--system", config, "--json").out)
    assert (data["exit_code"], data["lsoas"], data["causes"][0]["cause"]) == (5, 1, "config edited")
    text = run("diff", BNSSG, config, "--format", "markdown").out
    assert "| North and West Bristol | Woodspring | config edited | 1 | 1,709 |" in text
    same = run("diff", "HEAD", "HEAD", "--system", config)
    assert (same.code, same.out.strip().endswith("nothing changed")) == (0, True)


def test_folders_by_command(run, workspace: Workspace, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    system = load_system(BNSSG)
    folder = build(workspace, system, system.footprints["localities"], tmp_path).folder
    assert folder is not None
    assert run("diff", folder, folder).code == 0
    parquet = build(workspace, system, system.footprints["localities"], tmp_path / "p", BuildOptions("parquet")).folder
    assert parquet is not None
    assert diff(read_snapshot(folder), read_snapshot(parquet)).level == "none"


def test_a_folder_from_before_a_column_was_there(workspace: Workspace, tmp_path: Path) -> None:
    """As placemap wrote it once: no PLACEID, RUNNER_UPNM and BEST_FIT, people with decimals; a figure still tells."""
    system = load_system(BNSSG)
    new = build(workspace, system, system.footprints["localities"], tmp_path / "new").folder
    assert new is not None
    old = shutil.copytree(new, tmp_path / "old")
    for path in old.glob("*.csv"):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        frame = frame.drop(columns=["PLACEID", "RUNNER_UPNM", "BEST_FIT"], errors="ignore")
        for column in {"RESIDENTS", "LIST_SIZE"} & set(frame):
            frame[column] += ".00" * (not frame[column].str.contains(".", regex=False).any())
        frame.to_csv(path, index=False)
    assert diff(read_snapshot(old), read_snapshot(new)).level == "none"
    wards = old / "place_wd24.csv"
    wards.write_text(wards.read_text(encoding="utf-8").replace(",18298.00,", ",18299.00,"), encoding="utf-8")
    found = diff(read_snapshot(old), read_snapshot(new))
    assert (found.level, found.tables) == ("patch", ("place_wd24",))


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (["nowhere", "HEAD"], 2, "say whose places with --system"),
        (["1999", "2001", "--system", "bnssg"], 3, "the reference has no table in both vintages 1999 and 2001"),
        (["no-such-revision", "HEAD", "--system", str(BNSSG)], 3, "cannot be read at revision `no-such-revision`"),
        ([str(REPO / "configs"), str(REPO / "data")], 3, "was not written by `placemap build`"),
        ([str(REPO / "configs"), "x.yaml"], 2, "OLD and NEW must both be a folder"),
        (["a", "b", "--places-version", "one"], 2, "no semantic version"),
    ],
)
def test_what_cannot_be_compared(run, args: list[str], code: int, message: str) -> None:  # type: ignore[no-untyped-def]
    found = run("diff", *args)
    assert found.code == code
    assert message in found.err


def test_a_failed_build_and_another_footprint(
    workspace: Workspace, shipped_systems: dict[str, System], tmp_path: Path
) -> None:
    gap = _edited(
        lambda t: t.replace("          U63843: PIER HEALTH PCN\n", "          U63843:\n").replace(
            "15C: NHS Bristol, North Somerset and South Gloucestershire ICB - 15C\n", "15C:\n  ltla: [E07000187]\n", 1
        )
    )
    outcome = build(workspace, gap, gap.footprints["local-authorities"], tmp_path)
    if outcome.exit_code() == Exit.WRONG and outcome.folder:
        with pytest.raises(PlacemapError, match="this build failed") as caught:
            read_snapshot(outcome.folder)
        assert caught.value.exit_code == Exit.WRONG
    sides = [
        _taken(workspace, shipped_systems["bnssg"], shipped_systems["bnssg"].footprints[name], name)[0]
        for name in ("localities", "single-place")
    ]
    with pytest.raises(PlacemapError, match="these are different footprints"):
        diff(sides[0], sides[1])
    assert np.isfinite(sum(people for people, _ in sides[0].people.values()))
