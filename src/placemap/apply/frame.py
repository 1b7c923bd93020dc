"""A result put together: a row a place and group, a column a measure, figures of rates, coverage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from placemap.apply import sql
from placemap.apply.columns import PLACE_COLUMNS
from placemap.apply.coverage import COVERAGE
from placemap.apply.figures import Figure
from placemap.apply.measures import COUNT, SUM, Measure
from placemap.apply.reconcile import Reconciliation, as_number, without_dust
from placemap.core.arrays import largest_remainder
from placemap.core.errors import usage_error
from placemap.resolve.resolved import ResolvedFootprint

#: Says in a merge which rows were found; no column of a user is called so.
_FOUND = "\n"


def with_empty_places(
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


def whole_numbers(
    placed: Sequence[dict[str, object]],
    owner: Mapping[str, tuple[str, str]],
    question: sql.Question,
    reconciliations: Sequence[Reconciliation],
    total: dict[str, object],
) -> list[dict[str, object]]:
    """Sums and counts in whole numbers, by largest remainder; with what is in no place they still make the whole."""
    aliases = {"n": "rows", **{f"m{i}a": m.column for i, m in enumerate(question.measures) if m.how == SUM}}
    for alias, title in aliases.items():
        if as_number(total[alias]) != round(as_number(total[alias])):
            raise usage_error(f"the sum of `{title}` is not whole, so its parts cannot be", "leave --whole-numbers out")
    result = [dict(row) for row in placed]
    for reconciliation in reconciliations:
        key = (reconciliation.ics, reconciliation.footprint)
        mine = [row for row in result if owner[str(row["PLACECD"])] == key]
        for alias in aliases:
            parts = [as_number(row[alias]) for row in mine]
            rest = as_number(total[alias]) - math.fsum(parts)
            for row, value in zip(mine, largest_remainder([*parts, rest]), strict=False):
                row[alias] = value
    return result


def frame_of(placed: Sequence[dict[str, object]], question: sql.Question, figures: Sequence[Figure]) -> pd.DataFrame:
    """The columns of places, groups, measures and figures, in order of place and group."""
    head: dict[str, list[object]] = {column: [row[column] for row in placed] for column in PLACE_COLUMNS}
    for alias, column in zip(sql.group_aliases(question), question.groups, strict=True):
        head[column] = [row[alias] for row in placed]
    frame = pd.DataFrame(head, dtype=object)
    for number, measure in enumerate(question.measures):
        values = [_result(row, number, measure) for row in placed]
        whole = measure.how in (SUM, COUNT) and all(value == round(value) for value in values if value == value)
        is_int = whole and all(value == value for value in values)  # whole numbers with blanks stay floats
        frame[measure.title] = pd.Series(values, dtype="int64" if is_int else "float64")
    for figure in figures:
        for added, found in figure.values():
            frame[added.title] = pd.Series(found, dtype=object if added.is_text else "float64")
    return frame.sort_values(["PLACECD", *question.groups], ignore_index=True, kind="stable")


def _result(row: dict[str, object], number: int, measure: Measure) -> float:
    """The figure of a place; NaN where the data have none of it."""
    if measure.how == COUNT:
        return without_dust(as_number(row["n"])) or math.nan
    top = as_number(row[f"m{number}a"])
    if measure.how == SUM:
        return without_dust(top) if as_number(row[f"m{number}n"]) else math.nan
    below = as_number(row[f"m{number}b" if measure.over else f"m{number}n"])
    return top / below if below else math.nan


def beside(frame: pd.DataFrame, covered: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    """A result with coverage in its last columns; 0 where the data have nothing of a place.

    Args:
        covered: NaN in a column that does not apply, and in a row whose coverage would tell of what is held back.
    """
    on = [key for key in keys if key in covered]
    merged = frame.merge(covered, on=on, how="left", validate="m:1", indicator=_FOUND)
    nothing = merged.pop(_FOUND) == "left_only"
    used = [column for column in COVERAGE if covered[column].notna().any()]
    return merged.assign(**{column: merged[column].mask(nothing, 0.0) for column in used})
