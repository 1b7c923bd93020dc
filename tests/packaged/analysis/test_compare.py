"""`compare`: every figure against a recomputation with dicts and loops over the published kind of table."""

from __future__ import annotations

import csv
import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placemap.analysis.compare import place_place
from placemap.commands.compare import Comparison, compare_footprints
from placemap.commands.workspace import Workspace
from placemap.config.model import System
from placemap.resolve.populations import Populations
from placemap.resolve.resolve import Assignment


@pytest.fixture(scope="module")
def found(workspace: Workspace, shipped_systems: dict[str, System]) -> Comparison:
    return compare_footprints(workspace, shipped_systems["norfolk-and-waveney"], ["option-1", "option-4", "option-6"])


def _rows(workspace: Workspace, system: System, footprint: str) -> dict[str, str]:
    """LSOA → place, from the built crosswalk."""
    outcome = workspace.build(system, system.footprints[footprint])
    table = next(t.frame for t in outcome.tables if t.name == "place_lsoa21")
    return dict(zip(table["LSOA21CD"], table["PLACENM"], strict=True))


def _people(workspace: Workspace, name: str) -> dict[str, float]:
    return dict(zip(workspace.geography.lsoas, workspace.geography.measure(name).tolist(), strict=True))


def test_sizes_by_counting(workspace: Workspace, shipped_systems: dict[str, System], found: Comparison) -> None:
    people = _people(workspace, "residents_2021")
    for item in found.sides:
        place_of = _rows(workspace, shipped_systems["norfolk-and-waveney"], item.footprint.id)
        sizes: dict[str, float] = defaultdict(float)
        for lsoa, place in place_of.items():
            sizes[place] += people[lsoa]
        names = [place.name for place in item.footprint.places]
        assert dict(zip(names, item.sizes, strict=True)) == pytest.approx(dict(sizes))
        assert names[item.smallest] == min(sizes, key=lambda name: sizes[name])
        assert item.spread == pytest.approx(max(sizes.values()) / min(sizes.values()))
        assert item.in_range == sum(250_000 <= value <= 500_000 for value in sizes.values())
        assert item.lsoas == len(place_of)


def test_the_eight_districts_come_out_whole_and_east_suffolk_reaches_outside(found: Comparison) -> None:
    option6 = found.sides[2]
    ltla = option6.alignments[0]
    assert (ltla.units, ltla.whole, ltla.share, ltla.split) == (8, 8, pytest.approx(1.0), ())
    assert option6.outside_scope == 73


def test_alignment_by_counting(workspace: Workspace, shipped_systems: dict[str, System], found: Comparison) -> None:
    people = _people(workspace, "residents_2021")
    units = workspace.geography.units("ltla")
    ltla_of = {lsoa: units.names[of] for lsoa, of in zip(workspace.geography.lsoas, units.of, strict=True)}
    for item in found.sides:
        places: dict[str, set[str]] = defaultdict(set)
        place_of = _rows(workspace, shipped_systems["norfolk-and-waveney"], item.footprint.id)
        for lsoa, place in place_of.items():
            places[ltla_of[lsoa]].add(place)
        whole = {name for name, of in places.items() if len(of) == 1}
        total = sum(people[lsoa] for lsoa in place_of)
        inside = sum(people[lsoa] for lsoa in place_of if ltla_of[lsoa] in whole)
        ltla = item.alignments[0]
        assert (ltla.units, ltla.whole) == (len(places), len(whole))
        assert ltla.share == pytest.approx(inside / total)
        assert {unit.name for unit in ltla.split} == set(places) - whole


