"""Tables of random shape: every row of the file is title, header, data, footer or blank, or the file is refused."""

import codecs
import csv
import io
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from placemap.apply.engine_duckdb import DuckDbEngine
from placemap.apply.scan import scan_of
from placemap.core.errors import Exit, PlacemapError
from placemap.core.read_tables import on_disk, read_table

ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le-marked", "utf-16-be-marked", "cp1252")
SEPARATORS = (",", "\t", ";", "|")
TITLES = ("Attendances by area", "Source: made up", "Released in May, all ages", "Caf\xe9 – “quoted”")
FOOTERS = ("Source: made up", "Total", "Notes", "* held back, see the notes", "England")
COLUMNS = ("n", "visits", "rate per head", "2021", "St Paul’s", "Name of the area")
CODES = ("E01014485", "E01014486", "e01033907", "W01000001", "E05010885", "L81036")


@dataclass
class Shape:
    """A table as its rows are meant, and as they are written."""

    titles: list[list[str]]
    header: list[str] | None
    data: list[list[str]]
    footers: list[list[str]]
    blank_after_title: bool = False
    blanks: set[int] = field(default_factory=set)
    code_at: int = 0

    def rows(self):
        blank = [[""]]
        body = []
        for number, row in enumerate(self.data):
            body += ([["" for _ in row]] if number in self.blanks else []) + [row]
        head = [self.header] if self.header is not None else []
        return [*self.titles, *(blank if self.blank_after_title else []), *head, *body, *self.footers]

    def counts(self):
        """Rows that are not data and rows that are."""
        return {
            "title": len(self.titles),
            "header": int(self.header is not None),
            "data": len(self.data),
            "footer": len(self.footers),
            "blank": len(self.blanks) + self.blank_after_title,
        }


@st.composite
def shapes(draw):
    """Tables with a column of codes that is not always the first, blank headings, notes above and below."""
    others = draw(st.lists(st.sampled_from(COLUMNS), min_size=1, max_size=4, unique=True))
    at = draw(st.integers(0, len(others)))
    titles = [*others[:at], "area", *others[at:]]
    if draw(st.booleans()):  # row names of pandas and R, or a comment without a heading
        titles = ["", *titles] if draw(st.booleans()) else [*titles, ""]
    place = titles.index("area")
    cells = st.sampled_from(["5", "1,005", "0.5", "", "late", "naïve", 'a "word"', "£2,500.50", "a;b|c\td"])
    rows = []
    for _ in range(draw(st.integers(1, 12))):
        row = [draw(cells) for _ in titles]
        row[place] = draw(st.sampled_from(CODES))
        rows.append(row)
    for number in draw(st.sets(st.integers(1, 12))):  # rows without a code, which are data all the same
        if number < len(rows):
            rows[number][place], rows[number][(place + 1) % len(titles)] = (
                draw(st.sampled_from(["", "NO2011", "X1"])),
                "7",
            )
    titled = draw(st.lists(st.sampled_from(TITLES), max_size=3))
    footed = draw(st.lists(st.sampled_from(FOOTERS), max_size=2))
    header = draw(st.sampled_from([titles, titles, titles, None]))
    foot = [[text] if text != "Total" else ["" if n != place else text for n in range(len(titles))] for text in footed]
    blanks = draw(st.sets(st.integers(1, max(1, len(rows) - 1)), max_size=2))
    return Shape(
        [[text] for text in titled],
        header,
        rows,
        foot,
        blank_after_title=draw(st.booleans()),
        blanks={number for number in blanks if number < len(rows)},
        code_at=place,
    )


def written(shape, separator, encoding, path):
    text = io.StringIO()
    csv.writer(text, delimiter=separator, lineterminator="\n").writerows(shape.rows())
    content = text.getvalue().replace("\n\n", "\n \n")  # a blank line is a line
    if encoding == "cp1252":
        content = content.encode("cp1252", errors="replace").decode("cp1252")
    marks = {"utf-16-le-marked": codecs.BOM_UTF16_LE, "utf-16-be-marked": codecs.BOM_UTF16_BE}
    codec, mark = encoding.removesuffix("-marked"), marks.get(encoding, b"")
    path.write_bytes(mark + content.encode(codec))
    return content


def lines_of(content):
    """Rows of the file, counted without placemap: line feeds, as no cell of these tables has one."""
    return content.count("\n") if content.endswith("\n") else content.count("\n") + 1


QUIET = settings(max_examples=150)


@given(shape=shapes(), separator=st.sampled_from(SEPARATORS), encoding=st.sampled_from(ENCODINGS))
@QUIET
def test_every_row_of_a_csv_is_accounted_for(shape, separator, encoding, tmp_path):
    path = tmp_path / "table.csv"
    content = written(shape, separator, encoding, path)
    account = read_table(path).account
    assert account.rows == lines_of(content)
    got = {name: getattr(account, name) for name in shape.counts()}
    assert got == shape.counts()


