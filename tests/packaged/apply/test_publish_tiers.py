"""Published tiers: no small count of a neighbourhood follows from its place, the places, or its other parts."""

import csv

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import linprog

KEYS = ("FOOTPRINT", "PLACECD", "PARENTCD")


def rows(run, tmp_path, *options):
    ran = run("apply", "data.csv", "--system", "norfolk-and-waveney", "--tiers", "--sum", "calls", *options)
    assert ran.code == 0, ran.err
    with (tmp_path / "out.csv").open(encoding="utf-8") as file:
        return {tuple(row[key] for key in KEYS): row["calls"] for row in csv.DictReader(file)}


def room(values, sums, cell):
    """By how much a cell may differ, given the sums of all cells: those that are held back are unknown, from 1 up."""
    names = list(values)
    bounds = [(1, None) if text == "*" else (float(text or 0),) * 2 for text in values.values()]
    left = np.array([[sign.get(name, 0) for name in names] for sign in sums])
    aim = np.array([float(name == cell) for name in names])
    ends = []
    for way in (1, -1):
        found = linprog(way * aim, A_eq=left, b_eq=np.zeros(len(sums)), bounds=bounds, method="highs")
        assert found.status in (0, 3), found.message
        ends.append(np.inf if found.status == 3 else abs(found.fun))
    return ends[1] - ends[0]


@pytest.mark.parametrize("seed", range(3))
def test_no_small_count_follows_from_the_place_above(run, tmp_path, workspace, shipped_systems, seed):
    system = shipped_systems["norfolk-and-waveney"]
    _, resolved = workspace.resolve(system, system.footprints["option-4"])
    codes = workspace.geography.lsoa_codes[resolved.assignment.in_scope]
    calls = np.random.default_rng(seed).poisson(0.25, len(codes))
    pd.DataFrame({"lsoa21cd": codes, "calls": calls}).to_csv(tmp_path / "data.csv", index=False)
    exact = rows(run, tmp_path, "--out", "out.csv")
    # Without rounding, so that sums are exact and nothing but what is held back protects.
    published = rows(run, tmp_path, "--suppress-below", "8", "--out", "out.csv", "--reconciliation", "lines.csv")
    assert published.keys() == exact.keys()
    sums = [
        {place: 1, **{part: -1 for part in exact if part[2] == place[1]}} for place in exact if place[0] == "option-4"
    ]
    with (tmp_path / "lines.csv").open(encoding="utf-8") as file:
        placed = next(row["TOTAL"] for row in csv.DictReader(file) if row["OUTCOME"] == "placed")
    everything = {**published, "placed": placed}
    sums.append({"placed": 1, **{place: -1 for place in exact if place[0] == "option-4"}})
    small = [cell for cell, count in exact.items() if 1 <= float(count or 0) <= 7]
    assert small
    for cell in small:
        assert published[cell] == "*"
        assert room(everything, sums, cell) >= 6 - 1e-6, cell
