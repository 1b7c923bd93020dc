"""Reading people's tables: the shapes that lost rows, the files that are not what they seem, and what is refused."""

import csv
import gzip
import os
import random
import threading
import zipfile

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.chart import BarChart, Reference

from placemap.core.errors import Exit, PlacemapError
from placemap.core.open_file import opened
from placemap.core.plain_csv import proof
from placemap.core.read_tables import literal_path, on_disk, read_table


@pytest.fixture
def read(tmp_path):
    def of(content, name="t.csv", **options):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_table(path, **options)

    return of


def cells(table):
    return [list(table.frame.columns), *table.frame.to_numpy().tolist()]


# --- headers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "titles", "rows", "parts"),
    [
        # pandas and R write row names under a blank heading
        (",lsoa,n\n1,E01014485,5\n2,E01014486,6\n", ["column 1", "lsoa", "n"], 2, {"header": 1, "data": 2}),
        (",n\nE01014485,5\nE01014486,6\n", ["column 1", "n"], 2, {"header": 1, "data": 2}),
        # a comment without a heading is longer than the header
        ("lsoa,n,\nE01014485,5,\nE01014486,6,late\n", ["lsoa", "n", "column 3"], 2, {"header": 1, "data": 2}),
        # no header at all: no row is taken for one
        ("L81036,Elm,\nL81019,Oak,late\n", ["column 1", "column 2", "column 3"], 2, {"data": 2}),
        ("E01014485\nE01014486\n", ["column 1"], 2, {"data": 2}),
        # rows without a code are data, first, between and last
        ("lsoa,n\n,5\nE01014485,6\nNO2011,7\n", ["lsoa", "n"], 3, {"header": 1, "data": 3}),
        ("lsoa,n\nNO2011,5\nE01014485,6\n,7\n", ["lsoa", "n"], 3, {"header": 1, "data": 3}),
        ("lsoa,n\nE01014485,6\nE0101448,7\n", ["lsoa", "n"], 2, {"header": 1, "data": 2}),
        # titles above, footers below
        (
            "Visits by area\nSource: ours\n\nlsoa,n\nE01014485,5\n\nTotal,5\nSource: ours\n",
            ["lsoa", "n"],
            1,
            {"title lines": 2, "header": 1, "data": 1, "footers": 2, "blank": 2},
        ),
        (
            "Ward,name,n\nE05010885,Ashley,5\n,Bristol total,5\n",
            ["Ward", "name", "n"],
            1,
            {"header": 1, "data": 1, "footers": 1},
        ),
        # years and ages are headings
        ("LSOA,2021,2022\nE01014485,5,6\n", ["LSOA", "2021", "2022"], 1, {"header": 1, "data": 1}),
        ("LSOA,0,1,2,3\nE01014485,5,6,7,8\n", ["LSOA", "0", "1", "2", "3"], 1, {"header": 1, "data": 1}),
        # a line of groups above the headings
        (
            "lsoa,Males,,Females,\nlsoa,m,m rate,f,f rate\nE01014485,5,1,6,2\n",
            ["lsoa", "m", "m rate", "f", "f rate"],
            1,
            {"title lines": 1, "header": 1, "data": 1},
        ),
        # what Excel writes to say its separator
        ("sep=;\nlsoa;n\nE01014485;1,5\n", ["lsoa", "n"], 1, {"title lines": 1, "header": 1, "data": 1}),
        ("lsoa;n\nE01014485;1,5\nE01014486;2,5\n", ["lsoa", "n"], 2, {"header": 1, "data": 2}),
        # headings of official files, one of which could be a postcode but for its letters
        ("OA21CD,WD24CD\nE00073399,E05010885\n", ["OA21CD", "WD24CD"], 1, {"header": 1, "data": 1}),
        ("SICBL,n\n15C,5\n26A,6\n", ["SICBL", "n"], 2, {"header": 1, "data": 2}),
        (
            "Local Authority,visits\nBristol,3\nNorth Somerset,4\n",
            ["Local Authority", "visits"],
            2,
            {"header": 1, "data": 2},
        ),
    ],
)
def test_no_row_is_taken_for_what_it_is_not(read, text, titles, rows, parts):
    table = read(text)
    assert list(table.frame.columns) == titles
    assert len(table.frame) == rows
    assert table.account.parts() == parts
    assert table.account.rows == text.count("\n")


