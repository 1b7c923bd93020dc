"""All England: coverage, totals and tables, held against published totals and a simple recount."""

import csv
import json
from collections import defaultdict

import pandas as pd
import pytest

from conftest import PLACES, REPO

LSOAS = 33_755
RESIDENTS_2021 = 56_490_108
RESIDENTS_MID_2022 = 57_112_129
PATIENTS = 61_768_942
#: Kinds that nest in LSOA lookups, with the file and columns that tell the LSOAs of each, for the recount.
SIMPLE = {
    "ltla": ("LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv", "LAD24CD"),
    "sub_icb": ("LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv", "SICBL24CDH"),
}


@pytest.fixture(scope="module")
def folder(england_store, tmp_path_factory):
    """The folder that `build --england` writes, and what it printed."""
    from typer.testing import CliRunner

    from placemap.cli import app

    out = tmp_path_factory.mktemp("england-out")
    result = CliRunner().invoke(app, ["build", "--england", "--data", str(england_store), "--out", str(out)])
    assert result.exit_code == 0, result.output
    return out / "england" / "default-footprints", result


@pytest.fixture(scope="module")
def tables(folder):
    """The tables of that folder as text."""
    return {path.stem: pd.read_csv(path, dtype=str, keep_default_na=False) for path in sorted(folder[0].glob("*.csv"))}


def number(column):
    return column.astype(float)


# --- coverage -------------------------------------------------------------------------------------------------------


def test_every_lsoa_is_in_exactly_one_place(tables, official_files):
    with (official_files / "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv").open(encoding="utf-8-sig") as file:
        official = {row["LSOA21CD"] for row in csv.DictReader(file)}
    found = tables["place_lsoa21"]["LSOA21CD"]
    assert len(found) == LSOAS
    assert set(found) == official
    assert set(tables["place_lsoa21"]["IN_SCOPE"]) == {"true"}


def test_residents_are_those_published(national, workspace, tables):
    place = national.national.assignment.place
    assert round(workspace.geography.measure("residents_2021")[place >= 0].sum()) == RESIDENTS_2021
    assert round(workspace.geography.measure("residents_mid_2022")[place >= 0].sum()) == RESIDENTS_MID_2022
    assert round(number(tables["places"]["RESIDENTS"]).sum()) == RESIDENTS_2021


def test_no_place_of_a_default_footprint_reaches_out_of_its_scope(national):
    assert not [f for f in national.findings if f.code in ("outside-scope", "gap", "overlap")]
    # Between systems there is nothing; what stays with the whole is what its users must know of its parts.
    assert {f.code for f in national.national.findings} <= {"weak-evidence"}


