"""Figures of a table by place: sums of counts, parts of a whole, means of scores, and people by national fifths.

Scores are means weighted by people and never sums; ranks, deciles and quintiles are never averaged.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from placemap.apply.intervals import byar, wilson
from placemap.apply.publish_rule import NHS, NHS_RULE, PublishRule
from placemap.apply.rate_options import LEVELS
from placemap.apply.rates import ENOUGH
from placemap.apply.spread import Spread, spread_of
from placemap.core.arrays import Bools, Floats, ratio
from placemap.core.codes import KINDS
from placemap.core.text import counted
from placemap.reference.profiles import (
    BANDED,
    COUNT,
    DECILE,
    FIFTHS,
    OF_OTHERS,
    PERCENTAGE,
    RANK,
    SCORE,
    ProfileColumn,
    ProfileTable,
    unit_of,
)
from placemap.reference.store import TableEntry
from placemap.resolve.resolved import ResolvedFootprint

PLACE, SYSTEM, ENGLAND = "place", "system", "England"
#: Part of the units of a national order that a table must have for its ranks to say a fifth.
_RANKED = 0.99


@dataclass(frozen=True)
class ProfileFigure:
    """One figure by group: places in their order, the system, and England where there are figures of all of it.

    Attributes:
        entry: the table that it is from.
        title, kind, over: of its column.
        value: NaN for figures by fifths, and where nothing is known.
        low, high: limits at 95%, NaN where there are none.
        units, people: by group × fifth; people are residents, of practices' figures registered patients. NaN where the
            figure is not by fifths.
        coverage: by group, shares of units, residents and patients that have the figure.
        part, whole: by group, the counts that it is made of; NaN where there are none.
        has_england: whether the last group is England.
        held: by group, whether it is held back; all False where nothing is to be published.
    """

    entry: TableEntry
    title: str
    kind: str
    over: str
    value: Floats
    low: Floats
    high: Floats
    units: Floats
    people: Floats
    coverage: Floats
    part: Floats
    whole: Floats
    has_england: bool = False
    held: Bools = field(default_factory=lambda: np.zeros(0, dtype=bool))

    @property
    def by_fifths(self) -> bool:
        """Whether it tells people by national fifth, and no value."""
        return self.kind in BANDED

    @property
    def unit(self) -> str:
        """The kind of its units, one of `codes.KINDS`."""
        return unit_of(self.entry)

    @property
    def what(self) -> str:
        """What it tells of a place, a phrase for the user."""
        people = "residents" if self.unit == "lsoa" else "registered patients"
        if self.by_fifths:
            return f"{people} by national fifth, and the number of {KINDS[self.unit].plural}"
        if self.over:
            return f"share of “{self.over}”"
        return f"mean, weighted by {people}" if self.kind == SCORE else "number"

    def written(self, value: float) -> str:
        """A value or limit as it is shown; empty where there is none."""
        form = "{:.1%}" if self.over else "{:,.0f}" if self.kind == COUNT else "{:,.4g}"
        return form.format(value) if np.isfinite(value) else ""

    def is_held(self, number: int) -> bool:
        """Whether the figure of a group is held back."""
        return bool(self.held.size and self.held[number])

    def parts(self) -> Floats:
        """By group × fifth, the part of its people who live there; NaN for a group without any."""
        return ratio(self.people, self.people.sum(axis=1, keepdims=True), np.nan)

    def covered(self) -> Floats:
        """By group, the part of its people whose unit has the figure: residents, else registered patients."""
        found: Floats = self.coverage[:, 1 if self.unit == "lsoa" else 2]
        return found


@dataclass(frozen=True)
class Profile:
    """A footprint's figures, with what to know of them, and by what rule they are published, if by any."""

    resolved: ResolvedFootprint
    figures: tuple[ProfileFigure, ...]
    notes: tuple[str, ...]
    rule: PublishRule | None = None

    @property
    def entries(self) -> list[TableEntry]:
        """The tables that it is made from, each once."""
        return list({figure.entry.name: figure.entry for figure in self.figures}.values())

    def groups(self, figure: ProfileFigure) -> list[tuple[str, str, str]]:
        """By group of a figure, its level, PLACECD (empty but for places) and name."""
        places = [
            (PLACE, head.code, place.name)
            for head, place in zip(self.resolved.place_codes, self.resolved.places, strict=True)
        ]
        england = [(ENGLAND, "", ENGLAND)] if figure.has_england else []
        return [*places, (SYSTEM, "", self.resolved.system.name), *england]


def profile_of(resolved: ResolvedFootprint, tables: Iterable[ProfileTable]) -> Profile:
    """The figures of some tables by place of a footprint."""
    figures: list[ProfileFigure] = []
    notes: list[str] = []
    for table in tables:
        spread = spread_of(table, resolved)
        columns = _shown(table)
        made = [_figure(table, column, spread, resolved) for column in columns]
        figures += made
        said = [*_of_strangers(table, spread, resolved), *_of_hidden(table, columns), *_of_england(made)]
        notes += (f"{table.entry.kind}: {note}" for note in said)
    return Profile(resolved, tuple(figures), tuple(notes))


