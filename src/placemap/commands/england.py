"""All systems in one build: load → resolve → put together → check → write."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from placemap.checks.councils import once_for_all
from placemap.checks.place_ids import reused_ids
from placemap.checks.run import by_severity
from placemap.checks.store_covers import UPDATE
from placemap.commands.build import USUAL, BuildOptions
from placemap.commands.workspace import Outcome, Workspace, footprints_of
from placemap.config.as_of import at_vintages, in_force
from placemap.config.find_config import england_configs
from placemap.config.grades import WEAKEST, caveats, is_below
from placemap.config.load import load_system
from placemap.config.model import Footprint, Place, System
from placemap.config.released import Released, read_released
from placemap.core.arrays import Bools
from placemap.core.columns import stacked
from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding, Severity, exit_code_of, refuse_errors
from placemap.core.installed import packaged_folder
from placemap.core.tables import Table
from placemap.crosswalk.england import national_places_table
from placemap.crosswalk.findings import findings_table
from placemap.crosswalk.inputs import Inputs, as_of
from placemap.crosswalk.patient_ledger import national_ledger
from placemap.crosswalk.place_history import Past, place_history_table
from placemap.crosswalk.tables import crosswalk_tables
from placemap.outputs.build import Build
from placemap.outputs.folder import write_build
from placemap.outputs.readme_england import SystemLine, national_readme
from placemap.reference.geography import Geography
from placemap.reference.lock import require_locked
from placemap.resolve.england import ENGLAND, combine
from placemap.resolve.place_codes import place_code, place_codes_of
from placemap.resolve.resolve import scope_of
from placemap.resolve.resolved import ResolvedFootprint

if TYPE_CHECKING:
    from placemap.analysis.sensitivity import Sensitivity
    from placemap.outputs.map.outlines import PlaceBoundaries


@dataclass
class EnglandOutcome:
    """What became of a national build.

    Attributes:
        outcomes: by system, of its default footprint.
        left_out: systems whose evidence is weaker than asked for.
        systems: all, as they were declared.
        findings: those of all systems, then those between systems, errors first.
        tables: empty of crosswalks where there are errors.
        folder: where they were written; None where nothing was.
        sensitivity: what other methods make of each system; None where that was not asked for.
    """

    national: ResolvedFootprint
    outcomes: list[Outcome]
    left_out: list[System]
    findings: list[Finding]
    systems: list[System]
    tables: list[Table] = field(default_factory=list)
    folder: Path | None = None
    sensitivity: Sensitivity | None = None

    def exit_code(self) -> Exit:
        """0, or 4 where there are errors."""
        return exit_code_of(self.findings)

    def without_errors(self) -> ResolvedFootprint:
        """The systems as one footprint.

        Raises:
            PlacemapError: there are errors, or every system was left out.
        """
        refuse_errors("England", self.findings, "placemap build --england")
        if not self.national.parts:
            raise PlacemapError("no system is left", hint="ask for a lower --min-grade, or none", exit_code=Exit.WRONG)
        return self.national


def england_systems() -> list[System]:
    """The systems of England, in order of id: the packaged configs, or those in `./configs` in their place.

    Raises:
        PlacemapError: a config cannot be read.
    """
    return [load_system(path) for path in england_configs().values()]


def england(workspace: Workspace, systems: Iterable[System], min_grade: str = WEAKEST) -> EnglandOutcome:
    """Resolve and check the default footprint of every system, and put them together.

    `outcome.national` is what further commands need: `assignment.place` gives each LSOA of 2021 a position in
    `place_codes` (ICSID, FOOTPRINT, PLACECD) and in `places`.

    Args:
        min_grade: leave out systems whose evidence is weaker.

    Raises:
        PlacemapError: the store is not of all England.
    """
    require_england(workspace.geography)
    chosen = workspace.geography.chosen
    outcomes: list[Outcome] = []
    left_out: list[tuple[System, Footprint]] = []
    every = []
    for declared in systems:
        every.append(declared)
        system = at_vintages(declared, chosen.vintages.get("pcn"))
        footprint = footprints_of(system, [], as_of=chosen.as_of)[0]
        if is_below(footprint.grade, min_grade):
            left_out.append((system, footprint))
        else:
            outcomes.append(workspace.check(system, footprint))
    parts = [_of_all(workspace, o.resolved) for o in outcomes if o.resolved is not None]
    expected = _scopes([footprint for _, footprint in left_out], workspace.geography)
    if len(parts) < len(outcomes):  # a system with errors of its own: what it would have had is no finding as well
        expected[:] = True
    national, between = combine(parts, workspace.geography, workspace.populations, left_out=expected)
    refused = [_left_out(system, footprint, min_grade) for system, footprint in left_out]
    reused = reused_ids(national, released_places())
    own = once_for_all((f for o in outcomes for f in o.findings), national)
    findings = by_severity([*own, *between, *refused, *reused])
    national = replace(national, findings=caveats(findings))
    return EnglandOutcome(national, outcomes, [system for system, _ in left_out], findings, every)


def _of_all(workspace: Workspace, resolved: ResolvedFootprint) -> ResolvedFootprint:
    """A footprint with its practices in the order of the registrations that all England is counted by."""
    assignment = resolved.assignment
    if assignment.practice_place is None or resolved.geography is workspace.geography:
        return resolved
    practices = assignment.declared.positions(workspace.geography)
    return replace(resolved, assignment=replace(assignment, practice_place=practices))


def require_england(geography: Geography) -> None:
    """Refuse a store that is an extract.

    Raises:
        PlacemapError: the store holds only a part of England.
    """
    if geography.all_england:
        return
    covers = ", ".join(sorted(geography.data.manifest.covers.values())) or "a part of England"
    raise PlacemapError(
        f"a national build needs the tables of all England; those in use cover only {covers}",
        location=geography.data.where,
        hint=UPDATE,
    )


def resolved_england(workspace: Workspace, systems: Iterable[System], min_grade: str = WEAKEST) -> ResolvedFootprint:
    """All systems as one footprint to apply data to, with what its user must know of them.

    Raises:
        PlacemapError: the store is not of all England, or there are errors.
    """
    return england(workspace, systems, min_grade).without_errors()


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
        system=ENGLAND,
    )


def build_england(
    workspace: Workspace,
    systems: Iterable[System],
    out: Path,
    options: BuildOptions = USUAL,
    *,
    min_grade: str = WEAKEST,
) -> EnglandOutcome:
    """Build all systems into `out/england/default-footprints/`.

    Raises:
        PlacemapError: the store is not of all England, the tables are not those of the lock, or the folder cannot be
            written.
    """
    outcome = england(workspace, systems, min_grade)
    if workspace.lock:
        require_locked(inputs_of(outcome, workspace), workspace.lock)
    failed = outcome.exit_code() != Exit.OK
    outcome.tables = tables_of(outcome, workspace)
    if options.sensitive and not failed:
        from placemap.analysis.sensitivity import sensitivity

        outcome.sensitivity = sensitivity(outcome.national)
        outcome.tables += [outcome.sensitivity.flips, outcome.sensitivity.confidence]
    shapes = workspace.boundaries(outcome.national) if options.outlines and not failed else None
    made = build_of(outcome, workspace, shapes)
    page = partial(national_readme, outcome.national, lines(outcome))
    outcome.folder = write_build(made, out, formats=options.formats, excel=options.excel, page=page)
    return outcome


def build_of(outcome: EnglandOutcome, workspace: Workspace, boundaries: PlaceBoundaries | None = None) -> Build:
    """A national outcome with all that must be said of it."""
    return Build(
        outcome.national.system,
        outcome.national.footprint,
        outcome.tables or tables_of(outcome, workspace),
        outcome.findings,
        inputs_of(outcome, workspace),
        workspace.measure,
        workspace.geography.chosen.text,
        boundaries,
        as_of(outcome.national) if outcome.national.parts else "",
    )


def tables_of(outcome: EnglandOutcome, workspace: Workspace) -> list[Table]:
    """All tables of a national build; with errors only the findings."""
    crosswalks = england_tables(outcome, workspace) if outcome.exit_code() == Exit.OK else []
    return [*crosswalks, _findings(outcome)]


def england_tables(outcome: EnglandOutcome, workspace: Workspace) -> list[Table]:
    """All tables of a national build but its findings."""
    national = outcome.national
    return [
        *crosswalk_tables(national),
        national_places_table(national, workspace.describer),
        national_ledger(national),
        # What follows what is a question of now.
        *([] if workspace.geography.chosen.as_of else [place_history(outcome, workspace)]),
    ]


def place_history(outcome: EnglandOutcome, workspace: Workspace) -> Table:
    """The places of now and of earlier releases, and those that followed places that are gone."""
    released = released_places()
    now = {head.code for head in outcome.national.place_codes}
    now |= {head.code for s in outcome.left_out for head in place_codes_of(s, s.footprints[s.default_footprint])}
    declared = _declared(outcome.systems, released)
    codes = sorted({*released, *declared} - now)
    past = [_past(workspace, code, declared.get(code), released.get(code)) for code in codes]
    return place_history_table(outcome.national, past, released)


def released_places() -> dict[str, Released]:
    """The places of earlier releases, by code."""
    return read_released(packaged_folder("configs"))


_Declared = tuple[System, Footprint, Place]


def _declared(systems: Iterable[System], released: Container[str]) -> dict[str, _Declared]:
    """By code, the places of configs that ended, or that a release had."""
    return {
        code: (system, footprint, place)
        for system in systems
        for footprint in system.footprints.values()
        for place in footprint.places
        if (code := place_code(system, footprint, place)) in released or place.valid_to or place.succeeded_by
    }


def _past(workspace: Workspace, code: str, declared: _Declared | None, released: Released | None) -> Past:
    if declared is None:
        return Past(code, None, None, None, released)
    system, footprint, place = declared
    then = in_force(footprint, place.valid_to)
    _, resolved = workspace.resolve(system, then)
    position = [item.id for item in then.places].index(place.id)
    return Past(code, place, footprint, resolved.lsoas(position) if resolved else None, released)


def _findings(outcome: EnglandOutcome) -> Table:
    """Findings of every system under its own id; those between systems under `england`."""
    own = [findings_table(o.system, o.footprint, o.findings) for o in outcome.outcomes]
    between = [finding for finding in outcome.findings if finding.system == ENGLAND]
    national = findings_table(outcome.national.system, outcome.national.footprint, between)
    return Table("findings", national.schema, stacked([table.columns for table in (national, *own)]))


def inputs_of(outcome: EnglandOutcome, workspace: Workspace) -> Inputs:
    """The reference tables of all systems, each once, in order of name."""
    entries = {entry.name: entry for o in outcome.outcomes for entry in workspace.inputs(o.system, o.footprint)}
    return [entries[name] for name in sorted(entries)]


def lines(outcome: EnglandOutcome) -> list[SystemLine]:
    """One line a system: its footprint, places, grade, LSOAs and people."""
    result = []
    for item in outcome.outcomes:
        if item.resolved is None:
            continue
        mask, registered = item.resolved.assignment.place >= 0, item.resolved.populations.registered
        result.append(
            SystemLine(
                item.system,
                item.footprint,
                int(mask.sum()),
                item.resolved.people(mask),
                float(registered[mask].sum()),
            )
        )
    return result
