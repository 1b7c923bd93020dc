"""Tables → CSV and Parquet. The same content always gives the same bytes of text."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from placemap.core.files import write_text, write_whole
from placemap.core.tables import DECIMALS, Column, Table, as_text


def write_csv(table: Table, path: Path) -> None:
    """Write a table as CSV."""
    write_text(path, csv_text(table))


def csv_text(table: Table) -> str:
    """A table as CSV: RFC 4180 with LF, header first, numbers to fixed decimals."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.schema.names)
    columns = [as_text(table.columns[column.name].tolist(), column) for column in table.schema.columns]
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue()


def write_parquet(table: Table, path: Path) -> None:
    """Write a table as Parquet with the same content as the CSV; blanks are nulls."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = [_arrow(table.columns[column.name].tolist(), column) for column in table.schema.columns]
    pq.write_table(pa.table(arrays, names=table.schema.names), path, compression="zstd")


def _arrow(values: list[Any], column: Column) -> Any:
    import pyarrow as pa

    if column.type == "int":
        return pa.array(values, pa.int64())
    if column.type == "flag":
        return pa.array([bool(value) for value in values], pa.bool_())
    if column.type in DECIMALS:
        rounded = [None if value != value else round(value, DECIMALS[column.type]) for value in values]
        return pa.array(rounded, pa.float64())
    return pa.array([value or None for value in values], pa.string())


def write_answers(tables: Sequence[Table], folder: Path) -> list[Path]:
    """Write tables as CSV into a folder, and return their paths; other files there stay as they are.

    Raises:
        PlacemapError: the folder cannot be written.
    """
    return [write_whole(folder / f"{table.name}.csv", csv_text(table)) for table in tables]