@given(shape=shapes())
@QUIET
def test_cells_come_as_they_were_written(shape, tmp_path):
    path = tmp_path / "table.csv"
    written(shape, ",", "utf-8", path)
    frame = read_table(path).frame
    for number, title in enumerate(shape.header or []):
        if title:
            assert frame[title].tolist() == [row[number] for row in shape.data]


@given(shape=shapes())
@settings(QUIET, max_examples=60)
def test_every_row_of_a_sheet_is_accounted_for(shape, tmp_path):
    path = tmp_path / "table.xlsx"
    book = openpyxl.Workbook()
    for row in shape.rows():
        book.active.append([cell or None for cell in row])
    book.save(path)
    account = read_table(path).account
    expected = shape.counts()
    assert {name: getattr(account, name) for name in expected} == expected


@given(shape=shapes(), spans=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 11), st.integers(1, 4)), max_size=3))
@settings(QUIET, max_examples=60)
def test_merged_cells_stand_in_each_of_their_rows(shape, spans, tmp_path):
    """A spreadsheet program shows one cell; each of its rows has the value."""
    shape.titles.clear()
    shape.blanks.clear()
    shape.blank_after_title = False
    if shape.header is None:
        return
    book = openpyxl.Workbook()
    for row in shape.rows():
        book.active.append([cell or None for cell in row])
    expected, taken = [list(row) for row in shape.data], set()
    for column, first, length in spans:
        last = min(first + length, len(expected) - 1)
        cells = {(row, column) for row in range(first, last + 1)}
        if column >= len(shape.header) or column == shape.code_at or last <= first or cells & taken:
            continue
        taken |= cells
        book.active.merge_cells(start_row=first + 2, end_row=last + 2, start_column=column + 1, end_column=column + 1)
        for row in range(first + 1, last + 1):
            expected[row][column] = expected[first][column]
    book.save(tmp_path / "table.xlsx")
    table = read_table(tmp_path / "table.xlsx")
    assert table.account.data == len(expected)
    for number, title in enumerate(shape.header):
        if title:
            assert table.frame[title].tolist() == [row[number] for row in expected]


@given(
    shape=shapes(),
    extra=st.text(st.characters(codec="ascii", categories=["L", "Nd"]), max_size=3),
    at=st.integers(0, 30),
)
@QUIET
def test_a_row_with_a_cell_more_is_kept_or_its_line_is_named(shape, extra, at, tmp_path):
    path = tmp_path / "table.csv"
    shape.footers.clear()
    if shape.header is None:
        return
    row = shape.data[at % len(shape.data)]
    row.append(extra)
    content = written(shape, ",", "utf-8", path)
    if extra:
        with pytest.raises(PlacemapError, match=r"this row has \d+ cells and the table \d+ columns") as caught:
            read_table(path)
        line = 1 + next(number for number, got in enumerate(csv.reader(io.StringIO(content))) if got == row)
        assert caught.value.location == f"{path}:{line}"
        assert caught.value.exit_code == Exit.UNREADABLE
    else:
        assert read_table(path).account.data == len(shape.data)


@given(shape=shapes())
@settings(QUIET, max_examples=60)
def test_a_repeated_heading_is_refused(shape, tmp_path):
    if shape.header is None:
        return
    path = tmp_path / "table.csv"
    shape.header.append("Area")
    for row in shape.data:
        row.append("1")
    shape.footers.clear()
    written(shape, ",", "utf-8", path)
    with pytest.raises(PlacemapError, match="two columns are called `area` and `Area`"):
        read_table(path)


@given(shape=shapes(), end=st.sampled_from(["\n", "\r\n"]), quoted=st.booleans())
@settings(QUIET, max_examples=60)
def test_large_files_are_read_as_small_ones_are(shape, end, quoted, tmp_path):
    """The proof that a file is plain, and what is done where it is not, count the same rows."""
    path = tmp_path / "table.csv"
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL)
    writer.writerows(shape.rows())
    path.write_bytes(text.getvalue().encode())
    small = read_table(path).account
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("placemap.core.read_tables.LARGE", 0)
        (tmp_path / "spool").mkdir(exist_ok=True)
        large = on_disk(path, tmp_path / "spool").account
    assert large.parts() == small.parts()


@given(shape=shapes(), end=st.sampled_from(["\n", "\r\n"]), quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
@settings(QUIET, max_examples=60)
def test_the_engine_reads_the_cells_that_the_reader_reads(shape, end, quoting, tmp_path):
    """Whether the file is proven plain and read by DuckDB, or rewritten: the same cells."""
    if shape.header is None:
        return
    shape.titles.clear()
    path = tmp_path / "table.csv"
    text = io.StringIO()
    csv.writer(text, lineterminator=end, quoting=quoting).writerows(shape.rows())
    path.write_bytes(text.getvalue().encode())
    expected = read_table(path).frame
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("placemap.core.read_tables.LARGE", 0)
        engine = DuckDbEngine(scan_of(path, Path(folder)))
        found = engine.preview(list(engine.columns()), 1_000)
        engine.close()
    assert list(found.columns) == list(expected.columns)
    assert found.fillna("").to_numpy().tolist() == expected.to_numpy().tolist()
