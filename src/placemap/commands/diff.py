"""What moved between two folders, configs or vintages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from placemap.analysis.diff import Diff, diff
from placemap.analysis.snapshot import Snapshot, read_snapshot, snapshot
from placemap.checks.run import run_checks
from placemap.commands.england import england, england_tables, inputs_of
from placemap.commands.workspace import Workspace, footprints_of, resolved_of
from placemap.config.as_of import members_at
from placemap.config.model import Footprint, System
from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding, errors_of, refuse_errors
from placemap.reference.geography import Geography
from placemap.reference.store import FAMILIES, Manifest, ReferenceData
from placemap.reference.vintages import tables_of

# --- diff -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """A diff with the errors of the two results.

    Attributes:
        errors: findings of error severity, each with the label of its side.
    """

    diff: Diff
    errors: tuple[tuple[str, Finding], ...] = ()

    @property
    def exit_code(self) -> Exit:
        """4 where one of the results has errors, 5 where they differ, else 0."""
        if self.errors:
            return Exit.WRONG
        return Exit.CHANGED if self.diff.changed else Exit.OK


def diff_folders(old: Path, new: Path, workspace: Workspace) -> Difference:
    """Compare two output folders of a footprint; the workspace's reference helps to tell causes."""
    return Difference(diff(read_snapshot(old), read_snapshot(new), workspace.geography))


def diff_systems(
    workspace: Workspace, old: System, new: System, footprint: str, labels: tuple[str, str] = ("old", "new")
) -> Difference:
    """Compare what two versions of a config make of a footprint, with the same reference.

    Raises:
        PlacemapError: one of them has no such footprint, or it cannot be resolved.
    """
    before, old_errors = _taken(workspace, old, footprints_of(old, [footprint])[0], labels[0])
    after, new_errors = _taken(workspace, new, footprints_of(new, [footprint])[0], labels[1])
    return Difference(diff(before, after, workspace.geography), (*old_errors, *new_errors))


def diff_england(
    workspace: Workspace, old: Sequence[System], new: Sequence[System], labels: tuple[str, str] = ("old", "new")
) -> Difference:
    """Compare what two versions of all configs make of England, with the same reference.

    Raises:
        PlacemapError: the store is not of all England.
    """
    before, old_errors = _taken_england(workspace, old, labels[0])
    after, new_errors = _taken_england(workspace, new, labels[1])
    return Difference(diff(before, after, workspace.geography), (*old_errors, *new_errors))


def _taken_england(
    workspace: Workspace, systems: Sequence[System], label: str
) -> tuple[Snapshot, list[tuple[str, Finding]]]:
    """England's result in memory, with its errors; also where a check fails, as long as all systems resolve."""
    outcome = england(workspace, systems)
    errors = errors_of(outcome.findings)
    if len(outcome.national.parts) < len(outcome.outcomes):
        refuse_errors(f"England at {label}", outcome.findings, "placemap build --england")
    tables = england_tables(outcome, workspace)
    return snapshot(label, outcome.national, tables, inputs_of(outcome, workspace)), [(label, f) for f in errors]


def diff_vintages(workspace: Workspace, system: System, footprint: str, old: str, new: str) -> Difference:
    """Compare what a footprint is with the reference tables of two vintages, all that there are in both.

    Raises:
        PlacemapError: the reference has no table in both, or the footprint cannot be resolved in one.
    """
    kinds = vintage_kinds(workspace.geography, old, new)
    sides = []
    errors: list[tuple[str, Finding]] = []
    for vintage in (old, new):
        moved = members_at(system, dict.fromkeys(kinds, vintage))
        there = Workspace(_with_defaults(workspace.geography, dict.fromkeys(kinds, vintage)), workspace.measure)
        side, found = _taken(there, moved, footprints_of(moved, [footprint])[0], vintage)
        sides.append(side)
        errors += found
    return Difference(diff(sides[0], sides[1], workspace.geography), tuple(errors))


def vintage_kinds(geography: Geography, old: str, new: str) -> list[str]:
    """The kinds that the reference has in both vintages.

    Raises:
        PlacemapError: no kind has a table in both vintages.
    """
    data = geography.data
    kinds = [kind for kind in FAMILIES if kind != "icb"]
    known = {kind: [entry.vintage for entry in tables_of(data.manifest, kind)] for kind in kinds}
    found = [kind for kind, vintages in known.items() if old in vintages and new in vintages]
    if not found:
        have = "; ".join(f"{kind} {', '.join(vintages)}" for kind, vintages in known.items() if vintages)
        raise PlacemapError(
            f"the reference has no table in both vintages {old} and {new}",
            location=data.where,
            hint=f"it has {have}; `placemap data import` adds tables",
        )
    return found


def _with_defaults(geography: Geography, vintages: dict[str, str]) -> Geography:
    data = geography.data
    manifest = Manifest(data.manifest.tables, {**data.manifest.defaults, **vintages})
    return Geography(ReferenceData(manifest, data.table, data.where))


def _taken(
    workspace: Workspace, system: System, footprint: Footprint, label: str
) -> tuple[Snapshot, list[tuple[str, Finding]]]:
    """A footprint's result in memory, with its errors; also where a check fails, so that the difference can be seen."""
    resolved = resolved_of(workspace, system, footprint)
    errors = [(label, finding) for finding in errors_of(run_checks(resolved))]
    return snapshot(label, resolved, workspace.tables(resolved), workspace.inputs(system, footprint)), errors
