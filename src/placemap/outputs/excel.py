"""Tables → Excel; and what any workbook of placemap's needs, so that the same content always gives the same bytes."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from placemap.core.files import NO_TIME, cannot_write, without_timestamps
from placemap.core.tables import DECIMALS, Column, Table


def write_excel(tables: list[Table], path: Path) -> None:
    """Write tables as sheets of one workbook, codes as text cells, header frozen, with filters."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    with _sheets_on_disk():
        for table in tables:
            _append(book, table)
    path.write_bytes(saved(book))


def _append(book: Any, table: Table) -> None:
    sheet = book.create_sheet(table.name[:31])
    sheet.freeze_panes = "A2"
    sheet.append(table.schema.names)
    columns = [values_of(table, column) for column in table.schema.columns]
    for row in zip(*columns, strict=True):
        sheet.append([_cell(sheet, value) for value in row])
    if len(table.columns):
        sheet.auto_filter.ref = area(table)


def saved(book: Any, title: str | None = None) -> bytes:
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


def values_of(table: Table, column: Column) -> list[Any]:
    """The values of a column, rounded; None for a figure that is not there."""
    values = table.columns[column.name].tolist()
    if column.type in DECIMALS:
        return [None if np.isnan(value) else round(value, DECIMALS[column.type]) for value in values]
    return [bool(value) for value in values] if column.type == "flag" else values


def area(table: Table) -> str:
    """The cells of a table with its header, such as `A1:D7`."""
    return f"A1:{letter(len(table.schema.columns))}{len(table.columns) + 1}"


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
