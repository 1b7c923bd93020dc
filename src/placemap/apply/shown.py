"""Figures by place as a result shows them: with those of rates, and without what is too thin or not to be published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from placemap.apply import sql
from placemap.apply.apportion import Apportionment
from placemap.apply.coverage import COVERAGE, Cover, shares_of
from placemap.apply.denominators import Denominators
from placemap.apply.engine_duckdb import Engine
from placemap.apply.figures import FigureKind
from placemap.apply.frame import beside, frame_of, whole_numbers, with_empty_places
from placemap.apply.held import Counted
from placemap.apply.options import Options
from placemap.apply.publish import HeldBack, Publication, rounded_rows
from placemap.apply.rate_options import SYSTEM
from placemap.apply.rates import Rates
from placemap.apply.reconcile import AnsweredRows, Blanked, Reconciliation, reconcile
from placemap.apply.thin import blanked
from placemap.resolve.resolved import ResolvedFootprint


@dataclass(frozen=True)
class Shown:
    """What a result shows; see `Applied`."""

    frame: pd.DataFrame
    reconciliations: tuple[Reconciliation, ...]
    covered: tuple[pd.DataFrame, ...]
    figures: tuple[FigureKind, ...]
    notes: tuple[str, ...]
    held_back: tuple[HeldBack, ...] = ()


def shown_of(
    engine: Engine,
    question: sql.Question,
    keys: Apportionment,
    cover: Cover,
    rows: AnsweredRows,
    footprints: Sequence[ResolvedFootprint],
    options: Options,
    total: dict[str, object],
) -> Shown:
    """Figures by place, without those that too little is known of."""
    reconciliations = tuple(reconcile(item.key, question, total, rows) for item in footprints)
    denominators = Denominators(engine, question, cover, options.rates)
    placed = denominators.into(with_empty_places(rows.placed, question, footprints))
    rule = options.publish
    rates = Rates(engine, question, placed, cover, options.rates, footprints[0].geography.all_england, rule)
    figures = rates.figures()
    kinds = tuple(figure.kind for figure in figures)
    notes = (*denominators.notes(placed), *rates.notes(figures))
    if options.whole:
        placed = whole_numbers(placed, rows.owner, question, reconciliations, total)
    covered, every = _coverages(engine, question, cover)
    frame = frame_of(rounded_rows(placed, question, rule) if rule else placed, question, figures)
    frame, thin = blanked(frame, question.measures, kinds, covered, question.groups, options.min_coverage)
    frame = beside(frame, every, ["PLACECD", *question.groups])
    shown = Shown(frame, _with_blanked(reconciliations, rows.owner, thin), covered, kinds, notes)
    if not rule:
        return shown
    against_system = SYSTEM in (*options.rates.compare, options.rates.indirect)
    against = rates.england_rows(), against_system
    counted = Counted(engine, question, keys, total, placed, rows.owner, shown.reconciliations, *against, thin)
    return _published(shown, Publication(question, figures, counted.published(rule), placed), thin)


def _published(shown: Shown, publication: Publication, thin: Sequence[Blanked]) -> Shown:
    """What may be published of a result."""
    frame, held_back = publication.frame(shown.frame, thin)
    reconciliations = []
    for one in shown.reconciliations:
        published, more = publication.reconciliation(one)
        reconciliations.append(published)
        held_back += more
    return replace(
        shown,
        frame=frame,
        reconciliations=tuple(reconciliations),
        covered=tuple(publication.coverage(number, one) for number, one in enumerate(shown.covered)),
        held_back=tuple(dict.fromkeys(held_back)),
    )


def _with_blanked(
    reconciliations: Iterable[Reconciliation], owner: Mapping[str, tuple[str, str]], thin: Iterable[Blanked]
) -> tuple[Reconciliation, ...]:
    """Reconciliations that say which figures are left blank."""
    found: dict[tuple[str, str], list[Blanked]] = {}
    for item in thin:
        found.setdefault(owner[item.place], []).append(item)
    return tuple(replace(one, blanked=tuple(found.get((one.ics, one.footprint), ()))) for one in reconciliations)


def _coverages(engine: Engine, question: sql.Question, cover: Cover) -> tuple[tuple[pd.DataFrame, ...], pd.DataFrame]:
    """What the data cover of the places: by each measure alone, and by all of them."""
    measures = range(len(question.measures))
    alone = [sql.covered(question, [number]) for number in measures]
    by_all = sql.covered(question, measures)
    # Often the same: what has a value of a column and is counted, too, is what has a value of it.
    found = {statement: _covered(engine, question, cover, statement) for statement in dict.fromkeys([*alone, by_all])}
    return tuple(found[statement] for statement in alone), found[by_all]


def _covered(engine: Engine, question: sql.Question, cover: Cover, statement: str) -> pd.DataFrame:
    """By PLACECD and groups, the shares of the place that a statement of `sql.covered` finds to be covered."""
    columns = ["PLACECD", *sql.group_aliases(question), "UNITS", "RESIDENTS", "PATIENTS"]
    found = pd.DataFrame(engine.query(statement), columns=columns, dtype=object)
    return shares_of(found, cover).set_axis(["PLACECD", *question.groups, *COVERAGE], axis=1)
