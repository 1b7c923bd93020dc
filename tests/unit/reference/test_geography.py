"""2011 to 2021, measures, units, and the crosswalk's weights."""

import numpy as np
import pytest
import toy_county
from toy_county import LSOAS

from placemap.reference.geography import Geography
from placemap.reference.open_store import open_store


@pytest.fixture(scope="module")
def geography(toy_store):
    return Geography(open_store(toy_store))


def by_code(geography, values):
    return dict(zip(geography.lsoas, values, strict=True))


def test_lsoas_stand_in_order_of_code(toy_store, tmp_path):
    shuffled = Geography(open_store(toy_county.write_store(tmp_path / "s", shuffle=3)))
    assert list(shuffled.lsoas) == LSOAS


def test_split_by_residents_of_2021(geography):
    people = by_code(geography, geography.measure("residents_mid_2019"))
    assert (people["E01000002"], people["E01000003"]) == pytest.approx((1900 * 0.3, 1900 * 0.7))


def test_merged_lsoas_add_up(geography):
    assert by_code(geography, geography.measure("residents_mid_2019"))["E01000006"] == 1500


def test_totals_are_conserved(geography):
    assert geography.measure("residents_mid_2019").sum() == pytest.approx(sum(toy_county.MID_2019.values()))
    english = sum(sum(counts) for code, counts in toy_county.PATIENTS.items() if code.startswith("E01"))
    assert geography.measure("registered_2022_07").sum() == pytest.approx(english)


def test_a_split_without_residents_goes_in_equal_parts(tmp_path):
    tables = toy_county.tables()
    family, kind, vintage, base, frame = tables["residents_2021"]
    frame = frame.assign(people=frame["people"].where(~frame["lsoa_code"].isin(["E01000002", "E01000003"]), 0))
    tables["residents_2021"] = (family, kind, vintage, base, frame)
    geography = Geography(open_store(toy_county.write_store(tmp_path / "empty", tables)))
    people = by_code(geography, geography.measure("residents_mid_2019"))
    assert (people["E01000002"], people["E01000003"]) == (950, 950)


def test_residents_of_a_merged_lsoa_are_divided_by_mid_2019(geography):
    fit = geography.fit_2011
    pairs = zip(fit.codes[fit.source], geography.residents_2011_pairs, strict=True)
    of = {code: people for code, people in pairs if code in ("E01000092", "E01000093")}
    assert of == pytest.approx({"E01000092": 2000 * 900 / 1500, "E01000093": 2000 * 600 / 1500})


def test_an_lsoa_goes_with_the_former_unit_that_most_of_its_people_come_from(tmp_path):
    """E01000092 (900 people) and E01000093 (600) merged; if only the smaller was in Old Borley, LSOA 6 is not."""
    tables = toy_county.tables()
    family, kind, vintage, base, frame = tables["ltla-2019"]
    for moved, expected in (("E01000092", "E07000899"), ("E01000093", "E07000898")):
        other = frame.copy()
        for code in ("E01000092", "E01000093"):
            old = code == moved
            other.loc[other["lsoa11_code"] == code, ["ltla_code", "ltla_name"]] = (
                ["E07000899", "Old Borley"] if old else ["E07000898", "The Rest"]
            )
        tables["ltla-2019"] = (family, kind, vintage, base, other)
        units = Geography(open_store(toy_county.write_store(tmp_path / moved, tables))).units("ltla", "2019")
        assert units.codes[units.of[5]] == expected
        assert units.best_fit[5]
        assert not units.best_fit[0]


def test_units_by_either_code(geography):
    units = geography.units("sub_icb")
    assert units.position("90A") == units.position("E38000901") == 0
    assert units.position("90Z") is None
    assert units.lsoas(1).tolist() == [12]


def test_published_names_come_from_the_vintage(geography):
    assert geography.units("ltla").prefix == "LAD24"
    assert geography.units("ward").prefix == "WD24"
    assert geography.units("sub_icb").prefix == "SICBL24"


def test_registrations_without_an_english_lsoa_are_kept_apart(geography):
    table = geography.registrations
    classes = {code: table.patients[table.lsoa == code].sum() for code in (table.NO_LSOA, table.WALES, table.ENGLAND)}
    assert classes == {table.NO_LSOA: 10 + 40, table.WALES: 20 + 5_000, table.ENGLAND: 100_000}
    assert table.patients.sum() == toy_county.TOTAL_PATIENTS


# --- the crosswalk ----------------------------------------------------------------------------------------------------


@pytest.fixture
def tables(toy):
    def make(name):
        workspace, system, chosen = toy(footprint=name)
        return {table.name: table.frame for table in workspace.build(system, chosen).tables}

    return make


def fits(frame, column):
    return {
        (place.split("/")[-1], code): fit
        for place, code, fit in zip(frame["PLACECD"], frame[column], frame["FIT"], strict=True)
    }


def test_fit(tables):
    made = tables("mixed")
    assert fits(made["place_wd24"], "WD24CD") == {
        ("centre", "E05000901"): "partial",  # LSOA 3 of 1, 2, 3
        ("centre", "E05000902"): "within",
        ("centre", "E05000903"): "partial",
        ("edge", "E05000905"): "within",
        ("edge", "E05000906"): "partial",  # LSOA 13 is outside
        ("north", "E05000901"): "contains",  # North is LSOA 1 alone
        ("rest", "E05000901"): "partial",
        ("rest", "E05000903"): "partial",
        ("rest", "E05000904"): "within",
    }
    assert fits(tables("councils")["place_lad24"], "LAD24CD") == {
        ("ashton", "E06000901"): "exact",
        ("borley", "E07000902"): "exact",
        ("corley", "E07000903"): "exact",
    }


