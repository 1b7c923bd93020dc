"""Entry point of the `placemap` command and of `python -m placemap`."""

from __future__ import annotations

import gc
import io
import os
import sys
from typing import NoReturn, TextIO

from placemap.core.errors import Exit


def main() -> None:
    """Run the command line; always ends the process with an exit code."""
    # Imports and tables make many objects that live to the end; looking through them again and again costs 5%.
    gc.set_threshold(200_000, 50, 50)
    _print_what_can_be_printed()
    try:
        try:
            from placemap.cli import load

            load(*sys.argv[1:2])(prog_name="placemap")
        finally:
            sys.stdout.flush()
            # The end of a process looks through all objects again; those of pandas' modules are 5% of a build.
            gc.freeze()
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")  # before any command began
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        _reader_left()
    except SystemExit as end:
        # Where the reader of a pipe leaves, Typer silences the streams and ends with 1, which stands for a crash here.
        if end.code == 1 and sys.stdout is not sys.__stdout__:
            _reader_left()
        raise
    except OSError as error:
        # Files are guarded where they are read and written; what is left is stdout, on a disk that is full.
        _close(sys.stdout)
        sys.stderr.write(f"error: {error.filename or 'the output'}: {error.strerror or error}\n")
        sys.exit(Exit.UNREADABLE)


def _print_what_can_be_printed() -> None:
    """Let a stream that knows few characters (a pipe on Windows) take others as escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="backslashreplace")


def _reader_left() -> NoReturn:
    """End without a word: there is nowhere to report it.

    Not with 0, because the work may not be done: a build of several systems ends with the message that nobody reads.
    Folders and files are whole, as always.
    """
    _close(sys.stdout)
    _close(sys.stderr)
    sys.exit(Exit.UNREAD)


def _close(stream: TextIO) -> None:
    """Send the rest of an output nowhere, so that the end of the process does not fail on it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
