"""All counts behind a result as numbered cells, and the sums of them that a reader knows.

A count is known by *where* it stands (a place and group, a line of a reconciliation, the system, England, or a piece
that places of two footprints have in common) and by its alias. Cells that no table shows complete sums; small ones are
protected, too.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from placemap.apply.publish_rule import PublishRule
from placemap.core.errors import Exit, PlacemapError
from placemap.core.sums import HUNDREDTHS, Sums
from placemap.core.suppress import UnprotectableError

Where = tuple[Hashable, ...]
Count = tuple[Where, str]


@dataclass
class KnownSums:
    """Counts by what they are of, and the sums that tie them."""

    sums: Sums = field(default_factory=Sums)
    of: dict[Count, int] = field(default_factory=dict)

    def add(self, where: Where, alias: str, value: float, *, shown: bool = True) -> None:
        """Make a count known; one that any table shows is shown."""
        cell = self.of.get((where, alias))
        if cell is None:
            cell = self.of[where, alias] = self.sums.cell(round(value * HUNDREDTHS))
            self.sums.unpublished.add(cell)
        if shown:
            self.sums.unpublished.discard(cell)

    def equal(self, wholes: Iterable[Count], parts: Iterable[Count]) -> None:
        """Some counts are the sum of others, and of a rest that is in no table."""
        left, right = ([self.of[count] for count in counts if count in self.of] for counts in (wholes, parts))
        if left and right:
            self.sums.tie(left, right)

    def tie(self, within: Iterable[tuple[str, str]], sums: Iterable[tuple[str, Sequence[str]]]) -> None:
        """At each place and line: counts that are part of another, or sum to it.

        Args:
            within: aliases of a part and its whole. sums: aliases of a whole and all its parts.
        """
        ties = [*((whole, [part]) for part, whole in within), *sums]
        for where in dict.fromkeys(where for where, _ in self.of):
            for whole, parts in ties:
                self._tie(where, whole, parts)

    def _tie(self, where: Where, whole: str, parts: Sequence[str]) -> None:
        if all((where, alias) in self.of for alias in (whole, *parts)):
            self.equal([(where, whole)], [(where, part) for part in parts])

    def held_back(self, rule: PublishRule) -> frozenset[Count]:
        """The counts that nobody may know: small ones, and those that such ones would follow from.

        Raises:
            PlacemapError: there is no way to hide them.
        """
        small = np.flatnonzero(rule.is_small(np.array(self.sums.values, dtype=np.float64) / HUNDREDTHS)).tolist()
        try:
            hidden = self.sums.hidden(small, rule.step * HUNDREDTHS)
        except UnprotectableError as error:
            raise PlacemapError(
                f"{len(error.cells):,} small counts would follow from the others, whatever is held back beside them",
                hint="ask for less at once: fewer groups, columns or footprints",
                exit_code=Exit.WRONG,
            ) from None
        return frozenset(count for count, cell in self.of.items() if cell in hidden.union(small))


def number_of(row: Mapping[str, object], alias: str) -> float:
    """A count of a row of results; 0 where it has none."""
    value = row.get(alias)
    return 0.0 if value is None or value != value else float(value)  # type: ignore[arg-type]
