"""All systems in one build: load → resolve → put together → check → write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd

from placemap.apply.apportion import Resolved
from placemap.checks.run import in_order
from placemap.checks.store_covers import UPDATE
from placemap.commands.workspace import Outcome, Workspace, footprints_of
from placemap.config.as_of import at_vintages
from placemap.config.find_config import england_configs
from placemap.config.grades import WEAKEST, caveats, is_below
from placemap.config.load import load_system
from placemap.config.model import Footprint, System
from placemap.core.arrays import Bools
from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding, Severity, worst
from placemap.core.tables import Table
from placemap.core.version import __version__
from placemap.crosswalk.england import national_places_table
from placemap.crosswalk.findings import findings_table
from placemap.crosswalk.inputs import Inputs
from placemap.crosswalk.patient_ledger import national_ledger
from placemap.crosswalk.tables import crosswalk_tables
from placemap.outputs.folder import Build, write_build
from placemap.outputs.readme_england import SystemLine, national_readme
from placemap.reference.geography import Geography
from placemap.resolve.england import National, Part, combine
from placemap.resolve.resolve import Assignment, practice_places, scope_of


@dataclass
class EnglandOutcome:
    """What became of a national build.

    Attributes:
        outcomes: by system, of its default footprint.
        left_out: systems whose evidence is weaker than asked for.
        findings: those of all systems, then those between systems, errors first.
        tables: empty of crosswalks where there are errors.
        folder: where they were written; None where nothing was.
    """

    national: National
    outcomes: list[Outcome]
    left_out: list[System]
    findings: list[Finding]
    tables: list[Table] = field(default_factory=list)
    folder: Path | None = None

    def exit_code(self, *, strict: bool = False) -> Exit:
        """0, or 4 where there are errors (with `strict`, warnings too)."""
        bad = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
        return Exit.WRONG if worst(self.findings) in bad else Exit.OK


def england_systems() -> list[System]:
    """The systems of England, in order of id: the packaged configs, or those in `./configs` in their place.

    Raises:
        PlacemapError: a config cannot be read.
    """
    return [load_system(path) for path in england_configs().values()]


def england(workspace: Workspace, systems: Iterable[System], min_grade: str = WEAKEST) -> EnglandOutcome:
    """Resolve and check the default footprint of every system, and put them together.

    `outcome.national` is what further commands need: `assignment.place` gives each LSOA of 2021 a position in
    `heads` (ICSID, FOOTPRINT, PLACECD) and in `footprint.places`.

    Args:
        min_grade: leave out systems whose evidence is weaker.

    Raises:
        PlacemapError: the store is not of all England.
    """
    require_england(workspace.geography)
    chosen = workspace.geography.chosen
    outcomes: list[Outcome] = []
    left_out: list[tuple[System, Footprint]] = []
    for declared in systems:
        system = at_vintages(declared, chosen.vintages.get("pcn"))
        footprint = footprints_of(system, [], as_of=chosen.as_of)[0]
        if is_below(footprint.grade, min_grade):
            left_out.append((system, footprint))
        else:
            outcomes.append(workspace.check(system, footprint))
    parts = [Part(o.system, _of_all(workspace, o.assignment)) for o in outcomes if o.assignment is not None]
    expected = _scopes([footprint for _, footprint in left_out], workspace.geography)
    if len(parts) < len(outcomes):  # a system with errors of its own: what it would have had is no finding as well
        expected[:] = True
    national = combine(parts, workspace.geography, workspace.populations, left_out=expected)
    refused = [_left_out(system, footprint, min_grade) for system, footprint in left_out]
    findings = in_order([*(f for o in outcomes for f in o.findings), *national.findings, *refused])
    return EnglandOutcome(national, outcomes, [system for system, _ in left_out], findings)


def _of_all(workspace: Workspace, assignment: Assignment) -> Assignment:
    """An assignment with its practices in the order of the registrations that all England is counted by."""
    if assignment.practice_place is None or workspace.of(assignment.footprint) is workspace:
        return assignment
    return replace(assignment, practice_place=practice_places(assignment.footprint, workspace.geography))


def require_england(geography: Geography) -> None:
    """Refuse a store that is an extract.

    Raises:
        PlacemapError: it is one.
    """
    if geography.all_england:
        return
    covers = ", ".join(sorted(geography.data.manifest.covers.values())) or "a part of England"
    raise PlacemapError(
        f"a national build needs the tables of all England; those in use cover only {covers}",
        location=geography.data.where,
        hint=UPDATE,
    )


def resolved_england(workspace: Workspace, systems: Iterable[System], min_grade: str = WEAKEST) -> Resolved:
    """All systems as one footprint to apply data to, with what its user must know of them.

    Raises:
        PlacemapError: the store is not of all England, or there are errors.
    """
    return joined(england(workspace, systems, min_grade))


def joined(outcome: EnglandOutcome) -> Resolved:
    """The systems of a national outcome as one footprint to apply data to.

    Raises:
        PlacemapError: there are errors.
    """
    require_no_errors(outcome)
    national = outcome.national
    parts = tuple(Resolved(part.system, part.assignment) for part in national.parts)
    return Resolved(national.system, national.assignment, caveats(outcome.findings), parts)


def require_no_errors(outcome: EnglandOutcome) -> None:
    """Refuse to go on from systems with errors.

    Raises:
        PlacemapError: there are some.
    """
    errors = [finding for finding in outcome.findings if finding.severity == Severity.ERROR]
    if errors:
        raise PlacemapError(
            f"the systems of England have {len(errors)} error{'s' if len(errors) != 1 else ''}, such as "
            f"{errors[0].code}: {errors[0].message}",
            location=errors[0].location,
            hint="`placemap build --england` lists them",
            exit_code=Exit.WRONG,
        )
    if not outcome.national.parts:
        raise PlacemapError("no system is left", hint="ask for a lower --min-grade, or none", exit_code=Exit.WRONG)


def _scopes(footprints: Sequence[Footprint], geography: Geography) -> Bools:
    mask = np.zeros(geography.size, dtype=bool)
    for footprint in footprints:
        mask |= scope_of(footprint.scope, geography)
    return mask


def _left_out(system: System, footprint: Footprint, min_grade: str) -> Finding:
    return Finding(
        "left-out",
        Severity.WARNING,
        f"{system.name} is left out: footprint {footprint.id} is graded {footprint.grade}, weaker than {min_grade}.",
        subject=system.id,
        location=str(footprint.loc),
        hint="leave --min-grade out to have it, marked as weak",
    )


def build_england(
    workspace: Workspace,
    systems: Iterable[System],
    out: Path,
    *,
    min_grade: str = WEAKEST,
    formats: str = "csv",
    excel: bool = False,
) -> EnglandOutcome:
    """Build all systems into `out/england/default-footprints/`.

    Raises:
        PlacemapError: the store is not of all England, or the folder cannot be written.
    """
    outcome = england(workspace, systems, min_grade)
    failed = outcome.exit_code() != Exit.OK
    outcome.tables = tables_of(outcome, workspace)
    inputs = inputs_of(outcome, workspace)
    ending = f".{formats}"
    made = Build(
        system=outcome.national.system,
        footprint=outcome.national.footprint,
        tables=outcome.tables,
        findings=outcome.findings,
        inputs=inputs,
        geography=workspace.geography,
        measure=workspace.measure,
        version=__version__,
        failed=failed,
        readme=""
        if failed
        else national_readme(outcome.national, lines(outcome), outcome.tables, outcome.findings, inputs, ending),
    )
    outcome.folder = write_build(made, out, formats=formats, excel=excel)
    return outcome


def tables_of(outcome: EnglandOutcome, workspace: Workspace) -> list[Table]:
    """All tables of a national build; with errors only the findings."""
    crosswalks = _tables(outcome, workspace) if outcome.exit_code() == Exit.OK else []
    return [*crosswalks, _findings(outcome)]


def _tables(outcome: EnglandOutcome, workspace: Workspace) -> list[Table]:
    national, geography, populations = outcome.national, workspace.geography, workspace.populations
    patient_kinds = np.array([part.footprint.has_patient_kinds for part in national.parts])[national.part_of]
    return [
        *crosswalk_tables(national.heads, national.assignment, geography, populations),
        national_places_table(national, geography, populations, workspace.describer),
        national_ledger(national.heads, national.assignment, geography, patient_kinds),
    ]


def _findings(outcome: EnglandOutcome) -> Table:
    """Findings of every system under its own id; those between systems under `england`."""
    own = [findings_table(o.system, o.footprint, o.findings) for o in outcome.outcomes]
    seen = {id(finding) for o in outcome.outcomes for finding in o.findings}
    between = [finding for finding in outcome.findings if id(finding) not in seen]
    national = findings_table(outcome.national.system, outcome.national.footprint, between)
    frame = pd.concat([table.frame for table in (national, *own)], ignore_index=True)
    return Table("findings", national.schema, frame)


def inputs_of(outcome: EnglandOutcome, workspace: Workspace) -> Inputs:
    """The reference tables of all systems, each once, in order of name."""
    entries = {entry.name: entry for o in outcome.outcomes for entry in workspace.inputs(o.footprint)}
    return [entries[name] for name in sorted(entries)]


def lines(outcome: EnglandOutcome) -> list[SystemLine]:
    """One line a system: its footprint, places, grade, LSOAs and people."""
    result = []
    for item in outcome.outcomes:
        if item.assignment is None or item.populations is None:
            continue
        mask = item.assignment.place >= 0
        result.append(
            SystemLine(
                item.system,
                item.footprint,
                int(mask.sum()),
                float(item.populations.residents[mask].sum()),
                float(item.populations.registered[mask].sum()),
            )
        )
    return result
