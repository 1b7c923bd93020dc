"""Results of `apply` as files: CSV or Parquet by the file's ending, written beside and swapped in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from placemap.apply.apportion import Apportionment
from placemap.apply.coverage import COVERAGE
from placemap.apply.measures import COUNT, MEAN, SUM, Measure
from placemap.apply.publish import flag_of
from placemap.apply.publish_rule import HELD
from placemap.apply.reconcile import Reconciliation
from placemap.apply.run import Applied
from placemap.apply.tiers import Tiers
from placemap.core.account import Account
from placemap.core.columns import columns_of, columns_of_rows
from placemap.core.errors import Exit, PlacemapError
from placemap.core.files import write_whole
from placemap.core.tables import Column, Table, TableSchema
from placemap.core.text import listed
from placemap.outputs.tables import write_csv, write_parquet
from placemap.resolve.place_codes import FOOTPRINT, ICS, PARENT, PLACE

#: The columns that say which place a row is about.
PLACE_OF_ROW = (ICS, FOOTPRINT, *PLACE)

ENDINGS = {".csv": write_csv, ".parquet": write_parquet}
WORKBOOK = ".xlsx"

RECONCILIATION = TableSchema(
    "Where all that came in has gone",
    (
        *(ICS, FOOTPRINT),
        Column(
            "OUTCOME",
            "text",
            "what became of it; `in` is what came in, the sum of those below it; `file: …` the file; `left blank: …` a "
            "part of what is placed: the figure of a place that the data cover too little of",
        ),
        Column("ROWS", "number", "rows of the data, or the part of them that is in the area"),
        Column("MEASURE", "text", "column of the data, blank on lines of rows alone"),
        Column("TOTAL", "number", "sum of that column"),
    ),
    ("ICSID", "FOOTPRINT", "OUTCOME", "MEASURE"),
)
#: By column of a published reconciliation that says whether figures are held back, the columns of these.
LINE_FLAGS = {f"{name} {HELD}": [name] for name in ("ROWS", "TOTAL")}
_RECONCILIATION_FLAGS = tuple(
    Column(flag, "flag", f"whether {names[0]} is held back") for flag, names in LINE_FLAGS.items()
)
KEY_CODES = TableSchema(
    "Codes that the reference has",
    (
        Column("CODE", "code", "code of the unit"),
        Column("VINTAGE", "text", "vintage that has it"),
        Column("OUTCOME", "text", "known, or no longer in use"),
    ),
    ("CODE",),
)
KEY_WEIGHTS = TableSchema(
    "The part of each unit's figures that goes to each place",
    (
        Column("CODE", "code", "code of the unit"),
        *PLACE_OF_ROW,
        Column("WEIGHT", "text", "part of the unit, 0 to 1, in as many digits as it has"),
    ),
    ("CODE", "ICSID", "FOOTPRINT", "PLACECD"),
)
COVERED = tuple(
    Column(name, "number", f"share of the place's {what} that the data cover, 0 to 1; blank where that does not apply")
    for name, what in zip(COVERAGE, ("units", "residents", "registered patients"), strict=True)
)


def check_ending(path: Path, *, workbook: bool = False) -> None:
    """Raise where a file's ending does not say what it is to be.

    Args:
        workbook: whether `.xlsx` is one of them.

    Raises:
        PlacemapError: the file ends in neither `.csv` nor `.parquet`.
    """
    known = [*ENDINGS, *([WORKBOOK] if workbook else [])]
    if path.suffix not in known:
        raise PlacemapError(
            f"`{path.name}` ends in "
            + (f"none of {listed(known, 'or')}" if workbook else f"neither {listed(known, 'nor')}"),
            location=str(path),
            hint="choose one of these",
            exit_code=Exit.USAGE,
        )


def write_frame(table: Table, path: Path) -> None:
    """Write a table to a file.

    Raises:
        PlacemapError: the ending is neither .csv nor .parquet, or the file cannot be written; what stood there
            still does.
    """
    check_ending(path)
    write_whole(path, lambda new: ENDINGS[path.suffix](table, new))


def result_table(
    applied: Applied, measures: Sequence[Measure], *, long: bool = False, tiers: Tiers | None = None
) -> Table:
    """The result as a table to write; with `tiers`, each figure beside the place of the tier above that it lies in."""
    titles = {measure.title: measure for measure in measures}
    if long:
        frame = applied.long(measures)
        last: tuple[Column, ...] = (
            Column("MEASURE", "text", "the measure"),
            Column("VALUE", "number", "its value in the place; blank where the data have none"),
            *_long_columns(applied),
            *([_flag(HELD, "the figure")] if applied.rule else []),
            *COVERED,
        )
    else:
        frame = applied.frame
        flags = [_flag(flag_of(measure), f"`{measure.title}`") for measure in measures] if applied.rule else []
        last = (*(_column(frame, measure) for measure in measures), *_figure_columns(applied), *flags, *COVERED)
    above: tuple[Column, ...] = PARENT if tiers else ()
    frame = tiers.told(frame) if tiers else frame
    head, key = (*PLACE_OF_ROW, *above), ("PLACECD", *(column.name for column in above[:1]))
    names = {column.name for column in (*head, *last)}
    groups = [title for title in frame.columns if title not in names and title not in titles]
    frame = frame.copy()
    for group in groups:
        frame[group] = ["" if pd.isna(value) else str(value) for value in frame[group]]
    for column in last:
        if column.type == "text":
            frame[column.name] = frame[column.name].fillna("")
        if column.type == "int":
            frame[column.name] = pd.Series([None if pd.isna(v) else int(v) for v in frame[column.name]], dtype=object)
    columns = (*head, *(Column(group, "text", "group of the data") for group in groups), *last)
    key = (*key, *groups, *(["MEASURE"] if long else []))
    return Table("applied", TableSchema("Figures by place", columns, key), columns_of(frame))


def _flag(title: str, what: str) -> Column:
    return Column(title, "flag", f"whether {what} is held back, with all that is made of it")


def _figure_columns(applied: Applied) -> Iterator[Column]:
    """The columns that rates add to a result with a column a measure."""
    for kind in applied.figures:
        for column in kind.columns():
            yield Column(column.title, "text" if column.is_text else "number", column.what)


def flags_of(applied: Applied, measures: Sequence[Measure], *, long: bool = False) -> dict[str, list[str]]:
    """By column of a result that says whether figures are held back, the columns of these."""
    if not applied.rule:
        return {}
    if long:
        return {HELD: list(dict.fromkeys(["VALUE", *(column.name for column in _long_columns(applied))]))}
    found = {flag_of(measure): [measure.title] for measure in measures}
    for kind in applied.figures:
        found[flag_of(measures[kind.measure])] += [column.title for column in kind.columns()]
    return found


def _long_columns(applied: Applied) -> Iterator[Column]:
    """The columns that rates add to a result with a row a measure."""
    added = {column.part: column for kind in applied.figures for column in kind.columns() if column.part != "VALUE"}
    for part, column in added.items():
        yield Column(part, "text" if column.is_text else "number", f"{column.what}; blank beside other measures")


def _column(frame: pd.DataFrame, measure: Measure) -> Column:
    if measure.how == COUNT:
        text = "rows of the data"
    elif measure.how == SUM:
        text = f"sum of `{measure.column}`; units that cross places are shared out"
    elif measure.how == MEAN:
        text = f"mean of `{measure.column}`" + (f", weighted by `{measure.over}`" if measure.over else " over rows")
    else:
        text = f"sum of `{measure.column}` ÷ sum of `{measure.over}`"
    filled = frame[measure.title].dropna()
    is_whole = measure.how in (SUM, COUNT) and bool((filled == filled.round()).all())
    return Column(measure.title, "int" if is_whole else "number", text)


def reconciliation_table(reconciliations: Sequence[Reconciliation], account: Account | None = None) -> Table:
    """Reconciliations as one table to write: a row a line and total, after the rows of the file."""
    parts = {"file: all rows": account.rows, **{f"file: {k}": v for k, v in account.parts().items()}} if account else {}
    nan = float("nan")
    rows = [
        (one.ics, one.footprint, name, float(count), "", nan)
        for one in reconciliations
        for name, count in parts.items()
    ]
    rows += [
        (item.ics, item.footprint, line.outcome, line.rows, title, total)
        for item in reconciliations
        for line in (item.total, *item.lines)
        for title, total in zip(("", *item.titles), (float("nan"), *line.totals), strict=True)
        if title or not item.titles
    ]
    rows += [
        (
            item.ics,
            item.footprint,
            " ".join(f"left blank: {one.place} {one.group}".split()),
            nan,
            one.measure,
            one.value,
        )
        for item in reconciliations
        for one in item.blanked
    ]
    if any(item.is_published for item in reconciliations):
        return _with_flags(rows, reconciliations)
    return Table("reconciliation", RECONCILIATION, columns_of_rows(rows, RECONCILIATION))


def _with_flags(
    rows: Sequence[tuple[str, str, str, float, str, float]], reconciliations: Sequence[Reconciliation]
) -> Table:
    """Published reconciliations, with columns that say which figures are held back."""
    schema = replace(RECONCILIATION, columns=(*RECONCILIATION.columns, *_RECONCILIATION_FLAGS))
    held = iter([one.held_back for item in reconciliations for one in item.blanked])
    flagged = [(*row, *_flags_of_line(*row[2:], held)) for row in rows]
    return Table("reconciliation", schema, columns_of_rows(flagged, schema))


def _flags_of_line(outcome: str, rows: float, measure: str, total: float, held: Iterator[bool]) -> tuple[bool, bool]:
    """Whether the rows and the total of a line of a published reconciliation are held back.

    Args:
        held: whether each of those is that are left blank for their coverage.
    """
    if outcome.startswith("left blank: "):
        return False, next(held)
    return rows != rows, bool(measure) and total != total


def write_keys(keys: Apportionment, folder: Path) -> None:
    """Write the two tables that the SQL of `apply` joins, for someone to load into a warehouse.

    Raises:
        PlacemapError: the tables cannot be written.
    """
    codes = keys.codes.sort_values("CODE", ignore_index=True)
    weights = keys.weights.sort_values([*KEY_WEIGHTS.key], ignore_index=True)
    weights = weights.assign(WEIGHT=[repr(float(weight)) for weight in weights["WEIGHT"]])
    for table, path in zip(("codes", "weights"), key_files(folder), strict=True):
        schema, frame = (KEY_CODES, codes) if table == "codes" else (KEY_WEIGHTS, weights)
        write_frame(Table(f"placemap_{table}", schema, columns_of(frame)), path)


def key_files(folder: Path) -> tuple[Path, Path]:
    """The two files that `write_keys` writes: codes and weights."""
    return folder / "placemap_codes.csv", folder / "placemap_weights.csv"
