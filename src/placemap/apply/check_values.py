"""Whether columns are what they are taken for, by their values: refused, or worth a word."""

from __future__ import annotations

import re
from collections.abc import Iterable

from placemap.apply import sql, sql_checks
from placemap.apply.engine_duckdb import Engine
from placemap.apply.held_back import bad_cells_error, sentinel_error
from placemap.apply.measures import MEAN, RATE, SUM, intensive_error
from placemap.apply.reconcile import as_number
from placemap.core.errors import PlacemapError
from placemap.core.figures import SENTINELS
from placemap.core.text import counted

#: Whole numbers up to this are exact in binary floating point.
EXACT = 2**53


def refuse_values(
    engine: Engine, question: sql.Question, total: dict[str, object], vouched: set[str], label: str
) -> None:
    """Refuse columns that are not what they are taken for, going by their values.

    Raises:
        PlacemapError: cells that are no numbers; fractions of one, summed; sums too large to be exact.
    """
    for number, column in enumerate(question.value_columns):
        bad = int(total.get(f"c{number}bad") or 0)  # type: ignore[call-overload]
        if bad:
            cells = [(str(row["CELL"]), int(row["n"])) for row in engine.query(sql_checks.bad_cells(question, number))]
            raise bad_cells_error(column, bad, cells, label)
        if column not in vouched:
            _refuse_sentinels(engine, question, number, total, label)
        summed = any(m.how == SUM and m.column == column for m in question.measures)
        least, most = total.get(f"c{number}least"), total.get(f"c{number}most")
        parts = total.get(f"c{number}parts")
        if summed and column not in vouched and parts and least >= 0 and most <= 1:  # type: ignore[operator]
            raise intensive_error(column, "by its values, all from 0 to 1,")
    for alias in sql.added(question):
        value = total[alias]
        if value is not None and abs(value) > EXACT:  # type: ignore[arg-type]
            raise PlacemapError(
                f"sums over {EXACT:,} cannot be kept exact", location=label, hint="give the column in larger units"
            )


def _refuse_sentinels(
    engine: Engine, question: sql.Question, number: int, total: dict[str, object], label: str
) -> None:
    """Refuse -1, -9, -99 and -999 where they repeat and no other number is negative."""
    if as_number(total[f"c{number}least"]) not in SENTINELS:
        return
    row = engine.query(sql_checks.negatives(question, number))[0]
    found = [(value, int(row[f"s{at}"])) for at, value in enumerate(SENTINELS) if row[f"s{at}"]]
    if 1 < sum(rows for _, rows in found) == int(row["n"]):
        raise sentinel_error(question.value_columns[number], found, label)


def notes_on(engine: Engine, question: sql.Question, total: dict[str, object]) -> Iterable[str]:
    """What an analyst should know of the columns and of what is blank in them."""
    rows = int(as_number(total["n"]))
    yield from _of_negatives(engine, question, total)
    yield from _of_nobody(engine, question, total)
    yield from _of_doubles(engine, question)
    for number, measure in enumerate(question.measures):
        if not measure.columns:
            continue
        blank = rows - int(as_number(total[f"m{number}n"]))
        what = " or ".join(f"`{column}`" for column in measure.columns)
        if blank:
            yield f"no value of {what} in {blank:,} of {rows:,} rows; they add nothing to `{measure.title}`"
        if measure.how == MEAN and not measure.over:
            yield (
                f"`{measure.column}` is averaged over rows, each the same; if a row stands for an area, weight it: "
                f"--mean {measure.column}:PEOPLE"
            )


def _of_negatives(engine: Engine, question: sql.Question, total: dict[str, object]) -> Iterable[str]:
    for number, column in enumerate(question.value_columns):
        if as_number(total[f"c{number}least"]) < 0:
            row = engine.query(sql_checks.negatives(question, number))[0]
            yield f"`{column}` has {int(row['n']):,} negative numbers, together {row['total']:,.10g}; they are added in"


def _of_nobody(engine: Engine, question: sql.Question, total: dict[str, object]) -> Iterable[str]:
    """Events of nobody raise the rates of places and of the system; a table that looks whole may lack people so."""
    for number, measure in enumerate(question.measures):
        if measure.how != RATE or len(measure.columns) < 2:
            continue
        events, people = measure.columns
        least = total[f"c{question.value_columns.index(people)}least"]
        row = (
            engine.query(sql_checks.without_people(question, number))[0]
            if least is not None and as_number(least) <= 0
            else {}
        )
        if row.get("n"):
            yield (
                f"`{people}` is 0 in {counted(int(row['n']), 'row')} with {row['total']:,.10g} of `{events}`, "
                "which raise rates without adding people"
            )


#: Titles of columns that tell the types of the areas that a table repeats.
_AREA_TYPE = re.compile(r"(?:area|geography|geographic|geog) ?_?(?:type|level)(?: ?name)?", re.IGNORECASE)


def _of_doubles(engine: Engine, question: sql.Question) -> Iterable[str]:
    """A code that stands under two types of area counts twice: a unitary authority is a county and a district."""
    for column, held in question.types.items():
        if held == sql.TEXT and _AREA_TYPE.fullmatch(column) and column not in question.groups:
            twice = int(engine.query(sql_checks.twice(question.by, column))[0]["n"])
            if twice:
                yield (
                    f"double: {twice:,} codes stand under several values of `{column}`, and count for each; keep the "
                    f"rows of one, or divide the result with --group '{column}'"
                )
