"""`apply` loses nothing without a word: what it refuses, what it says of codes, and what it says that it does not know."""

from __future__ import annotations

import json
import os
import re
import threading

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import placemap
from conftest import PACKAGED
from placemap.apply.measures import measures_of
from placemap.apply.options import Options
from placemap.cli import app
from placemap.commands.apply import Applier
from placemap.commands.workspace import resolved_of
from placemap.core.errors import Exit, PlacemapError

LSOAS = ["E01014485", "E01014486", "E01014487", "E01014488"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLACEMAP_DATA", str(PACKAGED))

    def invoke(text, *arguments, name="t.csv", system="bnssg"):
        if text is not None:
            content = text if isinstance(text, bytes) else text.encode()
            (tmp_path / name).write_bytes(content)
        command = ["apply", name, "--system", system, *map(str, arguments)]
        return CliRunner().invoke(app, command, prog_name="placemap")

    return invoke


def rows_of(result):
    """Rows of each line of the reconciliation that is printed."""
    lines = result.stdout.partition("Reconciliation")[2].partition("─\n")[2].splitlines()
    cells = [re.split(r" {2,}", line.strip()) for line in lines]
    return {name: int(rows.replace(",", "")) for name, rows, *_ in cells}


def outcomes(applied):
    return {one.outcome: one.rows for one in applied.reconciliations[0].lines if one.rows}


# --- tables are read whole --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("\n".join(f"{code},5,{'late' if code[-1] == '8' else ''}" for code in LSOAS), 4),
        (",lsoa,n\n" + "".join(f"{n},{code},1\n" for n, code in enumerate(LSOAS)), 4),
        ("lsoa,n,\n" + "".join(f"{code},1,\n" for code in LSOAS) + "E01014489,1,late\n", 5),
        ("lsoa,n\nE01014485,1\nE01014486,1\nNO2011,2\n,3\n", 4),
        ("Title\f here\n\nlsoa,n\nE01014485,1\n", 1),
    ],
)
def test_rows_in_are_the_rows_of_the_file(run, text, rows):
    result = run(text, "--by", "column 1") if text.startswith("E0") else run(text)
    assert result.exit_code == 0, result.stderr
    assert rows_of(result)["in"] == rows


def test_what_is_no_data_is_counted_and_said(run):
    result = run("Visits\n\nlsoa,n\nE01014485,1\nE01014486,2\nTotal,3\n", "--sum", "n", "--reconciliation", "r.csv")
    assert rows_of(result) == {"in": 2, "placed": 2}
    assert "file: 6 rows in the file = 1 title line + 1 header + 2 data + 1 footer + 1 blank" in result.stderr
    assert "line 1: Visits; line 6: Total, 3" in result.stderr
    file = pd.read_csv("r.csv").set_index("OUTCOME")["ROWS"]
    parts = [file[f"file: {name}"] for name in ("title lines", "header", "data", "footers", "blank")]
    assert (file["file: all rows"], sum(parts), file.loc["in"]) == (6, 6, 2)


def test_counting_rows_unasked_is_said(run):
    data = "ward,falls\nE05010885,5\nE05010892,40\n"
    said = "counted rows, as nothing else was asked for"
    assert said in run(data).stderr
    assert said not in run(data, "--count").stderr
    assert said not in run(data, "--sum", "falls").stderr


def test_choices_are_taken_in_any_case(run):
    data = "lsoa,n\n" + "E01014485,50\nE01014486,60\n" * 20
    plain, capitals = (run(data, "--sum", "n", "--publish", rule) for rule in ("nhs", "NHS"))
    assert (plain.exit_code, capitals.exit_code) == (0, 0)
    assert (plain.stdout, plain.stderr) == (capitals.stdout, capitals.stderr)
    assert "held back: nothing" in capitals.stderr
    wrong = run(data, "--sum", "n", "--publish", "ons")
    assert (wrong.exit_code, "'--publish': 'ons' is not one of" in wrong.stderr) == (2, True)


