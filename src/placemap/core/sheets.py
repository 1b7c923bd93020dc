"""Workbooks (.xlsx) → rows of text, whatever a sheet says of its own size; merged cells filled down."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from placemap.core.account import Uncalculated
from placemap.core.decode import PREVIEW, Record
from placemap.core.errors import Exit, PlacemapError
from placemap.core.header import Header, find_header
from placemap.core.open_file import ZIP_FAULTS, Source, refuse_bomb, unreadable
from placemap.core.text import listed

#: A cell right of this, far from its table, is no column of it.
MOST_COLUMNS = 2_000
#: What openpyxl raises of a damaged workbook.
WORKBOOK_FAULTS = (*ZIP_FAULTS, LookupError, ValueError, TypeError, AttributeError, SyntaxError, ArithmeticError)
#: What of a sheet's markup openpyxl does not tell: ranges of merged cells, rows that are hidden, formulas.
_MARKUP = re.compile(
    rb"<(?:\w+:)?(?:mergeCell\s[^>]{0,200}?ref=\"([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})\"|"
    rb"row\s[^>]{0,250}?hidden=\"(1|true)\"|(f)[\s/>])"
)
_STALE = re.compile(rb"<(?:\w+:)?calcPr\s[^>]*fullCalcOnLoad=\"(?:1|true)\"")


@dataclass
class Markup:
    """What a sheet's markup says beside the values of cells.

    Attributes:
        merged: ranges of cells. hidden: rows that a filter, or a person, has hidden.
        formulas: whether there are any.
    """

    merged: list[str] = field(default_factory=list)
    hidden: int = 0
    formulas: bool = False


class Sheet:
    """A sheet of a workbook that is open.

    Args:
        formulas: the same sheet with formulas instead of their results; None where it has none.
        stale: whether the book asks to be worked out anew when it is opened.
    """

    def __init__(self, sheet: Any, markup: Markup, formulas: Any = None, *, stale: bool = False) -> None:
        self.name = str(sheet.title)
        self.hidden = markup.hidden
        self._sheet = sheet
        self._merged = _down(markup.merged)
        self._formulas = formulas
        self._stale = stale

    def _texts(self) -> Iterator[list[str]]:
        """The cells of every row, whatever the sheet says of its own size."""
        self._sheet.reset_dimensions()
        if self._formulas is None:
            for row in self._sheet.iter_rows(values_only=True):
                yield [cell_text(value) for value in row]
            return
        self._formulas.reset_dimensions()
        for row, formulas in zip(self._sheet.iter_rows(), self._formulas.iter_rows(values_only=True), strict=True):
            yield [self._text(cell, formula) for cell, formula in zip(row, formulas, strict=True)]

    def _text(self, cell: Any, formula: Any) -> str:
        """A cell's text. A program that cannot work out a formula leaves its result out, or writes 0 for it."""
        result = cell.value
        if formula is not None and formula != result:
            is_lacking = result is None and (self._stale or cell.data_type != "str")  # a text may be an empty one
            if is_lacking or (self._stale and result == 0):
                return Uncalculated(getattr(formula, "text", None) or formula)
        return cell_text(result)

    def records(self) -> Iterator[Record]:
        """Every row with its number; the value of cells that are merged stands in each of their rows."""
        filled: dict[int, str] = {}
        for number, texts in enumerate(self._texts(), 1):
            cells = texts
            for column, first in self._merged.get(number, ()):
                cells += [""] * (column + 1 - len(cells))
                if first == number:
                    filled[column] = cells[column]
                elif not cells[column]:
                    cells[column] = filled.get(column, "")
            yield number, cells

    def header(self, label: str) -> Header | None:
        """Where its table begins.

        Raises:
            PlacemapError: two columns have one title, or a cell stands far from the table.
        """
        preview = []
        for record in self.records():
            preview.append(record)
            if len(preview) >= PREVIEW:
                break
        place = f"{label}, sheet {self.name}"
        rows = [row[:MOST_COLUMNS] for _, row in preview]
        return find_header(rows, ragged=False, label=place, line=[line for line, _ in preview])


def _down(ranges: list[str]) -> dict[int, list[tuple[int, int]]]:
    """By row, the columns that are merged with rows above or below: (column, first row)."""
    from openpyxl.utils import range_boundaries

    found: dict[int, list[tuple[int, int]]] = {}
    for text in ranges:
        left, top, _, bottom = range_boundaries(text)
        if bottom > top and bottom - top <= 100_000:
            for row in range(top, bottom + 1):
                found.setdefault(row, []).append((left - 1, top))
    return found


