"""`placemap apply`: figures by place, the data with their places, or the queries for a warehouse."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from placemap.cli import app
from placemap.cli import apply_options as given
from placemap.cli.apply_asked import ResultOptions, Whereto, rate_options, refuse_together
from placemap.cli.apply_load import Loader
from placemap.cli.apply_options import EngineName, Interval, Shares
from placemap.cli.apply_output import (
    print_reconciliations,
    print_result,
    print_sql,
    result_json,
    say,
    strict_code,
    warn,
)
from placemap.cli.apply_to import open_footprints
from placemap.cli.common import (
    DataOption,
    FootprintOption,
    Grade,
    JsonOption,
    MeasureOption,
    MinGradeOption,
    error_message,
    guarded,
    message,
    print_json,
)
from placemap.cli.on_demand import DownloadOption
from placemap.core.codes import RESIDENTS
from placemap.core.errors import Exit, PlacemapError
from placemap.outputs.database.target import SCHEMA

if TYPE_CHECKING:
    from placemap.apply.run import Applied
    from placemap.commands.apply import Applier


@app.command()
@guarded
def apply(
    data: given.DataArgument,
    system: given.SystemsOption = None,
    england: given.EnglandOption = False,
    footprint: FootprintOption = None,
    by: given.ByOption = None,
    kind: given.KindOption = None,
    sheet: given.SheetOption = None,
    folder: given.FolderOption = False,
    sums: given.SumsOption = None,
    means: given.MeansOption = None,
    rates: given.RatesOption = None,
    per: given.PerOption = None,
    interval: given.IntervalOption = Interval.BYAR,
    confidence: given.ConfidenceOption = None,
    denominator: given.DenominatorOption = None,
    absent_is_zero: given.AbsentOption = False,
    age: given.AgeOption = None,
    indirect: given.IndirectOption = None,
    compare: given.CompareOption = None,
    count: given.CountOption = False,
    group: given.GroupsOption = None,
    shares: given.SharesOption = Shares.RESIDENTS,
    practices: given.PracticesOption = None,
    blank: given.BlanksOption = None,
    extensive: given.ExtensiveOption = None,
    whole: given.WholeOption = False,
    tiers: given.TiersOption = False,
    min_coverage: given.MinCoverageOption = 0.0,
    publish: given.PublishOption = None,
    suppress_below: given.SuppressOption = None,
    round_to: given.RoundOption = None,
    out: given.OutOption = None,
    to: given.ToOption = None,
    schema: given.SchemaOption = SCHEMA,
    long: given.LongOption = False,
    join: given.JoinOption = False,
    reconciliation: given.ReconciliationOption = None,
    max_loss: given.MaxLossOption = 50.0,
    strict: given.LossOption = None,
    engine: given.EngineOption = EngineName.DUCKDB,
    sql: given.SqlOption = False,
    dialect: given.DialectOption = "duckdb",
    keys: given.KeysOption = None,
    reference: DataOption = None,
    measure: MeasureOption = RESIDENTS,
    min_grade: MinGradeOption = Grade.C,
    download: DownloadOption = False,
    as_json: JsonOption = False,
) -> int:
    """Turn data by LSOA, ward, LTLA, MSOA, practice or PCN into data by place, and say what was lost.

    With --england the default footprints of all systems count as one set of places, with one reconciliation.

    Example: placemap apply attendances.csv --system bnssg --sum attendances --out by-place.csv
    """
    from placemap.apply.measures import measures_of
    from placemap.apply.read_ahead import NOTHING, read_ahead

    asked = partial(measures_of, sums or [], means or [], rates or [], count=count, denominator=denominator or "")
    may_begin = engine is EngineName.DUCKDB and sheet is None and not sql
    divided = [*(group or ()), *([age] if age else [])]
    with read_ahead(data, by, asked, divided, blank or (), folder=folder) if may_begin else NOTHING as ahead:
        from placemap.apply.options import Options
        from placemap.apply.publish_rule import rule_of
        from placemap.commands.apply import Applier, refuse_published

        rule = rule_of(publish.value if publish else None, suppress_below, round_to)
        result = ResultOptions(out, reconciliation, keys, join, long, max_loss, strict, as_json, rule is not None)
        how = rate_options(
            per, interval, confidence, age, indirect, compare, denominator, absent_is_zero=absent_is_zero
        )
        if join:
            refuse_published(rule, "--join writes rows of the data, which")
        figures = how.given or min_coverage > 0
        refuse_together(result, sql=sql, whole=whole, figures=figures, to=to is not None, tiers=tiers)
        result.refuse_unwritable(data, tuple(system or ()))
        loader = Loader.of(to, schema, result.beside(data, tuple(system or ())))
        measures = asked()
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
            min_coverage,
            how,
            rule,
        )
        whereto = Whereto(
            tuple(system or ()), tuple(footprint or ()), england, reference, measure, min_grade.value, download, tiers
        )
        workspace, footprints, parts = open_footprints(whereto, data, join=join)
        with Applier(workspace, footprints, data, measures, options, ahead) as applier:
            _write_keys(applier, result)
            if sql:
                return _print_queries(applier, dialect)
            applied = applier.apply()
            if not (sums or means or rates or count):
                message("counted rows, as nothing else was asked for; `--sum COLUMN` adds up a column instead")
            refused = applied.refusal(max_loss)
            _write_joined(applier, result, refused)
        return _tell(applied, applier, result, refused, replace(loader, tiers=parts))


def _write_keys(applier: Applier, result: ResultOptions) -> None:
    from placemap.outputs.applied import write_keys

    if result.keys is not None:
        write_keys(applier.keys, result.keys)
        message(f"the tables of codes and weights are in {result.keys}")


def _print_queries(applier: Applier, dialect: str) -> Exit:
    print_sql(applier, dialect)
    warn([finding for item in applier.footprints for finding in item.findings])
    return Exit.OK


def _write_joined(applier: Applier, result: ResultOptions, refused: PlacemapError | None) -> None:
    """Write the data themselves, where that is asked for and the result is one to go by."""
    from placemap.core.files import write_whole

    if result.joined is not None and refused is None:
        write_whole(result.joined, applier.join)


def _tell(
    applied: Applied, applier: Applier, result: ResultOptions, refused: PlacemapError | None, loader: Loader
) -> Exit:
    """Write the files, load the database, and print the rest."""
    _write_reconciliation(applied, result)
    if refused is not None:
        if result.out is not None and result.out.exists():
            message(f"{result.out} is the result of an earlier run: there is none of this one")
        return _refuse(applied, applier, refused, as_json=result.as_json)
    return _give(applied, applier, result, loader)


def _write_reconciliation(applied: Applied, result: ResultOptions) -> None:
    from placemap.outputs.apply_files import write_reconciliation

    if result.reconciliation is not None and any(item.is_placed for item in applied.reconciliations):
        write_reconciliation(applied, result.reconciliation)


def _give(applied: Applied, applier: Applier, result: ResultOptions, loader: Loader) -> Exit:
    """Figures by place to their file, to a database or to stdout, and what was lost."""
    from placemap.commands.apply_about import about
    from placemap.outputs.applied import WORKBOOK, flags_of, result_table
    from placemap.outputs.apply_files import marked, write_result

    measures = applier.question.measures
    table = result_table(applied, measures, long=result.long, tiers=loader.tiers)
    flags = flags_of(applied, measures, long=result.long)
    if result.table is not None:
        told = about(applier.workspace, applier.footprints) if result.table.suffix == WORKBOOK else ()
        write_result(applied, table, flags, result.table, loader.tiers, told)
    loaded = loader.load(applied, applier, long=result.long)
    code = strict_code(applied, result.strict)
    if result.as_json:
        print_json(result_json(applied, measures, code, loader.tiers))
    else:
        if result.out is None and not loaded:
            print_result(marked(table, flags))
        print_reconciliations(applied)
    say(applied, result.out, told=applied.told)
    if loaded:
        message(loaded)
    return code


def _refuse(applied: Applied, applier: Applier, error: PlacemapError, *, as_json: bool) -> Exit:
    """Say where all rows went, and that there is no result."""
    if as_json:
        found = result_json(applied, applier.question.measures, error.exit_code)
        print_json({**found, "places": [], "refused": error.message})
    else:
        print_reconciliations(applied)
    say(applied, None, told=[line for line in applied.told if line not in error.hint])
    error_message(error)
    return error.exit_code
