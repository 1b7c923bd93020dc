"""Entry point of the `placemap` command and of `python -m placemap`."""

from __future__ import annotations

import codecs
import gc
import io
import os
import sys
from typing import NoReturn, TextIO

from placemap.core.errors import Exit, unforeseen

#: Taken out of the command line wherever it stands.
DEBUG = "--debug"


def main() -> None:
    """Run the command line; always ends the process with an exit code, and never with a traceback but for --debug."""
    _open_closed_streams()
    debug = DEBUG in sys.argv
    sys.argv = [word for word in sys.argv if word != DEBUG]
    try:
        _run()
    except Exception as error:
        if debug:
            raise
        sys.stderr.write(f"error: {unforeseen(error)}\n")
        sys.exit(Exit.BUG)


def _run() -> None:
    # Imports and tables make many objects that live to the end; looking through them again and again costs 5%.
    gc.set_threshold(200_000, 50, 50)
    # Arrow's own keeps memory that is free again: 30 MB of all England's tables.
    os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")
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


#: What stands for a character where a stream does not know it.
_PLAINER = {
    **dict.fromkeys("─–—−", "-"),
    **{"→": "->", "…": "...", "×": "x", "÷": "/", "·": "|", "≥": ">=", "≤": "<="},
}


def _open_closed_streams() -> None:
    """Send what is printed nowhere where the caller closed a stream (`>&-`), as schedulers do.

    Else the first file that is opened takes its number, and what libraries print goes into that file.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            stream = os.fdopen(number, mode, encoding="utf-8", newline="", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def _print_what_can_be_printed() -> None:
    """Let a stream that knows few characters (a pipe on Windows) take others as plainer ones, or as escapes."""
    codecs.register_error("plainer", _plainer)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and not stream.encoding.lower().startswith("utf"):
            stream.reconfigure(errors="plainer")


def _plainer(error: UnicodeError) -> tuple[str | bytes, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    plainer = _PLAINER.get(error.object[error.start])
    return (plainer, error.start + 1) if plainer else codecs.backslashreplace_errors(error)


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
