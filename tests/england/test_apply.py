"""`apply --england`: one crosswalk of all systems, held against the systems one by one and against published totals."""

import csv
import json
import math

import pandas as pd
import pytest

from conftest import PLACES
from placemap.apply.measures import measures_of
from placemap.apply.options import Options
from placemap.apply.rate_options import RateOptions
from placemap.commands.apply import Applier, resolved_footprint
from placemap.commands.england import resolved_england
from placemap.core.errors import PlacemapError

RESIDENTS_2021, RESIDENTS_MID_2022 = 56_490_108, 57_112_129
PATIENTS = 61_768_942


@pytest.fixture(scope="module")
def england(workspace, shipped_systems):
    """All systems as one footprint."""
    return resolved_england(workspace, shipped_systems.values())


@pytest.fixture(scope="module")
def registrations(official_files):
    """Patients of July 2022 by LSOA of 2011, or by practice, as published."""
    data = pd.read_csv(official_files / "gp-reg-pat-prac-lsoa-all-Jul-22.zip", dtype=str, keep_default_na=False)
    return data.assign(NUMBER_OF_PATIENTS=data["NUMBER_OF_PATIENTS"].astype(int))


def applied(workspace, footprints, data, measures, **options):
    with Applier(workspace, footprints, data, measures, Options(**options)) as applier:
        return applier.apply()


def outcomes(reconciliation):
    return {line.outcome: (line.rows, *line.totals) for line in reconciliation.lines if line.rows}


@pytest.fixture(scope="module")
def each(workspace, shipped_systems):
    """The default footprint of every system by itself, as 42 options `--system` name them."""
    return [resolved_footprint(workspace, s, s.footprints[s.default_footprint]) for s in shipped_systems.values()]


# --- totals -----------------------------------------------------------------------------------------------------------


def test_census_residents_by_lsoa_are_those_of_the_build(
    run, official_files, england_store, national, workspace, tmp_path
):
    census = official_files / "CENSUS21_LSOA21_usual_residents.csv"
    result = run("apply", census, "--england", "--sum", "TOTAL", "--out", "by-place.csv", store=england_store)
    assert result.code == 0
    place, residents = national.national.assignment.place, workspace.populations.residents
    built = {
        (head.ics, head.footprint, head.code): float(residents[place == position].sum())
        for position, head in enumerate(national.national.place_codes)
    }
    with (tmp_path / "by-place.csv").open(encoding="utf-8") as file:
        found = {(r["ICSID"], r["FOOTPRINT"], r["PLACECD"]): float(r["TOTAL"]) for r in csv.DictReader(file)}
    assert found == built
    assert len(found) == PLACES
    assert sum(found.values()) == RESIDENTS_2021
    assert "placed        33,755   56,490,108" in result.out  # the rest of the file is of Wales
    assert "out of area    1,917    3,107,468" in result.out


def test_every_registered_patient_is_accounted_for(workspace, england, registrations):
    by_lsoa = registrations.groupby("LSOA_CODE", as_index=False)["NUMBER_OF_PATIENTS"].sum()
    found = applied(workspace, [england], by_lsoa, measures_of(["NUMBER_OF_PATIENTS"]), by="LSOA_CODE")
    of = by_lsoa.set_index("LSOA_CODE")["NUMBER_OF_PATIENTS"].groupby(lambda code: code[0]).sum()
    (account,) = found.reconciliations
    assert (account.ics, account.footprint) == ("england", "default-footprints")
    assert account.total.totals == (PATIENTS,)
    assert {outcome: totals[1] for outcome, totals in outcomes(account).items()} == {
        "placed": of["E"],
        "out of area": of["W"],
        "missing code": PATIENTS - of["E"] - of["W"],
    }
    assert math.fsum(found.frame["NUMBER_OF_PATIENTS"]) == pytest.approx(of["E"], abs=0.01)
    assert found.vintages == {"2011": 1_034, "2011 and 2021": 31_810}


