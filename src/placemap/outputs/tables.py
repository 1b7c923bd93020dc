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
    columns = [as_text(table.frame[column.name].tolist(), column) for column in table.schema.columns]
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue()


def write_parquet(table: Table, path: Path) -> None:
    """Write a table as Parquet with the same content as the CSV; blanks are nulls."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = [_arrow(table.frame[column.name].tolist(), column) for column in table.schema.columns]
    pq.write_table(pa.table(arrays, names=table.schema.names), path, compression="zstd")


def _arrow(values: list[Any], column: Column) -> Any:
    import pyarrow as pa

    types = {"int": pa.int64(), "flag": pa.bool_(), **dict.fromkeys(DECIMALS, pa.float64())}
    return pa.array(stored(values, column), types.get(column.type, pa.string()))


def stored(values: list[Any], column: Column, blank: str | None = None) -> list[Any]:
    """The values of a column as Parquet and databases hold them: the content of the CSV, with its decimals.

    Args:
        blank: what stands for an empty text; of figures that are blank, None does.
    """
    if column.type == "int":
        return [None if value is None or value != value else int(value) for value in values]
    if column.type == "flag":
        return [bool(value) for value in values]
    if column.type in DECIMALS:
        decimals = DECIMALS[column.type]
        return [None if value is None or value != value else round(float(value), decimals) for value in values]
    return [value or blank for value in values]


def write_answers(tables: Sequence[Table], folder: Path) -> list[Path]:
    """Write tables as CSV into a folder, and return their paths; other files there stay as they are.

    Raises:
        PlacemapError: the folder cannot be written.
    """
    return [write_whole(folder / f"{table.name}.csv", csv_text(table)) for table in tables]
