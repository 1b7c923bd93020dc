"""Imported figures as they may be published: nothing small is shown, and none follows from totals, columns or a second footprint."""

from __future__ import annotations

import csv
import json
import re

import duckdb
import numpy as np
import pytest
from openpyxl import load_workbook
from scipy.optimize import linprog
from toy_county import LSOAS, PLACES

SAID = ("--title", "Toy counts", "--publisher", "Toy Office", "--licence", "OGL", "--vintage", "2025")
NHS = ("--publish", "nhs")
EAST = (1, 5, 6, 8, 9)
#: The LSOAs of each place, counted from 1; two of Corley's and East's lie in both footprints' scopes.
MEMBERS = {f"toyshire/councils/{name}": set(lsoas) for name, lsoas in PLACES.items()} | {
    "toyshire/localities/east": set(EAST),
    "toyshire/localities/west": set(range(1, 13)) - set(EAST),
}


@pytest.fixture
def profile(cli, own_store, tmp_path):
    """Import counts by LSOA (a column a name) and show them; gives the run and rows of the CSV."""

    def run(columns, *options, over=None, footprints=("councils",)):
        lines = [",".join(["LSOA21CD", *columns])]
        lines += [",".join(map(str, row)) for row in zip(LSOAS, *columns.values(), strict=True)]
        (tmp_path / "counts.csv").write_text("\n".join(lines) + "\n")
        more = ("--over", over) if over else ()
        took = cli("data", "import", "counts.csv", "--as", "measure:counts", "--to", own_store, *SAID, *more)
        assert took.code == 0, took.err
        chosen = [part for name in footprints for part in ("-f", name)]
        shown = cli("profile", "toyshire", *chosen, "--data", own_store, *options)
        assert shown.code == 0, shown.err
        cli("profile", "toyshire", *chosen, "--data", own_store, *options, "--out", "p.csv")
        with (tmp_path / "p.csv").open(encoding="utf-8") as file:
            return shown, list(csv.DictReader(file))

    return run


def by_place(counts):
    """A count for the first LSOA of each council, 0 elsewhere."""
    found = [0] * len(LSOAS)
    for lsoas, count in zip(PLACES.values(), counts, strict=True):
        found[lsoas[0] - 1] = count
    return found


def values(rows, figure, footprint="councils"):
    return {row["PLACENM"]: row["VALUE"] for row in rows if row["FIGURE"] == figure and row["FOOTPRINT"] == footprint}


def test_a_small_count_and_what_gives_it_away_go_and_others_are_rounded(profile):
    shown, rows = profile({"Events": by_place((52, 3, 12))}, *NHS)
    found = values(rows, "Events")
    assert (float(found["Ashton"]), found["Borley"], found["Corley"]) == (50, "*", "*")
    assert float(found["Toyshire"]) == 65
    held = {row["PLACENM"]: row for row in rows}["Borley"]
    assert [held[name] for name in ("LCI", "UCI", "UNIT_COVERAGE", "RESIDENT_COVERAGE")] == ["*", "*", "", ""]
    assert "counts of 1 to 7 are held back (*), others go to the nearest 5" in shown.err
    assert "held back: 2 figures" in shown.err
    assert "made of counts of 1 to 7" not in shown.err, "how many are small is not for readers"
    assert not re.search(r"\b(52|67|12)\b", shown.out + shown.err)


def test_without_the_rule_small_counts_are_said(profile):
    shown, rows = profile({"Events": by_place((52, 3, 12))})
    assert float(values(rows, "Events")["Borley"]) == 3
    assert "1 figure made of counts of 1 to 7; to publish figures: --publish nhs" in shown.err
    shown, _ = profile({"Events": by_place((52, 30, 12))})
    assert "--publish" not in shown.err


def test_a_share_is_that_of_rounded_counts_and_goes_with_a_small_part(profile):
    _, rows = profile({"All": by_place((998, 1000, 500)), "Ill": by_place((52, 3, 20))}, *NHS, over="All")
    found = values(rows, "Ill")
    assert (float(found["Ashton"]), found["Borley"], found["Corley"]) == (50 / 1000, "*", "*")
    _, rows = profile({"All": by_place((998, 1000, 500)), "Ill": by_place((52, 60, 497))}, *NHS, over="All")
    assert values(rows, "Ill")["Corley"] == "*", "three are not ill"


def test_bands_that_make_a_whole_give_nothing_away(profile):
    """Nineteen bands and their total: the one small band of Ashton takes another with it."""
    bands = {f"Aged {at}": by_place((20 + at, 30, 40)) for at in range(19)}
    bands["Aged 4"] = by_place((3, 30, 40))
    bands["All ages"] = [sum(column) for column in zip(*bands.values(), strict=True)]
    _, rows = profile(bands, *NHS)
    held = [row["FIGURE"] for row in rows if row["PLACENM"] == "Ashton" and row["VALUE"] == "*"]
    assert "Aged 4" in held
    assert len(held) >= 2
    of_band = [row["PLACENM"] for row in rows if row["FIGURE"] == "Aged 4" and row["VALUE"] == "*"]
    assert len(of_band) >= 2, "nor does it follow from the system"


