"""Every row and every total of a user's table accounted for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from placemap.apply import sql
from placemap.apply.apportion import LOSSES, OUT_OF_AREA, OUTCOMES, PLACED
from placemap.apply.measures import RATE, SUM


@dataclass(frozen=True)
class ReconciliationLine:
    """One line of a reconciliation: what became of some rows, and how much of each total they hold."""

    outcome: str
    rows: float
    totals: tuple[float, ...]


@dataclass(frozen=True)
class Reconciliation:
    """Where all that came in has gone, for one footprint: `total` = the sum of `lines`.

    Attributes:
        titles: the totals that are followed besides rows.
        total: what came in.
        lines: in the order of `place_keys.OUTCOMES`, all of them.
        signed: positions of totals that negative numbers go into.
    """

    ics: str
    footprint: str
    titles: tuple[str, ...]
    total: ReconciliationLine
    lines: tuple[ReconciliationLine, ...]
    signed: frozenset[int] = frozenset()

    @property
    def loss(self) -> float:
        """The largest part of rows or of a total whose code is missing, unknown, not in use or of another kind, 0 to 1.

        A total that negative numbers go into is no whole that parts could be told of.
        """
        lost = [line for line in self.lines if line.outcome in LOSSES]
        parts = [(sum(line.rows for line in lost), self.total.rows)]
        whole_of = enumerate(self.total.totals)
        parts += [(sum(line.totals[i] for line in lost), whole) for i, whole in whole_of if i not in self.signed]
        return max((abs(part / whole) for part, whole in parts if whole), default=0.0)

    def placed(self) -> ReconciliationLine:
        """The line of what is in a place."""
        return next(line for line in self.lines if line.outcome == PLACED)


@dataclass
class _Ledger:
    """Makes reconciliations: rows, and the totals that must be conserved."""

    question: sql.Question
    total: dict[str, object]
    followed: list[tuple[str, str]] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[str, str] = {}
        for number, measure in enumerate(self.question.measures):
            if measure.how in (SUM, RATE):
                found.setdefault(measure.column, f"m{number}a")
            if measure.how == RATE:
                found.setdefault(measure.over, f"m{number}b")
        self.followed = list(found.items())

    def line(self, outcome: str, rows: Iterable[dict[str, object]]) -> ReconciliationLine:
        """The line of some rows of results."""
        rows = list(rows)
        n = _clean(math.fsum(_number(row["n"]) for row in rows))
        totals = tuple(_clean(math.fsum(_number(row[alias]) for row in rows)) for _, alias in self.followed)
        return ReconciliationLine(outcome, n, totals)

    def reconcile(
        self,
        footprint: tuple[str, str],
        placed: Sequence[dict[str, object]],
        owner: Mapping[str, tuple[str, str]],
        known: Sequence[dict[str, object]],
        strays: Sequence[tuple[str, dict[str, object]]],
    ) -> Reconciliation:
        """Account for everything; a difference would be a mistake of placemap's own and is never passed over.

        Args:
            owner: by PLACECD, what it is accounted for under.
        """
        mine = {PLACED: [row for row in placed if owner[str(row["PLACECD"])] == footprint]}
        for row in known:
            if (row["ICSID"], row["FOOTPRINT"]) == footprint:
                mine.setdefault(OUT_OF_AREA if row["OUTCOME"] == "known" else str(row["OUTCOME"]), []).append(row)
        for outcome, row in strays:
            mine.setdefault(outcome, []).append(row)
        lines = tuple(self.line(outcome, mine.get(outcome, [])) for outcome in OUTCOMES)
        total = self.line("in", [self.total])
        for number, whole in enumerate((total.rows, *total.totals)):
            parts = math.fsum((line.rows, *line.totals)[number] for line in lines)
            if not math.isclose(parts, whole, rel_tol=1e-9, abs_tol=1e-6):
                raise AssertionError(f"{footprint}: {parts} accounted for, {whole} came in")
        titles = tuple(title for title, _ in self.followed)
        columns = self.question.value_columns
        least = [_number(self.total.get(f"c{columns.index(title)}least")) for title in titles]
        signed = frozenset(at for at, value in enumerate(least) if value < 0)
        return Reconciliation(*footprint, titles, total, lines, signed)


def _number(value: object) -> float:
    return 0.0 if value is None else float(value)  # type: ignore[arg-type]


def _clean(value: float) -> float:
    """Without what binary fractions leave of a whole number, or of nothing."""
    nearest = round(value)
    return float(nearest) if abs(value - nearest) < 1e-7 else value
