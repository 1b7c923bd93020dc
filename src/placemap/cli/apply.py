"""`placemap apply`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placemap.cli import app
from placemap.cli.apply_output import (
    print_reconciliations,
    print_result,
    print_sql,
    result_json,
    say,
    strict_code,
    warn,
)
from placemap.cli.common import (
    DataOption,
    FootprintOption,
    Grade,
    JsonOption,
    MeasureOption,
    MinGradeOption,
    each_once,
    guarded,
    load,
    message,
    print_json,
)
from placemap.cli.england import refuse_with_england, systems_of
from placemap.cli.on_demand import DownloadOption, fetch_missing
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placemap.apply.measures import Measure
    from placemap.apply.run import Applied
    from placemap.commands.workspace import Workspace
    from placemap.config.model import Footprint, System
    from placemap.resolve.resolved import ResolvedFootprint


class Shares(StrEnum):
    """What units that cross places are divided by."""

    RESIDENTS = "residents"
    REGISTERED = "registered"


class Practices(StrEnum):
    """How practices and PCNs are placed."""

    DECLARED = "declared"
    RESIDENCE = "residence"


class EngineName(StrEnum):
    """Where the work runs."""

    DUCKDB = "duckdb"
    SPARK = "spark"


_Columns = list[str] | None


@app.command()
@guarded
def apply(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="CSV, Parquet or .xlsx; a pipe, too.", show_default=False)
    ],
    system: Annotated[
        list[str] | None,
        typer.Option("--system", "-s", metavar="SYSTEM", help="A system (`placemap list`); repeatable."),
    ] = None,
    england: Annotated[
        bool, typer.Option("--england", help="All systems of England, as one set of places, instead of --system.")
    ] = False,
    footprint: FootprintOption = None,
    by: Annotated[
        str | None, typer.Option("--by", metavar="COLUMN", help="The column of codes. Default: found from the values.")
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option("--kind", metavar="KIND", help="What the codes are of, such as ward; else told from them."),
    ] = None,
    sheet: Annotated[
        str | None, typer.Option("--sheet", metavar="NAME", help="The sheet of a workbook, where several have a table.")
    ] = None,
    folder: Annotated[
        bool, typer.Option("--folder", help="DATA is a folder; its Parquet files are read as one table.")
    ] = False,
    sums: Annotated[
        _Columns, typer.Option("--sum", metavar="COLUMN", help="A column of counts to add up; repeatable.")
    ] = None,
    means: Annotated[
        _Columns,
        typer.Option(
            "--mean", metavar="COLUMN[:WEIGHTS]", help="A column to average, by another's weights; repeatable."
        ),
    ] = None,
    rates: Annotated[
        _Columns, typer.Option("--rate", metavar="NUM/DEN", help="A rate from its two columns; repeatable.")
    ] = None,
    count: Annotated[bool, typer.Option("--count", help="Count rows. Done where nothing else is asked for.")] = False,
    group: Annotated[
        _Columns, typer.Option("--group", metavar="COLUMN", help="Divide the result by this, too; repeatable.")
    ] = None,
    shares: Annotated[
        Shares, typer.Option("--shares", help="What units that cross places are divided by.")
    ] = Shares.RESIDENTS,
    practices: Annotated[
        Practices | None,
        typer.Option("--practices", help="Place practices where they are declared, or where their patients live."),
    ] = None,
    blank: Annotated[
        _Columns,
        typer.Option("--blank", metavar="TEXT", help="What stands for a figure held back, such as *; repeatable."),
    ] = None,
    extensive: Annotated[
        _Columns, typer.Option("--extensive", metavar="COLUMN", help="It does add up, whatever its name; repeatable.")
    ] = None,
    whole: Annotated[
        bool, typer.Option("--whole-numbers", help="Sums in whole numbers, by largest remainder.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Write the result: .csv or .parquet.")
    ] = None,
    long: Annotated[bool, typer.Option("--long/--wide", help="A row a measure, or a column a measure.")] = False,
    join: Annotated[
        bool, typer.Option("--join", help="Write the data themselves to --out, each row with its place.")
    ] = False,
    reconciliation: Annotated[
        Path | None, typer.Option("--reconciliation", metavar="FILE", help="Write the reconciliation, too.")
    ] = None,
    max_loss: Annotated[
        float, typer.Option("--max-loss", metavar="PERCENT", help="Give no result where more than this is lost.")
    ] = 50.0,
    strict: Annotated[
        float | None,
        typer.Option("--strict", metavar="PERCENT", help="Give the result, and fail where more than this is lost."),
    ] = None,
    engine: Annotated[EngineName, typer.Option("--engine", help="Where it runs.")] = EngineName.DUCKDB,
    sql: Annotated[bool, typer.Option("--sql", help="Print the queries for a warehouse instead.")] = False,
    dialect: Annotated[
        str, typer.Option("--dialect", metavar="NAME", help="Their SQL, such as spark or tsql.")
    ] = "duckdb",
    keys: Annotated[
        Path | None, typer.Option("--keys", metavar="DIR", help="Write the two tables that the queries join.")
    ] = None,
    reference: DataOption = None,
    measure: MeasureOption = "residents_2021",
    min_grade: MinGradeOption = Grade.C,
    download: DownloadOption = False,
    as_json: JsonOption = False,
) -> int:
    """Turn data by LSOA, ward, LTLA, MSOA, practice or PCN into data by place, and say what was lost.

    With --england the default footprints of all systems count as one set of places, with one reconciliation.

    Example: placemap apply attendances.csv --system bnssg --sum attendances --out by-place.csv
    """
    from placemap.apply.measures import measures_of
    from placemap.commands.apply import Applier, Options
    from placemap.commands.workspace import open_workspace
    from placemap.core.files import write_whole
    from placemap.outputs import applied as write_applied

    if join and out is None:
        raise PlacemapError("--join needs --out FILE", hint="add --out joined.parquet", exit_code=Exit.USAGE)
    if sql and whole:
        raise PlacemapError(
            "--whole-numbers is not in the SQL of --sql", hint="leave one of them out", exit_code=Exit.USAGE
        )
    _check_files(data, system or [], out, reconciliation, keys)
    measures = measures_of(sums or [], means or [], rates or [], count=count)
    options = Options(
        by,
        kind,
        tuple(group or ()),
        shares.value,
        practices.value if practices else None,
        tuple(blank or ()),
        tuple(extensive or ()),
        whole,
        engine.value,
        sheet,
        folder,
        long,
    )
    jobs = _jobs(system or [], footprint or [], england=england, join=join)
    _fetch_missing(data, [one for one, _ in jobs], reference, download=download)
    workspace = open_workspace(reference, measure, min_grade=min_grade.value)
    footprints = _england(workspace) if england else _footprints(workspace, jobs)
    with Applier(workspace, footprints, data, measures, options) as applier:
        if keys is not None:
            write_applied.write_keys(applier.keys, keys)
            message(f"the tables of codes and weights are in {keys}")
        if sql:
            print_sql(applier, dialect)
            warn([finding for item in footprints for finding in item.findings])
            return Exit.OK
        applied = applier.apply()
        refused = applied.refusal(max_loss)
        if join and out is not None and refused is None:
            write_whole(out, applier.join)
    if reconciliation is not None and any(item.placed().rows for item in applied.reconciliations):
        lines = write_applied.reconciliation_table(applied.reconciliations, applied.account)
        write_applied.write_frame(lines, reconciliation)
    if refused is not None:
        return _refuse(applied, measures, refused, as_json=as_json)
    table = write_applied.result_table(applied, measures, long=long)
    if out is not None and not join:
        write_applied.write_frame(table, out)
    code = strict_code(applied, strict)
    if as_json:
        print_json(result_json(applied, measures, code))
    else:
        if out is None:
            print_result(table)
        print_reconciliations(applied)
    say(applied, out, told=applied.told)
    return code


def _check_files(
    data: Path, systems: Sequence[str], out: Path | None, reconciliation: Path | None, keys: Path | None
) -> None:
    """Refuse files that cannot be written as they are named, or that would take the place of the input."""
    from placemap.core.files import refuse_same
    from placemap.outputs import applied as write_applied

    named = [(option, path) for option, path in (("--out", out), ("--reconciliation", reconciliation)) if path]
    for _, path in named:
        write_applied.check_ending(path)
    tables = [("--keys", path) for path in write_applied.key_files(keys)] if keys else []
    configs = [("a config", Path(name)) for name in systems if Path(name).is_file()]
    refuse_same([*named, *tables], [("the input", data), *configs])


def _refuse(applied: Applied, measures: Sequence[Measure], error: PlacemapError, *, as_json: bool) -> Exit:
    """Say where all rows went, and that there is no result."""
    from placemap.cli.common import error_message

    if as_json:
        print_json({**result_json(applied, measures, error.exit_code), "places": [], "refused": error.message})
    else:
        print_reconciliations(applied)
    say(applied, None, told=[line for line in applied.told if line not in error.hint])
    error_message(error)
    return error.exit_code


def _fetch_missing(data: Path, systems: list[System], reference: Path | None, *, download: bool) -> None:
    """Fetch the tables of systems (of all, where none is named) that are not at hand, if the user agrees."""
    from placemap.commands.data import shipped_systems

    named = "".join(f" --system {one.id}" for one in each_once(systems)) or " --england"
    fetch_missing(each_once(systems) or shipped_systems(), reference, f"apply {data}{named}", download=download)


def _jobs(names: list[str], footprints: list[str], *, england: bool, join: bool) -> list[tuple[System, Footprint]]:
    """The footprints that are named; none with `--england`."""
    from placemap.commands.workspace import footprints_of

    if england:
        refuse_with_england(names, footprints, every=False)
        return []
    if not names:
        raise PlacemapError(
            "which system? Name one or several with --system, or all of them with --england",
            hint="`placemap list` shows the systems there are",
            exit_code=Exit.USAGE,
        )
    systems = each_once(map(load, names))
    jobs = [(one, chosen) for one in systems for chosen in footprints_of(one, footprints)]
    _refuse_twice(jobs)
    if join and len(jobs) > len(systems):
        raise PlacemapError("--join takes one footprint a system", hint="name one", exit_code=Exit.USAGE)
    return jobs


def _refuse_twice(jobs: list[tuple[System, Footprint]]) -> None:
    """Refuse two configs whose rows in the result nobody could tell apart."""
    first: dict[tuple[str, str], System] = {}
    for system, footprint in jobs:
        other = first.setdefault((system.id, footprint.id), system)
        if other is not system:
            raise PlacemapError(
                f"{other.loc.file} and {system.loc.file} are different configs, and both have the id `{system.id}` and "
                f"the footprint `{footprint.id}`; expected one of them",
                hint="give one of them another id under `ics`, or apply each by itself",
                exit_code=Exit.USAGE,
            )


def _footprints(workspace: Workspace, jobs: Sequence[tuple[System, Footprint]]) -> list[ResolvedFootprint]:
    from placemap.commands.apply import resolved_footprint

    return [resolved_footprint(workspace, system, chosen) for system, chosen in jobs]


def _england(workspace: Workspace) -> list[ResolvedFootprint]:
    from placemap.commands.england import resolved_england

    return [resolved_england(workspace, systems_of(workspace), workspace.min_grade)]
