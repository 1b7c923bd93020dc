"""Rates by place in the toy county, with answers worked out by hand and by a loop over dicts."""

from __future__ import annotations

import csv
import json
import math

import duckdb
import openpyxl
import pandas as pd
import pytest
import toy_county
from hypothesis import example, given, settings
from hypothesis import strategies as st
from toy_county import LSOAS, PLACES, RESIDENTS

from placemap.core.errors import PlacemapError

EVENTS = dict(zip(LSOAS, [10, 6, 14, 12, 8, 40, 20, 30, 10, 0, 2, 1, 4], strict=True))
NORMAL = 1.959963984540054


@pytest.fixture
def apply(county):
    def run(data, **options):
        return county.apply(data, footprint="councils", **{"by": "lsoa", "max_loss": 100, **options})

    return run


def data(events=EVENTS, people=RESIDENTS):
    return pd.DataFrame({"lsoa": list(events), "events": list(events.values()), "people": [people[c] for c in events]})


def column(applied, title):
    return dict(zip([code.rpartition("/")[2] for code in applied.frame["PLACECD"]], applied.frame[title], strict=True))


def code(number):
    return LSOAS[number - 1]


def byar(count):
    """Byar's limits, written once more: see Breslow and Day (1987), formula 2.13."""
    low = count * (1 - 1 / (9 * count) - NORMAL / (3 * count**0.5)) ** 3 if count else 0.0
    return low, (count + 1) * (1 - 1 / (9 * (count + 1)) + NORMAL / (3 * (count + 1) ** 0.5)) ** 3


def near(found, expected):
    assert {key: None if value != value else value for key, value in found.items()} == {
        key: None if value is None else pytest.approx(value, rel=1e-9) for key, value in expected.items()
    }


# --- crude ------------------------------------------------------------------------------------------------------------


def test_rates_by_hand(apply):
    """50 of 5,000; 100 of 5,000; 7 of 3,900."""
    found = apply(data(), rates=["events/people"], per=1000)
    near(column(found, "events/people"), {"ashton": 0.01, "borley": 0.02, "corley": 7 / 3900})
    near(column(found, "events/people per 1000"), {"ashton": 10, "borley": 20, "corley": 7 / 3.9})
    low, high = byar(7)
    assert column(found, "events/people per 1000 LCI")["corley"] == pytest.approx(low / 3.9)
    assert column(found, "events/people per 1000 UCI")["corley"] == pytest.approx(high / 3.9)
    assert "events/people per 1000 LCI 99.8" not in found.frame


def test_without_per_a_rate_stays_as_it_was(apply):
    found = apply(data(), rates=["events/people"])
    assert [title for title in found.frame if title.startswith("events")] == ["events/people"]
    assert found.figures == ()


def test_both_levels_and_wilson(apply):
    found = apply(data(), rates=["events/people"], per=100, interval="wilson", confidence=[95, 99.8])
    share, z = 0.01, NORMAL
    middle, half = share + z**2 / 10_000, z * math.sqrt(share * (1 - share) / 5000 + z**2 / (4 * 5000**2))
    low = column(found, "events/people per 100 LCI")["ashton"]
    assert low == pytest.approx(100 * (middle - half) / (1 + z**2 / 5000))
    assert column(found, "events/people per 100 LCI 99.8")["ashton"] < low


def test_no_events_have_a_rate_of_0_and_no_people_none(apply):
    none = dict.fromkeys(LSOAS, 0)
    found = apply(data(none), rates=["events/people"], per=1000)
    near(column(found, "events/people per 1000"), {"ashton": 0, "borley": 0, "corley": 0})
    near(column(found, "events/people per 1000 LCI"), {"ashton": 0, "borley": 0, "corley": 0})
    assert column(found, "events/people per 1000 UCI")["ashton"] == pytest.approx(byar(0)[1] / 5)
    empty = apply(data(none, none), rates=["events/people"], per=1000)
    near(column(empty, "events/people per 1000"), dict.fromkeys(PLACES))


