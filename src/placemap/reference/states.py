"""The two states of the reference that a comparison is about: stores, days or vintages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from placemap.core.errors import Exit, PlacemapError
from placemap.core.installed import packaged_folder
from placemap.reference.geography import Geography
from placemap.reference.open_store import chosen_store, open_store
from placemap.reference.store import MANIFEST
from placemap.reference.vintages import choose

_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")


@dataclass(frozen=True)
class State:
    """A state with what people call it."""

    name: str
    geography: Geography


def states(old: str, new: str, data: Path | None) -> tuple[State, State]:
    """The two states that `data diff` compares.

    Args:
        old, new: a store's folder, a day (`2022-04-01`, `2022-04`) of the store in use, or `FOLDER@DAY`. Where both are
            empty: the store before the last update (else the packaged tables), and the store in use.
        data: a store to use instead of the usual one.

    Raises:
        PlacemapError: a store cannot be read, or there are no two states.
    """
    in_use, _ = chosen_store(data)
    before = in_use.with_name(f"{in_use.name}-previous")
    default_old = before if (before / MANIFEST).is_file() else packaged_folder("data")
    if not old and default_old == in_use:
        raise PlacemapError(
            "there is only one state of the reference tables: the packaged ones",
            hint="name two stores or two days, such as `placemap data diff 2022-04-01 2026-08-01`; or run "
            "`placemap data update` first",
            exit_code=Exit.USAGE,
        )
    return _state(old or str(default_old), in_use), _state(new or str(in_use), in_use)


def _state(text: str, in_use: Path) -> State:
    folder, _, day = text.rpartition("@") if "@" in text else ("", "", text) if _is_day(text) else (text, "", "")
    data = open_store(Path(folder) if folder else in_use)
    return State(text, Geography(data, choose(data.manifest, (), _whole(day))))


def _is_day(text: str) -> bool:
    return bool(_DAY.fullmatch(text)) and not Path(text).is_dir()


def _whole(day: str) -> str:
    """A day from one, from a month (its first), or from a year (its last, when that year's vintages are in force)."""
    return {4: f"{day}-12-31", 7: f"{day}-01"}.get(len(day), day)
