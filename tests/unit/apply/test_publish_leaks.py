"""Ways round what is held back: means of 0 and 1, messages, coverage of places that overlap, systems side by side, and every form of output."""

from __future__ import annotations

import itertools
import json
import re
import zipfile

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from scipy.optimize import linprog
from toy_county import LSOAS, PLACES

NHS = ("--publish", "nhs")
OTHER = """\
placemap: 1
ics: {id: otherton, name: Otherton, icb: {code: E54000902, ods: QT2, vintage: 2024}}
scope: {sub_icb: [90B]}
evidence: {plan: {title: The plan, publisher: Toy Council, date: 2022-05}}
default_footprint: whole
footprints:
  whole:
    name: The whole
    status: current
    grade: A
    evidence: plan
    places: {all: {name: All of it, lsoa: [E01000013]}}
"""


def people(deaths, size=200):
    """A row a person of each place's first LSOA, 1 for those who died."""
    rows = [
        (LSOAS[of[0] - 1], int(number < count))
        for of, count in zip(PLACES.values(), deaths, strict=True)
        for number in range(size)
    ]
    return pd.DataFrame(rows, columns=["lsoa", "died"])


def means(county, data, **options):
    applied = county.apply(data, by="lsoa", footprint="councils", publish="nhs", **options)
    column = next(name for name in applied.frame.columns if f"{name} HELD_BACK" in applied.frame.columns)
    return [None if value != value else value for value in applied.frame[column].tolist()]


# --- means ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("deaths", "shown"),
    [
        ((3, 40, 0), [None, 0.2, 0.0]),  # 0.015 of 200 is 3
        ((197, 40, 200), [None, 0.2, 1.0]),  # and so are those who lived
        ((8, 40, 190), [0.04, 0.2, 0.95]),
    ],
)
def test_a_mean_of_zeros_and_ones_is_a_count(county, deaths, shown):
    assert means(county, people(deaths), means=["died"]) == shown


def test_so_is_a_mean_of_shares_weighted_by_people(county):
    first = [LSOAS[of[0] - 1] for of in PLACES.values()]
    data = pd.DataFrame({"lsoa": first, "share": [0.003, 0.04, 0.5], "people": [1000, 1000, 1000]})
    assert means(county, data, means=["share:people"]) == [None, 0.04, 0.5]
    scores = data.assign(share=[0.003, 12.4, 31.25])
    assert means(county, scores, means=["share:people"]) == [0.003, 12.4, 31.2], "scores over 1 are no counts"


# --- standardised rates -----------------------------------------------------------------------------------------------


def by_age(bands, counts):
    """A row an age of each place's first LSOA, of 1,000 people."""
    return pd.DataFrame(
        [
            (LSOAS[of[0] - 1], age, events, 1000)
            for of, events_of in zip(PLACES.values(), counts, strict=True)
            for age, events in zip(bands, events_of, strict=True)
        ],
        columns=["lsoa", "age", "falls", "people"],
    )


def test_a_standardised_rate_of_few_bands_would_tell_each(county):
    """With 53 events and two bands, the rate says that 3 were young; with the limits, so it does of three bands."""
    for bands, counts in (
        (("0-64", "65+"), ((3, 50), (20, 33), (24, 29))),
        (("0-4", "5-64", "65+"), ((3, 20, 30), (20, 13, 20), (20, 13, 20))),
    ):
        data = by_age(bands, counts)
        applied = county.apply(
            data, by="lsoa", footprint="councils", rates=["falls/people"], age="age", per=1000, publish="nhs"
        )
        title = "falls/people DSR per 1000"
        shown = applied.frame[title].notna().tolist()
        assert shown == [False, True, True]
        assert applied.frame["falls/people per 1000"].notna().all(), "the count itself may be told"
        assert applied.frame["falls/people HELD_BACK"].tolist() == [True, False, False]
        assert [(item.name, item.figure) for item in applied.held_back if item.place] == [("Ashton", title)]


def test_one_of_more_bands_has_other_counts_that_give_the_same(county):
    data = by_age(("0-4", "5-24", "25-64", "65+"), ((3, 20, 20, 10), (20, 13, 20, 20), (20, 13, 20, 20)))
    applied = county.apply(
        data, by="lsoa", footprint="councils", rates=["falls/people"], age="age", per=1000, publish="nhs"
    )
    assert applied.frame["falls/people DSR per 1000"].notna().all()


