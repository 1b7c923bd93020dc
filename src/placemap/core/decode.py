"""Delimited text → records: the encoding, the separator, and what a record is, the same for every command.

A record ends at a line feed, a carriage return, or both, outside quotation marks; nothing else ends one (no form feed,
no U+2028).
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from placemap.core.codes import is_code
from placemap.core.open_file import SAVE_AS, Source, unreadable

#: Characters, and records, that are looked at to find the separator and the header.
LOOK = 1 << 18
PREVIEW = 1_000
DELIMITERS = ",\t;|"
_CHUNK = 1 << 20

Record = tuple[int, list[str]]


@dataclass(frozen=True)
class Text:
    """A file of delimited text.

    Attributes:
        encoding: one of Python's; `utf-8-sig`, `utf-16` or `cp1252`.
        delimiter: between cells.
        preview: its first records, each with the number of its first line.
    """

    path: Path
    label: str
    encoding: str
    delimiter: str
    preview: tuple[Record, ...]

    def records(self) -> Iterator[Record]:
        """Every record with the number of its first line.

        Raises:
            PlacemapError: a quotation mark stands where none may.
        """
        with self.path.open(encoding=self.encoding, newline="") as file:
            yield from _records(file, self.delimiter, self.label)


def text_of(source: Source) -> Text:
    """How a file of delimited text is read.

    Raises:
        PlacemapError: its bytes are no text, or it is no table.
    """
    encoding = _encoding(source)
    with source.path.open(encoding=encoding, newline="") as file:
        start = file.read(LOOK)
        whole = not file.read(1)
    if "\0" in start:
        raise unreadable(source.label, "this is not a table of a format that placemap reads")
    if not whole:  # the last line may be cut
        start = start[: max(start.rfind("\n"), start.rfind("\r"), 0) + 1] or start
    delimiter = _delimiter(start)
    preview = _preview(start, delimiter, source.label, whole=whole)
    return Text(source.path, source.label, encoding, delimiter, tuple(preview))


def _encoding(source: Source) -> str:
    """UTF-16 by its mark, else UTF-8 where all of the file is, else Windows-1252.

    Raises:
        PlacemapError: it is none of them.
    """
    candidates = ["utf-16"] if source.head[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in candidates:
        bad = _first_bad(source.path, encoding)
        if bad is None:
            return encoding
    raise unreadable(source.label, f"byte {bad:,} is neither UTF-8, UTF-16 nor Windows-1252 text", SAVE_AS)


def _first_bad(path: Path, encoding: str) -> int | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    with path.open("rb") as file:
        try:
            while content := file.read(_CHUNK):
                decoder.decode(content)
                done += len(content)
            decoder.decode(b"", final=True)
        except UnicodeError as error:
            return done + getattr(error, "start", 0) + 1
    return None


def _records(file: io.TextIOBase, delimiter: str, label: str) -> Iterator[Record]:
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    line = 1
    try:
        for cells in reader:
            if len(cells) == 1 or any("\n" in cell or "\r" in cell for cell in cells):
                _refuse_swallowed(cells, line, delimiter, label)
            yield line, cells
            line = reader.line_num + 1
    except csv.Error as error:
        raise _bad_quotes(label, line, str(error)) from None


def _refuse_swallowed(cells: list[str], line: int, delimiter: str, label: str) -> None:
    """Refuse a cell that has rows in it: a quotation mark that was never meant to be one took them in."""
    for cell in cells:
        inner = cell.splitlines()[1:]
        if any(is_code(part) for row in inner for part in row.split(delimiter)) and any(delimiter in x for x in inner):
            raise _bad_quotes(label, line, f"it takes in {len(inner):,} more lines, with codes in them")


def _bad_quotes(label: str, line: int, reason: str) -> Exception:
    if reason.startswith("field larger"):
        return unreadable(
            f"{label}:{line}",
            f"a cell of this row has more than {csv.field_size_limit():,} characters",
            "take a column of outlines out; if there is none, close the quotation mark that takes in what follows",
        )
    reason = {"unexpected end of data": "it is opened and never closed"}.get(reason, reason)
    return unreadable(
        f"{label}:{line}",
        f"a quotation mark of this row is out of place: {reason}",
        'double each quotation mark inside a quoted cell (""), or take it out',
    )


def _preview(start: str, delimiter: str, label: str, *, whole: bool) -> list[Record]:
    found: list[Record] = []
    try:
        for record in _records(io.StringIO(start, newline=""), delimiter, label):
            found.append(record)
            if len(found) >= PREVIEW:
                break
    except Exception:
        if whole or not found:  # else a quoted cell goes on beyond the part that is looked at
            raise
    return found


def _delimiter(start: str) -> str:
    """The separator under which most rows have a code of their own cell, then the one that most rows agree on."""
    declared = start.split("\n", 1)[0].strip().lower()
    if declared.startswith("sep=") and len(declared) == 5 and declared[4] in DELIMITERS:
        return declared[4]
    return max(DELIMITERS, key=lambda mark: _agreement(start, mark))


def _agreement(start: str, delimiter: str) -> tuple[int, int, int]:
    rows: list[list[str]] = []
    try:
        for cells in csv.reader(io.StringIO(start, newline=""), delimiter=delimiter):
            rows.append(cells)
            if len(rows) >= PREVIEW:
                break
    except csv.Error:
        return -1, 0, 0
    several = [len(row) for row in rows if len(row) > 1]
    coded = sum(len(row) > 1 and any(is_code(cell) for cell in row) for row in rows)
    common = max(set(several), key=lambda width: (several.count(width), width), default=0)
    return coded, several.count(common), common
