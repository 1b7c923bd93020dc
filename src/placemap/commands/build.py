"""Load → resolve → check → write: one footprint into its folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from placemap.commands.tiers import chain_in
from placemap.commands.workspace import Outcome, Workspace, chosen_of
from placemap.config.model import Footprint, Place, System
from placemap.config.tiers import chain_of, has_tiers
from placemap.core.errors import Exit, PlacemapError
from placemap.crosswalk.tiers import tiers_table
from placemap.outputs.folder import write_build
from placemap.reference.lock import require_locked


@dataclass(frozen=True)
class BuildOptions:
    """What is written beside the usual tables, and in what format.

    Attributes:
        formats: as `--format`.
        excel: whether a workbook is written.
        outlines: whether the outlines of places are.
        tiers: whether LSOAs are given by all tiers that go through the footprint.
        sensitive: whether LSOAs are placed by other methods, too, to say how sure each place is.
    """

    formats: str = "csv"
    excel: bool = False
    outlines: bool = False
    sensitive: bool = False
    tiers: bool = False


USUAL = BuildOptions()


def build(
    workspace: Workspace,
    system: System,
    footprint: Footprint,
    out: Path,
    options: BuildOptions = USUAL,
) -> Outcome:
    """Build one footprint into `out/<system>/<footprint>/`.

    Raises:
        PlacemapError: the folder cannot be written, or the tables are not those of the lock; what stood there before
            still does.
    """
    if workspace.lock:
        require_locked(workspace.inputs(system, footprint), workspace.lock)
    outcome = workspace.build(system, footprint)
    failed = outcome.exit_code() != Exit.OK
    if options.sensitive and not failed:
        from placemap.analysis.sensitivity import sensitivity  # few builds ask for it

        outcome.sensitivity = sensitivity(outcome.without_errors())
        outcome.tables += [outcome.sensitivity.flips, outcome.sensitivity.confidence]
    if options.tiers and not failed and (len(chain_of(system, footprint)) > 1 or not has_tiers(system)):
        outcome.tables.append(tiers_table(chain_in(workspace, outcome.without_errors())))
    shapes = workspace.boundaries(outcome.without_errors()) if options.outlines and not failed else None
    made = workspace.made(outcome, shapes)
    outcome.folder = write_build(made, out, formats=options.formats, excel=options.excel)
    return outcome


def jobs_of(
    workspace: Workspace, systems: Sequence[System], names: list[str], *, every: bool = False
) -> tuple[list[tuple[System, Footprint]], list[PlacemapError]]:
    """What a command is about, at the chosen vintages; a system that lacks a footprint gives an error instead."""
    jobs: list[tuple[System, Footprint]] = []
    errors: list[PlacemapError] = []
    for system in systems:
        try:
            dated, footprints = chosen_of(workspace, system, names, every=every)
            jobs += [(dated, item) for item in footprints]
        except PlacemapError as error:
            errors.append(error)
    return jobs, errors


@dataclass(frozen=True)
class PlaceSummary:
    """One line of the summary after a build."""

    place: Place
    lsoas: int
    residents: float
    registered: float


def place_summaries(outcome: Outcome) -> list[PlaceSummary]:
    """LSOAs and people by place; empty where nothing was resolved."""
    resolved = outcome.resolved
    if resolved is None:
        return []
    lines = []
    for position, place in enumerate(resolved.places):
        mask = resolved.lsoas(position)
        registered = float(resolved.populations.registered[mask].sum())
        lines.append(PlaceSummary(place, int(np.count_nonzero(mask)), resolved.people(mask), registered))
    return lines