# --- the same as the systems one by one -------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["LAD24CD", "SICBL24CDH"])
def test_units_that_cross_places_go_as_in_the_systems_alone(workspace, each, england, official_files, column):
    lookup = pd.read_csv(official_files / "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv", dtype=str, encoding="utf-8-sig")
    data = pd.DataFrame({"unit": sorted(lookup[column].unique())})
    data = data.assign(n=[1_000 + 7 * number for number in range(len(data))])
    measures = measures_of(["n"], count=True)
    together = applied(workspace, [england], data, measures)
    alone = applied(workspace, each, data, measures)
    assert len(alone.reconciliations) == 42
    pd.testing.assert_frame_equal(together.frame, alone.frame, check_dtype=False, rtol=1e-9)
    assert outcomes(together.reconciliations[0]) == {"placed": (len(data), data["n"].sum())}


def test_practices_go_by_residence_as_in_the_systems_alone(workspace, each, england, registrations):
    data = registrations.groupby("PRACTICE_CODE", as_index=False)["NUMBER_OF_PATIENTS"].sum()
    measures = measures_of(["NUMBER_OF_PATIENTS"])
    together = applied(workspace, [england], data, measures)
    assert together.method.startswith("practices by where their registered patients live")
    alone = applied(workspace, each, data, measures)
    pd.testing.assert_frame_equal(together.frame, alone.frame, check_dtype=False, rtol=1e-9)
    (account,) = together.reconciliations
    assert math.fsum(line.totals[0] for line in account.lines) == pytest.approx(PATIENTS, abs=0.01)


def test_whole_numbers_still_make_the_total(workspace, england, official_files):
    wards = pd.read_csv(official_files / "LSOA21_WD24_LAD24_EW_LU.csv", dtype=str, encoding="utf-8-sig")[
        "WD24CD"
    ].unique()
    data = pd.DataFrame({"ward": wards, "n": range(1, len(wards) + 1)})
    found = applied(workspace, [england], data, measures_of(["n"]), whole=True)
    (account,) = found.reconciliations
    english = data.loc[data["ward"].str.startswith("E"), "n"].sum()
    assert found.frame["n"].dtype.kind == "i"
    assert found.frame["n"].sum() == english == round(account.placed().totals[0])


# --- what it says, and what else it can do ----------------------------------------------------------------------------


@pytest.fixture
def resolved_once(national, monkeypatch):
    """The command line takes the systems as they were resolved for other tests: that is most of its time."""
    monkeypatch.setattr("placemap.commands.england.england", lambda *_: national)


#: Over half of the total of `data` has no code.
ALL = ("--max-loss", "100")


@pytest.fixture
def data(tmp_path):
    """Three LSOAs of three systems (Bristol, Lincoln, City of London), one of Wales, one row without a code."""
    path = tmp_path / "data.csv"
    path.write_text("lsoa,n\nE01014485,1\nE01026103,2\nE01000001,4\nW01000001,8\n,16\n", encoding="utf-8")
    return path


def test_weak_evidence_is_reported(run, data, england_store, shipped_systems, resolved_once):
    weak = [s for s in shipped_systems.values() if s.footprints[s.default_footprint].grade == "C"]
    result = run("apply", data, "--england", "--sum", "n", "--json", "--verbose", *ALL, store=england_store)
    assert result.code == 0
    assert f"warning weak-evidence ×{len(weak)}" in result.err
    assert all(f"  {system.id}.yaml:" in result.err for system in weak)
    assert [f["code"] for f in json.loads(result.out)["findings"]] == ["weak-evidence"] * len(weak)
    alone = run("apply", data, "--system", "lincolnshire", "--sum", "n", store=england_store)
    assert "warning weak-evidence" in alone.err
    assert "weak-evidence" not in run("apply", data, "--system", "bnssg", "--sum", "n", store=england_store).err


def test_min_grade_leaves_systems_out_and_says_so(run, data, england_store):
    found = json.loads(
        run("apply", data, "--england", "--sum", "n", "--min-grade", "B", "--json", *ALL, store=england_store).out
    )
    assert [place["ICSID"] for place in found["places"] if place["n"]] == ["bnssg", "north-east-london"]
    assert "lincolnshire" not in {place["ICSID"] for place in found["places"]}
    assert found["reconciliations"][0]["out of area"] == {"rows": 2.0, "n": 10.0}
    assert {f["code"] for f in found["findings"]} == {"left-out"}
    refused = run("apply", data, "--system", "lincolnshire", "--min-grade", "B", store=england_store)
    assert refused.code == 4
    assert "graded C; --min-grade B refuses it" in refused.err