@pytest.mark.parametrize("mark", ["\f", "\v", "\x1c", "\x85", "\u2028", "\u2029"])
def test_only_line_feeds_and_carriage_returns_end_a_row(read, mark):
    table = read(f"Visits{mark}by area\n\nlsoa,n\nE01014485,5\nE01014486,6\n")
    assert table.frame["n"].tolist() == ["5", "6"]
    assert table.account.parts() == {"title lines": 1, "header": 1, "data": 2, "blank": 1}


def test_rows_may_end_in_carriage_returns_and_have_line_feeds_in_quotes(read):
    table = read('lsoa,note\r"E01014485","two\nlines"\rE01014486,\r')
    assert table.frame["note"].tolist() == ["two\nlines", ""]
    assert table.account.rows == 3


def test_short_rows_are_kept_and_said(read):
    table = read("lsoa,n,note\nE01014485,5\nE01014486,6,late\n")
    assert table.frame["note"].tolist() == ["", "late"]
    assert "1 row with fewer cells than the header (line 2)" in " ".join(table.account.notes())


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("lsoa,n\nE01014485,5\nE01014486,6,extra\n", "this row has 3 cells and the table 2 columns: `extra` is in none", 3),
        ("lsoa,n\nE01014485,1,005\n", "this row has 3 cells and the table 2 columns: `005` is in none", 2),
        ("lsoa,Number,Rate,Number\nE01014485,1,2,3\n", "two columns are called `Number`", 1),
        ("lsoa,n,N\nE01014485,1,2\n", "two columns are called `n` and `N`", 1),
        ('lsoa,n\n"E01014485,5\nE01014486,6\n', "a quotation mark of this row is out of place: it is opened and never closed", 2),
        ('lsoa,note\nE01014485,"St "Paul\nE01014486,6\n', "a quotation mark of this row is out of place", 2),
        ('lsoa,note,n\nE01014485,"a\nE01014486,b,6\nE01014487,c",7\n', "it takes in 2 more lines, with codes in them", 2),
    ],
)  # fmt: skip
def test_what_must_be_mended_is_named_with_its_line(read, tmp_path, text, message, line):
    with pytest.raises(PlacemapError) as caught:
        read(text)
    assert message in caught.value.message
    assert caught.value.location == f"{tmp_path / 't.csv'}:{line}"
    assert caught.value.exit_code == Exit.UNREADABLE
    assert caught.value.hint


# --- encodings and packing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_windows_text_reads_like_any_other(read, encoding):
    table = read("lsoa,note\nE01014485,St Paul’s – “new”\n".encode(encoding))
    assert cells(table) == [["lsoa", "note"], ["E01014485", "St Paul’s – “new”"]]


def test_a_late_byte_of_windows_is_read_and_a_byte_of_nothing_refused(read):
    rows = b"".join(b"E01014485,%d\n" % n for n in range(30_000))
    assert read(b"lsoa,n\n" + rows + b"E01014486,Caf\xe9\n").frame["n"].iloc[-1] == "Café"
    with pytest.raises(PlacemapError, match="neither UTF-8, UTF-16 nor Windows-1252"):
        read(b"lsoa,n\nE01014485,\x81\xff\n")


def test_packed_tables(read, tmp_path):
    text = b"lsoa,n\nE01014485,5\n"
    assert cells(read(gzip.compress(text), "t.csv.gz")) == [["lsoa", "n"], ["E01014485", "5"]]
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("readme.pdf", b"x")
        archive.writestr("folder/t.csv", text)
    assert cells(read_table(tmp_path / "a.zip"))[1] == ["E01014485", "5"]
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("a.csv", text)
        archive.writestr("b.csv", text)
    with pytest.raises(PlacemapError, match=r"holds 2 tables \(a.csv, b.csv\); expected one"):
        read_table(tmp_path / "b.zip")


def test_a_bomb_is_refused(tmp_path):
    with gzip.open(tmp_path / "t.csv.gz", "wb") as file:
        for _ in range(64):
            file.write(b"\n" * (1 << 20))
    with pytest.raises(PlacemapError, match="it unpacks to over .* MB from .* bytes, as no table does"):
        read_table(tmp_path / "t.csv.gz")


