"""Every row and every total of a user's table accounted for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from placemap.apply import sql
from placemap.apply.apportion import LOSSES, OCCASIONAL, OUT_OF_AREA, OUTCOMES, PLACED
from placemap.apply.measures import RATE, SUM


@dataclass(frozen=True)
class ReconciliationLine:
    """One line of a reconciliation: what became of some rows, and how much of each total they hold."""

    outcome: str
    rows: float
    totals: tuple[float, ...]


@dataclass(frozen=True)
class Blanked:
    """A figure of a place that is left blank, as the data cover too little of the place.

    Attributes:
        place, name: its PLACECD and PLACENM.
        group: the groups of its row; empty for none.
        coverage: the share of the place's people that the data cover.
        value: what a sum or count was; NaN for what does not add up, and for what is held back.
        held_back: whether it is, as a small count would follow from it; its coverage is NaN, too.
    """

    place: str
    name: str
    group: str
    measure: str
    coverage: float
    value: float
    held_back: bool = False


@dataclass(frozen=True)
class Reconciliation:
    """Where all that came in has gone, for one footprint: `total` = the sum of `lines`.

    Attributes:
        titles: the totals that are followed besides rows.
        total: what came in.
        lines: in the order of `OUTCOMES`, all of them; those of `OCCASIONAL` only where rows are there.
        signed: positions of totals that negative numbers go into.
        blanked: of what is placed, what the result does not show, as too little of the place is covered.
        exact_loss, has_placed: where counts are to be published, the loss, and whether anything was placed, before; the
            lines have NaN for what is held back, and need not add up.
    """

    ics: str
    footprint: str
    titles: tuple[str, ...]
    total: ReconciliationLine
    lines: tuple[ReconciliationLine, ...]
    signed: frozenset[int] = frozenset()
    blanked: tuple[Blanked, ...] = ()
    exact_loss: float | None = None
    has_placed: bool | None = None

    @property
    def is_published(self) -> bool:
        """Whether counts are held back and rounded."""
        return self.exact_loss is not None

    @property
    def loss(self) -> float:
        """The largest part of rows or of a total whose code is missing, unknown, not in use or of another kind, 0 to 1.

        A total that negative numbers go into is no whole that parts could be told of.
        """
        if self.exact_loss is not None:
            return self.exact_loss
        lost = [line for line in self.lines if line.outcome in LOSSES]
        parts = [(sum(line.rows for line in lost), self.total.rows)]
        whole_of = enumerate(self.total.totals)
        parts += [(sum(line.totals[i] for line in lost), whole) for i, whole in whole_of if i not in self.signed]
        return max((abs(part / whole) for part, whole in parts if whole), default=0.0)

    @property
    def is_placed(self) -> bool:
        """Whether anything was placed."""
        return bool(self.placed().rows) if self.has_placed is None else self.has_placed

    def placed(self) -> ReconciliationLine:
        """The line of what is in a place."""
        return next(line for line in self.lines if line.outcome == PLACED)


@dataclass(frozen=True)
class AnsweredRows:
    """What an engine answers, before it is accounted for.

    Attributes:
        placed: figures by place. owner: by PLACECD, the system and footprint that they are accounted for under.
        known: what codes of the reference have in no place, by footprint and outcome.
        strays: codes that the reference does not have, with what becomes of them.
    """

    placed: Sequence[dict[str, object]]
    owner: Mapping[str, tuple[str, str]]
    known: Sequence[dict[str, object]]
    strays: Sequence[tuple[str, dict[str, object]]]

    def of(self, footprint: tuple[str, str]) -> dict[str, list[dict[str, object]]]:
        """What a footprint accounts for, by outcome."""
        mine = {PLACED: [row for row in self.placed if self.owner[str(row["PLACECD"])] == footprint]}
        for row in self.known:
            if (row["ICSID"], row["FOOTPRINT"]) == footprint:
                mine.setdefault(OUT_OF_AREA if row["OUTCOME"] == "known" else str(row["OUTCOME"]), []).append(row)
        for outcome, row in self.strays:
            mine.setdefault(outcome, []).append(row)
        return mine


def reconcile(
    footprint: tuple[str, str], question: sql.Question, total: Mapping[str, object], rows: AnsweredRows
) -> Reconciliation:
    """Account for everything; a difference would be a mistake of placemap's own and is never passed over.

    Args:
        total: of all the data, by what `sql.checks` names them.
    """
    totals = followed(question)
    mine = rows.of(footprint)
    told = [outcome for outcome in OUTCOMES if outcome in mine or outcome not in OCCASIONAL]
    lines = tuple(_line(outcome, mine.get(outcome, []), totals.values()) for outcome in told)
    whole = _line("in", [total], totals.values())
    _refuse_difference(footprint, lines, whole)
    return Reconciliation(*footprint, tuple(totals), whole, lines, _signed(question, total, totals))


def followed(question: sql.Question) -> dict[str, str]:
    """The totals that must be conserved: by title, what the queries call them."""
    found: dict[str, str] = {}
    for number, measure in enumerate(question.measures):
        if measure.how in (SUM, RATE) and measure.column:
            found.setdefault(measure.column, f"m{number}a")
        if measure.how == RATE and not measure.stored:
            found.setdefault(measure.over, f"m{number}b")
    return found


def _line(outcome: str, rows: Sequence[Mapping[str, object]], aliases: Iterable[str]) -> ReconciliationLine:
    """The line of some rows of results."""
    n = _clean(math.fsum(_number(row["n"]) for row in rows))
    totals = tuple(_clean(math.fsum(_number(row[alias]) for row in rows)) for alias in aliases)
    return ReconciliationLine(outcome, n, totals)


def _refuse_difference(
    footprint: tuple[str, str], lines: Sequence[ReconciliationLine], total: ReconciliationLine
) -> None:
    for number, whole in enumerate((total.rows, *total.totals)):
        parts = math.fsum((line.rows, *line.totals)[number] for line in lines)
        if not math.isclose(parts, whole, rel_tol=1e-9, abs_tol=1e-6):
            raise AssertionError(f"{footprint}: {parts} accounted for, {whole} came in")


def _signed(question: sql.Question, total: Mapping[str, object], titles: Iterable[str]) -> frozenset[int]:
    """Positions of totals that negative numbers go into."""
    columns = question.value_columns
    least = [_number(total.get(f"c{columns.index(title)}least")) for title in titles]
    return frozenset(at for at, value in enumerate(least) if value < 0)


def _number(value: object) -> float:
    return 0.0 if value is None else float(value)  # type: ignore[arg-type]


def _clean(value: float) -> float:
    """Without what binary fractions leave of a whole number, or of nothing."""
    nearest = round(value)
    return float(nearest) if abs(value - nearest) < 1e-7 else value
