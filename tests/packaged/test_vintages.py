"""Vintages, days and dead codes on the packaged tables: ICBs of April 2026, old districts and old LSOAs."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from conftest import REPO
from placemap.cli import app
from placemap.commands.build import jobs_of
from placemap.commands.workspace import Workspace, footprints_of, open_workspace
from placemap.core.errors import PlacemapError
from placemap.reference.geography import Geography
from placemap.reference.open_store import open_store
from placemap.reference.vintages import ChosenVintages, choose, in_force_from

CONFIG = """
placemap: 1
ics: {{id: county, name: County, icb: {{code: {icb}}}}}
scope: {{sub_icb: [15C]}}
evidence: {{e: {{title: T, publisher: P}}}}
default_footprint: f
footprints:
  f: {{name: F, status: current, grade: A, evidence: e, places: {{a: {{name: A, {members}}}}}}}
"""
BRISTOL = "E54000039, ods: QUY, vintage: 2024"


def findings(packaged: Path, tmp_path: Path, members: str, icb: str = BRISTOL, **chosen) -> dict[str, str]:
    """Messages with their next steps by code of the finding."""
    return findings_in(packaged, tmp_path, CONFIG.format(icb=icb, members=members), **chosen)


def findings_in(packaged: Path, tmp_path: Path, config: str, **chosen) -> dict[str, str]:
    """The same of a whole config."""
    from placemap.config.load import load_system

    path = tmp_path / "county.yaml"
    path.write_text(config)
    workspace = open_workspace(packaged, **chosen)
    jobs, errors = jobs_of(workspace, [load_system(path)], [])
    assert not errors
    found = workspace.check(*jobs[0]).findings
    return {finding.code: f"{finding.message} → {finding.hint}" for finding in found}


def run(*words: str):
    return CliRunner().invoke(app, list(words))


# ICBs of April 2026


def test_norfolk_and_waveney_under_the_icbs_of_2026(packaged, official_files, tmp_path):
    out = ["--out", str(tmp_path), "--data", str(packaged)]
    result = run("build", "norfolk-and-waveney", "--vintage", "icb=2026", *out)
    assert result.exit_code == 0
    assert "icb-gone" in result.output
    assert "ICB E54000022 (QMM, Norfolk and Waveney, 2024) does not exist in 2026." in result.output
    assert "E54000068 (NHS Norfolk and Suffolk Integrated Care Board, T6Y0W), 624 of its 624 LSOAs" in result.output
    with (tmp_path / "norfolk-and-waveney" / "option-4" / "place_icb26.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {(row["ICB26CD"], row["ICB26CDH"]) for row in rows} == {("E54000068", "T6Y0W")}
    assert sum(int(row["LSOAS"]) for row in rows) == 624
    # The ICB of 2026 is Norfolk and Waveney with two sub-ICB locations of Suffolk, whole in the packaged tables, too.
    with (official_files / "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv").open(encoding="utf-8-sig") as file:
        inside = {row["LSOA21CD"] for row in csv.DictReader(file) if row["SICBL24CDH"] in ("26A", "06L", "07K")}
    with (official_files / "CENSUS21_LSOA21_usual_residents.csv").open(encoding="utf-8-sig") as file:
        people = sum(int(row["TOTAL"]) for row in csv.DictReader(file) if row["LSOA21CD"] in inside)
    assert sum(float(row["UNIT_RESIDENT_SHARE"]) for row in rows) == pytest.approx(1_032_520 / people, abs=1e-5)


def test_nothing_is_said_of_icbs_where_nobody_asks(packaged, tmp_path):
    result = run("build", "norfolk-and-waveney", "--data", str(packaged), "--out", str(tmp_path))
    assert "icb-gone" not in result.output
    assert not list(tmp_path.rglob("place_icb*"))


# What has changed since a config was written


SINCE = "not-confirmed-since"


@pytest.mark.parametrize(
    ("date", "confirmed"),
    [("", False), ("2026", False), ("2026-04", False), ("2026-04-01", False), ("2026-04-02", True), ("2026-05", True)],
)
def test_places_without_evidence_since_icbs_changed(packaged, tmp_path, date, confirmed):
    """ICBs changed on 1 April 2026; a date that is only a month or a year may be of its first day."""
    dated = CONFIG if not date else CONFIG.replace("publisher: P", f"publisher: P, date: '{date}'")
    found = findings_in(packaged, tmp_path, dated.format(icb=BRISTOL, members="sub_icb: [15C]"))
    assert (SINCE in found) == (not confirmed)
    if not confirmed:
        assert "dated after 1 April 2026" in found[SINCE]
        newest = {
            "": "none is dated at all",
            "2026": "of 2026, which may be before that",
            "2026-04-01": "of 1 April 2026.",
        }
        assert newest.get(date, "of April 2026, which may be before that") in found[SINCE]


@pytest.mark.parametrize(
    "change", [("status: current", "status: superseded"), ("grade: A", "grade: A, valid_to: 2025-01-01")]
)
def test_places_that_are_over_need_no_newer_evidence(packaged, tmp_path, change):
    text = CONFIG.format(icb=BRISTOL, members="sub_icb: [15C]").replace(*change)
    assert SINCE not in findings_in(packaged, tmp_path, text)


def test_nothing_is_unconfirmed_on_a_day_before_the_change(packaged, tmp_path):
    text = CONFIG.format(icb=BRISTOL, members="sub_icb: [15C]")
    assert SINCE not in findings_in(packaged, tmp_path, text, as_of="2024-06-01")


@pytest.mark.parametrize(
    ("as_of", "places"), [("", ["b"]), ("2026-03-31", ["a"]), ("2026-04-01", ["b"]), ("2024-01-01", ["a"])]
)
def test_places_that_ended_are_left_out_but_for_a_day_on_which_they_were_in_force(packaged, tmp_path, as_of, places):
    """`a` to the end of March, `b` with the same area from April; without a day, what has not ended."""
    from placemap.config.load import load_system

    text = CONFIG.format(icb=BRISTOL, members="sub_icb: [15C], valid_to: 2026-03-31, succeeded_by: f/b").replace(
        "}}}", "}, b: {name: B, sub_icb: [15C], valid_from: 2026-04-01}}}"
    )
    path = tmp_path / "county.yaml"
    path.write_text(text)
    workspace = open_workspace(packaged, as_of=as_of)
    jobs, _ = jobs_of(workspace, [load_system(path)], [])
    outcome = workspace.check(*jobs[0])
    assert [place.id for place in outcome.footprint.places] == places
    assert not [finding for finding in outcome.findings if finding.severity == "error"]


NORFOLK = "E54000022, ods: QMM, vintage: 2024"
IN_2026 = "ics: {id: county"


def of_2026(text: str, icbs: str) -> str:
    return text.replace("[15C]", "[26A]").replace(IN_2026, f"systems_of_2026: {{{icbs}}}\n{IN_2026}")


@pytest.mark.parametrize(
    ("icbs", "code", "said"),
    [
        ("E54000068: NHS Norfolk and Suffolk Integrated Care Board", "", ""),
        ("E54000068: NHS Norfolk Integrated Care Board", "name-mismatch", "is called `NHS Norfolk and Suffolk"),
        ("E54000039: NHS Bristol and others", "system-differs", "624 of its LSOAs are in E54000068"),
    ],
)
def test_a_config_s_icbs_of_2026_are_held_against_the_lookup(packaged, tmp_path, icbs, code, said):
    text = of_2026(CONFIG.format(icb=NORFOLK, members="sub_icb: [26A]"), icbs)
    if code == "system-differs":
        name = "NHS Bristol, North Somerset and South Gloucestershire Integrated Care Board"
        text = text.replace("NHS Bristol and others", f'"{name}"')
    found = findings_in(packaged, tmp_path, text)
    assert code in found if code else not {"name-mismatch", "system-differs"} & set(found)
    assert said in found.get(code, "")


def test_councils_that_ended_since_the_config_was_written_are_named(packaged, tmp_path):
    """Waveney became part of East Suffolk in 2019."""
    waveney = "ltla: [E07000206], ltla_vintage: 2018"
    text = CONFIG.format(icb=NORFOLK, members=waveney).replace("sub_icb: [15C]", waveney)
    found = findings_in(packaged, tmp_path, text)["councils-changed"]
    assert "as of 2018; by the tables of 2024" in found
    assert "ended: E07000206 (Waveney); began: E07000244 (East Suffolk)" in found


def test_divided_sub_icb_locations_cannot_be_told(england_store):
    """The three that were divided between ICBs in April 2026 have no ICB in the table, and all others have one."""
    sub_icbs, icbs = (pd.read_parquet(england_store / "tables" / f"{n}.parquet") for n in ("sub_icb-2024", "icb-2026"))
    sub_icbs, told = sub_icbs.set_index("lsoa_code")["sub_icb_ods"], icbs["lsoa_code"]
    assert set(sub_icbs.drop(told)) == {"D4U1Y", "D9Y0V", "92A"}
    assert not set(sub_icbs[told]) & {"D4U1Y", "D9Y0V", "92A"}


def test_a_scope_of_a_divided_one_says_so(england_store, tmp_path):
    found = findings(england_store, tmp_path, "sub_icb: [92A]", "E54000063, ods: QXU, vintage: 2024")
    assert "not-determinable" not in found
    config = tmp_path / "county.yaml"
    config.write_text(config.read_text().replace("[15C]", "[92A]"))
    result = run("check", str(config), "--vintage", "icb=2026", "--data", str(england_store))
    assert "the ICB of 2026 cannot be told for" in result.output
    assert "sub-ICB location 92A was divided" in result.output


# Codes of another time


@pytest.mark.parametrize(
    ("members", "code", "texts"),
    [
        (
            "ltla: [E07000206]",
            "dead-code",
            ["E07000206 does not exist in 2024", "East Suffolk, 72 of its 72 LSOAs", "ltla_vintage: 2018"],
        ),
        ("ltla: [E07000187]", "not-packaged", ["not in the packaged tables"]),
        ("sub_icb: [11J]", "not-packaged", ["not in the packaged tables"]),
        (
            "sub_icb: [06W]",
            "dead-code",
            ["06W does not exist in 2024; it was in use in 2019.", "In 2024 its area is in"],
        ),
        (
            "lsoa: [E01014540]",
            "dead-code",
            ["E01014540 is one of 2011", "E01033907 (Bristol 061A)", "lsoa_vintage: 2011"],
        ),
        (
            "lsoa: [E01014540, E01033902]",
            "mixed-lsoas",
            ["1 of its 2 codes exist in 2011 only (E01014540), 1 in 2021 only (E01033902)"],
        ),
        ("lsoa_vintage: 2011, lsoa: [E01033902]", "dead-code", ["E01033902 is one of 2021; this list is of 2011."]),
        (
            "lsoa_vintage: 2011, lsoa: [E01014540, E01033902]",
            "mixed-lsoas",
            ["the list mixes LSOAs of 2011 and of 2021"],
        ),
    ],
)
def test_codes_of_another_year(members, code, texts, packaged, tmp_path):
    found = findings(packaged, tmp_path, members)
    assert code in found, found
    for text in texts:
        assert text in found[code]


def test_a_dead_icb(packaged, tmp_path):
    found = findings(packaged, tmp_path, "sub_icb: [15C]", "E54000022, ods: QMM, vintage: 2026")
    assert "ICB E54000022 does not exist in 2026; it was in use in 2022, 2024." in found["dead-code"]
    assert "E54000068 (NHS Norfolk and Suffolk Integrated Care Board, 624 of its 624 LSOAs)" in found["dead-code"]


def system_of(year, place=False):
    """A config that says in which ICB its area, or its one place, was in a year."""
    key = f"systems_of_{year}: {{E54000039: NHS Bristol}}"
    members = f"sub_icb: [15C]{f', {key}' if place else ''}"
    return CONFIG.format(icb=BRISTOL, members=members) + ("" if place else f"{key}\n")


@pytest.mark.parametrize("place", [False, True])
@pytest.mark.parametrize("year", ["1999", "2021"])
def test_years_before_the_first_icbs_are_refused_where_they_stand(packaged, tmp_path, year, place):
    path = tmp_path / "county.yaml"
    path.write_text(system_of(year, place))
    result = run("check", str(path), "--data", str(packaged))
    assert result.exit_code == 4
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if f"systems_of_{year}" in text)
    (told,) = [text for text in result.output.splitlines() if f"ICB E54000039 is meant in {year}" in text]
    assert f"county.yaml:{line}:" in told
    assert "ICBs of 2022, 2024 and 2026" in told


def test_icb_of_a_year_before_the_first_is_refused(packaged, tmp_path):
    found = findings(packaged, tmp_path, "sub_icb: [15C]", BRISTOL.replace("2024", "2019"))
    assert "is meant in 2019, when there were none" in found["unknown-vintage"]
    assert "`icb: {vintage: …}`" in found["unknown-vintage"]


@pytest.mark.parametrize(("year", "said"), [("2022", False), ("2023", True), ("2024", False), ("2062", True)])
def test_years_of_which_the_tables_have_no_icbs_are_not_passed_over(packaged, tmp_path, year, said):
    name = '"NHS Bristol, North Somerset and South Gloucestershire Integrated Care Board"'
    text = system_of(year).replace("NHS Bristol", name)
    found = findings_in(packaged, tmp_path, text)
    assert ("system-not-checked" in found) == said
    if said:
        assert "the tables in use have ICBs of 2022, 2024 and 2026" in found["system-not-checked"]


@pytest.mark.parametrize(
    ("members", "lsoas"),
    [
        ("ltla_vintage: 2018, ltla: {E07000206: Waveney}", {"E01030251"}),
        ("lsoa_vintage: 2011, lsoa: [E01014540]", {"E01033907", "E01033908", "E01033910"}),
    ],
)
def test_codes_live_in_their_own_vintage(members, lsoas, packaged, tmp_path):
    """Waveney's 72 LSOAs; and an LSOA that was split comes out as its three parts."""
    from placemap.config.load import load_system

    path = tmp_path / "county.yaml"
    path.write_text(CONFIG.format(icb=BRISTOL, members=members))
    system = load_system(path)
    workspace = open_workspace(packaged)
    _, resolved = workspace.resolve(system, system.footprints["f"])
    assignment = resolved.assignment
    mine = set(workspace.geography.lsoa_codes[assignment.place == 0])
    assert lsoas <= mine
    assert len(mine) == {1: 72, 3: 3}[len(lsoas)]


