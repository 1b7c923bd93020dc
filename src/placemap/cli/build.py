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
    finding_json,
    finding_lines,
    guarded,
    load,
    message,
    print_json,
    print_table,
    progress,
    rounded,
)
from placemap.cli.england import build_england, refuse_with_england
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

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

    def open(self, names: list[str]) -> Workspace:
        """The workspace; a lock is looked for beside the configs that were named."""
        from placemap.commands.workspace import open_workspace
        from placemap.config.find_config import config_path
        from placemap.reference.lock import find_lock, read_lock

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
    measure: MeasureOption = "residents_2021",
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
    strict: StrictOption = False,
    as_json: JsonOption = False,
) -> int:
    """Map a system's places to ONS geography, check the coverage, and write the crosswalks.

    With --england the default footprints of all systems go into one folder, each LSOA of England once.

    Example: placemap build bnssg --out crosswalks
    """
    from placemap.commands import build as pipeline

    reference = _Reference(data, measure, vintage or [], as_of, min_grade, locked)
    if england:
        refuse_with_england(systems, footprint, every=every)
        workspace = reference.open([])
        return build_england(
            workspace, out, min_grade.value, formats.value, excel=excel, strict=strict, as_json=as_json
        )
    if not systems:
        raise PlacemapError(
            "which system? Name one or several, or all of them with --england",
            hint="`placemap list` shows the systems there are, `placemap build --help` the options",
            exit_code=Exit.USAGE,
        )

    def make(workspace: Workspace, system: System, chosen: Footprint) -> Outcome:
        return pipeline.build(
            workspace,
            system,
            chosen,
            out,
            formats=formats.value,
            excel=excel,
            outlines=boundaries,
            sensitive=sensitivity,
        )

    return _run(systems, footprint or [], every, reference, strict, as_json, make, out)


@app.command()
@guarded
def check(
    systems: SystemsArgument,
    footprint: FootprintOption = None,
    every: AllOption = False,
    data: DataOption = None,
    measure: MeasureOption = "residents_2021",
    vintage: VintageOption = None,
    as_of: AsOfOption = "",
    min_grade: MinGradeOption = Grade.C,
    strict: StrictOption = False,
    as_json: JsonOption = False,
) -> int:
    """Check a system's places without writing anything.

    Example: placemap check norfolk-and-waveney --all
    """

    def make(workspace: Workspace, system: System, chosen: Footprint) -> Outcome:
        return workspace.check(system, chosen)

    return _run(
        systems,
        footprint or [],
        every,
        _Reference(data, measure, vintage or [], as_of, min_grade),
        strict,
        as_json,
        make,
    )


def _run(
    names: list[str],
    footprints: list[str],
    every: bool,
    reference: _Reference,
    strict: bool,
    as_json: bool,
    make: Any,
    out: Path | None = None,
) -> int:
    """Make every footprint asked for; an error in one system leaves the others to be made.

    Args:
        out: where they are written, if they are.
    """
    from placemap.commands.build import jobs_of

    codes = [Exit.OK]
    loaded: dict[str, System] = {}
    for name in dict.fromkeys(names):
        try:
            loaded[name] = load(name)
        except PlacemapError as error:
            error_message(error)
            codes.append(error.exit_code)
    outcomes: list[Outcome] = []
    jobs: list[tuple[System, Footprint]] = []
    if loaded:
        workspace = reference.open(names)
        jobs, errors = jobs_of(workspace, each_once(loaded.values()), footprints, every=every)
        if out is not None:
            _refuse_one_folder(jobs, {system.config_sha256: name for name, system in loaded.items()}, out)
        for wrong in errors:
            error_message(wrong)
            codes.append(wrong.exit_code)
    if jobs:
        for system, chosen in progress(jobs, lambda job: f"{job[0].id} {job[1].id}"):
            try:
                outcome = make(workspace, system, chosen)
            except PlacemapError as error:
                error_message(error)
                codes.append(error.exit_code)
                continue
            outcomes.append(outcome)
            codes.append(outcome.exit_code(strict=strict))
            if not as_json:
                _report(outcome)
    if as_json:
        print_json({"exit_code": int(max(codes)), "footprints": [_as_json(outcome) for outcome in outcomes]})
    return max(codes)