@pytest.mark.parametrize(
    ("text", "code", "message", "step"),
    [
        (
            "lsoa,n\nE01014485,5\nE01014486,6,x\n",
            3,
            "t.csv:3: this row has 3 cells and the table 2 columns",
            "quotation",
        ),
        ("lsoa,n,n\nE01014485,5,6\n", 3, "t.csv:1: two columns are called `n`", "a name of its own"),
        (
            "Council,n\nBristol,3\nNorth Somerset,4\n",
            3,
            "holds names of LTLAs; placemap needs codes",
            "Bristol is E06000023",
        ),
        (
            "oa,n\nE00073399,3\nE00073400,2\n",
            3,
            "t.csv, column `oa`: no lookup from output areas to LSOAs is at hand",
            "data update output-areas",
        ),
        ("region,n\nE12000009,3\nE12000008,2\n", 3, "column `region` holds regions", "by LSOA"),
        ("icb,n\nE54000039,3\nE54000022,2\n", 3, "column `icb` holds ICBs", "sub-ICB location"),
        (
            "area,n\nE92000001,9\nE06000023,1\nE06000024,2\nE10000020,3\nE38000222,4\n",
            2,
            "holds codes of several kinds: LTLAs (2 rows), counties (1 row), sub-ICB locations (1 row) and countries (1 row)",
            "--kind ltla or --kind utla or --kind sub_icb",
        ),
        ("what,n\nred,1\nblue,2\n", 2, "no codes that placemap knows in any column (what and n)", "--by"),
    ],
)
def test_tables_that_cannot_be_placed_say_why_and_what_to_do(run, tmp_path, text, code, message, step):
    result = run(text, "--out", "o.csv", "--reconciliation", "r.csv")
    assert result.exit_code == code, result.stderr
    assert message in result.stderr
    assert step in result.stderr.partition("→")[2]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["t.csv"]


def test_sheets_are_listed_and_chosen(run, tmp_path):
    book = openpyxl.Workbook()
    for number, name in enumerate(("Males", "Females")):
        sheet = book.active if not number else book.create_sheet()
        sheet.title = name
        for row in (["lsoa", "n"], ["E01014485", number + 1]):
            sheet.append(row)
    book.save(tmp_path / "t.xlsx")
    result = run(None, "--sum", "n", name="t.xlsx")
    assert (result.exit_code, "`Males` and `Females`" in result.stderr) == (2, True)
    chosen = run(None, "--sum", "n", "--sheet", "Females", "--json", name="t.xlsx")
    assert json.loads(chosen.stdout)["reconciliations"][0]["in"] == {"rows": 1, "n": 2}


def test_white_space_around_cells_is_no_part_of_them(run):
    text = 'lsoa,n\n"E01014485\n","5\u00a0"\n\u00a0E01014486,\t6 \n'
    found = json.loads(run(text, "--sum", "n", "--json").stdout)
    assert found["reconciliations"][0]["placed"] == {"rows": 2, "n": 11}


# --- kinds ------------------------------------------------------------------------------------------------------------


MIXED = "area,n\nE92000001,100\nE06000023,1\nE06000024,2\nE06000025,4\nE10000020,8\nE38000222,16\nE99,32\n"


def test_the_kind_that_is_chosen_is_placed_and_the_rest_is_told(run):
    """The sub-ICB location and England have the districts in them, and so are no loss; no row is a part of Norfolk."""
    result = run(MIXED, "--kind", "ltla", "--sum", "n", "--json")
    found = json.loads(result.stdout)
    (account,) = found["reconciliations"]
    assert account["placed"]["n"] == 7
    assert account["total of a wider area"] == {"rows": 2, "n": 116}
    assert account["another kind"] == {"rows": 1, "n": 8}
    assert account["unknown code"] == {"rows": 1, "n": 32}
    assert found["told"] == [
        "totals of wider areas, left out: sub-ICB locations (1 row) and countries (1 row), such as E38000222, E92000001",
        "another kind than LTLAs: counties (1 row), such as E10000020",
    ]


def test_a_mixture_beyond_the_first_rows_is_seen(run):
    text = "area,n\n" + "E01014485,1\n" * 10_001 + "E06000023,1\n" * 5_000
    result = run(text)
    assert result.exit_code == 2
    assert "LSOAs (10,001 rows) and LTLAs (5,000 rows)" in result.stderr


def test_counties_that_ended_are_dead_with_their_successors(run):
    result = run("code,v\nE10000006,7\nE10000023,9\nE10000020,1\n", system="norfolk-and-waveney")
    assert rows_of(result)["no longer in use"] == 2
    assert (
        "E10000006 (Cumbria) ended on 1 April 2023; now E06000063 (Cumberland) and E06000064 (Westmorland and Furness)"
        in result.stderr
    )
    assert "now E06000065 (North Yorkshire)" in result.stderr


def test_wards_of_another_year_are_not_promised_a_successor(run, tmp_path):
    result = run("ward,v\nE05000819,5\nE05000820,7\n", "--out", "o.csv", "--reconciliation", "r.csv")
    assert result.exit_code == Exit.WRONG
    assert (
        "2 codes are not wards of 2024 in the packaged tables: of another area, or older, newer or mistyped"
        in result.stderr
    )
    assert "nothing could be placed: none of the 2 rows has a code that lies in a place" in result.stderr
    assert not (tmp_path / "o.csv").exists()
    assert not (tmp_path / "r.csv").exists()


