"""Sensitivity: each other method against a second, simple implementation; what it writes; what cannot change."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from placemap.analysis.sensitivity import Sensitivity, sensitivity
from placemap.commands.workspace import Workspace
from placemap.config.model import System
from placemap.resolve.resolve import Assignment

FOOTPRINTS = [("bnssg", "localities"), ("norfolk-and-waveney", "option-4")]


def _made(
    workspace: Workspace, shipped_systems: dict[str, System], system: str, footprint: str
) -> tuple[Assignment, Sensitivity]:
    resolved = workspace.resolve(shipped_systems[system], shipped_systems[system].footprints[footprint])[1]
    assert resolved is not None
    return resolved.assignment, sensitivity(resolved)


@pytest.mark.parametrize(("system", "footprint"), FOOTPRINTS)
def test_whole_wards_by_counting(
    workspace: Workspace, shipped_systems: dict[str, System], system: str, footprint: str
) -> None:
    assignment, found = _made(workspace, shipped_systems, system, footprint)
    wards = workspace.geography.units("ward").of
    assert assignment.patients is not None
    votes: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for lsoa in np.flatnonzero(assignment.in_scope):
        for place, people in enumerate(assignment.patients.votes[lsoa]):
            votes[wards[lsoa]][place] += people
    winner = {ward: max(sorted(of), key=lambda place: of[place]) for ward, of in votes.items()}
    for lsoa in np.flatnonzero(assignment.in_scope):
        assert found.other["ward"][lsoa] == winner[wards[lsoa]]


@pytest.mark.parametrize(("system", "footprint"), FOOTPRINTS)
def test_minimum_share_and_own_icb_by_counting(
    workspace: Workspace, shipped_systems: dict[str, System], system: str, footprint: str
) -> None:
    assignment, found = _made(workspace, shipped_systems, system, footprint)
    geography = workspace.geography
    table = geography.data.table(geography.registrations_entry).frame()
    place_of = dict(zip(geography.registrations.codes, assignment.practice_place.tolist(), strict=True))  # type: ignore[union-attr]
    members = geography.pcns("2022-08").members
    home = dict(zip(members["practice_code"], members["practice_sub_icb_ods"], strict=True))
    own = {"bnssg": "15C", "norfolk-and-waveney": "26A"}[system]
    rows: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for row in table.itertuples():
        rows[row.lsoa11_code].append((row.practice_code, row.patients))
    fit = geography.fit_2011
    unchanged = {
        str(fit.codes[fit.source[p]]): int(fit.target[p])
        for p in np.flatnonzero((fit.change == "U") & (fit.target >= 0))
    }
    checked = 0
    for code, lsoa in unchanged.items():
        if not assignment.by_plurality[lsoa]:
            continue
        total = sum(people for _, people in rows[code])
        for method, counts in (
            ("minimum-share", lambda _practice, people, total=total: people >= 0.05 * total),
            ("own-icb", lambda practice, _people: home.get(practice, own) == own),
        ):
            votes: dict[int, int] = defaultdict(int)
            for practice, people in rows[code]:
                if place_of[practice] >= 0 and counts(practice, people):
                    votes[place_of[practice]] += people
            expected = max(sorted(votes), key=lambda place: votes[place]) if votes else -1
            assert found.other[method][lsoa] == expected, (code, method)
        checked += 1
    assert checked > 400


@pytest.mark.parametrize(("system", "footprint"), FOOTPRINTS)
def test_census_agrees_where_an_lsoa_never_changed(
    workspace: Workspace, shipped_systems: dict[str, System], system: str, footprint: str
) -> None:
    assignment, found = _made(workspace, shipped_systems, system, footprint)
    fit = workspace.geography.fit_2011
    same = fit.target[(fit.change == "U") & (fit.target >= 0)]
    assert (found.other["census"][same] == assignment.place[same]).all()


def test_areas_cannot_change(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    for footprint in ("local-authorities", "single-place"):
        _, found = _made(workspace, shipped_systems, "bnssg", footprint)
        assert found.flips.frame.empty
        assert set(found.confidence.frame["CONFIDENCE"]) == {"certain"}


def test_nearest_practice_is_mostly_the_same_place(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    """A bound on the estimate of where practices are: nine LSOAs in ten are nearest to a practice of their place."""
    for system, footprint in FOOTPRINTS:
        assignment, found = _made(workspace, shipped_systems, system, footprint)
        lsoas = assignment.by_plurality
        assert (found.other["nearest-practice"][lsoas] == assignment.place[lsoas]).mean() > 0.9


def test_confidence_adds_up(workspace: Workspace, shipped_systems: dict[str, System]) -> None:
    assignment, found = _made(workspace, shipped_systems, "bnssg", "localities")
    frame, flips = found.confidence.frame, found.flips.frame
    counted = flips[flips["METHOD"] != "nearest-practice"].drop_duplicates("LSOA21CD")
    assert frame["FLIPPING"].sum() == len(counted)
    assert frame["RESIDENTS_FLIPPING"].sum() == pytest.approx(counted["RESIDENTS"].sum())
    assert frame["LSOAS"].sum() == int((assignment.place >= 0).sum()) == 581
    for row in frame.itertuples():
        share = row.RESIDENTS_FLIPPING / row.RESIDENTS
        assert ("high" if share < 0.02 else "fair" if share < 0.1 else "low") == row.CONFIDENCE
        assert row.PLACENM in row.WORDS


def test_build_writes_it_only_when_asked(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    folder = tmp_path / "bnssg" / "localities"
    assert run("build", "bnssg", "--out", tmp_path).code == 0
    assert not (folder / "sensitivity.csv").exists()
    shown = run("build", "bnssg", "--out", tmp_path, "--sensitivity")
    assert "confidence high: No other method takes an LSOA away from Woodspring." in shown.out
    with (folder / "sensitivity.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows
    assert all(row["PLACECD"] != row["OTHER_PLACECD"] for row in rows)
    assert "confidence.csv" in json.loads((folder / "metadata.json").read_text(encoding="utf-8"))["schema:hasPart"]
    assert "## Files and columns" in (folder / "README.md").read_text(encoding="utf-8")
    data = json.loads(run("build", "bnssg", "--out", tmp_path, "--sensitivity", "--json").out)
    assert len(data["footprints"][0]["sensitivity"]["places"]) == 6
