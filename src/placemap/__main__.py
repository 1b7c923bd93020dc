"""Entry point of the `placemap` command and of `python -m placemap`."""

from __future__ import annotations

import gc
import io
import os
import sys

from placemap.errors import Exit


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
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted.\n")  # before any command began
        sys.exit(Exit.INTERRUPTED)
    except BrokenPipeError:
        # The reader of a pipe has left (`placemap list | head`): nothing to report, nowhere to report it.
        _close_stdout()
        sys.exit(Exit.OK)
    except OSError as error:
        # Files are guarded where they are read and written; what is left is stdout, on a disk that is full.
        _close_stdout()
        sys.stderr.write(f"error: {error.filename or 'the output'}: {error.strerror or error}\n")
        sys.exit(Exit.UNREADABLE)


def _print_what_can_be_printed() -> None:
    """Let a stream that knows few characters (a pipe on Windows) take others as escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="backslashreplace")


def _close_stdout() -> None:
    """Send the rest of the output nowhere, so that the end of the process does not fail on it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
