"""How findings are told: one piece for all commands that have some."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from placemap.cli.live import above
from placemap.cli.terminal import is_quiet, is_verbose, painted, width_of, wrapped
from placemap.core.findings import SHOWN, Finding, Severity, tally

if TYPE_CHECKING:
    from placemap.cli.next_steps import Given
    from placemap.commands.workspace import Workspace
    from placemap.config.model import Footprint, System


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding for machines."""
    return {
        "code": finding.code,
        "severity": str(finding.severity),
        "message": finding.message,
        "subject": finding.subject,
        "place": finding.place,
        "location": finding.location,
        "lsoas": list(finding.lsoas),
        "people": None if finding.people is None else round(finding.people, 2),
        "next_step": finding.hint,
    }


def show_findings(findings: Sequence[Finding], *, rest: str = "") -> None:
    """Print findings to stderr: with `--quiet` the errors only.

    Args:
        rest: where else than with --verbose those are that are not shown.
    """
    _print(finding_lines(_told(findings), sys.stderr, rest=rest))


def show_tally(findings: Sequence[Finding], more: str = "") -> None:
    """Print the closing line, `0 errors, 21 warnings, 5 notes`, with what more is to be said."""
    if not is_quiet():
        _print([_painted_tally(findings) + more])


def show_checked(workspace: Workspace, system: System, footprints: Iterable[Footprint], given: Given) -> None:
    """The closing line on footprints that something was made of, and the command that lists what was found."""
    found = [finding for one in footprints for finding in workspace.check(system, one).findings]
    show_tally(found, f" (`placemap check {given}` lists them)" if found else "")


def _told(findings: Sequence[Finding]) -> Sequence[Finding]:
    return [finding for finding in findings if finding.severity == Severity.ERROR] if is_quiet() else findings


def finding_lines(findings: Sequence[Finding], stream: TextIO, *, rest: str = "") -> Iterator[str]:
    """Findings as text: all errors; of every other code the number, the people, and the first (`--verbose`: all).

    On a terminal each is wrapped to its width; elsewhere it is one line, so that it can be searched for.
    """
    width = width_of(stream)
    for code in dict.fromkeys(finding.code for finding in findings):
        group = [finding for finding in findings if finding.code == code]
        shown = group if group[0].severity == Severity.ERROR or is_verbose() else group[:1]
        people = sum(finding.people or 0 for finding in group)
        count = f" ×{len(group)}" if len(group) > 1 else ""
        word = painted(SHOWN[group[0].severity], SHOWN[group[0].severity], stream)
        yield f"{word} {code}{count}" + (f" ({people:,.0f} people)" if people else "")
        for finding in shown:
            text = f"{finding.location}: {finding.message}" if finding.location else finding.message
            yield wrapped(text, width, indent="  ", hanging="      ")
            if finding.hint != group[0].hint and finding.hint:
                yield _hint(finding.hint, width)
        if len(group) > len(shown):
            yield f"  … and {len(group) - len(shown)} more: --verbose{f', or {rest}' if rest else ''}"
        if group[0].hint:
            yield _hint(group[0].hint, width)


def _hint(text: str, width: int | None) -> str:
    return wrapped(text, width, indent="  → ", hanging="    ")


def _painted_tally(findings: Sequence[Finding]) -> str:
    """The tally with a colour on what there is."""
    parts = []
    for severity, part in zip(Severity, tally(findings).split(", "), strict=True):
        parts.append(part if part.startswith("0 ") else painted(part, SHOWN[severity]))
    return ", ".join(parts)


def _print(lines: Iterable[str]) -> None:
    import typer

    from placemap.cli.terminal import in_colour

    with above():
        for line in lines:
            typer.echo(line, err=True, color=in_colour(sys.stderr))
