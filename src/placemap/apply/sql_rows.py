"""Statements about rows, for DuckDB alone: codes that are located in an LSOA, and rows with their places.

What is added up stands in `sql`.
"""

from __future__ import annotations

from collections.abc import Iterable

from placemap.apply.sql import DATA, JOIN, LOCATED, Question, code_of, literal, name

#: Before an LSOA among codes that are finer, for it to be none of those that these lie in.
AS_GIVEN = "="


def located(by: str, table: str, key: str, column: str, *, ended: str, before: str, after: str) -> str:
    """By value of the column of codes, the LSOA that it lies in: RAW, CODE, ENDED (of a postcode, when), n (rows).

    A value that the lookup does not have stays what it is.

    Args:
        table: the lookup, as it is read.
        key: of a value `raw`, what the lookup has it under, in its `column`.
        ended: of a row `p` of the lookup, when its code ended, or empty.
        before, after: where a value `d.k` is by its shape, whatever the lookup says, and where it does not say.
    """
    given = f"CASE WHEN d.k LIKE 'E01______' THEN '{AS_GIVEN}' || d.k ELSE {code_of('raw')} END"
    rows = f"SELECT raw, {key} AS k, COUNT(*) AS n FROM (SELECT {name(by)} AS raw FROM {DATA}) AS d GROUP BY raw"
    return (
        f"SELECT d.raw AS RAW, COALESCE({before}, p.lsoa_code, {after}, {given}) AS CODE, {ended} AS ENDED, d.n "
        f"FROM ({rows}) AS d LEFT JOIN {table} AS p ON p.{column} = d.k"
    )


def told_by_shape(key: str, rules: Iterable[tuple[str, str]]) -> str:
    """The word of the first rule whose regular expression the whole of a key fits; NULL for none."""
    cases = " ".join(f"WHEN REGEXP_FULL_MATCH({key}, {literal(shape)}) THEN {literal(word)}" for shape, word in rules)
    return f"CASE {cases} END" if cases else "NULL"


def values_of(by: str) -> str:
    """The codes of the data, each once, without NULL."""
    return f"SELECT DISTINCT {code_of(name(by))} AS CODE FROM {DATA} WHERE {name(by)} IS NOT NULL"


def ended_rows() -> str:
    """One row: rows of the data, and those whose code has ended."""
    return f"SELECT SUM(n) AS n, SUM(CASE WHEN ENDED <> '' THEN n ELSE 0 END) AS ended FROM {LOCATED}"


def joined(question: Question, columns: Iterable[str], lsoa: str) -> str:
    """Every row of the data, in their order, with the columns of its place.

    Args:
        lsoa: title of the column of LSOAs, which data that are located get.
    """
    key = code_of(f"d.{name(question.by)}")
    shown = [f"d.{name(title)}" for title in question.types]
    rows, code = f"(SELECT *, ROW_NUMBER() OVER () AS {_row(question)} FROM {DATA}) AS d", f"COALESCE({key}, '')"
    if question.located:
        shown.append(f"CASE WHEN l.CODE LIKE 'E01%' THEN l.CODE END AS {lsoa}")
        rows += f" LEFT JOIN {LOCATED} AS l ON l.RAW = d.{name(question.by)}"
        code = f"COALESCE(l.CODE, {key}, '')"
    shown += [f"j.{column}" for column in columns]
    # Joins give rows as they get done: by thread, or those without a partner last.
    return f"SELECT {', '.join(shown)} FROM {rows} LEFT JOIN {JOIN} AS j ON {code} = j.CODE ORDER BY d.{_row(question)}"


def _row(question: Question) -> str:
    """A name for the number of a row that no column of the data has."""
    row = "placemap_row"
    while row in {title.casefold() for title in question.types}:
        row += "_"
    return row