def test_fit_by_a_slow_definition(tables):
    """FIT once more with sets, for every unit of every footprint."""
    units = {
        "place_wd24": ("WD24CD", toy_county.WARDS),
        "place_lad24": ("LAD24CD", toy_county.LTLAS),
        "place_msoa21": ("MSOA21CD", toy_county.MSOAS),
    }
    for footprint in ("councils", "inside", "localities", "mixed"):
        made = tables(footprint)
        crosswalk = made["place_lsoa21"]
        places = {code: {int(c[-2:]) for c in group} for code, group in crosswalk.groupby("PLACECD")["LSOA21CD"]}
        for name, (column, members) in units.items():
            expected = {}
            for place, own in places.items():
                for code, theirs in members.items():
                    both = own & set(theirs)
                    if both:
                        words = {(True, True): "exact", (True, False): "within", (False, True): "contains"}
                        expected[place.split("/")[-1], code] = words.get((both == set(theirs), both == own), "partial")
            assert fits(made[name], column) == expected, (footprint, name)


def test_a_split_lsoa_of_2011_is_divided_by_residents(tables):
    frame = tables("mixed")["place_lsoa11"]
    shares = frame[frame["LSOA11CD"] == "E01000091"].set_index("PLACENM")[
        ["UNIT_RESIDENT_SHARE", "UNIT_REGISTERED_SHARE", "CHGIND", "FIT"]
    ]
    assert shares.to_dict("index") == {
        "Centre": {
            "UNIT_RESIDENT_SHARE": pytest.approx(0.7),
            "UNIT_REGISTERED_SHARE": pytest.approx(0.7),
            "CHGIND": "S",
            "FIT": "partial",
        },
        "Rest": {
            "UNIT_RESIDENT_SHARE": pytest.approx(0.3),
            "UNIT_REGISTERED_SHARE": pytest.approx(0.3),
            "CHGIND": "S",
            "FIT": "partial",
        },
    }


def test_a_place_that_is_an_lsoa_of_2011_fits_it(toy):
    text = toy_county.footprint(
        "      a: {name: A, lsoa: [E01000002, E01000003]}\n      b: {name: B, sub_icb: [90A], exclude: {lsoa: [E01000002, E01000003]}}\n"
    )
    workspace, system, chosen = toy(text)
    frame = next(t.frame for t in workspace.build(system, chosen).tables if t.name == "place_lsoa11")
    assert fits(frame, "LSOA11CD")["a", "E01000091"] == "exact"


def test_the_units_denominator_is_the_whole_unit(tables):
    frame = tables("localities")["place_lad24"]
    corley = frame[frame["LAD24CD"] == "E07000903"].iloc[0]
    assert corley["UNIT_RESIDENT_SHARE"] == pytest.approx(3000 / 3900)
    assert corley["UNIT_REGISTERED_SHARE"] == pytest.approx(2100 / 2800)
    assert corley["PLACE_RESIDENT_SHARE"] == pytest.approx(3000 / 7200)


def test_ledger_without_patient_kinds_is_by_residence(tables):
    ledger = tables("councils")["ledger"]
    assert ledger.groupby("CATEGORY", sort=False)["PATIENTS"].sum().to_dict() == {
        "no LSOA of residence": 50,
        "lives in Wales": 5020,
        "lives outside the scope": 100_700,
        "lives in the scope": 8_650,
    }
    corley = ledger[ledger["RESIDENCE"] == "toyshire/councils/corley"].set_index("CATEGORY")["PATIENTS"].to_dict()
    assert corley == {"lives outside the scope": 700, "lives in the scope": 2_100}


def test_hundredths_keep_the_total():
    from placemap.crosswalk.patient_ledger import _hundredths

    parts = [100 / 3, 100 / 3, 100 / 3]
    assert _hundredths(parts, 100) == [33.34, 33.33, 33.33]
    assert np.isclose(sum(_hundredths([0.004, 0.004, 0.992], 1)), 1)


def test_a_listed_practice_stands_in_the_table_of_practices_once_where_it_is_listed(toy):
    places = "      a: {name: A, pcn: [U90001, U90002]OF_A}\n      b: {name: B, pcn: [U90003, U90004], practice: [A90006OF_B]}\n"
    text = toy_county.footprint(places.replace("OF_A", "").replace("OF_B", ", A90001"))
    for listed in (text, toy_county.footprint(places.replace("OF_A", ", practice: [A90004]").replace("OF_B", ""))):
        workspace, system, chosen = toy(listed)
        frame = next(t.frame for t in workspace.build(system, chosen).tables if t.name == "place_practice")
        found = {
            code: (place, by)
            for code, place, by in zip(frame["PRACTICECD"], frame["PLACENM"], frame["DECLARED_BY"], strict=True)
        }
        assert frame["PRACTICECD"].is_unique
        assert found["A90001"] == (("B", "practice") if listed is text else ("A", "pcn"))
        assert found["A90004"] == (("B", "pcn") if listed is text else ("A", "practice"))
        assert found["A90002"] == ("A", "pcn")