def _refuse_one_folder(jobs: Sequence[tuple[System, Footprint]], names: Mapping[str, str], out: Path) -> None:
    """Refuse two configs whose results would go to the same folder, one over the other.

    Args:
        names: by hash of a config, what the user calls it.

    Raises:
        PlacemapError: two configs have the same system and footprint ids.
    """
    taken: dict[Path, str] = {}
    for system, footprint in jobs:
        folder, name = out / system.id / footprint.id, names[system.config_sha256]
        other = taken.setdefault(folder, name)
        if other != name:
            raise PlacemapError(
                f"{other} and {name} would both be written here, because both have the id `{system.id}`; "
                "expected one config a folder",
                location=str(folder),
                hint="give one of them another id under `ics`, or build each with an --out of its own",
                exit_code=Exit.USAGE,
            )


def _report(outcome: Outcome) -> None:
    from placemap.commands.build import place_summaries

    lines = place_summaries(outcome)
    title = f"{outcome.system.name} — {outcome.footprint.name} ({outcome.footprint.id})"
    if lines:
        rows = [
            (line.place.name, f"{line.lsoas:,}", f"{line.residents:,.0f}", f"{line.registered:,.0f}") for line in lines
        ]
        total = (
            "total",
            f"{sum(line.lsoas for line in lines):,}",
            f"{sum(line.residents for line in lines):,.0f}",
            f"{sum(line.registered for line in lines):,.0f}",
        )
        print_table(["place", "LSOAs", "residents", "registered"], [*rows, total], right=(1, 2, 3), title=title)
    else:
        message(f"{title}: not resolved, because of the errors below")
    _verdict(outcome)
    _sensitivity(outcome)
    for line in finding_lines(outcome.findings):
        message(line)
    if outcome.folder:
        failed = outcome.exit_code() != Exit.OK
        message(f"{'FAILED: only findings' if failed else f'{len(outcome.tables)} tables'} written to {outcome.folder}")


def _verdict(outcome: Outcome) -> None:
    """One line on the coverage: the thing that placemap is for."""
    assignment = outcome.assignment
    if assignment is None:
        return
    scope, gaps, overlaps = int(assignment.in_scope.sum()), len(assignment.gaps), len(assignment.overlaps)
    if gaps or overlaps:
        message(f"coverage: {gaps:,} of {scope:,} LSOAs of the scope in no place, {overlaps:,} in more than one")
    else:
        message(f"coverage: each of the {scope:,} LSOAs of the scope is in exactly one place")


def _sensitivity(outcome: Outcome) -> None:
    from placemap.analysis.sensitivity import LABELS

    if outcome.sensitivity is None:
        return
    rows = [
        (LABELS[method], f"{lsoas:,}", f"{people:,.0f}") for method, lsoas, people in outcome.sensitivity.by_method()
    ]
    print_table(("other method", "LSOAs that change place", "residents"), rows, right=(1, 2), title="\nsensitivity")
    for row in outcome.sensitivity.confidence.frame.itertuples():
        typer.echo(f"confidence {row.CONFIDENCE}: {row.WORDS}")


def _as_json(outcome: Outcome) -> dict[str, Any]:
    from placemap.commands.build import place_summaries

    assignment = outcome.assignment
    return {
        "system": outcome.system.id,
        "footprint": outcome.footprint.id,
        "exit_code": int(outcome.exit_code()),
        "folder": str(outcome.folder) if outcome.folder else None,
        "scope_lsoas": None if assignment is None else int(assignment.in_scope.sum()),
        "places": [
            {
                "id": line.place.id,
                "name": line.place.name,
                "lsoas": line.lsoas,
                "residents": round(line.residents, 2),
                "registered": round(line.registered, 2),
            }
            for line in place_summaries(outcome)
        ],
        "findings": [finding_json(finding) for finding in outcome.findings],
        "sensitivity": _sensitivity_json(outcome),
    }


def _sensitivity_json(outcome: Outcome) -> dict[str, Any] | None:
    if outcome.sensitivity is None:
        return None
    methods = [{"method": m, "lsoas": n, "residents": round(p, 2)} for m, n, p in outcome.sensitivity.by_method()]
    confidence = outcome.sensitivity.confidence.frame[["PLACECD", "CONFIDENCE", "WORDS", "FLIPPING", "FLIPPING_SHARE"]]
    rows = [{str(key).lower(): value for key, value in row.items()} for row in rounded(confidence.to_dict("records"))]
    return {"methods": methods, "places": rows}