def test_events_of_nobody_are_said(apply):
    """Corley has 2, 1 and 4 events and nobody; they still count for the system."""
    nobody = {**RESIDENTS, **{code(number): 0 for number in PLACES["corley"]}}
    found = apply(data(people=nobody), rates=["events/people"], per=1000, compare=["system"])
    near(column(found, "events/people per 1000"), {"ashton": 10, "borley": 20, "corley": None})
    assert "`people` is 0 in 3 rows with 7 of `events`" in " ".join(found.notes)
    assert "`events/people per 1000` is blank in 1 row without people" in found.notes
    assert not any("is 0 in" in note for note in apply(data(), rates=["events/people"], per=1000).notes)


def test_comparisons_by_hand(apply):
    """The system is its three places, 157 of 13,900; England of the toy is the same thirteen LSOAs."""
    found = apply(data(), rates=["events/people"], per=1000, compare=["system", "england", "12"])
    title = "events/people per 1000"
    near(column(found, f"{title} SYSTEM"), dict.fromkeys(PLACES, 157 / 13.9))
    near(column(found, f"{title} ENGLAND"), dict.fromkeys(PLACES, 157 / 13.9))
    words = {"ashton": "similar to", "borley": "higher than", "corley": "lower than"}
    assert column(found, f"{title} VS SYSTEM") == {place: f"{word} the system" for place, word in words.items()}
    assert column(found, f"{title} VS ENGLAND") == {place: f"{word} England" for place, word in words.items()}
    assert column(found, f"{title} VS 12") == {place: f"{word} 12" for place, word in words.items()}
    assert f"`{title} SYSTEM`" not in found.frame
    assert any("of England: 11.29496403" in note for note in found.notes)


def test_the_wider_interval_decides_where_it_is_asked_for(apply):
    """58 of 5,000 have a 95% interval up to 14.996 in 1,000."""
    events = {**dict.fromkeys(LSOAS, 0), code(1): 58}
    narrow = apply(data(events), rates=["events/people"], per=1000, compare=["15"])
    wide = apply(data(events), rates=["events/people"], per=1000, compare=["15"], confidence=[95, 99.8])
    title = "events/people per 1000 VS 15"
    assert byar(58)[1] / 5 == pytest.approx(14.996, abs=0.001)
    assert column(narrow, title)["ashton"] == "lower than 15"
    assert column(wide, title)["ashton"] == "similar to 15"


def test_england_needs_data_of_england(apply):
    only = {lsoa: EVENTS[lsoa] for lsoa in LSOAS[:5]}
    with pytest.raises(PlacemapError, match=r"no rate of England: the data cover 36\.0%") as refused:
        apply(data(only), rates=["events/people"], per=1000, compare=["england"])
    assert "--compare system" in refused.value.hint
    system = apply(data(only), rates=["events/people"], per=1000, compare=["system"])
    assert any("the data cover 36.0% of the people of all places together" in note for note in system.notes)


def test_england_is_more_than_the_system(county, apply):
    """Of the footprint `inside` the system is Ashton, and England all thirteen LSOAs."""
    found = county.apply(
        data(), footprint="inside", by="lsoa", rates=["events/people"], per=1000, compare=["england", "system"]
    )
    near(column(found, "events/people per 1000"), {"a": 10, "b": 10})
    near(column(found, "events/people per 1000 SYSTEM"), {"a": 10, "b": 10})
    near(column(found, "events/people per 1000 ENGLAND"), dict.fromkeys("ab", 157 / 13.9))


def test_groups_have_comparators_of_their_own(apply):
    first, second = data().assign(year=2023), data().assign(year=2024)
    second["events"] *= 2
    both = pd.concat([first, second])
    found = apply(both, rates=["events/people"], per=1000, groups=["year"], compare=["england"])
    england = found.frame.groupby("year")["events/people per 1000 ENGLAND"].unique()
    assert {year: list(value) for year, value in england.items()} == {
        2023: [pytest.approx(157 / 13.9)],
        2024: [pytest.approx(314 / 13.9)],
    }


# --- people of the tables ---------------------------------------------------------------------------------------------


def test_people_of_the_tables_by_name(apply):
    found = apply(data(), rates=["events"], denominator="residents_2021", per=1000)
    near(column(found, "events/residents_2021 per 1000"), {"ashton": 10, "borley": 20, "corley": 7 / 3.9})
    later = apply(data(), rates=["events"], denominator="residents_mid_2022", per=1000)
    near(
        column(later, "events/residents_mid_2022 per 1000") | {"corley": 0},
        {"ashton": 50 / 5.05, "borley": 100 / 5.04, "corley": 0},
    )


