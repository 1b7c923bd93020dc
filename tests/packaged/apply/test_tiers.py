"""`apply --tiers`: figures of each tier, each the sum of the next, also where neighbourhoods cross places."""

import json

import numpy as np
import pandas as pd
import pytest

from conftest import PACKAGED, REPO
from placemap.core.errors import PlacemapError


def figures(run, tmp_path, data, *options):
    """The result as a frame, of a run that has to succeed."""
    data.to_csv(tmp_path / "data.csv", index=False)
    ran = run("apply", "data.csv", "--tiers", *options, "--out", "out.csv")
    assert ran.code == 0, ran.err
    return pd.read_csv(tmp_path / "out.csv", dtype={"PLACECD": str, "PARENTCD": str}, keep_default_na=False)


def of_tier(frame, footprint, by, column):
    part = frame[frame["FOOTPRINT"] == footprint]
    return part.assign(**{column: pd.to_numeric(part[column])}).groupby(by)[column].sum().to_dict()


@pytest.fixture(scope="module")
def lsoas(workspace, shipped_systems):
    """Random figures by LSOA of Norfolk and Waveney."""
    system = shipped_systems["norfolk-and-waveney"]
    _, resolved = workspace.resolve(system, system.footprints["option-4"])
    codes = workspace.geography.lsoa_codes[resolved.assignment.in_scope]
    return pd.DataFrame({"lsoa21cd": codes, "calls": np.random.default_rng(7).integers(0, 1000, len(codes))})


def test_sums_of_neighbourhoods_are_the_places(run, tmp_path, lsoas):
    found = figures(run, tmp_path, lsoas, "--system", "norfolk-and-waveney", "--sum", "calls")
    places = of_tier(found, "option-4", "PLACECD", "calls")
    assert of_tier(found, "neighbourhoods", "PARENTCD", "calls") == places
    assert sum(places.values()) == lsoas["calls"].sum()


def test_neighbourhood_that_crosses_has_a_row_in_each_place_and_its_own_total(run, tmp_path, lsoas):
    found = figures(run, tmp_path, lsoas, "--system", "norfolk-and-waveney", "--sum", "calls")
    twice = found[found["FOOTPRINT"] == "neighbourhoods"].groupby("PLACENM").size()
    assert set(twice[twice > 1].index) == {"Mid Norfolk", "North Norfolk 1"}
    alone = run(
        "apply", "data.csv", "--system", "norfolk-and-waveney", "-f", "neighbourhoods", "--sum", "calls", "--json"
    )
    own = {row["PLACECD"]: row["calls"] for row in json.loads(alone.out)["places"]}
    assert of_tier(found, "neighbourhoods", "PLACECD", "calls") == own
    crossed = found[(found["PLACENM"] == "Mid Norfolk") & (found["PARENTNM"] == "North Norfolk")]
    assert crossed["calls"].tolist() == lsoas.loc[lsoas["lsoa21cd"] == "E01026522", "calls"].tolist()


def test_practices_in_no_neighbourhood_stand_in_a_row_of_their_own(run, tmp_path, workspace, shipped_systems):
    """Coniston and Concord are South Gloucestershire's and in no PCN; without them the tiers would not sum."""
    codes = ["L81019", "L81036", "L81118", "L81012"]
    data = pd.DataFrame({"practice_code": codes, "visits": [5, 7, 11, 13]})
    found = figures(run, tmp_path, data, "--system", "bnssg", "--sum", "visits")
    places = {key: total for key, total in of_tier(found, "localities", "PLACECD", "visits").items() if total}
    below = {key: total for key, total in of_tier(found, "neighbourhoods", "PARENTCD", "visits").items() if total}
    assert below == places
    assert places == {"bnssg/localities/south-gloucestershire": 23, "bnssg/localities/inner-city-and-east-bristol": 13}
    rest = found[(found["FOOTPRINT"] == "neighbourhoods") & (found["PLACECD"] == "")]
    assert rest[["PLACENM", "PARENTNM", "visits"]].astype(str).to_numpy().tolist() == [
        ["in no place of neighbourhoods", "South Gloucestershire", "12"]
    ]


def test_one_place_that_is_divided_sums_and_others_have_nothing_below(run, tmp_path, workspace):
    codes = workspace.geography.lsoa_codes
    ltla = workspace.geography.units("ltla")
    data = pd.DataFrame({"lsoa21cd": codes[np.isin(ltla.codes[ltla.of], ["E06000009", "E07000120"])], "n": 1})
    found = figures(run, tmp_path, data, "--system", "lancashire-and-south-cumbria", "--sum", "n", "--long")
    found["VALUE"] = pd.to_numeric(found["VALUE"])
    by = found.groupby(["FOOTPRINT", "PLACENM"])["VALUE"].sum().to_dict()
    assert by["places-2022", "Lancashire"] == by["delivery-units", "East"] > 0
    assert by["places-2022", "Blackpool"] > 0
    assert set(found.loc[found["FOOTPRINT"] == "delivery-units", "PARENTNM"]) == {"Lancashire"}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--system", "norfolk-and-waveney", "--join"], "--join is for one tier"),
        (["--system", "norfolk-and-waveney", "--sql"], "--sql is for one tier"),
        (["--system", "norfolk-and-waveney", "--whole-numbers"], "--whole-numbers is for one tier"),
        (["--system", "norfolk-and-waveney", "-f", "option-6"], "has no other tier"),
        (["--system", "norfolk-and-waveney", "--system", "bnssg"], "--tiers takes one system and footprint"),
        (["--england", "--sql"], "--sql is for one tier"),
    ],
)
def test_what_tiers_do_not_go_with_is_refused(run, tmp_path, lsoas, options, message):
    lsoas.to_csv(tmp_path / "data.csv", index=False)
    ran = run("apply", "data.csv", "--tiers", "--sum", "calls", "--out", "out.csv", *options, store=PACKAGED)
    assert ran.code == 2
    assert message in ran.err
    assert not (tmp_path / "out.csv").exists()


