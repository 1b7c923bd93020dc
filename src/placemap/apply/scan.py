"""How data are to be read: which format a path holds, and how a CSV is laid out. Only the first part is looked at."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import Any

from placemap.core.errors import PlacemapError

#: Bytes of a CSV that are looked at to find its delimiter, header and encoding.
LOOK = 1 << 18
LINES = 50
DELIMITERS = ",\t;|"


@dataclass(frozen=True)
class CsvLayout:
    """How a CSV is laid out.

    Attributes:
        skip: lines above the header.
        titles: the columns' titles, each once.
        encoding: `utf-8`, `utf-16` or `latin-1`.
    """

    path: Path
    delimiter: str
    skip: int
    titles: tuple[str, ...]
    encoding: str

    def all_utf8(self) -> bool:
        """Whether the whole file is UTF-8."""
        try:
            with self.path.open(encoding="utf-8") as file:
                while file.read(1 << 20):
                    pass
        except UnicodeDecodeError:
            return False
        return True


@dataclass(frozen=True)
class Scan:
    """Data to be read.

    Attributes:
        label: what messages call it.
        path: the file or folder; empty for a frame.
        layout: of a CSV; None for Parquet.
        frame: data that are in memory already.
    """

    label: str
    path: Path
    layout: CsvLayout | None = None
    frame: Any = None

    def encoded(self, encoding: str) -> Scan:
        """The same CSV, read in another encoding."""
        assert self.layout is not None
        return replace(self, layout=replace(self.layout, encoding=encoding))


def scan_of(data: Any) -> Scan:
    """How to read `data`.

    Args:
        data: a path (CSV, Parquet, .xlsx, or a folder of Parquet), or a table in memory: pandas, polars, Arrow.

    Raises:
        PlacemapError: no such file, an empty one, or not a table.
    """
    if not isinstance(data, (str, Path)):
        return Scan("the data", Path(), frame=_in_memory(data))
    path = Path(data)
    if path.is_dir():
        if not any(path.rglob("*.parquet")):
            raise _error(path, "the folder holds no .parquet file", "name a file, or a folder of Parquet files")
        return Scan(str(path), path)
    head = _head(path)
    if head[:4] == b"PAR1":
        return Scan(str(path), path)
    if head[:2] == b"PK":
        from placemap.core.read_tables import read_table
        from placemap.reference.recognise import has_codes

        return Scan(str(path), path, frame=read_table(path, None, has_codes))
    return Scan(str(path), path, _layout(path, head))


def _in_memory(data: Any) -> Any:
    """A table that DuckDB can scan.

    Raises:
        PlacemapError: not a table.
    """
    if hasattr(data, "to_arrow"):
        return data.to_arrow()
    if type(data).__module__.split(".")[0] not in ("pandas", "geopandas", "pyarrow"):
        raise PlacemapError(
            f"the data are of type {type(data).__name__}; expected a path, or a pandas, polars or Arrow table"
        )
    if hasattr(data, "columns") and not hasattr(data, "schema"):
        titles = [str(title) for title in data.columns]
        if len(set(titles)) < len(titles):
            raise PlacemapError("the data have several columns of one name", hint="rename them")
        return data.set_axis(titles, axis=1)
    return data


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(LOOK)
    except FileNotFoundError:
        raise _error(path, "no such file", "check the path") from None
    except OSError as error:
        raise _error(path, f"the file cannot be read: {error.strerror}", "check its permissions") from None
    if not head.strip():
        raise _error(path, "the file is empty; expected a table", "check the file")
    if head[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise _error(path, "this is a workbook of the old .xls format, or one with a password", "save it as .xlsx")
    return head


def _layout(path: Path, head: bytes) -> CsvLayout:
    text, encoding = _decoded(path, head)
    lines = text.splitlines()
    if len(head) == LOOK:
        lines = lines[:-1]
    delimiter = max(DELIMITERS, key=lambda mark: sum(mark in line for line in lines[:LINES]))
    try:
        rows = list(csv.reader(StringIO("\n".join(lines[:LINES]), newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise _error(path, f"this is not a CSV: {error}", "save it as CSV (UTF-8), .xlsx or Parquet") from None
    filled = [sum(bool(cell.strip()) for cell in row) for row in rows]
    header = filled.index(max(filled, default=0)) if filled else 0
    if not rows or not filled[header] or len(lines) <= header + 1:
        raise _error(path, "the file holds no table: expected a header and at least one row", "check the file")
    widest = max(len(row) for row in rows[header:])
    return CsvLayout(path, delimiter, header, _titles([*rows[header], *[""] * (widest - len(rows[header]))]), encoding)


def _titles(cells: list[str]) -> tuple[str, ...]:
    titles: list[str] = []
    for number, cell in enumerate(cells):
        title = " ".join(cell.split()) or f"column {number + 1}"
        while title.casefold() in {known.casefold() for known in titles}:
            title = f"{title} ({number + 1})"
        titles.append(title)
    return tuple(titles)


def _decoded(path: Path, head: bytes) -> tuple[str, str]:
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return head.decode("utf-16", errors="ignore"), "utf-16"
    if b"\0" in head:
        raise _error(
            path, "this is not a table of a format that placemap reads", "save it as CSV (UTF-8), .xlsx or Parquet"
        )
    try:
        return head.decode("utf-8-sig"), "utf-8"
    except UnicodeDecodeError as error:
        if error.start >= len(head) - 4 and len(head) == LOOK:
            return head[: error.start].decode("utf-8-sig"), "utf-8"
        return head.decode("latin-1"), "latin-1"


def _error(path: Path, message: str, hint: str) -> PlacemapError:
    return PlacemapError(message, location=str(path), hint=hint)
