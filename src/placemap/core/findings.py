"""Something is wrong, or worth knowing, about the definitions or the result: a Finding."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    """How much a finding matters; errors fail a build, warnings do with `--strict`."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """One thing a check found.

    Attributes:
        code: stable name, documented in docs/findings.md.
        severity: error, warning or info.
        message: what was found and what was expected.
        subject: the code or id that it is about; what a waiver names.
        location: `file:line:column` of the declaration it comes from.
        place: id of the place that it belongs to, empty for the whole footprint.
        lsoas: the LSOA 2021 codes affected, sorted.
        people: residents of those LSOAs (or patients, where the message says so); None where it does not apply.
        hint: the next step.
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


def worst(findings: list[Finding]) -> Severity | None:
    """The highest severity among `findings`; None where there are none."""
    order = [Severity.ERROR, Severity.WARNING, Severity.INFO]
    present = {finding.severity for finding in findings}
    return next((severity for severity in order if severity in present), None)
