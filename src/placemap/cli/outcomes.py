"""What a build or check of one footprint prints."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from placemap.cli.common import message, print_table
from placemap.cli.findings import finding_json, show_findings, show_tally
from placemap.cli.sensitivity import sensitivity_json, show_sensitivity
from placemap.core.errors import Exit

if TYPE_CHECKING:
    from placemap.commands.england import EnglandOutcome
    from placemap.commands.workspace import Outcome


def print_outcome(outcome: Outcome) -> None:
    """Print a table of the places, then what was found."""
    from placemap.commands.build import place_summaries

    lines = place_summaries(outcome)
    title = f"{outcome.system.name} — {outcome.footprint.name} ({outcome.footprint.id})"
    if lines:
        rows = [
            (line.place.name, f"{line.lsoas:,}", f"{line.residents:,.0f}", f"{line.registered:,.0f}") for line in lines
        ]
        total = (
            "total",
            f"{sum(line.lsoas for line in lines):,}",
            f"{sum(line.residents for line in lines):,.0f}",
            f"{sum(line.registered for line in lines):,.0f}",
        )
        print_table(["place", "LSOAs", "residents", "registered"], [*rows, total], right=(1, 2, 3), title=title)
    else:
        message(f"{title}: not resolved, because of the errors below")
    _verdict(outcome)
    show_sensitivity(outcome.sensitivity)
    show_findings(outcome.findings, rest="findings.csv" if outcome.folder else "")
    say_written(outcome)


def say_written(outcome: Outcome | EnglandOutcome) -> None:
    """Say where the tables went, if they did, and how many findings there are of each severity."""
    if outcome.folder:
        failed = outcome.exit_code() != Exit.OK
        message(f"{'FAILED: only findings' if failed else f'{len(outcome.tables)} tables'} written to {outcome.folder}")
    show_tally(outcome.findings)


def _verdict(outcome: Outcome) -> None:
    """One line on the coverage: the thing that placemap is for."""
    assignment = outcome.assignment
    if assignment is None:
        return
    scope, gaps, overlaps = int(assignment.in_scope.sum()), len(assignment.gaps), len(assignment.overlaps)
    if gaps or overlaps:
        message(f"coverage: {gaps:,} of {scope:,} LSOAs of the scope in no place, {overlaps:,} in more than one")
    else:
        message(f"coverage: each of the {scope:,} LSOAs of the scope is in exactly one place")


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """The same for machines."""
    from placemap.commands.build import place_summaries

    assignment = outcome.assignment
    return {
        "system": outcome.system.id,
        "footprint": outcome.footprint.id,
        "exit_code": int(outcome.exit_code()),
        "folder": str(outcome.folder) if outcome.folder else None,
        "scope_lsoas": None if assignment is None else int(assignment.in_scope.sum()),
        "places": [
            {
                "id": line.place.id,
                "name": line.place.name,
                "lsoas": line.lsoas,
                "residents": round(line.residents, 2),
                "registered": round(line.registered, 2),
            }
            for line in place_summaries(outcome)
        ],
        "findings": [finding_json(finding) for finding in outcome.findings],
        "sensitivity": sensitivity_json(outcome.sensitivity),
    }
