"""Which database `--to` means, and what a database must be able to do for tables to be loaded into it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from placemap.core.tables import Column, Table

SCHEMA = "placemap"
#: PostgreSQL cuts longer names without a word.
LONGEST_NAME = 63
#: What a column of each type is in a database; the names are those that both databases give them, too.
SQL_TYPES: Mapping[str, str] = {
    "code": "text",
    "text": "text",
    "date": "date",
    "int": "bigint",
    "flag": "boolean",
    **dict.fromkeys(("number", "people", "share"), "double precision"),
}


@dataclass(frozen=True)
class Shape:
    """What a table is in a database: columns with their types, and the primary key."""

    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]


class Session(Protocol):
    """A transaction in a database: all of what is done in it stands at its end, or nothing."""

    def run(self, statement: str) -> None:
        """Run a statement."""

    def relations(self, schema: str) -> dict[str, str]:
        """Tables and views of a schema, in small letters, with their comments."""

    def shape(self, schema: str, table: str) -> Shape | None:
        """What a table is; None where tables are made anew each time."""

    def path(self, schema: str, table: str = "") -> str:
        """A schema, or a table in it, as it stands in a statement."""

    def fill(self, path: str, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
        """Put rows into a table."""


class Database(Protocol):
    """A database to load tables into.

    Attributes:
        label: how messages call it; no password is in it.
        file: the file that it is; None for a server.
    """

    label: str
    file: Path | None

    def check(self, schema: str) -> None:
        """Raise where it cannot be worked with: so that nobody waits for figures that have nowhere to go."""

    def named(self, column: str) -> str:
        """The name of a column as people would write it there without quotes."""

    def session(self) -> AbstractContextManager[Session]:
        """A transaction."""


def database_of(target: str) -> Database:
    """The database that a text such as `postgresql://…` or `duckdb:FILE` means.

    Raises:
        PlacemapError: it means none, or one that placemap does not load into.
    """
    from placemap.outputs.database.duckdb_file import DuckDbFile
    from placemap.outputs.database.postgres import Postgres

    kinds: dict[str, Callable[[str], Database]] = {"postgresql": Postgres, "postgres": Postgres, "duckdb": DuckDbFile}
    kind = kinds.get(target.partition(":")[0].casefold())
    if kind is None:
        start = re.match(r"[A-Za-z][\w+.-]*(?=:)", target)
        raise PlacemapError(
            f"--to {f'`{start[0]}:…`' if start else 'that'} is no database that placemap loads into; expected "
            "postgresql://USER@HOST/DATABASE or duckdb:FILE",
            hint="for SQL Server, Snowflake and other warehouses, `--sql --dialect NAME --keys DIR` gives the queries "
            "and the tables that they join",
            exit_code=Exit.USAGE,
        )
    return kind(target)


def schema_name(text: str) -> str:
    """The name of a schema, in small letters.

    Raises:
        PlacemapError: it would need quotes, or databases keep it for themselves.
    """
    name = text.lower()
    if re.fullmatch(r"[a-z_][a-z0-9_]*", name) is None or len(name) > LONGEST_NAME:
        raise PlacemapError(
            f"--schema {text!r} is no plain name; expected letters, digits and _, as in `{SCHEMA}`",
            hint="choose another name",
            exit_code=Exit.USAGE,
        )
    if name == "information_schema" or name.startswith("pg_"):
        raise PlacemapError(
            f"--schema {text}: databases keep that name for themselves",
            hint=f"choose another name, such as `{SCHEMA}`",
            exit_code=Exit.USAGE,
        )
    return name


def named_columns(database: Database, table: Table) -> list[tuple[str, Column]]:
    """The columns of a table under the names that they get.

    Raises:
        PlacemapError: a name is too long, or two are one to a database.
    """
    found: dict[str, tuple[str, Column]] = {}
    for column in table.schema.columns:
        name = database.named(column.name)
        if len(name.encode()) > LONGEST_NAME:
            raise PlacemapError(
                f"the column `{column.name}` has {len(name.encode())} bytes in its name; databases take {LONGEST_NAME}",
                hint="give the data's column a shorter name, or take --long, where names of measures are values",
                exit_code=Exit.USAGE,
            )
        if name.casefold() in found:
            other = found[name.casefold()][1].name
            raise PlacemapError(
                f"`{other}` and `{column.name}` are one name to a database",
                hint="rename the data's column",
                exit_code=Exit.USAGE,
            )
        found[name.casefold()] = name, column
    return list(found.values())
