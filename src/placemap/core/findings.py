"""Something is wrong, or worth knowing, about the definitions or the result: a Finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from placemap.core.errors import Exit, PlacemapError
from placemap.core.text import counted


class Severity(StrEnum):
    """How much a finding matters; errors fail a build, warnings do with `--strict`."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


#: What people call each.
SHOWN = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}


@dataclass(frozen=True)
class Finding:
    """One thing a check found.

    Attributes:
        code: stable name, documented in docs/reference/findings.md.
        severity: error, warning or info.
        message: what was found and what was expected.
        subject: the code or id that it is about; what a waiver names.
        location: `file:line:column` of the declaration it comes from.
        place: id of the place that it belongs to, empty for the whole footprint.
        lsoas: the LSOA 2021 codes affected, sorted.
        people: residents of those LSOAs (or patients, where the message says so); None where it does not apply.
        hint: the next step.
        system: id of the system that it is about; `england` for what is wrong between systems.
    """

    code: str
    severity: Severity
    message: str
    subject: str = ""
    location: str = ""
    place: str = ""
    lsoas: tuple[str, ...] = field(default=())
    people: float | None = None
    hint: str = ""
    system: str = ""


def errors_of(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that fail a build."""
    return [finding for finding in findings if finding.severity == Severity.ERROR]


def tally(findings: Iterable[Finding]) -> str:
    """How many there are of each severity: `0 errors, 1 warning, 12 notes`."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(counted(counts[severity], word) for severity, word in SHOWN.items())


def exit_code_of(findings: Iterable[Finding]) -> Exit:
    """0, or 4 where there are errors."""
    return Exit.WRONG if errors_of(findings) else Exit.OK


def refuse_errors(what: str, findings: Iterable[Finding], command: str) -> None:
    """Refuse to go on from something that has errors.

    Args:
        what: what they are findings about.
        findings: of any severity.
        command: lists them.

    Raises:
        PlacemapError: there are errors.
    """
    errors = errors_of(findings)
    if errors:
        first = errors[0]
        raise PlacemapError(
            f"{what} has {counted(len(errors), 'error')}, such as {first.code}: {first.message}",
            location=first.location,
            hint=f"`{command}` lists them",
            exit_code=Exit.WRONG,
        )
