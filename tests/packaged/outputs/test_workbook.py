"""The workbook of a build: what Excel and LibreOffice make of it, and that it says what the tables say."""

import csv
import re
import zipfile

import pandas as pd
import pytest
import rendering
from openpyxl import load_workbook

from conftest import PACKAGED, REPO
from placemap.commands.build import BuildOptions, build
from placemap.commands.workspace import Workspace
from placemap.config.load import load_system
from placemap.core.tables import Column, Table, TableSchema
from placemap.outputs.excel import TableSheet, workbook
from placemap.outputs.foi.hidden import hidden
from placemap.reference.geography import Geography
from placemap.reference.open_store import open_store

MOST_PAGES = 20
WORDS = {"Cover", "Method", "Data dictionary", "Sources"}
FILES = {
    "Places": "places",
    "LSOAs": "place_lsoa21",
    "MSOAs": "place_msoa21",
    "Wards": "place_wd24",
    "LTLAs": "place_lad24",
    "UTLAs": "place_utla23",
    "Sub-ICB locations": "place_sicbl24",
    "PCNs": "place_pcn",
    "GP practices": "place_practice",
    "Former CCGs": "place_ccg19",
    "LSOAs of 2011": "place_lsoa11",
    "Patient ledger": "ledger",
    "Findings": "findings",
}


@pytest.fixture(scope="module")
def workspace():
    return Workspace(Geography(open_store(PACKAGED)))


@pytest.fixture(scope="module")
def folder(workspace, tmp_path_factory):
    """A folder of BNSSG's localities with a workbook."""
    system = load_system(REPO / "configs" / "bnssg.yaml")
    out = tmp_path_factory.mktemp("workbook")
    return build(workspace, system, system.footprints["localities"], out, BuildOptions(excel=True)).folder


@pytest.fixture(scope="module")
def book(folder):
    return load_workbook(folder / "placemap.xlsx")


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cells(page):
    """The rows of a sheet by heading."""
    head, *body = page.iter_rows()
    return [dict(zip((cell.value for cell in head), row, strict=True)) for row in body]


def test_sheets_are_in_a_reader_s_order(book):
    assert book.sheetnames == ["Cover", *FILES, "Method", "Data dictionary", "Sources"]


@pytest.mark.parametrize(("sheet", "name"), FILES.items())
def test_a_sheet_says_what_the_csv_says(book, folder, sheet, name):
    """Codes and names as text, figures as numbers, flags as truth values, blanks as nothing."""
    expected = rows(folder / f"{name}.csv")
    assert book[sheet].max_row == len(expected) + 1
    constant = {"ICSID", "FOOTPRINT"}
    assert {cell.value for cell in book[sheet][1]} == set(expected[0]) - constant
    for found, row in zip(cells(book[sheet]), expected, strict=True):
        for column, cell in found.items():
            text = row[column]
            if column in ("IN_SCOPE", "BEST_FIT", "DECLARED"):
                assert (cell.data_type, cell.value) == ("b", text == "true"), column
            elif cell.data_type == "n" and cell.value is not None:
                assert cell.value == float(text), column
                assert isinstance(cell.value, int) or "." in text, column
                assert "0" in cell.number_format
            else:
                assert (cell.value or "") == text, column
                assert not text or (cell.data_type, cell.number_format) == ("s", "@"), column


@pytest.mark.parametrize("sheet", FILES)
def test_a_table_is_ready_to_use(book, sheet):
    page = book[sheet]
    assert page.freeze_panes == "A2"
    head = [cell.value for cell in page[1]]
    assert all(cell.font.bold and cell.fill.fill_type == "solid" for cell in page[1])
    (table,) = page.tables.values()
    assert table.ref == f"A1:{page.cell(page.max_row, page.max_column).coordinate}"
    assert [column.name for column in table.tableColumns] == head
    assert table.autoFilter is not None
    if "PLACENM" in head:
        assert head[0] == "PLACENM"
    for number, column in enumerate(page.iter_cols(), start=1):
        width = page.column_dimensions[page.cell(1, number).column_letter].width
        longest = max(len(str(cell.value)) for cell in column if cell.value is not None)
        assert width >= min(longest, 60), (sheet, column[0].value)
        assert all(cell.alignment.wrap_text for cell in column[1:] if len(str(cell.value or "")) > 66)


