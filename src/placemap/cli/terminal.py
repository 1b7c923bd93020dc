"""How things are said on a terminal: whether at all, in which colour, how wide.

Plain escape codes and the standard library: a library for terminals takes as long to load as a whole `list`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

#: A terminal that is narrower wraps for itself.
NARROWEST = 40
_STYLES = {"error": "1;31", "warning": "33", "note": "36", "strong": "1"}


@dataclass()
class _Saying:
    """What the command that runs was asked to say: nothing but errors, or all findings."""

    quiet: bool = False
    verbose: bool = False


_saying = _Saying()


@contextmanager
def saying(*, quiet: bool, verbose: bool) -> Iterator[None]:
    """Say as little or as much as asked until the command ends."""
    before = _saying.quiet, _saying.verbose
    _saying.quiet, _saying.verbose = quiet, verbose
    try:
        yield
    finally:
        _saying.quiet, _saying.verbose = before


def is_quiet() -> bool:
    """Whether only errors go to stderr (`--quiet`)."""
    return _saying.quiet


def is_verbose() -> bool:
    """Whether every finding is shown (`--verbose`)."""
    return _saying.verbose


def width_of(stream: TextIO) -> int | None:
    """The columns of the terminal that a stream goes to (or COLUMNS); None where it goes elsewhere."""
    if not stream.isatty():
        return None
    given = os.environ.get("COLUMNS", "")
    if given.isdigit() and int(given):
        return max(int(given), NARROWEST)
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):  # a terminal that does not say
        columns = 0
    return max(columns or 80, NARROWEST)


def in_colour(stream: TextIO) -> bool:
    """Whether a stream shows colour: a terminal does, unless NO_COLOR says no; FORCE_COLOR also where it is none."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")


def painted(text: str, style: str, stream: TextIO | None = None) -> str:
    """Text in the colour of a severity (or `strong`), where the stream (stderr if none is given) shows colour."""
    code = _STYLES.get(style)
    return f"\x1b[{code}m{text}\x1b[0m" if code and in_colour(stream or sys.stderr) else text


def wrapped(text: str, width: int | None, *, indent: str = "", hanging: str | None = None) -> str:
    """Text with its lines broken between words; as it is where there is no width.

    What stands in `backticks` is left whole, so that a command can be copied; so are ids and paths.

    Args:
        indent: before the first line.
        hanging: before the others; as `indent` where it is not given.
    """
    if width is None:
        return indent + text
    import textwrap

    # A sign that no text has stands in for the blanks that must not break.
    whole = re.sub(r"`[^`]*`", lambda found: found[0].replace(" ", "\x00"), text)
    lines = textwrap.wrap(
        whole,
        width - 1,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines).replace("\x00", " ") or indent