# --- messages ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", [("--strict", "1"), ("--max-loss", "1")])
def test_a_message_does_not_tell_how_much_is_lost(cli, tmp_path, option):
    """3 of 100 rows: 'some 3%' would be the count."""
    rows = [LSOAS[0]] * 40 + [LSOAS[5]] * 30 + [LSOAS[9]] * 27 + ["E01099999"] * 3
    pd.DataFrame({"lsoa": rows}).to_csv(tmp_path / "t.csv", index=False)
    asked = ("apply", "t.csv", "--system", "toyshire", "--footprint", "councils", "--count")
    assert "3.00% is lost" in cli(*asked, *option).err
    found = cli(*asked, *NHS, *option)
    assert found.code == 4
    assert "more than 1% is lost" in found.err
    assert not re.search(r"\b3(?:\.\d+)?%|\b97\b", found.err + found.out)


# --- coverage ---------------------------------------------------------------------------------------------------------


def test_the_coverage_of_what_overlaps_goes_too(cli, tmp_path):
    """Areas with a case in a place are those of the place above, less those of its other parts."""
    rows = [LSOAS[0]] * 30 + [LSOAS[3]] * 50 + LSOAS[5:8] + [LSOAS[9]] * 30 + [LSOAS[11]] * 9
    pd.DataFrame({"lsoa": rows}).to_csv(tmp_path / "t.csv", index=False)
    footprints = ("--footprint", "councils", "--footprint", "mixed")
    found = cli("apply", "t.csv", "--system", "toyshire", *footprints, "--count", *NHS, "--json")
    places = {row["PLACECD"]: row for row in json.loads(found.out)["places"]}
    hidden = {place for place, row in places.items() if row["ROWS HELD_BACK"]}
    assert "toyshire/councils/borley" in hidden
    assert places["toyshire/mixed/centre"]["UNIT_COVERAGE"] is None, "it has a part of Borley"
    alone = cli("apply", "t.csv", "--system", "toyshire", "--footprint", "councils", "--count", *NHS, "--json")
    assert [row["UNIT_COVERAGE"] is None for row in json.loads(alone.out)["places"]] == [False, True, True]


# --- systems side by side -------------------------------------------------------------------------------------------


def figure(value):
    """The least and the most of a cell that is held back, or shown without rounding."""
    return (1, np.inf) if value is None else (value, value)


def test_what_is_in_neither_of_two_systems_does_not_follow(cli, tmp_path):
    """Otherton lies out of Toyshire's area: of 33 there, 30 are in Otherton, which leaves 3."""
    (tmp_path / "configs" / "otherton.yaml").write_text(OTHER, encoding="utf-8")
    counts = dict.fromkeys([LSOAS[0], LSOAS[5], LSOAS[9]], 40) | {LSOAS[12]: 30, "W01000001": 3}
    pd.DataFrame(counts.items(), columns=["lsoa", "n"]).to_csv(tmp_path / "t.csv", index=False)
    systems = ("--system", "toyshire", "--system", "otherton")
    asked = ("apply", "t.csv", "--by", "lsoa", "--kind", "lsoa", *systems, "--sum", "n", "--suppress-below", "8")
    found = json.loads(cli(*asked, "--json").out)
    cells = [(row["PLACECD"], row["n"]) for row in found["places"]]
    names = [place for place, _ in cells]
    # Unknowns: each place, what is in Toyshire's scope but in no place, and Wales.
    knows = [({name}, *figure(value)) for name, value in cells]
    for one in found["reconciliations"]:
        own = {name for name in names if name.startswith(one["system"])}
        lines = {"in": {*names, "none", "wales"}, "placed": own, "out of area": {*names, "wales"} - own}
        lines["in the scope but in no place"] = {"none"} if one["system"] == "toyshire" else set()
        knows += [(cells, *figure(one[line]["n"])) for line, cells in lines.items()]
    every = [*names, "none", "wales"]
    rows = np.array([[float(name in cells) for name in every] for cells, *_ in knows])
    low, high = (np.array([known[at] for known in knows], dtype=float) for at in (1, 2))
    bounded = np.isfinite(high)
    left, right = np.vstack([rows[bounded], -rows]), np.concatenate([high[bounded], -low])
    aim = np.array([float(name == "wales") for name in every])
    ends = [linprog(way * aim, A_ub=left, b_ub=right, bounds=(0, None), method="highs") for way in (1, -1)]
    assert all(end.status in (0, 3) for end in ends)
    least, most = ends[0].fun, np.inf if ends[1].status == 3 else -ends[1].fun
    assert most - least >= 6 - 1e-6, f"{least} to {most}"