def test_place_place_by_counting(workspace: Workspace, shipped_systems: dict[str, System], found: Comparison) -> None:
    system = shipped_systems["norfolk-and-waveney"]
    people = _people(workspace, "residents_2021")
    a, b = _rows(workspace, system, "option-4"), _rows(workspace, system, "option-6")
    expected: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0, 0.0])
    for lsoa in {*a, *b}:
        cell = expected[a.get(lsoa, ""), b.get(lsoa, "")]
        cell[0] += 1
        cell[1] += people[lsoa]
    frame = found.tables[2].frame
    frame = frame[(frame["FOOTPRINT_A"] == "option-4") & (frame["FOOTPRINT_B"] == "option-6")]
    got = {(r.PLACENM_A, r.PLACENM_B): [r.LSOAS, r.RESIDENTS] for r in frame.itertuples()}
    assert got == {key: pytest.approx(value) for key, value in expected.items()}


def _random(base: Assignment, labels: list[int]) -> Assignment:
    from dataclasses import replace

    place = np.full(len(base.place), -1)
    place[: len(labels)] = labels
    return replace(base, place=place)


@settings(max_examples=30)
@given(
    a=st.lists(st.integers(-1, 4), min_size=1, max_size=40),
    b=st.lists(st.integers(-1, 4), min_size=1, max_size=40),
    people=st.lists(st.integers(1, 3000), min_size=40, max_size=40),
)
def test_shares_sum_to_one_both_ways(
    workspace: Workspace, shipped_systems: dict[str, System], a: list[int], b: list[int], people: list[int]
) -> None:
    system = shipped_systems["norfolk-and-waveney"]
    base = workspace.resolve(system, system.footprints["option-4"])[1]
    assert base is not None
    weights = np.ones(workspace.geography.size)
    weights[:40] = people
    populations = Populations(weights, weights * 2, "residents", "registered")
    first, second = (replace(base, assignment=_random(base.assignment, it), populations=populations) for it in (a, b))
    frame = place_place(first, second).frame
    for letter in "AB":
        for figure in ("RESIDENT", "REGISTERED"):
            known = frame[frame[f"PLACECD_{letter}"] != ""]
            sums = known.groupby(f"PLACECD_{letter}")[f"{letter}_{figure}_SHARE"].sum()
            assert np.allclose(sums, 1)
    mirrored = place_place(second, first).frame
    assert sorted(zip(frame.PLACECD_A, frame.PLACECD_B, frame.RESIDENTS, strict=True)) == sorted(
        zip(mirrored.PLACECD_B, mirrored.PLACECD_A, mirrored.RESIDENTS, strict=True)
    )


def test_command(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    shown = run("compare", "norfolk-and-waveney", "option-4", "option-6", "--out", tmp_path)
    assert shown.code == 0
    assert "from place to place" in shown.out
    assert "option-4 splits LTLAs: Breckland, Broadland, Great Yarmouth, South Norfolk" in shown.out
    with (tmp_path / "place_place.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["LSOAS"]) for row in rows) == 697
    assert sorted(p.name for p in tmp_path.iterdir()) == ["alignment.csv", "footprints.csv", "place_place.csv"]
    data = json.loads(run("compare", "bnssg", "--json").out)
    names = ["local-authorities", "localities", "neighbourhoods", "single-place"]
    assert [item["footprint"] for item in data["footprints"]] == names
    # The two localities for which a figure is published: about 145,000 and 187,000 residents, within 3%.
    sizes = {place["name"]: place["residents"] for place in data["footprints"][1]["places"]}
    assert sizes["Inner City and East Bristol"] == pytest.approx(145_000, rel=0.03)
    assert sizes["North and West Bristol"] == pytest.approx(187_000, rel=0.03)


def test_unknown_footprint(run) -> None:  # type: ignore[no-untyped-def]
    found = run("compare", "bnssg", "option-9")
    assert found.code == 3
    assert "bnssg has no footprint `option-9`" in found.err


def test_footprints_may_be_named_as_in_every_other_command(run):
    by_option = run("compare", "norfolk-and-waveney", "-f", "option-1", "--footprint", "option-4")
    assert (by_option.code, by_option.out) == (0, run("compare", "norfolk-and-waveney", "option-1", "option-4").out)
    assert run("compare", "norfolk-and-waveney", "-f", "no-such").code == 3