def test_patients_of_the_tables(apply):
    """Patients of the LSOAs of 2011 5, 10, 11 and 12 are 400, 700, 700 and 700."""
    some = data({code(5): 8, code(10): 7, code(11): 7, code(12): 7})
    found = apply(some, rates=["events"], denominator="registered_2022_07", per=100)
    near(column(found, "events/registered_2022_07 per 100"), {"ashton": 2, "borley": None, "corley": 1})


def test_people_count_where_the_data_have_a_value(apply):
    """Of Ashton only LSOA 1, with 10 events of 1,000 people, has a value: 10 in 1,000 and not in 5,000.

    Where areas without a row had no events, the 600 people of LSOA 2 still do not count, as its value is held back.
    """
    some = data({code(1): 10, code(6): 40})
    some.loc[2] = [code(2), None, 600]
    found = apply(some, rates=["events"], denominator="residents_2021", per=1000)
    near(column(found, "events/residents_2021 per 1000"), {"ashton": 10, "borley": 20, "corley": None})
    assert any("--absent-is-zero" in note for note in found.notes)
    zero = apply(some, rates=["events"], denominator="residents_2021", per=1000, absent_is_zero=True)
    near(column(zero, "events/residents_2021 per 1000"), {"ashton": 10 / 4.4, "borley": 8, "corley": 0})


def test_rows_over_all_people_of_a_place(apply):
    rows = pd.DataFrame({"lsoa": [code(1)] * 4 + [code(7)]})
    found = apply(rows, rates=["ROWS"], denominator="residents_2021", per=1000, count=True)
    near(column(found, "ROWS/residents_2021 per 1000"), {"ashton": 0.8, "borley": 0.2, "corley": None})
    near(column(found, "ROWS"), {"ashton": 4, "borley": 1, "corley": None})
    near(column(found, "RESIDENT_COVERAGE"), {"ashton": 0.2, "borley": 0.2, "corley": 0})


def test_wards_that_cross_places_are_counted_by_their_people_there(county):
    """Ward 906 has LSOAs 12 and 13; `mixed` places only 12, with 1,000 of its 1,900 people."""
    wards = pd.DataFrame({"ward": ["E05000905", "E05000906"], "events": [20, 19]})
    found = county.apply(wards, footprint="mixed", rates=["events"], denominator="residents_2021", per=1000)
    assert column(found, "events/residents_2021 per 1000")["edge"] == pytest.approx(30 / 3)


def test_practices_are_over_their_patients(county):
    practices = pd.DataFrame({"practice": ["A90001", "A90003", "A90004"], "events": [20, 5, 10]})
    found = county.apply(practices, rates=["events"], denominator="registered_2022_07", per=100)
    patients = {
        practice: sum(counts[number] for counts in toy_county.PATIENTS.values())
        for number, practice in enumerate(toy_county.PRACTICES)
    }
    east = 25 / (patients["A90001"] + patients["A90003"]) * 100
    near(column(found, "events/registered_2022_07 per 100"), {"east": east, "west": 10 / patients["A90004"] * 100})
    lists = county.apply(practices, rates=["events"], denominator="list_size_2020_21", per=100)
    near(column(lists, "events/list_size_2020_21 per 100"), {"east": 2500 / 2550, "west": 0.25})
    with pytest.raises(PlacemapError, match="counts residents, and practices have patients"):
        county.apply(practices, rates=["events"], denominator="residents_2021", per=100)


# --- standardised -----------------------------------------------------------------------------------------------------


def by_age(**events):
    """LSOA 1 of Ashton, 6 of Borley and 10 of Corley, by age: people 100 under 65 and 50 from 65 on."""
    rows = [
        (code({"ashton": 1, "borley": 6, "corley": 10}[place]), age, count, people)
        for place, counts in events.items()
        for age, count, people in zip(("0-64", "65+"), counts, (100, 50), strict=True)
    ]
    return pd.DataFrame(rows, columns=["lsoa", "age", "events", "people"])


