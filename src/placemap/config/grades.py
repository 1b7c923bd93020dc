"""Grades of evidence: A places and geography stated · B the geography follows from names · C weak; see the atlas."""

from __future__ import annotations

from collections.abc import Iterable

from placemap.config.model import Footprint, System
from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding

#: What a grade says, in words.
GRADES = {
    "A": "the sources state the places and the geography that they are made of",
    "B": "the sources state the places, and the geography follows from names in them",
    "C": "the sources are weak, so treat the places as a working assumption",
}
WEAKEST = "C"
_ABOUT_EVIDENCE = ("weak-evidence", "left-out")


def is_below(grade: str, least: str) -> bool:
    """Whether a grade is weaker than the least that is wanted."""
    return list(GRADES).index(grade) > list(GRADES).index(least)


def caveats(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Of the findings those that the user of any figure must know: weak evidence, and systems left out for it."""
    return tuple(finding for finding in findings if finding.code in _ABOUT_EVIDENCE)


def require_grade(system: System, footprint: Footprint, least: str) -> None:
    """Refuse a footprint whose evidence is too weak for the user.

    Raises:
        PlacemapError: its grade is below `least`.
    """
    if not is_below(footprint.grade, least):
        return
    others = [item.id for item in system.footprints.values() if not is_below(item.grade, least)]
    raise PlacemapError(
        f"footprint {footprint.id} of {system.id} is graded {footprint.grade}; --min-grade {least} refuses it",
        location=str(footprint.loc),
        hint=f"these of its footprints are strong enough: {', '.join(others)}"
        if others
        else f"`placemap show {system.id}` shows the evidence; no footprint of the system is strong enough",
        exit_code=Exit.WRONG,
    )
