"""One short function a command: load → resolve → check → write. Returns results; prints nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from placemap import __version__
from placemap.atoms import Bools
from placemap.checks import Result, in_order, run_checks
from placemap.config import load_system
from placemap.crosswalk import Figures, Table, crosswalk_tables, figures
from placemap.declarations import check_declarations
from placemap.describe import Describer
from placemap.errors import Exit, PlacemapError
from placemap.findings import Finding, Severity, worst
from placemap.geography import Geography
from placemap.ledger import ledger
from placemap.model import Footprint, Place, System
from placemap.places_table import findings_table, places_table
from placemap.provenance import Inputs, inputs_of, newest_year
from placemap.reference import cache_folder, open_store, store_folder
from placemap.resolve import Assignment, lsoas_of, resolve, scope_of
from placemap.sensitivity import Sensitivity, sensitivity
from placemap.systems import ENDINGS
from placemap.write_folder import Build, write_build

if TYPE_CHECKING:
    from placemap.sources.build_store import ImportReport

DEFAULT_MEASURE = "residents_2021"


@dataclass
class Outcome:
    """What became of one footprint.

    Attributes:
        assignment: None where the declarations themselves are wrong.
        tables: the tables of the crosswalk; empty where only checks ran, or where there are errors.
        folder: where they were written; None where nothing was.
        sensitivity: what other methods make of it; None where that was not asked for.
    """

    system: System
    footprint: Footprint
    findings: list[Finding]
    assignment: Assignment | None = None
    figures: Figures | None = None
    tables: list[Table] = field(default_factory=list)
    folder: Path | None = None
    sensitivity: Sensitivity | None = None

    def exit_code(self, *, strict: bool = False) -> Exit:
        """0, or 4 where there are errors (with `strict`, warnings too)."""
        bad = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
        return Exit.WRONG if worst(self.findings) in bad else Exit.OK


class Workspace:
    """A reference that systems are resolved against, with what has been resolved so far."""

    def __init__(self, geography: Geography, measure: str = DEFAULT_MEASURE) -> None:
        self.geography = geography
        self.measure = measure
        self.describer = Describer(geography)
        self._resolved: dict[tuple[str, str], tuple[list[Finding], Assignment | None]] = {}
        self._figures: Figures | None = None

    @property
    def figures(self) -> Figures:
        """What crosswalks weigh by."""
        if self._figures is None:
            self._figures = figures(self.geography, self.measure)
        return self._figures

    def resolve(self, system: System, footprint: Footprint) -> tuple[list[Finding], Assignment | None]:
        """Resolve a footprint; its declaration's errors instead, where it has any."""
        key = (system.config_sha256, footprint.id)
        if key not in self._resolved:
            findings = check_declarations(footprint, self.geography)
            scope: Bools | None = None
            if footprint.scope.place or not findings:
                scope, scope_findings = self._scope(system, footprint)
                findings += scope_findings
            resolved = None if findings or scope is None else resolve(footprint, self.geography, scope)
            self._resolved[key] = (findings, resolved)
        return self._resolved[key]

    def _scope(self, system: System, footprint: Footprint) -> tuple[Bools | None, list[Finding]]:
        if footprint.scope.place is None:
            return scope_of(footprint.scope, self.geography), []
        other_id, place_id = footprint.scope.place
        other = system.footprints[other_id]
        findings, assignment = self.resolve(system, other)
        if assignment is None:
            return None, findings
        position = [place.id for place in other.places].index(place_id)
        excluded = lsoas_of(footprint.scope.exclude, self.geography)
        return assignment.in_scope & (assignment.place == position) & ~excluded, []

    def check(self, system: System, footprint: Footprint) -> Outcome:
        """Resolve a footprint and run all checks."""
        findings, assignment = self.resolve(system, footprint)
        if assignment is None:
            return Outcome(system, footprint, in_order(findings))
        inputs = self.inputs(footprint)
        result = Result(system, assignment, self.geography, self.figures, newest_year(inputs))
        return Outcome(system, footprint, run_checks(result), assignment, self.figures)

    def inputs(self, footprint: Footprint) -> Inputs:
        """The reference tables that a footprint's outputs rest on."""
        return inputs_of(footprint, self.geography, self.measure)

    def build(self, system: System, footprint: Footprint) -> Outcome:
        """Resolve, check and make all tables; with errors only the findings."""
        outcome = self.check(system, footprint)
        found = findings_table(system, footprint, outcome.findings)
        if outcome.exit_code() == Exit.OK and outcome.assignment is not None:
            assignment = outcome.assignment
            outcome.tables = [
                *crosswalk_tables(system, assignment, self.geography, self.figures),
                places_table(system, assignment, self.geography, self.figures, self.describer),
                ledger(system, assignment, self.geography),
            ]
        outcome.tables.append(found)
        return outcome


