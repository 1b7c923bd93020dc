"""Results of `apply` as files: CSV or Parquet by the file's ending, written beside and swapped in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from placemap.apply.apportion import Apportionment
from placemap.apply.coverage import COVERAGE
from placemap.apply.measures import COUNT, MEAN, SUM, Measure
from placemap.apply.publish import flag_of
from placemap.apply.publish_rule import HELD, MARK
from placemap.apply.reconcile import Reconciliation
from placemap.apply.run import Applied
from placemap.core.account import Account
from placemap.core.errors import Exit, PlacemapError
from placemap.core.files import write_whole
from placemap.core.tables import TEXT_TYPES, Column, Table, TableSchema, as_text
from placemap.core.text import listed
from placemap.outputs.excel import TableSheet, TextSheet, workbook
from placemap.outputs.tables import write_csv, write_parquet
from placemap.resolve.place_codes import FOOTPRINT, ICS, PLACE

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


HELD_BACK = TableSchema(
    "Figures that are not published",
    (
        *(ICS, FOOTPRINT),
        Column(
            "PLACECD", "code", "the place; blank for a line of the reconciliation, and what places are held against"
        ),
        Column("PLACENM", "text", "its name"),
        Column("PART", "text", "the group, or the line"),
        Column("FIGURE", "text", "the figure"),
        Column("WHY", "text", "why, as far as that does not give it away"),
    ),
    ("ICSID", "FOOTPRINT", "PLACECD", "PART", "FIGURE"),
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


def result_table(applied: Applied, measures: Sequence[Measure], *, long: bool = False) -> Table:
    """The result as a table to write."""
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
    names = {column.name for column in (*PLACE_OF_ROW, *last)}
    groups = [title for title in frame.columns if title not in names and title not in titles]
    frame = frame.copy()
    for group in groups:
        frame[group] = ["" if pd.isna(value) else str(value) for value in frame[group]]
    for column in last:
        if column.type == "text":
            frame[column.name] = frame[column.name].fillna("")
        if column.type == "int":
            frame[column.name] = pd.Series([None if pd.isna(v) else int(v) for v in frame[column.name]], dtype=object)
    columns = (*PLACE_OF_ROW, *(Column(group, "text", "group of the data") for group in groups), *last)
    return Table("applied", TableSchema("Figures by place", columns, ("PLACECD", *groups)), frame)


def _flag(title: str, what: str) -> Column:
    return Column(title, "flag", f"whether {what} is held back, with all that is made of it")


def _figure_columns(applied: Applied) -> Iterator[Column]:
    """The columns that rates add to a result with a column a measure."""
    for kind in applied.figures:
        for column in kind.columns():
            yield Column(column.title, "text" if column.is_text else "number", column.what)


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
    table = Table("reconciliation", RECONCILIATION, pd.DataFrame(rows, columns=RECONCILIATION.names))
    return table if not any(item.is_published for item in reconciliations) else _with_flags(table, reconciliations)


def _with_flags(table: Table, reconciliations: Sequence[Reconciliation]) -> Table:
    """A published reconciliation with columns that say which figures are held back."""
    frame = table.frame
    is_blanked = frame["OUTCOME"].str.startswith("left blank: ")
    held = iter([one.held_back for item in reconciliations for one in item.blanked])
    flags: dict[str, list[bool]] = {
        f"ROWS {HELD}": (frame["ROWS"].isna() & ~is_blanked).tolist(),
        f"TOTAL {HELD}": [
            next(held) if blanked else bool(measure) and total != total
            for blanked, measure, total in zip(is_blanked, frame["MEASURE"], frame["TOTAL"], strict=True)
        ],
    }
    columns = (*table.schema.columns, *(_flag(title, f"`{title.removesuffix(f' {HELD}')}`") for title in flags))
    return replace(
        table, schema=replace(table.schema, columns=columns), frame=frame.join(pd.DataFrame(flags, index=frame.index))
    )


# --- what is held back ------------------------------------------------------------------------------------------------


def held_back_table(applied: Applied) -> Table:
    """What is not published, and why."""
    rows = [(one.ics, one.footprint, one.place, one.name, one.what, one.figure, one.why) for one in applied.held_back]
    return Table("held_back", HELD_BACK, pd.DataFrame(rows, columns=HELD_BACK.names, dtype=object))


def held_back_file(path: Path) -> Path:
    """The file beside a result that says what is held back of it."""
    return path.with_name(f"{path.stem}-held-back.csv")


def marked(table: Table, columns_of: Mapping[str, Sequence[str]]) -> Table:
    """A table for readers: a mark where a figure is held back, instead of columns that say so.

    Args:
        columns_of: by column that says so, the columns that it speaks of.
    """
    frame = table.frame.copy()
    for flag, names in columns_of.items():
        held = frame[flag].to_numpy(dtype=bool)
        for name in names if held.any() else ():
            values = zip(held, frame[name].tolist(), strict=True)
            found = [MARK if is_held and _is_gone(value) else value for is_held, value in values]
            frame[name] = pd.Series(found, dtype=object)
    columns = tuple(column for column in table.schema.columns if column.name not in columns_of)
    return replace(table, schema=replace(table.schema, columns=columns), frame=frame.drop(columns=list(columns_of)))


def _is_gone(value: object) -> bool:
    return value is None or value == "" or value != value


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


def _texts(table: Table) -> Table:
    """A table with marks as one of texts, for a file that has no other types."""
    columns, frame = [], table.frame.copy()
    for column in table.schema.columns:
        values = frame[column.name].tolist()
        if column.type not in TEXT_TYPES and MARK in values:
            frame[column.name] = [value if value == MARK else as_text([value], column)[0] for value in values]
            columns.append(replace(column, type="text"))
        else:
            columns.append(column)
    return replace(table, schema=replace(table.schema, columns=tuple(columns)), frame=frame)


# --- files ------------------------------------------------------------------------------------------------------------


def write_result(applied: Applied, measures: Sequence[Measure], path: Path, *, long: bool = False) -> None:
    """Write figures by place; what is held back of them stands on a sheet of a workbook, or in a file beside others.

    Raises:
        PlacemapError: the ending is none of those, or the file cannot be written; what stood there still does.
    """
    check_ending(path, workbook=True)
    table, flags = result_table(applied, measures, long=long), flags_of(applied, measures, long=long)
    if path.suffix == WORKBOOK:
        write_whole(path, _workbook(applied, marked(table, flags)))
        return
    _write(table, flags, path)
    if applied.rule:
        write_frame(held_back_table(applied), held_back_file(path))


def write_reconciliation(applied: Applied, path: Path) -> None:
    """Write where all that came in has gone.

    Raises:
        PlacemapError: see `write_frame`.
    """
    flags = {f"{name} {HELD}": [name] for name in ("ROWS", "TOTAL")} if applied.rule else {}
    _write(reconciliation_table(applied.reconciliations, applied.account), flags, path)


def _write(table: Table, flags: Mapping[str, Sequence[str]], path: Path) -> None:
    """Write a table, with marks where a CSV has them; other files keep numbers, and columns that say what is gone."""
    write_frame(_texts(marked(table, flags)) if flags and path.suffix == ".csv" else table, path)


def _workbook(applied: Applied, table: Table) -> bytes:
    flags = {f"{name} {HELD}": [name] for name in ("ROWS", "TOTAL")} if applied.rule else {}
    lines = marked(reconciliation_table(applied.reconciliations, applied.account), flags)
    held = [held_back_table(applied)] if applied.rule else []
    named = zip(("Figures", "Reconciliation", "Held back"), (table, lines, *held), strict=False)
    rows = [("Placed", applied.method), *(("Note", note) for note in (*applied.notes, *applied.told))]
    rows += [(finding.code, finding.message) for finding in applied.findings]
    title = "Figures by place"
    return workbook(
        [
            *(TableSheet(name, one, len(one.schema.columns), 2) for name, one in named),
            TextSheet("About", title, rows, (24, 110)),
        ],
        title,
    )


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
        write_frame(Table(f"placemap_{table}", schema, frame), path)


def key_files(folder: Path) -> tuple[Path, Path]:
    """The two files that `write_keys` writes: codes and weights."""
    return folder / "placemap_codes.csv", folder / "placemap_weights.csv"
