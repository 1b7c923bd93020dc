"""All tiers of a system that go through a footprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placemap.commands.workspace import Workspace
from placemap.config.grades import is_below
from placemap.config.tiers import chain_of, inner_of
from placemap.core.errors import Exit, PlacemapError
from placemap.resolve.resolved import ResolvedFootprint

if TYPE_CHECKING:
    from placemap.apply.tiers import Tiers


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


def below_in(workspace: Workspace, national: ResolvedFootprint) -> list[ResolvedFootprint]:
    """The tiers that lie inside the default footprints of all systems, each without errors.

    Tiers whose evidence is weaker than asked for are left out, as systems are.
    """
    found = []
    for part in national.parts:
        chain = chain_of(part.system, part.footprint)
        for one in chain[chain.index(part.footprint) + 1 :] if part.footprint in chain else []:
            footprint = workspace.footprint(part.system, one.id)
            if not is_below(footprint.grade, workspace.min_grade):
                found.append(workspace.check(part.system, footprint).without_errors())
    return found


def applied_tiers(workspace: Workspace, resolved: ResolvedFootprint) -> Tiers:
    """All tiers that go through a footprint, or lie inside those of all England, to apply data to.

    Raises:
        PlacemapError: there is but one tier, or one has errors.
    """
    from placemap.apply.tiers import tiers_of  # with frames, which a build does without

    return tiers_of([resolved, *below_in(workspace, resolved)] if resolved.parts else chain_in(workspace, resolved))


def inside(workspace: Workspace, resolved: ResolvedFootprint) -> list[ResolvedFootprint]:
    """The footprints that lie directly inside one and are not superseded, as far as they can be resolved."""
    system = resolved.system
    inner = [one for one in inner_of(system, resolved.footprint) if one.status != "superseded"]
    found = [workspace.resolve(system, workspace.footprint(system, one.id))[1] for one in inner]
    return [tier for tier in found if tier is not None]
