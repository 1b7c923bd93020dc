"""Single files, each whole or not there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from placemap.folders import file_swapped_in
from placemap.write_errors import cannot_write


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8 with its own line ends, the same bytes on every system; all text files are written by this.

    Raises:
        OSError: it cannot be written.
    """
    path.write_text(text, encoding="utf-8", newline="")


def put(
    path: Path, content: str | bytes | Callable[[Path], object], *, what: str = "the output", option: str = "--out"
) -> Path:
    """Write a file beside its place and move it in, so that a kill leaves the old one or the new one.

    Args:
        path: where it goes; folders above it are made.
        content: text, bytes, or what writes a file of the name that it is given.
        what: what the file is, for messages.
        option: the option that chooses its place, for messages.

    Raises:
        PlacemapError: it cannot be written; what stood there before still does.
    """
    try:
        with file_swapped_in(path) as new:
            if callable(content):
                new.touch()  # says why it cannot be written before a library says so in its own way
                content(new)
            elif isinstance(content, str):
                write_text(new, content)
            else:
                new.write_bytes(content)
    except OSError as error:
        raise cannot_write(error, path, what=what, option=option) from None
    return path