def test_codes_that_stand_under_two_types_of_area_are_said_to_count_twice(run):
    text = "Area Code,Area Type,n\n" + "".join(
        f"{code},{kind},5\n" for code in ("E06000023", "E06000024") for kind in ("Counties & UAs", "Districts & UAs")
    )
    result = run(text, "--sum", "n")
    assert "double: 2 codes stand under several values of `Area Type`, and count for each" in result.stderr
    assert "double" not in run(text, "--sum", "n", "--group", "Area Type").stderr


# --- figures ----------------------------------------------------------------------------------------------------------


def test_marks_for_figures_held_back_are_named_and_blanked_when_asked(run):
    text = "lsoa,n\nE01014485,14\nE01014486,c\nE01014487,<5\nE01014488,[c]\n"
    result = run(text, "--sum", "n")
    assert result.exit_code == Exit.USAGE
    assert "column `n` holds 3 cells that are no numbers: `<5` ×1, `[c]` ×1, `c` ×1" in result.stderr
    assert "--blank '<5' --blank '[c]' --blank c" in result.stderr
    blanked = run(text, "--sum", "n", "--blank", "<5", "--blank", "[c]", "--blank", "c")
    assert "no value of `n` in 3 of 4 rows" in blanked.stderr


@pytest.mark.parametrize("cell", ["1-7", "x", "..", "–", "*", "[low]", ":", "z"])
def test_every_mark_has_its_option(run, cell):
    result = run(f"lsoa,n\nE01014485,1\nE01014486,{cell}\n", "--sum", "n")
    assert (result.exit_code, f"`{cell}` ×1" in result.stderr, "--blank" in result.stderr) == (2, True, True)


def test_money_and_thousands_are_numbers_and_percentages_and_decimal_commas_are_not(run):
    text = 'lsoa,spend\nE01014485,"£2,500.50"\nE01014486,-£1.5\nE01014487,1e3\n'
    found = json.loads(run(text, "--sum", "spend", "--json").stdout)
    assert found["reconciliations"][0]["in"]["spend"] == 3_499
    refused = run(text + 'E01014488,50%\nE01014488,"1,5"\nE01014488,1_0\n', "--sum", "spend")
    assert refused.exit_code == Exit.USAGE
    assert "column `spend` holds 3 cells that are no numbers: `1,5` ×1, `1_0` ×1, `50%` ×1" in refused.stderr
    assert "--blank" not in refused.stderr


@pytest.mark.parametrize("value", [-1, -9, -99, -999])
def test_marks_among_numbers_are_not_summed(run, value, bnssg):
    text = f"lsoa,n\nE01014485,10\nE01014486,{value}\nE01014487,{value}\n"
    result = run(text, "--sum", "n")
    assert result.exit_code == Exit.USAGE
    assert f"the only negative numbers of column `n` are `{value}` ×2" in result.stderr
    frame = pd.DataFrame({"lsoa": LSOAS[:3], "n": [10, value, value]})
    assert bnssg.apply(frame, sums=["n"], blanks=[str(value)]).frame["n"].sum() == 10
    assert bnssg.apply(frame, sums=["n"], extensive=["n"]).frame["n"].sum() == 10 + 2 * value


def test_net_flows_are_summed_and_said(run):
    result = run("lsoa,n\nE01014485,10\nE01014486,-1\nE01014487,-4\nX1,9\n", "--sum", "n", "--json")
    assert json.loads(result.stdout)["reconciliations"][0]["placed"]["n"] == 5
    assert "`n` has 2 negative numbers, together -5; they are added in" in result.stderr
    assert result.exit_code == 0, "9 of 14 would be over half, but a total with negative numbers is no whole"


# --- what is not known ------------------------------------------------------------------------------------------------


def test_coverage_is_the_part_of_each_place_that_has_data(bnssg):
    whole = bnssg.crosswalk("lsoa21")
    place = whole["PLACECD"].iloc[0]
    mine = whole[whole["PLACECD"] == place]
    half = mine.iloc[::2]
    data = pd.DataFrame({"lsoa": half["LSOA21CD"], "n": 1})
    frame = bnssg.apply(data, sums=["n"]).frame.set_index("PLACECD")
    assert frame.loc[place, "UNIT_COVERAGE"] == pytest.approx(len(half) / len(mine))
    assert frame.loc[place, "RESIDENT_COVERAGE"] == pytest.approx(half["RESIDENTS"].sum() / mine["RESIDENTS"].sum())
    assert 0 < frame.loc[place, "PATIENT_COVERAGE"] < 1
    others = frame.drop(index=place)
    assert others["n"].isna().all(), "no data is blank, never 0"
    assert (others[["UNIT_COVERAGE", "RESIDENT_COVERAGE", "PATIENT_COVERAGE"]] == 0).all(axis=None)


