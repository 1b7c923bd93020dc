"""Imported figures by place, on the toy county: what is taken, what is refused, and figures worked out on paper.

East has LSOAs 1, 5, 6, 8 and 9 with 1,000 + 800 + 2,000 + 1,500 + 500 = 5,800 residents, West the other seven of the
system with 7,200; LSOA 13 (900) lies outside (see tests/golden/README.md).
"""

from __future__ import annotations

import csv
import json
import re

import pytest
import toy_county
from openpyxl import load_workbook
from typer.testing import CliRunner

from placemap.cli import app

SAID = ("--title", "Toy index", "--publisher", "Toy Office", "--licence", "OGL", "--vintage", "2025")
EAST = (1, 5, 6, 8, 9)


def _csv(path, head, rows):
    path.write_text("\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n", encoding="utf-8")
    return path


def _index(path, lsoas=range(1, 14)):
    """Score n / 2, rank n and decile of LSOA n, and a tenth of its residents aged 65 and over."""
    head = "LSOA code (2021),LSOA name (2021),Index Score,Index Rank (1 is worst),Index Decile,All people,Aged 65+"
    people = list(toy_county.RESIDENTS.values())
    rows = [
        (toy_county.LSOAS[n - 1], f"Toy {n}", n / 2, n, -(-n * 10 // 13), people[n - 1], people[n - 1] // 10)
        for n in lsoas
    ]
    return _csv(path, head, rows)


@pytest.fixture
def taken(cli, own_store, tmp_path):
    """Import a file as measure:index into a store of the test's own, and show it; gives rows by figure and name."""

    def take(file, *options, footprint="localities"):
        done = cli("data", "import", file, "--as", "measure:index", "--to", own_store, *SAID, *options)
        assert done.code == 0, done.err
        out = tmp_path / "profile.csv"
        shown = cli("profile", "toyshire", "-f", footprint, "--data", own_store, "--out", out)
        assert shown.code == 0, shown.err
        with out.open(encoding="utf-8") as lines:
            return {(row["FIGURE"], row["PLACENM"]): row for row in csv.DictReader(lines)}

    return take


def _floats(row, *names):
    return [float(row[name]) for name in names]


@pytest.mark.parametrize(
    ("head", "name"), [("Index of Multiple Deprivation (IMD) Score", "imd"), ("Some score", "NAME")]
)
def test_a_table_of_figures_that_is_no_official_file_is_told_its_way(cli, own_store, tmp_path, head, name):
    file = _csv(tmp_path / "f.csv", f"LSOA code (2021),{head}", [(code, 1.5) for code in toy_county.LSOAS])
    refused = cli("data", "import", file, "--to", own_store)
    assert (refused.code, f"with --as measure:{name}" in refused.err) == (3, True)
    other = _csv(tmp_path / "g.csv", f"name,{head}", [("Ashton", 1.5)])
    assert "--as measure" not in cli("data", "import", other, "--to", own_store).err


# --- figures ---


def test_scores_are_means_by_residents(taken, tmp_path):
    rows = taken(_index(tmp_path / "index.csv"))
    east = (0.5 * 1000 + 2.5 * 800 + 3 * 2000 + 4 * 1500 + 4.5 * 500) / 5800
    west = (1 * 600 + 1.5 * 1400 + 2 * 1200 + 3.5 * 1000 + 5 * 1000 + 5.5 * 1000 + 6 * 1000) / 7200
    assert float(rows["Index Score", "East"]["VALUE"]) == pytest.approx(east, abs=1e-6)
    assert float(rows["Index Score", "West"]["VALUE"]) == pytest.approx(west, abs=1e-6)
    together = (east * 5800 + west * 7200) / 13000
    assert float(rows["Index Score", "Toyshire"]["VALUE"]) == pytest.approx(together, abs=1e-6)
    assert float(rows["Index Score", "England"]["VALUE"]) == pytest.approx((together * 13000 + 6.5 * 900) / 13900)
    assert rows["Index Score", "East"]["LCI"] == ""
    assert rows["Index Score", "East"]["UNITS_Q1"] == ""


def test_deciles_are_counted_by_national_fifths(taken, tmp_path):
    rows = taken(_index(tmp_path / "index.csv"))
    east, england = rows["Index Decile", "East"], rows["Index Decile", "England"]
    # Deciles of LSOAs 1, 5, 6, 8, 9 are 1, 4, 5, 7, 7: fifths 1, 2, 3, 4, 4.
    assert _floats(east, *(f"UNITS_Q{n}" for n in range(1, 6))) == [1, 1, 1, 2, 0]
    assert _floats(east, *(f"PEOPLE_Q{n}" for n in range(1, 6))) == [1000, 800, 2000, 2000, 0]
    assert sum(_floats(england, *(f"PEOPLE_Q{n}" for n in range(1, 6)))) == 13900
    assert east["VALUE"] == ""
    assert ("Index Rank (1 is worst)", "East") not in rows


def test_ranks_without_deciles_give_the_fifths(taken, tmp_path):
    rows = taken(_index(tmp_path / "index.csv"), "--column", "Index Rank")
    # Fifths of 13: ranks up to 2.6, 5.2, 7.8, 10.4 and 13.
    east = rows["Index Rank (1 is worst)", "East"]
    assert _floats(east, *(f"UNITS_Q{n}" for n in range(1, 6))) == [1, 1, 1, 2, 0]


def test_ranks_of_a_part_of_the_country_tell_no_fifth(cli, own_store, tmp_path):
    file = _index(tmp_path / "index.csv", range(5, 14))
    command = ("data", "import", file, "--as", "measure:index", "--to", own_store, *SAID, "--column", "Index R")
    assert cli(*command).code == 0
    shown = cli("profile", "toyshire", "--data", own_store)
    assert "`Index Rank (1 is worst)` is left out: only some of the ranked units are there" in shown.err


def test_counts_are_sums_with_limits_by_byar(taken, tmp_path):
    rows = taken(_csv(tmp_path / "events.csv", "LSOA21CD,Events", [(toy_county.LSOAS[0], 7)]))
    east = rows["Events", "East"]
    # Byar for 7: 2.80 to 14.42.
    assert _floats(east, "VALUE", "LCI", "UCI") == pytest.approx([7, 2.80, 14.42], abs=0.005)
    assert _floats(east, "UNIT_COVERAGE", "RESIDENT_COVERAGE") == pytest.approx([1 / 5, 1000 / 5800], abs=1e-6)
    assert rows["Events", "West"]["VALUE"] == ""
    assert float(rows["Events", "West"]["UNIT_COVERAGE"]) == 0
    assert ("Events", "England") not in rows


def test_proportions_are_sums_divided_with_limits_by_wilson(taken, tmp_path):
    people = [(toy_county.LSOAS[n - 1], 40, {1: 5}.get(n, 0)) for n in EAST]
    rows = taken(_csv(tmp_path / "ill.csv", "LSOA21CD,All,Ill", people), "--over", "All")
    # 5 of 200: Wilson (1927) gives 0.0107 to 0.0572.
    assert _floats(rows["Ill", "East"], "VALUE", "LCI", "UCI") == pytest.approx([0.025, 0.0107, 0.0572], abs=5e-5)
    assert rows["Ill", "East"]["KIND"] == "proportion"
    assert rows["All", "East"]["KIND"] == "count"


def test_percentages_become_counts_of_their_whole(taken, tmp_path):
    rows = [(toy_county.LSOAS[0], "10%", 100), (toy_county.LSOAS[4], "50", 300), (toy_county.LSOAS[5], "", 900)]
    found = taken(_csv(tmp_path / "some.csv", "LSOA21CD,% ill,All", rows), "--column", "% ill=percentage/All")
    assert float(found["% ill", "East"]["VALUE"]) == pytest.approx((10 + 150) / 400)


def test_figures_by_lsoas_of_2011_are_shared_out(taken, tmp_path):
    rows = [("E01000091", 100, 3), ("E01000092", 10, 10), ("E01000093", 20, 20)]
    file = _csv(tmp_path / "old.csv", "LSOA11CD,Events,A score", rows)
    centre = taken(file, footprint="mixed")
    # Centre has LSOA 3, 70% of the one that was split; LSOA 6, with it, has 1,200 and 800 people of its two parents.
    assert float(centre["Events", "Centre"]["VALUE"]) == pytest.approx(70 + 30)
    mean = (1400 * 3 + 1200 * 10 + 800 * 20) / (1400 + 2000)
    assert float(centre["A score", "Centre"]["VALUE"]) == pytest.approx(mean, abs=1e-6)


def test_practices_count_where_they_are_declared_or_where_patients_live(taken, tmp_path):
    sizes = {
        "A90001": (2000, 200),
        "A90002": (400, 20),
        "A90003": (550, 55),
        "A90004": (4000, 100),
        "A90006": (400, 44),
    }
    rows = [(code, *figures) for code, figures in sizes.items()]
    file = _csv(tmp_path / "qof.csv", "Practice code,List size,Asthma", rows)
    east = taken(file, "--over", "List size")["Asthma", "East"]
    assert float(east["VALUE"]) == pytest.approx((200 + 20 + 55) / (2000 + 400 + 550), abs=1e-6)
    assert east["RESIDENT_COVERAGE"] == ""
    assert float(east["PATIENT_COVERAGE"]) == 1
    assert ("Asthma", "Ashton") in taken(file, "--over", "List size", footprint="councils")


# --- shown and kept ---


def test_each_row_says_its_source(taken, tmp_path):
    row = taken(_index(tmp_path / "index.csv"))["Index Score", "East"]
    said = [row[name] for name in ("LEVEL", "PLACECD", "MEASURE", "VINTAGE", "SOURCE", "LICENCE")]
    source = ["2025", "Toy Office, Toy index", "Open Government Licence v3.0"]
    assert said == ["place", "toyshire/localities/east", "index", *source]


def test_json_has_the_rows_of_the_file(cli, taken, own_store, tmp_path):
    rows = taken(_index(tmp_path / "index.csv"))
    found = json.loads(cli("profile", "toyshire", "--data", own_store, "--json").out)
    assert len(found["rows"]) == len(rows)
    assert found["rows"][0]["VALUE"] == pytest.approx(float(next(iter(rows.values()))["VALUE"]))


def test_the_workbook_has_figures_and_sources(cli, taken, own_store, tmp_path):
    rows = taken(_index(tmp_path / "index.csv"))
    out = tmp_path / "profile.xlsx"
    assert cli("profile", "toyshire", "--data", own_store, "--out", out).code == 0
    book = load_workbook(out)
    assert book.sheetnames == ["Profile", "Sources", "Data dictionary"]
    assert book["Profile"].max_row == len(rows) + 1
    assert "Toy Office, Toy index" in [cell.value for cell in book["Sources"]["B"]]


def test_the_newest_vintage_is_shown_and_both_are_kept(cli, taken, own_store, tmp_path):
    taken(_index(tmp_path / "index.csv"), "--column", "Index Score")
    file = _csv(tmp_path / "new.csv", "LSOA21CD,Index Score", [(code, 99) for code in toy_county.LSOAS])
    assert cli("data", "import", file, "--as", "measure:index", "--to", own_store, *SAID[:-1], "2026-04").code == 0
    assert "99" in cli("profile", "toyshire", "--data", own_store).out
    status = json.loads(cli("data", "status", "--data", own_store, "--json").out)
    kept = {table["name"]: table["used"] for table in status["tables"] if table["name"].startswith("profile")}
    assert kept == dict.fromkeys(("profile_index-2025", "profile_index-2026-04"), "by `placemap profile`")


def test_verify_reads_the_table_and_finds_strange_codes(cli, own_store, tmp_path):
    file = _csv(tmp_path / "odd.csv", "LSOA21CD,Events", [(toy_county.LSOAS[0], 1), ("E01099999", 2)])
    assert cli("data", "import", file, "--as", "measure:odd", "--to", own_store, *SAID).code == 0
    found = json.loads(cli("data", "verify", "--data", own_store, "--json").out)["findings"]
    ours = [item["code"] for item in found if item["subject"] == "profile_odd-2025"]
    assert ours == ["foreign-lsoas"]
    assert "1 of 2 LSOAs are not in the reference tables" in cli("profile", "toyshire", "--data", own_store).err


def test_without_figures_the_next_step_is_said(cli):
    done = cli("profile", "toyshire")
    assert done.code == 3
    assert "--as measure:NAME" in done.err


def test_a_name_that_is_not_there_is_suggested(cli, taken, own_store, tmp_path):
    taken(_index(tmp_path / "index.csv"))
    done = cli("profile", "toyshire", "--data", own_store, "--only", "indx")
    assert done.code == 3
    assert "did you mean `index`?" in done.err


# --- what is refused ---

REFUSED = {
    "a code twice": ("LSOA21CD,Events\nE01000001,1\nE01000001,2\n", (), 3, "1 row repeats a code, first E01000001"),
    "a decile of 11": ("LSOA21CD,A decile\nE01000001,11\n", (), 3, "`A decile` is 11 for E01000001"),
    "half a rank": ("LSOA21CD,A rank\nE01000001,1.5\n", (), 3, "which is no rank"),
    "a negative count": ("LSOA21CD,n\nE01000001,-3\n", ("--column", "n=count"), 3, "which is no count"),
    "a part over its whole": ("LSOA21CD,all,n\nE01000001,3,4\n", ("--over", "all"), 3, "more than `all` there"),
    "fractions of what": ("LSOA21CD,n\nE01000001,0.5\n", (), 2, "nothing says whether these are counts"),
    "a rate without a word": ("LSOA21CD,Birth rate\nE01000001,5\n", (), 2, "nothing says whether these are counts"),
    "a proportion of what": ("LSOA21CD,n\nE01000001,5\n", ("--column", "n=proportion"), 2, "nothing says of what"),
    "a kind that is none": ("LSOA21CD,n\nE01000001,5\n", ("--column", "n=sum"), 2, "`sum` is no kind of figure"),
    "two kinds at once": (
        "LSOA21CD,n\nE01000001,5\n",
        ("--column", "n=count", "--column", "n=score"),
        2,
        "column `n` is asked for twice",
    ),
    "no such column": ("LSOA21CD,n\nE01000001,5\n", ("--column", "m"), 2, "there is no column `m`"),
    "held back": ("LSOA21CD,n\nE01000001,5\nE01000002,*\n", (), 2, "--blank '*'"),
    "two columns of codes": ("LSOA21CD,LSOA11CD,n\nE01000001,E01000001,5\n", (), 2, "--by 'LSOA21CD'"),
    "other areas": ("WD24CD,n\nE05000901,5\n", (), 3, "no column has codes of LSOAs or practices"),
    "nothing in a column": ("LSOA21CD,n\nE01000001,\n", ("--column", "n=score"), 3, "holds no figure"),
    "a density": ("LSOA21CD,Population density\nE01000001,5\n", (), 2, "nothing says whether these are counts"),
    "events per people": ("LSOA21CD,Events per 1000\nE01000001,5\n", (), 2, "nothing says whether these are counts"),
    "per cent of what": ("LSOA21CD,Damp\nE01000001,5%\n", (), 2, "nothing says whether these are counts"),
    "some per cent": ("LSOA21CD,a score\nE01000001,5%\nE01000002,0.05\n", (), 3, "1 cell in per cent, such as `5%`"),
    "marks for no figure": ("LSOA21CD,a score\nE01000001,-99\nE01000002,-99\n", (), 2, "--blank=-99"),
    "too large a number": ("LSOA21CD,a score\nE01000001,1e999\nE01000002,1\n", (), 2, "are no numbers: 1e999"),
    "no year": ("LSOA21CD,n\nE01000001,5\n", ("--vintage", "last year"), 2, "is no year or month"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_told_is_refused(cli, own_store, tmp_path, name):
    text, options, code, message = REFUSED[name]
    (tmp_path / "file.csv").write_text(text, encoding="utf-8")
    before = (own_store / "manifest.json").read_bytes()
    command = ("data", "import", tmp_path / "file.csv", "--as", "measure:x", "--to", own_store)
    done = cli(*command, *SAID, *options)
    assert done.code == code
    assert message in " ".join(done.err.split())
    assert (own_store / "manifest.json").read_bytes() == before


def test_title_publisher_licence_and_vintage_are_asked_for(cli, own_store, tmp_path):
    file = _index(tmp_path / "index.csv")
    done = cli("data", "import", file, "--as", "measure:index", "--to", own_store, "--title", "T")
    assert done.code == 2
    assert "--publisher" in done.err
    assert "--licence" in done.err
    assert "--vintage" in done.err


def test_words_about_a_measure_need_one(cli, own_store, tmp_path):
    done = cli("data", "import", _index(tmp_path / "index.csv"), "--to", own_store, "--over", "All people")
    assert done.code == 2
    assert "--as measure:NAME" in done.err


def test_rows_that_are_left_out_are_said(cli, own_store, tmp_path):
    rows = [*((code, 1) for code in toy_county.LSOAS), ("W01000001", 5), ("E92000001", 18)]
    file = _csv(tmp_path / "more.csv", "geography code,Events", rows)
    done = cli("data", "import", file, "--as", "measure:more", "--to", own_store, *SAID)
    assert "1 row of Wales left out" in done.err
    assert "left out: E92000001" in done.err
    assert re.search(r"profile_more-2025", done.out)


def test_a_store_of_figures_alone_is_told_nothing_of_builds(cli, tmp_path):
    """Builds use the packaged tables then, and lack nothing."""
    done = cli("data", "import", _index(tmp_path / "i.csv"), "--as", "measure:i", "--to", tmp_path / "own", *SAID)
    assert (done.code, "placemap build" in done.err) == (0, False)
    assert "`Index Score`: score" in done.err


def test_status_lists_what_is_in_a_store_of_ones_own(cli, tmp_path, monkeypatch):
    """Such figures go with whatever store is in use, as a directory of postcodes does."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cli("data", "import", _index(tmp_path / "index.csv"), "--as", "measure:index", *SAID).code == 0
    tables = json.loads(cli("data", "status", "--json").out)["tables"]
    assert [table["name"] for table in tables] == sorted([*toy_county.tables(), "profile_index-2025"])
    assert "Index Score" in cli("profile", "toyshire").out


def test_an_order_of_2011_has_all_its_fifths(taken, tmp_path):
    """LSOAs of 2011 that were merged count as parts of one of 2021, in two fifths if need be."""
    codes = sorted(toy_county.EXACT_FIT)
    rows = [(code, number) for number, code in enumerate(codes, 1)]
    (england,) = [
        row
        for (_, name), row in taken(_csv(tmp_path / "old.csv", "LSOA11CD,A rank", rows)).items()
        if name == "England"
    ]
    # Ranks 12 and 13 are the merged ones, 11 the one that was split in two: all in the last fifth, from 10.4 on.
    assert _floats(england, *(f"UNITS_Q{n}" for n in range(1, 6))) == [2, 3, 2, 3, 3]
    assert float(england["PEOPLE_Q5"]) == 600 + 1400 + 2000


def test_at_a_terminal_what_is_not_said_is_asked(cli, own_store, tmp_path, monkeypatch):
    monkeypatch.setattr("placemap.cli.describe_measure.can_ask", lambda: True)
    file = _index(tmp_path / "index.csv")
    command = ["data", "import", file, "--as", "measure:index", "--to", own_store, "--vintage", "2025-10"]
    done = CliRunner().invoke(app, [str(word) for word in command], input="The index\nThe office\nOGL\n")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.count("index.csv: ") > 3
    entry = json.loads((own_store / "manifest.json").read_text())["tables"]["profile_index-2025-10"]
    said = [entry[name] for name in ("title", "publisher", "licence", "vintage")]
    assert said == ["The index", "The office", "Open Government Licence v3.0", "2025-10"]
