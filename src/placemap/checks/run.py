"""All checks on what came out, and waivers; docs/findings.md explains every code.

Each check is a generator of findings, entered in the registry when its module is imported. `members` has the
checks on what a config says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

# Importing them enters their checks in the registry.
from placemap.checks import coverage, evidence, plausibility, vintages  # noqa: F401
from placemap.checks.registry import RESULT_CHECKS, Result
from placemap.config.model import Accept, Footprint, Loc
from placemap.core.findings import Finding, Severity

#: What no waiver accepts: a crosswalk promises that each LSOA of the scope is in exactly one place.
NEVER_WAIVED = ("gap", "overlap")


def run_checks(result: Result) -> list[Finding]:
    """All findings about a result, waivers applied, errors first."""
    findings = [finding for check in RESULT_CHECKS.values() for finding in check(result)]
    return in_order(apply_waivers(findings, result.footprint))


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by severity, code, place and subject."""
    rank = list(Severity)
    return sorted(findings, key=lambda f: (rank.index(f.severity), f.code, f.place, f.subject, f.message))


def apply_waivers(findings: list[Finding], footprint: Footprint) -> list[Finding]:
    """Turn accepted findings to `waived`, and report waivers that match nothing."""
    waivers: list[tuple[Accept, str]] = [(accept, "") for accept in footprint.accepts]
    waivers += [(accept, place.id) for place in footprint.places for accept in place.accepts]
    used: set[Loc] = set()
    result = []
    for finding in findings:
        accept = next((a for a, place in waivers if _matches(a, place, finding)), None)
        if accept:
            used.add(accept.loc)
        result.append(_waived(finding, accept) if accept else finding)
    unused = [(accept, place) for accept, place in waivers if accept.loc not in used]
    return result + [_unused(accept, place) for accept, place in unused]


def _matches(accept: Accept, place: str, finding: Finding) -> bool:
    same = (accept.finding, accept.subject) == (finding.code, finding.subject)
    return same and place in ("", finding.place) and finding.code not in NEVER_WAIVED


def _waived(finding: Finding, accept: Accept) -> Finding:
    message = f"{finding.code} accepted: {finding.message} Reason: {accept.reason}"
    return replace(finding, code="waived", severity=Severity.INFO, message=message, location=str(accept.loc), hint="")


def _unused(accept: Accept, place: str) -> Finding:
    message = f"the waiver of {accept.finding} for {accept.subject} matches no finding."
    hint = "take it out, or correct its finding and subject"
    if accept.finding in NEVER_WAIVED:
        message = (
            f"a finding of {accept.finding} cannot be accepted: each LSOA of the scope belongs in exactly one place."
        )
        hint = "take it out, and mend the places or the scope"
    return Finding(
        "unused-waiver",
        Severity.WARNING,
        message,
        accept.subject,
        str(accept.loc),
        place,
        hint=hint,
    )
