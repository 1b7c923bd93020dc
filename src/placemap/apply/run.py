"""Users' data → figures by place, with a reconciliation: what came in is what was placed and the rest, line by line."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from placemap.apply import sql
from placemap.apply.apportion import MISSING, NOT_IN_TABLES, OUT_OF_AREA, UNKNOWN, Apportionment
from placemap.apply.columns import _OUTSIDE_ENGLAND, NO_CODE, PLACE_COLUMNS, _usage
from placemap.apply.engine_duckdb import Engine
from placemap.apply.measures import COUNT, MEAN, SUM, Measure, intensive_error
from placemap.apply.reconcile import Reconciliation, _clean, _Ledger, _number
from placemap.core.arrays import largest_remainder
from placemap.core.codes import KINDS
from placemap.core.errors import PlacemapError
from placemap.core.findings import Finding
from placemap.resolve.resolved import ResolvedFootprint

#: Whole numbers up to this are exact in binary floating point.
EXACT = 2**53


@dataclass(frozen=True)
class Applied:
    """What `apply` gives.

    Attributes:
        frame: ICSID, FOOTPRINT, PLACECD, PLACENM, the groups, and a column a measure; a row a place (and group).
        reconciliations: one a footprint.
        by: the column of codes. kind: what they are of. vintages: rows by vintage of their code.
        method: how units are placed.
        notes: what an analyst should know of this result.
        unknown: unknown codes with their number of rows, most rows first.
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

    def long(self, measures: Sequence[Measure]) -> pd.DataFrame:
        """A row a place, group and measure: the place's columns, the groups, MEASURE and VALUE."""
        titles = [measure.title for measure in measures]
        keys = [column for column in self.frame.columns if column not in titles]
        frame = self.frame.melt(keys, titles, var_name="MEASURE", value_name="VALUE")
        return frame.sort_values([*keys, "MEASURE"], ignore_index=True, kind="stable")


# --- the work ---------------------------------------------------------------------------------------------------------


def run(
    engine: Engine,
    question: sql.Question,
    keys: Apportionment,
    resolved: Sequence[ResolvedFootprint],
    *,
    all_england: bool,
    extensive: Iterable[str] = (),
    whole: bool = False,
    label: str = "",
) -> Applied:
    """Answer a question.

    Args:
        keys: of the kind that `question.by` holds.
        resolved: the footprints of `keys`.
        all_england: whether the reference has all codes of England, so that others are unknown.
        extensive: columns that the user vouches for as adding up.
        whole: whether sums come out in whole numbers, by largest remainder.

    Raises:
        PlacemapError: a column holds something that is no number, or a rate where a count is needed.
    """
    engine.keep(sql.CODED, sql.coded(question))
    total = engine.query(sql.checks(question))[0]
    refuse_values(question, total, set(extensive), label)
    engine.load(sql.CODES, keys.codes)
    engine.load(sql.WEIGHTS, keys.weights)
    ledger = _Ledger(question, total)
    placed = engine.query(sql.places(question))
    known = engine.query(sql.known(question, keys.as_one))
    strays = [(_outcome(row["CODE"], keys.kind, all_england), row) for row in engine.query(sql.unmatched(question))]
    owner = {head.code: item.key for item in resolved for head in item.place_codes}
    reconciliations = tuple(ledger.reconcile(item.key, placed, owner, known, strays) for item in resolved)
    placed = _with_empty_places(placed, question, resolved)
    if whole:
        placed = _whole(placed, owner, question, reconciliations, total)
    unknown = sorted(
        ((str(row["CODE"]), int(row["n"])) for outcome, row in strays if outcome == UNKNOWN),
        key=lambda item: (-item[1], item[0]),
    )
    return Applied(
        frame=_frame(placed, question),
        reconciliations=reconciliations,
        by=question.by,
        kind=keys.kind,
        vintages={str(row["VINTAGE"]): int(row["n"]) for row in engine.query(sql.vintages())},
        method=keys.method,
        notes=tuple(_notes(question, total, reconciliations)),
        unknown=tuple(unknown),
        findings=tuple(finding for item in resolved for finding in item.findings),
    )