def test_data_on_everything_cover_everything_whatever_their_unit(bnssg):
    for unit, column in (("lsoa21", "LSOA21CD"), ("lsoa11", "LSOA11CD"), ("wd24", "WD24CD"), ("msoa21", "MSOA21CD")):
        codes = sorted(set(bnssg.crosswalk(unit)[column]))
        frame = bnssg.apply(pd.DataFrame({"code": codes, "n": 1}), sums=["n"]).frame
        cover = frame[["UNIT_COVERAGE", "RESIDENT_COVERAGE", "PATIENT_COVERAGE"]].to_numpy(dtype=float)
        assert cover == pytest.approx(1.0), unit


def test_a_row_without_a_value_covers_nothing(bnssg):
    data = pd.DataFrame({"lsoa": LSOAS, "a": [1, 2, 3, 4], "b": [1.0, None, None, None]})
    both = bnssg.apply(data, sums=["a", "b"])
    one = bnssg.apply(data.head(1), sums=["a"]).frame["UNIT_COVERAGE"].max()
    assert both.frame["UNIT_COVERAGE"].max() == pytest.approx(one)
    rows = both.long(measures_of(["a", "b"])).groupby("MEASURE")["UNIT_COVERAGE"].max()
    assert (rows["a"], rows["b"]) == (pytest.approx(4 * one), pytest.approx(one))


def test_coverage_of_groups_is_their_own(bnssg):
    data = pd.DataFrame({"lsoa": LSOAS, "sex": ["F", "M", "M", "M"], "n": 1})
    frame = bnssg.apply(data, sums=["n"], groups=["sex"]).frame.set_index("sex")
    assert frame.loc["M", "UNIT_COVERAGE"] == pytest.approx(3 * frame.loc["F", "UNIT_COVERAGE"])


def test_practices_cover_patients_and_tell_nothing_of_residents(bnssg):
    practices = bnssg.crosswalk("practice")
    codes = practices.loc[
        practices["PLACECD"] != "", "PRACTICECD" if "PRACTICECD" in practices else practices.columns[4]
    ]
    frame = bnssg.apply(
        pd.DataFrame({"practice": sorted(set(codes)), "n": 1}), sums=["n"], by="practice", kind="practice"
    ).frame
    assert frame["PATIENT_COVERAGE"].to_numpy(dtype=float) == pytest.approx(1.0)
    assert frame["RESIDENT_COVERAGE"].isna().all()


def test_a_practice_of_the_scope_in_no_place_is_not_out_of_area(bnssg, tmp_path):
    text = (PACKAGED.parent / "configs/bnssg.yaml").read_text(encoding="utf-8")
    assert "          U90977: MENDIP VALE PCN\n" in text
    (tmp_path / "less.yaml").write_text(text.replace("          U90977: MENDIP VALE PCN\n", "", 1), encoding="utf-8")
    less = placemap.load(str(tmp_path / "less.yaml"), data=str(PACKAGED))
    data = pd.DataFrame({"pcn": ["U90977", "U66596"], "n": [10, 20]})
    assert outcomes(bnssg.apply(data, sums=["n"], footprint="localities")) == {"placed": 2}
    system, workspace = less._system, less._workspace  # its checks would find the PCN that no place has
    footprint = resolved_of(workspace, system, system.footprints["localities"])
    with Applier(workspace, [footprint], data, measures_of(["n"]), Options()) as applier:
        assert outcomes(applier.apply()) == {"placed": 1, "in the scope but in no place": 1}


# --- how much may be lost ---------------------------------------------------------------------------------------------


def test_too_much_loss_gives_the_reconciliation_and_no_result(run, tmp_path):
    text = "lsoa,n\nE01014485,1\nX1,1\nX2,1\n"
    result = run(text, "--out", "o.csv", "--reconciliation", "r.csv")
    assert result.exit_code == Exit.WRONG
    assert (
        "66.67% is lost to codes that are missing, unknown, no longer in use or of another kind; --max-loss allows 50%"
        in result.stderr
    )
    assert "--max-loss 67" in result.stderr
    assert rows_of(result) == {"in": 3, "placed": 1, "unknown code": 2}
    assert not (tmp_path / "o.csv").exists()
    assert (tmp_path / "r.csv").exists()
    assert run(text, "--out", "o.csv", "--max-loss", "67").exit_code == 0


