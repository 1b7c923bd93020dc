"""Files as they come from a publisher → frames of text, with nothing interpreted yet.

The bytes may come from a disk or from the network; what a frame is about is told by `official`.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path, PurePath
from typing import Any

import pandas as pd

from placemap.core.errors import PlacemapError
from placemap.core.open_file import is_beside
from placemap.core.sheets import WORKBOOK_FAULTS
from placemap.sources.formats.archive import read_member, safe_archive


@dataclass(frozen=True)
class Raw:
    """One table as it stands in a file.

    Attributes:
        file: name of the file, for messages.
        part: sheet, or file in a zip; empty where the file is one table.
        frame: every cell text (and `geometry` in a boundary file); column names cleaned, or 0, 1, 2 … without
            header.
        headed: whether the first row is a header.
    """

    file: str
    part: str
    frame: pd.DataFrame
    headed: bool = True

    @property
    def where(self) -> str:
        """File and part as messages name them."""
        return f"{self.file} ({self.part})" if self.part else self.file


# Rows of the ODS reports come without a header: they start with a PCN or practice code straight away.
_ODS_CODE = re.compile(r"[A-Z]\d{5}")
_PORTAL_COLUMNS = {"OBJECTID", "OBJECT ID", "FID", "OGC_FID", "GLOBALID", "SHAPE__AREA", "SHAPE__LENGTH"}
_GEOGRAPHY_COLUMN = re.compile(r"(?:F_)?([A-Z]+\d\d(?:CD|NM|NMW|CDH))", re.IGNORECASE)
_SAME_COLUMN = {"CHNGIND": "CHGIND"}

#: What the readers of CSV and zip raise on a damaged file (an encrypted zip: RuntimeError).
UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, ValueError, KeyError)
#: What Excel holds; a table of exactly so many rows was cut by it.
EXCEL_ROWS = 1_048_576


def read_raw(name: str, content: bytes) -> list[Raw]:
    """Read a file's tables.

    Args:
        name: the file's name; its ending tells how it is read.
        content: the whole file.

    Raises:
        PlacemapError: the file is damaged, empty, or of a kind that is not read.
    """
    reader = READERS.get(PurePath(name).suffix.lower())
    if reader is None:
        raise PlacemapError(
            f"a file ending in {PurePath(name).suffix or 'nothing'}; expected one of {', '.join(READERS)}",
            location=name,
        )
    try:
        return list(reader(name, content))
    except UNREADABLE as error:
        raise _damaged(name, error) from None


def clean_column(name: object) -> str:
    """A column's name as placemap looks for it.

    White space (newlines too) collapsed, a byte order mark and the portal's `F_` taken off, geography columns
    in capitals with today's name: `LOC22CD` (2022) is `SICBL22CD`.
    """
    text = " ".join(str(name).replace("\ufeff", "").replace("ï»¿", "").split())
    geography = _GEOGRAPHY_COLUMN.fullmatch(text)
    text = geography[1].upper() if geography else text
    text = re.sub(r"^LOC(?=\d\d)", "SICBL", text)
    return _SAME_COLUMN.get(text.upper(), text)


def _damaged(name: str, error: Exception) -> PlacemapError:
    return PlacemapError(
        f"the file cannot be read: {str(error).strip()}",
        location=name,
        hint=_AGAIN,
    )


_AGAIN = "download it again, and don't open it in between"


def _clean(frame: pd.DataFrame) -> pd.DataFrame:
    frame = frame.rename(columns=clean_column)
    return frame[[column for column in frame.columns if not _is_beside(column)]]


def _is_beside(column: str) -> bool:
    """Whether a column is no part of the table: a portal's, or row numbers that a program left without a heading."""
    return not column or column.upper() in _PORTAL_COLUMNS or bool(_UNNAMED.fullmatch(column))


_UNNAMED = re.compile(r"Unnamed: \d+")


def _read_csv(name: str, content: bytes, part: str = "") -> Iterator[Raw]:
    first = content[:400].decode("utf-8-sig", errors="replace").splitlines()[:1]
    headless = bool(first and _ODS_CODE.fullmatch(first[0].split(",")[0].strip(' "')))
    frame = pd.read_csv(
        io.BytesIO(content),
        dtype=str,
        keep_default_na=False,
        encoding="utf-8-sig",
        header=None if headless else 0,
    )
    _refuse_edited(frame, content, f"{name} ({part})" if part else name)
    yield Raw(name, part, frame if headless else _clean(frame), headed=not headless)


