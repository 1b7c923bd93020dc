"""Figures of places that the data cover too thinly: blank, never 0, and said."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from placemap.apply.coverage import COVERAGE
from placemap.apply.figures import FigureKind
from placemap.apply.measures import COUNT, SUM, Measure
from placemap.apply.reconcile import Blanked
from placemap.core.arrays import Bools, Floats

#: What adding up leaves of a share that is enough.
ROUNDING = 1e-9
#: The share of its people from which a place counts as whole: an area on its border may go by best fit.
_NEARLY_WHOLE = 0.99
#: Places of which a part is covered that are named.
_SHOWN = 5
_UNITS, _RESIDENTS, _PATIENTS = COVERAGE


def blanked(
    frame: pd.DataFrame,
    measures: Sequence[Measure],
    kinds: Sequence[FigureKind],
    covered: Sequence[pd.DataFrame],
    groups: Sequence[str],
    least: float,
) -> tuple[pd.DataFrame, list[Blanked]]:
    """A result without the figures of places of which too little is covered, and which those were.

    Args:
        frame: the result; a column a measure, and those of the figures that are made of rates.
        covered: by measure, the coverage of places by it.
        groups: columns that the result is divided by.
        least: the share of a place's people (of its units, where people tell nothing) that is enough.
    """
    frame, found = frame.copy(), []
    for number, measure in enumerate(measures):
        share = _share(frame, covered[number], groups)
        thin = (share < least - ROUNDING) & frame[measure.title].notna().to_numpy()
        found += [_blanked(frame.iloc[at], measure, groups, float(share[at])) for at in np.flatnonzero(thin)]
        _blank(frame, measure.title, thin)
        for kind in kinds:
            for column in kind.columns() if kind.measure == number else ():
                _blank(frame, column.title, thin, text=column.is_text)
    return frame, found


def of_parts(frame: pd.DataFrame) -> Iterator[str]:
    """That figures are of parts of places, of data that have a row an area; nothing where all places are whole."""
    share = frame[_RESIDENTS].fillna(frame[_PATIENTS]).fillna(frame[_UNITS]).fillna(0.0).to_numpy(dtype=np.float64)
    part = np.flatnonzero((share > 0) & (share < _NEARLY_WHOLE))
    if len(part):
        named = ", ".join(f"{frame['PLACENM'].iloc[at]} ({math.floor(share[at] * 100)}%)" for at in part[:_SHOWN])
        more = f" and {len(part) - _SHOWN:,} more" if len(part) > _SHOWN else ""
        yield f"the data have a part of {named}{more}; `--min-coverage 0.8` leaves figures of less blank"


def _blanked(row: pd.Series, measure: Measure, groups: Sequence[str], share: float) -> Blanked:
    return Blanked(
        str(row["PLACECD"]),
        str(row["PLACENM"]),
        ", ".join(str(row[group]) for group in groups),
        measure.title,
        share,
        float(row[measure.title]) if measure.how in (SUM, COUNT) else float("nan"),
    )


def _share(frame: pd.DataFrame, covered: pd.DataFrame, groups: Sequence[str]) -> Floats:
    """The share of each row's people that is covered; 0 where nothing is."""
    merged = frame[["PLACECD", *groups]].merge(covered, on=["PLACECD", *groups], how="left", validate="m:1")
    share = merged[_RESIDENTS].fillna(merged[_PATIENTS]).fillna(merged[_UNITS]).fillna(0.0)
    return share.to_numpy(dtype=np.float64)


def _blank(frame: pd.DataFrame, title: str, rows: Bools, *, text: bool = False) -> None:
    if rows.any():
        frame[title] = frame[title].mask(rows, "") if text else frame[title].astype("float64").mask(rows)