@pytest.mark.parametrize("limit", ["nan", "-1", "101"])
def test_a_limit_of_loss_is_a_percentage(run, limit):
    result = run("lsoa,n\nE01014485,1\n", f"--max-loss={limit}")
    assert (result.exit_code, "give a number from 0 to 100" in result.stderr) == (2, True)


def test_what_lies_elsewhere_is_no_loss(run):
    assert run("lsoa,n\nE01014485,1\nE01000001,1\nW01000001,1\nE01000002,1\n").exit_code == 0


def test_python_refuses_what_the_command_refuses(bnssg):
    with pytest.raises(PlacemapError, match="66.67% is lost"):
        bnssg.apply(pd.DataFrame({"lsoa": ["E01014485", "X1", "X2"]}), by="lsoa", kind="lsoa")
    with pytest.raises(PlacemapError, match="nothing could be placed"):
        bnssg.apply(pd.DataFrame({"lsoa": ["E01000001"]}))


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--out", "--reconciliation"])
@pytest.mark.parametrize("spelling", ["t.csv", "./sub/../t.csv", "link.csv", "hard.csv"])
def test_the_input_is_never_written_over(run, tmp_path, option, spelling):
    text = "lsoa,n\nE01014485,1\n"
    (tmp_path / "t.csv").write_text(text)
    (tmp_path / "sub").mkdir()
    (tmp_path / "link.csv").symlink_to("t.csv")
    os.link(tmp_path / "t.csv", tmp_path / "hard.csv")
    result = run(None, option, spelling)
    assert result.exit_code == Exit.USAGE
    assert f"{option} names the input itself" in result.stderr
    assert (tmp_path / "t.csv").read_text() == text


def test_a_sheet_of_what_has_none_is_refused(run):
    result = run("lsoa,n\nE01014485,1\n", "--sheet", "Data")
    assert (result.exit_code, "there is no sheet `Data`, as this is no workbook" in result.stderr) == (2, True)


