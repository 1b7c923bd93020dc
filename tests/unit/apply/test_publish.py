"""Publishing figures of the toy county: what is held back and rounded, with answers worked out by hand."""

from __future__ import annotations

import csv
import json
import math

import duckdb
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_county import LSOAS, PLACES

from placemap.apply.pieces import pieces_of
from placemap.core.errors import PlacemapError

NORMAL = 1.959963984540054


@pytest.fixture(scope="module")
def apply(county):
    def run(data, **options):
        return county.apply(data, footprint="councils", **{"by": "lsoa", "publish": "nhs", "max_loss": 100, **options})

    return run


def table(**columns):
    """A row for the first LSOA of each place, with one figure a place in each column."""
    first = [LSOAS[lsoas[0] - 1] for lsoas in PLACES.values()]
    return pd.DataFrame({"lsoa": first, **columns})


def figures(applied, title):
    return [None if value != value else value for value in applied.frame[title].tolist()]


def held(applied, title):
    return applied.frame[f"{title} HELD_BACK"].tolist()


# --- counts -----------------------------------------------------------------------------------------------------------


def test_a_small_count_goes_and_one_more_with_it(apply):
    """Of 52 + 3 + 12 = 67 the reader would know the 3; the 12 goes with it, as the cheapest that hides it."""
    applied = apply(table(falls=[52, 3, 12]), sums=["falls"])
    assert figures(applied, "falls") == [50, None, None]
    assert held(applied, "falls") == [False, True, True]
    (one,) = applied.reconciliations
    assert one.total.totals == one.placed().totals == (65,)
    assert [(item.name, item.figure) for item in applied.held_back if item.place] == [
        ("Borley", "falls"),
        ("Corley", "falls"),
    ]


@pytest.mark.parametrize(
    ("count", "shown"), [(0, 0), (8, 10), (12, 10), (13, 15), (17, 15), (18, 20), (1002, 1000), (1003, 1005)]
)
def test_others_go_to_the_nearest_five_and_none_stays_none(apply, count, shown):
    applied = apply(table(falls=[count, 40, 80]), sums=["falls"])
    assert figures(applied, "falls") == [shown, 40, 80]
    assert not any(held(applied, "falls"))


def test_other_rules(apply):
    data = table(falls=[52, 3, 12])
    assert figures(apply(data, sums=["falls"], publish=None, suppress_below=3), "falls") == [52, 3, 12]
    assert figures(apply(data, sums=["falls"], suppress_below=3), "falls") == [50, 5, 10]
    assert figures(apply(data, sums=["falls"], publish=None, round_to=10), "falls") == [50, 0, 10]
    assert figures(apply(data, sums=["falls"], publish=None, suppress_below=5), "falls") == [52, None, None]


def test_rows_that_are_rounded_to_none_are_not_blank(apply):
    data = pd.DataFrame({"lsoa": [LSOAS[0]] * 2 + [LSOAS[5]] * 9})
    assert figures(apply(data, count=True, publish=None, round_to=5), "ROWS") == [0, 10, None]


def test_nothing_is_held_back_unless_asked(apply):
    applied = apply(table(falls=[52, 3, 12]), sums=["falls"], publish=None)
    assert figures(applied, "falls") == [52, 3, 12]
    assert not applied.held_back
    assert "falls HELD_BACK" not in applied.frame
    assert applied.vintages


def test_a_column_that_others_make_gives_nothing_away(apply):
    """All is 40, 43, 60 and the men 40, 40, 60: the 3 women follow from Borley's men and all, until one of these goes."""
    data = table(women=[0, 3, 0], men=[40, 40, 60])
    data["all"] = data["women"] + data["men"]
    applied = apply(data, sums=["women", "men", "all"])
    assert held(applied, "women") == [False, True, False]
    assert held(applied, "men")[1] or held(applied, "all")[1]


