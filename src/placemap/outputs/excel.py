"""Sheets of words and of tables → a workbook, cell by cell: nothing in it that a reader cannot see.

Filters are those of Excel's tables: an ordinary filter would leave a hidden name in the file. The same sheets always
give the same bytes.
"""

from __future__ import annotations

import errno
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import accumulate
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from placemap.core.files import NO_TIME, cannot_write, without_timestamps
from placemap.core.tables import DECIMALS, Column, Table

_FONT = "Arial"
_WIDEST = 66
#: Columns are measured in digits; letters of Arial 10 are about so wide. Heights are in points, the last the highest
#: that Excel allows.
_LETTER, _LINE, _TALLEST = 0.9, 13.0, 409.0
_FORMATS = {"int": "#,##0", "people": "#,##0", "share": "0.0%", "number": "#,##0.00"}
#: Excel shows truth values as they are; LibreOffice would show 1 and 0.
_FORMATS["flag"] = '"TRUE";"TRUE";"FALSE"'
#: Excel holds no longer text in a cell; a table has it whole.
_LONGEST = 32_767
_CUT = " … (cut here; the file of this table has it all)"
#: Points of rows that are put on a page of tables and of words, if need be smaller; and of a table's first page where
#: it is for the screen, so that only this page prints.
_PAGE_OF_TABLE, _PAGE_OF_WORDS, _FIRST_PAGE = 900.0, 720.0, 650.0


class Link(NamedTuple):
    """A cell of words that leads to a sheet of the same workbook."""

    sheet: str

    def __str__(self) -> str:
        return self.sheet


Cell = str | Link


@dataclass(frozen=True)
class TextSheet:
    """A sheet of words: a title, then rows of cells; `head` says that the first row is a header."""

    name: str
    title: str
    rows: Sequence[Sequence[Cell]]
    widths: Sequence[int]
    head: bool = False


@dataclass(frozen=True)
class TableSheet:
    """A sheet that holds one table.

    Attributes:
        printed: its first columns, which print; the others are for joins.
        pages: that it may take; a longer one is for the screen and prints the first page.
    """

    name: str
    table: Table
    printed: int
    pages: int = 1

    @property
    def count(self) -> int:
        """The number of its rows."""
        return len(self.table.columns)

    @cached_property
    def values(self) -> list[list[Any]]:
        """The cells by column."""
        return [_values(self.table, column) for column in self.table.schema.columns]

    @cached_property
    def heights(self) -> list[float]:
        """The height of each row in points."""
        wraps = [values for values in self.values[: self.printed] if _wraps(values)]
        return [_height((text, _WIDEST) for text in row) for row in zip(*wraps, strict=True)] or [_LINE] * self.count

    @property
    def prints(self) -> int:
        """How many of its rows print."""
        if sum(self.heights) <= self.pages * _PAGE_OF_TABLE - _LINE:
            return self.count
        return sum(height <= _FIRST_PAGE for height in accumulate(self.heights))


def workbook(sheets: Iterable[TextSheet | TableSheet], title: str) -> bytes:
    """An xlsx file."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    # Widths of columns are counted in digits of this style's font; nothing public sets it.
    book._named_styles["Normal"].font = Font(name=_FONT, size=10)
    with _sheets_on_disk():
        for number, sheet in enumerate(sheets, start=1):
            made = book.create_sheet(sheet.name)
            _landscape(made)
            if isinstance(sheet, TextSheet):
                _words(made, sheet)
            else:
                _rows(made, sheet, number)
    return _saved(book, title)


def _saved(book: Any, title: str) -> bytes:
    """A workbook as a file that knows no time."""
    book.properties.title, book.properties.creator = title, "placemap"
    book.properties.created = book.properties.modified = NO_TIME
    buffer = BytesIO()
    with _sheets_on_disk():
        book.save(buffer)
    return without_timestamps(buffer.getvalue())


@contextmanager
def _sheets_on_disk() -> Iterator[None]:
    """Say in words why openpyxl could not write its sheets, which it puts into the temporary folder, through lxml.

    Raises:
        PlacemapError: so.
    """
    from lxml.etree import SerialisationError

    try:
        yield
    except (OSError, SerialisationError) as error:
        # lxml names what the system said: `IO_ENOSPC`.
        number = getattr(errno, str(error).removeprefix("IO_"), errno.EIO)
        said = error if isinstance(error, OSError) else OSError(number, os.strerror(number))
        place = Path(tempfile.tempdir or "the temporary folder")
        raise cannot_write(said, place, what="sheets of the workbook", option="the variable TMPDIR") from None


def _landscape(made: Any) -> None:
    """How a sheet prints: landscape A4, as wide as the page, its name and the page's number below."""
    from openpyxl.worksheet.page import PageMargins
    from openpyxl.worksheet.properties import PageSetupProperties

    made.page_setup.orientation, made.page_setup.paperSize = "landscape", "9"
    made.page_setup.fitToWidth = 1
    made.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    made.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.6, header=0.2, footer=0.3)
    made.oddFooter.center.text = "&A, page &P of &N"


# --- words ------------------------------------------------------------------------------------------------------------


def _words(made: Any, sheet: TextSheet) -> None:
    plain, bold, link = _style(made, wrap=True), _style(made, wrap=True, bold=True), _style(made, wrap=True, link=True)
    for column, width in enumerate(sheet.widths, start=1):
        made.column_dimensions[letter(column)].width = width
    if sheet.head:
        made.freeze_panes = "A4"
        made.print_title_rows = "3:3"
    made.print_area = f"A1:{letter(len(sheet.widths))}{len(sheet.rows) + 2}"
    made.append([_cell(made, sheet.title, _style(made, bold=True, size=14))])
    made.append([])
    heights = [_height(zip(map(str, row), sheet.widths, strict=False)) for row in sheet.rows]
    made.page_setup.fitToHeight = ceil(sum(heights) / _PAGE_OF_WORDS) or 1
    for number, (row, height) in enumerate(zip(sheet.rows, heights, strict=True), start=3):
        made.row_dimensions[number].height = height
        of_text = bold if sheet.head and number == 3 else plain
        made.append([_cell(made, cell, link if isinstance(cell, Link) else of_text) for cell in row])