def test_directly_standardised_by_hand(apply):
    """The standard has 80,500 of 100,000 people under 65. Ashton: 0.805 × 10 ÷ 100 + 0.195 × 20 ÷ 50 = 0.1585."""
    found = apply(by_age(ashton=(10, 20), borley=(4, 5), corley=(0, 10)), rates=["events/people"], age="age", per=1000)
    title = "events/people DSR per 1000"
    near(column(found, title), {"ashton": 158.5, "borley": None, "corley": 39})
    low, high = byar(30)
    spread = math.sqrt(10 * (0.805 / 100) ** 2 + 20 * (0.195 / 50) ** 2) / math.sqrt(30)
    assert column(found, f"{title} LCI")["ashton"] == pytest.approx(158.5 + 1000 * spread * (low - 30))
    assert column(found, f"{title} UCI")["ashton"] == pytest.approx(158.5 + 1000 * spread * (high - 30))
    near(column(found, "events/people per 1000"), {"ashton": 200, "borley": 60, "corley": 200 / 3})
    assert "`events/people DSR per 1000` is blank in 1 row with fewer than 10 events" in found.notes


def test_without_per_standardised_rates_are_for_100_000(apply):
    found = apply(by_age(ashton=(10, 20)), rates=["events/people"], age="age")
    near(column(found, "events/people DSR per 100000"), {"ashton": 15_850, "borley": None, "corley": None})
    assert "events/people per 100000" not in found.frame


def test_an_age_without_people_leaves_the_place_blank(apply):
    rows = by_age(ashton=(10, 20), borley=(12, 9))
    found = apply(rows[:-1], rates=["events/people"], age="age")
    near(column(found, "events/people DSR per 100000"), {"ashton": 15_850, "borley": None, "corley": None})
    assert any("blank in 1 row without people in one of the age bands" in note for note in found.notes)


def test_ratios_by_hand(apply):
    """The system has 22 events of 300 people under 65 and 35 of 150 older ones; at these rates Ashton has 19 events."""
    rows = by_age(ashton=(10, 20), borley=(12, 5), corley=(0, 10))
    found = apply(rows, rates=["events/people"], age="age", indirect="system", compare=["system"])
    expected = 22 / 3 + 35 / 3
    near(column(found, "events/people ISR EXPECTED"), dict.fromkeys(PLACES, expected))
    near(
        column(found, "events/people ISR"),
        {"ashton": 3000 / expected, "borley": 1700 / expected, "corley": 1000 / expected},
    )
    near(column(found, "events/people ISR SYSTEM"), dict.fromkeys(PLACES, 100))
    assert column(found, "events/people ISR LCI")["ashton"] == pytest.approx(100 * byar(30)[0] / expected)
    assert column(found, "events/people ISR VS SYSTEM") == {
        "ashton": "higher than the system",
        "borley": "similar to the system",
        "corley": "lower than the system",
    }
    assert sum(column(found, "events/people ISR EXPECTED").values()) == pytest.approx(57)


def test_ages_do_not_change_what_is_added_up(apply):
    rows = by_age(ashton=(10, 20), borley=(12, 5), corley=(0, 10))
    plain = apply(rows, sums=["events"], rates=["events/people"], means=["people"], count=True)
    with_ages = apply(rows, sums=["events"], rates=["events/people"], means=["people"], count=True, age="age")
    assert with_ages.frame[list(plain.frame)].equals(plain.frame)
    assert with_ages.reconciliations == plain.reconciliations


def test_rows_without_an_age_are_said(apply):
    rows = pd.concat(
        [by_age(ashton=(10, 20)), pd.DataFrame([(code(1), "?", 5, 9)], columns=["lsoa", "age", "events", "people"])]
    )
    with pytest.raises(PlacemapError, match=r"no age band: `\?` ×1"):
        apply(rows, rates=["events/people"], age="age")
    found = apply(rows, rates=["events/people"], age="age", blanks=["?"])
    near(column(found, "events/people DSR per 100000"), {"ashton": 15_850, "borley": None, "corley": None})
    near(column(found, "events/people"), {"ashton": 35 / 159, "borley": None, "corley": None})
    assert "no age in 1 row; they are not in the standardised figures" in found.notes


# --- thin coverage ----------------------------------------------------------------------------------------------------