@pytest.mark.parametrize("content", [b"PK\x03\x04rest", b"\x1f\x8brest", b"PAR1rest", b"a\0b,c\n1,2\n", b"   \n \n"])
def test_damaged_files_are_messages(read, content):
    with pytest.raises(PlacemapError):
        read(content)


# --- the file that was named ------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names, and no pipes of this kind")
def test_a_pipe_is_read_whole_and_once(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = "lsoa,n\n" + "".join(f"E01014485,{n}\n" for n in range(200_000))
    writer = threading.Thread(target=pipe.write_text, args=(text,))
    writer.start()
    assert len(read_table(pipe).frame) == 200_000
    writer.join()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no pipes of this kind")
def test_a_pipe_that_nobody_fills_does_not_hang(tmp_path, monkeypatch):
    monkeypatch.setattr("placemap.core.open_file.PATIENCE", 0.2)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PlacemapError, match="nothing came through this pipe"):
        read_table(tmp_path / "pipe")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
@pytest.mark.parametrize(
    "name", ["data[1].csv", "star*.csv", "q?.csv", "n=7/t.csv", "lsoa=E01014485/t.csv", "b\\n{a,b}'.csv"]
)
def test_a_path_is_taken_literally_by_the_engine(tmp_path, name):
    import duckdb

    (tmp_path / name).parent.mkdir(exist_ok=True)
    for other in ("data1.csv", "stars.csv", "q1.csv"):
        (tmp_path / other).write_text("lsoa\nE99\n")
    (tmp_path / name).write_text("lsoa\nE01014485\n")
    (tmp_path / "spool").mkdir()
    path = literal_path(tmp_path / name, tmp_path / "spool").replace("'", "''")
    assert duckdb.sql(f"SELECT * FROM read_csv('{path}', hive_partitioning=false)").fetchall() == [("E01014485",)]


def test_what_was_copied_is_deleted(tmp_path):
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(b"lsoa,n\nE01014485,5\n"))
    with opened(tmp_path / "t.csv.gz") as source:
        assert source.path.exists()
    assert not source.path.exists()


# --- workbooks --------------------------------------------------------------------------------------------------------


@pytest.fixture
def book(tmp_path):
    workbook = openpyxl.Workbook()
    workbook.active.title = "Data"
    workbook.active.append(["lsoa", "n"])
    for number in range(60):
        workbook.active.append([f"E0101{4485 + number}", number])
    return workbook


def rewritten(path, change):
    """The workbook with the XML of its sheets changed."""
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, content in parts.items():
            new.writestr(name, change(content) if name.startswith("xl/worksheets/sheet") else content)


def test_a_sheet_is_read_whole_whatever_it_says_of_its_size(book, tmp_path):
    book.save(tmp_path / "t.xlsx")
    rewritten(tmp_path / "t.xlsx", lambda xml: xml.replace(b'ref="A1:B61"', b'ref="A1:B10"'))
    assert read_table(tmp_path / "t.xlsx").account.data == 60


def test_charts_are_no_tables(book, tmp_path):
    chart = BarChart()
    chart.add_data(Reference(book["Data"], min_col=2, min_row=1, max_row=5))
    book.create_chartsheet("Chart").add_chart(chart)
    book.save(tmp_path / "t.xlsx")
    assert read_table(tmp_path / "t.xlsx").account.data == 60


