"""Users' data → figures by place, with a reconciliation: what came in is what was placed and the rest, line by line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from placemap.apply import sql
from placemap.apply.apportion import NO_PLACE, UNKNOWN, Apportionment
from placemap.apply.check_values import notes_on, refuse_values
from placemap.apply.columns import _usage, refuse_mixture
from placemap.apply.coverage import COVERAGE, Cover, cover_of
from placemap.apply.engine_duckdb import Engine
from placemap.apply.figures import FigureKind
from placemap.apply.frame import beside
from placemap.apply.locate import Located
from placemap.apply.measures import COUNT, Measure
from placemap.apply.options import Options
from placemap.apply.overlaps import overlap_notes
from placemap.apply.publish import NOT_ADDING_UP, HeldBack, flag_of
from placemap.apply.publish_rule import HELD, PublishRule
from placemap.apply.reconcile import AnsweredRows, Reconciliation, _number
from placemap.apply.scan import Scan
from placemap.apply.shown import shown_of
from placemap.apply.thin import of_parts
from placemap.apply.told import outcome_of, told
from placemap.apply.wider import WiderAreas
from placemap.core.account import Account
from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding
from placemap.reference.fine_lookups import FineLookup
from placemap.resolve.resolved import ResolvedFootprint


@dataclass(frozen=True)
class Applied:
    """What `apply` gives.

    Attributes:
        frame: ICSID, FOOTPRINT, PLACECD, PLACENM, the groups, a column a measure, and what the data cover of the place
            (UNIT_COVERAGE, RESIDENT_COVERAGE, PATIENT_COVERAGE, 0 to 1; where there are several measures, by units
            that have a value of each); a row a place (and group). No data is blank.
        reconciliations: one a footprint.
        by: the column of codes. kind: what they are of, one of `columns.APPLIED_KINDS`. vintages: rows by vintage of
            their code.
        method: how units are placed.
        notes: what an analyst should know of this result.
        unknown: unknown codes with their number of rows, most rows first.
        told: what codes that were not placed are, in sentences.
        account: of the rows of the file; None for data that were in memory or Parquet.
        covered: by position of the measure, the coverage of the places by it alone.
        figures: what rates add to the result: its titles in `frame` are those of `FigureKind.columns`.
        findings: what to know of the footprints, such as weak evidence.
        rule: how counts were published; None where they are not to be. Then `frame` has for each measure a column that
            says where its figures are held back, and nothing else here has counts of the data.
        held_back: what is not published.
    """

    frame: pd.DataFrame
    reconciliations: tuple[Reconciliation, ...]
    by: str
    kind: str
    vintages: dict[str, int]
    method: str
    notes: tuple[str, ...] = ()
    unknown: tuple[tuple[str, int], ...] = ()
    findings: tuple[Finding, ...] = ()
    told: tuple[str, ...] = ()
    account: Account | None = None
    covered: tuple[pd.DataFrame, ...] = ()
    figures: tuple[FigureKind, ...] = ()
    rule: PublishRule | None = None
    held_back: tuple[HeldBack, ...] = ()

    def refusal(self, max_loss: float) -> PlacemapError | None:
        """Why this result is none to go by: nothing was placed, or too much is lost; None where it is one.

        Args:
            max_loss: per cent of the rows, or of a total, that may have a missing, unknown, ended or other-kind code.

        Raises:
            PlacemapError: it is no percentage.
        """
        if not 0 <= max_loss <= 100:
            raise _usage(f"{max_loss:g} is no percentage that may be lost", "give a number from 0 to 100")
        if not any(item.is_placed for item in self.reconciliations):
            rows = self.reconciliations[0].total.rows if self.reconciliations else 0
            return PlacemapError(
                f"nothing could be placed: {'no row' if self.rule else f'none of the {rows:,.0f} rows'} has a code "
                "that lies in a place",
                hint="; ".join(self.told) or "check the system, and the column of codes (--by)",
                exit_code=Exit.WRONG,
            )
        loss = max((item.loss for item in self.reconciliations), default=0.0) * 100
        if loss <= max_loss:
            return None
        return PlacemapError(
            f"{self.lost(max_loss)} is lost to codes that are missing, unknown, no longer in use or of another kind; "
            f"--max-loss allows {max_loss:g}%",
            hint=f"mend the codes; to have the result all the same: --max-loss {100 if self.rule else math.ceil(loss)}",
            exit_code=Exit.WRONG,
        )

    def lost(self, allowed: float) -> str:
        """In words how much is lost; where counts are to be published, no more than that it is too much.

        Args:
            allowed: per cent that may be.
        """
        if self.rule:
            return f"more than {allowed:g}%"
        return f"{max((item.loss for item in self.reconciliations), default=0.0):.2%}"

    def long(self, measures: Sequence[Measure]) -> pd.DataFrame:
        """A row a place, group and measure: the place's columns, the groups, MEASURE and VALUE; limits beside rates."""
        parts = []
        added = [column.title for kind in self.figures for column in kind.columns()]
        titles = [measure.title for measure in measures]
        flags = [flag_of(measure) for measure in measures] if self.rule else []
        keys = [column for column in self.frame.columns if column not in (*titles, *added, *flags, *COVERAGE)]
        for number, (measure, covered) in enumerate(zip(measures, self.covered, strict=True)):
            flag = {HELD: self.frame[flags[number]]} if flags else {}
            value = self.frame[measure.title].astype("float64")
            rows = [self.frame[keys].assign(MEASURE=measure.title, VALUE=value, **flag)]
            for kind in self.figures:
                if kind.measure == number:
                    columns = {column.part: self.frame[column.title] for column in kind.columns()}
                    rows.append(self.frame[keys].assign(MEASURE=kind.title, **columns, **flag))
            parts += [beside(part, covered, keys) for part in rows]
        found = pd.concat(parts, ignore_index=True).sort_values([*keys, "MEASURE"], ignore_index=True, kind="stable")
        last = [HELD, *COVERAGE] if flags else list(COVERAGE)
        return found[[*(column for column in found if column not in last), *last]]


