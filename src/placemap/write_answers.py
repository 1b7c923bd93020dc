"""Answers → files: each is written beside its place and then put there, so that it is always whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from placemap.core.files import put
from placemap.core.tables import Table
from placemap.write_tables import csv_text


def write_answers(tables: Sequence[Table], folder: Path) -> list[Path]:
    """Write tables as CSV into a folder, and return their paths; other files there stay as they are.

    Raises:
        PlacemapError: the folder cannot be written.
    """
    return [put(folder / f"{table.name}.csv", csv_text(table)) for table in tables]