def test_join_and_long_and_reconciliation(run, data, england_store, tmp_path, resolved_once):
    result = run("apply", data, "--england", "--join", "--out", "joined.csv", store=england_store)
    assert result.code == 0
    with (tmp_path / "joined.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["ICSID"] for row in rows] == ["bnssg", "lincolnshire", "north-east-london", "", ""]
    assert [row["OUTCOME"] for row in rows] == ["placed", "placed", "placed", "out of area", "missing code"]
    args = ("--long", "--out", "long.csv", "--reconciliation", "account.csv", *ALL)
    assert run("apply", data, "--england", "--sum", "n", *args, store=england_store).code == 0
    with (tmp_path / "long.csv").open(encoding="utf-8") as file:
        values = [row["VALUE"] for row in csv.DictReader(file)]
    assert (len(values), sum(float(value) for value in values if value)) == (PLACES, 7)
    assert values.count("") == PLACES - 3, "a place without data is blank"
    with (tmp_path / "account.csv").open(encoding="utf-8") as file:
        account = {row["OUTCOME"]: float(row["TOTAL"]) for row in csv.DictReader(file) if row["MEASURE"] == "n"}
    assert account["in"] == 31 == account["placed"] + account["out of area"] + account["missing code"]


def test_the_printed_statements_give_the_same(run, data, england_store, tmp_path, resolved_once):
    """The SQL runs by itself on the two tables of keys, and accounts for England once."""
    import duckdb

    result = run("apply", data, "--england", "--sum", "n", "--sql", "--keys", "keys", store=england_store)
    assert result.code == 0
    assert "warning weak-evidence" in result.err
    base = duckdb.connect()
    base.execute(f"CREATE TABLE placemap_data AS SELECT * FROM read_csv('{data}', all_varchar = true)")
    for name in ("placemap_codes", "placemap_weights"):
        types = "{'WEIGHT': 'DOUBLE'}" if name.endswith("weights") else "{}"
        path = tmp_path / "keys" / f"{name}.csv"
        base.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{path}', header = true, types = {types})")
    figures, rest, strays, in_no_place = (s.partition("\n")[2] for s in result.out.split(";\n") if s.strip())
    assert sum(row[-1] for row in base.execute(figures.strip()).fetchall()) == 7
    rows = base.execute(rest.strip()).fetchall()
    assert [row[:2] for row in rows] == [("england", "default-footprints")]
    assert rows[0][3] == 0
    assert sum(row[2] for row in base.execute(strays.strip()).fetchall()) == 24
    assert base.execute(in_no_place.strip()).fetchall() == []


def test_practices_cannot_be_placed_as_declared(run, england_store, tmp_path, resolved_once):
    (tmp_path / "lists.csv").write_text("practice,n\nA81001,1\n", encoding="utf-8")
    result = run("apply", "lists.csv", "--england", "--practices", "declared", "--sum", "n", store=england_store)
    assert result.code == 2
    assert "are not declared from practices or PCNs (nor are those of 37 others)" in result.err
    assert "--practices residence" in result.err


def test_tiers_below_the_default_footprints_sum_to_them(run, england_store, official_files, tmp_path, resolved_once):
    """A second count: by system that has neighbourhoods, their people by PARENTCD are those of the places."""
    import pandas as pd

    census = official_files / "CENSUS21_LSOA21_usual_residents.csv"
    options = ("--sum", "TOTAL", "--tiers", "--out", "tiers.csv")
    result = run("apply", census, "--england", *options, store=england_store)
    assert result.code == 0, result.err
    found = pd.read_csv(tmp_path / "tiers.csv", keep_default_na=False)
    places = found[found["PARENTCD"] == ""].set_index("PLACECD")["TOTAL"].astype(int)
    parts = found[found["PARENTCD"] != ""].astype({"TOTAL": int}).groupby("PARENTCD")["TOTAL"].sum()
    published = pd.read_csv(census)
    assert places.sum() == published.loc[published["LSOA21CD"].str.startswith("E"), "TOTAL"].sum()
    assert {"bnssg", "norfolk-and-waveney", "lancashire-and-south-cumbria"} <= {
        code.split("/")[0] for code in parts.index
    }
    assert parts.to_dict() == places[parts.index].to_dict()


def test_tiers_of_england_are_not_published(run, england_store, official_files, tmp_path, resolved_once):
    """A place that is held back would follow from its neighbourhoods, which are another result."""
    census = official_files / "CENSUS21_LSOA21_usual_residents.csv"
    options = ("--sum", "TOTAL", "--tiers", "--publish", "nhs", "--out", "tiers.csv")
    result = run("apply", census, "--england", *options, store=england_store)
    assert result.code == 2
    assert "tiers of all England are two results" in result.err
    assert not (tmp_path / "tiers.csv").exists()


def test_from_python(england_store, official_files):
    import placemap

    england = placemap.load_england(data=england_store)
    assert (england.id, england.footprints) == ("england", ["default-footprints"])
    census = official_files / "CENSUS21_LSOA21_usual_residents.csv"
    frame = england.apply(census, sums=["TOTAL"]).frame.set_index("PLACECD")["TOTAL"]
    assert frame.to_dict() == england.places().set_index("PLACECD")["RESIDENTS"].to_dict()
    assert len(england.crosswalk("lsoa21")) == 33_755
    with pytest.raises(placemap.PlacemapError, match="there is no grade `D`"):
        placemap.load_england(data=england_store, min_grade="D")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--england", "--system", "bnssg"), "`bnssg` cannot be given with it"),
        (("--england", "--footprint", "places"), "`places` cannot be given with it"),
        ((), "which system? Name one or several with --system, or all of them with --england"),
    ],
)
def test_usage(run, data, args, said):
    result = run("apply", data, *args, "--sum", "n")
    assert result.code == 2
    assert said in result.err