def test_what_is_covered_too_thinly_is_blank_and_said(apply):
    """Of Ashton's 5,000 people LSOA 1 has 1,000; of Borley's 5,000 LSOAs 6 and 8 have 3,500; Corley has none."""
    some = data({code(1): 10, code(6): 40, code(8): 30})
    found = apply(
        some, sums=["events"], rates=["events/people"], count=True, per=1000, compare=["system"], min_coverage=0.5
    )
    assert column(found, "events").keys() == PLACES.keys()
    near(column(found, "events"), {"ashton": None, "borley": 70, "corley": None})
    near(column(found, "ROWS"), {"ashton": None, "borley": 2, "corley": None})
    near(column(found, "events/people per 1000"), {"ashton": None, "borley": 20, "corley": None})
    near(column(found, "events/people per 1000 UCI"), {"ashton": None, "borley": byar(70)[1] / 3.5, "corley": None})
    words = column(found, "events/people per 1000 VS SYSTEM")
    assert words == {"ashton": "", "borley": "similar to the system", "corley": ""}
    near(column(found, "RESIDENT_COVERAGE"), {"ashton": 0.2, "borley": 0.7, "corley": 0})
    (account,) = found.reconciliations
    assert [(one.name, one.measure, one.coverage, one.value) for one in account.blanked if one.measure == "events"] == [
        ("Ashton", "events", pytest.approx(0.2), 10)
    ]
    assert account.placed().totals[0] == 80 == 70 + sum(one.value for one in account.blanked if one.measure == "events")


def test_each_measure_has_a_coverage_of_its_own(apply):
    some = data({code(n): 5 for n in range(1, 14)}).astype({"people": "float64"})
    some.loc[1:4, "people"] = None
    found = apply(some, sums=["events", "people"], min_coverage=0.5)
    near(column(found, "events"), {"ashton": 25, "borley": 20, "corley": 20})
    near(column(found, "people"), {"ashton": None, "borley": 5000, "corley": 3900})


def test_nothing_is_blank_where_all_is_covered(apply):
    every = apply(data(), sums=["events"], rates=["events/people"], per=1000)
    assert apply(data(), sums=["events"], rates=["events/people"], per=1000, min_coverage=1.0).frame.equals(every.frame)


# --- a loop over dicts ------------------------------------------------------------------------------------------------

AGES = ("0-14", "15-64", "65+")
#: Of the 2013 European Standard Population: 16,000, 64,500 and 19,500 of 100,000.
WEIGHTS = (0.16, 0.645, 0.195)


@settings(max_examples=15)
@given(
    st.dictionaries(
        st.tuples(st.sampled_from(LSOAS), st.sampled_from(AGES)),
        st.tuples(st.integers(0, 60), st.integers(1, 2000)),
        min_size=1,
        max_size=39,
    ),
    st.sampled_from([0.0, 0.4, 0.9]),
)
@example({(lsoa, age): (5, 100) for lsoa in LSOAS for age in AGES}, 0.4)
def test_a_loop_over_dicts_agrees(county, counts, least):
    rows = [(lsoa, age, *count) for (lsoa, age), count in counts.items()]
    table = pd.DataFrame(rows, columns=["lsoa", "age", "events", "people"])
    ages = sorted({age for _, age in counts}, key=AGES.index)
    options = {"indirect": "system"} if ages == ["0-14", "65+"] else {}
    found = county.apply(
        table, footprint="councils", by="lsoa", sums=["events"], rates=["events/people"], per=1000, age="age",
        min_coverage=least, **options,
    )  # fmt: skip
    shown = {key: column(found, key) for key in found.frame if key.startswith("events")}
    for place, numbers in PLACES.items():
        mine = {key: count for key, count in counts.items() if key[0] in {code(n) for n in numbers}}
        events, people = sum(count for count, _ in mine.values()), sum(count for _, count in mine.values())
        covered = sum(RESIDENTS[lsoa] for lsoa in {lsoa for lsoa, _ in mine}) / sum(RESIDENTS[code(n)] for n in numbers)
        crude = events / people if mine and covered >= least else math.nan
        assert shown["events"][place] == pytest.approx(events if crude == crude else math.nan, nan_ok=True)
        assert shown["events/people"][place] == pytest.approx(crude, nan_ok=True)
        assert shown["events/people per 1000"][place] == pytest.approx(crude * 1000, nan_ok=True)
        if not options:
            direct = _direct(mine, ages) if crude == crude and events >= 10 else math.nan
            assert shown["events/people DSR per 1000"][place] == pytest.approx(direct, nan_ok=True)
    (account,) = found.reconciliations
    kept = math.fsum(value for value in shown["events"].values() if value == value)
    held = math.fsum(one.value for one in account.blanked if one.measure == "events")
    assert kept + held == account.placed().totals[0] == sum(count for count, _ in counts.values())


