"""The map of a footprint, or of two side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from placemap.commands.workspace import Outcome, Workspace, without_errors
from placemap.config.model import Footprint, System
from placemap.core.files import write_whole
from placemap.outputs.map.picture import Picture, picture


@dataclass(frozen=True)
class DrawnFiles:
    """Files that a command wrote, and what the map in them shows, in words."""

    files: list[Path]
    alt: str


def draw(workspace: Workspace, outcome: Outcome, *, highlight: bool = False) -> Picture:
    """The map of an outcome without errors."""
    assert outcome.assignment is not None
    workspace = workspace.of(outcome.footprint)
    return picture(outcome.system, outcome.assignment, workspace.outlines, workspace.populations, highlight=highlight)


def make_map(
    workspace: Workspace, system: System, footprints: list[Footprint], out: Path, *, highlight: bool = False
) -> DrawnFiles:
    """Write the map of one footprint, or of two side by side: SVG, PNG and alternative text.

    Raises:
        PlacemapError: a footprint has errors, the store has no boundaries, or a file cannot be written.
    """
    from placemap.outputs.map.draw import alt, png, svg

    pictures = [
        draw(workspace, without_errors(workspace, system, footprint), highlight=highlight) for footprint in footprints
    ]
    stem = out / system.id / ("-and-".join(footprint.id for footprint in footprints) + "-map")
    words = alt(pictures)
    contents: dict[str, str | bytes] = {".svg": svg(pictures), ".png": png(pictures), ".txt": words + "\n"}
    return DrawnFiles(
        [write_whole(stem.with_name(stem.name + ending), content) for ending, content in contents.items()], words
    )