@contextmanager
def workbook(source: Source) -> Iterator[list[Sheet]]:
    """The sheets of a workbook that hold cells (charts are no tables).

    Raises:
        PlacemapError: it is none, or would unpack to too much.
    """
    from openpyxl import load_workbook

    _refuse_large(source)
    try:
        with source.path.open("rb") as file, zipfile.ZipFile(source.path) as archive:
            book = load_workbook(file, read_only=True, data_only=True)
            markup = [_markup(archive, sheet) for sheet in book.worksheets]
            formulas: list[Any] = [None] * len(markup)
            if any(item.formulas for item in markup):
                again = load_workbook(file, read_only=True, data_only=False).worksheets
                formulas = [sheet if item.formulas else None for sheet, item in zip(again, markup, strict=True)]
            sheets = zip(book.worksheets, markup, formulas, strict=True)
            yield [Sheet(sheet, item, other, stale=_is_stale(archive)) for sheet, item, other in sheets]
    except WORKBOOK_FAULTS as error:
        raise unreadable(source.label, f"the workbook cannot be read: {error}") from None


def _refuse_large(source: Source) -> None:
    try:
        with zipfile.ZipFile(source.path) as archive:
            members = archive.infolist()
    except ZIP_FAULTS as error:
        raise unreadable(source.label, f"the workbook cannot be read: {error}") from None
    refuse_bomb(sum(member.file_size for member in members), source.path.stat().st_size, source.label)


def _markup(archive: zipfile.ZipFile, sheet: Any) -> Markup:
    """What stands in a sheet's markup; merged cells stand after the rows, where openpyxl does not look."""
    found = Markup()
    rest = b""
    with archive.open(sheet._worksheet_path) as file:
        while content := file.read(1 << 20):
            text = rest + content
            end = 0
            for match in _MARKUP.finditer(text):
                end = match.end()
                found.merged += [match[1].decode("ascii")] if match[1] else []
                found.hidden += match[2] is not None
                found.formulas |= match[3] is not None
            rest = text[max(end, len(text) - 300) :]
    return found


def _is_stale(archive: zipfile.ZipFile) -> bool:
    """Whether a workbook asks to be worked out when it is opened, as those do that no spreadsheet has saved.

    openpyxl takes that for the default, so it cannot be asked.
    """
    books = [name for name in archive.namelist() if re.fullmatch(r"xl/workbook\w*\.xml", name)]
    return any(_STALE.search(archive.read(name)) for name in books)


def chosen_sheet(sheets: list[Sheet], name: str | None, label: str) -> tuple[Sheet, Header]:
    """The sheet that is named, or else the only one with a table of codes, or with a table.

    Raises:
        PlacemapError: there is no such sheet, no table in any, or several fit.
    """
    names = listed([f"`{sheet.name}`" for sheet in sheets]) if sheets else "none"
    if name is not None and name not in [sheet.name for sheet in sheets]:
        raise unreadable(label, f"there is no sheet `{name}`", f"the sheets are {names.replace('`', '')}")
    able = [sheet for sheet in sheets if name in (None, sheet.name)]
    found = [(sheet, header) for sheet in able if (header := _header_of(sheet, label)) is not None]
    fit = [(sheet, header) for sheet, header in found if not isinstance(header, Header) or header.code is not None]
    fit = fit or found
    if not fit:
        raise unreadable(label, "the file holds no table: expected a header and at least one row", "check the file")
    if len(fit) > 1:
        fitting = listed([f"`{sheet.name}`" for sheet, _ in fit[:20]])
        error = unreadable(label, f"{len(fit)} sheets hold a table: {fitting}", "say which one with --sheet")
        error.exit_code = Exit.USAGE
        raise error
    sheet, header = fit[0]
    if isinstance(header, PlacemapError):
        raise header
    return sheet, header


def _header_of(sheet: Sheet, label: str) -> Header | PlacemapError | None:
    """Where a sheet's table begins, or what is wrong with it, which matters where it is the one to read."""
    try:
        return sheet.header(label)
    except PlacemapError as error:
        return error


def cell_text(value: Any) -> str:
    """A cell of a workbook or a frame as text: whole numbers without a point, days as ISO, nothing as empty text."""
    if value is None or type(value).__name__ in ("NAType", "NaTType") or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)
