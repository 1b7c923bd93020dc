"""What people's columns of figures give away of themselves: titles that say a rate, numbers that stand for none."""

from __future__ import annotations

import re

#: Negative numbers that stand for no figure in many a table.
SENTINELS = (-1, -9, -99, -999)
#: Words in a column's title that say that it is intensive.
_INTENSIVE_WORDS = frozenset(
    {
        *("rate", "rates", "ratio", "percent", "percentage", "pct", "proportion", "prevalence", "density", "share"),
        *("mean", "avg", "average", "median", "score", "index", "rank", "decile", "quintile", "quartile", "expectancy"),
    }
)


def looks_intensive(title: str) -> bool:
    """Whether a column's title says that its figures are rates, scores or averages, which do not add up."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", title)
    words = re.split(r"[^A-Za-z%]+", spaced.casefold())
    return "%" in title or "per" in words or bool(_INTENSIVE_WORDS.intersection(words))