def together(results: Sequence[Applied]) -> Applied:
    """Results of the same data and question for different footprints as one."""
    first = results[0]
    coverages = zip(*(one.covered for one in results), strict=True)
    return replace(
        first,
        frame=pd.concat([one.frame for one in results], ignore_index=True),
        reconciliations=tuple(item for one in results for item in one.reconciliations),
        notes=tuple(dict.fromkeys(note for one in results for note in one.notes)),
        findings=tuple(dict.fromkeys(finding for one in results for finding in one.findings)),
        covered=tuple(pd.concat(frames, ignore_index=True) for frames in coverages),
    )


# --- the work ---------------------------------------------------------------------------------------------------------


def run(
    engine: Engine,
    scan: Scan,
    question: sql.Question,
    keys: Apportionment,
    footprints: Sequence[ResolvedFootprint],
    options: Options,
    located: Located | None = None,
) -> Applied:
    """Answer a question.

    Args:
        engine: has the data of `scan`.
        keys: of the kind that `question.by` holds, or that it was located in, for `footprints`.
        located: how the codes were brought to LSOAs, where they are of what is finer.

    Raises:
        PlacemapError: a column holds something that is no number, or a rate where a count is needed.
    """
    denominator = options.rates.denominator
    # The data may still be read meanwhile; only what may be refused must wait until it is known that they are right.
    cover = None if denominator else _loaded(engine, keys, footprints)
    total = _added_up(engine, question, options, scan)
    counts = {str(code or ""): int(rows) for code, rows in engine.pairs(sql.by_code()).items()}
    if options.kind is None and located is None:
        refuse_mixture(question.by, counts, keys.kind, scan.label)
    cover = cover or _loaded(engine, keys, footprints, denominator)
    geography = footprints[0].geography
    lookup = located.lookup if located else None
    wider = WiderAreas.of(lookup.kind.id if lookup else keys.kind, counts, geography)
    strays = _strays(engine, question, wider, lookup)
    rows = _rows(engine, question, keys, footprints, strays)
    shown = shown_of(engine, question, keys, cover, rows, footprints, options, total)
    applied = Applied(
        frame=shown.frame,
        reconciliations=shown.reconciliations,
        by=question.by,
        kind=lookup.kind.id if lookup else keys.kind,
        vintages=_vintages(engine, lookup),
        method=keys.method,
        notes=(
            *(located.notes() if located else overlap_notes(counts, keys.kind, geography)),
            *notes_on(engine, question, total),
            *shown.notes,
            *(of_parts(shown.frame) if _is_by_area(counts, question, options, located) else ()),
        ),
        unknown=_most_often(rows.strays),
        findings=tuple(finding for item in footprints for finding in item.findings),
        told=tuple(told(counts, _became(rows, keys), keys.kind, geography, lookup)),
        account=scan.account,
        covered=shown.covered,
        figures=shown.figures,
        held_back=shown.held_back,
    )
    return _without_counts(applied, options.publish) if options.publish else applied


