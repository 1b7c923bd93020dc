"""Confidence limits of counts, rates and proportions: functions of arrays, and nothing else.

Sources: Byar's approximation: Breslow and Day, Statistical methods in cancer research II (1987). Exact limits of a
Poisson count: Armitage and Berry, Statistical methods in medical research (2002). Score interval: Wilson (1927).
Weighted sums of counts: Dobson et al. (1991).
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np

from placemap.core.arrays import Floats

Limits = tuple[Floats, Floats]
#: Counts below this have exact limits where Fingertips is followed, and no directly standardised rate.
FEW = 10


def z_of(level: float) -> float:
    """The normal quantile of a two-sided interval, such as 1.96 for a level of 95."""
    return NormalDist().inv_cdf(0.5 + level / 200)


def byar(events: Floats, level: float) -> Limits:
    """Limits of counts by Byar's approximation; a count of nothing has 0 for its lower limit.

    Args:
        events: 0 or more, not always whole: counts of areas that cross places are shared out.
        level: in per cent.
    """
    z = z_of(level)
    some = np.maximum(events, 1e-9)
    root = 1 - 1 / (9 * some) - z / (3 * np.sqrt(some))
    low = some * np.maximum(root, 0.0) ** 3
    more = events + 1
    return low, more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3


def exact(events: Floats, level: float) -> Limits:
    """Limits of counts from the Poisson distribution; for small counts (a sum of some hundred terms a step)."""
    tail = 0.5 - level / 200
    low = [_gamma_quantile(tail, float(one)) if one > 0 else 0.0 for one in events]
    high = [_gamma_quantile(1 - tail, float(one) + 1) for one in events]
    return np.array(low, dtype=np.float64), np.array(high, dtype=np.float64)


def fingertips(events: Floats, level: float) -> Limits:
    """Limits as Fingertips has them: exact for fewer than ten, Byar's from ten on."""
    low, high = byar(events, level)
    few = np.flatnonzero(events < FEW)
    low[few], high[few] = exact(events[few], level)
    return low, high


def wilson(events: Floats, people: Floats, level: float) -> Limits:
    """Limits of proportions by Wilson's score method; NaN where there are no people."""
    z = z_of(level)
    size = np.where(people > 0, people, np.nan)
    share = events / size
    middle = share + z**2 / (2 * size)
    half = z * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    below = 1 + z**2 / size
    return np.maximum((middle - half) / below, 0.0), np.minimum((middle + half) / below, 1.0)


def dobson(value: Floats, variance: Floats, events: Floats, level: float) -> Limits:
    """Limits of weighted sums of counts: those of the whole count by Byar, scaled to the sum's own spread.

    Args:
        value, variance: the weighted sums and their variances.
        events: the counts that they are made from, more than 0.
    """
    scale = np.sqrt(variance / events)
    low, high = byar(events, level)
    return value + scale * (low - events), value + scale * (high - events)


def _gamma_quantile(part: float, shape: float) -> float:
    """Where the gamma distribution of a shape and scale 1 has a part of itself below, by halving."""
    low, high = 0.0, shape + 10 * math.sqrt(shape) + 20
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if _gamma_below(middle, shape) < part else (low, middle)
    return (low + high) / 2


def _gamma_below(x: float, shape: float) -> float:
    """The regularised lower incomplete gamma function, by its series; all its terms are positive."""
    term = total = 1.0 / shape
    step = shape
    while term > total * 1e-17:
        step += 1
        term *= x / step
        total += term
    return total * math.exp(shape * math.log(x) - x - math.lgamma(shape)) if x > 0 else 0.0
