"""Which row of a table is its header, which are titles above and footers below, and what its columns are called.

No row is ever dropped: rows of the file = title + header + data + footer + blank rows.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from placemap.core.codes import NO_CODE, is_body, is_code
from placemap.core.open_file import unreadable

_NUMBER = re.compile(r"[-+(]?£?\d[\d,]*(?:\.\d+)?(?:[eE][-+]?\d+)?%?\)?|[-+]?\.\d+")
_YEAR = re.compile(r"(?:19|20)\d\d")
#: Labels of rows that sum up the others, and starts of notes, at the foot of a table.
_SUMS_UP = re.compile(
    r"(?:grand |sub-?|overall |england |all )?totals?\b.*|.+\btotals?|sum|england|england and wales|great britain|"
    r"united kingdom|all",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"(?:sources?|notes?|footnotes?|contact|©|crown copyright)\b.*|(?:\*+|\[\w+\]) ?\w.*", re.IGNORECASE | re.DOTALL
)

Row = Sequence[str]


@dataclass(frozen=True)
class Header:
    """How a table begins.

    Attributes:
        index: position of the header among the rows that were looked at; None where there is none.
        first: position of the first row that is no title; the one after the header, where there is one.
        titles: the columns' titles, each once; `column N` where there is none.
        named: by column whether the title stands in the file.
        code: position of the column with codes; None where no cell is certainly a code.
    """

    index: int | None
    first: int
    titles: tuple[str, ...]
    named: tuple[bool, ...]
    code: int | None


def is_blank(row: Row) -> bool:
    """Whether a row has nothing in it."""
    return not any(cell.strip() for cell in row)


def find_header(rows: Sequence[Row], *, ragged: bool, label: str, line: Sequence[int]) -> Header | None:
    """Where a table begins; None where there is no row with anything in it.

    Args:
        rows: its first rows, blank ones too.
        ragged: whether the number of cells of a row tells something, as it does in text and not in a sheet.
        label: what messages call the file.
        line: by row the number of its line.

    Raises:
        PlacemapError: two columns have one title.
    """
    if all(map(is_blank, rows)):
        return None
    code = _code_column(rows)
    first = next((at for at, row in enumerate(rows) if _coded(row, code)), None)
    used = _used(rows if first is None else rows[first:])
    index = _fitting(rows, first, used, code)
    if index is None:
        start = _headless_start(rows, first, used)
        width = max(len(row) for row in rows[start:] if not is_blank(row)) if ragged else max(used) + 1
        return Header(None, start, tuple(f"column {n + 1}" for n in range(width)), (False,) * width, code)
    cells = list(rows[index])
    width = _width(cells, used, ragged=ragged)
    titles, named = _titles(cells, width, f"{label}:{line[index]}")
    return Header(index, index + 1, titles, named, code)


# --- where data are --------------------------------------------------------------------------------------------------


def _code_column(rows: Sequence[Row]) -> int | None:
    """The column with most codes; where none is certain, one that NHS codes of three characters fill."""
    counts = Counter(at for row in rows for at, cell in enumerate(row) if is_code(cell))
    if counts:
        return min(counts, key=lambda at: (-counts[at], at))
    filled = Counter(at for row in rows for at, cell in enumerate(row) if cell.strip())
    bodies = Counter(at for row in rows for at, cell in enumerate(row) if is_body(cell))
    able = [at for at, count in bodies.items() if count >= max(1, filled[at] // 2)]
    return min(able, key=lambda at: (-bodies[at], at), default=None)


def _cell(row: Row, at: int | None) -> str:
    return row[at].strip() if at is not None and at < len(row) else ""


def _coded(row: Row, code: int | None) -> bool:
    cell = _cell(row, code)
    return is_code(cell) or is_body(cell)


def _used(rows: Sequence[Row]) -> list[int]:
    """The columns with anything in them."""
    return sorted({at for row in rows for at, cell in enumerate(row) if cell.strip()})


def is_number(text: str) -> bool:
    """Whether a cell looks like a figure, money and percentages too."""
    return bool(_NUMBER.fullmatch(text.strip()))


# --- the header ------------------------------------------------------------------------------------------------------


def _fitting(rows: Sequence[Row], first: int | None, used: Sequence[int], code: int | None) -> int | None:
    """The first row that fits as a header, or the one below it that names figures which it leaves without a name."""
    above = list(range(len(rows) if first is None else first))
    if len(used) == 1:
        return _one_column(rows, above, used[0]) if first is not None else _first_text(rows, above)
    fits = [at for at in above if _fits(rows[at], used, code)]
    if not fits:
        return next((at for at in above if _short_header(rows[at], rows[first or 0 :], used)), None)
    figures = _figures(rows[first:], used) if first is not None else []
    best = fits[0]
    for at in fits[1:]:
        unnamed = [column for column in figures if not _cell(rows[best], column)]
        more = sum(bool(_cell(rows[at], column)) for column in used)
        if unnamed and all(_cell(rows[at], c) for c in figures) and more > _filled(rows[best], used):
            best = at
    return best


def _filled(row: Row, used: Sequence[int]) -> int:
    return sum(bool(_cell(row, column)) for column in used)


def _figures(rows: Sequence[Row], used: Sequence[int]) -> list[int]:
    """The columns that mostly hold figures."""
    found = []
    for column in used:
        cells = [cell for row in rows if (cell := _cell(row, column))]
        if sum(map(is_number, cells)) > len(cells) / 2:
            found.append(column)
    return found


def _fits(row: Row, used: Sequence[int], code: int | None) -> bool:
    """Whether a row may be a header: text over most columns, no code, and no figures but years or ages."""
    filled = [cell.strip() for cell in row if cell.strip()]
    here = [column for column in used if _cell(row, column)]
    is_title = 2 * len(filled) < len(used) or (len(filled) == 1 and here == [used[0]])
    if not here or is_title or any(map(is_code, filled)):
        return False
    over = _cell(row, code)
    numbers = [cell for cell in filled if is_number(cell)]
    if over and (over.upper() in NO_CODE or is_body(over) or is_number(over)):
        return False
    return not numbers or ((bool(over) or code is None) and len(numbers) < len(filled) and _are_headings(numbers))


def _are_headings(numbers: Sequence[str]) -> bool:
    """Years, or ages one after the other; a single small number is a figure."""
    if all(_YEAR.fullmatch(number) for number in numbers):
        return True
    whole = [int(number) for number in numbers if number.isdecimal()]
    return len(whole) == len(numbers) > 2 and all(b == a + 1 for a, b in pairwise(whole))


def _short_header(row: Row, data: Sequence[Row], used: Sequence[int]) -> bool:
    """Whether a row with its first cell alone is a header whose other headings are blank: as wide as the data."""
    cell = _cell(row, used[0])
    widths = {len(other) for other in data if not is_blank(other)}
    is_word = bool(cell) and len(cell.split()) == 1 and not is_number(cell) and not is_code(cell)
    return is_word and len(row) in widths and cell.upper() not in NO_CODE


def _one_column(rows: Sequence[Row], above: Sequence[int], column: int) -> int | None:
    """The header of a list: the first text above it, after the blank line that ends the titles."""
    texts = [at for at in above if _cell(rows[at], column)]
    breaks = [at for at in above if is_blank(rows[at])]
    texts = [at for at in texts if not breaks or at > breaks[-1]] or texts[-1:]
    able = [at for at in texts if _cell(rows[at], column).upper() not in NO_CODE and not is_number(rows[at][column])]
    return able[0] if able else None


def _first_text(rows: Sequence[Row], above: Sequence[int]) -> int | None:
    return next((at for at in above if not is_blank(rows[at]) and not any(map(is_number, rows[at]))), None)


def _headless_start(rows: Sequence[Row], first: int | None, used: Sequence[int]) -> int:
    """The first row of data of a table without a header: what has a single cell above it is a title."""
    least = min(2, len(used))
    end = len(rows) - 1 if first is None else first
    able = (at for at in range(end) if sum(bool(cell.strip()) for cell in rows[at]) >= least)
    return next(able, end)


def _width(cells: Row, used: Sequence[int], *, ragged: bool) -> int:
    last = max((at for at, cell in enumerate(cells) if cell.strip()), default=0)
    inside = [column for column in used if not ragged or column < len(cells)]
    return max(last, *inside, 0) + 1


def _titles(cells: Sequence[str], width: int, place: str) -> tuple[tuple[str, ...], tuple[bool, ...]]:
    found = [" ".join(cell.split()) for cell in [*cells, *[""] * width][:width]]
    counts = Counter(title.casefold() for title in found if title)
    repeated = next((title for title in found if counts[title.casefold()] > 1), None)
    if repeated is not None:
        same = [title for title in found if title.casefold() == repeated.casefold()]
        names = f"`{repeated}`" if len(set(same)) == 1 else " and ".join(f"`{title}`" for title in dict.fromkeys(same))
        number = {2: "two", 3: "three"}.get(len(same), str(len(same)))
        raise unreadable(place, f"{number} columns are called {names}", "give each column a name of its own")
    titles = list(found)
    for at, title in enumerate(found):
        if not title:
            name = f"column {at + 1}"
            titles[at] = name if name not in counts else f"{name} without a heading"
    return tuple(titles), tuple(map(bool, found))


# --- the rows below --------------------------------------------------------------------------------------------------


def may_be_footer(row: Row, code: int | None) -> bool:
    """Whether a row, with no code below it, is a footer: a note, or a row that sums up the others."""
    filled = [cell.strip() for cell in row if cell.strip()]
    if code is None:
        return len(filled) == 1 and len(row) > 1
    cell = _cell(row, code)
    if not cell:
        label = filled[0] if filled else ""
        return bool(_SUMS_UP.fullmatch(label) or _NOTE.fullmatch(label)) or not any(map(is_number, filled))
    if is_code(cell) or is_body(cell) or cell.upper() in NO_CODE:
        return False
    if len(filled) == 1:
        return len(cell.split()) > 1 or _is_note(cell) or (len(row) > 1 and not any(map(str.isdigit, cell)))
    return _is_note(cell)


def _is_note(text: str) -> bool:
    return bool(_SUMS_UP.fullmatch(text) or _NOTE.fullmatch(text))
