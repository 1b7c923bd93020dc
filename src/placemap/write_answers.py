"""Answers → files: each is written beside its place and then put there, so that it is always whole."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from placemap.crosswalk import Table
from placemap.errors import PlacemapError
from placemap.write_tables import write_csv


def write_answers(tables: Sequence[Table], folder: Path) -> list[Path]:
    """Write tables as CSV into a folder, and return their paths; other files there stay as they are.

    Raises:
        PlacemapError: the folder cannot be written.
    """
    paths = [folder / f"{table.name}.csv" for table in tables]
    for table, path in zip(tables, paths, strict=True):
        put(path, lambda target, table=table: write_csv(table, target))  # type: ignore[misc]
    return paths


def write_text(text: str, path: Path) -> None:
    """Write a text file. Raises PlacemapError where it cannot be written."""
    put(path, lambda target: target.write_text(text, encoding="utf-8", newline=""))


def put(path: Path, write: Callable[[Path], object]) -> None:
    """Let `write` make a file, and put it in its place once it is whole.

    Raises:
        PlacemapError: it cannot be written; what stood there before still does.
    """
    new = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            write(new)
            os.replace(new, path)  # noqa: PTH105 - the atomic one
        finally:
            new.unlink(missing_ok=True)
    except OSError as error:
        raise PlacemapError(
            f"the file cannot be written: {error.strerror or error}",
            location=str(path),
            hint="free some space, or choose another place with --out",
        ) from None