def test_places_of_whole_units_agree_with_a_recount(tables, shipped_systems, official_files):
    """A second implementation, with sets, of every place that is declared from councils or sub-ICB locations alone."""
    units, icbs = defaultdict(set), {}
    with (official_files / SIMPLE["ltla"][0]).open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            icbs[row["LSOA21CD"]] = row["ICB24CD"]
            for kind, (_, column) in SIMPLE.items():
                units[kind, row[column]].add(row["LSOA21CD"])
    with (official_files / "LTLA23_UTLA23_EW_LU.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            units["utla", row["UTLA23CD"]] |= units["ltla", row["LTLA23CD"]]
    built = tables["place_lsoa21"].groupby("PLACECD")["LSOA21CD"].agg(set).to_dict()
    checked = 0
    for system in shipped_systems.values():
        footprint = system.footprints[system.default_footprint]
        for place in footprint.places:
            kinds = {member.kind for member in (*place.members, *place.exclude)}
            if not kinds <= {"ltla", "utla", "sub_icb"} or any(m.vintage < "2023" for m in place.members):
                continue
            lsoas = set().union(*(units[m.kind, m.code] for m in place.members))
            lsoas -= set().union(*(units[m.kind, m.code] for m in place.exclude))
            if place.within_scope:
                lsoas = {lsoa for lsoa in lsoas if icbs[lsoa] == system.icb_code}
            assert built[f"{system.id}/{footprint.id}/{place.id}"] == lsoas, (system.id, place.id)
            checked += 1
    assert checked >= 145


# --- patients -------------------------------------------------------------------------------------------------------


def test_the_ledger_accounts_for_every_patient(tables, official_files):
    ledger = tables["ledger"]
    lines = number(ledger["PATIENTS"]).groupby(ledger["CATEGORY"]).sum().round(2)
    assert round(lines.sum(), 2) == PATIENTS
    official = pd.read_csv(official_files / "gp-reg-pat-prac-lsoa-all-Jul-22.zip", dtype=str, keep_default_na=False)
    country = official["LSOA_CODE"].str[0]
    residence = official["NUMBER_OF_PATIENTS"].astype(int).groupby(country).sum()
    assert lines["lives in Wales"] == residence["W"]
    assert lines["no LSOA of residence"] == residence.drop(["E", "W"]).sum()
    assert round(lines.drop(["no LSOA of residence", "lives in Wales"]).sum(), 2) == residence["E"]


def test_the_ledger_agrees_with_that_of_a_single_system(tables, workspace, shipped_systems):
    """What people of a system do among its own places, and in all, is the same whether it is built alone."""
    for name in ("gloucestershire", "bnssg"):
        system = shipped_systems[name]
        outcome = workspace.build(system, system.footprints[system.default_footprint])
        alone = next(table.frame for table in outcome.tables if table.name == "ledger")
        alone = alone[alone["RESIDENCE"].str.startswith(name) & alone["REGISTERED_WITH"].str.startswith(name)]
        alone = alone[alone["CATEGORY"].str.startswith("lives in the scope")]
        every = tables["ledger"][tables["ledger"]["REGISTERED_WITH"] != ""]
        both = every.merge(
            alone, on=["RESIDENCE", "REGISTERED_WITH"], how="inner", validate="1:1", suffixes=("", "_ALONE")
        )
        assert len(both) == len(alone) > 10
        assert (number(both["PATIENTS"]) - both["PATIENTS_ALONE"]).abs().max() < 0.02
        everyone = tables["ledger"][tables["ledger"]["RESIDENCE"].str.startswith(f"{name}/")]
        places = tables["places"][tables["places"]["ICSID"] == name]
        assert number(everyone["PATIENTS"]).sum() == pytest.approx(number(places["REGISTERED"]).sum(), abs=0.5)


def test_shares_of_pcns_sum_to_one(tables):
    pcns = tables["place_pcn"][tables["place_pcn"]["PCNCD"] != ""]
    total = number(pcns["UNIT_REGISTERED_SHARE"]).groupby(pcns["PCNCD"]).sum()
    assert total.between(0.8, 1.0001).all()  # the rest has no LSOA, or lives in Wales
    of_place = number(tables["place_pcn"]["PLACE_REGISTERED_SHARE"]).groupby(tables["place_pcn"]["PLACECD"]).sum()
    assert of_place.between(0.9999, 1.0001).all()


# --- tables ---------------------------------------------------------------------------------------------------------


def test_crosswalks_say_where_all_of_every_unit_is(tables):
    for name, code in (
        ("place_msoa21", "MSOA21CD"),
        ("place_wd24", "WD24CD"),
        ("place_lad24", "LAD24CD"),
        ("place_utla23", "UTLA23CD"),
        ("place_sicbl24", "SICBL24CD"),
        ("place_ccg19", "CCG19CD"),
    ):
        table = tables[name]
        assert table["LSOAS"].astype(int).sum() == LSOAS, name
        assert round(number(table["RESIDENTS"]).sum()) == RESIDENTS_2021, name
        assert number(table["UNIT_RESIDENT_SHARE"]).groupby(table[code]).sum().between(0.99999, 1.00001).all(), name
        assert number(table["PLACE_RESIDENT_SHARE"]).groupby(table["PLACECD"]).sum().between(0.9999, 1.0001).all(), name
    assert tables["place_lad24"]["LAD24CD"].nunique() == 296
    assert tables["place_sicbl24"]["SICBL24CD"].nunique() == 106
    assert tables["place_lsoa11"]["LSOA11CD"].nunique() == 32_844
    shares = number(tables["place_lsoa11"]["UNIT_RESIDENT_SHARE"]).groupby(tables["place_lsoa11"]["LSOA11CD"]).sum()
    assert shares.between(0.99999, 1.00001).all()


def test_a_system_has_the_same_rows_alone(tables, workspace, shipped_systems):
    """National tables are the tables of the systems, put together."""
    system = shipped_systems["surrey-heartlands"]
    outcome = workspace.build(system, system.footprints["places"])
    for table in outcome.tables:
        if table.name in ("ledger", "findings"):
            continue
        every = tables[table.name]
        part = every[every["ICSID"] == system.id].reset_index(drop=True)
        assert len(part) == len(table.frame), table.name
        for column in table.schema.columns:
            mine, theirs = part[column.name], table.frame[column.name]
            if column.type in ("people", "share", "int"):
                alone = theirs.astype(float)
                assert pd.to_numeric(mine).fillna(0).sub(alone.fillna(0)).abs().max() < 0.006 or not len(mine), (
                    column.name
                )
            else:
                theirs = theirs.map({True: "true", False: "false"}) if column.type == "flag" else theirs
                if column.name == "BEST_FIT":  # of all places of England; one of another system may have more of it
                    theirs = theirs.where(mine == "true", "false")
                assert mine.tolist() == theirs.tolist(), (table.name, column.name)


def test_every_unit_has_one_best_fit(tables):
    """Held against the most residents of the unit in any place, by pandas."""
    for name, frame in tables.items():
        if "BEST_FIT" in frame:
            code = frame.columns[5]
            best = frame[frame["BEST_FIT"] == "true"]
            assert best[code].is_unique, name
            assert set(best[code]) == set(frame[code]), name
            most = number(frame["RESIDENTS"]).groupby(frame[code]).max()
            assert (number(best["RESIDENTS"]).to_numpy() == most[best[code]].to_numpy()).all(), name


def test_places_have_grade_figures_and_description(tables, shipped_systems):
    places = tables["places"]
    assert len(places) == sum(len(s.footprints[s.default_footprint].places) for s in shipped_systems.values()) == PLACES
    grades = {s.id: s.footprints[s.default_footprint].grade for s in shipped_systems.values()}
    assert places["GRADE"].tolist() == places["ICSID"].map(grades).tolist()
    assert (places["DESCRIPTION"] != "").all()
    assert (places["DECLARED_FROM"] != "").all()
    assert number(places["OWN_PRACTICE_SHARE"]).between(0.5, 1).all()


def test_places_that_are_a_council_say_so(tables, official_files):
    """Counted with sets from the official files, and in the page."""
    units = defaultdict(set)
    with (official_files / SIMPLE["ltla"][0]).open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            units[row["LAD24CD"]].add(row["LSOA21CD"])
    with (official_files / "LTLA23_UTLA23_EW_LU.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            if row["UTLA23CD"] != row["LTLA23CD"]:
                units[row["UTLA23CD"]] |= units[row["LTLA23CD"]]
    councils = {frozenset(lsoas) for lsoas in units.values()}
    built = tables["place_lsoa21"].groupby("PLACECD")["LSOA21CD"].agg(frozenset)
    whole = {place for place, lsoas in built.items() if lsoas in councils}
    places = tables["places"]
    said = places["DESCRIPTION"].str.match(r"^(LTLA|UTLA) \w+ \(.*\) whole$")
    assert set(places.loc[said, "PLACECD"]) == whole
    page = (REPO / "docs" / "method" / "atlas-checks.md").read_text(encoding="utf-8")
    assert f"Of {PLACES} places, {len(whole)} are one upper-tier or lower-tier authority whole" in page
    sub_icb = places["DESCRIPTION"].str.match(r"^sub-ICB location \w+ \(.*\) whole$").sum()
    assert sub_icb == 10
    assert f"The other {PLACES - len(whole) - sub_icb} are groups or parts" in page
    boards = {code: lsoas for code, lsoas in units.items() if code[:3] in ("E06", "E08", "E09", "E10")}
    assert len(boards) == 153
    assert (
        f"| the same LSOAs as one place | {sum(lsoas in built.tolist() for lsoas in map(frozenset, boards.values()))} |"
        in page
    )


def test_birmingham_and_solihull_s_localities_are_those_researched(tables):
    """LSOAs and residents as worked out beside the sources, before the config was written."""
    places = tables["places"].query("ICSID == 'birmingham-and-solihull'").set_index("PLACENM")
    assert {name: (int(row.LSOAS), float(row.RESIDENTS)) for name, row in places.iterrows()} == {
        "Central": (139, 244_893),
        "East": (129, 239_450),
        "North": (125, 207_308),
        "Solihull": (134, 216_223),
        "South": (133, 220_752),
        "West": (133, 232_538),
    }


def test_the_ten_lowest_places_and_systems_are_those_of_the_page(tables, shipped_systems):
    page = (REPO / "docs" / "method" / "atlas-checks.md").read_text(encoding="utf-8")
    places = tables["places"].assign(
        own=number(tables["places"]["OWN_PRACTICE_SHARE"]), people=number(tables["places"]["REGISTERED"])
    )
    area = {s.id for s in shipped_systems.values() if not s.footprints[s.default_footprint].has_patient_kinds}
    places = places[places["ICSID"].isin(area)]
    for place in places.nsmallest(10, "own").itertuples():
        assert f"| {place.own:.1%} |" in page, place.PLACECD
        assert f"\n| {place.PLACENM}" in page, place.PLACECD
    many = places[places.groupby("ICSID")["ICSID"].transform("size") > 1]
    assert f"of the {many['ICSID'].nunique()} systems" in page
    share = (many["own"] * many["people"]).groupby(many["ICSID"]).sum() / many.groupby("ICSID")["people"].sum()
    for name, value in share.nsmallest(10).items():
        assert f"| {shipped_systems[name].name} | {value:.1%} |" in page, name


def test_findings_of_all_systems_are_there_under_their_own_id(tables, national):
    assert len(tables["findings"]) == len(national.findings)
    assert set(tables["findings"]["SEVERITY"]) <= {"warning", "info"}
    weak = tables["findings"][tables["findings"]["FINDING"] == "weak-evidence"]
    assert sorted(weak["ICSID"]) == sorted(tables["places"].query("GRADE == 'C'")["ICSID"].unique())


def test_the_folder_describes_itself(folder, tables):
    metadata = json.loads((folder[0] / "metadata.json").read_text(encoding="utf-8"))
    assert {table["url"] for table in metadata["tables"]} == {f"{name}.csv" for name in tables}
    readme = (folder[0] / "README.md").read_text(encoding="utf-8")
    assert "Each of England's 33,755 LSOAs is in exactly one place." in readme
    assert "Source: Office for National Statistics licensed under the Open Government Licence v.3.0" in readme
    for column in tables["places"].columns:
        assert f"| {column} |" in readme


def test_the_summary_is_printed(folder):
    assert "each of England's 33,755 LSOAs is in exactly one place" in folder[1].stderr
    assert "56,490,108" in folder[1].stdout


def test_the_same_build_gives_the_same_bytes(folder, england_store, run, tmp_path):
    result = run("build", "--england", "--out", tmp_path / "again", store=england_store)
    assert result.code == 0
    again = tmp_path / "again" / "england" / "default-footprints"
    for path in folder[0].iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes(), path.name


# --- grades, vintages, and ICBs of 2026 ----------------------------------------------------------------------------


def test_weaker_systems_can_be_left_out(workspace, shipped_systems):
    from placemap.commands.england import england

    outcome = england(workspace, shipped_systems.values(), "B")
    weak = {s.id for s in shipped_systems.values() if s.footprints[s.default_footprint].grade == "C"}
    assert {system.id for system in outcome.left_out} == weak
    assert {f.subject for f in outcome.findings if f.code == "left-out"} == weak
    assert outcome.exit_code() == 0
    missing = outcome.national.assignment.place < 0
    assert missing.sum() == sum(
        int((o.assignment.place >= 0).sum())
        for o in england(workspace, [shipped_systems[name] for name in weak]).outcomes
    )


def test_a_missing_system_is_a_gap(workspace, shipped_systems):
    from placemap.commands.england import england

    outcome = england(workspace, [s for s in shipped_systems.values() if s.id != "sussex"])
    gaps = [finding for finding in outcome.findings if finding.code == "gap"]
    assert len(gaps) == 3
    assert sum(len(gap.lsoas) for gap in gaps) == 1029
    assert outcome.exit_code() == 4


def test_a_system_twice_is_an_overlap(workspace, shipped_systems):
    from placemap.commands.england import england

    outcome = england(workspace, [shipped_systems["somerset"], shipped_systems["somerset"]])
    overlaps = [finding for finding in outcome.findings if finding.code == "overlap"]
    assert [len(overlap.lsoas) for overlap in overlaps] == [339]
    assert "339 LSOAs are in somerset/single-place/somerset" in overlaps[0].message


@pytest.mark.parametrize("asked", [{"vintages": ["sub_icb=2022", "ltla=2022"]}, {"as_of": "2023-06-01"}])
def test_places_do_not_move_with_newer_or_older_tables(asked, england_store, national, shipped_systems):
    """Configs say which year their codes are of: an update that brings other councils or ICBs changes no place."""
    from placemap.commands.england import england
    from placemap.commands.workspace import open_workspace

    area = [s for s in shipped_systems.values() if not s.footprints[s.default_footprint].has_patient_kinds]
    other = england(open_workspace(england_store, **asked), area)
    codes = [head.code for head in other.national.place_codes]
    found = [codes[place] if place >= 0 else "" for place in other.national.assignment.place]
    heads = [head.code for head in national.national.place_codes]
    expected = [heads[place] for place in national.national.assignment.place]
    assert {place for place in found if place} == set(codes)
    assert all(mine in ("", theirs) for mine, theirs in zip(found, expected, strict=True))
    assert sum(place != "" for place in found) == LSOAS - 1935  # those of the four systems declared from networks


def test_places_under_the_icbs_of_2026(england_store, run, tmp_path):
    result = run("build", "--england", "--vintage", "icb=2026", "--out", tmp_path, store=england_store)
    assert result.code == 0, result.err
    folder = tmp_path / "england" / "default-footprints"
    places = pd.read_csv(folder / "places.csv", dtype=str, keep_default_na=False)
    assert set(places["ICB26CD"]) >= {""}
    assert places["ICB26CD"].nunique() == 37
    # Three sub-ICB locations do not tell; the configs do, but for a place that is in two ICBs now.
    unknown = places[places["ICB26_RESIDENT_SHARE"] == ""]
    assert unknown["ICSID"].value_counts().to_dict() == {
        "frimley": 5,
        "surrey-heartlands": 4,
        "hampshire-and-isle-of-wight": 3,
    }
    told = unknown.set_index("PLACECD")["ICB26CDH"].to_dict()
    assert [code for code, icb in told.items() if not icb] == ["frimley/places/north-east-hampshire-and-farnham"]
    assert told["frimley/places/slough"] == told["frimley/places/windsor-and-maidenhead"] == "S0E4D"
    assert told["frimley/places/surrey-heath"] == told["surrey-heartlands/places/east-surrey"] == "S9B9J"
    assert told["hampshire-and-isle-of-wight/places/southampton"] == "QRL"
    north_east_essex = places[places["PLACECD"] == "suffolk-and-north-east-essex/places/north-east-essex"]
    assert north_east_essex["ICB26CDH"].tolist() == ["D7T5G"]
    assert set(places[places["ICSID"] == "norfolk-and-waveney"]["ICB26CDH"]) == {"T6Y0W"}
    findings = pd.read_csv(folder / "findings.csv", dtype=str, keep_default_na=False)
    assert (findings["FINDING"] == "icb-gone").sum() == 13
    assert (findings["FINDING"] == "system-as-declared").sum() == 12
    assert (findings["FINDING"] == "system-differs").sum() == 0
    since = findings[findings["FINDING"] == "not-confirmed-since"]
    assert since["ICSID"].is_unique
    assert len(since) == 42
    blind = findings[findings["FINDING"] == "not-determinable"]
    assert sorted(blind["ICSID"]) == sorted(set(unknown["ICSID"]))
    assert all(code in " ".join(blind["MESSAGE"]) for code in ("D4U1Y", "92A", "D9Y0V"))
    pairs = pd.read_csv(folder / "place_icb26.csv", dtype=str, keep_default_na=False).set_index("PLACECD")
    # Most of Hampshire and Isle of Wight is not told, so nobody knows what part of it Portsmouth is.
    portsmouth = pairs.loc["hampshire-and-isle-of-wight/places/portsmouth"]
    assert portsmouth[["ICB26CDH", "UNIT_RESIDENT_SHARE", "FIT", "BEST_FIT"]].tolist() == [
        "QRL",
        "",
        "contains",
        "false",
    ]
    # All of England is in some ICB, so what is told of every ICB that has no such neighbour sums to the whole of it.
    doubtful = set(pairs.loc[pairs["UNIT_RESIDENT_SHARE"] == "", "ICB26CDH"])
    assert {"QRL", "S9B9J", "S0E4D"} <= doubtful
    sure = pairs[~pairs["ICB26CDH"].isin(doubtful)]
    assert sure["UNIT_RESIDENT_SHARE"].astype(float).groupby(sure["ICB26CDH"]).sum().to_numpy() == pytest.approx(
        1, abs=1e-5
    )
    assert {"T6Y0W", "D7T5G", "QF7"} <= set(sure["ICB26CDH"])
