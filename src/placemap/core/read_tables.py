"""People's own tables: the format found out, every cell as text."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pandas as pd

from placemap.core.errors import PlacemapError

#: Rows that are looked at to find the header and the delimiter.
PREVIEW = 50


_CERTAIN = re.compile(r"[EW]\d{8}|[A-Z]\d{5}")


# --- reading ------------------------------------------------------------------------------------------------------


def read_built(path: Path) -> pd.DataFrame:
    """A table that placemap wrote, every cell as text; it may have no rows.

    Args:
        path: a CSV or Parquet file of a build.

    Raises:
        PlacemapError: the file cannot be read.
    """
    content = _content(path)
    try:
        if content[:4] == b"PAR1":
            return _from_parquet(content)
        return pd.read_csv(BytesIO(content), dtype=str, keep_default_na=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise _unreadable(path, f"the table cannot be read: {error}") from None


def read_table(path: Path, sheet: str | None, has_codes: Callable[[pd.DataFrame], bool]) -> pd.DataFrame:
    """A user's table, every cell as text and an empty one as empty text.

    CSV with any common delimiter and encoding, Excel (.xlsx), or Parquet. Lines above the header are left out; a table
    without a header gets `column 1`, `column 2` …

    Args:
        path: the file.
        sheet: the sheet of a workbook; where it is None, the first that has a column of codes, else the first.
        has_codes: whether a table has a column of codes.

    Raises:
        PlacemapError: the file cannot be read, or holds no table.
    """
    content = _content(path)
    try:
        if content[:4] == b"PAR1":
            frame = _from_parquet(content)
        elif zipfile.is_zipfile(BytesIO(content)):
            frame = _from_workbook(content, path, sheet, has_codes)
        else:
            frame = _from_rows(_csv_rows(_decoded(content, path)))
    except (OSError, ValueError, KeyError, csv.Error, zipfile.BadZipFile) as error:
        raise _unreadable(path, f"the table cannot be read: {error}") from None
    if frame.empty:
        raise _unreadable(path, "the file holds no table: expected a header and at least one row")
    return frame


def _unreadable(path: Path, what: str, hint: str = "save it as CSV (UTF-8), .xlsx or Parquet") -> PlacemapError:
    return PlacemapError(what, location=str(path), hint=hint)


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise _unreadable(path, "this is a folder; expected a table", "name a file in it")
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _unreadable(path, "no such file", "check the path") from None
    except OSError as error:
        raise _unreadable(path, f"the file cannot be read: {error.strerror}", "check its permissions") from None
    if not content.strip():
        raise _unreadable(path, "the file is empty; expected a table")
    if content[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise _unreadable(path, "this is a workbook of the old .xls format, or one with a password")
    return content


def _from_parquet(content: bytes) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame = pq.read_table(BytesIO(content)).to_pandas()
    except pa.ArrowException as error:
        raise ValueError(str(error).splitlines()[0]) from None
    columns = {str(name): [cell_text(value) for value in frame[name].tolist()] for name in frame.columns}
    return pd.DataFrame(columns, dtype=object)


def _from_workbook(
    content: bytes, path: Path, sheet: str | None, has_codes: Callable[[pd.DataFrame], bool]
) -> pd.DataFrame:
    from openpyxl import load_workbook

    book = load_workbook(BytesIO(content), read_only=True, data_only=True)
    if sheet is not None and sheet not in book.sheetnames:
        raise _unreadable(path, f"there is no sheet `{sheet}`", f"the sheets are {', '.join(book.sheetnames)}")
    frames = (_from_rows(_sheet_rows(book[name])) for name in ([sheet] if sheet else book.sheetnames))
    full = [frame for frame in frames if not frame.empty]
    return next((frame for frame in full if has_codes(frame)), full[0] if full else pd.DataFrame())


def _sheet_rows(sheet: Any) -> list[list[str]]:
    return [[cell_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]


def cell_text(value: Any) -> str:
    """A cell of a workbook or a frame as text: whole numbers without a point, days as ISO, nothing as empty text."""
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == datetime.min.time():
        return value.date().isoformat()
    return value.isoformat() if isinstance(value, date) else str(value)


def _decoded(content: bytes, path: Path) -> str:
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16")
    if b"\0" in content[:4096]:
        raise _unreadable(path, "this is not a table of a format that placemap reads")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _csv_rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines()[:PREVIEW] if line.strip()]
    delimiter = max(",\t;|", key=lambda mark: sum(line.count(mark) > 0 for line in lines))
    return list(csv.reader(StringIO(text, newline=""), delimiter=delimiter))


def _from_rows(rows: Sequence[Sequence[str]]) -> pd.DataFrame:
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    if not filled:
        return pd.DataFrame()
    start = _header(filled)
    width = max(len(row) for row in filled[start:])
    body = [[*row, *[""] * (width - len(row))] for row in filled[start:]]
    headless = any(_is_certain_code(cell.strip()) for cell in body[0])
    titles = [f"column {number + 1}" for number in range(width)] if headless else _titles(body[0])
    frame = pd.DataFrame(body if headless else body[1:], columns=titles, dtype=object)
    used = [bool(frame[title].astype(str).str.strip().any()) or not title.startswith("column ") for title in titles]
    return frame.loc[:, used]


def _header(rows: Sequence[Sequence[str]]) -> int:
    """The first row with as many filled cells as any of the first ones: what is above is a title or a note."""
    counts = [sum(bool(cell.strip()) for cell in row) for row in rows[:PREVIEW]]
    return counts.index(max(counts))


def _titles(cells: Iterable[str]) -> list[str]:
    titles: list[str] = []
    for number, cell in enumerate(cells):
        title = " ".join(cell.split()) or f"column {number + 1}"
        while title in titles:
            title = f"{title} ({number + 1})"
        titles.append(title)
    return titles


def _is_certain_code(text: str) -> bool:
    return bool(_CERTAIN.fullmatch(text))
