"""Users' data → figures by place, with a reconciliation: what came in is what was placed and the rest, line by line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from placemap.apply import sql
from placemap.apply.apportion import NO_PLACE, UNKNOWN, Apportionment
from placemap.apply.check_values import notes_on, refuse_values
from placemap.apply.columns import PLACE_COLUMNS, _usage, refuse_mixture
from placemap.apply.coverage import COVERAGE, Cover, cover_of, shares_of
from placemap.apply.engine_duckdb import Engine
from placemap.apply.locate import Located
from placemap.apply.measures import COUNT, SUM, Measure
from placemap.apply.options import Options
from placemap.apply.reconcile import AnsweredRows, Reconciliation, _clean, _number, reconcile
from placemap.apply.scan import Scan
from placemap.apply.told import outcome_of, told
from placemap.core.account import Account
from placemap.core.arrays import largest_remainder
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
        findings: what to know of the footprints, such as weak evidence.
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

    def refusal(self, max_loss: float) -> PlacemapError | None:
        """Why this result is none to go by: nothing was placed, or too much is lost; None where it is one.

        Args:
            max_loss: per cent of the rows, or of a total, that may have a missing, unknown, ended or other-kind code.

        Raises:
            PlacemapError: it is no percentage.
        """
        if not 0 <= max_loss <= 100:
            raise _usage(f"{max_loss:g} is no percentage that may be lost", "give a number from 0 to 100")
        if not any(item.placed().rows for item in self.reconciliations):
            rows = self.reconciliations[0].total.rows if self.reconciliations else 0
            return PlacemapError(
                f"nothing could be placed: none of the {rows:,.0f} rows has a code that lies in a place",
                hint="; ".join(self.told) or "check the system, and the column of codes (--by)",
                exit_code=Exit.WRONG,
            )
        loss = max((item.loss for item in self.reconciliations), default=0.0) * 100
        if loss <= max_loss:
            return None
        return PlacemapError(
            f"{loss:.2f}% is lost to codes that are missing, unknown, no longer in use or of another kind; "
            f"--max-loss allows {max_loss:g}%",
            hint=f"mend the codes; to have the result all the same: --max-loss {math.ceil(loss)}",
            exit_code=Exit.WRONG,
        )

    def long(self, measures: Sequence[Measure]) -> pd.DataFrame:
        """A row a place, group and measure: the place's columns, the groups, MEASURE and VALUE."""
        titles = [measure.title for measure in measures]
        keys = [column for column in self.frame.columns if column not in (*titles, *COVERAGE)]
        parts = []
        for measure, covered in zip(measures, self.covered, strict=True):
            part = self.frame[keys].assign(MEASURE=measure.title, VALUE=self.frame[measure.title].astype("float64"))
            parts.append(_beside(part, covered, keys))
        return pd.concat(parts, ignore_index=True).sort_values([*keys, "MEASURE"], ignore_index=True, kind="stable")


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
    total = _added_up(engine, question, set(options.extensive), scan)
    counts = {str(row["CODE"] or ""): int(row["n"]) for row in engine.query(sql.by_code())}
    if options.kind is None and located is None:
        refuse_mixture(question.by, counts, keys.kind, scan.label)
    cover = cover_of(keys, footprints)
    _load(engine, keys, cover)
    geography = footprints[0].geography
    lookup = located.lookup if located else None
    strays = _strays(engine, question, keys.kind, lookup, all_england=geography.all_england)
    rows = _rows(engine, question, keys, footprints, strays)
    reconciliations = tuple(reconcile(item.key, question, total, rows) for item in footprints)
    placed = _with_empty_places(rows.placed, question, footprints)
    if options.whole:
        placed = _whole(placed, rows.owner, question, reconciliations, total)
    covered, every = _coverages(engine, question, cover)
    return Applied(
        frame=_beside(_frame(placed, question), every, ["PLACECD", *question.groups]),
        reconciliations=reconciliations,
        by=question.by,
        kind=lookup.kind.id if lookup else keys.kind,
        vintages=_vintages(engine, lookup),
        method=keys.method,
        notes=(*(located.notes() if located else ()), *notes_on(engine, question, total)),
        unknown=_most_often(rows.strays),
        findings=tuple(finding for item in footprints for finding in item.findings),
        told=tuple(told(counts, _became(rows, keys), keys.kind, geography, lookup)),
        account=scan.account,
        covered=covered,
    )


def _added_up(engine: Engine, question: sql.Question, vouched: set[str], scan: Scan) -> dict[str, object]:
    """Rows and sums of all the data, by what `checks` names them; every row of the file is among them.

    Raises:
        PlacemapError: a column is not what it is taken for.
    """
    engine.keep(sql.CODED, sql.coded(question))
    total = engine.query(sql.checks(question))[0]
    if scan.account is not None and int(_number(total["n"])) != scan.account.data:
        raise AssertionError(f"{scan.label}: {total['n']} rows were read of {scan.account.data}")
    refuse_values(engine, question, total, vouched, scan.label)
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


def _coverages(engine: Engine, question: sql.Question, cover: Cover) -> tuple[tuple[pd.DataFrame, ...], pd.DataFrame]:
    """What the data cover of the places: by each measure alone, and by all of them."""
    measures = range(len(question.measures))
    covered = tuple(_covered(engine, question, cover, [number]) for number in measures)
    return covered, covered[0] if len(covered) == 1 else _covered(engine, question, cover, measures)


def _load(engine: Engine, keys: Apportionment, cover: Cover) -> None:
    tables = {sql.CODES: keys.codes, sql.WEIGHTS: keys.weights, sql.COVERS: cover.covers, sql.ATOMS: cover.atoms}
    for table, frame in tables.items():
        engine.load(table, frame)


