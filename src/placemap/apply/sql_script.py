"""The statements of `apply` for someone else's warehouse: standing on their own, in another engine's SQL."""

from __future__ import annotations

from collections.abc import Sequence

from placemap.apply.measures import COUNT, SUM, Measure
from placemap.apply.sql import CODED, Question, coded, group_aliases, in_no_place, known, name, places, unmatched
from placemap.core.errors import Exit, PlacemapError


def script(question: Question, as_one: tuple[str, str] | None = None) -> list[str]:
    """The statements for someone else's warehouse: sums by place, then what is in no place.

    They stand on their own, given the two tables that `apply --sql --keys DIR` writes.
    """
    with_coded = f"WITH {CODED} AS ({coded(question, checked=False)}) "
    return [
        with_coded + _finished(question, places(question)),
        with_coded + known(question, as_one),
        with_coded + unmatched(question),
        with_coded + in_no_place(question),
    ]


def _finished(question: Question, sums: str) -> str:
    """The sums by place with the measures' own names, rates and means divided."""
    head = ["ICSID", "FOOTPRINT", "PLACECD", "PLACENM"]
    head += [f"{a} AS {name(g)}" for a, g in zip(group_aliases(question), question.groups, strict=True)]
    results = [f"{result(number, m)} AS {name(m.title)}" for number, m in enumerate(question.measures)]
    body = sums.rpartition(" ORDER BY ")[0]
    return f"SELECT {', '.join([*head, *results])} FROM ({body}) AS r ORDER BY PLACECD"


def result(number: int, measure: Measure) -> str:
    """A measure from what was added up for it."""
    if measure.how == COUNT:
        return "n"
    if measure.how == SUM:
        return f"m{number}a"
    below = f"m{number}b" if measure.over else f"m{number}n"
    return f"m{number}a / NULLIF({below}, 0)"


def transpiled(statements: Sequence[str], dialect: str) -> list[str]:
    """The statements in another engine's SQL.

    Raises:
        PlacemapError: sqlglot is not installed, or does not know the dialect.
    """
    try:
        import sqlglot
    except ImportError:
        if dialect == "duckdb":
            return list(statements)
        raise PlacemapError(
            f"SQL for {dialect} needs sqlglot, which is not installed", hint="pip install 'placemap[engines]'"
        ) from None
    try:
        return [sqlglot.transpile(statement, read="duckdb", write=dialect, pretty=True)[0] for statement in statements]
    except ValueError as error:
        raise PlacemapError(
            f"`{dialect}` is not a dialect that can be written: {error}",
            hint="duckdb, spark, databricks, tsql, snowflake, bigquery, postgres and fabric are some that can",
            exit_code=Exit.USAGE,
        ) from None
