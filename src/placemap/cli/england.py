"""What `--england` takes and prints: no other footprint beside it; a line a system, then the verdict."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placemap.cli.common import failure, message, print_json, print_table
from placemap.cli.findings import finding_json, show_findings
from placemap.cli.live import progress
from placemap.cli.outcomes import say_written
from placemap.cli.sensitivity import sensitivity_json, show_sensitivity
from placemap.core.errors import Exit, PlacemapError, usage_error

if TYPE_CHECKING:
    from placemap.commands.build import BuildOptions
    from placemap.commands.england import EnglandOutcome
    from placemap.commands.workspace import Workspace
    from placemap.config.model import System


def refuse_with_england(systems: Iterable[str] | None, footprints: Iterable[str] | None, *, every: bool) -> None:
    """Raise where something stands beside `--england`, which leaves nothing to choose.

    Raises:
        PlacemapError: a footprint, system or `--all` is given beside it.
    """
    extra = next((text for text in (*(systems or []), *(footprints or []), "--all" if every else "") if text), "")
    if extra:
        raise PlacemapError(
            f"--england takes every system with its default footprint; `{extra}` cannot be given with it",
            hint="leave it out, or leave out --england",
            exit_code=Exit.USAGE,
        )


def require_system(system: str | None) -> str:
    """The system that a command of one system is about.

    Raises:
        PlacemapError: none is named.
    """
    if system is None:
        raise usage_error(
            "which system? Name one, or all of them with --england", "`placemap list` shows the systems there are"
        )
    return system


def systems_of(workspace: Workspace) -> Iterable[System]:
    """The systems of England with a progress bar, once the store is known to hold them.

    Raises:
        PlacemapError: the store is not of all England, or a config cannot be read.
    """
    from placemap.commands import england as pipeline_england
    from placemap.config.find_config import own_configs

    pipeline_england.require_england(workspace.geography)
    for path in own_configs():
        message(f"note: {path} stands in the place of the config `{path.stem}` that ships with placemap")
    found: Iterable[System] = progress(pipeline_england.england_systems(), lambda system: str(system.id))
    return found


def build_england(
    workspace: Workspace, out: Path, min_grade: str, options: BuildOptions, *, strict: bool, as_json: bool
) -> int:
    """Build all systems into one folder and print the result."""
    from placemap.commands import england as pipeline_england
    from placemap.commands.baseline import Bar

    systems = systems_of(workspace)
    outcome = pipeline_england.build_england(workspace, systems, out, options, min_grade=min_grade)
    if as_json:
        print_json(_as_json(outcome))
    else:
        _report(outcome)
    bar = Bar(strict)
    failing = bar.failing(*outcome.national.key, outcome.findings)
    if reason := bar.reason(failing):
        failure(reason)
    elif not failing and not as_json:
        message("next: placemap report --england", whole=True)
    return int(bar.exit_code(failing))


def _report(outcome: EnglandOutcome) -> None:
    from placemap.commands.england import lines

    found = lines(outcome)
    rows: list[tuple[str, ...]] = [
        (
            line.system.name,
            line.footprint.id,
            f"{len(line.footprint.places)}",
            line.footprint.grade,
            f"{line.lsoas:,}",
            f"{line.residents:,.0f}",
            f"{line.registered:,.0f}",
        )
        for line in found
    ]
    total = (
        "England",
        "",
        f"{sum(len(line.footprint.places) for line in found)}",
        "",
        f"{sum(line.lsoas for line in found):,}",
        f"{sum(line.residents for line in found):,.0f}",
        f"{sum(line.registered for line in found):,.0f}",
    )
    headers = ["system", "footprint", "places", "grade", "LSOAs", "residents", "registered"]
    print_table(headers, [*rows, total], right=(2, 4, 5, 6))
    _verdict(outcome)
    show_sensitivity(outcome.sensitivity)
    show_findings(outcome.findings, rest="findings.csv")
    say_written(outcome)


def _verdict(outcome: EnglandOutcome) -> None:
    place = outcome.national.assignment.place
    missing = int((place < 0).sum())
    if missing:
        message(f"coverage: {missing:,} of England's {len(place):,} LSOAs are in no place")
    else:
        message(f"coverage: each of England's {len(place):,} LSOAs is in exactly one place")


def _as_json(outcome: EnglandOutcome) -> dict[str, Any]:
    from placemap.commands.england import lines

    return {
        "exit_code": int(outcome.exit_code()),
        "folder": str(outcome.folder) if outcome.folder else None,
        "lsoas": int((outcome.national.assignment.place >= 0).sum()),
        "left_out": [system.id for system in outcome.left_out],
        "systems": [
            {
                "id": line.system.id,
                "footprint": line.footprint.id,
                "grade": line.footprint.grade,
                "places": len(line.footprint.places),
                "lsoas": line.lsoas,
                "residents": round(line.residents, 2),
                "registered": round(line.registered, 2),
            }
            for line in lines(outcome)
        ],
        "findings": [finding_json(finding) for finding in outcome.findings],
        "sensitivity": sensitivity_json(outcome.sensitivity),
    }