def _refuse_edited(frame: pd.DataFrame, content: bytes, where: str) -> None:
    """Refuse a CSV that was edited or cut: rows too long, NUL, a last row too short, the end where Excel ends."""
    what = ""
    if not isinstance(frame.index, pd.RangeIndex):
        what = "there are rows with more cells than the header"
    elif b"\0" in content:
        what = "there are NUL characters in it"
    elif len(frame) in (EXCEL_ROWS - 1, EXCEL_ROWS):
        what = f"it has {EXCEL_ROWS:,} rows, which is where Excel cuts a table"
    elif _cells_at_the_end(content) < len(frame.columns):
        what = "its last row has fewer cells than the others"
    if what:
        raise PlacemapError(what, location=where, hint="download it again; it was cut or edited")


def _cells_at_the_end(content: bytes) -> int:
    last = content.rstrip()[-10_000:].splitlines()[-1:]
    return max((len(cells) for cells in csv.reader(line.decode("utf-8", errors="replace") for line in last)), default=0)


def _read_zip(name: str, content: bytes) -> Iterator[Raw]:
    with safe_archive(name, content) as archive:
        names = [name for name in archive.namelist() if not is_beside(name)]
        members = sorted(name for name in names if PurePath(name).suffix.lower() in _IN_ZIPS)
        if not members:
            raise PlacemapError("the zip holds no CSV file and no workbook", location=name, hint="download it again")
        for member in members:
            content, part = read_member(archive, member, name), PurePath(member).name
            if member.lower().endswith(".csv"):
                yield from _read_csv(name, content, part=part)
            else:
                yield from (replace(raw, file=name, part=f"{part}, {raw.part}") for raw in _read_xlsx(part, content))


_IN_ZIPS = (".csv", ".xlsx")


def _read_xlsx(name: str, content: bytes) -> Iterator[Raw]:
    safe_archive(name, content).close()
    try:
        for title, rows in _sheets(content):
            if any(map(any, rows[:_TITLE_LINES])):
                yield Raw(name, title, _sheet_frame(rows))
    except WORKBOOK_FAULTS as error:
        raise _damaged(name, error) from None


def _sheets(content: bytes) -> Iterator[tuple[str, list[list[str]]]]:
    """The sheets of a workbook: title, and all rows."""
    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # a sheet may say that it is smaller than it is
        yield sheet.title, [[_cell_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


def _sheet_frame(rows: Sequence[Sequence[str]]) -> pd.DataFrame:
    top = _header_row(rows)
    width = max(map(len, rows))
    whole = [[*row, *[""] * (width - len(row))] for row in rows[top:]]
    frame = pd.DataFrame(whole[1:], columns=whole[0], dtype=str)
    return _clean(frame[(frame != "").any(axis="columns")])


#: A sheet may begin with lines about it; further down no header is looked for.
_TITLE_LINES = 12


def _header_row(rows: Sequence[Sequence[str]]) -> int:
    """The first row that fills as many cells as any of those on top; lines about the table fill one or two."""
    filled = [sum(bool(cell) for cell in row) for row in rows[:_TITLE_LINES]]
    return next(number for number, cells in enumerate(filled) if 2 * cells > max(filled))


def _cell_text(cell: Any) -> str:
    """A cell as text: dates as ISO, whole numbers without a decimal point, nothing as empty."""
    if cell is None:
        return ""
    if isinstance(cell, date):
        return cell.isoformat()[:10]
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell).strip()


def _read_gpkg(name: str, content: bytes) -> Iterator[Raw]:
    import pyogrio

    # GDAL tells a GeoPackage by its ending, which bytes in memory don't have.
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL's, on a file that is then refused
        copy = Path(folder, "boundaries.gpkg")
        copy.write_bytes(content)
        try:
            frame = pyogrio.read_dataframe(copy)
        except pyogrio.errors.DataSourceError:
            raise _damaged(name, ValueError("not a GeoPackage")) from None
    if frame.crs is None or frame.crs.to_epsg() != 27700:
        raise PlacemapError(f"the boundaries are in {frame.crs}; expected EPSG:27700", location=name)
    yield Raw(name, "", _clean(frame))


READERS: dict[str, Callable[[str, bytes], Iterator[Raw]]] = {
    ".csv": _read_csv,
    ".zip": _read_zip,
    ".xlsx": _read_xlsx,
    ".gpkg": _read_gpkg,
}