def test_several_sheets_that_fit_are_listed(book, tmp_path):
    book.copy_worksheet(book["Data"]).title = "Females"
    book.create_sheet("Notes").append(["for internal use"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(PlacemapError, match="2 sheets hold a table: `Data` and `Females`") as caught:
        read_table(tmp_path / "t.xlsx")
    assert (caught.value.exit_code, caught.value.hint) == (Exit.USAGE, "say which one with --sheet")
    assert read_table(tmp_path / "t.xlsx", "Females").account.sheet == "Females"


def test_a_cell_far_away_is_a_footer_or_named(book, tmp_path):
    book["Data"]["XFD1048576"] = "here"
    book.save(tmp_path / "t.xlsx")
    account = read_table(tmp_path / "t.xlsx").account
    assert (account.data, account.footer, account.rows) == (60, 1, 1_048_576)
    book["Data"]["XFD30"] = "there"
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(
        PlacemapError, match="this row has 16,384 cells and the table 2 columns: `there` is in none"
    ) as caught:
        read_table(tmp_path / "t.xlsx")
    assert caught.value.location.endswith("sheet Data:30")


def test_a_formula_without_its_result_is_no_blank_cell(book, tmp_path):
    """openpyxl, and R's openxlsx, write formulas and no results; Excel works them out when it opens the file."""
    book["Data"]["B5"] = "=1+4"
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(PlacemapError, match="cell B5 holds a formula, `=1\\+4`, without its result") as caught:
        read_table(tmp_path / "t.xlsx")
    assert caught.value.location.endswith("sheet Data:5")


def test_a_formula_in_place_of_a_code_is_no_missing_code(book, tmp_path):
    for row in range(2, 62):
        book["Data"].cell(row, 1).value = f'="E0101{4483 + row}"'
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(PlacemapError, match="holds a formula"):
        read_table(tmp_path / "t.xlsx")


def test_a_sum_below_the_table_needs_no_result(book, tmp_path):
    book["Data"].append(["Total", "=SUM(B2:B61)"])
    book.save(tmp_path / "t.xlsx")
    account = read_table(tmp_path / "t.xlsx").account
    assert (account.data, account.footer) == (60, 1)


@pytest.mark.parametrize(
    ("cell", "stale", "expected"),
    [
        (b'<c r="B2"><f>1+4</f><v>5</v></c>', True, "5"),  # a program that works formulas out
        (b'<c r="B2"><f>1+4</f><v>5</v></c>', False, "5"),
        (b'<c r="B2"><f>4-4</f><v>0</v></c>', False, "0"),  # Excel
        (b'<c r="B2"><f>4-4</f><v>0</v></c>', True, None),  # XlsxWriter writes 0 for what it does not work out
        (b'<c r="B2" t="str"><f>IF(1,"","x")</f><v></v></c>', False, ""),  # Excel and LibreOffice: an empty text
        (b'<c r="B2"><f>1+4</f></c>', False, None),  # Apache POI
        (b'<c r="B2"><f t="array" ref="B2">1+4</f><v></v></c>', False, None),
    ],
)
def test_what_programs_write_for_a_formula(book, tmp_path, cell, stale, expected):
    path = tmp_path / "t.xlsx"
    book.save(path)
    rewritten(path, lambda xml: xml.replace(b'<c r="B2" t="n"><v>0</v></c>', cell))
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    asked = b'fullCalcOnLoad="1"' in parts["xl/workbook.xml"]
    assert asked
    if not stale:
        parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")
    with zipfile.ZipFile(path, "w") as new:
        for name, content in parts.items():
            new.writestr(name, content)
    if expected is None:
        with pytest.raises(PlacemapError, match="cell B2 holds a formula"):
            read_table(path)
    else:
        assert read_table(path).frame["n"][0] == expected


def test_rows_that_a_filter_hides_are_read_and_said(book, tmp_path):
    for row in (3, 4, 9):
        book["Data"].row_dimensions[row].hidden = True
    book.save(tmp_path / "t.xlsx")
    account = read_table(tmp_path / "t.xlsx").account
    assert account.data == 60
    assert "3 rows of the sheet are hidden, by a filter or by hand; what is hidden is read, too" in account.notes()


def test_a_workbook_that_unpacks_to_too_much_is_refused(book, tmp_path):
    book.save(tmp_path / "t.xlsx")
    rewritten(tmp_path / "t.xlsx", lambda xml: xml.replace(b"</sheetData>", b" " * 100_000_000 + b"</sheetData>"))
    with pytest.raises(PlacemapError, match="it unpacks to over 100 MB"):
        read_table(tmp_path / "t.xlsx")


def test_a_damaged_workbook_is_a_message(book, tmp_path):
    book["Data"].merge_cells("B2:B4")
    book.save(tmp_path / "t.xlsx")
    whole = (tmp_path / "t.xlsx").read_bytes()
    chance = random.Random(5)
    for _ in range(150):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(damaged))
            if chance.random() < 0.3:
                del damaged[at : at + chance.randint(1, 40)]
            else:
                damaged[at] = chance.randrange(256)
        (tmp_path / "t.xlsx").write_bytes(damaged)
        try:
            table = read_table(tmp_path / "t.xlsx")
        except PlacemapError as error:
            assert error.hint
        else:
            assert table.account.data == len(table.frame)


# --- large files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (b"E01014485,5\nE01014486,6\n", 2),
        (b"E01014485,5\r\nE01014486,6\r\n", 2),
        (b"E01014485,5\nE01014486,6", 2),
        (b'"E01014485","5, or ""6"""\n,6\n', 2),
        (b"E01014485,5\r\nE01014486,6\n", None),
        (b"E01014485,5\n\nE01014486,6\n", None),
        (b"E01014485,5\n,\nE01014486,6\n", None),
        (b"E01014485,5\n , \n", None),
        (b'E01014485,5\n"",""\n', None),
        (b"E01014485,5,6\nE01014486,6\n", None),
        (b"E01014485\nE01014486,6\n", None),
        (b'E01014485,"5\n6"\n', None),
        (b'E01014485,5" by 6"\n', None),
        (b'E01014485,"5" x\n', None),
        (b"E01014485,5\rE01014486,6\n", None),
        (b"E01014485,\0\n", None),
    ],
)
@pytest.mark.parametrize("chunk", [1 << 24, 7, 16])
def test_a_file_is_plain_or_it_is_not(tmp_path, monkeypatch, body, rows, chunk):
    monkeypatch.setattr("placemap.core.plain_csv._CHUNK", chunk)
    head = b"lsoa,n\r\n" if b"\r\n" in body else b"lsoa,n\n"
    (tmp_path / "t.csv").write_bytes(head + body)
    found = proof(tmp_path / "t.csv", ",", 1, 2)
    assert (found.rows if found else None) == rows


