"""Cells of a column of figures that are no figures: what they are, and what to do about them; nothing is guessed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence

from placemap.core.errors import Exit, PlacemapError
from placemap.core.text import counted

#: What publishers write for a figure that they hold back or do not have.
_MARKER = re.compile(
    r"[*†‡~#]+|\[?[a-z]\]?|\[(?:low|note \d+)\]|[<>≤≥] ?\d+|\d+ ?(?:-|–|to) ?\d+|\.{1,3}|…|[-–—]+|:|n/?[ak]|nan|null"
    r"|none|suppressed",
    re.IGNORECASE,
)
_PERCENT = re.compile(r"[-+]?[\d.,]+ ?%")
_DECIMAL_COMMA = re.compile(r"[-+]?\d+(?:\.\d{3})*,\d{1,2}|[-+]?\d+,\d{4,}|[-+]?0,\d+")
_SHOWN = 12

Cells = Sequence[tuple[str, int]]


def bad_cells_error(column: str, total: int, cells: Cells, label: str) -> PlacemapError:
    """The refusal of a column with cells that are no numbers, each kind with its own next step.

    Args:
        total: how many cells there are of the kind.
        cells: the cells with their numbers, most frequent first.
    """
    shown = ", ".join(f"`{cell}` ×{count:,}" for cell, count in cells[:_SHOWN])
    more = " …" if len(cells) > _SHOWN else ""
    no_number = "that is no number" if total == 1 else "that are no numbers"
    return PlacemapError(
        f"column `{column}` holds {counted(total, 'cell')} {no_number}: {shown}{more}",
        location=label,
        hint="; ".join(_steps(column, cells)),
        exit_code=Exit.USAGE,
    )


def _steps(column: str, cells: Cells) -> list[str]:
    texts = [cell for cell, _ in cells if cell.casefold() != column.casefold()]
    markers = [text for text in texts if _MARKER.fullmatch(text)]
    percent = [text for text in texts if _PERCENT.fullmatch(text)]
    commas = [text for text in texts if _DECIMAL_COMMA.fullmatch(text) and text not in percent]
    others = [text for text in texts if text not in {*markers, *percent, *commas}]
    steps = []
    if len(texts) < len(cells):
        steps.append("the header stands in the data again, as in files that were put together: take those rows out")
    if markers:
        options = " ".join(f"--blank {shlex.quote(text)}" for text in markers[:_SHOWN])
        steps.append(f"if these stand for figures that were held back, leave them blank with {options}")
    if percent:
        steps.append(f"percentages such as `{percent[0]}` do not add up: give what they were made from (--rate)")
    if commas:
        steps.append(f"`{commas[0]}` may have a decimal comma: write it with a point in the file")
    if others:
        steps.append(f"mend `{others[0]}` in the file, or leave `{column}` out")
    return steps


def sentinel_error(column: str, found: Sequence[tuple[int, int]], label: str) -> PlacemapError:
    """The refusal of a column whose only negative numbers are ones that mean "no figure" in many a table."""
    shown = ", ".join(f"`{value}` ×{count:,}" for value, count in found)
    options = " ".join(f"--blank={value}" for value, _ in found)
    return PlacemapError(
        f"the only negative numbers of column `{column}` are {shown}: they look like marks for no figure",
        location=label,
        hint=f"leave them blank with {options}; if they are figures, say so with --extensive {shlex.quote(column)}",
        exit_code=Exit.USAGE,
    )
