"""A proof that a large CSV is plain, so that an engine may read it at its own speed without deciding what a row is.

Plain is: UTF-8; one kind of line end; every line has the same number of cells; every quotation mark opens or closes a
cell, or is doubled, within its line; no blank row, no row of other width, nothing to leave out at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from placemap.core.arrays import Bools, Ints

_CHUNK = 1 << 24
_LF, _CR, _QUOTE, _NUL = 10, 13, 34, 0
#: Bytes of the longest line that is taken for plain.
LONGEST = 1_000_000

Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Plain:
    r"""A plain CSV.

    Attributes:
        skip: lines above the first row of data.
        rows: of data.
        line_end: `\n` or `\r\n`.
    """

    path: Path
    delimiter: str
    skip: int
    rows: int
    line_end: str


@dataclass
class _Lines:
    """What is known of the lines so far."""

    width: int
    count: int = 0
    ends_in_cr: int = 0


def proof(path: Path, delimiter: str, skip: int, width: int) -> Plain | None:
    """That a file of UTF-8 is plain below its first lines; None where it is not, or there is no telling.

    Args:
        skip: lines above the first row of data.
        width: number of columns.
    """
    lines = _Lines(width)
    rest = b""
    left = skip
    with path.open("rb") as file:
        while content := file.read(_CHUNK):
            text = rest + content
            end = text.rfind(b"\n") + 1
            if len(text) - end > LONGEST:
                return None
            rest, block = text[end:], text[:end]
            left, block = _below(block, left)
            if block and not _is_plain(np.frombuffer(block, np.uint8), ord(delimiter), lines):
                return None
    if rest:
        rest += b"\r\n" if lines.ends_in_cr else b"\n"
        left, block = _below(rest, left)
        if block and not _is_plain(np.frombuffer(block, np.uint8), ord(delimiter), lines):
            return None
    if left or not lines.count or lines.ends_in_cr not in (0, lines.count):
        return None
    return Plain(path, delimiter, skip, lines.count, "\r\n" if lines.ends_in_cr else "\n")


def _below(block: bytes, skip: int) -> tuple[int, bytes]:
    """The lines to skip yet, and what is below."""
    while skip and block:
        _, _, block = block.partition(b"\n")
        skip -= 1
    return skip, block


def _is_plain(block: Bytes, delimiter: int, lines: _Lines) -> bool:
    ends = np.flatnonzero(block == _LF)
    starts = np.concatenate([[0], ends[:-1] + 1])
    returns = np.flatnonzero(block == _CR)
    if len(returns) and (len(returns) != len(ends) or (returns + 1 != ends).any()):
        return False
    if (block == _NUL).any() or (ends - starts).max() > LONGEST:
        return False
    quotes = np.flatnonzero(block == _QUOTE)
    marks = np.flatnonzero(block == delimiter)
    if len(quotes):
        if not _quotes_are_plain(block, quotes, starts, delimiter):
            return False
        marks = marks[np.searchsorted(quotes, marks) % 2 == 0]
    if (_per_line(marks, ends) != lines.width - 1).any() or _has_blank(block, starts, delimiter):
        return False
    lines.count += len(ends)
    lines.ends_in_cr += len(returns)
    return True


def _per_line(at: Ints, ends: Ints) -> Ints:
    """How many of the positions are in each line."""
    below = np.searchsorted(at, ends)
    counts: Ints = np.diff(below, prepend=0)
    return counts


def _quotes_are_plain(block: Bytes, quotes: Ints, starts: Ints, delimiter: int) -> bool:
    """Whether quotation marks come in pairs in every line, at the edges of cells or doubled."""
    ends = np.append(starts[1:], len(block))
    if (_per_line(quotes, ends) % 2).any():
        return False
    before = block[np.maximum(quotes[::2] - 1, 0)]
    opens = (before == delimiter) | (before == _LF) | (before == _QUOTE) | (quotes[::2] == 0)
    after = block[quotes[1::2] + 1]
    closes = (after == delimiter) | (after == _LF) | (after == _CR) | (after == _QUOTE)
    return bool(opens.all() and closes.all())


def _has_blank(block: Bytes, starts: Ints, delimiter: int) -> bool:
    """Whether a line has nothing but separators, white space and quotation marks."""
    filled: Bools = (block > 32) & (block != delimiter) & (block != _QUOTE)
    return not bool(np.logical_or.reduceat(filled, starts).all())
