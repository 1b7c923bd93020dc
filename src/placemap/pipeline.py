"""One short function a command: load → resolve → check → write. Returns results; prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from placemap.analysis.sensitivity import Sensitivity, sensitivity
from placemap.checks.members import check_declarations, check_icb
from placemap.checks.registry import Result
from placemap.checks.run import in_order, run_checks
from placemap.checks.store_covers import require_coverage
from placemap.config.as_of import at_vintages, footprint_of
from placemap.config.find_config import ENDINGS, all_configs, config_path
from placemap.config.grades import WEAKEST, require_grade
from placemap.config.load import load_system
from placemap.config.model import Footprint, Place, System
from placemap.core.arrays import Bools
from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding, Severity, worst
from placemap.core.tables import Table
from placemap.core.version import __version__
from placemap.crosswalk.findings import findings_table
from placemap.crosswalk.inputs import Inputs, inputs_of, newest_year
from placemap.crosswalk.patient_ledger import ledger
from placemap.crosswalk.places import places_table
from placemap.crosswalk.tables import crosswalk_tables
from placemap.outputs.folder import Build, write_build
from placemap.reference.describe import Describer
from placemap.reference.geography import Geography
from placemap.reference.lock import Lock, lock_of, require_locked
from placemap.reference.open_store import cache_folder, chosen_store, open_store, retrieved_in, store_folder
from placemap.reference.states import states
from placemap.reference.status import TableStatus, status_of
from placemap.reference.vintages import choose
from placemap.resolve.place_codes import heads_of
from placemap.resolve.populations import Figures, figures
from placemap.resolve.resolve import Assignment, lsoas_of, resolve, scope_of
from placemap.write_lock import write_lock

if TYPE_CHECKING:
    from placemap.analysis.reference_diff import StoreDiff
    from placemap.outputs.map.outlines import Boundaries, Outlines
    from placemap.sources.import_files import ImportReport
    from placemap.sources.update import UpdateReport

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

    def __init__(
        self,
        geography: Geography,
        measure: str = DEFAULT_MEASURE,
        lock: Lock | None = None,
        min_grade: str = WEAKEST,
    ) -> None:
        self.geography = geography
        self.lock = lock
        self.measure = measure
        self.min_grade = min_grade
        self.describer = Describer(geography)
        self._resolved: dict[tuple[str, str], tuple[list[Finding], Assignment | None]] = {}
        self._figures: Figures | None = None
        self._outlines: Outlines | None = None

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
            require_coverage(system, footprint, self.geography)
            findings = [*check_icb(system, self.geography), *check_declarations(footprint, self.geography)]
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
        """Resolve a footprint and run all checks.

        Raises:
            PlacemapError: its evidence is weaker than asked for, or the store does not hold its system.
        """
        require_grade(system, footprint, self.min_grade)
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
                *crosswalk_tables(heads_of(system, footprint), assignment, self.geography, self.figures),
                places_table(system, assignment, self.geography, self.figures, self.describer),
                ledger(system, assignment, self.geography),
            ]
        outcome.tables.append(found)
        return outcome

    @property
    def outlines(self) -> Outlines:
        """The boundaries of LSOAs.

        Raises:
            PlacemapError: the store has none.
        """
        # Most builds need no geometry, and do not wait for the library.
        from placemap.outputs.map.outlines import Outlines

        if self._outlines is None:
            self._outlines = Outlines(self.geography)
        return self._outlines

    def boundaries(self, outcome: Outcome) -> Boundaries | None:
        """The outlines of a footprint's places; None where there are errors."""
        from placemap.outputs.map.outlines import boundaries

        if outcome.assignment is None or outcome.exit_code() != Exit.OK:
            return None
        heads = heads_of(outcome.system, outcome.footprint)
        return boundaries(heads, outcome.assignment, self.outlines, self.figures)


def open_workspace(
    data: Path | None = None,
    measure: str = DEFAULT_MEASURE,
    *,
    vintages: Sequence[str] = (),
    as_of: str = "",
    lock: Lock | None = None,
    min_grade: str = WEAKEST,
) -> Workspace:
    """A workspace on the store that `--data`, PLACEMAP_DATA, the user's cache or the package gives.

    Args:
        vintages: texts such as `ward=2025`.
        as_of: a day as ISO text; empty for none.
        lock: builds are refused on any other tables, and its default vintages are used.
        min_grade: footprints with weaker evidence are refused.

    Raises:
        PlacemapError: there is no such store, its manifest cannot be understood, or it lacks a vintage.
    """
    store = open_store(store_folder(data))
    chosen = replace(choose(store.manifest, vintages, as_of), locked=lock.defaults if lock else {})
    return Workspace(Geography(store, chosen), measure, lock, min_grade)