def test_places_of_two_footprints_are_cut_into_pieces(toy):
    """Councils and localities overlap, so both are divided; the councils alone are not."""
    from placemap.apply.apportion import place_keys
    from placemap.commands.apply import resolved_footprint

    found = []
    for name in ("councils", "localities"):
        workspace, system, chosen = toy(footprint=name)
        found.append(resolved_footprint(workspace, system, chosen))
    keys = place_keys("lsoa", found, shares="residents", practices="residence")
    pieces = pieces_of(keys)
    assert pieces.groupby("CODE")["WEIGHT"].sum().round(9).eq(1).all()
    assert pieces_of(place_keys("lsoa", found[:1], shares="residents", practices="residence")) is None
    for place, lsoas in PLACES.items():
        inside = pieces[pieces["PIECE"].str.split("\n").map(lambda of, p=place: f"toyshire/councils/{p}" in of)]
        assert set(inside["CODE"]) >= {LSOAS[n - 1] for n in lsoas}


# --- what is made of counts -------------------------------------------------------------------------------------------


def byar(count):
    return (
        count * (1 - 1 / (9 * count) - NORMAL / (3 * count**0.5)) ** 3,
        (count + 1) * (1 - 1 / (9 * (count + 1)) + NORMAL / (3 * (count + 1) ** 0.5)) ** 3,
    )


def test_rates_and_limits_are_those_of_rounded_counts(apply):
    """52 of 998 is published as 50 of 1,000: 50 for 1,000, with the limits of 50 events."""
    applied = apply(table(falls=[52, 3, 12], people=[998, 1000, 1000]), rates=["falls/people"], per=1000)
    title = "falls/people per 1000"
    assert figures(applied, "falls/people") == [0.05, None, None]
    assert figures(applied, title) == [pytest.approx(50), None, None]
    low, high = byar(50)
    assert figures(applied, f"{title} LCI") == [pytest.approx(low), None, None]
    assert figures(applied, f"{title} UCI") == [pytest.approx(high), None, None]


def test_a_rate_among_few_people_is_held_back(apply):
    applied = apply(table(falls=[0, 9, 12], people=[5, 1000, 1000]), rates=["falls/people"])
    assert figures(applied, "falls/people")[0] is None
    assert held(applied, "falls/people")[0]


def test_over_people_of_the_tables_rates_are_of_rounded_events(apply):
    applied = apply(table(falls=[52, 300, 12]), rates=["falls"], denominator="residents_2021", absent_is_zero=True)
    assert figures(applied, "falls/residents_2021") == [50 / 5000, 300 / 5000, pytest.approx(10 / 3900)]


def test_what_places_are_held_against_is_rounded_and_held_back_too(apply):
    data = table(falls=[52, 31, 12], people=[1000, 1000, 1000])
    applied = apply(data, rates=["falls/people"], per=1000, compare=["system"])
    assert figures(applied, "falls/people per 1000 SYSTEM") == [pytest.approx(95 / 3000 * 1000)] * 3
    few = apply(table(falls=[0, 3, 0], people=[1000] * 3), rates=["falls/people"], per=1000, compare=["system"])
    assert figures(few, "falls/people per 1000 SYSTEM") == [None] * 3
    assert few.frame["falls/people per 1000 VS SYSTEM"].eq("").all()


def test_standardised_rates_go_with_their_counts_and_have_three_digits(apply):
    rows = [
        (LSOAS[lsoas[0] - 1], age, events, 1000)
        for lsoas, of in zip(PLACES.values(), ((20, 33), (1, 2), (14, 9)), strict=True)
        for age, events in zip(("0-64", "65+"), of, strict=True)
    ]
    data = pd.DataFrame(rows, columns=["lsoa", "age", "falls", "people"])
    applied = apply(data, rates=["falls/people"], age="age", per=1000)
    found = figures(applied, "falls/people DSR per 1000")
    # 53 events are published as 55: 55/53 of (0.805 × 20 + 0.195 × 33) a thousand.
    assert found[0] == float(f"{55 / 53 * (0.805 * 20 + 0.195 * 33):.3g}")
    assert found[1] is None
    assert figures(applied, "falls/people DSR per 1000 LCI")[1] is None