def _figure(table: ProfileTable, column: ProfileColumn, spread: Spread, resolved: ResolvedFootprint) -> ProfileFigure:
    blank, fifths = np.full(spread.groups, np.nan), np.full((spread.groups, FIFTHS), np.nan)
    said = (table.entry, column.title, column.kind, column.over)
    coverage = spread.shares(with_whole(table, column))
    figure = ProfileFigure(*said, blank, blank, blank, fifths, fifths, coverage, blank, blank)
    figure = _filled(figure, table, column, spread)
    figure = replace(figure, has_england=True)
    is_national = resolved.geography.all_england and coverage[-1, spread.weigh] >= ENOUGH
    return figure if is_national else _without_england(figure)


def without_england(profile: Profile) -> Profile:
    """A profile without England, where another has it."""
    figures = (_without_england(one) if one.has_england else one for one in profile.figures)
    return replace(profile, figures=tuple(figures))


def _without_england(figure: ProfileFigure) -> ProfileFigure:
    arrays = ("value", "low", "high", "units", "people", "coverage", "part", "whole", "held")
    return replace(figure, has_england=False, **{name: getattr(figure, name)[:-1] for name in arrays})


def _filled(figure: ProfileFigure, table: ProfileTable, column: ProfileColumn, spread: Spread) -> ProfileFigure:
    if column.kind in BANDED:
        units, people = spread.fifths(_fifth(column))
        return replace(figure, units=units, people=people)
    if column.kind == SCORE:
        return replace(figure, value=spread.means(column.values))
    values = with_whole(table, column)
    if column.kind == COUNT:
        part = spread.sums(values)
        value, low, high = ratio_of(part)
        return replace(figure, value=value, low=low, high=high, part=part)
    whole = table.column(column.over).values
    of = whole * values / 100 if column.kind == PERCENTAGE else values
    part, people = spread.sums(of), spread.sums(np.where(np.isfinite(values), whole, np.nan))
    value, low, high = ratio_of(part, people)
    return replace(figure, value=value, low=low, high=high, part=part, whole=people)


def ratio_of(part: Floats, whole: Floats | None = None) -> tuple[Floats, Floats, Floats]:
    """Counts with limits by Byar; of a whole, the share that they are with limits by Wilson."""
    if whole is None:
        return part, *byar(part, LEVELS[0])
    low, high = wilson(part, whole, LEVELS[0])
    return ratio(part, whole, np.nan), low, high


def with_whole(table: ProfileTable, column: ProfileColumn) -> Floats:
    """The figures of a column, of a part only where its whole is known, too."""
    if column.kind not in OF_OTHERS:
        return column.values
    return np.where(table.column(column.over).known, column.values, np.nan)


def _fifth(column: ProfileColumn) -> Floats:
    """By unit, the national fifth: of a decile the half of it, of a rank by how many there are."""
    if column.kind == DECILE:
        return np.ceil(column.values / 2)
    if column.kind == RANK:
        return np.ceil(column.values * FIFTHS / np.nanmax(column.values))
    return column.values


# --- which columns, and what to know of them --------------------------------------------------------------------------


def _shown(table: ProfileTable) -> list[ProfileColumn]:
    """The columns without ranks that a decile or quintile tells as well, and ranks that say no fifth."""
    return [
        column for column in table.columns if column.kind != RANK or (_ranks_all(column) and not _twin(table, column))
    ]


def _ranks_all(column: ProfileColumn) -> bool:
    return bool(column.known.any() and column.known.sum() >= _RANKED * np.nanmax(column.values))


def _twin(table: ProfileTable, rank: ProfileColumn) -> str:
    """The decile or quintile of the same figure as a rank: the title before that word is the same; empty for none."""
    start = _stem(rank.title)
    return next(
        (one.title for one in table.columns if one.kind in BANDED and one is not rank and _stem(one.title) == start), ""
    )


def _stem(title: str) -> str:
    return re.split(r"\b(?:rank(?:ing)?|deciles?|quintiles?)\b", title, maxsplit=1, flags=re.IGNORECASE)[0].casefold()


def _of_strangers(table: ProfileTable, spread: Spread, resolved: ResolvedFootprint) -> Iterator[str]:
    if spread.strangers and resolved.geography.all_england:
        units = f"{spread.strangers:,} of {len(table.codes):,} {KINDS[table.unit].plural}"
        yield f"{units} are not in the reference tables, and count nowhere"


def _of_hidden(table: ProfileTable, shown: Sequence[ProfileColumn]) -> Iterator[str]:
    for column in table.columns:
        if not any(column is one for one in shown):
            twin = _twin(table, column)
            why = f"`{twin}` says as much" if twin else "only some of the ranked units are there, so it tells no fifths"
            yield f"`{column.title}` is left out: {why}"


def _of_england(figures: Sequence[ProfileFigure]) -> Iterator[str]:
    if not all(figure.has_england for figure in figures):
        yield "no line of England, as the figures or the tables in use are not of all England"


def with_small_counts_said(profile: Profile) -> Profile:
    """A profile that says where it has small counts, which whoever publishes must know."""
    rule = NHS_RULE
    few: dict[str, int] = {}
    for figure in profile.figures:
        small = int((rule.is_small(figure.part) | rule.is_small(figure.whole)).sum())
        few[figure.entry.kind] = few.get(figure.entry.kind, 0) + small
    made = f"made of counts of 1 to {rule.below - 1}; to publish figures: --publish {NHS}"
    said = [f"{name}: {counted(number, 'figure')} {made}" for name, number in few.items() if number]
    return replace(profile, notes=(*profile.notes, *said))


def percent(share: float, decimals: int = 0) -> str:
    """A share as it is shown; empty where there is none."""
    return f"{share:.{decimals}%}" if np.isfinite(share) else ""