# --- tables -----------------------------------------------------------------------------------------------------------


def _rows(made: Any, sheet: TableSheet, number: int) -> None:
    columns = sheet.table.schema.columns
    for place, (column, values) in enumerate(zip(columns, sheet.values, strict=True), start=1):
        made.column_dimensions[letter(place)].width = _width(column, values)
    _prints(made, sheet)
    made.freeze_panes = "A2"
    if sheet.count:
        _filter(made, sheet.table, number)
    head = _style(made, bold=True, fill=True, size=8)
    made.append([_cell(made, column.name, head) for column in columns])
    styles = [
        _style(made, form=_FORMATS.get(column.type, "@"), wrap=_wraps(values))
        for column, values in zip(columns, sheet.values, strict=True)
    ]
    for place, (height, *row) in enumerate(zip(sheet.heights, *sheet.values, strict=True), start=2):
        if height > _LINE:
            made.row_dimensions[place].height = height
        made.append([_cell(made, value, style) for value, style in zip(row, styles, strict=True)])


def _wraps(values: Sequence[Any]) -> bool:
    return any(isinstance(value, str) and len(value) > _WIDEST for value in values)


def _values(table: Table, column: Column) -> list[Any]:
    """The values of a column, rounded; None for a figure that is not there."""
    values = table.columns[column.name].tolist()
    if column.type in DECIMALS:
        places = DECIMALS[column.type]
        # A mark may stand where a figure is held back.
        return [v if isinstance(v, str) else None if v != v else round(v, places) for v in values]
    return [bool(value) for value in values] if column.type == "flag" else values


def _width(column: Column, values: Sequence[Any]) -> float:
    """Of the column: of its longest value or, with the button of the filter, its name."""
    longest = max((len(str(value)) for value in values if value is not None), default=0)
    # A figure is written longer than it is: 1,234,567. A text stands in from the edge.
    return min(max(len(column.name) + 3, longest + 2), _WIDEST)


def _prints(made: Any, sheet: TableSheet) -> None:
    made.print_area = f"A1:{letter(sheet.printed)}{sheet.prints + 1}"
    made.print_title_rows = "1:1"
    made.page_setup.fitToHeight = ceil((sum(sheet.heights[: sheet.prints]) + _LINE) / _PAGE_OF_TABLE)
    if sheet.prints < sheet.count:
        first = f"The first {sheet.prints} of {sheet.count:,} rows"
        made.oddHeader.left.text = f"{first}. To print all: Page Layout, Print Area, Clear Print Area."


def _filter(made: Any, table: Table, number: int) -> None:
    from openpyxl.worksheet.table import Table as Filtered
    from openpyxl.worksheet.table import TableStyleInfo

    names = table.schema.names
    filtered = Filtered(displayName=f"Table{number}", ref=f"A1:{letter(len(names))}{len(table.columns) + 1}")
    filtered.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    # A sheet that is written row by row has no headings to be asked for; this is openpyxl's way to name them.
    filtered._initialise_columns()
    for column, name in zip(filtered.tableColumns, names, strict=True):
        column.name = name
    made.tables.add(filtered)


# --- cells ------------------------------------------------------------------------------------------------------------


def letter(number: int) -> str:
    """The letters of a column: `A` for 1."""
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(number))


def _style(
    made: Any,
    *,
    size: int = 10,
    bold: bool = False,
    link: bool = False,
    fill: bool = False,
    wrap: bool = False,
    form: str = "@",
) -> Any:
    """A style to give to cells; to set each cell's own anew would take most of the time."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font, PatternFill

    cell = WriteOnlyCell(made)
    look = {"underline": "single", "color": "1F4E79"} if link else {}
    cell.font = Font(name=_FONT, size=size, bold=bold, **look)
    words = {"horizontal": "left", "indent": 1} if form == "@" else {}
    cell.alignment = Alignment(vertical="top", wrap_text=wrap, **words)
    cell.number_format = form
    if fill:
        cell.fill = PatternFill("solid", start_color="DDE6EE")
    return cell._style


def _cell(made: Any, value: Any, style: Any) -> Any:
    """A cell; a text as a text cell, so that no code becomes a number and no name a formula; None for empty text."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.worksheet.hyperlink import Hyperlink

    if value is None or value == "":
        return None
    text = value.sheet if isinstance(value, Link) else value
    cell = WriteOnlyCell(made, value=_cut(_NO_XML.sub("\ufffd", text)) if isinstance(text, str) else text)
    if isinstance(text, str):
        cell.data_type = "s"
    if isinstance(value, Link):
        cell.hyperlink = Hyperlink(ref="A1", location=f"'{value.sheet}'!A1")
    cell._style = style
    return cell


#: What no part of a workbook can hold, and groups and titles of people's own data may.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - len(_CUT)] + _CUT


def _height(cells: Iterable[tuple[str, int]]) -> float:
    """Height in points of a row with wrapped text; nothing works it out when a file is only opened."""
    lines = [
        sum(max(1, ceil(len(line) * _LETTER / width)) for line in text.split("\n")) for text, width in cells if text
    ]
    most = max(lines, default=1)
    return min(_LINE * most + 3 * (most > 1), _TALLEST)
