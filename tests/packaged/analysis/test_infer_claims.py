"""What `infer` says of lists and polygons is so: which years, which list of PCNs, whether its config builds, what is left."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Polygon, box

from placemap.analysis.infer_input import from_table
from placemap.commands.infer import Found, infer_places
from placemap.commands.workspace import Workspace, resolved_of
from placemap.config.load import system_from_text
from placemap.config.model import System
from placemap.core.errors import PlacemapError
from placemap.core.read_polygons import read_polygons


def _inferred(workspace: Workspace, frame: pd.DataFrame) -> Found:
    return infer_places(workspace, from_table(frame, workspace.geography), "test")


def test_whole_wards_beat_a_shorter_mixture_of_pcns(workspace: Workspace, system: Callable[[str], System]) -> None:
    """Two localities redrawn to whole wards: PCNs and single LSOAs say them in half as many units, and are not meant."""
    wards = workspace.geography.units("ward")
    bnssg = system("bnssg")
    assignment = resolved_of(workspace, bnssg, bnssg.footprints["localities"]).assignment
    rows = []
    for at, code in enumerate(wards.codes):
        places = assignment.place[wards.lsoas(at)]
        if len(places) and (places >= 0).all() and (most := int(np.bincount(places).argmax())) in (1, 2):
            rows.append((str(code), assignment.footprint.places[most].name))
    found = _inferred(workspace, pd.DataFrame(rows, columns=["ward", "place"], dtype=object))
    assert (found.inferred.way, found.inferred.length, found.rebuilt) == ("areas", len(rows), True)
    assert found.inferred.other is not None
    assert found.inferred.other < len(rows) / 2
    declared = {(code, place.name) for place in found.inferred.places for _, code, _ in place.declared.members}
    assert declared == set(rows)


def test_lsoas_of_two_years_are_each_taken_in_their_own(workspace: Workspace) -> None:
    """Bristol in codes of 2011, its neighbours in codes of 2021: every LSOA is where its district is."""
    geography, fit, ltla = workspace.geography, workspace.geography.fit_2011, workspace.geography.units("ltla")
    of = {str(code): str(ltla.codes[unit]) for code, unit in zip(geography.lsoas, ltla.of, strict=True)}
    rows = {code: place for code, place in of.items() if place in ("E06000024", "E06000025")}
    for source, target in zip(fit.source, fit.target, strict=True):
        if target >= 0 and of[str(geography.lsoas[target])] == "E06000023":
            rows[str(fit.codes[source])] = "E06000023"
    old, new = set(rows) - set(of), set(rows) & set(of) - set(fit.codes)
    assert (len(old), len(new)) == (4, 23)  # split ones of Bristol; new ones of its neighbours
    frame = pd.DataFrame({"lsoa": list(rows), "place": [f"the {place}" for place in rows.values()]}, dtype=object)
    wanted = from_table(frame, geography, place_column="place")
    assert wanted.unknown == ()
    assert wanted.notes[0].startswith(f"The list mixes LSOAs of two years: {len(old)} codes are of 2011 only")
    got = {str(geography.lsoas[at]): wanted.names[wanted.place[at]] for at in np.flatnonzero(wanted.place >= 0)}
    assert got == {code: f"the {place}" for code, place in of.items() if place in set(rows.values())}


def test_a_list_of_whole_pcns_and_some_practices_is_said_so(workspace: Workspace) -> None:
    pcns = workspace.geography.pcns("2022-08")
    mine = sorted(code for code in pcns.practices_of if pcns.sub_icb[code] == "15C")
    split, *whole = mine
    first, *others = pcns.practices_of[split]
    assert others
    rows = [
        (practice, "West" if at % 2 else "East")
        for at, code in enumerate(whole)
        for practice in pcns.practices_of[code]
    ]
    rows += [(first, "West"), *((practice, "East") for practice in others)]
    found = _inferred(workspace, pd.DataFrame(rows, columns=["practice", "place"], dtype=object))
    kinds = Counter(kind for kind, _, _ in found.listed)
    assert kinds == {"pcn": len(whole), "practice": len(others) + 1}
    assert found.rebuilt
    assert "pcn_vintage: 2022-08" in found.config
    system = system_from_text(found.config, "made")
    built = workspace.build(system, system.footprints["inferred"])
    assert built.exit_code() == 0


def test_a_list_that_is_no_whole_system_does_not_claim_to_build(run, workspace: Workspace, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source = tmp_path / "in.csv"
    source.write_text("practice,place\nL81004,A\nL81016,B\n", newline="\n")
    registrations = workspace.geography.registrations
    fit, rows = (
        workspace.geography.fit_2011,
        np.isin(registrations.practice, [registrations.codes.position(c) for c in ("L81004", "L81016")]),
    )
    living = set(registrations.lsoa[rows & (registrations.lsoa >= 0)].tolist())
    served = {int(t) for s, t in zip(fit.source, fit.target, strict=True) if int(s) in living and t >= 0}
    sub = workspace.geography.units("sub_icb")
    scope = set(sub.lsoas(sub.position("15C")).tolist())
    shown = run("infer", source, "--out", tmp_path / "made.yaml")
    assert shown.code == 4
    assert f"does not build: {len(scope - served)} of the {len(scope)} LSOAs of its scope" in shown.out
    assert "so the list is no whole system" in shown.out
    assert run("build", tmp_path / "made.yaml", "--out", tmp_path / "out").code == 4
    answer = json.loads(run("infer", source, "--json").out)
    assert (answer["builds"], answer["rebuilt"]) == (False, False)


def test_a_vintage_of_pcns_that_is_not_held_is_refused(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source = tmp_path / "in.csv"
    source.write_text("practice,place\nL81004,A\nL81016,B\n", newline="\n")
    shown = run("infer", source, "--pcn-vintage", "2019-01")
    assert (shown.code, "2019-01" in shown.err, "2022-08" in shown.err) == (3, True, True)


def test_every_code_that_is_left_out_is_counted_and_the_first_are_named(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    source = tmp_path / "in.csv"
    made_up = [f"E0199{number:04}" for number in range(30)]
    rows = ["E01014485,A", "E01014486,B", "E01014487,B", *(f"{code},A" for code in made_up)]
    source.write_text("\n".join(["lsoa,place", *rows]) + "\n", newline="\n")
    for options in ([], ["--code", "lsoa"], ["--place", "place", "--out", tmp_path / "out.yaml"]):
        shown = run("infer", source, *options)
        assert shown.code == 4
        assert "30 codes are not in the packaged tables, and left out: " + ", ".join(made_up[:20]) in shown.err
        assert "and 10 more (all of them with --json)" in shown.err
    assert json.loads(run("infer", source, "--json").out)["unknown"] == made_up


def test_polygons_in_doubt_are_told_with_their_people(run, workspace: Workspace, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Two squares over North Somerset that meet in the middle of an LSOA, and leave the rest of the district out."""
    source = tmp_path / "squares.geojson"
    squares = [box(330_000, 150_000, 342_000, 178_000), box(342_000, 150_000, 353_500, 178_000)]
    gpd.GeoDataFrame({"place": ["West", "East"]}, geometry=squares, crs=27700).to_file(source)
    shown = run("infer", source, "--json")
    answer = json.loads(shown.out)
    by_code = Counter(finding["code"] for finding in answer["findings"])
    assert set(by_code) <= {"divided-lsoa", "partly-covered-lsoa", "uncovered-lsoa"}
    assert by_code["divided-lsoa"]
    residents = dict(zip(workspace.geography.lsoas, workspace.geography.measure("residents_2021"), strict=True))
    assert all(finding["people"] == residents[finding["subject"]] for finding in answer["findings"])
    assert "divided-lsoa" in shown.err
    placed = sum(place["lsoas"] for place in answer["places"])
    assert placed > 50


