"""`apply` held to figures from outside it: published populations, the ledger, and plain pandas."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

#: Mid-2019 estimates by district, as the engagement document of May 2021 prints them for option 6.
PUBLISHED_2019 = {
    "north-norfolk": 104_837,
    "broadland": 130_783,
    "norwich": 140_573,
    "south-norfolk": 140_880,
    "breckland": 139_968,
    "kings-lynn-and-west-norfolk": 151_383,
    "great-yarmouth": 99_336,
    "east-suffolk": 249_461,
}


def by_place(frame: pd.DataFrame, column: str) -> dict[str, float]:
    return dict(zip(frame["PLACECD"].str.rpartition("/")[2], frame[column].tolist(), strict=True))


def test_mid_2019_estimates_give_the_published_districts_to_the_person(norfolk, official_files):
    applied = norfolk.apply(official_files / "MYE2019_LSOA11.csv", sums=["TOTAL"], footprint="option-6")
    assert by_place(applied.frame, "TOTAL") == PUBLISHED_2019


def test_registrations_by_lsoa_and_by_practice_differ_by_the_ledgers_flows(bnssg, registrations):
    lived = by_place(
        bnssg.apply(registrations, sums=["NUMBER_OF_PATIENTS"], by="LSOA_CODE").frame, "NUMBER_OF_PATIENTS"
    )
    listed = by_place(
        bnssg.apply(registrations, sums=["NUMBER_OF_PATIENTS"], by="PRACTICE_CODE").frame, "NUMBER_OF_PATIENTS"
    )
    ledger = bnssg.tables()["ledger"]
    practices = bnssg.crosswalk("practice").set_index("PRACTICECD")["PLACECD"]
    without = registrations[~registrations["LSOA_CODE"].str.startswith("E")]
    without = without.groupby(without["PRACTICE_CODE"].map(practices))["NUMBER_OF_PATIENTS"].sum()
    for place in lived:
        code = f"bnssg/localities/{place}"
        here, ours = ledger["RESIDENCE"] == code, ledger["REGISTERED_WITH"] == code
        assert lived[place] == ledger.loc[here, "PATIENTS"].sum()
        come_in = ledger.loc[~here & ours, "PATIENTS"].sum() + without.get(code, 0)
        go_out = ledger.loc[here & ~ours, "PATIENTS"].sum()
        assert listed[place] - lived[place] == pytest.approx(come_in - go_out, abs=0.01)
    assert sum(lived.values()) == 1_066_398


def test_every_patient_of_england_is_accounted_for(bnssg, registrations):
    applied = bnssg.apply(registrations, sums=["NUMBER_OF_PATIENTS"], by="LSOA_CODE")
    (reconciliation,) = applied.reconciliations
    assert reconciliation.total.totals == (61_768_942,)
    assert sum(line.totals[0] for line in reconciliation.lines) == 61_768_942
    missing = next(line for line in reconciliation.lines if line.outcome == "missing code")
    assert missing.totals[0] == registrations.loc[registrations["LSOA_CODE"] == "NO2011", "NUMBER_OF_PATIENTS"].sum()


def test_a_plain_pandas_merge_agrees_on_clean_input(bnssg):
    crosswalk = bnssg.crosswalk("lsoa21")
    random = np.random.default_rng(7)
    data = pd.DataFrame({"lsoa": random.choice(crosswalk["LSOA21CD"], 5_000), "visits": random.integers(0, 900, 5_000)})
    merged = data.merge(crosswalk, left_on="lsoa", right_on="LSOA21CD", how="left", validate="m:1")
    applied = bnssg.apply(data, sums=["visits"], count=True).frame.set_index("PLACECD")
    assert applied["visits"].to_dict() == merged.groupby("PLACECD")["visits"].sum().to_dict()
    assert applied["ROWS"].to_dict() == merged.groupby("PLACECD").size().to_dict()


@pytest.mark.parametrize(("unit", "share"), [("ward", "UNIT_RESIDENT_SHARE"), ("ltla", "UNIT_RESIDENT_SHARE"), ("msoa", "UNIT_RESIDENT_SHARE"), ("utla", "UNIT_RESIDENT_SHARE"), ("sub_icb", "UNIT_RESIDENT_SHARE")])  # fmt: skip
def test_larger_units_go_by_the_shares_of_the_crosswalk(bnssg, unit, share):
    crosswalk = bnssg.crosswalk(unit)
    code = next(c for c in crosswalk.columns[4:] if c.endswith("CD"))
    data = pd.DataFrame({"code": sorted(crosswalk[code].unique())})
    data["people"] = range(1_000, 1_000 + len(data))
    expected: dict[str, float] = {}
    people = dict(zip(data["code"], data["people"], strict=True))
    for row in crosswalk.to_dict("records"):
        expected[row["PLACECD"]] = expected.get(row["PLACECD"], 0) + people[row[code]] * row[share]
    applied = bnssg.apply(data, sums=["people"], kind=unit, by="code")
    assert applied.frame.set_index("PLACECD")["people"].to_dict() == pytest.approx(expected)


def test_census_by_ward_shared_by_residents_is_the_census_by_lsoa(bnssg):
    places = bnssg.places().set_index("PLACECD")["RESIDENTS"].to_dict()
    wards = bnssg.crosswalk("ward")
    whole = (wards["RESIDENTS"] / wards["UNIT_RESIDENT_SHARE"]).groupby(wards["WD24CD"]).first()
    data = whole.round().astype("int64").rename("residents").rename_axis("ward").reset_index()
    applied = bnssg.apply(data, sums=["residents"]).frame.set_index("PLACECD")["residents"].to_dict()
    assert applied == pytest.approx(places)


def test_practices_by_residence_give_the_registered_population(bnssg, registrations):
    data = registrations.groupby("PRACTICE_CODE", as_index=False)["NUMBER_OF_PATIENTS"].sum()
    applied = bnssg.apply(data, sums=["NUMBER_OF_PATIENTS"], practices="residence")
    lived = bnssg.places().set_index("PLACECD")["REGISTERED"].to_dict()
    got = applied.frame.set_index("PLACECD")["NUMBER_OF_PATIENTS"].to_dict()
    # The packaged tables have not every practice whose patients live here: those are told as not in the tables.
    for place, people in lived.items():
        assert got[place] == pytest.approx(people, rel=0.002)


def test_whole_numbers_conserve_the_total_to_the_unit(bnssg):
    wards = sorted(bnssg.crosswalk("ward")["WD24CD"].unique())
    data = pd.DataFrame({"ward": wards, "births": [17 + 3 * (i % 7) for i in range(len(wards))]})
    shared = bnssg.apply(data, sums=["births"])
    whole = bnssg.apply(data, sums=["births"], whole=True)
    assert whole.frame["births"].dtype == np.int64
    assert shared.frame["births"].dtype == np.float64
    assert abs(whole.frame["births"] - shared.frame["births"]).max() < 1
    rest = data["births"].sum() - shared.frame["births"].sum()
    assert abs(data["births"].sum() - whole.frame["births"].sum() - rest) < 1


def test_a_rate_is_the_sums_divided_not_the_mean_of_rates(bnssg):
    crosswalk = bnssg.crosswalk("lsoa21")
    data = pd.DataFrame({"lsoa": crosswalk["LSOA21CD"], "place": crosswalk["PLACECD"]})
    data["deaths"], data["people"] = range(len(data)), range(1_000, 1_000 + len(data))
    rates = bnssg.apply(data.drop(columns="place"), rates=["deaths/people"]).frame.set_index("PLACECD")["deaths/people"]
    sums = data.groupby("place")[["deaths", "people"]].sum()
    assert rates.to_dict() == pytest.approx((sums["deaths"] / sums["people"]).to_dict())
    weighted = bnssg.apply(
        data.assign(rate=data["deaths"] / data["people"]).drop(columns="place"), means=["rate:people"]
    )
    assert weighted.frame.set_index("PLACECD")["rate"].to_dict() == pytest.approx(rates.to_dict())