def test_a_mean_over_few_rows_is_held_back(apply):
    rows = [(LSOAS[0], 40.0)] * 20 + [(LSOAS[5], 50.0)] * 2 + [(LSOAS[9], 61.27)] * 30
    applied = apply(pd.DataFrame(rows, columns=["lsoa", "years"]), means=["years"])
    assert figures(applied, "years") == [None, None, 61.3], "the 20 go with the 2, as the 52 rows are told"


def test_how_much_is_covered_is_not_told_where_a_count_is_held_back(apply):
    """Three LSOAs with a fall each are three falls at least."""
    data = pd.DataFrame({"lsoa": [LSOAS[0]] * 40 + LSOAS[5:8] + [LSOAS[9]] * 30})
    applied = apply(data, count=True)
    assert figures(applied, "ROWS")[:2] == [40, None]
    for column in ("UNIT_COVERAGE", "RESIDENT_COVERAGE", "PATIENT_COVERAGE"):
        assert figures(applied, column)[0] is not None
        assert figures(applied, column)[1] is None


def test_lines_of_what_is_left_blank_are_held_back_too(apply):
    """The three places are all covered too thinly: their sums stand in the reconciliation, rounded or not at all."""
    applied = apply(table(falls=[52, 3, 12]), sums=["falls"], min_coverage=0.9)
    (one,) = applied.reconciliations
    assert [(item.name, item.value, item.held_back) for item in one.blanked if not item.held_back] == [
        ("Ashton", 50, False)
    ]
    assert [(item.name, item.coverage) for item in one.blanked if item.held_back and item.value == item.value] == []
    assert not any(held(applied, "falls")), "what is blank for its coverage is not held back as well"


# --- the whole run ----------------------------------------------------------------------------------------------------


@given(counts=st.lists(st.integers(0, 40), min_size=13, max_size=13))
@settings(max_examples=40)
def test_publishing_changes_no_place_and_shows_no_small_count(apply, counts):
    data = pd.DataFrame({"lsoa": LSOAS, "falls": counts})
    exact, published = (apply(data, sums=["falls"], publish=rule) for rule in (None, "nhs"))
    assert published.frame["PLACECD"].tolist() == exact.frame["PLACECD"].tolist()
    for of, shown, is_held in zip(
        figures(exact, "falls"), figures(published, "falls"), held(published, "falls"), strict=True
    ):
        assert (shown is None) == is_held
        assert is_held or shown == 5 * math.floor(of / 5 + 0.5)
        assert is_held or not 1 <= of <= 7
        assert of or not is_held
    lines = [line for one in published.reconciliations for line in (one.total, *one.lines)]
    assert not any(1 <= figure <= 7 for line in lines for figure in (line.rows, *line.totals))


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"publish": "onc"}, "no rule `onc`"),
        ({"suppress_below": 1}, "no counts below 1"),
        ({"round_to": -5}, "cannot be rounded to -5"),
        ({"whole": True}, "--whole-numbers"),
    ],
)
def test_rules_that_there_are_not(apply, options, text):
    with pytest.raises(PlacemapError, match=text):
        apply(table(falls=[52, 3, 12]), sums=["falls"], **options)


def test_negative_numbers_are_no_counts(apply):
    with pytest.raises(PlacemapError, match="negative numbers"):
        apply(table(falls=[52, -3, 12]), sums=["falls"])


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def run(cli, tmp_path):
    table(falls=[52, 3, 12]).to_csv(tmp_path / "falls.csv", index=False)

    def publish(*more):
        return cli(*("apply", "falls.csv", "--system", "toyshire", "--footprint", "councils", "--sum", "falls"), *more)

    return publish


NHS = ("--publish", "nhs")


