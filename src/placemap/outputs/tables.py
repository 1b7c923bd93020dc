"""Tables → CSV and Parquet. The same content always gives the same bytes of text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from placemap.core.files import write_parts, write_whole
from placemap.core.tables import DECIMALS, TEXT_TYPES, Column, Table, as_text


def write_csv(table: Table, path: Path) -> None:
    """Write a table as CSV."""
    write_parts(path, _csv_parts(table))


def csv_text(table: Table) -> str:
    """A table as CSV: RFC 4180 with LF, header first, numbers to fixed decimals."""
    return "".join(_csv_parts(table))


#: Rows that are text at one time.
_BATCH = 8192


def _csv_parts(table: Table) -> Iterator[str]:
    yield ",".join(_cells(table.schema.names, Column("", "text", ""))) + "\n"
    values = [table.columns[column.name] for column in table.schema.columns]
    for first in range(0, len(table.columns), _BATCH):
        rows = slice(first, first + _BATCH)
        columns = [_cells(of[rows].tolist(), column) for of, column in zip(values, table.schema.columns, strict=True)]
        yield "\n".join([*map(",".join, zip(*columns, strict=True)), ""])


#: What a cell is quoted for.
_SPECIAL = (",", '"', "\n", "\r")


def _cells(values: list[Any], column: Column) -> list[str]:
    """Values as cells. Python's `csv` looks at each character of each cell; here one look at a column does for most."""
    texts = as_text(values, column)
    if column.type not in TEXT_TYPES:
        return texts
    try:
        together = "\0".join(texts)
    except TypeError:  # a blank; to look for one first takes longer than all the rest
        texts = [text or "" for text in texts]
        together = "\0".join(texts)
    found = [mark for mark in _SPECIAL if mark in together]
    if not found:
        return texts
    quoted = {text: _quoted(text, found) for text in set(texts)}
    return [quoted[text] for text in texts]


def _quoted(text: str, special: Sequence[str]) -> str:
    for mark in special:
        if mark in text:
            return '"' + text.replace('"', '""') + '"'
    return text


def write_parquet(table: Table, path: Path) -> None:
    """Write a table as Parquet with the same content as the CSV; blanks are nulls."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays = [_arrow(table.columns[column.name].tolist(), column) for column in table.schema.columns]
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