# --- all that a run gives ---------------------------------------------------------------------------------------------


def texts(folder):
    """By file of a run, all that stands in it."""
    for path in folder.iterdir():
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as book:
                yield path.name, " ".join(book.read(name).decode() for name in book.namelist() if name.endswith("xml"))
        elif path.suffix == ".parquet":
            table = pq.read_table(path)
            yield path.name, f"{table.to_pydict()} {table.schema}"
        elif path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as base:
                named = "('applied', 'reconciliation', 'held_back')"
                tables = base.execute(
                    f"SELECT table_schema || '.' || table_name FROM information_schema.tables WHERE table_name IN {named}"
                ).fetchall()
                assert len(tables) == 3
                yield path.name, str([base.execute(f"SELECT * FROM {table}").fetchall() for (table,) in tables])
        else:
            yield path.name, path.read_text(encoding="utf-8")


@pytest.mark.parametrize("long", [(), ("--long",)])
def test_no_form_of_output_has_an_exact_count(cli, tmp_path, long):
    """Large counts that are no multiples of 5 would be seen wherever they stood: files, a database, a workbook, messages."""
    places = [LSOAS[0], LSOAS[5], LSOAS[9], LSOAS[12], "E01099999", "", "W01000001", "E92000001"]
    rows = [
        (code, sex, 10_001 + 1_731 * at + 17 * number, 90_007 + 2_113 * at)
        for at, code in enumerate(places)
        for number, sex in enumerate(("F", "M"))
    ]
    rows[2] = (LSOAS[5], "F", 3, 90_011)
    pd.DataFrame(rows, columns=["lsoa", "sex", "falls", "people"]).to_csv(tmp_path / "t.csv", index=False)
    exact = set()
    for column in (2, 3):
        values = [row[column] for row in rows]
        for size in range(1, len(values) + 1):
            subsets = itertools.combinations(values, size) if size < 3 or size > 13 else ()
            exact |= {sum(some) for some in subsets}
        exact |= {
            sum(row[column] for row in rows if row[0] in set(some))
            for n in range(1, 9)
            for some in itertools.combinations(places, n)
        }
    exact = {value for value in exact if value % 5 and value > 100}
    asked = (
        "apply",
        "t.csv",
        "--system",
        "toyshire",
        "--footprint",
        "councils",
        "--by",
        "lsoa",
        "--kind",
        "lsoa",
        *long,
        *NHS,
    )
    asked += (
        "--sum",
        "falls",
        "--rate",
        "falls/people",
        "--per",
        1000,
        "--compare",
        "system",
        "--group",
        "sex",
        "--max-loss",
        100,
    )
    out = tmp_path / "out"
    out.mkdir()
    printed = [cli(*asked, "--strict", "0", "--min-coverage", "0.1")]
    printed += [
        cli(*asked, "--out", f"out/r{end}", "--reconciliation", f"out/l{end if end != '.xlsx' else '.csv'}")
        for end in (".csv", ".parquet", ".xlsx")
    ]
    printed += [cli(*asked, "--json"), cli(*asked, "--to", "duckdb:out/base.duckdb")]
    assert [one.code for one in printed] == [4, 0, 0, 0, 0, 0], [one.err for one in printed]
    found = [("printed", one.out + one.err) for one in printed] + list(texts(out))
    assert len(found) == 6 + 7
    for name, text in found:
        numbers = {
            float(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?:\.\d+)?", text) if number.strip(",")
        }
        assert not numbers & exact, (name, numbers & exact)
