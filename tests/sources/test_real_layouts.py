"""Files in the layouts that publishers really have, by hand: what they give, and what is said of them."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from publishers_data import output_areas, registrations_of_2026, wards_of_2018, wards_to_counties

from placemap.reference.store import Manifest


@pytest.fixture
def take(cli, tmp_path):
    """Import files given as name → content; how it ended, and the manifest."""

    def run(files: dict[str, bytes], *options):
        folder = tmp_path / "in"
        folder.mkdir()
        for name, content in files.items():
            (folder / name).write_bytes(content)
        ran = cli("data", "import", folder, "--to", tmp_path / "store", *options)
        path = tmp_path / "store" / "manifest.json"
        manifest = Manifest.from_json(json.loads(path.read_text())) if path.exists() else Manifest({})
        assert "{vintage}" not in ran.out + ran.err
        return ran, manifest

    return run


def csv_of(rows) -> bytes:
    header, lines = rows
    return pd.DataFrame(lines, columns=header).to_csv(index=False).encode()


def zip_of(files: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in files.items():
            archive.writestr(name, part)
    return content.getvalue()


def test_a_refused_file_stops_no_other(take, official_files):
    names = ["LSOA21_WD24_LAD24_EW_LU.csv", "LSOA21_MSOA21_EW_LU.csv"]
    files = {name: (official_files / name).read_bytes() for name in names}
    files[names[0]] = files[names[0]][:100_000].rsplit(b"\n", 1)[0]
    ran, manifest = take(files)
    assert ran.code == 3
    assert "error: LSOA21_WD24_LAD24_EW_LU.csv: LSOA (2021) to electoral ward best-fit lookup" in ran.err
    assert "English LSOAs; expected 33,755" in ran.err
    assert set(manifest.tables) == {"msoa-2021"}


def test_registrations_of_2026_with_three_sexes_and_odd_codes(take, official_files):
    ran, manifest = take({"gp-reg-pat-prac-lsoa-2021-male-female-July-26.zip": registrations_of_2026(official_files)})
    assert ran.code == 0
    assert set(manifest.tables) == {"registrations-2026-07", "practices-2026-07"}
    table = manifest.tables["registrations-2026-07"]
    assert table.base == "2021"
    assert table.total == 61_768_942 + 15  # those of July 2022, and three of each odd code
    assert "12 patients live outside England and Wales (4 codes); they count as without an LSOA" in ran.err


def test_sexes_that_do_not_add_up_are_said_by_practice(take, official_files):
    frame = pd.read_csv(official_files / "gp-reg-pat-prac-lsoa-all-Jul-22.zip", dtype=str, keep_default_na=False)
    men = frame.assign(SEX="MALE")
    women = frame.assign(SEX="FEMALE", NUMBER_OF_PATIENTS="0")
    women.loc[women.index[:2], "NUMBER_OF_PATIENTS"] = "2"
    parts = {"x-all.csv": frame, "x-male.csv": men, "x-female.csv": women}
    ran, manifest = take({"x.zip": zip_of({name: part.to_csv(index=False).encode() for name, part in parts.items()})})
    assert ran.code == 0
    assert manifest.tables["registrations-2022-07"].total == 61_768_942
    assert (
        "male and female add up to 61,768,946, all to 61,768,942; they differ for 1 practices: A81001 (+4); all is taken"
        in ran.err
    )


def test_a_total_that_differs_a_little_is_said(take, official_files):
    frame = pd.read_csv(official_files / "gp-reg-pat-prac-lsoa-all-Jul-22.zip", dtype=str, keep_default_na=False)
    frame.loc[0, "NUMBER_OF_PATIENTS"] = str(int(frame.loc[0, "NUMBER_OF_PATIENTS"]) + 6)
    ran, manifest = take({"x.csv": frame.to_csv(index=False).encode()})
    assert ran.code == 0
    assert "the figures add up to 61,768,948, +6 (0.0000%) from the published 61,768,942" in ran.err
    assert manifest.tables["registrations-2022-07"].total == 61_768_948


def test_output_areas_wards_of_2018_and_counties(take, official_files):
    ran, manifest = take(
        {
            "OA_LSOA_MSOA.csv": csv_of(output_areas(official_files)),
            "LSOA11_WD18_LAD18_EW_LUv3.csv": csv_of(wards_of_2018(official_files)),
        }
    )
    assert ran.code == 0
    assert {name: entry.rows for name, entry in manifest.tables.items()} == {
        "output_areas-2021": 178_605,
        "msoa-2021": 33_755,
        "ward-2018": 32_844,
    }


def test_counties_without_a_lookup_of_their_districts_stop_nothing(take, official_files):
    ran, manifest = take(
        {
            "WD26_LAD26_CTYUA26.csv": csv_of(wards_to_counties(official_files)),
            "LSOA21_MSOA21_EW_LU.csv": (official_files / "LSOA21_MSOA21_EW_LU.csv").read_bytes(),
        }
    )
    assert ran.code == 3
    assert "no LSOA to LTLA lookup has the 296 LTLAs of this file" in ran.err
    assert set(manifest.tables) == {"msoa-2021"}


def test_pcns_as_a_workbook_in_a_zip(take, official_files):
    ran, manifest = take({"epcn.zip": zip_of({"ePCN.xlsx": (official_files / "ePCN_2022-08.xlsx").read_bytes()})})
    assert ran.code == 0
    assert {name: entry.rows for name, entry in manifest.tables.items()} == {
        "pcns-2022-08": 1_318,
        "pcn_members-2022-08": 7_359,
    }


def census(official_files: Path) -> pd.DataFrame:
    frame = pd.read_csv(official_files / "CENSUS21_LSOA21_usual_residents.csv", dtype=str)
    return pd.DataFrame(
        {
            "date": "2021",
            "geography": frame["LSOA21CD"],
            "geography code": frame["LSOA21CD"],
            "Residence type: Total; measures: Value": frame["TOTAL"],
            "Residence type: Lives in a household; measures: Value": frame["TOTAL"],
        }
    )


def test_the_census_as_nomis_packs_it(take, official_files):
    lsoas = census(official_files)
    areas = {
        "census2021-ts001-ctry.csv": lsoas.head(2).assign(**{"geography code": ["E92000001", "W92000004"]}),
        "census2021-ts001-lsoa.csv": lsoas,
    }
    content = {name: frame.to_csv(index=False).encode() for name, frame in areas.items()}
    ran, manifest = take({"census2021-ts001.zip": zip_of(content)})
    assert ran.code == 0
    assert manifest.tables["residents_2021"].total == 56_490_108
    assert "skipped census2021-ts001.zip (census2021-ts001-ctry.csv): it is not by LSOA" in ran.err


def nomis(official_files: Path, name: str) -> pd.DataFrame:
    frame = pd.read_csv(official_files / name, dtype=str)
    return pd.DataFrame({"DATE_NAME": "x", "GEOGRAPHY_CODE": frame.iloc[:, 0], "OBS_VALUE": frame.iloc[:, 1]})


def test_tables_of_nomis_are_told_by_their_totals(take, official_files):
    files = {name: nomis(official_files, name) for name in ("MYE2022_LSOA21.csv", "MYE2019_LSOA11.csv")}
    ran, manifest = take({name: frame.to_csv(index=False).encode() for name, frame in files.items()})
    assert ran.code == 0
    assert set(manifest.tables) == {"residents_mid_2022", "residents_mid_2019"}


def test_a_table_that_nomis_cut_is_refused_with_the_way_to_the_rest(take, official_files):
    cut = nomis(official_files, "MYE2022_LSOA21.csv").head(25_000)
    ran, _ = take({"nomis.csv": cut.to_csv(index=False).encode()})
    assert ran.code == 3
    assert "25,000 rows, which is where NOMIS cuts a table" in ran.err
    assert "get the rest with &RecordOffset=25000" in ran.err


def test_mid_year_estimates_by_age(take, official_files):
    """A workbook with a contents sheet, and its tables below three lines about them."""
    import openpyxl

    frame = pd.read_csv(official_files / "MYE2022_LSOA21.csv", dtype=str)
    book = openpyxl.Workbook()
    book.active.title = "Contents"
    book.active.append(["Mid-year population estimates"])
    for year, more in (("2022", 0), ("2024", 1)):
        sheet = book.create_sheet(f"Mid-{year} LSOA 2021")
        for line in (["Lower layer estimates"], ["This worksheet contains one table."], []):
            sheet.append(line)
        sheet.append(["LAD 2023 Code", "LAD 2023 Name", "LSOA 2021 Code", "LSOA 2021 Name", "Total"])
        for code, total in frame.itertuples(index=False):
            sheet.append(["E06000001", "A", code, code, int(total) + more])
    content = io.BytesIO()
    book.save(content)
    ran, manifest = take({"sapelsoasyoa20222024.xlsx": content.getvalue()})
    assert ran.code == 0, ran.err
    assert {name: entry.total for name, entry in manifest.tables.items()} == {
        "residents_mid_2022": 57_112_129,
        "residents_mid_2024": 57_112_129 + 33_755,
    }


def test_a_ward_with_two_names_takes_the_longer_common_part(take, official_files):
    frame = pd.read_csv(official_files / "LSOA21_WD24_LAD24_EW_LU.csv", dtype=str, keep_default_na=False)
    ward = "E05009289"
    rows = frame.index[frame["WD24CD"] == frame["WD24CD"].value_counts().index[0]]
    ward = frame.loc[rows[0], "WD24CD"]
    frame.loc[rows, "WD24NM"] = "Derwent and Wolds (part Ryedale)"
    frame.loc[rows[:1], "WD24NM"] = "Derwent and Wolds (part Scarborough)"
    ran, manifest = take({"LSOA21_WD24_LAD24_EW_LU.csv": frame.to_csv(index=False).encode()})
    assert ran.code == 0
    assert (
        f"{ward} has the names Derwent and Wolds (part Ryedale) and Derwent and Wolds (part Scarborough); it is taken as "
        "Derwent and Wolds" in ran.err
    )
    assert set(manifest.tables) == {"ward-2024"}


def test_a_column_of_row_numbers_is_left_alone(take, official_files):
    frame = pd.read_csv(official_files / "LSOA21_MSOA21_EW_LU.csv", dtype=str)
    ran, manifest = take({"x.csv": frame.to_csv(index=True).encode()})
    assert ran.code == 0
    assert set(manifest.tables) == {"msoa-2021"}
