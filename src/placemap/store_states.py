"""States of the reference that can be compared: a store as it stands, or as of a day."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from placemap.core.errors import Exit, PlacemapError
from placemap.core.packaged import packaged_folder
from placemap.geography import Geography
from placemap.reference import chosen_store, open_store
from placemap.store import MANIFEST, Manifest, TableEntry
from placemap.vintages import choose, tables_of

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


# --- status -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TableStatus:
    """One line of `data status`.

    Attributes:
        age_months: months since the vintage.
        use: how it is used, and why.
        retrieved: when it was downloaded, empty where that is not known.
    """

    entry: TableEntry
    age_months: int
    use: str
    retrieved: str


def status_of(manifest: Manifest, retrieved: dict[str, str], today: date) -> list[TableStatus]:
    """The tables of a store, in order of name.

    Args:
        retrieved: by table, when it was downloaded.
        today: ages are counted to.
    """
    return [
        TableStatus(entry, _age(entry.vintage, today), _use(entry, manifest), retrieved.get(name, ""))
        for name, entry in sorted(manifest.tables.items())
    ]


def _age(vintage: str, today: date) -> int:
    year, month = int(vintage[:4]), int(vintage[5:7] or 1)
    return (today.year - year) * 12 + today.month - month


_KINDS_OF_FAMILY = {"pcn_members": "pcn", "pcns": "pcn", "registrations": "registrations", "practices": "registrations"}


def _use(entry: TableEntry, manifest: Manifest) -> str:
    """Why a table is used: the newest of its kind, or only where a config or an option names its vintage."""
    kind = entry.kind if entry.family == "lookup" else _KINDS_OF_FAMILY.get(entry.family, "")
    if not kind:
        return "by name" if entry.family.endswith("_measure") else "always"
    if kind == "pcn":
        return _pcn_use(entry, manifest)
    if manifest.defaults.get(kind) == entry.vintage:
        return "by default: the newest"
    if entry.coverage.startswith("part"):
        return f"on request (--vintage {kind}={entry.vintage}): it covers only a part of England"
    if entry.family == "practices":
        return "names of practices of that month"
    return f"on request (--vintage {kind}={entry.vintage}, or a vintage in a config)"


def _pcn_use(entry: TableEntry, manifest: Manifest) -> str:
    registered = manifest.defaults.get("registrations", "")
    vintages = [table.vintage for table in tables_of(manifest, "pcn")]
    nearest = min(vintages, key=lambda vintage: (_apart(vintage, registered), vintage), default="")
    if entry.vintage == nearest:
        return f"by default: nearest to the registrations ({registered})" if registered else "by default"
    return f"on request (--vintage pcn={entry.vintage}, pcn_vintage in a config, or --as-of)"


def _apart(one: str, other: str) -> int:
    return abs(_age(one, date(int(other[:4]), int(other[5:7] or 1), 1))) if other else 0