def test_two_outputs_are_two_files(run, tmp_path):
    result = run("lsoa,n\nE01014485,1\n", "--out", "o.csv", "--reconciliation", "./o.csv")
    assert (result.exit_code, "--reconciliation and --out are one file" in result.stderr) == (2, True)
    (tmp_path / "placemap_codes.csv").write_text("lsoa,n\nE01014485,1\n")
    keys = run(None, "--sql", "--keys", ".", name="placemap_codes.csv")
    assert (keys.exit_code, "--keys names the input itself" in keys.stderr) == (2, True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize("name", ["data[1].csv", "star*.csv", "q?.csv", "lsoa=E01014485.csv"])
@pytest.mark.parametrize("large", [False, True])
def test_the_file_that_is_named_is_read_and_no_other(run, tmp_path, monkeypatch, name, large):
    for other in ("data1.csv", "stars.csv", "q1.csv"):
        (tmp_path / other).write_text("lsoa,n\nE01014485,1000\n")
    if large:
        monkeypatch.setattr("placemap.core.read_tables.LARGE", 0)
    found = json.loads(run("lsoa,n\nE01014485,1\nE01014486,2\n", "--sum", "n", "--json", name=name).stdout)
    assert found["reconciliations"][0]["in"] == {"rows": 2, "n": 3}


def test_a_folder_of_a_partition_adds_no_column(bnssg, tmp_path):
    (tmp_path / "n=7").mkdir()
    pd.DataFrame({"lsoa": LSOAS, "n": [1, 1, 1, 1]}).to_parquet(tmp_path / "n=7" / "t[1].parquet")
    assert bnssg.apply(tmp_path / "n=7" / "t[1].parquet", sums=["n"]).frame["n"].sum() == 4


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes of this kind")
def test_a_pipe_is_read_whole(run, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    text = "lsoa,n\n" + "E01014485,1\n" * 200_000
    writer = threading.Thread(target=(tmp_path / "pipe").write_text, args=(text,))
    writer.start()
    assert rows_of(run(None, name="pipe"))["in"] == 200_000
    writer.join()


def test_standard_input_is_read_whole(tmp_path):
    import subprocess
    import sys

    from conftest import environment

    if not os.path.exists("/dev/stdin"):  # noqa: PTH110 - a name of the system
        pytest.skip("this system has no /dev/stdin")
    done = subprocess.run(
        [sys.executable, "-m", "placemap", "apply", "/dev/stdin", "--system", "bnssg", "--json"],
        input="lsoa,n\n" + "E01014485,1\n" * 200_000,
        capture_output=True,
        text=True,
        env=environment(),
        check=False,
    )
    assert json.loads(done.stdout)["reconciliations"][0]["in"]["rows"] == 200_000


def test_a_folder_is_read_when_it_is_asked_for(run, tmp_path):
    (tmp_path / "parts").mkdir()
    pd.DataFrame({"lsoa": LSOAS}).to_parquet(tmp_path / "parts" / "a.parquet")
    result = run(None, name="parts")
    assert (result.exit_code, "--folder reads all of them as one table" in result.stderr) == (2, True)
    assert rows_of(run(None, "--folder", name="parts"))["in"] == 4


# --- columns of the result --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "arguments", "message"),
    [
        ("lsoa,PLACECD", ["--sum", "PLACECD"], "`PLACECD` would stand in the result twice"),
        ("lsoa,placenm", ["--group", "placenm"], "`placenm` would stand in the result twice"),
        ("lsoa,n", ["--group", "n", "--sum", "n"], "`n` would stand in the result twice"),
        ("lsoa,ROWS", ["--group", "ROWS", "--count"], "`ROWS` would stand in the result twice"),
        ("lsoa,VALUE", ["--group", "VALUE", "--long"], "`VALUE` would stand in the result twice"),
        ("lsoa,MEASURE", ["--group", "MEASURE", "--long", "--count"], "`MEASURE` would stand in the result twice"),
        ("lsoa,UNIT_COVERAGE", ["--sum", "UNIT_COVERAGE"], "`UNIT_COVERAGE` would stand in the result twice"),
        ("lsoa,n", ["--sql", "--whole-numbers", "--sum", "n"], "--whole-numbers is not in the SQL of --sql"),
    ],
)
def test_no_column_of_the_result_hides_another(run, header, arguments, message):
    result = run(f"{header}\nE01014485,5\n", *arguments)
    assert (result.exit_code, message in result.stderr) == (2, True), result.stderr


def test_a_group_without_anything_is_one_group(bnssg):
    data = pd.DataFrame({"lsoa": LSOAS, "sex": ["", None, "F", ""], "n": [1, 2, 4, 8]})
    frame = bnssg.apply(data, sums=["n"], groups=["sex"]).frame
    assert frame[["sex", "n"]].to_numpy().tolist() == [["", 11], ["F", 4]]


# --- from Python ------------------------------------------------------------------------------------------------------


def test_a_late_fraction_of_a_mixed_column_is_not_rounded(bnssg):
    values = [1] * 5_000 + [2.5]
    data = pd.DataFrame({"lsoa": ["E01014485"] * len(values), "n": pd.Series(values, dtype=object)})
    assert bnssg.apply(data, sums=["n"]).frame["n"].sum() == 5_002.5


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint8"])
def test_products_of_small_whole_numbers_do_not_overflow(bnssg, tmp_path, dtype):
    data = pd.DataFrame(
        {"lsoa": LSOAS, "x": pd.Series([100, 100, 100, 100], dtype=dtype), "w": pd.Series([100] * 4, dtype=dtype)}
    )
    data.to_parquet(tmp_path / "t.parquet")
    assert bnssg.apply(tmp_path / "t.parquet", means=["x:w"]).frame["x"].max() == 100


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shares": "registred"}, "`shares` is 'registred'; expected residents or registered"),
        ({"practices": "home"}, "`practices` is 'home'; expected declared or residence"),
        ({"sums": "n"}, "`sums` is 'n'; expected a list of texts"),
        ({"groups": "sex"}, "`groups` is 'sex'; expected a list of texts"),
        ({"sums": 5}, "`sums` is 5; expected a list of texts"),
        ({"blanks": [5]}, r"`blanks` is \(5,\); expected a list of texts"),
        ({"by": 5}, "`by` is 5; expected a text"),
        ({"kind": ["lsoa"]}, r"`kind` is \['lsoa'\]; expected a text"),
        ({"whole": "yes"}, "`whole` is 'yes'; expected True or False"),
    ],
)
def test_options_of_the_wrong_type_are_a_message(bnssg, options, message):
    with pytest.raises(PlacemapError, match=message) as caught:
        bnssg.apply(pd.DataFrame({"lsoa": LSOAS, "n": 1, "sex": "F"}), **options)
    assert caught.value.exit_code == Exit.USAGE


@pytest.mark.parametrize("data", [None, 5, pd.Series(LSOAS), {"lsoa": LSOAS}, pd.DataFrame({"n": [1], "N": [2]})])
def test_data_that_are_no_table_are_a_message(bnssg, data):
    with pytest.raises(PlacemapError):
        bnssg.apply(data)


