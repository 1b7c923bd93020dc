"""Tables as columns of numpy, for every room that needs no more: a store's tables, those of a build, codes by position.

pandas takes longer to load than a build takes to run, so it stands only at the edges that hand frames to people.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from placemap.core.arrays import Bools, Ints, Numbers, Texts
from placemap.core.tables import DECIMALS, TableSchema

if TYPE_CHECKING:
    import pandas as pd

    Rows = Ints | Bools | slice


class Words:
    """A column of text as numbers into its words.

    Attributes:
        at: by row, the position of its word; -1 for a blank.
    """

    def __init__(self, at: Ints, words: Texts | Callable[[], Texts]) -> None:
        """Keep them; words that are given as a function are made when they are first asked for."""
        self.at = at
        self._given = words

    @cached_property
    def words(self) -> Texts:
        """The words, in no certain order; some may be in no row."""
        return self._given() if callable(self._given) else self._given

    @cached_property
    def values(self) -> Texts:
        """By row its text, None for a blank."""
        values: Texts = np.array([*self.words, None], dtype=object)[self.at]
        return values

    def take(self, rows: Rows) -> Words:
        """Some of the rows."""
        return Words(self.at[rows], lambda: self.words)

    def numbered(self) -> tuple[Ints, Texts]:
        """By row the position of its word among those that are there, and these in order."""
        there = np.zeros(len(self.words) + 1, dtype=bool)
        there[self.at] = True
        kept = np.flatnonzero(there[:-1])
        ordered = self.words[kept]
        if (ordered[:-1] > ordered[1:]).any():
            order = np.argsort(ordered)
            kept, ordered = kept[order], ordered[order]
        rank = np.full(len(self.words) + 1, -1, dtype=np.int32)
        rank[kept] = np.arange(len(kept))
        return rank[self.at], ordered


class Columns:
    """Columns of one length by name."""

    def __init__(self, columns: Mapping[str, Numbers | Words]) -> None:
        self._columns = dict(columns)

    @property
    def names(self) -> list[str]:
        """Names of the columns in order."""
        return list(self._columns)

    def __len__(self) -> int:
        """Number of rows."""
        return next((len(held.at if isinstance(held, Words) else held) for held in self._columns.values()), 0)

    def __contains__(self, name: str) -> bool:
        return name in self._columns

    def __getitem__(self, name: str) -> Numbers:
        """The values of a column by row; text as objects."""
        held = self._columns[name]
        return held.values if isinstance(held, Words) else held

    def held(self, name: str) -> Numbers | Words:
        """A column as it is held."""
        return self._columns[name]

    def words(self, name: str) -> Words:
        """A column of text as words."""
        held = self._columns[name]
        return held if isinstance(held, Words) else as_words(held)

    def take(self, rows: Rows) -> Columns:
        """Some of the rows."""
        return Columns(
            {name: held.take(rows) if isinstance(held, Words) else held[rows] for name, held in self._columns.items()}
        )

    def rows(self, *names: str) -> Iterator[tuple[Any, ...]]:
        """The rows, of some columns where they are named."""
        return zip(*(self[name].tolist() for name in names or self._columns), strict=True)

    def records(self) -> list[dict[str, Any]]:
        """The rows by name of the column."""
        return [dict(zip(self._columns, row, strict=True)) for row in self.rows()]

    def frame(self) -> pd.DataFrame:
        """The same for pandas; text as objects."""
        import pandas as pd

        series = {name: pd.Series(self[name], dtype=self[name].dtype) for name in self._columns}
        return pd.DataFrame(series)


def columns_of(frame: pd.DataFrame) -> Columns:
    """The columns of a frame; what is no number is held as objects."""
    plain = {str(name): values.dtype.kind in "biuf" for name, values in frame.items()}
    return Columns({name: frame[name].to_numpy(dtype=None if of else object) for name, of in plain.items()})


#: What a column of numbers is held as, by its type.
_HELD: dict[str, type] = {"int": np.int64, "flag": np.bool_, **dict.fromkeys(DECIMALS, np.float64)}


def columns_of_rows(rows: Iterable[Sequence[Any]], schema: TableSchema) -> Columns:
    """The columns of a schema, from rows of its cells; None stands for a figure that is not there."""
    values = list(zip(*rows, strict=True)) or [()] * len(schema.columns)
    return Columns({column.name: _array(of, column.type) for column, of in zip(schema.columns, values, strict=True)})


def _array(values: Sequence[Any], column_type: str) -> Numbers:
    """The values of a column; whole numbers of which some are not there as objects."""
    held = object if column_type == "int" and None in values else _HELD.get(column_type, object)
    return np.array(values, dtype=held)


def stacked(parts: Sequence[Columns]) -> Columns:
    """The rows of several, of the same columns, one below the other."""
    return Columns({name: np.concatenate([part[name] for part in parts]) for name in parts[0].names})


def as_words(values: Iterable[str]) -> Words:
    """Texts as numbers into their words."""
    numbers: dict[str, int] = {}
    at = [numbers.setdefault(value, len(numbers)) for value in values]
    return Words(np.array(at, dtype=np.int64), np.array(list(numbers), dtype=object))


class Codes:
    """Codes that stand in order, each once; what is said of them is by position."""

    def __init__(self, codes: Texts) -> None:
        self.array = codes

    def __len__(self) -> int:
        return len(self.array)

    def __iter__(self) -> Iterator[str]:
        return iter(self.array.tolist())

    def __contains__(self, code: object) -> bool:
        return code in self._positions

    def __getitem__(self, position: Any) -> Any:
        """The code at a position, or the codes at several."""
        return self.array[position]

    @cached_property
    def _positions(self) -> dict[str, int]:
        return {code: position for position, code in enumerate(self.array.tolist())}

    def position(self, code: str) -> int:
        """The position of a code that is there."""
        return self._positions[code]

    def positions(self, codes: Words | Iterable[Any]) -> Ints:
        """By code its position; -1 for one that is not there."""
        if isinstance(codes, Words):
            return np.append(self._all(codes.words), -1)[codes.at]
        return self._all(codes)

    def _all(self, codes: Iterable[Any]) -> Ints:
        array = codes if isinstance(codes, np.ndarray) else np.array([*codes], dtype=object)
        if len(array) == len(self) and (array == self.array).all():
            return np.arange(len(self))
        find = self._positions.get
        return np.array([find(code, -1) for code in array.tolist()], dtype=np.int64)
