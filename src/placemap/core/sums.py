"""Counts of people and the sums that tie them, as everybody who reads tables knows them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from placemap.core.suppress import suppressed

#: Counts are kept as whole hundredths, so that split figures add up exactly.
HUNDREDTHS = 100


@dataclass
class Sums:
    """Counts as numbered cells, in hundredths, and the sums that tie them.

    Attributes:
        values: by cell its count.
        unpublished: cells that are in no table.
        equations: by cell a coefficient, 1 or -1; each is nothing or another figure that is known.
    """

    values: list[int] = field(default_factory=list)
    unpublished: set[int] = field(default_factory=set)
    equations: list[dict[int, int]] = field(default_factory=list)

    def cell(self, hundredths: int) -> int:
        """A new cell."""
        self.values.append(hundredths)
        return len(self.values) - 1

    def tie(self, cells: Iterable[int], others: Iterable[int], total: int | None = 0) -> None:
        """`cells` less `others` is `total`, but for a rest that is in no table; None where there is no rest."""
        equation = dict.fromkeys(cells, 1) | dict.fromkeys(others, -1)
        if total is not None:
            rest = total - sum(sign * self.values[cell] for cell, sign in equation.items())
            if abs(rest) >= HUNDREDTHS // 2:
                cell = self.cell(abs(rest))
                self.unpublished.add(cell)
                equation[cell] = 1 if rest > 0 else -1
        self.equations.append(equation)

    def hidden(self, small: Sequence[int], step: int) -> set[int]:
        """The cells to leave out: small ones, and those that such ones would follow from; see `suppressed`.

        Args:
            step: by how many hundredths a count that is left out can be another.
        """
        return suppressed(self.values, self.equations, small, unpublished=self.unpublished, step=step)
