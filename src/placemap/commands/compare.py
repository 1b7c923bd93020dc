"""Footprints of a system side by side."""

from __future__ import annotations

from dataclasses import dataclass

from placemap.analysis.compare import Side, comparison_tables, side
from placemap.commands.workspace import Workspace, footprints_of, resolved_of
from placemap.config.model import System
from placemap.core.tables import Table


@dataclass(frozen=True)
class Comparison:
    """What `compare` found.

    Attributes:
        sides: one a footprint, as asked.
        tables: `footprints`, `alignment`, and `place_place` for every pair.
    """

    system: System
    sides: tuple[Side, ...]
    tables: tuple[Table, ...]


def compare_footprints(workspace: Workspace, system: System, footprints: list[str]) -> Comparison:
    """Set footprints of a system side by side; all of them where none is named.

    Raises:
        PlacemapError: there is no such footprint, or one cannot be resolved.
    """
    chosen = footprints_of(system, list(dict.fromkeys(footprints)), every=not footprints)
    sides = tuple(side(resolved_of(workspace, system, footprint)) for footprint in chosen)
    return Comparison(system, sides, tuple(comparison_tables(sides)))
