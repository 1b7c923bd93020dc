"""What a result counts, and how these counts hang together: one is another, a part of it, or the sum of several."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from placemap.apply import sql, sql_publish
from placemap.apply.engine_duckdb import Engine
from placemap.apply.measures import COUNT, MEAN, RATE, SUM, Measure
from placemap.apply.reconcile import _number, followed
from placemap.core.errors import Exit, PlacemapError

ROW_COUNT = "n"
#: Of more columns than these, sums of two or three others are looked for, instead of any.
_MANY, _FEW = 12, 3


@dataclass(frozen=True)
class Quantities:
    """The counts of a question, under the aliases of its statements.

    Attributes:
        same: by alias the one that stands for it.
        averaged: by position of a mean that gives away a count, the alias of that: of a column of 0 and 1, who has a 1.
        of_lines: aliases of what reconciliations follow: the rows, then a column each.
        within: pairs of a count and the one that it is a part of.
        sums: a count, and those that it is the sum of.
    """

    question: sql.Question
    same: Mapping[str, str]
    averaged: Mapping[int, str]
    of_lines: tuple[str, ...]
    within: tuple[tuple[str, str], ...]
    sums: tuple[tuple[str, tuple[str, ...]], ...]

    def behind(self, number: int) -> list[str]:
        """The counts that the figure of a measure is made of."""
        averaged = [self.averaged[number]] if number in self.averaged else []
        return [self.same[alias] for alias in [*behind(number, self.question.measures[number]), *averaged]]


def behind(number: int, measure: Measure) -> list[str]:
    """What the statements call the counts that the figure of a measure is made of."""
    if measure.how == COUNT:
        return [ROW_COUNT]
    if measure.how == MEAN:
        return [f"m{number}b" if measure.over else f"m{number}n"]
    top = f"m{number}a" if measure.column else ROW_COUNT
    return [top, f"m{number}b"] if measure.how == RATE and not measure.stored else [top]


def quantities_of(engine: Engine, question: sql.Question, total: Mapping[str, object]) -> Quantities:
    """The counts of a question, and what the data say of them.

    Args:
        total: of all the data, by what `sql.checks` names them.

    Raises:
        PlacemapError: something that would be published as a count has negative numbers.
    """
    _refuse_negative(question, total)
    of_column = followed(question)
    averaged = {number: f"m{number}a" for number in _counting_means(question, total)}
    same, within = {ROW_COUNT: ROW_COUNT}, set[tuple[str, str]]()
    for number, measure in enumerate(question.measures):
        names = [*zip(behind(number, measure), _titles(measure), strict=True)]
        names += [(averaged[number], measure.column)] if number in averaged and not measure.over else []
        for alias, title in names:
            whole = of_column.get(title, alias) if title else ROW_COUNT
            is_same = abs(_number(total[alias]) - _number(total[whole])) < 1e-6
            same[alias] = whole if is_same else alias
            if not is_same:
                within.add((alias, whole))
    same |= {alias: alias for alias in averaged.values() if alias not in same}
    within |= set(_parts(engine, question, same, of_column))
    within |= set(
        _above_none(engine, [[same[averaged[n]], same[behind(n, question.measures[n])[0]]] for n in averaged])
    )
    lines = (ROW_COUNT, *of_column.values())
    return Quantities(question, same, averaged, lines, tuple(sorted(within)), tuple(_sums(engine, lines, total)))


def _titles(measure: Measure) -> list[str]:
    """The columns of `behind`; empty for what counts rows."""
    if measure.how == COUNT:
        return [""]
    if measure.how == MEAN:
        return [measure.over]
    return [measure.column, measure.over] if measure.how == RATE and not measure.stored else [measure.column]


def _refuse_negative(question: sql.Question, total: Mapping[str, object]) -> None:
    counted = {title for measure in question.measures for title in _titles(measure) if title}
    for number, column in enumerate(question.value_columns):
        if column in counted and _number(total.get(f"c{number}least")) < 0:
            raise PlacemapError(
                f"`{column}` has negative numbers, so it holds no counts that could be held back or rounded",
                hint="leave the column out of what is published, or mend it in the data",
                exit_code=Exit.USAGE,
            )


def _parts(
    engine: Engine, question: sql.Question, same: Mapping[str, str], of_column: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Events that are a part of their people, and columns that are a part of the rows, in every code."""
    pairs = [behind(number, measure) for number, measure in enumerate(question.measures) if measure.how == RATE]
    if any(measure.how == COUNT for measure in question.measures):
        pairs += [[of_column[measure.column], ROW_COUNT] for measure in question.measures if measure.how == SUM]
    yield from _above_none(engine, [[same[alias] for alias in pair] for pair in pairs])


def _above_none(engine: Engine, pairs: Iterable[Sequence[str]]) -> Iterator[tuple[str, str]]:
    """The pairs of which no code has more of the one than of the other; over people of the tables there is no other."""
    for part, *wholes in pairs:
        for whole in wholes:
            if part != whole and not _n(engine, sql_publish.above(part, whole)):
                yield part, whole


def _counting_means(question: sql.Question, total: Mapping[str, object]) -> Iterator[int]:
    """Means whose sum is a count of something: of whole numbers, or of shares from 0 to 1."""
    for number, measure in enumerate(question.measures):
        if measure.how == MEAN:
            at = question.value_columns.index(measure.column)
            least, parts, most = (_number(total.get(f"c{at}{what}")) for what in ("least", "parts", "most"))
            if least >= 0 and (not parts or most <= 1):
                yield number


def _sums(
    engine: Engine, aliases: tuple[str, ...], total: Mapping[str, object]
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Counts that are the sum of others in every code."""
    values = {alias: _number(total[alias]) for alias in aliases}
    known = [alias for alias in aliases if values[alias]]
    for whole in known:
        others = [alias for alias in known if alias not in (whole, ROW_COUNT)]
        most = len(others) if len(others) < _MANY else _FEW
        for size in range(2, most + 1):
            for parts in combinations(others, size):
                is_sum = abs(sum(values[part] for part in parts) - values[whole]) < 1e-6
                if is_sum and not _n(engine, sql_publish.no_sum(whole, parts)):
                    yield whole, parts


def _n(engine: Engine, statement: str) -> int:
    return int(_number(engine.query(statement)[0]["n"]))
