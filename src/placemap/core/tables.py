"""What tables are, for every room: columns with a type and a description, and the values that they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

    from placemap.core.arrays import Numbers
    from placemap.core.columns import Columns

#: What a column holds. `code` and `text` are text; `date` is ISO text or empty; of figures, None and NaN are blank;
#: `int` is whole, people or other things; `people` may be parts of people, so it is written to 2 decimals, and `share`
#: to 6; `flag` is true or false; `wkb` is a geometry as bytes.
ColumnType = Literal["code", "text", "date", "int", "number", "people", "share", "flag", "wkb"]
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
    columns: Columns

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The same for pandas."""
        return self.columns.frame()


@dataclass(frozen=True)
class Column:
    """One column: its name, what it holds, what it means, and whether figures may be left out."""

    name: str
    type: ColumnType
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


def as_declared(values: Numbers, column: Column) -> Numbers:
    """Figures as the column declares them: as integers where it holds whole ones, which sums give as floats."""
    return values.round().astype("int64") if column.type == "int" and values.dtype.kind == "f" else values


def as_text(values: Sequence[Any], column: Column) -> list[str]:
    """The values of a column as they stand in a CSV."""
    if column.type in DECIMALS:
        return _fixed(values, DECIMALS[column.type])
    if column.type == "int":
        return ["" if value is None else str(value) for value in values]
    return ["true" if value else "false" for value in values] if column.type == "flag" else list(values)


def _fixed(values: Sequence[float], decimals: int) -> list[str]:
    """Figures to a number of decimals, NaN as nothing and zero without a sign: all by one format, not one by one."""
    if not len(values):
        return []
    once = dict.fromkeys(values)
    if 2 * len(once) < len(values):  # people of small areas, shares of 1: look up what was formatted before
        texts = dict(zip(once, _fixed(list(once), decimals), strict=True))
        return [texts[value] for value in values]
    pattern = f"%.{decimals}f"
    written = "\n".join([pattern] * len(values)) % tuple(values)
    found = written.split("\n")
    if "n" not in written and "-" not in written:
        return found
    odd = {"nan": "", pattern % -0.0: pattern % 0.0}
    return [odd.get(text, text) for text in found]
