"""A result as it may be published: small counts and what gives them away held back, others rounded."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from placemap.apply import sql
from placemap.apply.coverage import COVERAGE
from placemap.apply.figures import INDIRECT, Figure, FigureKind, part_of
from placemap.apply.held import IN, Published, line_at, other_at, place_at
from placemap.apply.known_sums import Where, number_of
from placemap.apply.measures import COUNT, MEAN, SUM, Measure
from placemap.apply.publish_rule import HELD, PublishRule, significant
from placemap.apply.quantities import ROW_COUNT, behind
from placemap.apply.rate_options import number_in
from placemap.apply.reconcile import Blanked, Reconciliation, ReconciliationLine
from placemap.apply.tally import Key, Row, group_key
from placemap.core.arrays import Bools

WHY_COUNT = "a small count, or one from which a small count would follow"
WHY_FIGURE = "made of such a count"
WHY_OTHER = "made of such a count, of what places are held against"
NOT_ADDING_UP = (
    "each figure is rounded by itself, so parts need not add up to their totals; rates are those of rounded counts; "
    "notes with other counts are left out"
)


@dataclass(frozen=True)
class HeldBack:
    """A figure that is not published.

    Attributes:
        place, name: PLACECD and PLACENM; empty for a line of a reconciliation.
        what: the groups of its row, or the line.
        why: as far as that can be said without giving it away.
    """

    ics: str
    footprint: str
    place: str
    name: str
    what: str
    figure: str
    why: str


def flag_of(measure: Measure) -> str:
    """The column that says whether the figures of a measure are held back."""
    return f"{measure.title} {HELD}"


def rounded_rows(rows: Sequence[Row], question: sql.Question, rule: PublishRule) -> list[dict[str, object]]:
    """Rows of places whose counts are as they are published; what means are made of stays as it is."""
    found = [dict(row) for row in rows]
    for number, measure in enumerate(question.measures):
        names = [f"m{number}a"] if measure.stored else behind(number, measure) if measure.how != MEAN else []
        for alias in names:
            for row, rounded in zip(found, _rounded([number_of(row, alias) for row in rows], rule), strict=True):
                row[alias] = rounded if row[alias] is not None else None
    return found


def _rounded(values: Sequence[float], rule: PublishRule) -> list[float]:
    return [float(value) for value in rule.nearest(np.array(values, dtype=np.float64))]


@dataclass(frozen=True)
class Publication:
    """How a result becomes one that may be published.

    Attributes:
        published: which counts are held back.
        rows: the rows of places, exact.
    """

    question: sql.Question
    figures: Sequence[Figure]
    published: Published
    rows: Sequence[Row]

    def frame(self, frame: pd.DataFrame, thin: Iterable[Blanked]) -> tuple[pd.DataFrame, list[HeldBack]]:
        """A result without what is held back, its flags before the coverage, and what that was.

        Args:
            frame: made of rounded counts.
            thin: figures that are blank for their coverage.
        """
        frame, found = frame.copy(), list[HeldBack]()
        blank = {(one.place, one.group, one.measure) for one in thin}
        keys = [self._key(row) for _, row in frame.iterrows()]
        secret = np.zeros(len(frame), dtype=bool)
        found_rows = {self._row_key(row) for row in self.rows if number_of(row, ROW_COUNT)}
        has_rows = np.array([key in found_rows for key in keys], dtype=bool)
        for number, measure in enumerate(self.question.measures):
            hidden = np.array([self.published.hides(place_at(*key), number) for key in keys], dtype=bool)
            secret |= np.array([self.published.hides_coverage(*key, number) for key in keys], dtype=bool)
            is_blank = [(key[0], _words(key[1]), measure.title) in blank for key in keys]
            held = hidden & ~np.array(is_blank, dtype=bool)
            _round(frame, measure, has_rows)
            _blank(frame, measure.title, held)
            figures = [figure for figure in self.figures if figure.kind.measure == number]
            own = [self._telling(keys, figure, "") for figure in figures]
            frame[flag_of(measure)] = np.logical_or.reduce([held, *own])
            why = WHY_COUNT if measure.how in (SUM, COUNT) else WHY_FIGURE
            found += _listed(frame, keys, held, measure.title, why)
            for figure, telling in zip(figures, own, strict=True):
                found += self._figure(frame, keys, held | telling, figure)
        for column in COVERAGE:
            _blank(frame, column, secret)
        rest = [column for column in frame if column not in COVERAGE]
        return frame[[*rest, *COVERAGE]], found

    def _key(self, row: pd.Series) -> tuple[str, Key]:
        groups = tuple(None if row[group] != row[group] else row[group] for group in self.question.groups)
        return str(row["PLACECD"]), groups

    def _figure(
        self, frame: pd.DataFrame, keys: Sequence[tuple[str, Key]], held: Bools, figure: Figure
    ) -> Iterator[HeldBack]:
        """Leave out a figure where it is held back, and what it is held against where that is."""
        kind = figure.kind
        standard = self._others_held(frame, keys, kind, kind.options.indirect) if kind.how == INDIRECT else held
        held = held | standard
        others = {
            name: self._others_held(frame, keys, kind, name) | self._telling(keys, figure, name)
            for name in kind.options.compare
        }
        for column in kind.columns():
            name = next((name for name in others if column.part.removeprefix("VS ") == part_of(name)), "")
            rows = others[name] if name else held
            rows = rows | held if column.is_text else rows
            _blank(frame, column.title, rows, text=column.is_text)
            if name and not column.is_text:
                yield from _listed(frame, keys, rows, column.title, WHY_OTHER, by_place=False)
        yield from _listed(frame, keys, held, kind.title, WHY_FIGURE)

    def _telling(self, keys: Sequence[tuple[str, Key]], figure: Figure, name: str) -> Bools:
        """By row of the result, whether a figure, or what it is held against, would tell of a small count by age."""
        rows = figure.telling.get(name, np.zeros(len(self.rows), dtype=bool))
        found = {self._row_key(row) for row, is_telling in zip(self.rows, rows, strict=True) if is_telling}
        return np.array([key in found for key in keys], dtype=bool)

    def _others_held(self, frame: pd.DataFrame, keys: Sequence[tuple[str, Key]], kind: FigureKind, name: str) -> Bools:
        """By row, whether what it is held against is held back."""
        if number_in(name) is not None:
            return np.zeros(len(frame), dtype=bool)
        owners = zip(frame["ICSID"], frame["FOOTPRINT"], strict=True)
        where = [other_at(name, owner, groups) for owner, (_, groups) in zip(owners, keys, strict=True)]
        return np.array([self.published.hides(at, kind.measure) for at in where], dtype=bool)

    def coverage(self, number: int, covered: pd.DataFrame) -> pd.DataFrame:
        """What the data cover by a measure, but for rows whose count is held back: an area each is a count, too.

        Args:
            covered: PLACECD, groups and coverage.
        """
        keys = [self._key(row) for _, row in covered.iterrows()]
        hidden = np.array([self.published.hides_coverage(*key, number) for key in keys], dtype=bool)
        found = covered.copy()
        for column in COVERAGE:
            _blank(found, column, hidden)
        return found

    # --- the reconciliation -------------------------------------------------------------------------------------------

    def reconciliation(self, one: Reconciliation) -> tuple[Reconciliation, list[HeldBack]]:
        """A reconciliation without what is held back, and what that was."""
        found: list[HeldBack] = []
        places = {(place, _words(groups)): place_at(place, groups) for place, groups in map(self._row_key, self.rows)}
        total = self._line(one, IN, one.total, found)
        lines = [self._line(one, line_at(one.ics, one.footprint, line.outcome), line, found) for line in one.lines]
        blanked = tuple(self._blanked(item, places[item.place, item.group]) for item in one.blanked)
        exact = replace(one, exact_loss=one.loss, has_placed=one.is_placed)
        return replace(exact, total=total, lines=tuple(lines), blanked=blanked), found

    def _row_key(self, row: Row) -> tuple[str, Key]:
        return str(row["PLACECD"]), group_key(row, sql.group_aliases(self.question))

    def _line(
        self, one: Reconciliation, where: Where, line: ReconciliationLine, found: list[HeldBack]
    ) -> ReconciliationLine:
        values = _rounded([line.rows, *line.totals], self.published.rule)
        names = zip(("rows", *one.titles), self.published.quantities.of_lines, strict=True)
        for position, (title, alias) in enumerate(names):
            if (where, alias) in self.published.hidden:
                values[position] = math.nan
                found.append(HeldBack(one.ics, one.footprint, "", "", line.outcome, title, WHY_COUNT))
        return ReconciliationLine(line.outcome, values[0], tuple(values[1:]))

    def _blanked(self, item: Blanked, where: Where) -> Blanked:
        number = [measure.title for measure in self.question.measures].index(item.measure)
        if not self.published.hides(where, number):
            return item
        return replace(item, coverage=math.nan, value=math.nan, held_back=item.value == item.value)


def _round(frame: pd.DataFrame, measure: Measure, has_rows: Bools) -> None:
    """Give a mean in few digits; few rows may have been rounded to none, which is not blank."""
    if measure.how == MEAN:
        frame[measure.title] = significant(frame[measure.title].to_numpy(dtype=np.float64))
    if measure.how == COUNT:
        frame[measure.title] = frame[measure.title].fillna(0.0).where(has_rows)


def _words(groups: Key) -> str:
    return ", ".join(str(group) for group in groups)


def _blank(frame: pd.DataFrame, title: str, rows: Bools, *, text: bool = False) -> None:
    if rows.any():
        frame[title] = frame[title].mask(rows, "") if text else frame[title].astype("float64").mask(rows)


def _listed(
    frame: pd.DataFrame,
    keys: Sequence[tuple[str, Key]],
    rows: Bools,
    figure: str,
    why: str,
    *,
    by_place: bool = True,
) -> Iterator[HeldBack]:
    """What is held back, a line each; what is the same for all places once."""
    seen = set()
    for at in np.flatnonzero(rows):
        row = frame.iloc[at]
        place = (str(row["PLACECD"]), str(row["PLACENM"])) if by_place else ("", "")
        line = HeldBack(str(row["ICSID"]), str(row["FOOTPRINT"]), *place, _words(keys[int(at)][1]), figure, why)
        if line not in seen:
            seen.add(line)
            yield line