def test_a_closed_practice_and_a_gone_pcn(england_store, tmp_path):
    """By the tables of 2026: L81036 closed since 2022, Norwich (U13557) has no practice left."""
    store = england_store
    gone = findings(store, tmp_path, "practice: [A82048]")["dead-code"]
    assert "practice A82048" in gone
    assert "is not among those with registered patients in 2022-07" in gone
    closed = findings(store, tmp_path, "practice_vintage: 2026-08, practice: [L81036]")["dead-code"]
    assert "is not in 2026-08" in closed
    assert "It left its PCN on 2024-01-01." in closed
    assert "practice_vintage: 2022-07" in closed
    pcn = findings(store, tmp_path, "pcn: [U13557]", vintages=["pcn=2026-08"])["dead-code"]
    assert "PCN U13557 (NORWICH PCN) does not exist in 2026-08." in pcn
    assert "8 to U15646 (NORWICH EAST PCN)" in pcn
    assert "`--vintage pcn=2022-08`" in pcn


# Choosing


def test_names_of_columns_follow_the_vintage(packaged, tmp_path):
    out = ["--out", str(tmp_path), "--data", str(packaged)]
    result = run("build", "lancashire-and-south-cumbria", "--vintage", "ltla=2022", "--vintage", "sub_icb=2022", *out)
    folder = tmp_path / "lancashire-and-south-cumbria" / "places-2022"
    assert result.exit_code == 0, result.output
    names = {path.name for path in folder.iterdir()}
    assert {"place_lad22.csv", "place_sicbl22.csv"} <= names
    assert not {"place_lad24.csv", "place_sicbl24.csv"} & names
    with (folder / "place_lad22.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert "as asked for: ltla=2022, sub_icb=2022." in (folder / "README.md").read_text()
    assert json.loads((folder / "metadata.json").read_text())["dc:temporal"] == "ltla=2022, sub_icb=2022"
    cumbria = {row["LAD22NM"] for row in rows if row["PLACENM"] == "South Cumbria"}
    assert cumbria == {"Barrow-in-Furness", "South Lakeland", "Copeland", "Craven"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--vintage", "ward=2031"], "the reference data have no wards of 2031 (only 2024)"),
        (["--vintage", "wards=2024"], "--vintage wards=2024 is not understood"),
        (["--vintage", "lsoa=2011"], "LSOAs of 2021 are the atom"),
        (["--as-of", "May"], "--as-of May is not a day; expected one such as 2024-04-01"),
    ],
)
def test_what_cannot_be_chosen(words, message, packaged):
    result = run("check", "bnssg", "--data", str(packaged), *words)
    assert result.exit_code in (2, 3)
    assert message in result.output