def test_packaged_tables_give_the_message_of_the_build(run, data):
    result = run("apply", data, "--england", "--sum", "n")
    assert (result.code, result.out) == (3, "")
    assert result.err == run("build", "--england").err


# --- rates ------------------------------------------------------------------------------------------------------------


def test_a_rate_of_england_is_that_of_published_totals(workspace, england, official_files):
    """Census residents over those of mid-2022, of whom 57,112,129 were published for England."""
    census = official_files / "CENSUS21_LSOA21_usual_residents.csv"
    measures = measures_of(rates=["TOTAL"], denominator="residents_mid_2022")
    rates = RateOptions(per=1000, denominator="residents_mid_2022", compare=("england", "system"))
    found = applied(workspace, [england], census, measures, rates=rates).frame
    title = "TOTAL/residents_mid_2022 per 1000"
    assert found[f"{title} ENGLAND"].unique() == pytest.approx([RESIDENTS_2021 / RESIDENTS_MID_2022 * 1000])
    assert found["ICSID"].nunique() == 42
    assert len(found[["ICSID", f"{title} SYSTEM"]].drop_duplicates()) == 42
    words = found.groupby(f"{title} VS ENGLAND")[title].agg(["min", "max"])
    assert words.loc["lower than England", "max"] < RESIDENTS_2021 / RESIDENTS_MID_2022 * 1000
    assert words.loc["higher than England", "min"] > RESIDENTS_2021 / RESIDENTS_MID_2022 * 1000


def test_data_of_one_system_give_no_rate_of_england(workspace, england, each):
    lsoas = each[0].geography.lsoa_codes[each[0].assignment.place >= 0]
    data = pd.DataFrame({"lsoa": lsoas, "n": 1})
    rates = RateOptions(per=1000, denominator="residents_2021", compare=("england",))
    with pytest.raises(PlacemapError, match=r"no rate of England: the data cover [1-9]\.\d% of its people"):
        applied(workspace, [england], data, measures_of(rates=["n"], denominator="residents_2021"), rates=rates)
