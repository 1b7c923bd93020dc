"""Small bar charts of a report, as values: a row a bar, with all that it shows in words."""

from __future__ import annotations

from dataclasses import dataclass

#: Width of a bar that reaches the largest figure, in the units of its drawing.
WIDE = 100.0


@dataclass(frozen=True)
class Bar:
    """A row of a chart.

    Attributes:
        name: of the place, the system or England.
        is_place: false for the last two, which are set off.
        parts: where the bar's pieces begin and how wide they are, 0 to `WIDE`; one piece, or one a fifth.
        interval: where the interval begins and ends; None for none.
        cells: what the bar shows, in words, a cell a heading.
    """

    name: str
    is_place: bool
    parts: list[tuple[float, float]]
    interval: tuple[float, float] | None
    cells: list[str]


@dataclass(frozen=True)
class Chart:
    """A figure as bars; everything that they show stands in words beside them.

    Attributes:
        title, caption: of the table that it is; `name` tells it from all others of the page.
        head: headings of the cells.
        line: where England (else the system) stands, 0 to `WIDE`; None where nothing can be set against it.
        bars: a row each.
    """

    title: str
    name: str
    caption: str
    head: list[str]
    line: float | None
    bars: list[Bar]
