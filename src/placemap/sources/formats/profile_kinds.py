"""Which columns of a table are figures, and of what kind: said by the importer, or by the titles; never guessed."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from placemap.core.arrays import Floats
from placemap.core.errors import PlacemapError, usage_error
from placemap.core.figures import SENTINELS, looks_intensive
from placemap.core.text import counted, listed, some
from placemap.reference.profiles import (
    BANDED,
    COUNT,
    DECILE,
    KINDS,
    OF_OTHERS,
    PERCENTAGE,
    PROPORTION,
    QUINTILE,
    RANK,
    SCORE,
)

#: What a title says by itself, the first that is in it.
_SAID = ((RANK, r"rank(ing)?"), (DECILE, r"deciles?"), (QUINTILE, r"quintiles?"), (SCORE, r"scores?"))
#: Titles of columns that are no figures, though they hold numbers.
_BESIDE = re.compile(
    r"object ?id|fid|ogc_fid|globalid|shape_+(area|length)|id|date|year|month|period|time|.*\bcode\b.*", re.IGNORECASE
)
_NUMBER = r"(?:[-+]?(\d+|\d{1,3}(,\d{3})+)(\.\d+)?([eE][-+]?\d+)?|[-+]?\.\d+)"
#: The highest that a kind may be.
_MOST = {DECILE: 10, QUINTILE: 5, PERCENTAGE: 100}
#: Part of the filled cells from which on a column is one of figures, some of which are held back.
_MOSTLY = 0.5
_SHOWN = 4


@dataclass(frozen=True)
class Chosen:
    """A column that is taken: of what kind, and its figures by row, NaN for none."""

    title: str
    kind: str
    over: str
    values: Floats


def chosen_columns(
    frame: pd.DataFrame, wanted: Sequence[str], over: str, blanks: Sequence[str], file: str
) -> tuple[list[Chosen], list[str]]:
    """The columns that are taken, in the order of the file, and what to know of them.

    Args:
        frame: cells as text without white space around them.
        wanted: `TITLE`, `TITLE=KIND` or `TITLE=KIND/OVER`; a title may be the beginning of several.
        over: the column that all counts are parts of.

    Raises:
        PlacemapError: there is no such column, it holds what is no number, or nothing says what it is.
    """
    frame = frame.mask(frame.isin(list(blanks)), "")
    said = _said(frame, wanted, file) if wanted else dict.fromkeys(_figures(frame), ("", ""))
    if over:
        (over,) = _titles(frame, over, file)[:1]
    wholes = [title for title in (over, *(other for _, other in said.values())) if title]
    said = dict.fromkeys(wholes, ("", "")) | said
    made = [_chosen(frame, title, *said[title], over, file) for title in map(str, frame.columns) if title in said]
    _refuse_unsaid(made, file)
    if not made:
        raise PlacemapError("no column holds figures", location=file, hint="name them: --column 'TITLE=KIND'")
    return made, _notes(frame, made)


def _figures(frame: pd.DataFrame) -> list[str]:
    """The columns of which most filled cells are numbers."""
    found = []
    for title in map(str, frame.columns):
        filled = frame.loc[frame[title] != "", title]
        if len(filled) and not _BESIDE.fullmatch(title) and filled.str.fullmatch(_NUMBER + " ?%?").mean() >= _MOSTLY:
            found.append(title)
    return found


def _said(frame: pd.DataFrame, wanted: Sequence[str], file: str) -> dict[str, tuple[str, str]]:
    """By title, the kind and the other column that the importer names; empty texts where none are."""
    found: dict[str, tuple[str, str]] = {}
    seen: set[str] = set()
    for text in wanted:
        title, equals, rest = text.rpartition("=")
        kind, _, other = rest.partition("/")
        if not equals or kind not in KINDS:
            if equals and not _begin(frame, text) and _begin(frame, title):
                raise usage_error(f"`{rest}` is no kind of figure", f"the kinds are {', '.join(KINDS)}", file)
            title, kind, other = text, "", ""
        other = _titles(frame, other, file)[0] if other else ""
        if title in seen:
            raise usage_error(f"column `{title}` is asked for twice", "name each column once", file)
        seen.add(title)
        found |= dict.fromkeys(_titles(frame, title, file), (kind, other))
    return found


def _titles(frame: pd.DataFrame, start: str, file: str) -> list[str]:
    """The column of that title, else all that begin so."""
    found = _begin(frame, start)
    if not found:
        raise usage_error(f"there is no column `{start}`", f"it has {', '.join(map(str, frame.columns))}", file)
    return found


def _begin(frame: pd.DataFrame, start: str) -> list[str]:
    titles = list(map(str, frame.columns))
    return [start] if start in titles else [title for title in titles if title.startswith(start)]


def _chosen(frame: pd.DataFrame, title: str, kind: str, other: str, over: str, file: str) -> Chosen:
    values = _numbers(frame[title], file)
    if not kind:
        _refuse_sentinels(title, values, file)
        kind = _told(title, values, per_cent=bool(frame[title].str.endswith("%").any()))
    if over and title != over and kind in (COUNT, *OF_OTHERS):
        kind, other = (PROPORTION if kind == COUNT else kind), other or over
    return Chosen(title, kind, other if kind in OF_OTHERS else "", values)


def _told(title: str, values: Floats, *, per_cent: bool) -> str:
    """What a title says that its figures are; whole numbers with no word of it are counts; empty where unclear."""
    for kind, word in _SAID:
        if re.search(rf"\b{word}\b", title, re.IGNORECASE):
            return kind
    known = values[np.isfinite(values)]
    is_count = bool((known == np.rint(known)).all() and (known >= 0).all())
    return COUNT if is_count and not per_cent and not looks_intensive(title) else ""


def _numbers(cells: pd.Series, file: str) -> Floats:
    """Cells as numbers, NaN for blank ones.

    Raises:
        PlacemapError: a cell is no number, or some are per cent and others parts of 1.
    """
    texts = cells.str.removesuffix("%").str.rstrip()
    good = texts.str.fullmatch(_NUMBER)
    numbers = texts.str.replace(",", "").mask(~good, "nan").astype("float64")
    good &= ~np.isinf(numbers)
    bad = cells[~good & (cells != "")]
    if len(bad):
        marks = list(dict.fromkeys(bad))
        options = " ".join(f"--blank {shlex.quote(mark)}" for mark in marks[:_SHOWN])
        raise usage_error(
            f"column `{cells.name}` holds {counted(len(bad), 'cell')} that are no numbers: {some(marks, _SHOWN)}",
            f"if these stand for figures that were held back: {options}",
            file,
        )
    _refuse_some_per_cent(cells, numbers, file)
    return numbers.to_numpy()


# --- what is refused, and said ----------------------------------------------------------------------------------------


def _refuse_some_per_cent(cells: pd.Series, numbers: pd.Series, file: str) -> None:
    """Refuse `12%` beside `0.12`, of which one would count a hundredfold."""
    signed = cells.str.endswith("%")
    parts = ~signed & (numbers.abs() <= 1) & (numbers != 0)
    if signed.any() and parts.any():
        raise PlacemapError(
            f"column `{cells.name}` holds {counted(int(signed.sum()), 'cell')} in per cent, such as "
            f"`{cells[signed].iloc[0]}`, and {int(parts.sum()):,} that may be parts of 1, such as "
            f"`{cells[parts].iloc[0]}`; expected one way of writing",
            location=file,
            hint="write all of them the same way in the file",
        )


def _refuse_sentinels(title: str, values: Floats, file: str) -> None:
    """Refuse a column whose only negative numbers are ones that mean "no figure" in many a table, as `apply` does."""
    below = values[values < 0]
    marks = [mark for mark in SENTINELS if (below == mark).any()]
    if len(below) > 1 and np.isin(below, marks).all():
        shown = ", ".join(f"`{mark}` ×{int((below == mark).sum()):,}" for mark in marks)
        options = " ".join(f"--blank={mark}" for mark in marks)
        raise usage_error(
            f"the only negative numbers of column `{title}` are {shown}: they look like marks for no figure",
            f"leave them blank with {options}; if they are figures, say of what kind: --column "
            + shlex.quote(f"{title}=score"),
            file,
        )


def _refuse_unsaid(chosen: Sequence[Chosen], file: str) -> None:
    unclear = [column.title for column in chosen if not column.kind]
    if unclear:
        raise usage_error(
            f"nothing says whether these are counts, proportions or scores: {some(unclear, _SHOWN, by='; ')}",
            f"say so, as in --column {shlex.quote(f'{unclear[0]}=score')} (or =count, =proportion/OTHER COLUMN, "
            "=percentage/OTHER COLUMN); columns that are not named are then left out",
            file,
        )
    empty = next((column for column in chosen if not np.isfinite(column.values).any()), None)
    if empty:
        raise PlacemapError(f"column `{empty.title}` holds no figure", location=file, hint="leave it out")
    alone = next((column for column in chosen if column.kind in OF_OTHERS and not column.over), None)
    if alone:
        raise usage_error(
            f"`{alone.title}` is a {alone.kind}, and nothing says of what",
            f"name the column of all of them: --column {shlex.quote(f'{alone.title}={alone.kind}/OTHER COLUMN')}; a "
            "figure without one can be a score, whose mean is weighted by residents",
            file,
        )
    odd = next((one for one in chosen if one.title in {c.over for c in chosen} and one.kind != COUNT), None)
    if odd:
        raise usage_error(
            f"`{odd.title}` is a {odd.kind}, so nothing can be a part of it", "name a column of counts", file
        )


def refuse_values(chosen: Sequence[Chosen], codes: Sequence[str], file: str) -> None:
    """Refuse figures that cannot be what they are said to be.

    Raises:
        PlacemapError: a count is negative, a decile is 11, a part is larger than its whole …
    """
    by_title = {column.title: column.values for column in chosen}
    for column in chosen:
        values, what = column.values, f"no {column.kind}"
        wrong = np.zeros(len(values), dtype=bool)
        if column.kind != SCORE:
            wrong |= values < (1 if column.kind in BANDED else 0)
            wrong |= values > _MOST.get(column.kind, np.inf)
        if column.kind in BANDED:
            wrong |= np.isfinite(values) & (values != np.rint(values))
        if column.kind == PROPORTION and not wrong.any():
            wrong, what = values > by_title[column.over], f"more than `{column.over}` there"
        if wrong.any():
            at = int(np.flatnonzero(wrong)[0])
            raise PlacemapError(
                f"`{column.title}` is {values[at]:.10g} for {codes[at]}, which is {what} "
                f"({counted(int(wrong.sum()), 'row')} like that)",
                location=file,
                hint=f"say what the column is: --column {shlex.quote(column.title + '=KIND')}; the kinds are "
                + listed(list(KINDS), "or"),
            )


def _notes(frame: pd.DataFrame, chosen: Sequence[Chosen]) -> list[str]:
    notes = [
        f"`{column.title}`: {column.kind}"
        + (f" of `{column.over}`" if column.over else "")
        + (f", blank in {counted(blank, 'row')}" if (blank := int(np.isnan(column.values).sum())) else "")
        for column in chosen
    ]
    taken = {column.title for column in chosen}
    rest = [str(title) for title in frame.columns if title not in taken]
    return [*notes, *([f"no figures, or not asked for: {some(rest, 8, counted=True)}"] if rest else [])]
