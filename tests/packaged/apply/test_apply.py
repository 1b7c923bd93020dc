"""`apply` on small tables: what it recognises, refuses, and says of what it lost."""

from __future__ import annotations

import decimal
import json

import geopandas as gpd
import pandas as pd
import pyarrow as pa
import pytest
from shapely.geometry import Point
from typer.testing import CliRunner

import placemap
from conftest import PACKAGED
from placemap.cli import app
from placemap.core.arrays import largest_remainder
from placemap.core.errors import PlacemapError
from placemap.core.figures import looks_intensive

WINFORD = "E01014848"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PLACEMAP_DATA", str(PACKAGED))

    def invoke(*arguments):
        return CliRunner().invoke(app, ["apply", *map(str, arguments)], prog_name="placemap")

    return invoke


@pytest.fixture
def visits(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text(
        "LSOA,Visits,rate\n"
        "E01014485,10,0.1\n"
        " e01014486 ,20,0.2\n"
        'E01033907,"1,005",0.3\n'
        "W01000001,3,0.4\n"
        "E01999999,4,0.5\n"
        "X1,5,0.5\n"
        ",6,0.5\n"
        "NO2011,7,0.5\n"
    )
    return path


def line(reconciliation, outcome):
    return next(one for one in reconciliation.lines if one.outcome == outcome)


def test_every_row_and_visit_is_accounted_for(bnssg, visits):
    applied = bnssg.apply(visits, sums=["Visits"], count=True)
    (reconciliation,) = applied.reconciliations
    got = {one.outcome: (one.rows, one.totals[0]) for one in reconciliation.lines}
    assert got == {
        "placed": (3, 1_035),
        "in the scope but in no place": (0, 0),
        "out of area": (1, 3),
        "not in the packaged tables": (1, 4),
        "another kind": (0, 0),
        "unknown code": (1, 5),
        "no longer in use": (0, 0),
        "missing code": (2, 13),
    }
    assert (reconciliation.total.rows, reconciliation.total.totals) == (8, (1_060,))
    assert applied.frame["Visits"].sum() == 1_035
    assert applied.unknown == (("X1", 1),)
    assert reconciliation.loss == 3 / 8


def test_vintages_in_one_column_are_told_by_count(bnssg):
    old = bnssg.crosswalk("lsoa11")
    new = bnssg.crosswalk("lsoa21")["LSOA21CD"]
    split = old.loc[old["CHGIND"] == "S", "LSOA11CD"].iloc[0]
    only_2021 = sorted(set(new) - set(old["LSOA11CD"]))[0]
    data = pd.DataFrame({"area": [split, split, only_2021, "E01014485"], "n": [1, 1, 1, 1]})
    applied = bnssg.apply(data, sums=["n"])
    assert applied.vintages == {"2011": 2, "2011 and 2021": 1, "2021": 1}
    assert applied.frame["n"].sum() == 4


def test_several_columns_of_codes_are_not_guessed_between(bnssg):
    data = pd.DataFrame({"practice": ["L81036"], "lsoa": [WINFORD], "n": [1]})
    with pytest.raises(PlacemapError, match=r"several columns hold codes: practice .*, lsoa") as caught:
        bnssg.apply(data)
    assert caught.value.hint == "say which one to go by with --by"


def test_among_areas_of_several_sizes_lsoas_are_taken(bnssg):
    data = pd.DataFrame({"ltla": ["E06000023"], "lsoa": [WINFORD], "n": [1]})
    assert bnssg.apply(data).by == "lsoa"


@pytest.mark.parametrize(
    "title",
    [
        "Rate",
        "crude_rate",
        "IMDScore",
        "% smoking",
        "deaths per 1,000",
        "Prevalence",
        "mean age",
        "IMD Decile",
        "LifeExpectancy",
    ],
)
def test_names_of_rates_are_known(title):
    assert looks_intensive(title)


@pytest.mark.parametrize("title", ["patients", "Operations", "PERSONS", "decided", "ratepayers", "NUMBER_OF_PATIENTS"])
def test_names_of_counts_are_not_taken_for_rates(title):
    assert not looks_intensive(title)


def test_a_rate_is_never_summed(bnssg, visits):
    with pytest.raises(PlacemapError, match="`rate` is by its name a rate, score or average"):
        bnssg.apply(visits, sums=["rate"])


def test_fractions_under_any_name_are_not_summed(bnssg, visits):
    renamed = pd.read_csv(visits).rename(columns={"rate": "smokers"})
    with pytest.raises(PlacemapError, match="`smokers` is by its values, all from 0 to 1, a rate"):
        bnssg.apply(renamed, sums=["smokers"])
    assert bnssg.apply(renamed, sums=["smokers"], extensive=["smokers"]).frame["smokers"].sum() == pytest.approx(0.6)


def test_figures_held_back_are_named_or_refused(bnssg):
    data = pd.DataFrame({"lsoa": ["E01014485", "E01014486"], "n": ["7", "*"]})
    with pytest.raises(PlacemapError, match="column `n` holds 1 cell that is no number: `\\*` ×1"):
        bnssg.apply(data, sums=["n"])
    applied = bnssg.apply(data, sums=["n"], blanks=["*"])
    assert applied.frame["n"].sum() == 7
    assert applied.notes[0] == "no value of `n` in 1 of 2 rows; they add nothing to `n`"


def test_infinity_and_sums_beyond_exactness_are_refused(bnssg):
    with pytest.raises(PlacemapError, match="no number"):
        bnssg.apply(pd.DataFrame({"lsoa": [WINFORD], "n": [float("inf")]}), sums=["n"])
    with pytest.raises(PlacemapError, match="cannot be kept exact"):
        bnssg.apply(pd.DataFrame({"lsoa": [WINFORD], "n": [2**60]}), sums=["n"])
    blank = bnssg.apply(pd.DataFrame({"lsoa": [WINFORD, WINFORD], "n": [float("nan"), 2.0]}), sums=["n"])
    assert blank.frame["n"].sum() == 2


def test_groups_divide_the_result_and_keep_its_sum(bnssg):
    data = pd.DataFrame({"lsoa": ["E01014485"] * 3, "month": ["2024-01", "2024-02", "2024-02"], "n": [1, 2, 3]})
    frame = bnssg.apply(data, sums=["n"], groups=["month"]).frame
    assert frame[["month", "n"]].to_numpy().tolist() == [["2024-01", 1], ["2024-02", 5]]


def test_practices_need_places_that_are_declared_from_practices(norfolk):
    data = pd.DataFrame({"practice": ["D82001"], "n": [5]})
    with pytest.raises(PlacemapError, match="not declared from practices or PCNs"):
        norfolk.apply(data, kind="practice", by="practice", footprint="option-6", practices="declared")
    lived = norfolk.apply(data, kind="practice", by="practice", footprint="option-6", sums=["n"])
    assert "registered patients live" in lived.method
    assert line(lived.reconciliations[0], "placed").rows > 0


def test_pcns_go_to_the_place_that_declares_them(bnssg):
    data = pd.DataFrame({"pcn": ["U63843", "U66596"], "n": [10, 20]})
    frame = bnssg.apply(data, sums=["n"]).frame.set_index("PLACENM")["n"]
    assert frame["Weston, Worle and Villages"] == 10
    assert frame["North and West Bristol"] == 20


def test_a_dead_code_is_told_from_an_unknown_one(norfolk):
    data = pd.DataFrame({"ltla": ["E07000206", "E07000244", "E07000150"], "n": [1, 1, 1]})
    applied = norfolk.apply(data, sums=["n"], footprint="option-6")
    assert applied.vintages == {"2018": 1, "2024": 1}, "Waveney lives in the lookup of 2018"
    assert line(applied.reconciliations[0], "placed").rows == 2


def test_largest_remainder():
    assert largest_remainder([1.5, 1.5, 1.0]) == [2, 1, 1]
    assert largest_remainder([0.2, 0.3, 0.5]) == [0, 0, 1]
    assert largest_remainder([-0.5, 1.5]) == [0, 1]


# --- the command line -------------------------------------------------------------------------------------------------


def test_the_command_prints_places_and_the_reconciliation(run, visits):
    result = run(visits, "--system", "bnssg", "--sum", "Visits")
    assert result.exit_code == 0, result.output
    assert "in = placed + out of area + not in the packaged tables + unknown code + missing code" in result.stdout
    assert "unknown codes: 1, most often 'X1' ×1" in result.stderr


def test_results_go_to_files_that_agree(run, visits, tmp_path):
    for name in ("o.csv", "o.parquet"):
        assert run(visits, "-s", "bnssg", "--sum", "Visits", "--out", name).exit_code == 0
    text, parquet = pd.read_csv(tmp_path / "o.csv"), pd.read_parquet(tmp_path / "o.parquet")
    pd.testing.assert_frame_equal(text, parquet, check_dtype=False)
    coverage = ["UNIT_COVERAGE", "RESIDENT_COVERAGE", "PATIENT_COVERAGE"]
    assert list(text.columns) == ["ICSID", "FOOTPRINT", "PLACECD", "PLACENM", "Visits", *coverage]


def test_long_results(run, visits, tmp_path):
    run(visits, "-s", "bnssg", "--sum", "Visits", "--count", "--long", "--out", "o.csv")
    frame = pd.read_csv(tmp_path / "o.csv")
    assert list(frame.columns[4:6]) == ["MEASURE", "VALUE"]
    assert frame.groupby("MEASURE")["VALUE"].sum().to_dict() == {"ROWS": 3, "Visits": 1_035}


def test_join_keeps_rows_and_their_order(run, visits, tmp_path):
    assert run(visits, "-s", "bnssg", "--join", "--out", "j.csv").exit_code == 0
    joined = pd.read_csv(tmp_path / "j.csv", dtype=str, keep_default_na=False)
    original = pd.read_csv(visits, dtype=str, keep_default_na=False)
    assert joined[original.columns].to_numpy().tolist() == original.to_numpy().tolist()
    assert joined["OUTCOME"].tolist() == [
        *["placed"] * 3, "out of area", "not in the packaged tables", "unknown code", "missing code", "missing code",
    ]  # fmt: skip


def test_strict_fails_above_a_loss(run, visits):
    result = run(visits, "-s", "bnssg", "--strict", "10")
    assert result.exit_code == 4
    assert (
        "error: 37.50% is lost to codes that are missing, unknown, no longer in use or of another kind; --strict allows 10%"
        in result.stderr
    )
    assert run(visits, "-s", "bnssg", "--strict", "40").exit_code == 0


def test_json_has_everything(run, visits):
    found = json.loads(run(visits, "-s", "bnssg", "--sum", "Visits", "--json").stdout)
    assert found["reconciliations"][0]["in"] == {"rows": 8, "Visits": 1_060}
    assert found["unknown_codes"] == {"X1": 1}
    assert len(found["places"]) == 6


def test_several_systems_at_once(run, visits, tmp_path):
    assert run(visits, "-s", "bnssg", "-s", "norfolk-and-waveney", "--sum", "Visits", "--out", "o.csv").exit_code == 0
    frame = pd.read_csv(tmp_path / "o.csv")
    assert frame.groupby("ICSID").size().to_dict() == {"bnssg": 6, "norfolk-and-waveney": 5}


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["nothing.csv"], 3, "nothing.csv: no such file"),
        (["visits.csv", "--sum", "Visit"], 2, "the data have no column `Visit`\n  → did you mean `Visits`?"),
        (["visits.csv", "--by", "Visits"], 2, "no codes that placemap knows in column `Visits`"),
        (["visits.csv", "--rate", "Visits"], 2, "a rate needs its numerator and its denominator; found `Visits`"),
        (["visits.csv", "--sum", "Visits", "--mean", "Visits"], 2, "`Visits` would stand in the result more than once"),
        (["visits.csv", "--out", "o.xls"], 2, "`o.xls` ends in none of .csv, .parquet or .xlsx"),
        (["visits.csv", "--join"], 2, "--join needs --out FILE"),
        (["visits.csv", "--kind", "parish"], 2, "`parish` is not a kind of unit"),
        (["empty.csv"], 3, "the file is empty"),
        (["folder"], 3, "the folder holds no .parquet file"),
        (["noise.bin"], 3, "this is not a table"),
    ],
)
def test_mistakes_end_with_one_message(run, visits, tmp_path, arguments, code, text):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "noise.bin").write_bytes(bytes(range(256)))
    (tmp_path / "folder").mkdir()
    result = run(*arguments, "--system", "bnssg")
    assert (result.exit_code, text in result.stderr) == (code, True), result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "form", ["latin", "semicolon", "title-lines", "xlsx", "parquet", "folder", "bom", "late-latin"]
)
def test_forms_of_data(bnssg, tmp_path, form):
    frame = pd.DataFrame({"Área": ["E01014485", "E01014486"], "n": [3, 4]})
    path = tmp_path / {"xlsx": "d.xlsx", "parquet": "d.parquet"}.get(form, "d.csv")
    text = frame.to_csv(index=False)
    if form == "xlsx":
        frame.to_excel(path, index=False)
    elif form == "parquet":
        frame.to_parquet(path)
    elif form == "folder":
        path = tmp_path / "parts"
        (path / "year=2024").mkdir(parents=True)
        frame.head(1).to_parquet(path / "a.parquet")
        frame.tail(1).to_parquet(path / "year=2024" / "b.parquet")
    elif form == "late-latin":
        rows = "".join(f"E01014485,0,{'x' * 90}\n" for _ in range(4_000))
        path.write_bytes(f"Area,n,name\n{rows}E01014486,7,Caf\xe9\n".encode("latin-1"))
    else:
        body = {"semicolon": text.replace(",", ";"), "title-lines": f"A title\n\n{text}"}.get(form, text)
        path.write_bytes(body.encode({"latin": "latin-1", "bom": "utf-8-sig"}.get(form, "utf-8")))
    applied = bnssg.apply(path, sums=["n"], folder=form == "folder")
    assert applied.frame["n"].sum() == 7


