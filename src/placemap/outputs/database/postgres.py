"""PostgreSQL as a target, by psycopg (extra `postgres`). What is printed never has a password in it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from placemap.apply.sql import name
from placemap.core.errors import Exit, PlacemapError
from placemap.outputs.database.target import Shape

if TYPE_CHECKING:
    import psycopg

#: Seconds to wait for a server that does not answer, unless the address says another number.
PATIENCE = "10"

_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, a.atttypmod), coalesce(a.attnum = ANY(i.indkey), false)
FROM pg_attribute a LEFT JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary
WHERE a.attrelid = %s::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
"""
_RELATIONS = """
SELECT c.relname, coalesce(obj_description(c.oid, 'pg_class'), '') FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = %s AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""


class Postgres:
    """A PostgreSQL database.

    Args:
        address: as libpq has it, `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`; what it leaves out comes from libpq's
            own settings (PGPASSWORD, ~/.pgpass, PGHOST …).

    Raises:
        PlacemapError: it cannot be understood, or psycopg is not installed.
    """

    def __init__(self, address: str) -> None:
        self._parts = _parts_of(address)
        self.label = _label(self._parts)
        self.file: Path | None = None

    def named(self, column: str) -> str:
        """As in `Database`: a plain name in small letters, which needs no quotes; any other as it is."""
        return column.lower() if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", column) else column

    def check(self, schema: str) -> None:  # noqa: ARG002
        """As in `Database`: that the server takes us."""
        self._connect().close()

    @contextmanager
    def session(self) -> Iterator[PostgresSession]:
        """As in `Database`."""
        import psycopg

        connection = self._connect()
        try:
            with connection:  # commits at its end, rolls back where it is left by an exception, and closes
                yield PostgresSession(connection)
        except psycopg.Error as error:
            raise _refused(error, self.label) from None

    def _connect(self) -> psycopg.Connection[Any]:
        import psycopg

        given = {"connect_timeout": PATIENCE, "application_name": "placemap", **self._parts}
        try:
            return psycopg.connect(**{**given, "client_encoding": "utf8"})
        except psycopg.Error as error:
            raise _unreachable(self._without_password(error), self.label) from None

    def _without_password(self, error: Exception) -> str:
        text, password = str(error), str(self._parts.get("password") or "")
        return text.replace(password, "***") if password else text


class PostgresSession:
    """A transaction in a PostgreSQL database; see `Session`."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection
        # Two runs into one database wait for each other.
        connection.execute("SELECT pg_advisory_xact_lock(hashtext('placemap'))")

    def run(self, statement: str) -> None:
        """As in `Session`."""
        self._connection.execute(statement.encode())

    def relations(self, schema: str) -> dict[str, str]:
        """As in `Session`."""
        return {str(found): str(comment) for found, comment in self._connection.execute(_RELATIONS, (schema,))}

    def shape(self, schema: str, table: str) -> Shape | None:
        """As in `Session`."""
        rows = self._connection.execute(_COLUMNS, (self.path(schema, table),)).fetchall()
        return Shape(tuple((title, kind) for title, kind, _ in rows), tuple(title for title, _, key in rows if key))

    def path(self, schema: str, table: str = "") -> str:
        """As in `Session`."""
        return ".".join(map(name, filter(None, (schema, table))))

    def fill(self, path: str, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
        """As in `Session`."""
        statement = f"COPY {path} ({', '.join(map(name, columns))}) FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            for row in rows:
                copy.write_row(row)


def _parts_of(address: str) -> dict[str, Any]:
    """The parts of an address. What libpq says of one that it cannot read quotes it, password and all: nothing of that.

    Raises:
        PlacemapError: it cannot be understood, or psycopg is not installed.
    """
    try:
        from psycopg import ProgrammingError
        from psycopg.conninfo import conninfo_to_dict
    except ImportError:
        raise PlacemapError(
            "PostgreSQL needs psycopg, which is not installed",
            hint="pip install 'placemap[postgres]'",
            exit_code=Exit.USAGE,
        ) from None
    wrong = PlacemapError(
        "--to cannot be read as the address of a database; expected postgresql://USER@HOST:PORT/DATABASE",
        hint="signs such as @ : / ? # % in a name or a password are written as %40 %3A %2F %3F %23 %25; or leave the "
        "password out, and set PGPASSWORD or write it into ~/.pgpass",
        exit_code=Exit.USAGE,
    )
    rest = address.partition("://")[2]
    if not address.partition("://")[1] or rest.count("@") > 1 or "@" in rest.partition("/")[2] or "#" in rest:
        raise wrong
    try:
        parts = dict(conninfo_to_dict(f"postgresql://{rest}"))
    except ProgrammingError:
        raise wrong from None
    if re.search(r"[^0-9,]", str(parts.get("port") or "")):  # a part of a password, as like as not
        raise wrong
    return parts


def _label(parts: dict[str, Any]) -> str:
    user = f"{quote(str(parts['user']))}@" if parts.get("user") else ""
    port = f":{parts['port']}" if parts.get("port") else ""
    host = str(parts.get("host") or parts.get("hostaddr") or "")
    return f"postgresql://{user}{host}{port}/{parts.get('dbname') or ''}"


def _unreachable(said: str, label: str) -> PlacemapError:
    """Why there is no connection, from what libpq or the server said."""
    last = " ".join(said.split())
    if "password" in last:
        missing = "no password supplied" in last
        what = "asks for a password, and none was given" if missing else "refuses the user or the password"
        return PlacemapError(
            f"the server {what}",
            location=label,
            hint="set PGPASSWORD, or write a line HOST:PORT:DATABASE:USER:PASSWORD into ~/.pgpass",
        )
    found = re.search(r"FATAL: +(.*does not exist|no pg_hba\.conf entry.*|.*permission denied.*)", last)
    if found:
        return PlacemapError(
            f"the server says: {found[1]}", location=label, hint="check names of user and database, and who may connect"
        )
    return PlacemapError(
        f"no server can be reached: {last}",
        location=label,
        hint="check host and port, that PostgreSQL runs there, and that no firewall is between",
    )


def _refused(error: psycopg.Error, label: str) -> PlacemapError:
    """What the server said to a statement, in one sentence."""
    from psycopg import errors

    said = error.diag.message_primary or " ".join(str(error).split())
    hint = "nothing was changed"
    if isinstance(error, errors.InsufficientPrivilege):
        hint = f"ask for the right to create there, or choose another --schema; {hint}"
    elif isinstance(error, errors.DependentObjectsStillExist):
        said = " ".join(f"{said}: {error.diag.message_detail or ''}".split())
        hint = f"a table must be made anew, and something rests on it: drop that, or choose another --schema; {hint}"
    return PlacemapError(f"the database says: {said}", location=label, hint=hint)
