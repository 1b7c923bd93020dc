"""Statements that tell whether columns are what they are taken for, asked where one pass raised doubts."""

from __future__ import annotations

from placemap.apply.sql import DATA, Question, code_of, is_bad, name, values_of_rows
from placemap.core.figures import SENTINELS


def bad_cells(question: Question, number: int) -> str:
    """The cells of a column of figures that are no numbers: CELL and n, the most frequent first."""
    bad = is_bad(number, question.value_columns[number], question)
    return (
        f"SELECT CAST(t{number} AS VARCHAR) AS CELL, COUNT(*) AS n FROM ({values_of_rows(question)}) AS v WHERE {bad} "
        "GROUP BY 1 ORDER BY n DESC, CELL LIMIT 50"
    )


def negatives(question: Question, number: int) -> str:
    """One row: how many numbers of a column are negative, their sum, and how many are each of `SENTINELS` (s0 …)."""
    each = [f"COUNT(CASE WHEN v{number} = {value} THEN 1 END) AS s{at}" for at, value in enumerate(SENTINELS)]
    columns = ["COUNT(*) AS n", f"SUM(CAST(v{number} AS DOUBLE)) AS total", *each]
    return f"SELECT {', '.join(columns)} FROM ({values_of_rows(question)}) AS v WHERE v{number} < 0"


def without_people(question: Question, number: int) -> str:
    """One row: rows that have events and nobody whom they could happen to, of a rate of two columns; and the events."""
    events, people = (f"v{question.value_columns.index(column)}" for column in question.measures[number].columns)
    total = f"SUM(CAST({events} AS DOUBLE)) AS total"
    return f"SELECT COUNT(*) AS n, {total} FROM ({values_of_rows(question)}) AS v WHERE {people} = 0 AND {events} > 0"


def twice(by: str, column: str) -> str:
    """One row: how many codes stand under more than one value of a column."""
    key = code_of(name(by))
    inner = f"SELECT {key} AS CODE FROM {DATA} GROUP BY 1 HAVING COUNT(DISTINCT {name(column)}) > 1"
    return f"SELECT COUNT(*) AS n FROM ({inner}) AS t"
