"""Imported figures in the report: a bar a place, with a line where England (else the system) stands."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from placemap.apply.profile import PLACE, Profile, ProfileFigure, percent
from placemap.apply.publish_rule import MARK
from placemap.core.text import month
from placemap.outputs.profile import profile_shown
from placemap.outputs.report.charts import WIDE, Bar, Chart
from placemap.outputs.report.model import Section
from placemap.reference.profiles import COUNT, SCORE


def profile_section(profile: Profile) -> Section:
    """The section of a report."""
    text = [
        "Figures that were imported for a profile, by place. The line across the bars is England; without it, the "
        "system.",
        *profile.notes,
    ]
    charts = [_chart(profile, figure) for figure in profile.figures]
    plain = [line.replace("`", "").rstrip(".") + "." for line in text]
    return Section("profile", "Profile", plain, [], None, [profile_shown([profile])], charts)


def _chart(profile: Profile, figure: ProfileFigure) -> Chart:
    bars = _fifths(profile, figure) if figure.by_fifths else _bars(profile, figure)
    entry = figure.entry
    caption = f"{figure.what[0].upper()}{figure.what[1:]}. {entry.publisher}, {entry.title} ({month(entry.vintage)})."
    head = [f"Fifth {number}" for number in range(1, 6)] if figure.by_fifths else ["Figure", "95% interval"]
    head = [*(head[:1] if figure.kind == SCORE else head), "Covered"]
    return Chart(figure.title, f"{figure.title} ({entry.kind})", caption, head, _line(figure), bars)


def _line(figure: ProfileFigure) -> float | None:
    """Where the last group stands: of fifths the end of the first one; counts are not set against larger areas."""
    if figure.by_fifths:
        return _finite(float(figure.parts()[-1, 0]) * WIDE)
    scale = _scale(figure)
    return None if figure.kind == COUNT or not scale else _finite(float(figure.value[-1]) * scale)


def _scale(figure: ProfileFigure) -> float:
    """What figures are multiplied by, so that the largest, with its interval, is as wide as can be; 0 for no bars.

    Scores may be below 0, where a bar's length says nothing.
    """
    shown = figure.value[: _places(figure)] if figure.kind == COUNT else figure.value
    high = figure.high[: len(shown)]
    largest = float(np.nanmax([0.0, *shown, *high]))
    return WIDE / largest if largest > 0 and not (shown < 0).any() else 0.0


def _places(figure: ProfileFigure) -> int:
    return len(figure.value) - 1 - figure.has_england


def _finite(value: float) -> float | None:
    return round(min(max(value, 0.0), WIDE), 2) if np.isfinite(value) else None


def _bars(profile: Profile, figure: ProfileFigure) -> list[Bar]:
    scale = _scale(figure)
    bars = []
    for number, (level, _, name) in enumerate(profile.groups(figure)):
        value, low, high = (float(array[number]) for array in (figure.value, figure.low, figure.high))
        shown = scale > 0 and (level == PLACE or figure.kind != COUNT)
        width, start, end = (_finite(one * scale) if shown else None for one in (value, low, high))
        mark = MARK if figure.is_held(number) else ""
        cells = [figure.written(value) or mark]
        if figure.kind != SCORE:
            cells.append(f"{figure.written(low)} to {figure.written(high)}" if np.isfinite(low) else mark)
        cells.append(percent(float(figure.covered()[number])))
        interval = None if start is None or end is None else (start, end)
        bars.append(Bar(name, level == PLACE, [] if width is None else [(0.0, width)], interval, cells))
    return bars


def _fifths(profile: Profile, figure: ProfileFigure) -> list[Bar]:
    bars = []
    parts = figure.parts()
    for number, (level, _, name) in enumerate(profile.groups(figure)):
        ends = np.concatenate([[0.0], np.cumsum(parts[number])]) * WIDE
        pieces = [(round(float(a), 2), round(float(b - a), 2)) for a, b in pairwise(ends)]
        cells = [
            f"{percent(float(part), 1)} ({units:,.0f})" if np.isfinite(part) else ""
            for part, units in zip(parts[number], figure.units[number], strict=True)
        ]
        cells.append(percent(float(figure.covered()[number])))
        bars.append(Bar(name, level == PLACE, pieces if np.isfinite(ends).all() else [], None, cells))
    return bars