def _outcome(code: str | None, kind: str, all_england: bool) -> str:
    """What a code that the reference does not have is."""
    if code is None or code in NO_CODE:
        return MISSING
    if not KINDS[kind].patients and _OUTSIDE_ENGLAND.fullmatch(code):
        return OUT_OF_AREA
    return NOT_IN_TABLES if KINDS[kind].accepts(code) and not all_england else UNKNOWN


def join_outcomes(codes: Iterable[str | None], kind: str, *, all_england: bool) -> pd.DataFrame:
    """CODE and OUTCOME of codes that the reference does not have; no code is empty text."""
    rows = [(code or "", _outcome(code, kind, all_england)) for code in codes]
    return pd.DataFrame(rows, columns=["CODE", "OUTCOME"], dtype=object).drop_duplicates("CODE", ignore_index=True)


def refuse_values(question: sql.Question, total: dict[str, object], vouched: set[str], label: str) -> None:
    """Refuse columns that are not what they are taken for, going by their values.

    Raises:
        PlacemapError: cells that are no numbers; fractions of one, summed; sums too large to be exact.
    """
    for number, column in enumerate(question.value_columns):
        bad = int(total.get(f"c{number}bad") or 0)  # type: ignore[call-overload]
        if bad:
            raise PlacemapError(
                f"column `{column}` holds {bad:,} cells that are no numbers",
                location=label,
                hint="if they stand for figures that were held back, name them: --blank '*' (repeatable)",
            )
        summed = any(m.how == SUM and m.column == column for m in question.measures)
        least, most = total.get(f"c{number}least"), total.get(f"c{number}most")
        parts = total.get(f"c{number}parts")
        if summed and column not in vouched and parts and least >= 0 and most <= 1:  # type: ignore[operator]
            raise intensive_error(column, "by its values, all from 0 to 1,")
    for alias in sql.added(question):
        value = total[alias]
        if value is not None and abs(value) > EXACT:  # type: ignore[arg-type]
            raise PlacemapError(
                f"sums over {EXACT:,} cannot be kept exact", location=label, hint="give the column in larger units"
            )


def _with_empty_places(
    placed: list[dict[str, object]], question: sql.Question, resolved: Sequence[ResolvedFootprint]
) -> list[dict[str, object]]:
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
    placed: list[dict[str, object]],
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
        is_whole = measure.how in (SUM, COUNT) and all(value == round(value) for value in values)
        frame[measure.title] = pd.Series(values, dtype="int64" if is_whole else "float64")
    return frame.sort_values(["PLACECD", *question.groups], ignore_index=True, kind="stable")


def _result(row: dict[str, object], number: int, measure: Measure) -> float:
    if measure.how == COUNT:
        return _clean(_number(row["n"]))
    top = _number(row[f"m{number}a"])
    if measure.how == SUM:
        return _clean(top)
    below = _number(row[f"m{number}b" if measure.over else f"m{number}n"])
    return top / below if below else math.nan


def _notes(
    question: sql.Question, total: dict[str, object], reconciliations: Sequence[Reconciliation]
) -> Iterable[str]:
    rows = int(_number(total["n"]))
    for number, measure in enumerate(question.measures):
        if measure.how == COUNT:
            continue
        blank = rows - int(_number(total[f"m{number}n"]))
        what = " or ".join(f"`{column}`" for column in measure.columns)
        if blank:
            yield f"no value of {what} in {blank:,} of {rows:,} rows; they add nothing to `{measure.title}`"
        if measure.how == MEAN and not measure.over:
            yield (
                f"`{measure.column}` is averaged over rows, each the same; if a row stands for an area, weight it: "
                f"--mean {measure.column}:PEOPLE"
            )
    if any(line.outcome == NOT_IN_TABLES and line.rows for item in reconciliations for line in item.lines):
        yield (
            "codes that are not in the packaged tables are outside these systems, or mistyped; "
            "`placemap data update` to check all England"
        )
