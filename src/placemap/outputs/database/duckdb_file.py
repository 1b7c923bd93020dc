"""A DuckDB file as a target: opened, or made where it is not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placemap.apply.sql import literal, name
from placemap.core.errors import Exit, PlacemapError
from placemap.outputs.database.target import Shape

if TYPE_CHECKING:
    import duckdb

#: What the file is attached as: a file called `placemap` would hide a schema of that name.
_ATTACHED = "placemap_target"
#: Nothing is fetched: a path is a file, whatever it looks like.
_OFFLINE = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


class DuckDbFile:
    """A DuckDB file.

    Args:
        address: `duckdb:FILE`.

    Raises:
        PlacemapError: no file is named.
    """

    def __init__(self, address: str) -> None:
        file = address.partition(":")[2]
        if not file or file.startswith((":", "md:")) or "://" in file:
            raise PlacemapError(
                f"`{address}` names no file; expected duckdb:FILE",
                hint="write, for example, --to duckdb:places.duckdb",
                exit_code=Exit.USAGE,
            )
        self.file: Path | None = Path(file)
        self._path = Path(file)
        self.label = f"duckdb:{file}"

    def named(self, column: str) -> str:
        """As in `Database`: DuckDB takes names in any case."""
        return column

    def check(self, schema: str) -> None:
        """As in `Database`: that the file can be opened, and that its name and the schema's are not one."""
        if self._path.stem.casefold() == schema:
            raise PlacemapError(
                f"a file called {self._path.name} with a schema `{schema}` in it: DuckDB would not know what "
                f"`{schema}.places` means",
                location=self.label,
                hint="call the file or the --schema otherwise",
                exit_code=Exit.USAGE,
            )
        if not self._path.parent.is_dir():
            raise PlacemapError(
                f"there is no folder {self._path.parent}", location=self.label, hint="make it, or name another file"
            )
        if self._path.exists():
            with self._open():
                pass

    @contextmanager
    def session(self) -> Iterator[DuckDbSession]:
        """As in `Database`."""
        import duckdb

        with self._open() as connection:
            try:
                connection.execute("BEGIN")
                yield DuckDbSession(connection)
                connection.execute("COMMIT")
            except duckdb.Error as error:
                raise PlacemapError(
                    f"DuckDB says: {_first_line(error)}", location=self.label, hint="nothing was changed"
                ) from None

    @contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection with the file attached; what is not committed at its end is undone."""
        import duckdb

        connection = duckdb.connect(config=dict(_OFFLINE))
        try:
            try:
                connection.execute(f"ATTACH {literal(str(self._path.absolute()))} AS {_ATTACHED} (TYPE duckdb)")
            except duckdb.Error as error:
                raise _unopened(error, self.label) from None
            yield connection
        finally:
            connection.close()


class DuckDbSession:
    """A transaction in a DuckDB file; see `Session`."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def run(self, statement: str) -> None:
        """As in `Session`."""
        self._connection.execute(statement)

    def relations(self, schema: str) -> dict[str, str]:
        """As in `Session`."""
        found = [
            row
            for kind in ("table", "view")
            for row in self._connection.execute(
                f"SELECT lower({kind}_name), coalesce(comment, '') FROM duckdb_{kind}s() "
                "WHERE database_name = ? AND lower(schema_name) = ?",
                (_ATTACHED, schema),
            ).fetchall()
        ]
        return dict(found)

    def shape(self, schema: str, table: str) -> Shape | None:  # noqa: ARG002
        """As in `Session`: views of DuckDB do not hold a table fast, and there are no rights to lose."""
        return None

    def path(self, schema: str, table: str = "") -> str:
        """As in `Session`."""
        return ".".join(map(name, filter(None, (_ATTACHED, schema, table))))

    def fill(self, path: str, columns: Sequence[str], rows: Iterator[tuple[Any, ...]]) -> None:
        """As in `Session`."""
        import pyarrow as pa

        held = [list(values) for values in zip(*rows, strict=True)]
        if held:
            arrow = pa.table([pa.array(values) for values in held], names=[f"c{at}" for at in range(len(held))])
            self._connection.register("placemap_rows", arrow)
            self._connection.execute(f"INSERT INTO {path} ({', '.join(map(name, columns))}) FROM placemap_rows")
            self._connection.unregister("placemap_rows")


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]


def _unopened(error: Exception, label: str) -> PlacemapError:
    said = _first_line(error)
    if "lock" in said.casefold():
        return PlacemapError(
            "another program has the file open", location=label, hint="close it there, then run this again"
        )
    return PlacemapError(
        f"the file cannot be opened as a DuckDB database: {said}", location=label, hint="name another file"
    )
