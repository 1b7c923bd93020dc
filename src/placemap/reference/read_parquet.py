"""One table of a store: a Parquet file → columns, once it was held to its entry in the manifest.

Text stays as Parquet keeps it, a dictionary and numbers into it; its words become Python's when they are asked for.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from placemap.core.arrays import distinct
from placemap.core.columns import Columns, Words
from placemap.core.errors import PlacemapError
from placemap.core.fine_kinds import FINE_KINDS
from placemap.core.tables import TEXT_TYPES
from placemap.reference.schemas import PROFILE
from placemap.reference.store import REMAKE, TableEntry

if TYPE_CHECKING:
    from collections.abc import Callable

    from placemap.core.arrays import Ints, Numbers, Texts

#: Bytes of a file from which on a second thread reads quicker than it starts.
LARGE = 1_000_000
#: Families of tables that come from the user's own files alone.
_IMPORTED = (PROFILE, FINE_KINDS["postcode"].family)
_NUMBERS = ("int", "number", "people", "share")


def read_stored(path: Path, entry: TableEntry) -> Columns:
    """The content of a table, columns in the order of its schema.

    Raises:
        PlacemapError: the file cannot be read or is not the one that the manifest describes (hash, columns, types,
            blanks, number of rows, key).
    """
    table = _parquet(verified(path, entry), entry, path)
    problem = _problem(table, entry)
    columns = Columns({} if problem else {name: _column(table[name]) for name in table.column_names})
    problem = problem or _repeated_key(columns, entry)
    if problem:
        raise PlacemapError(problem, location=str(path), hint=_remedy(entry))
    return columns


def _remedy(entry: TableEntry) -> str:
    """What to do about a damaged table. Those that nobody but the user has cannot be fetched."""
    return "take its file in again with `placemap data import`" if entry.family in _IMPORTED else REMAKE


def verified(path: Path, entry: TableEntry) -> bytes:
    """The bytes of a table's file.

    Raises:
        PlacemapError: the file cannot be read, or its hash is not the manifest's.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PlacemapError(
            f"the table cannot be read: {error.strerror}", location=str(path), hint=_remedy(entry)
        ) from None
    found = hashlib.sha256(content).hexdigest()
    if found != entry.sha256:
        raise PlacemapError(
            f"the table is not the one that the manifest describes: its SHA-256 starts with {found[:12]}, "
            f"expected {entry.sha256[:12]}",
            location=str(path),
            hint=_remedy(entry),
        )
    return content


def _parquet(content: bytes, entry: TableEntry, path: Path) -> pa.Table:
    try:
        footer = pq.read_metadata(pa.BufferReader(content))
        there = set(footer.schema.to_arrow_schema().names)
        text = [column.name for column in entry.schema.columns if column.type in TEXT_TYPES and column.name in there]
        coded = [name for name in text if not _is_sorted_text(footer, name)]
        file = pq.ParquetFile(pa.BufferReader(content), metadata=footer, read_dictionary=coded)
        table = file.read(use_threads=len(content) > LARGE)
        for name in set(text) - set(coded):
            table = table.set_column(table.column_names.index(name), name, table[name].dictionary_encode())
        return table.unify_dictionaries().combine_chunks()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise PlacemapError(
            f"the table is not a whole Parquet file: {str(error).splitlines()[0]}",
            location=str(path),
            hint=_remedy(entry),
        ) from None


def _is_sorted_text(footer: pq.FileMetaData, name: str) -> bool:
    """Whether a column is kept as what each text adds to the one before, which Arrow cannot read as a dictionary."""
    at = footer.schema.to_arrow_schema().names.index(name)
    groups = (footer.row_group(number).column(at) for number in range(footer.num_row_groups))
    return any("DELTA_BYTE_ARRAY" in column.encodings for column in groups)


def _problem(table: pa.Table, entry: TableEntry) -> str:
    schema = entry.schema
    if table.column_names != schema.names:
        return f"the columns are {', '.join(table.column_names)}; expected {', '.join(schema.names)}"
    for column in schema.columns:
        held = table[column.name]
        numeric = _is_number(held.type)
        if numeric != (column.type in _NUMBERS) and len(held):
            return f"column {column.name} holds {held.type}; expected {column.type}"
        if (held.null_count and column.name in schema.key) or (numeric and _blanks(held)):
            what = "figure" if numeric else column.type
            return f"column {column.name} has blanks; expected a {what} in each row"
    if len(table) != entry.rows:
        return f"the table has {len(table):,} rows; the manifest says {entry.rows:,}"
    return ""


def _is_number(arrow_type: pa.DataType) -> bool:
    return bool(pa.types.is_integer(arrow_type) or pa.types.is_floating(arrow_type))


def _blanks(held: pa.ChunkedArray) -> bool:
    return bool(held.null_count) or any(np.isnan(_plain(chunk)).any() for chunk in held.chunks)


def _plain(numbers: pa.Array) -> Numbers:
    """Numbers for numpy. Arrow's own `to_numpy` would do it, but loads pandas."""
    found: Numbers = np.from_dlpack(numbers)
    return found


def _column(held: pa.ChunkedArray) -> Numbers | Words:
    """A column for numpy."""
    if held.num_chunks == 1 and pa.types.is_dictionary(held.type):
        coded = held.chunk(0)
        if coded.null_count:
            return Words(np.array([-1 if at is None else at for at in coded.indices.to_pylist()]), _words(coded))
        return Words(_plain(coded.indices), _words(coded))
    if held.num_chunks == 1 and _is_number(held.type):
        return _plain(held.chunk(0))
    return np.array(held.to_pylist(), dtype=object)


#: Words that columns hold, by a hash of them: most tables of a store hold the same LSOAs.
_HELD: WeakValueDictionary[bytes, Texts] = WeakValueDictionary()


def _words(coded: pa.DictionaryArray) -> Callable[[], Texts]:
    def words() -> Texts:
        key = hashlib.sha256(b"".join(memoryview(part) for part in coded.dictionary.buffers() if part)).digest()
        found = _HELD.get(key)
        if found is None:
            found = _HELD[key] = np.array(coded.dictionary.to_pylist(), dtype=object)
        return found

    return words


def _repeated_key(columns: Columns, entry: TableEntry) -> str:
    """What is wrong where two rows have one key. Keys are compared as numbers."""
    key: Ints = np.zeros(entry.rows, dtype=np.int64)
    for name in entry.schema.key:
        numbers, count = _numbered(columns.held(name))
        key *= count
        key += numbers
    ordered = np.sort(key)
    if not (ordered[1:] == ordered[:-1]).any():
        return ""
    found = distinct(key)
    row = int(found.first[found.counts > 1].min())
    values = [str(columns[name][row]) for name in entry.schema.key]
    return f"the key {', '.join(entry.schema.key)} is not unique: {' '.join(values)} appears more than once"


def _numbered(held: Numbers | Words) -> tuple[Ints, int]:
    """By row a number that stands for its value, and how many such numbers there are."""
    if isinstance(held, Words) and len(set(held.words.tolist())) == len(held.words):
        return held.at, len(held.words)
    # A file may hold a word twice in its dictionary.
    values, numbers = np.unique(held.values if isinstance(held, Words) else held, return_inverse=True)
    return numbers, len(values)
