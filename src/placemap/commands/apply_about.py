"""What a table of figures by place must say of its places and of the tables that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from placemap.crosswalk.inputs import attributions

if TYPE_CHECKING:
    from placemap.commands.workspace import Workspace
    from placemap.resolve.resolved import ResolvedFootprint


def about(workspace: Workspace, footprints: Sequence[ResolvedFootprint]) -> list[tuple[str, str]]:
    """Which places these are and how good their evidence is, and whose tables brought the data to them: label, text."""
    named = [
        f"{part.system.name}: {part.footprint.name} ({part.footprint.status}, evidence grade {part.footprint.grade})"
        for resolved in footprints
        for part in resolved.by_system
    ]
    lines = attributions_of(workspace, footprints)
    return [*(("Places", name) for name in named), *(("Attribution", line) for line in lines)]


def attributions_of(workspace: Workspace, footprints: Sequence[ResolvedFootprint]) -> list[str]:
    """The attributions of the reference tables that places rest on."""
    parts = [part for resolved in footprints for part in resolved.by_system]
    entries = {entry.name: entry for part in parts for entry in workspace.inputs(part.system, part.footprint)}
    return [line.rstrip(".") for line in attributions([*entries.values()])]
