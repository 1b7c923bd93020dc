"""Which figures to leave out beside the small ones, so that no small one can be worked out from totals.

Cells are whole numbers that sums tie together: the parts of a total, of a column, of a row, of another table. A cell
that is left out is safe where the sums allow it another value, too. That is shown by a second solution: a few cells
that are left out go up or down by a step so that every sum stays as it is, and none falls below one, which everybody
knows of a figure that is left out. Where there is none yet, cells that make one are left out, too, few and small ones.

More cells left out only add to what is possible, so a second solution once found holds.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

#: Cost of one more cell that is left out, to which the size of its value is added, so that few and small cells are.
_CELL = 20
_ALL = 1 << 60


class _Try(NamedTuple):
    """How a second solution is looked for.

    Attributes:
        haste: what a sum that is still to be set right counts for: with more of it, dear solutions are found soon.
        breadth: cells of a sum that are tried, of those left out and of others.
        patience: partial solutions that are looked at before it is given up.
    """

    haste: int
    breadth: int
    patience: int


#: From cheap solutions to any.
_TRIES = (_Try(10, 50, 5_000), _Try(200, 50, 5_000), _Try(10, _ALL, 50_000), _Try(200, _ALL, 50_000))

Equation = Mapping[int, int]
"""By cell its coefficient, 1 or -1: the sum of coefficient × value is known to every reader."""
Moves = dict[int, int]
"""By cell how far it goes up or down."""


class UnprotectableError(ValueError):
    """A small figure follows from sums whatever cells are left out; `cells` are such."""

    def __init__(self, cells: Sequence[int]) -> None:
        super().__init__(f"{len(cells)} figures follow from sums that are known")
        self.cells = list(cells)


@dataclass
class _Search:
    values: Sequence[int]
    equations: Sequence[Equation]
    unpublished: frozenset[int]
    step: int
    hidden: set[int]
    safe: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.of: dict[int, list[int]] = {}
        for number, equation in enumerate(self.equations):
            for cell in equation:
                self.of.setdefault(cell, []).append(number)
        self.cheapest = [sorted(equation, key=lambda cell: (self.values[cell], cell)) for equation in self.equations]

    def cost(self, cell: int) -> int:
        return 1 if cell in self.hidden or cell in self.unpublished else _CELL + 4 * self.values[cell].bit_length()

    def can(self, cell: int, move: int) -> bool:
        """Whether a cell may have the other value; nothing is left out where there is nobody."""
        low = 0 if cell in self.unpublished else 1
        return self.values[cell] >= low and self.values[cell] + move >= low

    def solution(self, cell: int) -> Moves | None:
        """A second solution in which a cell has another value, a cheap one; None where none is found."""
        return next(filter(None, (self._solution(cell, one) for one in _TRIES)), None)

    def _solution(self, cell: int, how: _Try) -> Moves | None:
        heap: list[tuple[int, int, int, Moves, dict[int, int]]] = []
        for move in (self.step, -self.step):
            if self.can(cell, move):
                heap.append((0, len(heap), 0, {cell: move}, self._moved({}, cell, move)))
        seen: set[frozenset[tuple[int, int]]] = set()
        count = len(heap)
        while heap and len(seen) < how.patience:
            _, _, cost, moves, open_sums = heapq.heappop(heap)
            if not open_sums:
                return moves
            state = frozenset(open_sums.items())
            if state in seen:
                continue
            seen.add(state)
            for other, move in self._next(moves, open_sums, how.breadth):
                count += 1
                after, dearer = self._moved(open_sums, other, move), cost + self.cost(other)
                heapq.heappush(heap, (dearer + how.haste * len(after), count, dearer, {**moves, other: move}, after))
        return None

    def _next(self, moves: Moves, open_sums: dict[int, int], breadth: int) -> Iterator[tuple[int, int]]:
        """What can set right the open sum of the fewest cells: so many that are left out, and so many others."""
        number = min(open_sums, key=lambda one: (len(self.equations[one]), one))
        way = -1 if open_sums[number] > 0 else 1
        tried = [0, 0]
        for other in self.cheapest[number]:
            move = way * self.equations[number][other] * self.step
            if other not in moves and self.can(other, move):
                is_out = other in self.hidden or other in self.unpublished
                tried[is_out] += 1
                if tried[is_out] <= breadth:
                    yield other, move

    def _moved(self, open_sums: dict[int, int], cell: int, move: int) -> dict[int, int]:
        """By equation how far its sum is from what it was, where it is."""
        result = dict(open_sums)
        for number in self.of.get(cell, ()):
            result[number] = result.get(number, 0) + self.equations[number][cell] * move
            if not result[number]:
                del result[number]
        return result


def suppressed(
    values: Sequence[int],
    equations: Sequence[Equation],
    small: Collection[int],
    *,
    unpublished: Collection[int] = (),
    step: int = 1,
) -> set[int]:
    """The cells to leave out: the small ones, and others without which those would follow.

    Args:
        values: of all cells, none negative.
        equations: the sums that readers know, by other figures or from elsewhere.
        small: cells that nobody may work out.
        unpublished: cells that are in no table and only complete a sum; they may be among the small ones.
        step: by how much a cell must be able to differ (100 where values are hundredths of people).

    Returns:
        `small` and what must be left out with them, without those that are unpublished.

    Raises:
        UnprotectableError: some of them follow from what everybody knows.
    """
    search = _Search(values, equations, frozenset(unpublished), step, set(small))
    lost = []
    for cell in sorted(small, key=lambda one: (values[one], one)):
        if cell in search.safe:
            continue
        moves = search.solution(cell)
        if moves is None:
            lost.append(cell)
            continue
        search.safe |= moves.keys()
        search.hidden |= moves.keys()
    if lost:
        raise UnprotectableError(lost)
    return search.hidden - search.unpublished
