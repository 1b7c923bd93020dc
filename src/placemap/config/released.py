"""The record of places of earlier releases: `configs/place_history.csv`, which a release takes from its own build."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from placemap.core.errors import PlacemapError

RECORD = "place_history.csv"
#: Columns that are read; the file has those of `place_history.csv` of a build.
COLUMNS = ("PLACECD", "PLACENM", "FIRST_RELEASE", "LAST_RELEASE", "VALID_TO", "SUCCESSORCD", "KEY_LSOAS")


@dataclass(frozen=True)
class Released:
    """A place that a release had.

    Attributes:
        first, last: versions of the first and the last release that had it.
        valid_to: its last day as ISO text, empty where it is not known to have ended.
        successors: codes of the places that followed.
        lsoas: some of its LSOAs of 2021, spread over all of them.
    """

    code: str
    name: str
    first: str
    last: str
    valid_to: str
    successors: tuple[str, ...]
    lsoas: tuple[str, ...]


def read_released(folder: Path) -> dict[str, Released]:
    """Places of earlier releases, by code; none where the folder has no record.

    Raises:
        PlacemapError: the record lacks a column.
    """
    path = folder / RECORD
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lacks = [column for column in COLUMNS if rows and rows[0].get(column) is None]
    if lacks:
        raise PlacemapError(
            f"the record of released places lacks {', '.join(lacks)}",
            location=str(path),
            hint=f"take `{RECORD}` of a build: `placemap build --england`",
        )
    return {code: _released(code, [row for row in rows if row["PLACECD"] == code]) for code in _codes(rows)}


def _codes(rows: list[dict[str, str]]) -> Mapping[str, None]:
    return dict.fromkeys(row["PLACECD"] for row in rows)


def _released(code: str, rows: list[dict[str, str]]) -> Released:
    first = rows[0]
    return Released(
        code,
        first["PLACENM"],
        first["FIRST_RELEASE"],
        first["LAST_RELEASE"],
        first["VALID_TO"],
        tuple(row["SUCCESSORCD"] for row in rows if row["SUCCESSORCD"]),
        tuple(first["KEY_LSOAS"].split()),
    )