def _direct(mine, ages):
    total = rate = 0.0
    for age in ages:
        band = [count for (_, of), count in mine.items() if of == age]
        weight = WEIGHTS[AGES.index(age)]
        people = sum(count for _, count in band)
        rate += weight * sum(count for count, _ in band) / people if people else math.nan
        total += weight
    return rate / total * 1000


# --- the command ------------------------------------------------------------------------------------------------------


@pytest.fixture
def command(cli, tmp_path):
    """`apply` on the toy county's data."""
    (tmp_path / "toyshire.yaml").write_text(toy_county.CONFIG, encoding="utf-8")
    data().to_csv(tmp_path / "t.csv", index=False)

    def run(*options, table="t.csv"):
        return cli("apply", tmp_path / table, "--system", tmp_path / "toyshire.yaml", "-f", "councils", *options)

    return run


def test_files_of_all_kinds_have_the_same_figures(command, tmp_path):
    data().to_parquet(tmp_path / "t.parquet")
    book = openpyxl.Workbook()
    for row in [list(data().columns), *data().to_numpy(dtype=object).tolist()]:
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    options = ("--rate", "events/people", "--per", "1000", "--compare", "england", "--confidence", "99.8")
    texts = []
    for table in ("t.csv", "t.parquet", "t.xlsx"):
        result = command(*options, "--out", tmp_path / f"{table}.out.csv", table=table)
        assert result.code == 0, result.err
        texts.append((tmp_path / f"{table}.out.csv").read_text(encoding="utf-8"))
    assert texts[0] == texts[1] == texts[2]
    rows = {row["PLACENM"]: row for row in csv.DictReader(texts[0].splitlines())}
    assert rows["Borley"]["events/people per 1000 VS ENGLAND"] == "higher than England"
    assert float(rows["Ashton"]["events/people per 1000"]) == 10
    command(*options, "--out", tmp_path / "out.parquet")
    stored = duckdb.sql(f"SELECT * FROM '{tmp_path / 'out.parquet'}' ORDER BY PLACECD").df()
    assert stored["events/people per 1000 VS ENGLAND"].tolist()[1] == "higher than England"
    assert stored["events/people per 1000"].tolist()[0] == pytest.approx(10)


def test_a_row_a_measure_has_limits_beside_its_value(command, tmp_path):
    options = ("--sum", "events", "--rate", "events/people", "--per", "1000", "--compare", "system", "--long")
    result = command(*options, "--out", tmp_path / "out.csv")
    assert result.code == 0, result.err
    rows = list(csv.DictReader((tmp_path / "out.csv").read_text(encoding="utf-8").splitlines()))
    assert list(rows[0])[4:] == [
        *("MEASURE", "VALUE", "LCI", "UCI", "SYSTEM", "VS SYSTEM"),
        *("UNIT_COVERAGE", "RESIDENT_COVERAGE", "PATIENT_COVERAGE"),
    ]
    borley = {row["MEASURE"]: row for row in rows if row["PLACENM"] == "Borley"}
    assert (borley["events"]["VALUE"], borley["events"]["LCI"], borley["events"]["VS SYSTEM"]) == ("100.000000", "", "")
    rate = borley["events/people per 1000"]
    assert (float(rate["VALUE"]), rate["VS SYSTEM"]) == (20, "higher than the system")


def test_a_share_just_below_what_is_asked_for_does_not_read_as_enough(command, tmp_path):
    """3,000 of 3,900 people are 76.9%."""
    data({code(10): 10, code(11): 40, code(12): 4}).to_csv(tmp_path / "some.csv", index=False)
    result = command("--sum", "events", "--min-coverage", "0.77", "--max-loss", "100", table="some.csv")
    assert "`events` of Corley (76% covered), as --min-coverage asks" in result.err