def interval(rows, column, aim):
    """The least and the most of a sum of LSOAs, by what a reader sees of a column without rounding."""
    units = [*range(1, 14)]
    left, low, high = [], [], []
    for row in (row for row in rows if row["FIGURE"] == column):
        inside = set(units) if row["LEVEL"] == "England" else MEMBERS.get(row["PLACECD"])
        if row["LEVEL"] == "system":
            inside = set.union(*(of for place, of in MEMBERS.items() if f"/{row['FOOTPRINT']}/" in place))
        left.append([float(unit in inside) for unit in units])
        known = (1, np.inf) if row["VALUE"] == "*" else (float(row["VALUE"] or 0),) * 2
        low.append(known[0])
        high.append(known[1])
    left, low, high = np.array(left), np.array(low), np.array(high)
    bounded = np.isfinite(high)
    target = np.array([float(unit in aim) for unit in units])
    ends = []
    for way in (1, -1):
        found = linprog(
            way * target,
            A_ub=np.vstack([left[bounded], -left]),
            b_ub=np.concatenate([high[bounded], -low]),
            bounds=(0, None),
            method="highs",
        )
        assert found.status in (0, 3), found.message
        ends.append(np.inf if found.status == 3 else abs(found.fun))
    return ends


@pytest.mark.parametrize("seed", range(6))
def test_no_small_count_follows_from_two_footprints(profile, seed):
    """What two footprints have in common is their difference from others: a small one is protected, too."""
    chance = np.random.default_rng(seed)
    counts = chance.integers(1, 6, 13) * (chance.random(13) < 0.7) + 40 * (chance.random(13) < 0.2)
    _, rows = profile({"Events": counts.tolist()}, "--suppress-below", "8", footprints=("councils", "localities"))
    areas = [*MEMBERS.values()]
    areas += [one & other for one in areas for other in areas if one & other]
    for area in areas:
        exact = sum(counts[unit - 1] for unit in area)
        if 1 <= exact <= 7:
            least, most = interval(rows, "Events", area)
            assert most - least >= 6 - 1e-6, (area, exact, least, most)


def test_every_form_of_output_holds_the_same_back(cli, profile, own_store, tmp_path):
    _, rows = profile({"Events": by_place((5203, 3, 1206))}, *NHS)
    asked = ("profile", "toyshire", "-f", "councils", "--data", own_store, *NHS)
    found = json.loads(cli(*asked, "--json").out)
    assert [(row["VALUE"], row["HELD_BACK"]) for row in found["rows"]][:3] == [
        (5205, False),
        (None, True),
        (None, True),
    ]
    assert cli(*asked, "--out", "p.parquet").code == cli(*asked, "--out", "p.xlsx").code == 0
    query = "SELECT VALUE, HELD_BACK FROM 'p.parquet' LIMIT 3"
    with duckdb.connect() as base:
        assert base.execute(query).fetchall() == [(5205, False), (None, True), (None, True)]
    sheet = load_workbook(tmp_path / "p.xlsx")["Profile"]
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row]
    assert cells.count("*") == 2 * 3
    assert not {5203, 1206, 6412} & set(cells)
    assert "HELD_BACK" not in rows[0]


def test_rules_need_figures_to_hold_back(cli, own_store):
    found = cli("report", "toyshire", "--data", own_store, *NHS)
    assert (found.code, "add --profile" in found.err) == (2, True)


def test_scores_and_fifths_are_no_counts(profile):
    scores = [number / 2 for number in range(1, 14)]
    _, rows = profile({"A score": scores, "A decile": [1 + number * 9 // 12 for number in range(13)]}, *NHS)
    assert all(row["VALUE"] not in ("", "*") for row in rows if row["FIGURE"] == "A score")
    assert next(row["UNITS_Q1"] for row in rows if row["FIGURE"] == "A decile") not in ("", "*")


def test_a_column_of_another_table_is_held_back_alike(cli, profile, own_store, tmp_path):
    """The total that two tables share must not be told by one where the other holds it back."""
    men, women = by_place((30, 3, 40)), by_place((30, 30, 40))
    both = [one + other for one, other in zip(men, women, strict=True)]
    lines = ["LSOA21CD,Persons", *(f"{code},{count}" for code, count in zip(LSOAS, both, strict=True))]
    (tmp_path / "more.csv").write_text("\n".join(lines) + "\n")
    assert cli("data", "import", "more.csv", "--as", "measure:more", "--to", own_store, *SAID).code == 0
    _, rows = profile({"Men": men, "Women": women, "Persons": both}, *NHS)
    cells = {}
    for row in rows:
        cells.setdefault((row["FIGURE"], row["PLACENM"]), set()).add(row["VALUE"])
    assert {row["MEASURE"] for row in rows} == {"counts", "more"}
    assert all(len(found) == 1 for found in cells.values())
    assert cells["Men", "Borley"] == {"*"}
    assert "*" in cells["Women", "Borley"] | cells["Persons", "Borley"]
