"""What moved between two results of a footprint, how many people that is, and why: every move under exactly one cause.

`diff(b, a)` is `diff(a, b)` with its sides exchanged: causes are named so that they hold both ways, and what must be
counted by one of the two sides is counted by the same one in either direction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from placemap.analysis import schemas
from placemap.analysis.diff_moves import moved_lsoas
from placemap.analysis.diff_practices import MovedPractice, moved_practices
from placemap.analysis.diff_sides import CAUSES, Sides
from placemap.analysis.snapshot import Snapshot
from placemap.core.columns import columns_of
from placemap.core.errors import Exit, PlacemapError
from placemap.core.tables import Table
from placemap.reference.geography import Geography


@dataclass(frozen=True)
class PlaceChange:
    """What became of a place.

    Attributes:
        change: `appeared`, `vanished`, `renamed`, or empty.
        lsoas_in, lsoas_out, people_in, people_out: LSOAs and their residents that came and went.
        before, after: (name, residents, registered patients), None where it is not there.
    """

    code: str
    change: str
    lsoas_in: int
    lsoas_out: int
    people_in: float
    people_out: float
    before: tuple[str, float, float] | None
    after: tuple[str, float, float] | None


@dataclass(frozen=True)
class Diff:
    """The difference of two results.

    Attributes:
        level: `none`, `patch`, `minor` or `major`, as a semantic version of the places would move.
        moves: a row an LSOA that moved, with the columns of `answer_schemas.MOVES`.
        practices: practices that are counted for another place.
        inputs: reference tables that differ: (name of the table without its vintage, old vintage, new vintage).
        config_edited: the configs differ.
        tables: names of the tables whose content differs.
        measure: what RESIDENTS of `moves` counts.
    """

    old: Snapshot
    new: Snapshot
    level: str
    moves: Table
    places: tuple[PlaceChange, ...]
    practices: tuple[MovedPractice, ...]
    inputs: tuple[tuple[str, str, str], ...]
    config_edited: bool
    tables: tuple[str, ...]
    measure: str

    @property
    def changed(self) -> bool:
        """Whether anything that the places are, or that is said of them, differs."""
        return self.level != "none"

    def by_cause(self) -> list[tuple[str, int, float, int, float]]:
        """(cause, LSOAs, their residents, practices, their patients), in the order of CAUSES, without empty ones.

        Residents moved with their LSOA; patients are counted for another place because their practice is.
        """
        frame = self.moves.frame
        rows = []
        for cause in CAUSES:
            lsoas = frame[frame["CAUSE"] == cause]
            lists = [practice.patients for practice in self.practices if practice.cause == cause]
            if len(lsoas) or lists:
                rows.append((cause, len(lsoas), float(lsoas["RESIDENTS"].sum()), len(lists), float(sum(lists))))
        return rows

    def by_pair(self) -> list[tuple[str, str, str, int, float]]:
        """(from, to, cause, LSOAs, residents), names of places, sorted."""
        keys = ["FROM_PLACENM", "TO_PLACENM", "CAUSE"]
        groups = self.moves.frame.groupby(keys, sort=True)["RESIDENTS"]
        return [(*map(str, key), len(people), float(people.sum())) for key, people in groups]  # type: ignore[misc]


def diff(old: Snapshot, new: Snapshot, geography: Geography | None = None) -> Diff:
    """Compare two results.

    Args:
        old, new: results of the same footprint of the same system.
        geography: a reference, to tell which practices an LSOA's people use, and where practices went.

    Raises:
        PlacemapError: they are of different systems or footprints.
    """
    if (old.system, old.footprint) != (new.system, new.footprint):
        raise PlacemapError(
            f"these are different footprints: {old.system}/{old.footprint} and {new.system}/{new.footprint}",
            hint="`placemap compare` sets footprints of a system side by side",
            exit_code=Exit.USAGE,
        )
    return _diff(Sides(old, new, geography))


def next_version(version: str, level: str) -> str:
    """The version that follows `version` after a change of `level`.

    Raises:
        PlacemapError: it is not of the form 1.2.3.
    """
    if not re.fullmatch(r"\d+\.\d+\.\d+", version):
        raise PlacemapError(f"`{version}` is no semantic version; expected one like 1.2.3", exit_code=Exit.USAGE)
    major, minor, patch = map(int, version.split("."))
    return {
        "major": f"{major + 1}.0.0",
        "minor": f"{major}.{minor + 1}.0",
        "patch": f"{major}.{minor}.{patch + 1}",
    }.get(level, version)


def _diff(sides: Sides) -> Diff:
    practices = moved_practices(sides)
    moves = moved_lsoas(sides, practices)
    places = _place_changes(sides, moves)
    return Diff(
        old=sides.old,
        new=sides.new,
        level=_level(places, moves, sides.tables),
        moves=Table("moves", schemas.MOVES, columns_of(moves)),
        places=places,
        practices=tuple(practices.values()),
        inputs=tuple(sorted(sides.inputs.values())),
        config_edited=sides.config_edited,
        tables=sides.tables,
        measure=sides.counted.measure,
    )


def _level(places: tuple[PlaceChange, ...], moves: pd.DataFrame, tables: tuple[str, ...]) -> str:
    if any(place.change for place in places):
        return "major"
    return "minor" if len(moves) else "patch" if tables else "none"


def _place_changes(sides: Sides, moves: pd.DataFrame) -> tuple[PlaceChange, ...]:
    codes = sorted({sides.recoded.get(code, code) for code in sides.old.names} | set(sides.new.names))
    back = {after: before for before, after in sides.recoded.items()}
    return tuple(
        change for code in codes if (change := _place_change(sides, code, back.get(code, code), moves)) is not None
    )


def _place_change(sides: Sides, code: str, before: str, moves: pd.DataFrame) -> PlaceChange | None:
    came, went = moves[moves["TO_PLACECD"] == code], moves[moves["FROM_PLACECD"] == before]
    old = (sides.old.names[before], *sides.old.people[before]) if before in sides.old.names else None
    new = (sides.new.names[code], *sides.new.people[code]) if code in sides.new.names else None
    change = "appeared" if old is None else "vanished" if new is None else ""
    if old and new and (old[0] != new[0] or before != code):
        change = "renamed"
    if not change and old == new and came.empty and went.empty:
        return None
    people_in, people_out = float(came["RESIDENTS"].sum()), float(went["RESIDENTS"].sum())
    return PlaceChange(code, change, len(came), len(went), people_in, people_out, old, new)