@pytest.mark.parametrize(
    ("day", "ltla", "sub_icb"),
    [
        ("2019-05-01", "2019", "2019"),
        ("2022-06-30", "2022", "2019"),
        ("2022-07-01", "2022", "2022"),
        ("2025-01-01", "2024", "2024"),
    ],
)
def test_the_latest_vintage_in_force(day, ltla, sub_icb, packaged):
    chosen = choose(open_store(packaged).manifest, as_of=day)
    assert (chosen.vintages["ltla"], chosen.vintages["sub_icb"]) == (ltla, sub_icb)


def test_a_table_that_is_too_young_is_reported(packaged, tmp_path):
    assert in_force_from("ward", "2024") == "2024-05-01"
    found = findings(packaged, tmp_path, "sub_icb: [15C]", as_of="2023-06-01")
    assert "no wards in force on 2023-06-01; the oldest, 2024 (from 2024-05-01), stand in" in found["not-in-force"]
    assert "not-in-force" not in findings(packaged, tmp_path, "sub_icb: [15C]", as_of="2024-06-01")


def test_the_footprint_that_was_in_force(packaged):
    from placemap.config.load import load_system

    system = load_system(REPO / "configs" / "lancashire-and-south-cumbria.yaml")
    for day, expected in (
        ("2022-07-26", "ccg-footprints"),
        ("2022-07-27", "places-2022"),
        ("2026-01-01", "places-2022"),
    ):
        workspace = open_workspace(packaged, as_of=day)
        jobs, _ = jobs_of(workspace, [system], [])
        assert [footprint.id for _, footprint in jobs] == [expected]
    workspace = open_workspace(packaged, as_of="2026-01-01")
    codes = {f.code for f in workspace.check(system, system.footprints["ccg-footprints"]).findings}
    assert "footprint-not-in-force" in codes
    assert "footprint-not-in-force" not in {
        f.code for f in workspace.check(system, system.footprints["places-2022"]).findings
    }


