"""Events and people by place and age band, and of what places are held against, as arrays."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from placemap.apply.reconcile import as_number
from placemap.core.arrays import Floats

Row = Mapping[str, object]
Key = tuple[Hashable, ...]
Counts = tuple[Floats, Floats]


@dataclass(frozen=True)
class Tally:
    """Events and people by key and stratum."""

    counts: Mapping[Key, Counts]
    size: int

    def of(self, keys: Iterable[Key]) -> Counts:
        """Events and people of some keys, by key × stratum; 0 for a key that has none."""
        none = np.zeros(self.size), np.zeros(self.size)
        found = [self.counts.get(key, none) for key in keys]
        shape = (len(found), self.size)
        return (
            np.array([one for one, _ in found], dtype=np.float64).reshape(shape),
            np.array([other for _, other in found], dtype=np.float64).reshape(shape),
        )


def tally(
    rows: Iterable[Row], number: int, key_of: Callable[[Row], Key], stratum_of: Callable[[Row], int], size: int
) -> Tally:
    """Rows of results added up.

    Args:
        number: position of the rate.
        stratum_of: by row, the position of its stratum; -1 leaves it out.
        size: number of strata.
    """
    counts: dict[Key, Counts] = {}
    for row in rows:
        stratum = stratum_of(row)
        events, people = counts.setdefault(key_of(row), (np.zeros(size), np.zeros(size)))
        if stratum >= 0:
            events[stratum] += as_number(row[f"m{number}a"])
            people[stratum] += as_number(row[f"m{number}b"])
    return Tally(counts, size)


def group_key(row: Row, aliases: Sequence[str]) -> Key:
    """The groups of a row; what is no value is the same one whichever way it is written."""
    return tuple(None if row[alias] != row[alias] else row[alias] for alias in aliases)
