"""Plausible wrong files: each is refused with the reason, and the store stays as it was."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from placemap.cli import app

LOOKUP = "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv"
WARDS = "LSOA21_WD24_LAD24_EW_LU.csv"
REGISTRATIONS = "gp-reg-pat-prac-lsoa-all-Jul-22.zip"


def rows_of(path: Path) -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def text_of(rows: list[list[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue()


def first_page_only(official_files: Path) -> tuple[str, bytes]:
    """A portal's answer that was not paged to its end."""
    return "wards.csv", text_of(rows_of(official_files / WARDS)[:2001]).encode()


def best_fit_of_lsoas(official_files: Path) -> tuple[str, bytes]:
    rows = [["LSOA11CD", "LSOA11NM", "LSOA21CD", "LSOA21NM"]]
    rows += [row[:4] for row in rows_of(official_files / "LSOA11_LSOA21_LAD22_EW_LU_v5.csv")[1:]]
    return "LSOA11_LSOA21_v2.csv", text_of(rows).encode()


def wards_of_2011_lsoas(official_files: Path) -> tuple[str, bytes]:
    rows = [["LSOA11CD", "LSOA11NM", "WD22CD", "WD22NM", "LAD22CD", "LAD22NM"], *rows_of(official_files / WARDS)[1:]]
    return "LSOA11_WD22.csv", text_of(rows).encode()


def postcodes(official_files: Path) -> tuple[str, bytes]:
    rows = [["PCDS", "LSOA21CD", "LSOA21NM", "WD24CD", "WD24NM"]]
    rows += [[f"AB1 {n % 10}AA", *row[:4]] for n, row in enumerate(rows_of(official_files / WARDS)[1:] * 2)]
    return "NSPL.csv", text_of(rows).encode()


def men_only(official_files: Path) -> tuple[str, bytes]:
    with zipfile.ZipFile(official_files / REGISTRATIONS) as archive:
        text = archive.read(archive.namelist()[0]).decode().replace(",ALL,", ",MALE,")
    return "gp-reg-pat-prac-lsoa-male.csv", text.encode()


def figures_of_an_unknown_year(official_files: Path) -> tuple[str, bytes]:
    rows = rows_of(official_files / "MYE2022_LSOA21.csv")
    return "MYE2023.csv", text_of([rows[0], *([code, str(int(n) + 1)] for code, n in rows[1:])]).encode()


def error_page(_reference: Path) -> tuple[str, bytes]:
    return "LSOA21.csv", b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>Proxy</body></html>\n"


def codes_that_a_spreadsheet_changed(official_files: Path) -> tuple[str, bytes]:
    book = openpyxl.load_workbook(official_files / "ePCN_2022-08.xlsx")
    book["PCNDetails"]["A5"] = 1e5
    out = io.BytesIO()
    book.save(out)
    return "ePCN.xlsx", out.getvalue()


def another_country(_reference: Path) -> tuple[str, bytes]:
    return "DZ.csv", text_of([["DZ2022_Code", "IZ2022_Code"], ["S01013482", "S02002521"]]).encode()


def cut_zip(official_files: Path) -> tuple[str, bytes]:
    return "gp.zip", (official_files / REGISTRATIONS).read_bytes()[:1_000_000]


def old_codes_under_a_new_heading(official_files: Path) -> tuple[str, bytes]:
    rows = rows_of(official_files / "LSOA11_LAD18_EN_LU.csv")
    return "LSOA21_LAD24.csv", text_of([["LSOA21CD", "LSOA21NM", "LAD24CD", "LAD24NM"], *rows[1:]]).encode()


def one_row_twice(official_files: Path) -> tuple[str, bytes]:
    rows = rows_of(official_files / LOOKUP)
    return LOOKUP, text_of([*rows[:-1], rows[5]]).encode()


def registrations_of_a_new_month_cut_between_two_rows(official_files: Path) -> tuple[str, bytes]:
    """No total is known of a new month, and 700,000 rows may be a whole file."""
    with zipfile.ZipFile(official_files / REGISTRATIONS) as archive:
        text = archive.read(archive.namelist()[0]).decode().replace("01Jul2022", "01Jul2031")
    return "gp-reg-pat-prac-lsoa-all.csv", "".join(text.splitlines(keepends=True)[:700_000]).encode()


def last_row_cut(official_files: Path) -> tuple[str, bytes]:
    return "epcn.csv", (official_files / "epcn_2024-10.csv").read_bytes()[:-30]


def nul(official_files: Path) -> tuple[str, bytes]:
    content = (official_files / WARDS).read_bytes()
    return WARDS, content[:5000] + b"\0" + content[5000:]


def no_workbook_part(official_files: Path) -> tuple[str, bytes]:
    return "ePCN.xlsx", _repacked(official_files / "ePCN_2024-10.xlsx", "[Content_Types].xml", lambda _: b"<x/>")


def a_sheet_that_begins_far_down(_reference: Path) -> tuple[str, bytes]:
    book = openpyxl.Workbook()
    book.active["A30"] = "PCN Code"
    out = io.BytesIO()
    book.save(out)
    return "ePCN.xlsx", out.getvalue()


