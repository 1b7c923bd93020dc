"""Arrays of numpy by position, and the few sums over them that every room needs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.signedinteger[Any]]
Floats = npt.NDArray[np.floating[Any]]
Bools = npt.NDArray[np.bool_]
Texts = npt.NDArray[np.object_]
Numbers = npt.NDArray[Any]


def sums(position: Ints, values: Numbers, count: int) -> Floats:
    """Sums of `values` by `position` (0 … count-1)."""
    return np.bincount(position, weights=values, minlength=count).astype(np.float64, copy=False)


class Distinct(NamedTuple):
    """Distinct numbers in order.

    Attributes:
        values: each once.
        of: by row, the position of its value.
        first: by value, its first row.
        counts: by value, the number of its rows.
    """

    values: Ints
    of: Ints
    first: Ints
    counts: Ints


def distinct(numbers: Ints) -> Distinct:
    """As numpy's `unique`, which loads masked arrays for it: a twentieth of a build."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    begins = np.ones(len(ordered), dtype=bool)
    np.not_equal(ordered[1:], ordered[:-1], out=begins[1:])
    starts = np.flatnonzero(begins)
    of = np.empty(len(ordered), dtype=np.int64)
    of[order] = np.cumsum(begins) - 1
    return Distinct(ordered[starts], of, order[starts], np.diff(np.append(starts, len(ordered))))


def in_order(*keys: Ints) -> Ints | slice:
    """What puts rows in the order of `keys`, the first of them first; everything, where they are in order already.

    A store's tables mostly are, and to see that takes a twentieth of sorting them.
    """
    ties = np.ones(max(len(keys[0]) - 1, 0), dtype=bool)
    for key in keys:
        step = np.diff(key)
        if (step[ties] < 0).any():
            return np.lexsort(keys[::-1])
        ties &= step == 0
    return slice(None)


def ratio(part: Numbers, whole: Numbers, nothing: float = 0.0) -> Floats:
    """`part` ÷ `whole`, in the shape of `part`; `nothing` where `whole` is 0, or not known (NaN)."""
    found: Floats = np.divide(part, whole, out=np.full(np.shape(part), nothing), where=whole > 0)
    return found


def largest_remainder(parts: Sequence[float], total: int | None = None) -> list[int]:
    """Whole numbers near `parts` that sum to `total`; equal remainders go to the first.

    Args:
        parts: their sum must be whole.
        total: the sum, where it is known better than by adding up.
    """
    # What binary fractions leave below a whole number is no remainder.
    floors = [math.floor(part + 1e-6) for part in parts]
    missing = (round(math.fsum(parts)) if total is None else total) - sum(floors)
    order = sorted(range(len(floors)), key=lambda i: (floors[i] - parts[i], i))
    for i in order[:missing]:
        floors[i] += 1
    return floors
