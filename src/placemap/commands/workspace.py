"""A reference that systems are resolved against, and which footprints a command is about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from placemap.checks.coverage import empty_scope
from placemap.checks.members import check_declarations, check_icb, check_systems_of
from placemap.checks.run import in_order, run_checks
from placemap.checks.store_covers import require_coverage
from placemap.commands.needed_footprints import errors_of_needed, others_places, rests_on, scope_in
from placemap.config.as_of import at_vintages, footprint_of, in_force
from placemap.config.grades import WEAKEST, caveats, require_grade
from placemap.config.model import Footprint, System
from placemap.config.suggest import closest
from placemap.config.tiers import outer_of, pcn_vintages
from placemap.core.arrays import Bools
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding, exit_code_of, refuse_errors
from placemap.core.tables import Table
from placemap.crosswalk.findings import findings_table
from placemap.crosswalk.inputs import Inputs, as_of, inputs_of, newest_year
from placemap.crosswalk.patient_ledger import ledger
from placemap.crosswalk.places import places_table
from placemap.crosswalk.tables import crosswalk_tables
from placemap.outputs.build import Build
from placemap.reference.describe import Describer
from placemap.reference.geography import Geography
from placemap.reference.lock import Lock
from placemap.reference.open_store import open_store, store_folder
from placemap.reference.vintages import choose, nearest_month
from placemap.resolve.declared import OtherPlaces
from placemap.resolve.populations import Populations, populations_of
from placemap.resolve.resolve import Assignment, resolve
from placemap.resolve.resolved import ResolvedFootprint

if TYPE_CHECKING:
    from placemap.analysis.sensitivity import Sensitivity
    from placemap.outputs.map.outlines import LsoaBoundaries, PlaceBoundaries


@dataclass()
class Outcome:
    """What became of one footprint.

    Attributes:
        resolved: None where the declarations themselves are wrong.
        tables: the tables of the crosswalk; empty where only checks ran, or where there are errors.
        folder: where they were written; None where nothing was.
        sensitivity: what other methods make of it; None where that was not asked for.
    """

    system: System
    footprint: Footprint
    findings: list[Finding]
    resolved: ResolvedFootprint | None = None
    tables: list[Table] = field(default_factory=list)
    folder: Path | None = None
    sensitivity: Sensitivity | None = None

    @property
    def assignment(self) -> Assignment | None:
        """Which place each LSOA belongs to."""
        return self.resolved.assignment if self.resolved else None

    def exit_code(self) -> Exit:
        """0, or 4 where there are errors."""
        return exit_code_of(self.findings)

    def without_errors(self) -> ResolvedFootprint:
        """The footprint, resolved.

        Raises:
            PlacemapError: it has findings of error severity, so there is nothing to show.
        """
        _refuse_errors(self.system, self.footprint, self.findings)
        assert self.resolved is not None
        return self.resolved


def _refuse_errors(system: System, footprint: Footprint, findings: list[Finding]) -> None:
    command = f"placemap check {system.id} --footprint {footprint.id}"
    refuse_errors(f"footprint `{footprint.id}` of {system.id}", findings, command)


#: A footprint resolved, or its declaration's errors.
Resolution = tuple[list[Finding], ResolvedFootprint | None]


def _key(system: System, footprint: Footprint) -> tuple[str, ...]:
    """What a result is kept by: on another day a footprint may have other places."""
    return system.config_sha256, footprint.id, *(place.id for place in footprint.places)


class Workspace:
    """A reference that systems are resolved against, with what has been resolved so far."""

    def __init__(
        self,
        geography: Geography,
        measure: str = RESIDENTS,
        lock: Lock | None = None,
        min_grade: str = WEAKEST,
    ) -> None:
        self.geography = geography
        self.lock = lock
        self.measure = measure
        self.min_grade = min_grade
        self.describer = Describer(geography)
        self._alone: dict[tuple[str, ...], Resolution] = {}
        self._resolved: dict[tuple[str, ...], Resolution] = {}
        self._checked: dict[tuple[str, ...], list[Finding]] = {}
        self._populations: Populations | None = None
        self._others: dict[str, Workspace] = {}
        self._outlines: LsoaBoundaries | None = None

    @property
    def populations(self) -> Populations:
        """What crosswalks weigh by."""
        if self._populations is None:
            self._populations = populations_of(self.geography, self.measure)
        return self._populations

    def of(self, system: System, footprint: Footprint) -> Workspace:
        """The workspace whose registrations go with a footprint: those nearest to the PCN month that it pins, itself or
        by places that it is put together from.

        This one where it pins none, where these are in use already, and where the user named others.
        """
        chosen = self.geography.chosen
        pinned = pcn_vintages(system.footprints, footprint)
        if not pinned or "registrations" in chosen.vintages:
            return self
        near = nearest_month(self.geography.data.vintages("registrations"), pinned[0])
        if near in ("", self.geography.default_vintage("registrations")):
            return self
        if near not in self._others:
            there = replace(chosen, locked={**chosen.locked, "registrations": near})
            own = Workspace(Geography(self.geography.data, there), self.measure, self.lock, self.min_grade)
            self._others[near] = own
        return self._others[near]

    def resolve(self, system: System, footprint: Footprint) -> Resolution:
        """Resolve a footprint, with the tiers above it; its declaration's errors instead, where it has any."""
        key = _key(system, footprint)
        if key not in self._resolved:
            findings, resolved = self.resolve_alone(system, footprint)
            outer = outer_of(system, footprint)
            if resolved is not None and outer is not None:
                resolved = replace(resolved, outer=self.resolve(system, self.footprint(system, outer.id))[1])
            self._resolved[key] = (findings, resolved)
        return self._resolved[key]

    def footprint(self, system: System, key: str) -> Footprint:
        """A footprint of a system with the places in force on the day that was asked for."""
        return in_force(system.footprints[key], self.geography.chosen.as_of)

    def resolve_alone(self, system: System, footprint: Footprint) -> Resolution:
        """Resolve a footprint without the tier above it, which may be put together from its places."""
        own = self.of(system, footprint)
        if own is not self:
            return own.resolve_alone(system, footprint)
        key = _key(system, footprint)
        if key not in self._alone:
            require_coverage(system, footprint, self.geography)
            findings = [
                *check_icb(system, self.geography),
                *check_systems_of(system, self.geography),
                *check_declarations(footprint, self.geography),
            ]
            scope: Bools | None = None
            if footprint.scope.place or footprint.inside or not findings:
                scope, scope_findings = scope_in(self, system, footprint)
                findings += scope_findings
                if scope is not None and not scope.any() and not findings:
                    findings.append(empty_scope(footprint))
            others, other_findings = others_places(self, system, footprint)
            findings += other_findings
            resolved = None if findings or scope is None else self._resolve(system, footprint, scope, others)
            self._alone[key] = (findings, resolved)
        return self._alone[key]

    def _resolve(self, system: System, footprint: Footprint, scope: Bools, others: OtherPlaces) -> ResolvedFootprint:
        assignment = resolve(footprint, self.geography, scope, others)
        newest = newest_year(self.inputs(system, footprint))
        return ResolvedFootprint(system, assignment, self.geography, self.populations, newest)

    def check(self, system: System, footprint: Footprint) -> Outcome:
        """Resolve a footprint and run all checks.

        Raises:
            PlacemapError: its evidence is weaker than asked for, or the store does not hold its system.
        """
        require_grade(system, footprint, self.min_grade)
        findings, resolved = self.resolve(system, footprint)
        if resolved is None:
            return Outcome(system, footprint, in_order(findings, system))
        key = _key(system, footprint)
        if key not in self._checked:
            self._checked[key] = [*errors_of_needed(self, system, footprint), *run_checks(resolved)]
        findings = self._checked[key]
        return Outcome(system, footprint, findings, replace(resolved, findings=caveats(findings)))

    def inputs(self, system: System, footprint: Footprint) -> Inputs:
        """The reference tables that a footprint's outputs rest on, those of the tiers that it needs included."""
        needed = rests_on(system, footprint)
        found = [entry for one in needed for entry in inputs_of(one, self.of(system, one).geography, self.measure)]
        entries = {entry.name: entry for entry in reversed(found)}
        return [entries[name] for name in sorted(entries)]

    def build(self, system: System, footprint: Footprint) -> Outcome:
        """Resolve, check and make all tables; with errors only the findings."""
        outcome = self.check(system, footprint)
        found = findings_table(system, footprint, outcome.findings)
        if outcome.exit_code() == Exit.OK:
            outcome.tables = self.tables(outcome.without_errors())
        outcome.tables.append(found)
        return outcome

    def made(self, outcome: Outcome, boundaries: PlaceBoundaries | None = None) -> Build:
        """An outcome with all that must be said of it."""
        return Build(
            outcome.system,
            outcome.footprint,
            outcome.tables,
            outcome.findings,
            self.inputs(outcome.system, outcome.footprint),
            self.measure,
            self.geography.chosen.text,
            boundaries,
            as_of(outcome.resolved) if outcome.resolved is not None else "",
        )

    def tables(self, resolved: ResolvedFootprint) -> list[Table]:
        """All tables of a footprint but its findings."""
        return [*crosswalk_tables(resolved), places_table(resolved, self.describer), ledger(resolved)]

    @property
    def outlines(self) -> LsoaBoundaries:
        """The boundaries of LSOAs.

        Raises:
            PlacemapError: the store has none.
        """
        # Most builds need no geometry, and do not wait for the library.
        from placemap.outputs.map.outlines import LsoaBoundaries

        if self._outlines is None:
            self._outlines = LsoaBoundaries(self.geography)
        return self._outlines

    def boundaries(self, resolved: ResolvedFootprint) -> PlaceBoundaries:
        """The outlines of a footprint's places.

        Raises:
            PlacemapError: the store has no boundaries of some LSOAs.
        """
        from placemap.outputs.map.outlines import boundaries

        return boundaries(resolved, self.outlines)


