"""All tiers of a system that go through a footprint."""

from __future__ import annotations

from placemap.commands.workspace import Workspace
from placemap.config.tiers import chain_of, inner_of
from placemap.core.errors import Exit, PlacemapError
from placemap.resolve.resolved import ResolvedFootprint


def chain_in(workspace: Workspace, resolved: ResolvedFootprint) -> list[ResolvedFootprint]:
    """The tiers that go through a footprint, the outermost first, each without errors.

    Raises:
        PlacemapError: there is but one tier, or one has errors.
    """
    chain = chain_of(resolved.system, resolved.footprint)
    if len(chain) < 2:
        raise PlacemapError(
            f"footprint `{resolved.footprint.id}` of {resolved.system.id} has no other tier: it lies inside none, and "
            "none lies inside it",
            location=resolved.system.loc.file,
            hint="`inside: …` declares a tier; `placemap new SYSTEM --tiers` starts one from PCNs",
            exit_code=Exit.USAGE,
        )
    tiers = [workspace.footprint(resolved.system, footprint.id) for footprint in chain]
    return [workspace.check(resolved.system, footprint).without_errors() for footprint in tiers]


def inside(workspace: Workspace, resolved: ResolvedFootprint) -> list[ResolvedFootprint]:
    """The footprints that lie directly inside one and are not superseded, as far as they can be resolved."""
    system = resolved.system
    inner = [one for one in inner_of(system, resolved.footprint) if one.status != "superseded"]
    found = [workspace.resolve(system, workspace.footprint(system, one.id))[1] for one in inner]
    return [tier for tier in found if tier is not None]