def open_workspace(data: Path | None = None, measure: str = DEFAULT_MEASURE) -> Workspace:
    """A workspace on the store that `--data`, PLACEMAP_DATA, the user's cache or the package gives.

    Raises:
        PlacemapError: there is no such store, or its manifest cannot be understood.
    """
    return Workspace(Geography(open_store(store_folder(data))), measure)


def build(
    workspace: Workspace,
    system: System,
    footprint: Footprint,
    out: Path,
    *,
    formats: str = "csv",
    excel: bool = False,
    sensitive: bool = False,
) -> Outcome:
    """Build one footprint into `out/<system>/<footprint>/`; with `sensitive`, also by other methods.

    Raises:
        PlacemapError: the folder cannot be written; what stood there before still does.
    """
    outcome = workspace.build(system, footprint)
    if sensitive and outcome.assignment is not None and outcome.exit_code() == Exit.OK:
        outcome.sensitivity = sensitivity(system, outcome.assignment, workspace.geography, workspace.figures)
        outcome.tables += [outcome.sensitivity.flips, outcome.sensitivity.confidence]
    made = Build(
        system=system,
        footprint=footprint,
        tables=outcome.tables,
        findings=outcome.findings,
        inputs=workspace.inputs(footprint),
        geography=workspace.geography,
        measure=workspace.measure,
        version=__version__,
        failed=outcome.exit_code() != Exit.OK,
    )
    outcome.folder = write_build(made, out, formats=formats, excel=excel)
    return outcome


def footprints_of(system: System, names: list[str], *, every: bool = False) -> list[Footprint]:
    """The footprints that a command is about: those named, all, or the default one.

    Raises:
        PlacemapError: the system has no footprint of that name.
    """
    if every:
        return list(system.footprints.values())
    for name in names:
        if name not in system.footprints:
            raise PlacemapError(
                f"{system.id} has no footprint `{name}`",
                location=system.loc.file,
                hint=f"it has {', '.join(system.footprints)}",
            )
    return [system.footprints[name] for name in dict.fromkeys(names) or [system.default_footprint]]


@dataclass(frozen=True)
class PlaceSummary:
    """One line of the summary after a build."""

    place: Place
    lsoas: int
    residents: float
    registered: float


def summary(outcome: Outcome) -> list[PlaceSummary]:
    """LSOAs and people by place; empty where nothing was resolved."""
    if outcome.assignment is None or outcome.figures is None:
        return []
    lines = []
    for position, place in enumerate(outcome.footprint.places):
        mask = outcome.assignment.place == position
        lines.append(
            PlaceSummary(
                place,
                int(np.count_nonzero(mask)),
                float(outcome.figures.residents[mask].sum()),
                float(outcome.figures.registered[mask].sum()),
            )
        )
    return lines


def import_data(paths: list[Path], to: Path | None, configs: Path | None, measures: dict[str, str]) -> ImportReport:
    """Make reference tables from official files.

    Args:
        paths: the files, or folders of them.
        to: the store; the user's own where it is None.
        configs: a folder of configs to cut the tables to; all England where it is None.
        measures: by file name, what a file of people holds.

    Raises:
        PlacemapError: a file is missing or damaged, or a config cannot be read.
    """
    from placemap.sources.build_store import import_files

    systems = None
    if configs is not None:
        systems = [load_system(path) for path in sorted(configs.iterdir()) if path.suffix in ENDINGS]
    return import_files(paths, to or cache_folder(), systems=systems, as_measure=measures)
