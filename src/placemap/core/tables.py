"""What tables are, for every room: columns with a type and a description, and a frame that has them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

#: What a column holds. `code` and `text` are text; `date` is ISO text or empty; of figures, None and NaN are blank;
#: `int` is whole, people or other things; `people` may be parts of people, so it is written to 2 decimals, and `share`
#: to 6; `flag` is true or false; `wkb` is a geometry as bytes.
COLUMN_TYPES = ("code", "text", "date", "int", "number", "people", "share", "flag", "wkb")
TEXT_TYPES = ("code", "text", "date")

#: Decimals that people and shares are written to.
DECIMALS = {"people": 2, "share": 6, "number": 6}

#: The description beside the tables of a build, and the fields of it that placemap reads again: the folder's files, the
#: measure that residents are counted by, and how much of England a source covers.
METADATA = "metadata.json"
FILES, MEASURE, COVERAGE = "schema:hasPart", "schema:variableMeasured", "schema:spatialCoverage"


@dataclass(frozen=True)
class Table:
    """A table of a build: file name without its ending, columns, rows."""

    name: str
    schema: TableSchema
    frame: pd.DataFrame


@dataclass(frozen=True)
class Column:
    """One column: its name, what it holds (one of COLUMN_TYPES), what it means, and whether figures may be left out."""

    name: str
    type: str
    description: str
    gaps: bool = False


@dataclass(frozen=True)
class TableSchema:
    """The columns of a table in their order, and the columns that identify a row."""

    title: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """Column names in order."""
        return [column.name for column in self.columns]


def as_declared(values: npt.NDArray[Any], column: Column) -> npt.NDArray[Any]:
    """Figures as the column declares them: as integers where it holds whole ones, which sums give as floats."""
    return np.rint(values).astype(np.int64) if column.type == "int" and values.dtype.kind == "f" else values


def _fixed(decimals: int) -> Callable[[Any], str]:
    pattern = f"%.{decimals}f"
    zero, negative_zero = pattern % 0.0, pattern % -0.0

    def write(value: float) -> str:
        if value != value:
            return ""
        text = pattern % value
        return zero if text == negative_zero else text

    return write


_AS_TEXT: dict[str, Callable[[Any], str]] = {
    "int": lambda value: "" if value is None else str(value),
    "flag": lambda value: "true" if value else "false",
    **{kind: _fixed(decimals) for kind, decimals in DECIMALS.items()},
}


def as_text(values: Iterable[Any], column: Column) -> list[str]:
    """The values of a column as they stand in a CSV."""
    write = _AS_TEXT.get(column.type)
    return [write(value) for value in values] if write else list(values)
