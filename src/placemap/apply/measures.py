"""What a user asks of their columns: sums, means, rates and counts, as frozen objects; a mistake is refused.

*Extensive* figures (people, visits) add up over areas and are shared out where a unit is split. *Intensive* ones
(rates, scores, averages) never add up: a rate needs its denominator, a mean of areas needs their weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from placemap.core.errors import PlacemapError, usage_error
from placemap.core.figures import looks_intensive

SUM, MEAN, RATE, COUNT = "sum", "mean", "rate", "count"
#: The number of rows, as a column of the result and as the numerator of a rate.
ROWS = "ROWS"


@dataclass(frozen=True)
class Measure:
    """One column of the result.

    Attributes:
        how: `sum`, `mean`, `rate` or `count`.
        column: the column that is added up or averaged; the numerator of a rate; empty for a count.
        over: the denominator of a rate, the weights of a mean; empty where there is none.
        stored: whether the denominator is a measure of the reference tables, such as `residents_2021`, and no column
            of the data. Such a rate without a column is of the rows.
    """

    how: str
    column: str = ""
    over: str = ""
    stored: bool = False

    @property
    def title(self) -> str:
        """Its column in the result: a sum or mean keeps the column's own name."""
        if self.how == COUNT:
            return ROWS
        return f"{self.column or ROWS}/{self.over}" if self.how == RATE else self.column

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the data that it needs."""
        return tuple(name for name in (self.column, "" if self.stored else self.over) if name)


def measures_of(
    sums: Iterable[str] = (),
    means: Iterable[str] = (),
    rates: Iterable[str] = (),
    *,
    count: bool = False,
    denominator: str = "",
) -> tuple[Measure, ...]:
    """What the options ask for.

    Args:
        sums: columns to add up.
        means: `COLUMN`, or `COLUMN:WEIGHTS` for one that is weighted by another column.
        rates: `NUMERATOR/DENOMINATOR`; `NUMERATOR`, or `ROWS`, where `denominator` is given.
        denominator: a measure of the reference tables.
        count: whether to count rows. It is what is done where nothing else is asked for.

    Raises:
        PlacemapError: no name of a column, a rate without a denominator, or two results of the same name.
    """
    found = [Measure(SUM, column) for column in sums]
    found += [_mean(text) for text in means]
    found += [_rate(text, denominator) for text in rates]
    if denominator and not any(measure.stored for measure in found):
        raise usage_error(
            f"no rate is asked for over `{denominator}`", f"write --rate NUMERATOR --denominator {denominator}"
        )
    if count or not found:
        found.append(Measure(COUNT))
    if any(measure.how != COUNT and not measure.column and not measure.stored for measure in found):
        raise usage_error("the name of a column is empty", "write --sum COLUMN or --mean COLUMN")
    titles = [measure.title for measure in found]
    for title in titles:
        if titles.count(title) > 1:
            raise usage_error(
                f"`{title}` would stand in the result more than once", "ask for it once, or apply in two steps"
            )
    return tuple(found)


def _mean(text: str) -> Measure:
    column, colon, weights = text.partition(":")
    if colon and not weights.strip():
        raise usage_error(f"a mean by weights needs their column; found `{text}`", "write --mean COLUMN:WEIGHTS")
    return Measure(MEAN, column.strip(), weights.strip())


def _rate(text: str, stored: str) -> Measure:
    numerator, slash, denominator = (part.strip() for part in text.partition("/"))
    if stored and numerator and not slash:
        return Measure(RATE, "" if numerator == ROWS else numerator, stored, stored=True)
    if not slash or not numerator or not denominator:
        raise usage_error(
            f"a rate needs its numerator and its denominator; found `{text}`",
            "write --rate NUMERATOR/DENOMINATOR, or --rate NUMERATOR --denominator residents_2021",
        )
    return Measure(RATE, numerator, denominator)


def refuse_mistakes(measures: Iterable[Measure], extensive: Iterable[str]) -> None:
    """Refuse to add up what does not add up, going by the columns' titles.

    Args:
        extensive: columns that the user vouches for.

    Raises:
        PlacemapError: a rate would be summed, or stand in a fraction as if it were a count.
    """
    vouched = set(extensive)
    for measure in measures:
        adds_up = [measure.column] if measure.how == SUM else list(measure.columns) if measure.how == RATE else []
        for column in adds_up:
            if column not in vouched and looks_intensive(column):
                raise intensive_error(column, "by its name")


def intensive_error(column: str, why: str) -> PlacemapError:
    """The refusal to add up a column of rates."""
    return usage_error(
        f"`{column}` is {why} a rate, score or average: those do not add up",
        f"give what it was made from (--rate NUMERATOR/DENOMINATOR), or its weights (--mean {column}:PEOPLE); "
        f"if it does hold counts, say so with --extensive {column}",
    )