def test_a_large_plain_file_goes_to_the_engine_as_it_is_and_another_is_rewritten(tmp_path):
    text = "Title\nlsoa,note,n\n" + "".join(f'E01014485,"a ""b"", {n}",{n}\n' for n in range(60_000))
    (tmp_path / "t.csv").write_text(text)
    found = on_disk(tmp_path / "t.csv", tmp_path)
    assert (found.plain.skip, found.plain.rows, found.parquet) == (2, 60_000, None)
    assert found.account.parts() == {"title lines": 1, "header": 1, "data": 60_000}
    (tmp_path / "t.csv").write_text(f"{text}Total,,9\n")
    found = on_disk(tmp_path / "t.csv", tmp_path)
    assert (found.plain, found.parquet.exists()) == (None, True)
    assert found.account.parts() == {"title lines": 1, "header": 1, "data": 60_000, "footers": 1}


@pytest.mark.parametrize("titles", [["lsoa", "n", "N"], ["lsoa", "n", "n"]])
def test_parquet_with_two_columns_of_one_title_is_refused(tmp_path, titles):
    """DuckDB calls the second one `N_1`, and takes the first."""
    table = pa.Table.from_arrays([pa.array(["E01014485"]), pa.array([1]), pa.array([2])], names=titles)
    pq.write_table(table, tmp_path / "t.parquet")
    for read in (read_table, lambda path: on_disk(path, tmp_path)):
        with pytest.raises(PlacemapError, match="two columns are called"):
            read(tmp_path / "t.parquet")


@pytest.fixture
def usual_limit_of_cells():
    """Python's own limit of the length of a cell, which is the process's: a library for validating tables lifts it."""
    before = csv.field_size_limit(131_072)
    yield
    csv.field_size_limit(before)


@pytest.mark.usefixtures("usual_limit_of_cells")
def test_a_cell_too_long_to_be_one_is_called_that(read):
    with pytest.raises(PlacemapError, match="a cell of this row has more than 131,072 characters"):
        read("lsoa,n\nE01014485," + "9" * 140_000 + "\n")


def test_what_a_mac_puts_beside_a_table_is_no_table(tmp_path):
    with zipfile.ZipFile(tmp_path / "t.zip", "w") as archive:
        archive.writestr("t.csv", "lsoa,n\nE01014485,5\n")
        archive.writestr("._t.csv", b"\0\5\x16\7Mac OS X")
        archive.writestr("__MACOSX/._t.csv", b"\0\5\x16\7Mac OS X")
    assert read_table(tmp_path / "t.zip").account.data == 1
