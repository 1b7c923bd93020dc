"""What the checks page counts: places that are a council, and the areas of health and wellbeing boards."""

from __future__ import annotations

import re
from collections import Counter

import numpy as np

from placemap.commands.workspace import Workspace
from placemap.reference.describe import as_text
from placemap.resolve.resolved import ResolvedFootprint

#: How the area of a board can lie to the places, in the order of the table.
SAME, SEVERAL, PART, ACROSS = (
    "the same LSOAs as one place",
    "several whole places",
    "a part of one place",
    "parts of several places",
)


def councils(national: ResolvedFootprint, workspace: Workspace) -> str:
    """How many places are a council, or a sub-ICB location, whole; Markdown."""
    place = national.assignment.place
    lsoas = (np.flatnonzero(place == position).tolist() for position in range(len(national.places)))
    whole = Counter(_unit(as_text(workspace.describer.describe(one))) for one in lsoas)
    count, council, sub_icb = len(national.places), whole["council"], whole["sub-ICB location"]
    return (
        f"Of {count} places, {council} are one upper-tier or lower-tier authority whole; DESCRIPTION in `places` then "
        f"ends in `whole`. {sub_icb} more are one\nsub-ICB location, that is a former CCG. The other "
        f"{count - council - sub_icb} are groups or parts of councils, or are declared from networks."
    )


def _unit(text: str) -> str:
    found = re.fullmatch(r"(LTLA|UTLA|sub-ICB location) \w+ \(.*\) whole", text)
    return {"LTLA": "council", "UTLA": "council"}.get(found[1], found[1]) if found else ""


def boards(national: ResolvedFootprint) -> str:
    """How the areas of health and wellbeing boards lie to the places, by LSOAs; Markdown.

    A board's area is that of an upper-tier authority, each of which has one by the Health and Social Care Act 2012.
    """
    units, place = national.geography.units("utla"), national.assignment.place
    found = Counter(_lies(units.of == board, place) for board in range(len(units.codes)))
    rows = [f"| {how} | {found[how]} |" for how in (SAME, SEVERAL, PART, ACROSS)]
    head = f"| the area of a board ({len(units.codes)}, councils of {units.vintage}) is | boards |\n|---|--:|"
    return "\n".join([head, *rows])


def _lies(mine: np.ndarray, place: np.ndarray) -> str:
    places = np.unique(place[mine])
    whole = bool(mine[np.isin(place, places)].all())
    if whole:
        return SAME if len(places) == 1 else SEVERAL
    return PART if len(places) == 1 else ACROSS
