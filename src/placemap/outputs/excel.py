"""Tables → Excel; and what any workbook of placemap's needs, so that the same content always gives the same bytes."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from placemap.core.files import NO_TIME, without_timestamps
from placemap.core.tables import DECIMALS, Column, Table


def write_excel(tables: list[Table], path: Path) -> None:
    """Write tables as sheets of one workbook, codes as text cells, header frozen, with filters."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for table in tables:
        sheet = book.create_sheet(table.name[:31])
        sheet.freeze_panes = "A2"
        sheet.append(table.schema.names)
        columns = [values_of(table, column) for column in table.schema.columns]
        for row in zip(*columns, strict=True):
            sheet.append([_cell(sheet, value) for value in row])
        if len(table.frame):
            sheet.auto_filter.ref = area(table)
    path.write_bytes(saved(book))


def saved(book: Any, title: str | None = None) -> bytes:
    """A workbook as a file that knows no time."""
    book.properties.title, book.properties.creator = title, "placemap"
    book.properties.created = book.properties.modified = NO_TIME
    buffer = BytesIO()
    book.save(buffer)
    return without_timestamps(buffer.getvalue())


def values_of(table: Table, column: Column) -> list[Any]:
    """The values of a column, rounded; None for a figure that is not there."""
    values = table.frame[column.name].tolist()
    if column.type in DECIMALS:
        return [None if np.isnan(value) else round(value, DECIMALS[column.type]) for value in values]
    return [bool(value) for value in values] if column.type == "flag" else values


def area(table: Table) -> str:
    """The cells of a table with its header, such as `A1:D7`."""
    return f"A1:{letter(len(table.schema.columns))}{len(table.frame) + 1}"


def letter(number: int) -> str:
    """The letters of a column: `A` for 1."""
    from openpyxl.utils import get_column_letter

    return str(get_column_letter(number))


def _cell(sheet: Any, value: Any) -> Any:
    """Text as a text cell, so that Excel turns no code into a number and no name into a formula."""
    from openpyxl.cell import WriteOnlyCell

    if not isinstance(value, str):
        return value
    cell = WriteOnlyCell(sheet, value=value)
    cell.data_type = "s"
    cell.number_format = "@"
    return cell
