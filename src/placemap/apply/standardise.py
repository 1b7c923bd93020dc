"""Rates by place with their limits: crude, directly standardised, indirectly standardised; functions of arrays.

Counts are `events` and `people`, rows (places) × strata (age bands).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placemap.apply.intervals import FEW, Limits, byar, dobson, fingertips, wilson
from placemap.core.arrays import Floats

BYAR, FINGERTIPS, WILSON = "byar", "fingertips", "wilson"
INTERVALS = (BYAR, FINGERTIPS, WILSON)
#: What an indirectly standardised ratio of 100 says: as many events as at the rates of the standard.
RATIO = 100.0
_COUNTS = {BYAR: byar, FINGERTIPS: fingertips}


@dataclass(frozen=True)
class Estimate:
    """Values with limits by level; NaN where there is none.

    Attributes:
        expected: events that the rates of a standard give; None where there is no standard.
    """

    value: Floats
    limits: dict[float, Limits]
    expected: Floats | None = None


def crude(events: Floats, people: Floats, per: float, interval: str, levels: Sequence[float]) -> Estimate:
    """Events ÷ people, for so many people.

    Args:
        events, people: by row × stratum; strata are added up.
    """
    top, below = _whole(events), _whole(people)
    size = np.where(below > 0, below, np.nan)
    if interval == WILSON:
        limits = {level: _times(wilson(top, below, level), per) for level in levels}
    else:
        limits = {level: _times(_COUNTS[interval](top, level), per / size) for level in levels}
    return Estimate(top / size * per, limits)


def direct(events: Floats, people: Floats, weights: Floats, per: float, levels: Sequence[float]) -> Estimate:
    """Directly standardised rates with limits by Dobson's method.

    NaN where a stratum has nobody, so that it has no rate, and where there are fewer than ten events, from which such a
    rate is not to be relied on.

    Args:
        weights: the standard population by stratum.
    """
    top = _whole(events)
    known = (people > 0).all(axis=1) & (top >= FEW)
    size = np.where(known[:, None], people, np.nan)
    share = weights / weights.sum() / size
    value, variance = (events * share).sum(axis=1), (events * share**2).sum(axis=1)
    safe = np.where(known, top, 1.0)
    limits = {level: _times(dobson(value, variance, safe, level), per) for level in levels}
    return Estimate(value * per, limits)


def indirect(
    events: Floats, people: Floats, standard: tuple[Floats, Floats], interval: str, levels: Sequence[float]
) -> Estimate:
    """Indirectly standardised ratios: 100 × events ÷ the events that the rates of a standard give.

    Args:
        standard: events and people of the standard that each row is held against, by row × stratum.
    """
    top, (theirs, of) = _whole(events), standard
    # A stratum with people of which the standard has nobody has no rate; one without people needs none.
    rate = np.divide(theirs, of, out=np.where(people > 0, np.nan, 0.0), where=of > 0)
    expected = (people * rate).sum(axis=1)
    size = np.where(expected > 0, expected, np.nan)
    limits = {level: _times(_COUNTS[interval](top, level), RATIO / size) for level in levels}
    return Estimate(top / size * RATIO, limits, expected)


def in_words(value: Floats, limits: Limits, other: Floats, name: str) -> list[str]:
    """How values stand to another: whether their limits contain it; empty text where that cannot be told."""
    low, high = limits
    known = np.isfinite(value) & np.isfinite(low) & np.isfinite(high) & np.isfinite(other)
    rows = zip(known, low > other, high < other, strict=True)
    return [
        "" if not told else f"higher than {name}" if above else f"lower than {name}" if below else f"similar to {name}"
        for told, above, below in rows
    ]


def _whole(counts: Floats) -> Floats:
    total: Floats = counts.sum(axis=1)
    return total


def _times(limits: Limits, factor: float | Floats) -> Limits:
    return limits[0] * factor, limits[1] * factor
