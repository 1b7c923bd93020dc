"""The map of a footprint, or of two side by side."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from placemap.commands.workspace import Outcome, Workspace
from placemap.config.model import Footprint, System
from placemap.config.tiers import inner_of, outer_of
from placemap.core.errors import Exit, PlacemapError
from placemap.core.files import write_whole
from placemap.outputs.map.picture import Picture, picture, with_tier_above
from placemap.resolve.resolved import ResolvedFootprint


@dataclass(frozen=True)
class DrawnFiles:
    """Files that a command wrote, and what the map in them shows, in words."""

    files: list[Path]
    alt: str


def draw(workspace: Workspace, outcome: Outcome, *, highlight: bool = False) -> Picture:
    """The map of an outcome without errors."""
    resolved = outcome.without_errors()
    return picture(resolved, workspace.outlines, _before(workspace, resolved), highlight=highlight)


def _before(workspace: Workspace, resolved: ResolvedFootprint) -> list[ResolvedFootprint]:
    """The footprints of a system that give colours first: the default one, then the others as they are declared."""
    system = resolved.system
    order = sorted(system.footprints.values(), key=lambda footprint: footprint.id != system.default_footprint)
    until = [footprint.id for footprint in order].index(resolved.footprint.id)
    found = [workspace.resolve(system, footprint)[1] for footprint in order[:until]]
    return [one for one in found if one is not None]


def make_map(
    workspace: Workspace,
    system: System,
    footprints: list[Footprint],
    out: Path,
    *,
    highlight: bool = False,
    title: str = "",
    legend: bool = True,
    tiers: bool = False,
) -> DrawnFiles:
    """Write the map of one footprint, or of two side by side: SVG, PNG in two sizes and alternative text.

    Args:
        tiers: of the one footprint, draw the tier below inside it, or itself inside the tier above.
        title: of the map, instead of the system's name.
        legend: say beside the map what its colours and lines are.

    Raises:
        PlacemapError: a footprint has errors, the store has no boundaries, or a file cannot be written.
    """
    from placemap.outputs.map.draw import drawing
    from placemap.outputs.map.png import pngs
    from placemap.outputs.map.svg import svg_text

    if tiers:
        footprints = [_finer(workspace, system, footprints[0])]
    outcomes = [workspace.check(system, footprint) for footprint in footprints]
    pictures = [draw(workspace, outcome, highlight=highlight) for outcome in outcomes]
    name = "-and-".join(footprint.id for footprint in footprints)
    if tiers:
        resolved = outcomes[0].without_errors()
        pictures = [with_tier_above(pictures[0], resolved, workspace.outlines)]
        name += f"-inside-{resolved.outer.footprint.id}" if resolved.outer else ""
    stem = out / system.id / f"{name}-map"
    drawn = drawing(pictures, title, legend=legend)
    large, small = pngs(drawn)
    contents: dict[str, str | bytes] = {
        ".svg": svg_text(drawn),
        ".png": large,
        "-small.png": small,
        ".txt": drawn.alt + "\n",
    }
    written = [write_whole(stem.with_name(stem.name + ending), content) for ending, content in contents.items()]
    return DrawnFiles(written, drawn.alt)


def _finer(workspace: Workspace, system: System, footprint: Footprint) -> Footprint:
    """The footprint whose places are drawn inside those of another: the one inside a footprint, or else itself.

    Raises:
        PlacemapError: several lie inside it, or it has no other tier.
    """
    inner = inner_of(system, footprint)
    if len(inner) == 1:
        return workspace.footprint(system, inner[0].id)
    if not inner and outer_of(system, footprint):
        return footprint
    raise PlacemapError(
        f"several footprints lie inside `{footprint.id}`" if inner else f"footprint `{footprint.id}` has no other tier",
        location=str(footprint.loc),
        hint=f"name one of {', '.join(one.id for one in inner)} with --footprint"
        if inner
        else "`inside: …` declares a tier",
        exit_code=Exit.USAGE,
    )
