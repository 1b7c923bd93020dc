"""The recipes go from files in the real layouts to tables by place, and those have the figures that a few sums by hand give."""

from __future__ import annotations

import csv
import math

import published_tables
import pytest

import placemap
from conftest import PACKAGED


@pytest.fixture(scope="module")
def bnssg():
    return placemap.load("bnssg", data=PACKAGED)


@pytest.fixture(scope="module")
def wards(bnssg):
    """Wards of Bristol: code, name."""
    table = bnssg.crosswalk("ward", footprint="local-authorities")
    table = table[table["PLACECD"] == "bnssg/local-authorities/bristol"]
    return sorted(zip(table["WD24CD"], table["WD24NM"], strict=True))


@pytest.fixture(scope="module")
def lsoas(bnssg):
    """LSOAs of the system: code, name, place, residents."""
    table = bnssg.crosswalk("lsoa21")
    return sorted(zip(*(table[name] for name in ("LSOA21CD", "LSOA21NM", "PLACENM", "RESIDENTS")), strict=True))


@pytest.fixture
def folder(shell, wards, lsoas):
    """The folder of the reader, with the three files."""
    files = {
        "wards.csv": published_tables.ward_table(wards),
        "nomis.csv": published_tables.nomis_table([(code, name) for code, name, *_ in lsoas]),
        "fingertips.csv": published_tables.fingertips_table(),
    }
    for name, text in files.items():
        (shell.folder / name).write_text(text, encoding="utf-8", newline="")
    return shell.folder


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def byar(events, people, per):
    """Rate with limits of the 95% interval, by Byar's formula as textbooks have it."""
    z = 1.959963984540054
    lower = events * (1 - 1 / (9 * events) - z / (3 * math.sqrt(events))) ** 3
    more = events + 1
    upper = more * (1 - 1 / (9 * more) + z / (3 * math.sqrt(more))) ** 3
    return [value / people * per for value in (events, lower, upper)]


def test_the_layouts_that_the_page_shows_are_those_of_the_files(page, folder):
    shown = [block.text for block in page("docs/commands/recipes.md").blocks if block.language == "csv"]
    assert len(shown) == 3
    for text, name in zip(shown, ("wards.csv", "nomis.csv", "fingertips.csv"), strict=True):
        lines = (folder / name).read_text(encoding="utf-8").splitlines()
        places = [lines.index(line) for line in text.splitlines() if line not in ("", "…")]
        assert places == sorted(places)


def test_the_page_does_what_it_says_and_its_tables_have_the_right_figures(page, run_page, folder, bnssg, wards, lsoas):
    ran, wrong = run_page(page("docs/commands/recipes.md"))
    assert (ran, wrong) == (5, [])
    check_wards(read(folder / "low-income-by-place.csv"), bnssg, wards)
    check_claimants(read(folder / "claimants-by-place.csv"), lsoas)
    check_admissions(read(folder / "admissions-by-place.csv"))
    check_published(read(folder / "claimants-to-publish.csv"), lsoas)
    assert (folder / "claimants-to-publish-held-back.csv").is_file()


def test_a_total_with_a_code_of_its_own_changes_no_figure(run, tmp_path, bnssg, wards):
    text = published_tables.ward_table(wards, code="E06000023")
    (tmp_path / "wards.csv").write_text(text, encoding="utf-8", newline="")
    asked = ("wards.csv", "--system", "bnssg", "--rate", "Low income/Children", "--per", "1000", "--blank", "*")
    found = run("apply", *asked, "--out", "by-place.csv", "--min-coverage", "0.8")
    assert found.code == 0, found.err
    assert "totals of wider areas, left out: LTLAs (1 row), such as E06000023" in found.err
    check_wards(read(tmp_path / "by-place.csv"), bnssg, wards)


def check_wards(found, bnssg, wards):
    """A ward's children go to each place by the share of its residents; a held-back ward goes nowhere."""
    counted = {code: (count, people) for code, _, count, people in published_tables.ward_rows(wards) if count != "*"}
    assert len(counted) < len(wards)
    shares = bnssg.crosswalk("ward")
    sums = {}
    for place, code, share in zip(*(shares[c] for c in ("PLACENM", "WD24CD", "UNIT_RESIDENT_SHARE")), strict=True):
        count, people = counted.get(code, (0, 0))
        events, all_people = sums.get(place, (0, 0))
        sums[place] = events + count * share, all_people + people * share
    title = "Low income/Children per 1000"
    given = {row["PLACENM"]: [row[title], row[f"{title} LCI"], row[f"{title} UCI"]] for row in found}
    assert len(given) == 6
    blank = {place for place, cells in given.items() if cells == ["", "", ""]}
    assert blank == {"South Gloucestershire", "Weston, Worle and Villages", "Woodspring"}
    for place in given.keys() - blank:
        assert [float(cell) for cell in given[place]] == pytest.approx(byar(*sums[place], 1000), abs=1e-5)


def check_claimants(found, lsoas):
    sums = {}
    for code, _, place, residents in lsoas:
        events, people = sums.get(place, (0, 0))
        sums[place] = events + published_tables.count_of(code), people + residents
    title = "Age 16+/residents_2021 per 1000"
    given = {row["PLACENM"]: [float(row[name]) for name in (title, f"{title} LCI", f"{title} UCI")] for row in found}
    assert given.keys() == sums.keys()
    assert all(given[place] == pytest.approx(byar(*sums[place], 1000), abs=1e-5) for place in sums)
    whole = sum(events for events, _ in sums.values()) / sum(people for _, people in sums.values()) * 1000
    assert all(float(row[f"{title} SYSTEM"]) == pytest.approx(whole, abs=1e-5) for row in found)
    for row in found:
        lower, upper = given[row["PLACENM"]][1:]
        expected = "higher than" if lower > whole else "lower than" if upper < whole else "similar to"
        assert row[f"{title} VS SYSTEM"] == f"{expected} the system"


def check_published(found, lsoas):
    """Counts to the nearest 5 of what they are."""
    sums = {}
    for code, _, place, _ in lsoas:
        sums[place] = sums.get(place, 0) + published_tables.count_of(code)
    assert {row["PLACENM"] for row in found} == sums.keys()
    for row in found:
        assert row["Age 16+"].isdigit()
        assert int(row["Age 16+"]) % 5 == 0
        assert abs(int(row["Age 16+"]) - sums[row["PLACENM"]]) <= 2.5


def check_admissions(found):
    """Each place is one council, so that its figures are those of the file."""
    rows = {
        (name, period): (events, people)
        for _, name, kind, sex, period, events, people in published_tables.fingertips_rows()
        if kind == published_tables.DISTRICTS and sex == "Persons" and name != "Cheltenham"
    }
    given = {
        (row["PLACENM"], row["Time period"]): [float(row[name]) for name in ("rate", "lower", "upper")] for row in found
    }
    assert given.keys() == rows.keys()
    assert len(found) == len(rows) == 6
    assert all(given[key] == pytest.approx(byar(*rows[key], 100_000), abs=1e-5) for key in rows)