def build(
    workspace: Workspace,
    system: System,
    footprint: Footprint,
    out: Path,
    *,
    formats: str = "csv",
    excel: bool = False,
    outlines: bool = False,
    sensitive: bool = False,
) -> Outcome:
    """Build one footprint into `out/<system>/<footprint>/`.

    Args:
        outlines: also write the outlines of its places.
        sensitive: also place LSOAs by other methods, and say how sure each place is.

    Raises:
        PlacemapError: the folder cannot be written, or the tables are not those of the lock; what stood there before
            still does.
    """
    if workspace.lock:
        require_locked(workspace.inputs(footprint), workspace.lock)
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
        boundaries=workspace.boundaries(outcome) if outlines else None,
    )
    outcome.folder = write_build(made, out, formats=formats, excel=excel)
    return outcome


def footprints_of(
    system: System, names: list[str], *, every: bool = False, as_of: date | None = None
) -> list[Footprint]:
    """The footprints that a command is about: those named, all, or the default one (of `as_of`, the one in force then).

    Raises:
        PlacemapError: the system has no footprint of that name, or none in force on that day.
    """
    if as_of and not names and not every:
        return [footprint_of(system, as_of)]
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


def lock_for(workspace: Workspace, systems: Sequence[System]) -> Lock:
    """The lock of all tables that builds of all footprints of `systems` rest on."""
    footprints = [footprint for system in systems for footprint in system.footprints.values()]
    entries = {entry.name: entry for footprint in footprints for entry in workspace.inputs(footprint)}
    defaults = {kind: workspace.geography.default_vintage(kind) for kind in workspace.geography.data.manifest.defaults}
    return lock_of((entries[name] for name in sorted(entries)), defaults)


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


def chosen_of(
    workspace: Workspace, system: System, names: list[str], *, every: bool = False
) -> tuple[System, list[Footprint]]:
    """A system at the chosen vintages, and the footprints of it that a command is about.

    Raises:
        PlacemapError: the system has no footprint of that name, or none in force on the chosen day.
    """
    chosen = workspace.geography.chosen
    dated = at_vintages(system, chosen.vintages.get("pcn"))
    return dated, footprints_of(dated, names, every=every, as_of=chosen.as_of)


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


def import_data(paths: list[Path], to: Path | None, configs: list[Path], measures: dict[str, str]) -> ImportReport:
    """Make reference tables from official files.

    Args:
        paths: the files, or folders of them.
        to: the store; the user's own where it is None.
        configs: configs, or folders of them, to cut the tables to; all England where there are none.
        measures: by file name, what a file of people holds.

    Raises:
        PlacemapError: a file is missing or damaged, or a config cannot be read.
    """
    from placemap.sources.import_files import import_files

    files = [file for path in configs for file in (sorted(path.iterdir()) if path.is_dir() else [path])]
    systems = [load_system(file) for file in files if file in configs or file.suffix in ENDINGS]
    return import_files(paths, to or cache_folder(), systems=systems if configs else None, as_measure=measures)


def data_status(data: Path | None) -> tuple[Path, str, list[TableStatus]]:
    """The store in use, why it is, and its tables."""
    folder, why = chosen_store(data)
    return folder, why, status_of(open_store(folder).manifest, retrieved_in(folder), date.today())


def verify_data(data: Path | None) -> tuple[str, int, list[Finding]]:
    """What is wrong with the store in use; with its name and how many tables it has."""
    from placemap.reference.verify import verify

    store = open_store(store_folder(data))
    return store.where, len(store.manifest.tables), verify(store)


def diff_data(old: str, new: str, data: Path | None) -> StoreDiff:
    """What changed between two states of the reference; see `store_states.states`."""
    from placemap.analysis.reference_diff import diff

    before, after = states(old, new, data)
    systems = [load_system(path) for path in all_configs().values()]
    return diff(before.geography, after.geography, (before.name, after.name), systems)


def write_lock_for(
    names: list[str], to: Path, data: Path | None, *, vintages: Sequence[str] = (), as_of: str = ""
) -> Lock:
    """Lock the tables that some systems are built from, all systems where none is named."""
    paths = [config_path(name) for name in names] or list(all_configs().values())
    workspace = open_workspace(data, vintages=vintages, as_of=as_of)
    systems = [at_vintages(load_system(path), workspace.geography.chosen.vintages.get("pcn")) for path in paths]
    found = lock_for(workspace, systems)
    write_lock(found, to)
    return found


def update_data(
    wanted: list[str],
    urls: dict[str, str],
    to: Path | None,
    ca_bundle: Path | None,
    progress: Callable[[str, int, int], None],
) -> UpdateReport:
    """Bring a store up to date from the official services; the user's own where `to` is None."""
    from placemap.sources.download.client import Client
    from placemap.sources.update import Updater

    if ca_bundle is not None and not ca_bundle.is_file():
        raise PlacemapError("there is no such file", location=str(ca_bundle), hint="check --ca-bundle")
    return Updater(to or cache_folder(), Client(ca_bundle=ca_bundle)).run(wanted, urls, progress)