_PAIR = ["E01014485", "E01014486", "E01014487", "E01014488"]


def _places(workspace: Workspace, *names: str) -> tuple[str, ...]:
    frame = pd.DataFrame({"lsoa": _PAIR, "place": names}, dtype=object)
    return from_table(frame, workspace.geography, place_column="place").names


def test_names_that_look_alike_are_one_place(workspace: Workspace) -> None:
    """Blanks of other kinds, and accents written as characters of their own, cannot be seen."""
    assert _places(workspace, "Caf\u00e9 End", "Cafe\u0301 End", "Caf\u00e9\u00a0 E\u200bnd ", "West") == (
        "Caf\u00e9 End",
        "West",
    )


def test_words_for_no_value_are_no_place(workspace: Workspace) -> None:
    assert _places(workspace, "East", "N/A", "null", "West") == ("East", "West")


def test_names_that_differ_by_case_alone_are_refused(workspace: Workspace) -> None:
    with pytest.raises(
        PlacemapError, match="places `East End` and `East end` differ by small and capital letters alone"
    ):
        _places(workspace, "East End", "East end", "West", "West")


@pytest.mark.parametrize("name", ["null.csv", "true.csv", "con.csv", "2024.csv", "1e5.csv", f"{'a' * 120}.csv"])
def test_the_name_of_the_file_makes_an_id_whatever_it_is(name: str, workspace: Workspace, tmp_path: Path) -> None:
    """YAML reads `id: null` as nothing, and no folder is called `con` on Windows."""
    places = ("On", "Con", "B" * 150, "2024")
    wanted = from_table(
        pd.DataFrame({"lsoa": _PAIR, "place": places}, dtype=object), workspace.geography, place_column="place"
    )
    found = infer_places(workspace, wanted, Path(name).stem)
    system = system_from_text(found.config, name)
    assert found.rebuilt
    declared = system.footprints["inferred"].places
    assert sorted(place.name for place in declared) == sorted(places)
    assert all(len(one) <= 100 for one in (system.id, *(place.id for place in declared)))


@pytest.mark.parametrize("shape", [None, Polygon()])
def test_a_place_without_an_outline_is_not_lost(shape: Polygon | None, tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"place": ["A", "B"]}, geometry=[box(0, 0, 9, 9), shape], crs=27700)
    frame.to_file(tmp_path / "places.gpkg")
    with pytest.raises(PlacemapError, match="1 of 2 polygons have no outline, first that of row 2"):
        read_polygons(tmp_path / "places.gpkg")