@pytest.mark.parametrize("words", [["--mean", "PLACECD"], ["--sum", "n", "--group", "n"], ["--sum", "ICSID"]])
def test_a_long_result_has_no_measure_under_the_name_of_a_place_or_a_group(run, words):
    table = "lsoa,PLACECD,ICSID,n\nE01014485,1,2,3\nE01014486,4,5,6\n"
    refused = run(table, "--by", "lsoa", *words, "--long")
    assert refused.exit_code == 2
    assert "would stand in the result twice" in refused.stderr


def test_a_parquet_file_with_nan_counts_it_as_blank(run, tmp_path):
    """The statistics of Parquet leave NaN out, and DuckDB believes them: one NaN made the mean of a place blank."""
    frame = pa.table({"lsoa": LSOAS * 50, "n": [float("nan"), 1.5, 2.0, 4.0] * 50})
    pq.write_table(frame, tmp_path / "t.parquet")
    found = {}
    for how in ("--sum", "--mean"):
        result = run(None, how, "n", "--json", name="t.parquet")
        assert result.exit_code == 0, result.output
        found[how] = [row["n"] for row in json.loads(result.stdout)["places"] if row["n"] is not None]
        assert "no value of `n` in 50 of 200 rows" in result.stdout
    assert found == {"--sum": [375.0], "--mean": [2.5]}


def test_infinity_in_a_parquet_file_is_refused(run, tmp_path):
    pq.write_table(pa.table({"lsoa": LSOAS, "n": [float("inf"), 1.5, 2.0, float("nan")]}), tmp_path / "t.parquet")
    result = run(None, "--sum", "n", name="t.parquet")
    assert result.exit_code == 2
    assert "holds 1 cell that is no number: `inf`" in result.stderr


def test_a_header_that_stands_in_the_data_again_is_named(run):
    result = run(f"lsoa,n\n{LSOAS[0]},1\nlsoa,n\n{LSOAS[1]},2\n", "--sum", "n")
    assert result.exit_code == 2
    assert "the header stands in the data again" in result.stderr
    assert "--blank" not in result.stderr


@pytest.mark.parametrize("limit", ["nan", "-1", "101"])
def test_strict_takes_a_percentage(run, limit):
    """With `nan` nothing was ever too much."""
    result = run(f"lsoa,n\n{LSOAS[0]},1\nE01999999,9\n", "--sum", "n", "--strict", limit)
    assert result.exit_code == 2
    assert "is no percentage that may be lost" in result.stderr
    assert not result.stdout


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (("--mean", "n:"), "a mean by weights needs their column; found `n:`"),
        (("--sum", "n", "--round-to", 0), "this would hold nothing back and round nothing"),
        (("--sum", "n", "--suppress-below", 0), "this would hold nothing back and round nothing"),
        (
            ("--sum", "n", "--publish", "nhs", "--suppress-below", 0, "--round-to", 0),
            "this would hold nothing back and round nothing",
        ),
    ],
)
def test_what_would_do_nothing_is_refused(run, options, reason):
    """Else counts that were to be published went out as they are, and a mean without its weights."""
    result = run(f"lsoa,n\n{LSOAS[0]},1\n", *options)
    assert result.exit_code == 2
    assert reason in result.stderr


def test_blanks_around_a_group_tell_no_groups_apart(run):
    rows = "".join(f"{code},1,{group}\n" for code, group in zip(LSOAS, ["a", "a ", "\u00a0a", " b"], strict=True))
    found = json.loads(run(f"lsoa,n,g\n{rows}", "--sum", "n", "--group", "g", "--json").stdout)["places"]
    assert {row["g"]: row["n"] for row in found if row["n"]} == {"a": 3, "b": 1}


def test_a_result_of_an_earlier_run_is_said_to_be_that(run, tmp_path):
    assert run(f"lsoa,n\n{LSOAS[0]},1\n", "--sum", "n", "--out", "o.csv").exit_code == 0
    before = (tmp_path / "o.csv").read_bytes()
    result = run(f"lsoa,n\n{LSOAS[0]},1\nNO2011,9\n", "--sum", "n", "--out", "o.csv")
    assert result.exit_code == 4
    assert "o.csv is the result of an earlier run: there is none of this one" in result.stderr
    assert (tmp_path / "o.csv").read_bytes() == before


