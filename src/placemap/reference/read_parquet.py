"""One table of a store: a Parquet file → a DataFrame, once it was held to its entry in the manifest.

Text is read as Parquet keeps it, a dictionary and numbers into it, and becomes a column of objects that are shared
between rows: builds look codes up by the ten thousand, and pandas' own text makes a new object at each look.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from placemap.core.arrays import numbered
from placemap.core.errors import PlacemapError
from placemap.core.tables import TEXT_TYPES
from placemap.reference.store import REMAKE, TableEntry

if TYPE_CHECKING:
    import pyarrow as pa

#: Bytes of a file from which on a second thread reads quicker than it starts.
LARGE = 1_000_000
#: Tables so long that their text stays numbers: pandas' categories, in order.
LONG_FAMILIES = ("registrations",)
_NUMBERS = ("int", "number", "people", "share")


def read_stored(path: Path, entry: TableEntry) -> pd.DataFrame:
    """The content of a table, columns in the order of its schema; text columns hold objects, or categories in order.

    Raises:
        PlacemapError: the file cannot be read or is not the one that the manifest describes (hash, columns, types,
            blanks, number of rows, key).
    """
    table = _parquet(verified(path, entry), entry, path)
    problem = _problem(table, entry)
    columns = {} if problem else {name: _column(table[name]) for name in table.column_names}
    problem = problem or _repeated_key(columns, entry)
    if problem:
        raise PlacemapError(problem, location=str(path), hint=REMAKE)
    categories = entry.family in LONG_FAMILIES
    return pd.DataFrame({name: column.series(categories=categories) for name, column in columns.items()})


def verified(path: Path, entry: TableEntry) -> bytes:
    """The bytes of a table's file.

    Raises:
        PlacemapError: the file cannot be read, or its hash is not the manifest's.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PlacemapError(f"the table cannot be read: {error.strerror}", location=str(path), hint=REMAKE) from None
    found = hashlib.sha256(content).hexdigest()
    if found != entry.sha256:
        raise PlacemapError(
            f"the table is not the one that the manifest describes: its SHA-256 starts with {found[:12]}, "
            f"expected {entry.sha256[:12]}",
            location=str(path),
            hint=REMAKE,
        )
    return content


def _parquet(content: bytes, entry: TableEntry, path: Path) -> pa.Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        footer = pq.read_metadata(pa.BufferReader(content))
        there = set(footer.schema.to_arrow_schema().names)
        text = [column.name for column in entry.schema.columns if column.type in TEXT_TYPES and column.name in there]
        file = pq.ParquetFile(pa.BufferReader(content), metadata=footer, read_dictionary=text)
        return file.read(use_threads=len(content) > LARGE).unify_dictionaries().combine_chunks()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise PlacemapError(
            f"the table is not a whole Parquet file: {str(error).splitlines()[0]}", location=str(path), hint=REMAKE
        ) from None


def _problem(table: pa.Table, entry: TableEntry) -> str:
    schema = entry.schema
    if table.column_names != schema.names:
        return f"the columns are {', '.join(table.column_names)}; expected {', '.join(schema.names)}"
    for column in schema.columns:
        held = table[column.name]
        numeric = _is_number(held.type)
        if numeric != (column.type in _NUMBERS) and len(held):
            return f"column {column.name} holds {held.type}; expected {column.type}"
        if (numeric or column.name in schema.key) and _blanks(held):
            what = "figure" if numeric else column.type
            return f"column {column.name} has blanks; expected a {what} in each row"
    if len(table) != entry.rows:
        return f"the table has {len(table):,} rows; the manifest says {entry.rows:,}"
    return ""


def _is_number(arrow_type: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_integer(arrow_type) or pa.types.is_floating(arrow_type))


def _blanks(held: pa.ChunkedArray) -> bool:
    import pyarrow as pa

    return bool(held.null_count) or (pa.types.is_floating(held.type) and bool(np.isnan(held.to_numpy()).any()))


def _repeated_key(columns: Mapping[str, _Column], entry: TableEntry) -> str:
    """What is wrong where two rows have one key. Keys are compared as numbers: positions in what a column holds."""
    key = np.zeros(entry.rows, dtype=np.int64)
    for name in entry.schema.key:
        numbers, count = columns[name].numbered()
        key = key * count + numbers
    ordered = np.sort(key)
    if not (ordered[1:] == ordered[:-1]).any():
        return ""
    row = int(pd.Series(key).duplicated().to_numpy().argmax())
    values = [str(columns[name].values()[row]) for name in entry.schema.key]
    return f"the key {', '.join(entry.schema.key)} is not unique: {' '.join(values)} appears more than once"


@dataclass(frozen=True)
class _Column:
    """A column as Parquet keeps it.

    Attributes:
        words: a dictionary's words, with None as the last; None for a column without a dictionary.
        held: by row the position of its word, or the value itself.
    """

    words: np.ndarray[Any, Any] | None
    held: np.ndarray[Any, Any]

    def values(self) -> np.ndarray[Any, Any]:
        """By row the value."""
        values: np.ndarray[Any, Any] = self.held if self.words is None else self.words[self.held]
        return values

    def numbered(self) -> tuple[np.ndarray[Any, Any], int]:
        """By row a number that stands for its value, and how many such numbers there are."""
        if self.words is None:
            numbers, values = pd.factorize(self.held)
            return numbers, len(values) + 1
        # A file may hold a word twice in its dictionary.
        return pd.factorize(self.words)[0][self.held], len(self.words)

    def series(self, *, categories: bool) -> pd.Series[Any]:
        """The column for a frame: text as objects, or as categories in order."""
        if self.words is not None and categories:
            rank, ordered = numbered(self.words[:-1])
            return pd.Series(pd.Categorical.from_codes(np.append(rank, -1)[self.held], categories=pd.Index(ordered)))
        values = self.values()
        series: pd.Series[Any] = pd.Series(values, dtype=values.dtype)
        return series


def _column(held: pa.ChunkedArray) -> _Column:
    import pyarrow as pa

    if not pa.types.is_dictionary(held.type) or held.num_chunks != 1:
        return _Column(None, held.to_numpy())
    coded = held.chunk(0)
    words = np.array([*coded.dictionary.to_pylist(), None], dtype=object)
    return _Column(words, coded.indices.fill_null(len(words) - 1).to_numpy())
