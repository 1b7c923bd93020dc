"""The options of `placemap apply`; what they say together stands in `apply_asked`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer


class Shares(StrEnum):
    """What units that cross places are divided by."""

    RESIDENTS = "residents"
    REGISTERED = "registered"


class Practices(StrEnum):
    """How practices and PCNs are placed."""

    DECLARED = "declared"
    RESIDENCE = "residence"


class Interval(StrEnum):
    """How the limits of rates are made."""

    BYAR = "byar"
    FINGERTIPS = "fingertips"
    WILSON = "wilson"


class Standard(StrEnum):
    """Whose rates are the standard."""

    ENGLAND = "england"
    SYSTEM = "system"


class Publish(StrEnum):
    """Whose rule results are published by."""

    NHS = "nhs"


class EngineName(StrEnum):
    """Where the work runs."""

    DUCKDB = "duckdb"
    SPARK = "spark"


_Columns = list[str] | None

DataArgument = Annotated[
    Path, typer.Argument(metavar="DATA", help="CSV, Parquet or .xlsx; a pipe, too.", show_default=False)
]
SystemsOption = Annotated[
    list[str] | None,
    typer.Option("--system", "-s", metavar="SYSTEM", help="A system (`placemap list`); repeatable."),
]
EnglandOption = Annotated[
    bool, typer.Option("--england", help="All systems of England, as one set of places, instead of --system.")
]
ByOption = Annotated[
    str | None, typer.Option("--by", metavar="COLUMN", help="The column of codes. Default: found from the values.")
]
KindOption = Annotated[
    str | None,
    typer.Option("--kind", metavar="KIND", help="What the codes are of, such as ward; else told from them."),
]
SheetOption = Annotated[
    str | None, typer.Option("--sheet", metavar="NAME", help="The sheet of a workbook, where several have a table.")
]
FolderOption = Annotated[
    bool, typer.Option("--folder", help="DATA is a folder; its Parquet files are read as one table.")
]
SumsOption = Annotated[
    _Columns, typer.Option("--sum", metavar="COLUMN", help="A column of counts to add up; repeatable.")
]
MeansOption = Annotated[
    _Columns,
    typer.Option("--mean", metavar="COLUMN[:WEIGHTS]", help="A column to average, by another's weights; repeatable."),
]
RatesOption = Annotated[
    _Columns, typer.Option("--rate", metavar="NUM/DEN", help="A rate from its two columns; repeatable.")
]
PerOption = Annotated[
    float | None, typer.Option("--per", metavar="PEOPLE", help="Rates for so many people, with limits, such as 100000.")
]
IntervalOption = Annotated[
    Interval,
    typer.Option("--interval", help="byar for events; fingertips: exact below 10; wilson for proportions."),
]
ConfidenceOption = Annotated[
    list[float] | None,
    typer.Option("--confidence", metavar="PERCENT", help="Of intervals: 95 (default) or 99.8; repeatable."),
]
DenominatorOption = Annotated[
    str | None,
    typer.Option("--denominator", metavar="MEASURE", help="People of the tables, as residents_2021, for --rate NUM."),
]
AbsentOption = Annotated[
    bool, typer.Option("--absent-is-zero", help="Areas without a row had no events; --denominator counts all people.")
]
AgeOption = Annotated[
    str | None, typer.Option("--age", metavar="COLUMN", help="Age bands: rates are standardised by them.")
]
IndirectOption = Annotated[
    Standard | None,
    typer.Option("--indirect", metavar="STANDARD", help="Ratios to the rates by age of england or of the system."),
]
CompareOption = Annotated[
    _Columns,
    typer.Option("--compare", metavar="WHAT", help="Say if rates differ: england, system or a number; repeatable."),
]
MinCoverageOption = Annotated[
    float,
    typer.Option("--min-coverage", metavar="SHARE", help="Leave figures blank where data cover less, as 0.8."),
]
PublishOption = Annotated[
    Publish | None,
    typer.Option(
        "--publish", help="nhs: hold back counts of 1 to 7 and what gives them away; others to the nearest 5."
    ),
]
SuppressOption = Annotated[
    int | None, typer.Option("--suppress-below", metavar="N", help="Hold back counts from 1 to below N instead.")
]
RoundOption = Annotated[
    int | None, typer.Option("--round-to", metavar="N", help="Round counts to the nearest N instead.")
]
CountOption = Annotated[bool, typer.Option("--count", help="Count rows. Done where nothing else is asked for.")]
GroupsOption = Annotated[
    _Columns, typer.Option("--group", metavar="COLUMN", help="Divide the result by this, too; repeatable.")
]
SharesOption = Annotated[Shares, typer.Option("--shares", help="What units that cross places are divided by.")]
PracticesOption = Annotated[
    Practices | None,
    typer.Option("--practices", help="Place practices where they are declared, or where their patients live."),
]
BlanksOption = Annotated[
    _Columns,
    typer.Option("--blank", metavar="TEXT", help="What stands for a figure held back, such as *; repeatable."),
]
ExtensiveOption = Annotated[
    _Columns, typer.Option("--extensive", metavar="COLUMN", help="It does add up, whatever its name; repeatable.")
]
TiersOption = Annotated[
    bool, typer.Option("--tiers", help="Figures for each tier of the system, each summing to the next.")
]
WholeOption = Annotated[bool, typer.Option("--whole-numbers", help="Sums in whole numbers, by largest remainder.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="FILE", help="Write the result: .csv, .parquet or .xlsx.")
]
ToOption = Annotated[
    str | None,
    typer.Option("--to", metavar="DATABASE", help="Load crosswalks and result: postgresql://… or duckdb:FILE."),
]
SchemaOption = Annotated[
    str, typer.Option("--schema", metavar="NAME", help="The schema for --to; placemap's tables in it are replaced.")
]
LongOption = Annotated[bool, typer.Option("--long/--wide", help="A row a measure, or a column a measure.")]
JoinOption = Annotated[
    bool, typer.Option("--join", help="Write the data themselves to --out, each row with its place.")
]
ReconciliationOption = Annotated[
    Path | None, typer.Option("--reconciliation", metavar="FILE", help="Write the reconciliation, too.")
]
MaxLossOption = Annotated[
    float, typer.Option("--max-loss", metavar="PERCENT", help="Give no result where more than this is lost.")
]
LossOption = Annotated[
    float | None,
    typer.Option("--strict", metavar="PERCENT", help="Give the result, and fail where more than this is lost."),
]
EngineOption = Annotated[EngineName, typer.Option("--engine", help="Where it runs.")]
SqlOption = Annotated[bool, typer.Option("--sql", help="Print the queries for a warehouse instead.")]
DialectOption = Annotated[str, typer.Option("--dialect", metavar="NAME", help="Their SQL, such as spark or tsql.")]
KeysOption = Annotated[
    Path | None, typer.Option("--keys", metavar="DIR", help="Write the two tables that the queries join.")
]
