"""`placemap build` and `placemap check`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placemap.cli import app
from placemap.cli.common import (
    AllOption,
    AnySystemsArgument,
    AsOfOption,
    DataOption,
    FootprintOption,
    Grade,
    JsonOption,
    LockedOption,
    MeasureOption,
    MinGradeOption,
    StrictOption,
    SystemsArgument,
    VintageOption,
    each_once,
    error_message,
    failure,
    guarded,
    load,
    message,
    print_json,
    print_lines,
)
from placemap.cli.england import build_england, refuse_with_england
from placemap.cli.live import progress
from placemap.cli.next_steps import Given, next_steps
from placemap.cli.on_demand import DownloadOption, fetch_missing
from placemap.cli.outcomes import outcome_json, print_outcome
from placemap.cli.workflow import Annotations, error_annotations, finding_annotations
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from placemap.commands.baseline import Bar
    from placemap.commands.workspace import Outcome, Workspace
    from placemap.config.model import Footprint, System


@dataclass(frozen=True)
class _Reference:
    """Which reference tables a run is asked to use."""

    data: Path | None
    measure: str
    vintages: list[str]
    as_of: str
    min_grade: Grade
    locked: bool = False
    download: bool = False

    def open(self, names: list[str], systems: Sequence[System], command: str) -> Workspace:
        """The workspace; a lock is looked for beside the configs that were named, and tables are fetched on demand.

        Args:
            names: of the configs.
            systems: that are asked for.
            command: as it may be typed again.
        """
        from placemap.commands.workspace import open_workspace
        from placemap.config.find_config import config_path
        from placemap.reference.lock import find_lock, read_lock

        if not self.locked:
            fetch_missing(systems, self.data, command, download=self.download)
        lock = read_lock(find_lock(config_path(name) for name in names)) if self.locked else None
        return open_workspace(
            self.data,
            self.measure,
            vintages=self.vintages,
            as_of=self.as_of,
            lock=lock,
            min_grade=self.min_grade.value,
        )


class TableFormat(StrEnum):
    """What tables are written as."""

    CSV = "csv"
    PARQUET = "parquet"


@app.command()
@guarded
def build(
    systems: AnySystemsArgument = None,
    england: Annotated[bool, typer.Option("--england", help="All systems of England, put together.")] = False,
    footprint: FootprintOption = None,
    every: AllOption = False,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the folders go.")] = Path("out"),
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    vintage: VintageOption = None,
    as_of: AsOfOption = "",
    locked: LockedOption = False,
    min_grade: MinGradeOption = Grade.C,
    excel: Annotated[bool, typer.Option("--excel", help="Write one workbook with all tables, too.")] = False,
    boundaries: Annotated[
        bool, typer.Option("--boundaries", help="Write the places' outlines as GeoPackage and GeoJSON, too.")
    ] = False,
    formats: Annotated[TableFormat, typer.Option("--format", help="What tables are written as.")] = TableFormat.CSV,
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="Also place LSOAs by other methods, and say how sure each place is.")
    ] = False,
    tiers: Annotated[
        bool, typer.Option("--tiers", help="Write each LSOA by all tiers of the system, as tiers_lsoa21, too.")
    ] = False,
    strict: StrictOption = False,
    download: DownloadOption = False,
    as_json: JsonOption = False,
) -> int:
    """Map a system's places to ONS geography, check the coverage, and write the crosswalks.

    With --england the default footprints of all systems go into one folder, each LSOA of England once.

    Example: placemap build bnssg --out crosswalks
    """
    from placemap.commands import build as pipeline

    reference = _Reference(data, measure, vintage or [], as_of, min_grade, locked, download)
    options = pipeline.BuildOptions(formats.value, excel, boundaries, sensitivity, tiers)
    if england:
        refuse_with_england(systems, footprint, every=every)
        if tiers:
            raise PlacemapError("--tiers takes systems", hint="name them instead", exit_code=Exit.USAGE)
        from placemap.commands.data import shipped_systems

        workspace = reference.open([], shipped_systems(), "build --england")
        return build_england(workspace, out, min_grade.value, options, strict=strict, as_json=as_json)
    if not systems:
        raise PlacemapError(
            "which system? Name one or several, or all of them with --england",
            hint="`placemap list` shows the systems there are, `placemap build --help` the options",
            exit_code=Exit.USAGE,
        )

    def make(workspace: Workspace, system: System, chosen: Footprint) -> Outcome:
        return pipeline.build(workspace, system, chosen, out, options)

    told = _Told(_bar(strict), as_json=as_json)
    return _run("build", systems, footprint or [], every, reference, told, make, out)


@app.command()
@guarded
def check(
    systems: SystemsArgument,
    footprint: FootprintOption = None,
    every: AllOption = False,
    data: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    vintage: VintageOption = None,
    as_of: AsOfOption = "",
    min_grade: MinGradeOption = Grade.C,
    strict: StrictOption = False,
    baseline: Annotated[
        list[Path] | None,
        typer.Option(
            "--baseline", metavar="FILE", help="Fail on warnings that are not in this findings.csv; repeatable."
        ),
    ] = None,
    annotate: Annotated[
        Annotations | None, typer.Option("--annotate", help="Print errors and warnings as annotations of a workflow.")
    ] = None,
    download: DownloadOption = False,
    as_json: JsonOption = False,
) -> int:
    """Check a system's places without writing anything. A folder stands for all configs in it.

    Example: placemap check norfolk-and-waveney --all
    """
    from placemap.config.find_config import with_folders

    if annotate and as_json:
        raise PlacemapError("--annotate and --json both go to stdout", hint="leave one out", exit_code=Exit.USAGE)

    def make(workspace: Workspace, system: System, chosen: Footprint) -> Outcome:
        return workspace.check(system, chosen)

    reference = _Reference(data, measure, vintage or [], as_of, min_grade, download=download)
    told = _Told(_bar(strict, baseline), as_json=as_json, annotated=annotate is not None)
    configs, others = with_folders(systems)
    for name in others:
        message(f"{name} is left out: it has none of the keys of a config")
    return _run("check", configs, footprint or [], every, reference, told, make)


def _bar(strict: bool, baseline: Sequence[Path] | None = None) -> Bar:
    from placemap.commands.baseline import Bar, read_baseline

    return Bar(strict, read_baseline(baseline) if baseline else None)


@dataclass(frozen=True)
class _Told:
    """How results are told, and what they must pass."""

    bar: Bar
    as_json: bool = False
    annotated: bool = False

    def error(self, error: PlacemapError, name: str = "") -> Exit:
        """Tell of what stops the work on a system that the user calls `name`."""
        error_message(error)
        if self.annotated:
            print_lines(error_annotations(error, _config_of(name)))
        return error.exit_code

    def outcome(self, outcome: Outcome, name: str) -> Exit:
        """Tell of a footprint."""
        failing = self.bar.failing(outcome.system.id, outcome.footprint.id, outcome.findings)
        if not self.as_json:
            print_outcome(outcome)
        if self.annotated:
            print_lines(finding_annotations(outcome.findings, _config_of(name)))
        if reason := self.bar.reason(failing):
            failure(reason)
        return self.bar.exit_code(failing)


def _config_of(name: str) -> Path | None:
    """The config that a name means; None where there is none."""
    from placemap.config.find_config import config_path

    try:
        return config_path(name) if name else None
    except PlacemapError:
        return None


def _run(
    command: str,
    names: list[str],
    footprints: list[str],
    every: bool,
    reference: _Reference,
    told: _Told,
    make: Any,
    out: Path | None = None,
) -> int:
    """Make every footprint asked for; an error in one system leaves the others to be made.

    Args:
        out: where they are written, if they are.
    """
    from placemap.commands.build import jobs_of

    codes = [Exit.OK]
    outcomes: list[Outcome] = []
    loaded = _loaded(names, told, codes)
    called = {system.config_sha256: name for name, system in loaded.items()}
    if loaded:
        workspace = reference.open(names, list(loaded.values()), f"{command} {' '.join(names)}")
        jobs, errors = jobs_of(workspace, each_once(loaded.values()), footprints, every=every)
        _tell_same_ids(jobs, called, out)
        codes += [told.error(error) for error in errors]
        for system, chosen in progress(jobs, lambda job: f"{job[0].id} {job[1].id}"):
            try:
                outcomes.append(make(workspace, system, chosen))
                codes.append(told.outcome(outcomes[-1], called[system.config_sha256]))
            except PlacemapError as error:
                codes.append(told.error(error))
    if told.as_json:
        print_json({"exit_code": int(max(codes)), "footprints": [outcome_json(outcome) for outcome in outcomes]})
    elif outcomes and not told.annotated:
        message(_next(command, names, footprints, reference, outcomes, well=max(codes) == Exit.OK), whole=True)
    return max(codes)


def _next(
    command: str,
    names: list[str],
    footprints: list[str],
    reference: _Reference,
    outcomes: Sequence[Outcome],
    *,
    well: bool,
) -> str:
    """The last line; where something is wrong, what tells of it."""
    name = names[0] if len(set(names)) == 1 else "SYSTEM"
    given = Given(name, footprints, reference.data, reference.vintages, reference.as_of)
    if well:
        return next_steps(command, given, [outcome.footprint for outcome in outcomes])
    return f"next: mend what is wrong, then: placemap check {given}"


def _loaded(names: Sequence[str], told: _Told, codes: list[Exit]) -> dict[str, System]:
    """The systems by what the user calls them; the exit code of one that cannot be read goes to `codes`."""
    loaded: dict[str, System] = {}
    for name in dict.fromkeys(names):
        try:
            loaded[name] = load(name)
        except PlacemapError as error:
            codes.append(told.error(error, name))
    return loaded


def _same_ids(jobs: Sequence[tuple[System, Footprint]], names: Mapping[str, str]) -> dict[tuple[str, str], Path]:
    """Two configs that have a footprint of the same ids, by what the user calls them; and the folder it would go to.

    Args:
        names: by hash of a config, what the user calls it.
    """
    taken: dict[Path, str] = {}
    found: dict[tuple[str, str], Path] = {}
    for system, footprint in jobs:
        folder, name = Path(system.id, footprint.id), names[system.config_sha256]
        other = taken.setdefault(folder, name)
        if other != name:
            found.setdefault((other, name), folder)
    return found


def _tell_same_ids(jobs: Sequence[tuple[System, Footprint]], names: Mapping[str, str], out: Path | None) -> None:
    """Refuse two configs whose results would go to the same folder, one over the other; a check says which they are.

    Raises:
        PlacemapError: two configs have the same system and footprint ids, and results are written.
    """
    for (other, name), folder in _same_ids(jobs, names).items():
        if out is None:
            message(
                f"{other} and {name} both have the id `{folder.parts[0]}`; give one another, to build them together"
            )
            continue
        raise PlacemapError(
            f"{other} and {name} would both be written here, because both have the id `{folder.parts[0]}`; "
            "expected one config a folder",
            location=str(out / folder),
            hint="give one of them another id under `ics`, or build each with an --out of its own",
            exit_code=Exit.USAGE,
        )
