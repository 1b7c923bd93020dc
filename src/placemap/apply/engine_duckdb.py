"""Where `apply` runs: DuckDB inside this process, which streams data that are larger than memory.

An engine opens the data as `placemap_data` and runs SQL; nothing here knows what the SQL is about.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from placemap.apply.begun import Begun
from placemap.apply.scan import Scan
from placemap.apply.sql import DATA, FLOAT, INT, OTHER, TEXT, literal, name
from placemap.apply.sql_rows import first
from placemap.core.errors import PlacemapError
from placemap.core.read_tables import literal_path

if TYPE_CHECKING:
    import pandas as pd

    from placemap.core.plain_csv import Plain

#: What DuckDB may hold in memory before it goes to disk.
MEMORY = "1GB"
Rows = list[dict[str, Any]]


class Engine(Protocol):
    """What `apply` needs of an engine."""

    def columns(self) -> dict[str, str]:
        """The data's columns with what they hold: `int`, `float`, `text` or `other`."""

    def preview(self, columns: Sequence[str], rows: int) -> pd.DataFrame:
        """The first rows of some columns."""

    def load(self, table: str, frame: pd.DataFrame) -> None:
        """Make a small table known under a name."""

    def keep(self, table: str, sql: str) -> None:
        """Run a statement and keep its result under a name."""

    def query(self, sql: str) -> Rows:
        """Run a statement: a dict a row, whole numbers as Python's own."""

    def pairs(self, sql: str) -> dict[Any, Any]:
        """Run a statement of two columns: the second by the first; for many rows, of which dicts would be too many."""

    def close(self) -> None:
        """Let go of everything."""


class DuckDbEngine:
    """DuckDB in this process.

    Args:
        scan: the data.

    Raises:
        PlacemapError: the data cannot be read.
    """

    def __init__(self, scan: Scan) -> None:
        import duckdb

        self._scan = scan
        self._begun: Begun | None = None
        self._spill = tempfile.TemporaryDirectory(prefix="placemap-")
        settings: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            "temp_directory": self._spill.name,
        }
        self._duckdb = duckdb.connect(config=settings)
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def _open(self) -> None:
        if self._scan.frame is not None:
            self._register()
            return
        self._run(f"CREATE VIEW {DATA} AS SELECT {selected(self._scan.titles)} FROM {_reader(self._scan)}")

    def _register(self) -> None:
        import duckdb

        try:
            self._duckdb.register(DATA, self._scan.frame)
        except duckdb.Error as error:
            raise PlacemapError(
                f"the data cannot be read: {str(error).splitlines()[0]}",
                location=self._scan.label,
                hint="make each of its columns text, numbers or days",
            ) from None

    def _run(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]], list[str]]:
        """Names of the columns, rows and types; a row may be what shows that the data cannot be read."""
        import duckdb

        try:
            cursor = self._duckdb.execute(sql)
            described = cursor.description or []
            return [str(item[0]) for item in described], cursor.fetchall(), [str(item[1]) for item in described]
        except duckdb.InterruptException:
            raise KeyboardInterrupt from None
        except duckdb.Error as error:
            raise _readable(error, self._scan) from None

    def columns(self) -> dict[str, str]:
        """As in `Engine`."""
        titles, _, types = self._run(f"SELECT * FROM {DATA} LIMIT 0")
        return {title: _type(held) for title, held in zip(titles, types, strict=True)}

    def preview(self, columns: Sequence[str], rows: int) -> pd.DataFrame:
        """As in `Engine`."""
        import pandas as pd

        _, found, _ = self._run(first(columns, rows))
        return pd.DataFrame(found, columns=list(columns), dtype=object)

    def load(self, table: str, frame: pd.DataFrame) -> None:
        """As in `Engine`."""
        import pyarrow as pa

        self._duckdb.register(table, pa.Table.from_pandas(frame, preserve_index=False))

    def begin(self, table: str, sql: str) -> None:
        """Begin what a call of `keep` is likely to ask for."""
        self._begun = Begun(self._duckdb, _kept(table, sql))

    def keep(self, table: str, sql: str) -> None:
        """As in `Engine`."""
        statement = _kept(table, sql)
        if self._begun is not None and self._begun.statement == statement and self._begun.is_done():
            return
        self._end_begun()
        self._run(statement)

    def _end_begun(self) -> None:
        if self._begun is not None:
            self._begun.end()
            self._begun = None

    def query(self, sql: str) -> Rows:
        """As in `Engine`."""
        titles, rows, _ = self._run(sql)
        return [dict(zip(titles, row, strict=True)) for row in rows]

    def pairs(self, sql: str) -> dict[Any, Any]:
        """As in `Engine`."""
        return dict(self._run(sql)[1])

    def copy(self, sql: str, path: Path) -> None:
        """Write the rows of a statement to a file, in its order.

        Args:
            path: `.parquet` for Parquet, else CSV.
        """
        form = "FORMAT parquet, COMPRESSION zstd" if path.suffix == ".parquet" else "FORMAT csv, HEADER"
        self._run(f"COPY ({sql}) TO {literal(str(path))} ({form})")

    def close(self) -> None:
        """As in `Engine`."""
        self._end_begun()
        self._duckdb.close()
        self._spill.cleanup()


def _kept(table: str, sql: str) -> str:
    return f"CREATE OR REPLACE TABLE {table} AS {sql}"


def selected(titles: Sequence[str]) -> str:
    """The columns of a table that was rewritten, under their titles; all columns of another."""
    return ", ".join(f"c{number} AS {name(title)}" for number, title in enumerate(titles) if title) or "*"


def _reader(scan: Scan) -> str:
    if scan.plain is not None:
        return _csv_reader(scan.plain, len(scan.titles), scan.folder)
    paths = ", ".join(literal(literal_path(path, scan.folder)) for path in scan.parquet)
    return f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false)"


def _csv_reader(plain: Plain, width: int, folder: Path) -> str:
    """How a CSV is read that is proven plain: nothing is left for DuckDB to find out."""
    from placemap.core.plain_csv import LONGEST

    columns = ", ".join(f"'c{number}': 'VARCHAR'" for number in range(width))
    path = literal(literal_path(plain.path, folder))
    return (
        f"read_csv({path}, auto_detect = false, all_varchar = true, header = false, "
        f"delim = {literal(plain.delimiter)}, quote = '\"', escape = '\"', skip = {plain.skip}, encoding = 'utf-8', "
        f"new_line = {literal(plain.line_end.encode('unicode_escape').decode())}, compression = 'none', "
        f"null_padding = false, hive_partitioning = false, max_line_size = {LONGEST + 1024}, columns = {{{columns}}})"
    )


_INTS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}


def _type(sql_type: str) -> str:
    kind = sql_type.upper()
    if kind in _INTS or kind in ("BOOLEAN", "BOOL"):
        return INT
    if kind in ("FLOAT", "DOUBLE", "REAL") or kind.startswith("DECIMAL"):
        return FLOAT
    return TEXT if kind.startswith(("VARCHAR", "STRING", "ENUM")) else OTHER


def _readable(error: Exception, scan: Scan) -> PlacemapError:
    """What DuckDB says about the data, in one sentence."""
    first = str(error).strip().splitlines()[0]
    full = "No space left" in str(error) or "could not allocate" in first.casefold()
    return PlacemapError(
        f"the data cannot be read: {first}",
        location=scan.label,
        hint="free some space" if full else "check that it is a whole CSV, Parquet or .xlsx file",
    )
