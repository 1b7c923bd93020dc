"""Rates of places with their limits, standardised, and held against England, the system or a published figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from placemap.apply import sql, sql_rates
from placemap.apply.ages import Strata, ages_of, strata_of
from placemap.apply.coverage import Cover
from placemap.apply.denominators import Denominators
from placemap.apply.engine_duckdb import Engine
from placemap.apply.figures import CRUDE, DIRECT, INDIRECT, Figure, FigureKind, figure_kinds, spoken
from placemap.apply.intervals import FEW
from placemap.apply.measures import RATE
from placemap.apply.publish_rule import PublishRule, significant
from placemap.apply.rate_options import ENGLAND, PER, SYSTEM, RateOptions, number_in
from placemap.apply.reconcile import _number
from placemap.apply.standardise import WILSON, Estimate, crude, direct, in_words, indirect
from placemap.apply.tally import Counts, Key, Row, Tally, group_key, tally
from placemap.core.arrays import Bools, Floats
from placemap.core.errors import Exit, PlacemapError
from placemap.core.text import counted

#: Part of England's people that data must cover to give a rate of England.
ENOUGH = 0.95
#: Sums of the counts by age that a directly standardised figure tells: the events, the rate, and how sure it is.
SUMS_TOLD = 3
#: Why a figure of events is blank.
_BLANK = {
    CRUDE: "without people",
    DIRECT: "without people in one of the age bands",
    INDIRECT: "without people, or of ages of which the standard has nobody",
}


@dataclass(frozen=True)
class Rates:
    """All that the figures of rates are made from.

    Attributes:
        engine: has the data added up by code, groups and age.
        question: what is asked, divided by no age.
        placed: a row a place and group, in the order of the result, with `Denominators` in them.
        cover: what the data cover.
        all_england: whether the reference tables hold all England.
        rule: how counts are published; None where they are not to be.
    """

    engine: Engine
    question: sql.Question
    placed: Sequence[Row]
    cover: Cover
    options: RateOptions
    all_england: bool
    rule: PublishRule | None = None

    def figures(self) -> tuple[Figure, ...]:
        """The figures, a value each row of `placed`.

        Raises:
            PlacemapError: ages are no bands, events are negative, or there is no rate of England in the data.
        """
        return tuple(self._figure(kind) for kind in figure_kinds(self.question.measures, self.options))

    def notes(self, figures: Sequence[Figure]) -> Iterator[str]:
        """What to know of the figures."""
        if self.options.age and figures:
            yield from self._of_ages()
        if figures and SYSTEM in (*self.options.compare, self.options.indirect):
            yield from self._of_part_of_system()
        for figure in figures:
            yield from self._of_blanks(figure)
            for name in self.options.compare:
                yield from _of_other(figure, name)

    # --- one figure ---------------------------------------------------------------------------------------------------

    def _figure(self, kind: FigureKind) -> Figure:
        counts = self._tally(kind, self._placed(kind), self._place_key).of(map(self._place_key, self.placed))
        self._refuse_negative(kind, counts)
        estimate = self._estimate(kind, counts)
        others = {name: self._other(kind, name) for name in self.options.compare}
        level = max(self.options.levels)
        words = {
            name: in_words(estimate.value, estimate.limits[level], other, spoken(name))
            for name, other in others.items()
        }
        return Figure(kind, estimate, others, words, self._telling(kind, counts))

    def _telling(self, kind: FigureKind, counts: Counts) -> dict[str, Bools]:
        """Where directly standardised figures would tell a small count of an age band; see `Figure.telling`.

        A value, its limits and the total are three sums of the counts by age: of three bands they give each.
        """
        rule = self.rule
        if rule is None or kind.how != DIRECT or counts[0].shape[1] > SUMS_TOLD:
            return {}
        others = [name for name in self.options.compare if number_in(name) is None]
        every = {"": counts, **{name: self._of_others(kind, name) for name in others}}
        return {name: np.asarray(rule.is_small(events).any(axis=1)) for name, (events, _) in every.items()}

    def _estimate(self, kind: FigureKind, counts: Counts) -> Estimate:
        options = self.options
        if kind.how == CRUDE:
            self._refuse_no_proportion(kind, counts)
            return crude(*self._published(kind, counts), options.per, options.interval, options.levels)
        counts = self._published(kind, counts)
        if kind.how == DIRECT:
            return self._coarse(direct(*counts, self.strata.weights, options.per or PER, options.levels))
        standard = self._of_others(kind, options.indirect)
        return self._coarse(indirect(*counts, standard, options.interval, options.levels))

    def _published(self, kind: FigureKind, counts: Counts) -> Counts:
        """Events and people as they are published, so that no figure tells more than they do."""
        if self.rule is None:
            return counts
        events, people = self.rule.scaled(counts[0]), counts[1]
        if not self.question.measures[kind.measure].stored:
            return events, self.rule.scaled(people)
        # People of the tables are known to everyone; events that were rounded up are no more than they.
        return np.minimum(events, people) if self.options.interval == WILSON else events, people

    def _coarse(self, estimate: Estimate) -> Estimate:
        """A standardised figure, made of counts by age that nobody sees, in few digits where it is published."""
        if self.rule is None:
            return estimate
        limits = {level: (significant(low), significant(high)) for level, (low, high) in estimate.limits.items()}
        expected = None if estimate.expected is None else significant(estimate.expected)
        return Estimate(significant(estimate.value), limits, expected)

    def _other(self, kind: FigureKind, name: str) -> Floats:
        """The same figure of what places are compared with, by row."""
        number = number_in(name)
        if number is not None:
            return np.full(len(self.placed), number)
        return self._estimate(kind, self._of_others(kind, name)).value

    def _of_others(self, kind: FigureKind, name: str) -> Counts:
        """Events and people of what each row is held against."""
        if name == ENGLAND:
            self._refuse_part_of_england(kind)
            rows = self._england if kind.how == CRUDE else self._england_by_age
            return self._tally(kind, rows, self._group_key).of(map(self._group_key, self.placed))
        return self._tally(kind, self._placed(kind), self._system_key).of(map(self._system_key, self.placed))

    def _tally(self, kind: FigureKind, rows: Sequence[Row], key: Callable[[Row], Key]) -> Tally:
        if kind.how == CRUDE:
            return tally(rows, kind.measure, key, lambda _: 0, 1)
        return tally(rows, kind.measure, key, self._stratum, len(self.strata.bands))

    def england_rows(self) -> Sequence[Row]:
        """Rows of England by group, where anything is held against it."""
        return self._england if ENGLAND in (*self.options.compare, self.options.indirect) else ()

    # --- rows and their keys ------------------------------------------------------------------------------------------

    def _group_key(self, row: Row) -> Key:
        return group_key(row, sql.group_aliases(self.question))

    def _place_key(self, row: Row) -> Key:
        return str(row["PLACECD"]), *self._group_key(row)

    def _system_key(self, row: Row) -> Key:
        return str(row["ICSID"]), str(row["FOOTPRINT"]), *self._group_key(row)

    def _placed(self, kind: FigureKind) -> Sequence[Row]:
        return self.placed if kind.how == CRUDE else self._placed_by_age

    @cached_property
    def _by_age(self) -> sql.Question:
        return self.question.with_age(self.options.age)

    @cached_property
    def _age(self) -> str:
        """What statements call the ages."""
        return sql.group_aliases(self._by_age)[-1]

    @cached_property
    def _placed_by_age(self) -> Sequence[Row]:
        return self.engine.query(sql.places(self._by_age))

    @cached_property
    def _england_by_age(self) -> Sequence[Row]:
        return self.engine.query(sql_rates.in_england(self._by_age))

    @cached_property
    def _england(self) -> Sequence[Row]:
        rows = self.engine.query(sql_rates.in_england(self.question))
        return Denominators(self.engine, self.question, self.cover, self.options).into(rows, everyone=True)

    # --- ages ---------------------------------------------------------------------------------------------------------

    @cached_property
    def _ages(self) -> dict[str, int]:
        """Rows by age as the data write it; empty text for none."""
        found: dict[str, int] = {}
        rows = self.engine.query(sql_rates.values_of(self._age))
        for text, row in zip(ages_of((row["VALUE"] for row in rows), self.question.blanks), rows, strict=True):
            found[text] = found.get(text, 0) + int(_number(row["n"]))
        return found

    @cached_property
    def strata(self) -> Strata:
        """The bands that rates are standardised by."""
        rows = {text: count for text, count in self._ages.items() if text}
        return strata_of(rows, self.options.age, standard=not self.options.indirect)

    def _stratum(self, row: Row) -> int:
        (text,) = ages_of([row[self._age]], self.question.blanks)
        return self.strata.of.get(text, -1)

    def _of_ages(self) -> Iterator[str]:
        if "" in self._ages:
            yield f"no age in {counted(self._ages[''], 'row')}; they are not in the standardised figures"
        if not self.options.indirect and self.strata.name != "0+":
            yield f"standardised over ages {self.strata.name} alone, the ages that `{self.options.age}` has"

    # --- what is refused, and said ------------------------------------------------------------------------------------

    def _refuse_negative(self, kind: FigureKind, counts: Counts) -> None:
        if any((part < 0).any() for part in counts):
            title = self.question.measures[kind.measure].title
            raise _usage(f"`{title}` has negative numbers: neither events nor people can be", "mend them in the data")

    def _refuse_no_proportion(self, kind: FigureKind, counts: Counts) -> None:
        events, people = (part.sum(axis=1) for part in counts)
        wrong = np.flatnonzero((events > people * (1 + 1e-9)) & (people > 0))
        if self.options.interval == WILSON and len(wrong):
            at = wrong[0]
            raise _usage(
                f"`{self.question.measures[kind.measure].title}` is no proportion: {events[at]:,.0f} of "
                f"{people[at]:,.0f} in {self.placed[at]['PLACENM']}",
                "take --interval byar, for events that a person may have several times",
            )

    def _refuse_part_of_england(self, kind: FigureKind) -> None:
        """Refuse to call something a rate of England of which the data have a part only."""
        title = self.question.measures[kind.measure].title
        hint = "compare with the system (--compare system), or with a published rate (--compare 1234.5)"
        if not self.all_england:
            raise _usage(
                f"`{title}` has no rate of England: the tables in use hold a part of it",
                f"`placemap data update`; or {hint}",
            )
        share = self._shares_of_england[kind.measure]
        if share < ENOUGH:
            raise _usage(
                f"`{title}` has no rate of England: the data cover {share:.1%} of its people; expected {ENOUGH:.0%}",
                hint,
            )

    @cached_property
    def _shares_of_england(self) -> dict[int, float]:
        """By rate, the part of England's people that the data cover, in the group where it is least."""
        rates = [number for number, measure in enumerate(self.question.measures) if measure.how == RATE]
        return {number: self._share_of_england(number) for number in rates}

    def _share_of_england(self, number: int) -> float:
        people = self._people
        rows = self.engine.query(sql.covered(self.question, [number], atoms_of=sql.EVERYONE, columns=[people]))
        whole = float(self.cover.everyone[people].sum())
        return min((_number(row[people]) / whole for row in rows), default=0.0) if whole else 0.0

    def _of_part_of_system(self) -> Iterator[str]:
        """Say where the system is no whole one."""
        people = self._people
        rows = self.engine.query(sql.covered(self.question, [], columns=[people]))
        whole = float(self.cover.atoms[people].sum()) * max(1, len({self._group_key(row) for row in rows}))
        share = sum(_number(row[people]) for row in rows) / whole if whole else 0.0
        if share < ENOUGH:
            yield f"the data cover {share:.1%} of the people of all places together, which are what the system is here"

    @cached_property
    def _people(self) -> str:
        """The people whom the data tell of, as coverage calls them."""
        return "RESIDENTS" if self.cover.everyone["RESIDENTS"].notna().all() else "PATIENTS"

    def _of_blanks(self, figure: Figure) -> Iterator[str]:
        events, people = self._tally(figure.kind, self._placed(figure.kind), self._place_key).of(
            map(self._place_key, self.placed)
        )
        blank = np.isnan(figure.estimate.value) & (events.sum(axis=1) + people.sum(axis=1) > 0)
        few = blank & (events.sum(axis=1) < FEW) & (figure.kind.how == DIRECT)
        if few.any():
            yield f"`{figure.kind.title}` is blank in {counted(int(few.sum()), 'row')} with fewer than {FEW} events"
        if (blank & ~few).any():
            rows = counted(int((blank & ~few).sum()), "row")
            yield f"`{figure.kind.title}` is blank in {rows} {_BLANK[figure.kind.how]}"


def _of_other(figure: Figure, name: str) -> Iterator[str]:
    other = figure.others[name]
    known = np.unique(other[np.isfinite(other)])
    if number_in(name) is None and len(known) == 1:
        yield f"`{figure.kind.title}` of {spoken(name)}: {known[0]:,.10g}"


def _usage(message: str, hint: str) -> PlacemapError:
    return PlacemapError(message, hint=hint, exit_code=Exit.USAGE)