def _is_by_area(counts: Mapping[str, int], question: sql.Question, options: Options, located: Located | None) -> bool:
    """Whether data have a row an area rather than a row a person or event, which only some areas have."""
    is_counted = all(measure.how == COUNT for measure in question.measures)
    once = max(counts.values(), default=0) == 1
    return once and not (is_counted or question.groups or options.min_coverage or located)


def _without_counts(applied: Applied, rule: PublishRule) -> Applied:
    """A result of which nothing but its figures and reconciliations tells of counts; what of those is held back is."""
    notes = (str(rule), NOT_ADDING_UP)
    return replace(applied, rule=rule, notes=notes, vintages={}, unknown=(), told=(), account=None)


def _added_up(engine: Engine, question: sql.Question, options: Options, scan: Scan) -> dict[str, object]:
    """Rows and sums of all the data, by what `checks` names them; every row of the file is among them.

    Raises:
        PlacemapError: a column is not what it is taken for.
    """
    engine.keep(sql.CODED, sql.coded(question.with_age(options.rates.age)))
    statements = filter(None, (sql.checks(question), sql.least(question)))
    total = {name: value for statement in statements for name, value in engine.query(statement)[0].items()}
    if scan.account is not None and int(_number(total["n"])) != scan.account.data:
        raise AssertionError(f"{scan.label}: {total['n']} rows were read of {scan.account.data}")
    refuse_values(engine, question, total, set(options.extensive), scan.label)
    return total


def _rows(
    engine: Engine,
    question: sql.Question,
    keys: Apportionment,
    footprints: Sequence[ResolvedFootprint],
    strays: list[tuple[str, dict[str, object]]],
) -> AnsweredRows:
    """All rows of the data, by what becomes of them."""
    placed = engine.query(sql.places(question))
    known = [*engine.query(sql.known(question, keys.as_one)), *_in_no_place(engine, question)]
    owner = {head.code: item.key for item in footprints for head in item.place_codes}
    return AnsweredRows(placed, owner, known, strays)


def _vintages(engine: Engine, lookup: FineLookup | None) -> dict[str, int]:
    """Rows by vintage of their code; of located ones by that of the lookup."""
    found = {str(row["VINTAGE"]): int(row["n"]) for row in engine.query(sql.vintages())}
    return {lookup.vintage: sum(found.values())} if lookup and found else found


def _became(rows: AnsweredRows, keys: Apportionment) -> dict[str, str]:
    """What became of codes that are in no vintage that is read: by code, its outcome."""
    became = {str(row["CODE"] or ""): outcome for outcome, row in rows.strays}
    return became | dict(keys.codes.loc[keys.codes["OUTCOME"] != "known", ["CODE", "OUTCOME"]].to_numpy())


def _loaded(
    engine: Engine, keys: Apportionment, footprints: Sequence[ResolvedFootprint], denominator: str = ""
) -> Cover:
    """What the codes cover of the places; it and the keys are in the engine then."""
    cover = cover_of(keys, footprints, denominator)
    tables = {
        sql.CODES: keys.codes,
        sql.WEIGHTS: keys.weights,
        sql.COVERS: cover.covers,
        sql.ATOMS: cover.atoms,
        sql.EVERYONE: cover.everyone,
    }
    for table, frame in tables.items():
        engine.load(table, frame)
    return cover


def _strays(
    engine: Engine, question: sql.Question, wider: WiderAreas, lookup: FineLookup | None
) -> list[tuple[str, dict[str, object]]]:
    """The codes that the reference does not have, each with what becomes of its rows."""
    rows = engine.query(sql.unmatched(question))
    return [(outcome_of(row["CODE"], wider, lookup), row) for row in rows]


def _most_often(strays: Iterable[tuple[str, dict[str, object]]]) -> tuple[tuple[str, int], ...]:
    """The unknown codes with their rows, most rows first."""
    found = [(str(row["CODE"]), int(_number(row["n"]))) for outcome, row in strays if outcome == UNKNOWN]
    return tuple(sorted(found, key=lambda item: (-item[1], item[0])))


def _in_no_place(engine: Engine, question: sql.Question) -> list[dict[str, object]]:
    return [{**row, "OUTCOME": NO_PLACE} for row in engine.query(sql.in_no_place(question))]


def join_outcomes(codes: Iterable[str | None], wider: WiderAreas, lookup: FineLookup | None = None) -> pd.DataFrame:
    """CODE and OUTCOME of codes that the reference does not have; no code is empty text."""
    rows = [(code or "", outcome_of(code, wider, lookup)) for code in codes]
    return pd.DataFrame(rows, columns=["CODE", "OUTCOME"], dtype=object).drop_duplicates("CODE", ignore_index=True)
