"""What the commands that answer questions do, one short function a command; returns results, prints nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from placemap.analysis.compare import Side, comparison_tables, side
from placemap.analysis.diff import Diff, diff
from placemap.analysis.explain import explain, explain_place
from placemap.analysis.explanation import Explanation
from placemap.analysis.snapshot import Snapshot, read_snapshot, snapshot
from placemap.checks.registry import Result
from placemap.checks.run import run_checks
from placemap.config.as_of import members_at
from placemap.config.model import Footprint, Place, System
from placemap.core.codes import normal_name
from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding, Severity
from placemap.core.tables import Table
from placemap.crosswalk.inputs import newest_year
from placemap.crosswalk.patient_ledger import ledger
from placemap.crosswalk.places import places_table
from placemap.crosswalk.tables import crosswalk_tables
from placemap.pipeline import Workspace, footprints_of
from placemap.reference.describe import as_text
from placemap.reference.geography import Geography
from placemap.reference.look_up import POSTCODE, Subject, find_subject
from placemap.reference.postcodes import Located, locate
from placemap.reference.store import Manifest, ReferenceData
from placemap.resolve.place_codes import heads_of
from placemap.resolve.resolve import Assignment

Asked = Sequence[tuple[System, Footprint]]


def resolved(workspace: Workspace, system: System, footprint: Footprint) -> Assignment:
    """The assignment of a footprint whose declaration has no errors.

    Raises:
        PlacemapError: it has.
    """
    findings, assignment = workspace.resolve(system, footprint)
    if assignment is None:
        first = findings[0]
        more = f" (and {len(findings) - 1} more errors)" if len(findings) > 1 else ""
        raise PlacemapError(
            f"{system.id}/{footprint.id} cannot be resolved: {first.message}{more}",
            location=first.location,
            hint=first.hint or f"`placemap check {system.id} -f {footprint.id}` shows all that is wrong",
            exit_code=Exit.WRONG,
        )
    return assignment


@dataclass(frozen=True)
class Answer:
    """What `explain` found.

    Attributes:
        subject: None for a place.
        located: for a postcode, how it was found.
        explanations: one a footprint that the unit has a part in.
    """

    subject: Subject | None
    located: Located | None
    explanations: tuple[Explanation, ...]


def explain_code(
    workspace: Workspace, systems: Sequence[System], code: str, footprints: list[str], *, every: bool
) -> Answer:
    """Explain a code, a postcode or a place in the footprints asked for.

    Args:
        systems: where to look.
        footprints: ids; each system's default where there are none.
        every: look in all footprints.

    Raises:
        PlacemapError: nothing is known of the code, or a footprint cannot be resolved.
    """
    place = _place_asked(code, systems, footprints)
    if place is not None:
        return Answer(None, None, (_explain_place(workspace, *place),))
    asked = [
        (system, footprint) for system in systems for footprint in _asked_of(system, footprints, systems, every=every)
    ]
    vintage = next((f.vintages["pcn"] for _, f in asked if "pcn" in f.vintages), None)
    located = locate(code, workspace.geography) if POSTCODE.fullmatch(" ".join(code.upper().split())) else None
    subject = _of_postcode(located, workspace) if located else find_subject(code, workspace.geography, vintage)
    return Answer(subject, located, tuple(_explain_in(workspace, asked, subject, only=len(systems) > 1)))


def _asked_of(system: System, footprints: list[str], systems: Sequence[System], *, every: bool) -> list[Footprint]:
    """The footprints of a system; one that only another system has is no mistake where several are asked."""
    here = [name for name in footprints if name in system.footprints]
    if footprints and not here and len(systems) > 1:
        return []
    return footprints_of(system, here if len(systems) > 1 else footprints, every=every)


def _of_postcode(located: Located, workspace: Workspace) -> Subject:
    return find_subject(str(workspace.geography.lsoas[located.lsoa]), workspace.geography)


def _explain_in(workspace: Workspace, asked: Asked, subject: Subject, *, only: bool) -> list[Explanation]:
    found = []
    for system, footprint in asked:
        try:
            assignment = resolved(workspace, system, footprint)
        except PlacemapError:
            if only:  # one of many systems, which the tables in use may not cover
                continue
            raise
        touched = not only or not len(subject.lsoas) or _touches(assignment, subject)
        if touched:
            result = explain(system, assignment, workspace.geography, workspace.figures, subject)
            if not only or len(subject.lsoas) or _has_a_part(result):
                found.append(result)
    return found


def _touches(assignment: Assignment, subject: Subject) -> bool:
    return bool(np.any(assignment.in_scope[subject.lsoas] | (assignment.place[subject.lsoas] >= 0)))


#: A PCN belongs to a system's answer where it is declared there, or where this part of its patients lives.
SOME = 0.05


def _has_a_part(result: Explanation) -> bool:
    return bool(result.declared) or sum(part.share for part in result.parts if part.code) >= SOME


def _place_asked(code: str, systems: Sequence[System], footprints: list[str]) -> tuple[System, Footprint, Place] | None:
    """The place that `code` names: `system/footprint/place`, `footprint/place`, or its id or name."""
    parts = code.split("/")
    found = [
        (system, footprint, place)
        for system in systems
        for footprint in system.footprints.values()
        for place in footprint.places
        if _named(parts, system, footprint, place)
    ]
    usual = [item for item in found if item[1].id in (footprints or [item[0].default_footprint])]
    if len(parts) > 1 and not found:
        raise PlacemapError(
            f"there is no place `{code}`",
            hint="`placemap show SYSTEM` lists its footprints and places",
            exit_code=Exit.USAGE,
        )
    chosen = usual or found
    if len({item[0].id for item in chosen}) > 1 or (len(chosen) > 1 and not usual):
        known = ", ".join(f"{s.id}/{f.id}/{p.id}" for s, f, p in chosen[:6])
        raise PlacemapError(f"several places are called `{code}`", hint=f"say which: {known}", exit_code=Exit.USAGE)
    return chosen[0] if chosen else None


def _named(parts: list[str], system: System, footprint: Footprint, place: Place) -> bool:
    ids = [system.id, footprint.id, place.id]
    return parts == ids[-len(parts) :] or (len(parts) == 1 and normal_name(parts[0]) == normal_name(place.name))


def _explain_place(workspace: Workspace, system: System, footprint: Footprint, place: Place) -> Explanation:
    assignment = resolved(workspace, system, footprint)
    lsoas = np.flatnonzero(assignment.place == footprint.places.index(place))
    description = as_text(workspace.describer.describe(lsoas.tolist()))
    return explain_place(system, assignment, workspace.geography, workspace.figures, place, description)


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
    sides = tuple(
        side(resolved(workspace, system, footprint), workspace.geography, workspace.figures) for footprint in chosen
    )
    return Comparison(system, sides, tuple(comparison_tables(system, sides, workspace.figures)))


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
        PlacemapError: there are none.
    """
    data = geography.data
    kinds = [*("msoa", "ward", "ltla", "utla", "sub_icb"), "pcn", "registrations"]
    known = {kind: data.vintages(*_FAMILIES.get(kind, ("lookup", kind))) for kind in kinds}
    found = [kind for kind, vintages in known.items() if old in vintages and new in vintages]
    if not found:
        have = "; ".join(f"{kind} {', '.join(vintages)}" for kind, vintages in known.items() if vintages)
        raise PlacemapError(
            f"the reference has no table in both vintages {old} and {new}",
            location=data.where,
            hint=f"it has {have}; `placemap data import` adds tables",
        )
    return found


_FAMILIES = {"pcn": ("pcns",), "registrations": ("registrations",)}


def _with_defaults(geography: Geography, vintages: dict[str, str]) -> Geography:
    data = geography.data
    manifest = Manifest(data.manifest.tables, {**data.manifest.defaults, **vintages})
    return Geography(ReferenceData(manifest, data.table, data.where))


def _taken(
    workspace: Workspace, system: System, footprint: Footprint, label: str
) -> tuple[Snapshot, list[tuple[str, Finding]]]:
    """A footprint's result in memory, with its errors; also where a check fails, so that the difference can be seen."""
    assignment = resolved(workspace, system, footprint)
    inputs = workspace.inputs(footprint)
    geography, weigh = workspace.geography, workspace.figures
    findings = run_checks(Result(system, assignment, geography, weigh, newest_year(inputs)))
    tables = [
        *crosswalk_tables(heads_of(system, footprint), assignment, geography, weigh),
        places_table(system, assignment, geography, weigh, workspace.describer),
        ledger(system, assignment, geography),
    ]
    errors = [(label, finding) for finding in findings if finding.severity == Severity.ERROR]
    return snapshot(label, system, footprint, tables, inputs, workspace.measure), errors