def open_workspace(
    data: Path | None = None,
    measure: str = RESIDENTS,
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


def footprints_of(
    system: System, names: list[str], *, every: bool = False, as_of: date | None = None
) -> list[Footprint]:
    """The footprints that a command is about: those named, all, or the default one (of `as_of`, the one in force then).

    They have the places that were in force on that day; without a day, those that have not ended.

    Raises:
        PlacemapError: the system has no footprint of that name, or none in force on that day.
    """
    if as_of and not names and not every:
        return [in_force(footprint_of(system, as_of), as_of)]
    if every:
        return [in_force(footprint, as_of) for footprint in system.footprints.values()]
    for name in names:
        if name not in system.footprints:
            raise PlacemapError(
                f"{system.id} has no footprint `{name}`",
                location=system.loc.file,
                hint=f"{_meant(name, system)}it has {', '.join(system.footprints)}",
            )
    return [in_force(system.footprints[name], as_of) for name in dict.fromkeys(names) or [system.default_footprint]]


def _meant(name: str, system: System) -> str:
    close = closest(name, {key: footprint.name for key, footprint in system.footprints.items()})
    return f"did you mean `{close}`? " if close else ""


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


def resolved_of(workspace: Workspace, system: System, footprint: Footprint) -> ResolvedFootprint:
    """A footprint whose declaration has no errors.

    Raises:
        PlacemapError: the declaration has errors.
    """
    findings, resolved = workspace.resolve(system, footprint)
    if resolved is None:
        _refuse_errors(system, footprint, findings)
    assert resolved is not None
    return resolved