@pytest.mark.parametrize("sheet", ["Cover", *FILES, "Method", "Data dictionary", "Sources"])
def test_a_sheet_prints_on_landscape_a4(book, sheet):
    page = book[sheet]
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.page_setup.fitToWidth == 1
    assert page.page_setup.fitToHeight in (1, 2)
    assert page.oddFooter.center.text == "&A, page &P of &N"
    assert (page.print_title_rows == "$1:$1") == (sheet not in WORDS)
    printed = int(re.search(r"\$(\d+)$", page.print_area)[1])
    # A sheet that does not print whole says so on the page.
    assert (printed == page.max_row) == (page.oddHeader.left.text is None), sheet
    if printed < page.max_row:
        assert f"first {printed - 1} of {page.max_row - 1:,} rows" in page.oddHeader.left.text


def test_the_cover_leads_to_every_sheet(book):
    cover = book["Cover"]
    links = {cell.value: cell.hyperlink.location for row in cover for cell in row if cell.hyperlink}
    assert links == {name: f"'{name}'!A1" for name in book.sheetnames[1:]}
    said = {row[0].value: row[1].value for row in cover if row[0].value}
    assert said["System"] == "Bristol, North Somerset and South Gloucestershire (bnssg)"
    assert said["Evidence"].startswith("grade B")
    assert "PCN membership of August 2022; patients registered in July 2022" in said["As of"]
    assert said["Wards"] == "Places and wards of 2024: 106 rows"
    assert said["LSOAs"].endswith("581 rows, of which the first 50 print")


def test_every_column_is_in_the_dictionary(book):
    described = {
        (sheet, column)
        for sheets, column, meaning in book["Data dictionary"].iter_rows(min_row=4, values_only=True)
        for sheet in sheets.split(", ")
        if meaning
    }
    assert described == {(name, cell.value) for name in FILES for cell in book[name][1]}


def test_sources_and_method(book, folder):
    sources = "\n".join(str(cell.value) for row in book["Sources"] for cell in row if cell.value)
    assert "Source: Office for National Statistics licensed under the Open Government Licence v.3.0" in sources
    assert "Contains information from NHS England" in sources
    method = "\n".join(str(cell.value) for row in book["Method"] for cell in row if cell.value)
    assert "goes to the place with most of them (plurality)" in method
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert all(row[1].value in readme for row in list(book["Method"])[2:5])


def test_it_hides_nothing_and_is_the_same_again(folder, workspace, tmp_path):
    content = (folder / "placemap.xlsx").read_bytes()
    assert hidden("placemap.xlsx", content) == []
    with zipfile.ZipFile(folder / "placemap.xlsx") as archive:
        assert {entry.date_time[0] for entry in archive.infolist()} == {1980}
    system = load_system(REPO / "configs" / "bnssg.yaml")
    again = build(workspace, system, system.footprints["localities"], tmp_path, BuildOptions(excel=True)).folder
    assert (again / "placemap.xlsx").read_bytes() == content


@pytest.mark.parametrize(
    ("name", "footprint"),
    [("norfolk-and-waveney", "option-4"), ("lancashire-and-south-cumbria", "places-2022"), ("bnssg", "single-place")],
)
def test_other_footprints(workspace, tmp_path, name, footprint):
    """With sensitivity; and places of areas, which have no practices."""
    system = load_system(REPO / "configs" / f"{name}.yaml")
    options = BuildOptions(excel=True, sensitive=True)
    made = build(workspace, system, system.footprints[footprint], tmp_path, options)
    book = load_workbook(made.folder / "placemap.xlsx")
    filled = {table.name for table in made.tables if len(table.frame)}
    assert len(book.sheetnames) == len(filled) + len(WORDS)
    assert ("GP practices" in book.sheetnames) == ("place_practice" in filled)
    assert "Confidence" in book.sheetnames
    assert all(book[sheet].max_row > 1 for sheet in book.sheetnames)


def test_a_text_too_long_for_a_cell_says_that_it_was_cut(tmp_path):
    schema = TableSchema("Long", (Column("CODES", "text", "many codes"), Column("N", "int", "a number")), ())
    frame = pd.DataFrame({"CODES": ["E01000001 " * 4_000, "=1+1"], "N": [1, 2]})
    path = tmp_path / "long.xlsx"
    path.write_bytes(workbook([TableSheet("Long", Table("long", schema, frame), 2)], "Long"))
    page = load_workbook(path)["Long"]
    assert len(page["A2"].value) == 32_767
    assert page["A2"].value.endswith("(cut here; the file of this table has it all)")
    assert (page["A3"].value, page["A3"].data_type) == ("=1+1", "s")


def test_libreoffice_prints_it_on_twenty_pages(folder, tmp_path):
    """Each sheet from a new page, so that no sheet's name is missing from the numbers below."""
    assert (
        len(FILES) + len(WORDS) <= rendering.pages(rendering.as_pdf(folder / "placemap.xlsx", tmp_path)) <= MOST_PAGES
    )
