"""The footprints that `placemap apply` applies data to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placemap.cli.common import each_once, load
from placemap.cli.england import refuse_with_england, systems_of
from placemap.cli.on_demand import fetch_missing
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from placemap.apply.tiers import Tiers
    from placemap.cli.apply_asked import Whereto
    from placemap.commands.workspace import Workspace
    from placemap.config.model import Footprint, System
    from placemap.resolve.resolved import ResolvedFootprint


def open_footprints(
    whereto: Whereto, data: Path, *, join: bool
) -> tuple[Workspace, list[ResolvedFootprint], Tiers | None]:
    """The workspace and the footprints in it, or their tiers; what is missing is fetched, if the user agrees.

    Raises:
        PlacemapError: none are named, or two that cannot be told apart, or one has errors.
    """
    from placemap.commands.workspace import open_workspace

    jobs = _jobs(whereto, join=join)
    _fetch_missing(data, [one for one, _ in jobs], whereto)
    workspace = open_workspace(whereto.reference, whereto.measure, min_grade=whereto.min_grade)
    footprints = _england(workspace) if whereto.england else _footprints(workspace, jobs)
    if not whereto.tiers:
        return workspace, footprints, None
    tiers = _tiers(workspace, footprints)
    return workspace, list(tiers.footprints), tiers


def _tiers(workspace: Workspace, footprints: Sequence[ResolvedFootprint]) -> Tiers:
    """All tiers that go through the one footprint that is asked for, or lie inside those of all England.

    Raises:
        PlacemapError: several are, or it has no other tier, or one of the tiers has errors.
    """
    from placemap.commands.tiers import applied_tiers

    if len(footprints) > 1:
        raise PlacemapError("--tiers takes one system and footprint", hint="name one", exit_code=Exit.USAGE)
    return applied_tiers(workspace, footprints[0])


def _fetch_missing(data: Path, systems: list[System], whereto: Whereto) -> None:
    """Fetch the tables of systems (of all, where none is named) that are not at hand, if the user agrees."""
    from placemap.commands.data import shipped_systems

    named = "".join(f" --system {one.id}" for one in each_once(systems)) or " --england"
    wanted = each_once(systems) or shipped_systems()
    fetch_missing(wanted, whereto.reference, f"apply {data}{named}", download=whereto.download)


def _jobs(whereto: Whereto, *, join: bool) -> list[tuple[System, Footprint]]:
    """The footprints that are named; none with `--england`."""
    from placemap.commands.workspace import footprints_of

    if whereto.england:
        refuse_with_england(list(whereto.systems), list(whereto.footprints), every=False)
        return []
    if not whereto.systems:
        raise PlacemapError(
            "which system? Name one or several with --system, or all of them with --england",
            hint="`placemap list` shows the systems there are",
            exit_code=Exit.USAGE,
        )
    systems = each_once(map(load, whereto.systems))
    jobs = [(one, chosen) for one in systems for chosen in footprints_of(one, list(whereto.footprints))]
    _refuse_twice(jobs)
    if join and len(jobs) > len(systems):
        raise PlacemapError("--join takes one footprint a system", hint="name one", exit_code=Exit.USAGE)
    return jobs


def _refuse_twice(jobs: list[tuple[System, Footprint]]) -> None:
    """Refuse two configs whose rows in the result nobody could tell apart."""
    first: dict[tuple[str, str], System] = {}
    for system, footprint in jobs:
        other = first.setdefault((system.id, footprint.id), system)
        if other is not system:
            raise PlacemapError(
                f"{other.loc.file} and {system.loc.file} are different configs, and both have the id `{system.id}` and "
                f"the footprint `{footprint.id}`; expected one of them",
                hint="give one of them another id under `ics`, or apply each by itself",
                exit_code=Exit.USAGE,
            )


def _footprints(workspace: Workspace, jobs: Sequence[tuple[System, Footprint]]) -> list[ResolvedFootprint]:
    from placemap.commands.apply import resolved_footprint

    return [resolved_footprint(workspace, system, chosen) for system, chosen in jobs]


def _england(workspace: Workspace) -> list[ResolvedFootprint]:
    from placemap.commands.england import resolved_england

    return [resolved_england(workspace, systems_of(workspace), workspace.min_grade)]
