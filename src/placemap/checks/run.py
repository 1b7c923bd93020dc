"""All checks on what came out, and waivers; docs/reference/findings.md explains every code.

Each check is a generator of findings, entered in the registry when its module is imported. `members` has the
checks on what a config says.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

# Importing them enters their checks in the registry.
from placemap.checks import (  # noqa: F401
    councils,
    coverage,
    evidence,
    left_out,
    placeholders,
    plausibility,
    reorganisations,
    store_lacks,
    tiers,
    vintages,
)
from placemap.checks.registry import RESULT_CHECKS
from placemap.config.model import Accept, Footprint, Loc, System
from placemap.core.findings import Finding, Severity
from placemap.resolve.resolved import ResolvedFootprint

_PROMISE = "each LSOA of the scope belongs in exactly one place", "take it out, and mend the places or the scope"
#: What no waiver accepts, with why and the next step.
NEVER_WAIVED = {
    "gap": _PROMISE,
    "overlap": _PROMISE,
    "empty-scope": _PROMISE,
    "weak-evidence": ("a reason does not make evidence stronger", "take it out, and find better evidence"),
    "placeholder": ("what is left to fill in stands in every output", "take it out, and fill the text in"),
}

#: The same of errors only; a warning of that code may be accepted.
ERRORS_NEVER_WAIVED = {
    "crosses-tier": (
        "where areas decide both tiers, one of the two declarations is wrong",
        "take it out, and mend the members of one of the two tiers",
    ),
}


def run_checks(resolved: ResolvedFootprint) -> list[Finding]:
    """All findings about a resolved footprint, waivers applied, errors first."""
    findings = [finding for check in RESULT_CHECKS.values() for finding in check(resolved)]
    asked = bool(resolved.geography.chosen.vintages)
    return in_order(apply_waivers(findings, resolved.footprint, other_vintages=asked), resolved.system)


def in_order(findings: Iterable[Finding], system: System) -> list[Finding]:
    """A system's findings, by severity, code, place and subject."""
    return by_severity(replace(finding, system=system.id) for finding in findings)


def by_severity(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by severity, code, place and subject."""
    rank = list(Severity)
    return sorted(findings, key=lambda f: (rank.index(f.severity), f.code, f.place, f.subject, f.message))


def apply_waivers(findings: list[Finding], footprint: Footprint, *, other_vintages: bool = False) -> list[Finding]:
    """Turn accepted findings to `waived`, and report waivers that match nothing.

    Args:
        other_vintages: the tables are not those that the config was written for, so that a waiver may well be unused.
    """
    waivers: list[tuple[Accept, str]] = [(accept, "") for accept in footprint.accepts]
    waivers += [(accept, place.id) for place in footprint.places for accept in place.accepts]
    used: set[Loc] = set()
    result = []
    for finding in findings:
        accept = next((a for a, place in waivers if _matches(a, place, finding)), None)
        if accept:
            used.add(accept.loc)
        result.append(_waived(finding, accept) if accept else finding)
    unused = [
        (accept, place)
        for accept, place in waivers
        if accept.loc not in used and (accept.finding in NEVER_WAIVED or not other_vintages)
    ]
    refused = {(finding.code, finding.subject) for finding in result if _is_never_waived(finding)}
    return result + [_unused(accept, place, refused) for accept, place in unused]


def _matches(accept: Accept, place: str, finding: Finding) -> bool:
    same = (accept.finding, accept.subject) == (finding.code, finding.subject)
    return same and place in ("", finding.place) and not _is_never_waived(finding)


def _is_never_waived(finding: Finding) -> bool:
    is_error = finding.severity == Severity.ERROR
    return finding.code in NEVER_WAIVED or (is_error and finding.code in ERRORS_NEVER_WAIVED)


def _waived(finding: Finding, accept: Accept) -> Finding:
    message = f"{finding.code} accepted: {finding.message} Reason: {accept.reason}"
    return replace(finding, code="waived", severity=Severity.INFO, message=message, location=str(accept.loc), hint="")


def _unused(accept: Accept, place: str, refused: set[tuple[str, str]]) -> Finding:
    message = f"the waiver of {accept.finding} for {accept.subject} matches no finding."
    hint = "take it out, or correct its finding and subject"
    if accept.finding in NEVER_WAIVED:
        why, hint = NEVER_WAIVED[accept.finding]
        message = f"a finding of {accept.finding} cannot be accepted: {why}."
    elif (accept.finding, accept.subject) in refused:
        why, hint = ERRORS_NEVER_WAIVED[accept.finding]
        message = f"an error of {accept.finding} cannot be accepted: {why}."
    return Finding(
        "unused-waiver",
        Severity.WARNING,
        message,
        accept.subject,
        str(accept.loc),
        place,
        hint=hint,
    )