def test_a_pcn_that_had_not_begun_says_so_and_what_helps(packaged):
    """Mendip Vale PCN's first member joined on 1 April 2021, by NHS England's workbook of PCNs (August 2022)."""
    check = ("check", "bnssg", "--data", str(packaged), "--as-of", "2020-01-01")
    result = run(*check)
    assert result.exit_code == 4
    assert (
        "PCN U90977 (MENDIP VALE PCN) has no members yet on 2020-01-01; the first joined on 2021-04-01."
        in result.stderr
    )
    # The config's `pcn_vintage` would not help: what is asked for on the command line goes before it.
    assert "came before it, or say when it was in use: `--vintage pcn=2022-08`" in result.stderr
    assert "pcn_vintage" not in result.stderr
    assert run(*check, "--vintage", "pcn=2022-08").exit_code == 0


def test_members_of_a_day(packaged, official_files):
    """PCN memberships of 1 April 2022 and of a day later, counted from the workbook itself."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO((official_files / "ePCN_2022-08.xlsx").read_bytes()), read_only=True)
    cells = book["PCN Core Partner Details"].iter_rows(min_row=2, values_only=True)
    rows = [[str(cell)[:10] if cell is not None else "" for cell in row] for row in cells]
    ours = set(Geography(open_store(packaged)).pcns().practice_names)
    for day in ("2020-01-01", "2022-04-01"):
        plain = Counter()
        for row in rows:
            start, end = (text.replace("-", "") for text in row[8:10])
            if row[0] in ours and start <= day.replace("-", "") and (not end or end >= day.replace("-", "")):
                plain[row[0]] += 1
        found = Geography(open_store(packaged), ChosenVintages({"pcn": day})).pcns().pcn_of
        assert set(found) == set(plain)


def test_figures_are_not_held_against_other_members(packaged):
    from placemap.config.load import load_system

    system = load_system(REPO / "configs" / "norfolk-and-waveney.yaml")
    for vintages, expected in (((), False), (("pcn=2022-04-01",), True)):
        workspace = open_workspace(packaged, vintages=vintages)
        jobs, _ = jobs_of(workspace, [system], ["option-4"])
        codes = {finding.code for finding in workspace.check(*jobs[0]).findings}
        assert ("not-held" in codes) == expected
        assert "expectation-missed" not in codes


def test_a_footprint_that_is_not_there_is_still_an_error(packaged):
    from placemap.config.load import load_system

    system = load_system(REPO / "configs" / "bnssg.yaml")
    assert isinstance(open_workspace(packaged), Workspace)
    with pytest.raises(PlacemapError, match="bnssg has no footprint `nothing`"):
        footprints_of(system, ["nothing"])
