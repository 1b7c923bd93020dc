"""A statement that DuckDB works on while Python does something else: it lets go of Python's lock, so both cores work."""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

#: Seconds after which Ctrl-C is seen at the latest: not all systems break off a wait for a thread.
_TICK = 0.1


class Begun:
    """A statement in a thread of its own.

    What goes wrong in it is not told: whoever wants its result runs it again, and is told in their turn.

    Args:
        connection: to the database; the statement runs beside whatever else is done with it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, statement: str) -> None:
        self.statement = statement
        self._connection = connection.cursor()
        self._is_done = False
        # Not the end of the thread: once Ctrl-C breaks off a wait for that, Python 3.11 takes the thread to have ended.
        self._is_over = Event()
        Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        try:
            with suppress(Exception):
                self._connection.execute(self.statement)
                self._is_done = True
        finally:
            self._is_over.set()

    def is_done(self) -> bool:
        """Whether all is well, once it has come to its end."""
        while not self._is_over.wait(_TICK):
            pass
        return self._is_done

    def end(self) -> None:
        """Break it off where it still runs."""
        while not self._is_over.wait(0):
            self._connection.interrupt()  # in vain before the statement has begun, so again
            self._is_over.wait(_TICK)
        self._connection.close()