def _strays(
    engine: Engine, question: sql.Question, kind: str, lookup: FineLookup | None, *, all_england: bool
) -> list[tuple[str, dict[str, object]]]:
    """The codes that the reference does not have, each with what becomes of its rows."""
    rows = engine.query(sql.unmatched(question))
    return [(outcome_of(row["CODE"], kind, all_england=all_england, lookup=lookup), row) for row in rows]


def _most_often(strays: Iterable[tuple[str, dict[str, object]]]) -> tuple[tuple[str, int], ...]:
    """The unknown codes with their rows, most rows first."""
    found = [(str(row["CODE"]), int(_number(row["n"]))) for outcome, row in strays if outcome == UNKNOWN]
    return tuple(sorted(found, key=lambda item: (-item[1], item[0])))


def _in_no_place(engine: Engine, question: sql.Question) -> list[dict[str, object]]:
    return [{**row, "OUTCOME": NO_PLACE} for row in engine.query(sql.in_no_place(question))]


def _covered(engine: Engine, question: sql.Question, cover: Cover, measures: Iterable[int]) -> pd.DataFrame:
    """By PLACECD and groups, the shares of the place that have a value of some measures."""
    columns = ["PLACECD", *sql.group_aliases(question), "UNITS", "RESIDENTS", "PATIENTS"]
    found = pd.DataFrame(engine.query(sql.covered(question, measures)), columns=columns, dtype=object)
    return shares_of(found, cover).set_axis(["PLACECD", *question.groups, *COVERAGE], axis=1)


def _beside(frame: pd.DataFrame, covered: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """A result with coverage in its last columns; 0 where the data have nothing of a place."""
    merged = frame.merge(covered, on=[key for key in keys if key in covered], how="left", validate="m:1")
    blank = [column for column in COVERAGE if covered[column].notna().any()]
    return merged.assign(**{column: merged[column].fillna(0.0) for column in blank})


def join_outcomes(
    codes: Iterable[str | None], kind: str, *, all_england: bool, lookup: FineLookup | None = None
) -> pd.DataFrame:
    """CODE and OUTCOME of codes that the reference does not have; no code is empty text."""
    rows = [(code or "", outcome_of(code, kind, all_england=all_england, lookup=lookup)) for code in codes]
    return pd.DataFrame(rows, columns=["CODE", "OUTCOME"], dtype=object).drop_duplicates("CODE", ignore_index=True)


def _with_empty_places(
    placed: Sequence[dict[str, object]], question: sql.Question, resolved: Sequence[ResolvedFootprint]
) -> Sequence[dict[str, object]]:
    """With a row for every place, also for one that the data have nothing of (not where there are groups)."""
    if question.groups:
        return placed
    have = {row["PLACECD"]: row for row in placed}
    rows = []
    for item in resolved:
        for head, place in zip(item.place_codes, item.places, strict=True):
            blank = dict.fromkeys(sql.added(question))
            row = {"ICSID": head.ics, "FOOTPRINT": head.footprint, "PLACECD": head.code, "PLACENM": place.name}
            rows.append(have.get(head.code, {**row, **blank, "n": 0}))
    return rows


def _whole(
    placed: Sequence[dict[str, object]],
    owner: Mapping[str, tuple[str, str]],
    question: sql.Question,
    reconciliations: Sequence[Reconciliation],
    total: dict[str, object],
) -> list[dict[str, object]]:
    """Sums and counts in whole numbers, by largest remainder; with what is in no place they still make the whole."""
    aliases = {"n": "rows", **{f"m{i}a": m.column for i, m in enumerate(question.measures) if m.how == SUM}}
    for alias, title in aliases.items():
        if _number(total[alias]) != round(_number(total[alias])):
            raise _usage(f"the sum of `{title}` is not whole, so its parts cannot be", "leave --whole-numbers out")
    result = [dict(row) for row in placed]
    for reconciliation in reconciliations:
        key = (reconciliation.ics, reconciliation.footprint)
        mine = [row for row in result if owner[str(row["PLACECD"])] == key]
        for alias in aliases:
            parts = [_number(row[alias]) for row in mine]
            rest = _number(total[alias]) - math.fsum(parts)
            for row, value in zip(mine, largest_remainder([*parts, rest]), strict=False):
                row[alias] = value
    return result


def _frame(placed: Sequence[dict[str, object]], question: sql.Question) -> pd.DataFrame:
    head: dict[str, list[object]] = {column: [row[column] for row in placed] for column in PLACE_COLUMNS}
    for alias, column in zip(sql.group_aliases(question), question.groups, strict=True):
        head[column] = [row[alias] for row in placed]
    frame = pd.DataFrame(head, dtype=object)
    for number, measure in enumerate(question.measures):
        values = [_result(row, number, measure) for row in placed]
        whole = measure.how in (SUM, COUNT) and all(value == round(value) for value in values if value == value)
        is_int = whole and all(value == value for value in values)  # whole numbers with blanks stay floats
        frame[measure.title] = pd.Series(values, dtype="int64" if is_int else "float64")
    return frame.sort_values(["PLACECD", *question.groups], ignore_index=True, kind="stable")


def _result(row: dict[str, object], number: int, measure: Measure) -> float:
    """The figure of a place; NaN where the data have none of it."""
    if measure.how == COUNT:
        return _clean(_number(row["n"])) or math.nan
    top = _number(row[f"m{number}a"])
    if measure.how == SUM:
        return _clean(top) if _number(row[f"m{number}n"]) else math.nan
    below = _number(row[f"m{number}b" if measure.over else f"m{number}n"])
    return top / below if below else math.nan
