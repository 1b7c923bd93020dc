"""The options of `placemap apply`, and what they say together."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from placemap.core.errors import Exit, PlacemapError

if TYPE_CHECKING:
    from placemap.apply.rate_options import RateOptions


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


def rate_options(
    per: float | None,
    interval: Interval,
    confidence: list[float] | None,
    age: str | None,
    indirect: Standard | None,
    compare: list[str] | None,
    denominator: str | None,
    *,
    absent_is_zero: bool,
) -> RateOptions:
    """How rates are given.

    Raises:
        PlacemapError: an option is none of those that there are, or needs another.
    """
    from placemap.apply.rate_options import LEVELS, RateOptions

    if per is not None and per <= 0:
        raise PlacemapError(
            f"rates for {per:g} people cannot be given", hint="write --per 100000", exit_code=Exit.USAGE
        )
    return RateOptions(
        per or 0.0,
        interval.value,
        tuple(confidence or LEVELS[:1]),
        age or "",
        indirect.value if indirect else "",
        tuple(compare or ()),
        denominator or "",
        absent_is_zero,
    )


@dataclass(frozen=True)
class Whereto:
    """The footprints that data are applied to, as they are named.

    Attributes:
        systems, footprints: what is named.
        england: all systems instead.
        reference: a store's folder; None for the one in use.
        measure, min_grade: see `open_workspace`.
        download: whether what is missing is fetched unasked.
        tiers: whether all tiers of the system are meant.
    """

    systems: tuple[str, ...]
    footprints: tuple[str, ...]
    england: bool
    reference: Path | None
    measure: str
    min_grade: str
    download: bool
    tiers: bool = False


@dataclass(frozen=True)
class ResultOptions:
    """What becomes of the result.

    Attributes:
        out, reconciliation: files to write.
        keys: the folder for the two tables that queries join.
        join: whether the data themselves are written, each row with its place.
        long: whether the result has a row a measure.
        max_loss: per cent that may be lost, else there is no result.
        strict: per cent that may be lost, else the command fails; None for all.
        as_json: whether the result is printed for machines.
        published: whether counts are held back or rounded.

    Raises:
        PlacemapError: `strict` is no percentage.
    """

    out: Path | None
    reconciliation: Path | None
    keys: Path | None
    join: bool
    long: bool
    max_loss: float
    strict: float | None
    as_json: bool
    published: bool = False

    def __post_init__(self) -> None:
        if self.strict is not None and not 0 <= self.strict <= 100:
            raise PlacemapError(
                f"{self.strict:g} is no percentage that may be lost",
                hint="give --strict a number from 0 to 100",
                exit_code=Exit.USAGE,
            )

    @property
    def joined(self) -> Path | None:
        """The file for the data themselves."""
        return self.out if self.join else None

    @property
    def table(self) -> Path | None:
        """The file for figures by place."""
        return None if self.join else self.out

    def refuse_unwritable(self, data: Path, systems: tuple[str, ...]) -> None:
        """Refuse files that cannot be written as they are named, or that would take the place of the input.

        Raises:
            PlacemapError: so named, or data are to be joined into no file.
        """
        from placemap.core.files import refuse_same
        from placemap.outputs import applied as write_applied

        for option, path in self._named:
            write_applied.check_ending(path, workbook=option == "--out" and not self.join)
        tables = [("--keys", path) for path in write_applied.key_files(self.keys)] if self.keys else []
        refuse_same([*self._named, *tables], _read(data, systems))

    def beside(self, data: Path, systems: tuple[str, ...]) -> list[tuple[str, Path]]:
        """The files that a database must not be: those that are read, and those that are written."""
        return [*_read(data, systems), *self._named]

    @property
    def _named(self) -> list[tuple[str, Path]]:
        from placemap.outputs.applied import WORKBOOK
        from placemap.outputs.apply_files import held_back_file

        files = (("--out", self.out), ("--reconciliation", self.reconciliation))
        named = [(option, path) for option, path in files if path]
        if self.published and self.table and self.table.suffix != WORKBOOK:
            named.append(("the list of what is held back", held_back_file(self.table)))
        return named


def _read(data: Path, systems: tuple[str, ...]) -> list[tuple[str, Path]]:
    configs = [("a config", Path(name)) for name in systems if Path(name).is_file()]
    return [("the input", data), *configs]


def refuse_together(
    result: ResultOptions, *, sql: bool, whole: bool, figures: bool, to: bool = False, tiers: bool = False
) -> None:
    """Refuse options that need each other, or shut each other out.

    Args:
        figures: whether rates for so many people, or blanks, are asked for.
        to: whether the result is loaded into a database.

    Raises:
        PlacemapError: two do.
    """
    if to and (sql or result.join):
        raise PlacemapError(
            f"--to loads figures by place; {'--sql' if sql else '--join'} makes none",
            hint="leave one of them out",
            exit_code=Exit.USAGE,
        )
    if result.join and result.out is None:
        raise PlacemapError("--join needs --out FILE", hint="add --out joined.parquet", exit_code=Exit.USAGE)
    other = {"--join": result.join, "--sql": sql, "--whole-numbers": whole, "--keys": result.keys is not None}
    if tiers and any(other.values()):
        clash = next(option for option, given in other.items() if given)
        raise PlacemapError(f"{clash} is for one tier", hint="leave --tiers or it out", exit_code=Exit.USAGE)
    if sql and whole:
        raise PlacemapError(
            "--whole-numbers is not in the SQL of --sql", hint="leave one of them out", exit_code=Exit.USAGE
        )
    if result.join and figures:
        raise PlacemapError(
            "--join writes rows of the data, which have no rates by place and no least coverage",
            hint="leave --join out, and join the result by PLACECD",
            exit_code=Exit.USAGE,
        )