def test_a_workbook_takes_groups_and_titles_that_it_cannot_show(run, tmp_path):
    rows = f"{LSOAS[0]},1,a\x07b\n{LSOAS[1]},2,\ufffe\n{LSOAS[2]},4,=1+1\n"
    result = run(f"lsoa,n\x07,g\n{rows}", "--sum", "n\x07", "--group", "g", "--out", "o.xlsx")
    assert result.exit_code == 0, result.output
    sheet = openpyxl.load_workbook(tmp_path / "o.xlsx").worksheets[0]
    cells = {str(cell.value): cell.data_type for row in sheet.iter_rows() for cell in row}
    assert {"a\ufffdb", "\ufffd", "=1+1", "n\ufffd"} <= set(cells)
    assert cells["=1+1"] == "s"


@pytest.mark.parametrize("command", [("map", "bnssg", "--out", "m"), ("data", "import", "t.csv", "--as", "measure:x")])
def test_a_title_that_no_document_can_show_is_refused(command, run, tmp_path):
    """An SVG with it in it is no XML."""
    (tmp_path / "t.csv").write_text(f"lsoa,n\n{LSOAS[0]},1\n")
    more = ("--publisher", "P", "--licence", "OGL", "--vintage", "2025", "--to", "st") if command[0] == "data" else ()
    result = CliRunner().invoke(app, [*command, "--title", "bell\x07", *more], prog_name="placemap")
    assert result.exit_code == 2
    assert "has the character U+0007 in it, which no document can show" in result.stderr


@pytest.mark.parametrize(
    ("codes", "overlap"),
    [
        (["15C", "E38000222"], "15C and E38000222"),  # two codes of one area
        (["E07000206", "E07000244"], "E07000244 and E07000206"),  # Waveney, and East Suffolk that it went into
        (["E07000205", "E07000206"], ""),  # beside each other
        (["OLD", "NEW"], "NEW and OLD"),
        (LSOAS, ""),
        (["L81036", "L81091"], ""),  # people, not ground
    ],
)
def test_areas_that_overlap_are_said(run, codes, overlap):
    """Else a district of 2018 and its successor count the same people twice, without a word."""
    split = {"OLD": "E01014540", "NEW": "E01033907"}
    codes = [split.get(code, code) for code in codes]
    system = "norfolk-and-waveney" if codes[0].startswith("E07") else "bnssg"
    result = run("code,n\n" + "".join(f"{code},5\n" for code in codes), "--sum", "n", system=system)
    overlap = " and ".join(split.get(code, code) for code in overlap.split(" and "))
    assert result.exit_code == 0, result.output
    assert ("count twice there" in result.stderr) == bool(overlap)
    assert overlap in result.stderr


def _folder(tmp_path, **parts):
    for name, numbers in parts.items():
        path = tmp_path / "data" / f"{name.replace('__', '/')}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(pa.table({"lsoa": LSOAS[: len(numbers)], "n": numbers}), path)


def test_a_folder_is_one_table(run, tmp_path):
    _folder(tmp_path, a=[1, 2], b=[0.5, 0.25], inside__c=[4])
    result = run(None, "--folder", "--sum", "n", "--json", name="data")
    assert sum(row["n"] or 0 for row in json.loads(result.stdout)["places"]) == 7.75


@pytest.mark.parametrize("name", ["_temporary__0__c", ".c", "inside___c"])
def test_what_a_program_left_over_in_a_folder_is_not_added_up(run, tmp_path, name):
    """Spark leaves files of a job that failed, which hold rows of others a second time."""
    _folder(tmp_path, a=[1, 2], **{name: [1, 2]})
    result = run(None, "--folder", "--sum", "n", name="data")
    assert result.exit_code == 3
    assert "may be no part of the table: names that begin with . or _ are left over" in result.stderr


def test_a_delta_table_is_no_folder_of_parquet(run, tmp_path):
    """Files of rows that were deleted or changed since stay in its folder."""
    _folder(tmp_path, a=[1, 2])
    (tmp_path / "data/_delta_log").mkdir()
    result = run(None, "--folder", "--sum", "n", name="data")
    assert result.exit_code == 3
    assert "this is a Delta table; its folder also holds files that are no part of it any more" in result.stderr


def test_whole_numbers_are_not_rounded_to_fractions_of_another_file(run, tmp_path):
    """As one table they came out as 2 to the 40th, one less than they are."""
    _folder(tmp_path, a=pa.array([0.5], pa.float32()), b=pa.array([2**40 + 1], pa.int64()))
    result = run(None, "--folder", "--sum", "n", name="data")
    assert result.exit_code == 3
    assert "column `n` is of 32-bit fractions here, and of exact numbers in b.parquet" in result.stderr
