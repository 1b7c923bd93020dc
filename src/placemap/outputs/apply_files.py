"""What `apply` writes: CSV with marks where figures are held back, Parquet with columns that say so, or a workbook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from placemap.apply.publish import HeldBack
from placemap.apply.publish_rule import MARK
from placemap.apply.run import Applied
from placemap.apply.tiers import Tiers
from placemap.core.columns import Columns, columns_of_rows
from placemap.core.files import write_whole
from placemap.core.tables import TEXT_TYPES, Column, Table, TableSchema, as_text
from placemap.outputs.applied import (
    LINE_FLAGS,
    WORKBOOK,
    check_ending,
    reconciliation_table,
    write_frame,
)
from placemap.outputs.excel import TableSheet, TextSheet, workbook
from placemap.resolve.place_codes import FOOTPRINT, ICS

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


def write_result(
    applied: Applied,
    table: Table,
    flags: Mapping[str, Sequence[str]],
    path: Path,
    tiers: Tiers | None = None,
    about: Sequence[tuple[str, str]] = (),
) -> None:
    """Write figures by place; what is held back of them stands on a sheet of a workbook, or in a file beside others.

    Args:
        table: of `result_table`. flags: of `flags_of`.
        about: what a workbook says of places and sources besides, each with a label.

    Raises:
        PlacemapError: the ending is none of those, or the file cannot be written; what stood there still does.
    """
    check_ending(path, workbook=True)
    held = [held_back_table(applied, tiers)] if applied.rule else []
    if path.suffix == WORKBOOK:
        write_whole(path, _workbook(applied, [marked(table, flags), _lines(applied), *held], about))
        return
    _write(table, flags, path)
    for one in held:
        write_frame(one, held_back_file(path))


def write_reconciliation(applied: Applied, path: Path) -> None:
    """Write where all that came in has gone.

    Raises:
        PlacemapError: see `write_frame`.
    """
    table = reconciliation_table(applied.reconciliations, applied.account)
    _write(table, LINE_FLAGS if applied.rule else {}, path)


def told_held_back(applied: Applied, tiers: Tiers | None = None) -> list[HeldBack]:
    """What is not published; of parts of places, under the place, with the one of the tier above that they lie in."""
    return list(applied.held_back) if tiers is None else tiers.held_back(applied)


def held_back_table(applied: Applied, tiers: Tiers | None = None) -> Table:
    """What is not published, and why."""
    held = told_held_back(applied, tiers)
    rows = [(one.ics, one.footprint, one.place, one.name, one.what, one.figure, one.why) for one in held]
    return Table("held_back", HELD_BACK, columns_of_rows(rows, HELD_BACK))


def held_back_file(path: Path) -> Path:
    """The file beside a result that says what is held back of it."""
    return path.with_name(f"{path.stem}-held-back.csv")


def marked(table: Table, flags: Mapping[str, Sequence[str]]) -> Table:
    """A table for readers: a mark where a figure is held back, instead of columns that say so.

    Args:
        flags: by column that says so, the columns that it speaks of.
    """
    columns = {name: table.columns[name] for name in table.schema.names if name not in flags}
    for flag, names in flags.items():
        held = np.asarray(table.columns[flag], dtype=bool).tolist()
        for name in names if any(held) else ():
            values = zip(held, columns[name].tolist(), strict=True)
            found = [MARK if is_held and _is_gone(value) else value for is_held, value in values]
            columns[name] = np.array(found, dtype=object)
    kept = tuple(column for column in table.schema.columns if column.name in columns)
    return replace(table, schema=replace(table.schema, columns=kept), columns=Columns(columns))


def _is_gone(value: object) -> bool:
    return value is None or value == "" or value != value


def _write(table: Table, flags: Mapping[str, Sequence[str]], path: Path) -> None:
    """Write a table, with marks where a CSV has them; Parquet keeps numbers, and columns that say what is gone."""
    write_frame(as_texts(marked(table, flags)) if flags and path.suffix == ".csv" else table, path)


def as_texts(table: Table) -> Table:
    """A table with marks as one of texts, for a file that has no other types."""
    schema, columns = [], {}
    for column in table.schema.columns:
        values = table.columns[column.name]
        if column.type not in TEXT_TYPES and MARK in values.tolist():
            found = [value if value == MARK else as_text([value], column)[0] for value in values.tolist()]
            values, column = np.array(found, dtype=object), replace(column, type="text")  # noqa: PLW2901
        columns[column.name] = values
        schema.append(column)
    return replace(table, schema=replace(table.schema, columns=tuple(schema)), columns=Columns(columns))


def _lines(applied: Applied) -> Table:
    """The reconciliation for readers."""
    return marked(reconciliation_table(applied.reconciliations, applied.account), LINE_FLAGS if applied.rule else {})


def _workbook(applied: Applied, tables: Sequence[Table], about: Sequence[tuple[str, str]]) -> bytes:
    """The result, its reconciliation, what is held back, and how it was made, a sheet each."""
    rows = [*about, ("Placed", applied.method), *(("Note", note) for note in (*applied.notes, *applied.told))]
    rows += [(finding.code, finding.message) for finding in applied.findings]
    title = "Figures by place"
    named = zip(("Figures", "Reconciliation", "Held back"), tables, strict=False)
    sheets = [TableSheet(name, one, len(one.schema.columns), 2) for name, one in named]
    return workbook([*sheets, TextSheet("About", title, rows, (24, 110))], title)