def rows_of(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_csv_has_a_mark_and_a_list_beside_it(run, tmp_path):
    assert run(*NHS, "--out", "out.csv").code == 0
    assert [row["falls"] for row in rows_of(tmp_path / "out.csv")] == ["50", "*", "*"]
    listed = rows_of(tmp_path / "out-held-back.csv")
    assert [(row["PLACENM"], row["FIGURE"]) for row in listed if row["PLACECD"]] == [
        ("Borley", "falls"),
        ("Corley", "falls"),
    ]
    assert len({row["WHY"] for row in listed}) == 1, "why would tell the 3 from the 12"


def test_titles_with_commas_and_quotes_stay_whole(cli, tmp_path):
    table(**{'falls, "all"': [52, 30, 12]}).to_csv(tmp_path / "falls.csv", index=False)
    asked = ("apply", "falls.csv", "--system", "toyshire", "--footprint", "councils", "--sum", 'falls, "all"')
    assert cli(*asked, "--out", "out.csv").code == 0
    assert [row['falls, "all"'] for row in rows_of(tmp_path / "out.csv")] == ["52", "30", "12"]


def test_long_csv_has_the_same_marks(run, tmp_path):
    assert run(*NHS, "--long", "--out", "out.csv").code == 0
    assert [row["VALUE"] for row in rows_of(tmp_path / "out.csv")] == ["50.000000", "*", "*"]


def test_parquet_keeps_numbers_and_says_where_one_is_gone(run, tmp_path):
    assert run(*NHS, "--out", "out.parquet", "--reconciliation", "lines.parquet").code == 0
    found = pq.read_table(tmp_path / "out.parquet").to_pydict()
    assert found["falls"] == [50, None, None]
    assert found["falls HELD_BACK"] == [False, True, True]
    lines = pq.read_table(tmp_path / "lines.parquet").to_pydict()
    assert lines["ROWS HELD_BACK"][0], "three rows are few"
    assert not lines["TOTAL HELD_BACK"][0]


def test_a_database_has_flags_and_the_list(run, tmp_path):
    assert run(*NHS, "--to", "duckdb:out.duckdb").code == 0
    with duckdb.connect(str(tmp_path / "out.duckdb"), read_only=True) as base:
        asked = 'SELECT falls, "falls HELD_BACK" FROM placemap.applied ORDER BY PLACECD'
        assert base.execute(asked).fetchall() == [(50, False), (None, True), (None, True)]
        (listed,) = base.execute("SELECT count(*) FROM placemap.held_back WHERE PLACECD <> ''").fetchone()
    assert listed == 2


def test_a_workbook_has_a_sheet_of_what_is_held_back(run, tmp_path):
    assert run(*NHS, "--out", "out.xlsx").code == 0
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert book.sheetnames == ["Figures", "Reconciliation", "Held back", "About"]
    assert [row[4] for row in book["Figures"].iter_rows(values_only=True)] == ["falls", 50, "*", "*"]
    about = " ".join(str(cell) for row in book["About"].iter_rows(values_only=True) for cell in row if cell)
    for words in ("need not add up", "evidence grade", "Attribution"):
        assert words in about


def test_a_workbook_without_a_rule_has_all_figures(run, tmp_path):
    assert run("--out", "out.xlsx").code == 0
    book = openpyxl.load_workbook(tmp_path / "out.xlsx")
    assert "Held back" not in book.sheetnames
    assert [row[4] for row in book["Figures"].iter_rows(values_only=True)] == ["falls", 52, 3, 12]


def test_json_says_what_is_held_back_and_has_no_other_counts(run):
    found = json.loads(run(*NHS, "--json").out)
    assert [place["falls"] for place in found["places"]] == [50, None, None]
    assert found["published"]["rule"] == "counts of 1 to 7 are held back (*), others go to the nearest 5"
    assert [item["name"] for item in found["published"]["held_back"] if item["place"]] == ["Borley", "Corley"]
    assert (found["vintages"], found["file"], found["unknown_codes"]) == ({}, None, {})
    assert found["reconciliations"][0]["loss"] is None


def test_on_a_terminal_marks_stand_in_the_tables(run):
    result = run(*NHS)
    assert result.out.count("*") >= 2
    assert " 3" not in result.out
    assert "need not add up" in result.err


@pytest.mark.parametrize("option", [("--sql",), ("--join", "--out", "joined.csv")])
def test_rows_and_queries_are_refused(run, tmp_path, option):
    result = run(*NHS, *option)
    assert (result.code, "hold back or round" in result.err) == (2, True)
    assert not (tmp_path / "joined.csv").exists()
