"""What became of every row of a file: rows in the file = title + header + data + footer + blank rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from placemap.core.decode import Record
from placemap.core.header import Header, is_blank, may_be_footer
from placemap.core.open_file import unreadable
from placemap.core.text import counted, listed

#: Footers that are waited for before rows are taken for data, so that memory is bounded.
MOST_FOOTERS = 1_000
_SHOWN = 3


class Uncalculated(str):
    """A formula of a workbook without its result: no spreadsheet has worked it out since a program wrote it."""

    __slots__ = ()


@dataclass
class Account:
    """Rows of a file by what they are.

    Attributes:
        title, header, data, footer, blank: how many there are; together all rows of the file.
        header_line: of the header; 0 where there is none.
        short: lines of rows with fewer cells than the header, the first few, and how many.
        left_out: titles and footers as they stand, the first few: line and text.
        sheet: the sheet of a workbook that was read.
        hidden: its rows that are hidden, by a filter or by hand; they are read all the same.
    """

    title: int = 0
    header: int = 0
    data: int = 0
    footer: int = 0
    blank: int = 0
    header_line: int = 0
    short: int = 0
    short_lines: list[int] = field(default_factory=list)
    left_out: list[tuple[int, str]] = field(default_factory=list)
    sheet: str = ""
    hidden: int = 0

    @property
    def rows(self) -> int:
        """All rows of the file."""
        return self.title + self.header + self.data + self.footer + self.blank

    def parts(self) -> dict[str, int]:
        """Rows by what they are, in the order of the file, without what there is none of."""
        every = {
            "title lines": self.title,
            "header": self.header,
            "data": self.data,
            "footers": self.footer,
            "blank": self.blank,
        }
        return {name: count for name, count in every.items() if count}

    def notes(self) -> Iterator[str]:
        """What to know of how the table was read; nothing where all is plain."""
        if set(self.parts()) - {"header", "data"}:
            named = {name: name.removesuffix("s") if count == 1 else name for name, count in self.parts().items()}
            parts = " + ".join(f"{count:,} {named[name]}" for name, count in self.parts().items())
            yield f"{self.rows:,} rows in the file = {parts}"
        if self.sheet:
            yield f"read from the sheet `{self.sheet}`"
        if self.hidden:
            are = f"{counted(self.hidden, 'row')} of the sheet {'are' if self.hidden > 1 else 'is'}"
            yield f"{are} hidden, by a filter or by hand; what is hidden is read, too"
        if not self.header:
            yield "no header row: the columns are called column 1, column 2 …"
        if self.left_out:
            shown = "; ".join(f"line {line}: {text}" for line, text in self.left_out[: 2 * _SHOWN])
            yield f"titles and footers, which are no data: {shown}"
        if self.short:
            lines = ", ".join(map(str, self.short_lines))
            more = " …" if self.short > len(self.short_lines) else ""
            rows = counted(self.short, "row")
            yield f"{rows} with fewer cells than the header (line {lines}{more}): what is missing is blank"

    def leave_out(self, line: int, row: Sequence[str]) -> None:
        """Remember a row that is no data."""
        if len(self.left_out) < 2 * _SHOWN:
            text = ", ".join(cell.strip() for cell in row if cell.strip())
            self.left_out.append((line, text if len(text) < 80 else f"{text[:77]}…"))


def data_rows(
    records: Iterable[Record], header: Header, account: Account, *, ragged: bool, label: str
) -> Iterator[list[str]]:
    """The rows of data, each with a cell a column; `account` counts all rows as they go by.

    Args:
        records: all rows of the file with the numbers of their lines.
        ragged: whether a row that is too short is worth a word.

    Raises:
        PlacemapError: a row has more cells than the header, or a formula without its result.
    """
    width = len(header.titles)
    waiting: list[Record] = []
    for at, (line, row) in enumerate(records):
        if is_blank(row):
            account.blank += 1
        elif at < header.first:
            _above(at, line, row, header, account)
        elif may_be_footer(row, header.code) and len(waiting) < MOST_FOOTERS:
            waiting.append((line, row))
        else:
            for item in (*waiting, (line, row)):
                yield _row(*item, width, account, ragged=ragged, label=label)
            waiting.clear()
    for line, row in waiting:
        account.footer += 1
        account.leave_out(line, row)


def _above(at: int, line: int, row: Sequence[str], header: Header, account: Account) -> None:
    if at == header.index:
        account.header, account.header_line = 1, line
        return
    account.title += 1
    account.leave_out(line, row)


def _row(line: int, row: list[str], width: int, account: Account, *, ragged: bool, label: str) -> list[str]:
    account.data += 1
    if not ragged:
        _refuse_uncalculated(line, row, label)
    if len(row) < width:
        if ragged:
            account.short += 1
            account.short_lines.extend([line] if account.short <= _SHOWN else [])
        return [*row, *[""] * (width - len(row))]
    extra = [cell for cell in row[width:] if cell.strip()]
    if extra:
        number = len(row) if ragged else max(at for at, cell in enumerate(row) if cell.strip()) + 1
        what = f"this row has {number:,} cells and the table {width:,} columns"
        raise unreadable(
            f"{label}:{line}",
            f"{what}: {listed([f'`{cell}`' for cell in extra[:_SHOWN]])} is in none",
            "put cells with a separator in them into quotation marks, or take out the extra cells",
        )
    return row[:width]


def _refuse_uncalculated(line: int, row: Sequence[str], label: str) -> None:
    """Refuse a row of a sheet with a formula whose result nobody knows; taken for blank, its figure would be lost."""
    at = next((at for at, cell in enumerate(row) if isinstance(cell, Uncalculated)), None)
    if at is not None:
        from openpyxl.utils import get_column_letter

        raise unreadable(
            f"{label}:{line}",
            f"cell {get_column_letter(at + 1)}{line} holds a formula, `{row[at]:.60}`, without its result",
            "open the file in Excel or LibreOffice, which works formulas out, and save it",
        )