def test_frames_of_other_libraries(bnssg):
    pyarrow, polars = pytest.importorskip("pyarrow"), pytest.importorskip("polars")
    data = {"lsoa": ["E01014485", "E01014486"], "n": [3, 4]}
    for frame in (pd.DataFrame(data), pyarrow.table(data), polars.DataFrame(data)):
        assert bnssg.apply(frame, sums=["n"]).frame["n"].sum() == 7
    with pytest.raises(PlacemapError, match="the data are of type dict"):
        bnssg.apply(data)


def test_importing_placemap_is_light():
    import subprocess
    import sys

    code = "import sys, placemap; print([m for m in ('pandas', 'numpy', 'duckdb', 'typer', 'pydantic') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert {"load", "Places", "Applied"} <= set(dir(placemap))


def test_two_configs_that_the_result_could_not_tell_apart_are_refused(run, visits, tmp_path):
    config = PACKAGED.parent / "configs/bnssg.yaml"
    text = config.read_text(encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(text.replace("name: South Bristol", "name: Bristol South"), encoding="utf-8")
    result = run(visits, "--system", "bnssg", "--system", tmp_path / "mine.yaml", "--sum", "Visits")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(
        "error: bnssg.yaml and mine.yaml are different configs, and both have the id `bnssg` and the footprint `localities`"
    )
    once = run(visits, "--system", "bnssg", "--sum", "Visits", "--json")
    twice = run(visits, "--system", "bnssg", "--system", config, "--sum", "Visits", "--json")
    assert (twice.exit_code, twice.stdout) == (once.exit_code, once.stdout)


_SIX = ["E01014485", "E01014486", "E01014487", "E01014488", "E01014489", "E01014491"]


@pytest.mark.parametrize(
    "column",
    [
        pd.period_range("2024-01", periods=6, freq="M"),
        pd.interval_range(0, 6),
        pd.cut(pd.Series(range(6)), 3),
        pd.Categorical(pd.period_range("2024-01", periods=6, freq="M")),
        pd.Categorical([1, "a", 2, "b", 1, "a"]),
        pd.arrays.SparseArray(range(6)),
        [1j] * 6,
        pd.array(range(6), dtype="longdouble"),
        pd.date_range("2024-01-01", periods=6, tz="UTC"),
        [[1], {}, None, "a", 2.5, b"x"],
    ],
    ids=lambda column: type(column).__name__,
)
def test_a_column_of_any_type_beside_the_figures_is_no_hindrance(bnssg, column):
    """DuckDB refuses a whole frame for one column of a type that it does not know."""
    data = pd.DataFrame({"lsoa": _SIX, "n": range(6)}).assign(beside=column)
    assert bnssg.apply(data, sums=["n"]).frame["n"].sum() == 15


def test_months_divide_the_result(bnssg):
    data = pd.DataFrame({"lsoa": _SIX, "n": range(6), "month": pd.period_range("2024-01", periods=6, freq="M")})
    found = bnssg.apply(data, sums=["n"], groups=["month"]).frame
    assert dict(zip(found["month"], found["n"], strict=True))["2024-06"] == 5


@pytest.mark.parametrize("crs", [None, 4326, 27700])
def test_outlines_are_left_out(bnssg, crs):
    data = pd.DataFrame({"lsoa": _SIX, "n": range(6)})
    shapes = gpd.GeoDataFrame(data, geometry=[Point(1, 2)] * 6, crs=crs)
    assert bnssg.apply(shapes, sums=["n"]).frame["n"].sum() == 15


def test_sparse_figures_are_added_up(bnssg):
    data = pd.DataFrame({"lsoa": _SIX, "n": pd.arrays.SparseArray([0, 0, 3, 0, 0, 4])})
    assert bnssg.apply(data, sums=["n"]).frame["n"].sum() == 7


@pytest.mark.parametrize(
    "data",
    [
        pd.DataFrame(),
        pa.table({"lsoa": _SIX, "n": pa.array([decimal.Decimal(3)] * 6, pa.decimal256(50, 2))}),
    ],
    ids=["no columns", "numbers of 50 digits"],
)
def test_what_the_engine_cannot_read_is_a_message(bnssg, data):
    with pytest.raises(PlacemapError, match="the data cannot be read"):
        bnssg.apply(data)
