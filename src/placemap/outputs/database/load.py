"""Tables loaded into a schema as one step: all of them are there at the end, or what was there before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from placemap.apply.sql import literal, name
from placemap.core.columns import Columns
from placemap.core.errors import Exit, PlacemapError
from placemap.core.tables import Column, Table
from placemap.outputs.database.target import SQL_TYPES, Database, Session, Shape, named_columns
from placemap.outputs.tables import stored

#: The end of the comment on every table that placemap made: others are never touched.
MARK = "[made by placemap]"


def load_tables(database: Database, schema: str, tables: Sequence[Table], about: Sequence[str] = ()) -> None:
    """Put tables into a schema in the place of all that placemap put there before, in one transaction.

    Args:
        schema: a name as `schema_name` gives it; made where it is not there.
        about: what the comment of each table says after its title, such as attributions.

    Raises:
        PlacemapError: the database cannot be reached or refuses, or has a table of such a name that is not ours.
    """
    columns = {table.name: named_columns(database, table) for table in tables}
    with database.session() as session:
        session.run(f"CREATE SCHEMA IF NOT EXISTS {session.path(schema)}")
        there = session.relations(schema)
        _refuse_foreign(database, schema, [*columns], there)
        # A table that can take the new rows stays, with the views on it and people's rights to it.
        shapes = {table.name: _shape(table, columns[table.name]) for table in tables}
        kept = {name for name, shape in shapes.items() if name in there and session.shape(schema, name) == shape}
        for old, comment in there.items():
            if comment.endswith(MARK):
                path = session.path(schema, old)
                session.run(f"DELETE FROM {path}" if old in kept else f"DROP TABLE {path}")
        for table in tables:
            _put(session, schema, table, columns[table.name], about, is_new=table.name not in kept)


def _refuse_foreign(database: Database, schema: str, names: Sequence[str], there: dict[str, str]) -> None:
    foreign = [name for name in names if name in there and not there[name].endswith(MARK)]
    if foreign:
        raise PlacemapError(
            f"{database.label} has a table or view {schema}.{foreign[0]} that placemap did not make (the comment on "
            f"its own tables ends with {MARK})",
            hint="choose another --schema, or rename that table; nothing was changed",
            exit_code=Exit.USAGE,
        )


def _shape(table: Table, columns: list[tuple[str, Column]]) -> Shape:
    held = tuple((title, SQL_TYPES[column.type]) for title, column in columns)
    return Shape(held, tuple(title for title, column in columns if column.name in table.schema.key))


def _put(
    session: Session,
    schema: str,
    table: Table,
    columns: list[tuple[str, Column]],
    about: Sequence[str],
    *,
    is_new: bool,
) -> None:
    path = session.path(schema, table.name)
    if is_new:
        session.run(f"CREATE TABLE {path} ({_definition(_shape(table, columns))})")
    session.fill(path, [title for title, _ in columns], _rows(table))
    comment = ". ".join([table.schema.title, *about, MARK])
    session.run(f"COMMENT ON TABLE {path} IS {literal(comment)}")
    for title, column in columns:
        session.run(f"COMMENT ON COLUMN {path}.{name(title)} IS {literal(column.description)}")


def _definition(shape: Shape) -> str:
    held = [f"{name(title)} {kind}{' NOT NULL' if title in shape.key else ''}" for title, kind in shape.columns]
    key = [f"PRIMARY KEY ({', '.join(map(name, shape.key))})"] if shape.key else []
    return ", ".join([*held, *key])


def _rows(table: Table) -> Iterator[tuple[Any, ...]]:
    """The rows as they stand in the CSV: figures to the same decimals, blanks as nulls, in keys as empty texts."""
    columns = [
        stored(table.columns[column.name].tolist(), column, blank="" if column.name in table.schema.key else None)
        for column in table.schema.columns
    ]
    return zip(*columns, strict=True)


def together(parts: Sequence[Sequence[Table]]) -> list[Table]:
    """The tables of several footprints, those of one name as one: their key says which footprint, too."""
    by_name: dict[str, list[Table]] = {}
    for table in (table for tables in parts for table in tables):
        by_name.setdefault(table.name, []).append(table)
    return [_one(same) if len(parts) > 1 else same[0] for same in by_name.values()]


def _one(same: list[Table]) -> Table:
    columns: dict[str, Column] = {}
    for column in (column for table in same for column in table.schema.columns):
        known = columns.setdefault(column.name, column)
        if known.type == "int" and column.type in ("people", "number"):
            columns[column.name] = replace(known, type=column.type)
    head = [title for title in ("ICSID", "FOOTPRINT") if title in columns and same[0].schema.key]
    key = tuple(dict.fromkeys([*head, *same[0].schema.key]))
    content = Columns({title: np.array(_values(same, title), dtype=object) for title in columns})
    return Table(same[0].name, replace(same[0].schema, columns=tuple(columns.values()), key=key), content)


def _values(same: list[Table], title: str) -> list[Any]:
    """The values of a column in tables one after the other; None where a table has no such column."""
    parts = [table.columns[title].tolist() if title in table.columns else [None] * len(table.columns) for table in same]
    return [value for part in parts for value in part]
