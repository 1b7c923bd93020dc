"""`placemap apply`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from placemap.cli import app
from placemap.cli.common import (
    DataOption,
    FootprintOption,
    Grade,
    JsonOption,
    MeasureOption,
    MinGradeOption,
    each_once,
    finding_json,
    finding_lines,
    guarded,
    load,
    message,
    print_json,
    print_table,
)
from placemap.cli.england import refuse_with_england, systems_of
from placemap.cli.on_demand import DownloadOption, fetch_missing
from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from placemap.apply.measures import Measure
    from placemap.apply.reconcile import Reconciliation, ReconciliationLine
    from placemap.apply.run import Applied
    from placemap.commands.apply import Applier
    from placemap.commands.workspace import Workspace
    from placemap.config.model import Footprint, System
    from placemap.core.findings import Finding
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
#: Findings that are shown of each code: all of them, as no file holds the rest.
EVERY = 1_000


@app.command()
@guarded
def apply(
    data: Annotated[
        Path, typer.Argument(metavar="DATA", help="CSV, Parquet or .xlsx, or a folder of Parquet.", show_default=False)
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
    strict: Annotated[
        float | None, typer.Option("--strict", metavar="PERCENT", help="Fail where more than this is lost.")
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
    for path in (out, reconciliation):
        if path is not None:
            write_applied.check_ending(path)
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
            _print_sql(applier, dialect)
            _warn([finding for item in footprints for finding in item.findings])
            return Exit.OK
        applied = applier.apply()
        if join and out is not None:
            write_whole(out, applier.join)
    table = write_applied.result_table(applied, measures, long=long)
    if out is not None and not join:
        write_applied.write_frame(table, out)
    if reconciliation is not None:
        write_applied.write_frame(write_applied.reconciliation_table(applied.reconciliations), reconciliation)
    code = _strict(applied, strict)
    if as_json:
        print_json(_as_json(applied, measures, code))
    else:
        if out is None:
            _print_result(table)
        _print_reconciliations(applied)
    _say(applied, out)
    return code


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


def _print_sql(applier: Applier, dialect: str) -> None:
    for title, statement in zip(
        ("figures by place", "what is in no place, by footprint", "codes that the reference does not have"),
        applier.sql(dialect),
        strict=True,
    ):
        typer.echo(f"-- {title}\n{statement};\n")


def _strict(applied: Applied, percent: float | None) -> Exit:
    if percent is None:
        return Exit.OK
    worst = max((item.loss for item in applied.reconciliations), default=0.0)
    if worst * 100 <= percent:
        return Exit.OK
    message(f"error: {worst:.2%} is lost to unknown, dead or missing codes; --strict allows {percent:g}%")
    return Exit.WRONG


def _figure(value: float) -> str:
    if value != value:
        return ""
    if value == round(value):
        return f"{value:,.0f}"
    return f"{value:,.2f}" if abs(value) >= 10 else f"{value:.4f}"


def _print_result(table: Any) -> None:
    titles = [title for title in table.schema.names if title not in ("ICSID", "FOOTPRINT")]
    numbers = {column.name for column in table.schema.columns if column.type in ("int", "number")}
    rows = [
        [_figure(value) if title in numbers else value for title, value in zip(titles, row, strict=True)]
        for row in table.frame[titles].itertuples(index=False)
    ]
    print_table(titles, rows, right=[number for number, title in enumerate(titles) if title in numbers])


def _print_reconciliations(applied: Applied) -> None:
    for item in applied.reconciliations:
        lines = [line for line in item.lines if line.rows or any(line.totals)]
        print_table(
            ["", "rows", *item.titles],
            [_line(line) for line in (item.total, *lines)],
            right=range(1, 2 + len(item.titles)),
            title=f"Reconciliation, {item.ics} {item.footprint}: in = {' + '.join(line.outcome for line in lines)}",
        )


def _line(line: ReconciliationLine) -> list[str]:
    return [line.outcome, _figure(line.rows), *(_figure(total) for total in line.totals)]


def _say(applied: Applied, out: Path | None) -> None:
    held = ", ".join(f"{rows:,} rows of {vintage}" for vintage, rows in applied.vintages.items())
    message(f"by `{applied.by}`, codes of the kind {applied.kind}: {held or 'none that the reference has'}")
    message(f"placed: {applied.method}")
    _warn(applied.findings)
    for note in applied.notes:
        message(f"note: {note}")
    if applied.unknown:
        shown = ", ".join(f"{code!r} ×{rows:,}" for code, rows in applied.unknown[:5])
        message(f"unknown codes: {len(applied.unknown):,}, most often {shown}")
    if out is not None:
        message(f"written to {out}")


def _warn(findings: Sequence[Finding]) -> None:
    for text in finding_lines(findings, each=EVERY):
        message(text)


def _as_json(applied: Applied, measures: Sequence[Measure], code: Exit) -> dict[str, Any]:
    rows = [{str(key): _plain(value) for key, value in row.items()} for row in applied.frame.to_dict(orient="records")]
    return {
        "exit_code": int(code),
        "by": applied.by,
        "kind": applied.kind,
        "method": applied.method,
        "vintages": applied.vintages,
        "measures": [measure.title for measure in measures],
        "places": rows,
        "reconciliations": [_reconciliation_json(item) for item in applied.reconciliations],
        "unknown_codes": dict(applied.unknown),
        "notes": list(applied.notes),
        "findings": [finding_json(finding) for finding in applied.findings],
    }


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if hasattr(value, "item"):
        value = value.item()
    return (None if value != value else round(value, 6)) if isinstance(value, float) else str(value)


def _reconciliation_json(item: Reconciliation) -> dict[str, Any]:
    def line(one: ReconciliationLine) -> dict[str, Any]:
        totals = zip(item.titles, one.totals, strict=True)
        return {"rows": round(one.rows, 6), **{title: round(total, 6) for title, total in totals}}

    return {
        "system": item.ics,
        "footprint": item.footprint,
        "in": line(item.total),
        **{one.outcome: line(one) for one in item.lines},
        "loss": round(item.loss, 6),
    }