def test_json_and_the_reconciliation_say_what_is_left_blank(command, tmp_path):
    data({code(1): 10, code(6): 40, code(8): 30}).to_csv(tmp_path / "some.csv", index=False)
    options = ("--sum", "events", "--min-coverage", "0.5", "--reconciliation", tmp_path / "r.csv")
    result = command(*options, "--json", table="some.csv")
    found = json.loads(result.out)
    assert found["reconciliations"][0]["left_blank"] == [
        {"place": "toyshire/councils/ashton", "group": "", "measure": "events", "coverage": 0.2}
    ]
    assert [place["events"] for place in found["places"]] == [None, 70, None]
    assert "left blank, toyshire councils: `events` of Ashton (20% covered), as --min-coverage asks" in result.err
    rows = list(csv.DictReader((tmp_path / "r.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["OUTCOME"], row["MEASURE"], float(row["TOTAL"])) for row in rows if "blank" in row["OUTCOME"]] == [
        ("left blank: toyshire/councils/ashton", "events", 10)
    ]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--rate", "events/people", "--compare", "england"), "add --per 100000"),
        (("--rate", "events/people", "--interval", "wilson"), "add --per 100000"),
        (("--rate", "events/people", "--per", "0"), "for 0 people"),
        (("--rate", "events/people", "--per", "-5"), "for -5 people"),
        (("--rate", "events/people", "--per", "nan"), "for nan people"),
        (("--rate", "events/people", "--per", "1000", "--confidence", "90"), "95 and 99.8 are"),
        (("--rate", "events/people", "--per", "1000", "--compare", "wales"), "`wales`"),
        (("--rate", "events/people", "--per", "1000", "--compare", "31,5"), "`31,5`"),
        (("--rate", "events/people", "--per", "1000", "--compare", "3_1"), "`3_1`"),
        (("--rate", "events/people", "--indirect", "system"), "name their column with --age"),
        (("--rate", "events/people", "--age", "years"), "no column `years`"),
        (("--rate", "events/people", "--age", "lsoa"), "column of codes"),
        (("--rate", "events/people", "--age", "people"), "cannot be two things"),
        (("--rate", "events", "--denominator", "residents_2021", "--age", "people"), "not counted by age"),
        (("--sum", "events", "--denominator", "residents_2021"), "no rate is asked for"),
        (("--rate", "events", "--denominator", "residents_1801"), "no measure `residents_1801`"),
        (("--rate", "events", "--denominator", "list_size_2020_21"), "counted by practice"),
        (
            (
                "--rate",
                "events/residents_2021",
            ),
            "--denominator residents_2021",
        ),
        (
            (
                "--rate",
                "events",
            ),
            "--rate NUMERATOR/DENOMINATOR",
        ),
        (("--rate", "people/events", "--per", "1", "--interval", "wilson"), "no proportion: 5,000 of 50 in Ashton"),
        (("--sum", "events", "--min-coverage", "80"), "80 is no share"),
        (("--sum", "events", "--absent-is-zero"), "name it with --denominator"),
        (("--rate", "events/people", "--per", "1000", "--sql"), "the queries of --sql"),
        (("--sum", "events", "--min-coverage", "0.5", "--sql"), "the queries of --sql"),
        (("--sum", "events", "--min-coverage", "0.5", "--join", "--out", "x.csv"), "--join writes rows of the data"),
        (("--sum", "events", "--per", "1000"), "no rate is asked for"),
        (("--rate", "events/people", "--per", "1000", "--group", "LCI", "--long"), "no column `LCI`"),
    ],
)
def test_what_cannot_be_is_refused_with_the_next_step(command, options, message):
    result = command(*options)
    assert result.code in (2, 3), result.out
    assert message in result.err.replace("\n  ", " ")
    assert result.out == ""


def test_negative_events_are_refused(apply):
    with pytest.raises(PlacemapError, match="negative numbers"):
        apply(data({code(1): -7, code(6): 3}), rates=["events/people"], per=1000)


@pytest.mark.parametrize("option", [{"per": "100"}, {"per": True}, {"confidence": "95"}, {"compare": "england"}])
def test_options_of_another_type_are_refused(apply, option):
    with pytest.raises(PlacemapError, match="expected a list of"):
        apply(data(), rates=["events/people"], **{"per": 1000, **option})
