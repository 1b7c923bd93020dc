"""What people take in hand: map, report and FOI pack. One short function a command, as in `pipeline`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from placemap.cartography import Picture, picture
from placemap.errors import Exit, PlacemapError
from placemap.findings import Severity
from placemap.model import Footprint, System
from placemap.pipeline import Outcome, Workspace
from placemap.write_files import put


@dataclass(frozen=True)
class Made:
    """Files that a command wrote, and what the map in them shows, in words."""

    files: list[Path]
    alt: str


def without_errors(workspace: Workspace, system: System, footprint: Footprint) -> Outcome:
    """Build a footprint's tables in memory.

    Raises:
        PlacemapError: it has findings of error severity, so there is nothing to show.
    """
    outcome = workspace.build(system, footprint)
    errors = [finding for finding in outcome.findings if finding.severity == Severity.ERROR]
    if errors or outcome.assignment is None:
        raise PlacemapError(
            f"footprint `{footprint.id}` of {system.id} has {len(errors)} error{'s' if len(errors) != 1 else ''}, "
            f"such as {errors[0].code}: {errors[0].message}",
            location=system.loc.file,
            hint=f"`placemap check {system.id} --footprint {footprint.id}` lists them",
            exit_code=Exit.WRONG,
        )
    return outcome


def draw(workspace: Workspace, outcome: Outcome, *, highlight: bool = False) -> Picture:
    """The map of an outcome without errors."""
    assert outcome.assignment is not None
    return picture(outcome.system, outcome.assignment, workspace.outlines, workspace.figures, highlight=highlight)


def make_map(
    workspace: Workspace, system: System, footprints: list[Footprint], out: Path, *, highlight: bool = False
) -> Made:
    """Write the map of one footprint, or of two side by side: SVG, PNG and alternative text.

    Raises:
        PlacemapError: a footprint has errors, the store has no boundaries, or a file cannot be written.
    """
    from placemap.write_map import alt, png, svg

    pictures = [
        draw(workspace, without_errors(workspace, system, footprint), highlight=highlight) for footprint in footprints
    ]
    stem = out / system.id / ("-and-".join(footprint.id for footprint in footprints) + "-map")
    words = alt(pictures)
    contents: dict[str, str | bytes] = {".svg": svg(pictures), ".png": png(pictures), ".txt": words + "\n"}
    return Made([put(stem.with_name(stem.name + ending), content) for ending, content in contents.items()], words)