def test_tiers_from_python_are_those_of_the_command(norfolk, run, tmp_path, lsoas):
    found = figures(run, tmp_path, lsoas, "--system", "norfolk-and-waveney", "--sum", "calls")
    applied = norfolk.apply(lsoas, sums=["calls"], tiers=True)
    columns = ["FOOTPRINT", "PLACECD", "PLACENM", "PARENTCD", "PARENTNM"]
    assert applied.frame[columns].to_numpy().tolist() == found[columns].to_numpy().tolist()
    assert applied.frame["calls"].tolist() == pd.to_numeric(found["calls"]).tolist()
    (covered,) = applied.covered
    shares = covered.set_index(["PLACECD", "PARENTCD"])["UNIT_COVERAGE"].to_dict()
    assert {shares[key] for key in applied.frame[["PLACECD", "PARENTCD"]].itertuples(index=False, name=None)} == {1.0}


def test_parents_from_python(norfolk):
    """Mid Norfolk and North Norfolk 1 each have residents in a place that is not theirs, counted by hand."""
    parents = norfolk.parents("neighbourhoods")
    crossing = parents[~parents["IS_PARENT"]].set_index("PLACENM")["RESIDENTS"].to_dict()
    assert crossing == {"Mid Norfolk": 1447, "North Norfolk 1": 2143}
    with pytest.raises(PlacemapError, match="`option-4` of norfolk-and-waveney lies inside no other"):
        norfolk.parents()


@pytest.mark.parametrize(
    ("options", "message"),
    [({"footprint": "option-6"}, "has no other tier"), ({"whole": True}, "`whole` is for one tier")],
)
def test_what_tiers_do_not_go_with_is_refused_in_python(norfolk, lsoas, options, message):
    with pytest.raises(PlacemapError, match=message):
        norfolk.apply(lsoas, sums=["calls"], tiers=True, **options)


def test_a_database_gets_the_places_of_each_tier_and_no_parts_of_them(run, tmp_path, lsoas):
    """Norfolk has 5 places and 17 PCNs; two cross, so figures have two rows more than there are places."""
    import duckdb

    lsoas.to_csv(tmp_path / "data.csv", index=False)
    path = tmp_path / "our.duckdb"
    ran = run(
        "apply", "data.csv", "--system", "norfolk-and-waveney", "--tiers", "--sum", "calls", "--to", f"duckdb:{path}"
    )
    assert ran.code == 0, ran.err
    with duckdb.connect(str(path)) as base:
        query = "SELECT FOOTPRINT, count(*), count(DISTINCT PLACECD), sum(RESIDENTS) FROM placemap.places GROUP BY 1"
        assert sorted(base.sql(query).fetchall()) == [
            ("neighbourhoods", 17, 17, 1_032_520),
            ("option-4", 5, 5, 1_032_520),
        ]
        assert base.sql("SELECT count(*) FROM placemap.applied").fetchall() == [(24,)]
        strangers = "SELECT PLACECD FROM placemap.applied EXCEPT SELECT PLACECD FROM placemap.places"
        assert base.sql(strangers).fetchall() == []


def test_what_is_held_back_is_told_of_places_in_python(norfolk, lsoas):
    few = lsoas.assign(calls=1)
    held = norfolk.apply(few, sums=["calls"], count=True, tiers=True, publish="nhs").held_back
    places = {f"norfolk-and-waveney/neighbourhoods/{key}" for key in ("mid-norfolk", "north-norfolk-1")}
    assert {one.place for one in held} >= places
    assert not [one.place for one in held if "@" in one.place]


def test_practices_of_places_put_together_sum_to_them(run, tmp_path, workspace, shipped_systems):
    """Each practice whole: a place has what its parts have, and all of them have what was put in."""
    config = (REPO / "configs/norfolk-and-waveney.yaml").read_text(encoding="utf-8")
    above = {
        place.id: place.parent for place in shipped_systems["norfolk-and-waveney"].footprints["neighbourhoods"].places
    }
    united = {
        parent: {"name": parent, "place": [f"neighbourhoods/{key}" for key in sorted(above) if above[key] == parent]}
        for parent in sorted(set(above.values()))
    }
    head = "  united: {name: United, status: proposed, grade: B, evidence: engagement-2021, places: "
    text = config.replace("    inside: option-4\n", "").replace("        parent: ", "        notes: of ")
    (tmp_path / "norfolk.yaml").write_text(f"{text}{head}{json.dumps(united)}}}\n", encoding="utf-8")
    codes = [code for code in workspace.geography.registrations.codes if code.startswith("D82")]
    data = pd.DataFrame({"practice_code": codes, "visits": np.random.default_rng(3).integers(0, 1000, len(codes))})
    found = figures(
        run, tmp_path, data, "--system", "norfolk.yaml", "-f", "united", "--practices", "declared", "--sum", "visits"
    )
    places = of_tier(found, "united", "PLACECD", "visits")
    assert of_tier(found, "neighbourhoods", "PARENTCD", "visits") == places
    assert len(places) == 5
    system = shipped_systems["norfolk-and-waveney"]
    _, declared = workspace.resolve(system, system.footprints["neighbourhoods"])
    placed = data["practice_code"].isin(declared.assignment.declared.place_of)
    assert sum(places.values()) == data.loc[placed, "visits"].sum() > 0
