"""What checks share: how they make a finding, and the registry that they enter themselves in."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from placemap.config.model import Loc, Place
from placemap.core.arrays import Ints
from placemap.core.findings import Finding, Severity
from placemap.resolve.resolved import ResolvedFootprint


def finding_of(
    resolved: ResolvedFootprint,
    code: str,
    severity: Severity,
    message: str,
    *,
    subject: str,
    lsoas: Ints | None = None,
    place: Place | None = None,
    loc: Loc | None = None,
    people: float | None = None,
    hint: str = "",
) -> Finding:
    """A finding about `lsoas`, with their residents unless `people` says otherwise."""
    if people is None and lsoas is not None:
        people = resolved.people(lsoas)
    where = loc or (place.loc if place else resolved.footprint.loc)
    place_id = place.id if place else ""
    codes = resolved.codes(lsoas) if lsoas is not None else ()
    return Finding(code, severity, message, subject, str(where), place_id, codes, people, hint)


ResultCheck = Callable[[ResolvedFootprint], Iterator[Finding]]
RESULT_CHECKS: dict[str, ResultCheck] = {}


def result_check(code: str) -> Callable[[ResultCheck], ResultCheck]:
    """Enter a check in the registry under the code of its findings."""

    def enter(check: ResultCheck) -> ResultCheck:
        RESULT_CHECKS[code] = check
        return check

    return enter