def _repacked(path: Path, part: str, change) -> bytes:
    """A workbook with one of its parts changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name)) if name == part else old.read(name))
    return out.getvalue()


def bomb(_reference: Path) -> tuple[str, bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("gp-reg-pat-prac-lsoa-all.csv", b"0" * 50_000_000)
    return "gp-reg-pat-prac-lsoa-all.zip", out.getvalue()


def names_that_lead_out(official_files: Path) -> tuple[str, bytes]:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("../../etc/lookup.csv", (official_files / WARDS).read_bytes())
    return "lookup.zip", out.getvalue()


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (first_page_only, "2,000 English LSOAs; expected 33,755"),
        (best_fit_of_lsoas, "it is the best-fit lookup (no CHGIND)"),
        (wards_of_2011_lsoas, "33,755 English LSOAs; expected 32,844"),
        (postcodes, "67,510 English LSOAs; expected 33,755"),
        (men_only, "SEX is MALE only; expected ALL"),
        (figures_of_an_unknown_year, "the figures add up to 57,145,884; the known totals are"),
        (error_page, "its columns are not those of an official file (<!DOCTYPE html>)"),
        (codes_that_a_spreadsheet_changed, "1 values of pcn_code are not codes of PCNs, first '100000'"),
        (another_country, "its columns are not those of an official file (DZ2022_Code, IZ2022_Code)"),
        (cut_zip, "the file cannot be read: "),
        (old_codes_under_a_new_heading, "32,844 English LSOAs; expected 33,755"),
        (one_row_twice, "1 rows repeat a key (LSOA21CD), first"),
        (
            registrations_of_a_new_month_cut_between_two_rows,
            "its patients live in 29,444 LSOAs of England; expected 32,8",
        ),
        (last_row_cut, "its last row has fewer cells than the others"),
        (nul, "there are NUL characters in it"),
        (no_workbook_part, "the file cannot be read: "),
        (a_sheet_that_begins_far_down, "it holds no table"),
        (bomb, "the archive would unpack to 50,000,000 bytes"),
        (names_that_lead_out, "the archive has a file whose name leads out of it"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_wrong_file_is_refused_with_the_reason(make, reason, official_files, tmp_path):
    name, content = make(official_files)
    (tmp_path / name).write_bytes(content)
    result = CliRunner().invoke(app, ["data", "import", str(tmp_path / name), "--to", str(tmp_path / "store")])
    assert result.exit_code == 3, result.output
    assert result.output.startswith("error: ")
    assert reason in result.output
    assert not (tmp_path / "store").exists()


def test_figures_of_an_unknown_year_are_taken_when_named(official_files, tmp_path):
    name, content = figures_of_an_unknown_year(official_files)
    (tmp_path / name).write_bytes(content)
    words = ["data", "import", str(tmp_path / name), "--as", "residents_mid_2023", "--to", str(tmp_path / "store")]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    assert "residents_mid_2023" in result.output


def _import(folder: Path, store: Path):
    return CliRunner().invoke(app, ["data", "import", str(folder), "--to", str(store)])


@pytest.mark.parametrize(
    ("networks", "members", "reason"),
    [
        (None, 4000, "members.csv: 586 of 1,285 open PCNs have no member in it"),
        (1001, None, "networks.csv: memberships are of 365 PCNs that this list lacks"),
    ],
)
def test_lists_of_pcns_that_were_cut_between_two_rows_are_refused(networks, members, reason, official_files, tmp_path):
    files = tmp_path / "files"
    files.mkdir()
    for name, source, rows in (
        ("networks.csv", "epcn_2024-10.csv", networks),
        ("members.csv", "epcncorepartnerdetails_2024-10.csv", members),
    ):
        lines = (official_files / source).read_bytes().splitlines(keepends=True)
        (files / name).write_bytes(b"".join(lines[:rows]))
    result = _import(files, tmp_path / "store")
    assert result.exit_code == 3
    assert reason in result.output
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("sheet", [1, 2])
def test_a_workbook_is_read_whole_whatever_it_says_of_its_size(sheet, official_files, tmp_path):
    """Sheets that state fewer rows than they have lost 67 PCNs, or 1,706 memberships, with exit code 0."""
    part = f"xl/worksheets/sheet{sheet}.xml"
    content = _repacked(
        official_files / "ePCN_2024-10.xlsx",
        part,
        lambda xml: re.sub(rb'<dimension ref="A1:([A-Z]+)\d+"', rb'<dimension ref="A1:\g<1>1300"', xml),
    )
    (tmp_path / "ePCN.xlsx").write_bytes(content)
    assert _import(tmp_path / "ePCN.xlsx", tmp_path / "store").exit_code == 0
    tables = json.loads((tmp_path / "store/manifest.json").read_text())["tables"]
    assert (tables["pcns-2024-10"]["rows"], tables["pcn_members-2024-10"]["rows"]) == (1366, 7705)


def test_a_table_that_excel_cut_is_refused(official_files, tmp_path, monkeypatch):
    monkeypatch.setattr("placemap.sources.formats.raw.EXCEL_ROWS", 1367)
    (tmp_path / "epcn.csv").write_bytes((official_files / "epcn_2024-10.csv").read_bytes())
    result = _import(tmp_path / "epcn.csv", tmp_path / "store")
    assert result.exit_code == 3
    assert "it has 1,367 rows, which is where Excel cuts a table" in result.output
