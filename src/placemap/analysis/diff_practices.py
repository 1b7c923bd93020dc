"""Practices that are counted for another place in one of two results, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from placemap.analysis.diff_sides import CLOSED, CONFIG, MEMBERSHIP, Sides, side_by_side, text_of
from placemap.analysis.snapshot import Snapshot


@dataclass(frozen=True)
class MovedPractice:
    """A practice that is counted for another place: its patients' votes went with it.

    Attributes:
        before, after: PLACECD, empty for none.
        cause: one of CAUSES.
        detail: what changed.
        patients: its list.
    """

    code: str
    name: str
    before: str
    after: str
    cause: str
    detail: str
    patients: float


def moved_practices(sides: Sides) -> dict[str, MovedPractice]:
    """By code, the practices that are counted for another place."""
    both = side_by_side(sides.old.practices, sides.new.practices)
    found = {}
    for row in both.itertuples():
        code = str(row.Index)
        before, after = text_of(row.PLACECD_OLD), text_of(row.PLACECD_NEW)
        if sides.recoded.get(before, before) != after:
            cause, detail = _why_practice(sides, code, row)
            size = np.nanmax([row.LIST_SIZE_OLD, row.LIST_SIZE_NEW])
            name = text_of(row.NAME_NEW) or text_of(row.NAME_OLD)
            found[code] = MovedPractice(code, name, before, after, cause, detail, float(size))
    return found


def _why_practice(sides: Sides, code: str, row: tuple[object, ...]) -> tuple[str, str]:
    pcns = [_pcn_of(sides, code, side, text_of(getattr(row, f"PCNCD_{end}"))) for side, end in sides.ends]
    by = {text_of(getattr(row, f"DECLARED_BY_{end}")) for _, end in sides.ends} - {""}
    name = f"practice {code} ({text_of(getattr(row, 'NAME_NEW')) or text_of(getattr(row, 'NAME_OLD'))})"  # noqa: B009 - a tuple's fields
    if "pcn_members" not in sides.inputs or by == {"practice"} or pcns[0] == pcns[1]:
        if "registrations" in sides.inputs and not sides.config_edited:
            return CLOSED, f"{name} is not in both registrations"
        return CONFIG, f"{name} is declared in another place"
    before, after = (f"PCN {pcn}" if pcn else "no PCN" for pcn in pcns)
    if not pcns[0] or not pcns[1]:
        return CLOSED, f"{name}: {before} → {after}"
    return MEMBERSHIP, f"{name}: {before} → {after}"


def _pcn_of(sides: Sides, code: str, side: Snapshot, written: str) -> str:
    """The practice's PCN on a side: as its tables say, else as the reference of that vintage does."""
    vintage = side.vintage("pcn_members")
    if written or sides.geography is None or vintage not in sides.geography.data.vintages("pcns"):
        return written
    return sides.geography.pcns(vintage).pcn_of.get(code, "")


def votes_moved(sides: Sides, practices: Mapping[str, MovedPractice]) -> dict[str, dict[str, dict[str, float]]]:
    """By LSOA, cause and practice: patients of practices that are counted for another place."""
    geography = sides.geography
    if geography is None:
        return {}
    found: dict[str, dict[str, dict[str, float]]] = {}
    for code, moved in practices.items():
        position = int(geography.registrations.codes.positions([code])[0])
        if position < 0:
            continue
        people = geography.registrations.homes(position)
        for at in np.flatnonzero(people > 0).tolist():
            found.setdefault(str(geography.lsoas[at]), {}).setdefault(moved.cause, {})[code] = float(people[at])
    return found
