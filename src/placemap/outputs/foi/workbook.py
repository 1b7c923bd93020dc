"""The workbook of an FOI pack, written cell by cell from the tables: nothing in it that a reader cannot see.

Filters are those of Excel's tables: an ordinary filter would leave a hidden name in the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil
from typing import Any

from placemap.core.tables import Column, Table
from placemap.outputs.excel import area, letter, saved, values_of

_WIDEST = 60
#: Columns are measured in digits; letters of Arial 10 are about so wide. Heights are in points, the last the highest
#: that Excel allows.
_LETTER, _LINE, _TALLEST = 0.95, 13.0, 409.0
_FORMATS = {"int": "#,##0", "people": "#,##0", "share": "0.0%", "number": "#,##0.00"}


@dataclass(frozen=True)
class TextSheet:
    """A sheet of words: a title, then rows of cells; `head` says that the first row is a header."""

    name: str
    title: str
    rows: list[list[str]]
    widths: list[int]
    head: bool = False


@dataclass(frozen=True)
class TableSheet:
    """A sheet that holds one table."""

    name: str
    table: Table


def workbook(sheets: list[TextSheet | TableSheet], title: str) -> bytes:
    """An xlsx file; the same sheets always give the same bytes."""
    from openpyxl import Workbook

    book = Workbook()
    book.remove(book.active)
    for number, sheet in enumerate(sheets, start=1):
        made = book.create_sheet(sheet.name)
        if isinstance(sheet, TextSheet):
            _words(made, sheet)
        else:
            _rows(made, sheet.table, number)
        _page(made, sheet)
    return saved(book, title)


def _words(made: Any, sheet: TextSheet) -> None:
    from openpyxl.styles import Alignment, Font

    made["A1"] = sheet.title
    made["A1"].font = Font(name="Arial", size=14, bold=True)
    for number, row in enumerate(sheet.rows, start=3):
        for column, text in enumerate(row, start=1):
            cell = _text(made, number, column, text)
            cell.font = Font(name="Arial", size=10, bold=sheet.head and number == 3)
            cell.alignment = Alignment(wrap_text=True, vertical="top")
        made.row_dimensions[number].height = _height(zip(row, sheet.widths, strict=False))
    for column, width in enumerate(sheet.widths, start=1):
        made.column_dimensions[letter(column)].width = width
    if sheet.head:
        made.freeze_panes = "A4"


def _rows(made: Any, table: Table, number: int) -> None:
    for column, item in enumerate(table.schema.columns, start=1):
        values = _values(table, item)
        _column(made, column, item, values)
        longest = max([len(item.name) + 4, *(len(str(value)) + 2 for value in values if value is not None)])
        made.column_dimensions[letter(column)].width = min(longest, _WIDEST)
    for row in range(2, len(table.columns) + 2):
        texts = [cell.value for cell in made[row] if isinstance(cell.value, str)]
        if any(len(text) > _WIDEST for text in texts):
            made.row_dimensions[row].height = _height((text, _WIDEST) for text in texts)
    made.freeze_panes = "A2"
    if len(table.columns):
        _filter(made, area(table), number)


def _column(made: Any, column: int, item: Column, values: list[Any]) -> None:
    """The header and the cells of a column; setting each cell's style anew would take most of the time."""
    from openpyxl.styles import Alignment, Font, PatternFill

    head = _text(made, 1, column, item.name)
    head.font = Font(name="Arial", size=10, bold=True)
    head.fill = PatternFill("solid", start_color="DDE6EE")
    head.alignment = Alignment(vertical="top")
    wraps = any(isinstance(value, str) and len(value) > _WIDEST for value in values)
    style = None
    for row, value in enumerate(values, start=2):
        cell = _text(made, row, column, value) if isinstance(value, str) else made.cell(row, column, value)
        if style is None:
            cell.font = Font(name="Arial", size=10)
            cell.number_format = _FORMATS.get(item.type, "@")
            cell.alignment = Alignment(vertical="top", wrap_text=wraps)
            style = cell._style
        cell._style = style


def _filter(made: Any, area: str, number: int) -> None:
    from openpyxl.worksheet.table import Table as Filtered
    from openpyxl.worksheet.table import TableStyleInfo

    filtered = Filtered(displayName=f"Table{number}", ref=area)
    filtered.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    made.add_table(filtered)


def _height(cells: Iterable[tuple[str, int]]) -> float:
    """Height in points of a row with wrapped text; nothing works it out when a file is only opened."""
    lines = [
        sum(max(1, ceil(len(line) * _LETTER / width)) for line in text.split("\n")) for text, width in cells if text
    ]
    return min(_LINE * max(lines, default=1) + 3, _TALLEST)


def _text(made: Any, row: int, column: int, text: str) -> Any:
    """A text cell, so that no code becomes a number and no name a formula; nothing at all for empty text."""
    cell = made.cell(row, column)
    if text:
        cell.value = text
        cell.data_type = "s"
    return cell


def _values(table: Table, column: Column) -> list[Any]:
    values = values_of(table, column)
    return ["true" if value else "false" for value in values] if column.type == "flag" else values


def _page(made: Any, sheet: TextSheet | TableSheet) -> None:
    """How a sheet prints: landscape A4, as wide as the page, header on every page, all of it."""
    made.page_setup.orientation = "landscape"
    made.page_setup.paperSize = made.PAPERSIZE_A4
    made.page_setup.fitToWidth, made.page_setup.fitToHeight = 1, 0
    made.sheet_properties.pageSetUpPr.fitToPage = True
    made.print_area = made.dimensions
    if isinstance(sheet, TableSheet):
        made.print_title_rows = "1:1"
    made.oddFooter.center.text = "&A, page &P of &N"
