"""Users' data by place: which places, which engine, what may be lost."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placemap.apply import apportion as place_keys
from placemap.apply import sql
from placemap.apply.apportion import DECLARED, Apportionment
from placemap.apply.columns import check_columns, key_column
from placemap.apply.coverage import cover_of
from placemap.apply.engine_duckdb import DuckDbEngine, Engine
from placemap.apply.measures import Measure, refuse_mistakes
from placemap.apply.run import Applied, join_outcomes, run
from placemap.apply.scan import Scan, scan_of
from placemap.apply.sql_script import script, transpiled
from placemap.commands.workspace import Workspace
from placemap.core.errors import Exit, PlacemapError
from placemap.resolve.resolved import ResolvedFootprint

if TYPE_CHECKING:
    import pandas as pd

    from placemap.config.model import Footprint, System

#: Per cent of the rows, or of a total, that may be lost before there is no result.
MAX_LOSS = 50.0
JOIN_COLUMNS = ("ICSID", "FOOTPRINT", "PLACECD", "PLACENM", "PLACE_SHARE", "OUTCOME")


@dataclass(frozen=True)
class Options:
    """How data are applied; as the options of `placemap apply`.

    Attributes:
        by: the column of codes; None to find it.
        kind: the kind of its units (`lsoa`, `ward`, `ltla`, `msoa`, `utla`, `sub_icb`, `practice`, `pcn`); None to tell
            it from the values.
        groups: columns that the result is divided by besides places, such as a month.
        shares: `residents` or `registered`: what units that cross places are divided by.
        practices: `declared` (the place of the practice or its PCN) or `residence` (where its patients live); None for
            `declared` where the places are declared from practices, else `residence`.
        blanks: texts that stand for no value.
        extensive: columns that do add up, whatever their names look like.
        whole: sums and counts in whole numbers, by largest remainder.
        engine: `duckdb` or `spark`.
        sheet: of a workbook.
        folder: whether the path is a folder whose Parquet files are read as one table.
        long: whether the result is to have a row a measure.

    Raises:
        PlacemapError: an option is none of those that there are, or of another type.
    """

    by: str | None = None
    kind: str | None = None
    groups: tuple[str, ...] = ()
    shares: str = place_keys.RESIDENTS
    practices: str | None = None
    blanks: tuple[str, ...] = ()
    extensive: tuple[str, ...] = ()
    whole: bool = False
    engine: str = "duckdb"
    sheet: str | None = None
    folder: bool = False
    long: bool = False

    def __post_init__(self) -> None:
        for item in fields(self):
            _refuse_type(item.name, getattr(self, item.name), str(item.type))
        _refuse_value("shares", self.shares, (place_keys.RESIDENTS, place_keys.REGISTERED))
        _refuse_value("practices", self.practices, (None, DECLARED, place_keys.RESIDENCE))


def _refuse_type(option: str, value: object, declared: str) -> None:
    """Refuse a value that is not of an option's type: a text where a list is meant is taken letter by letter."""
    expected = {"bool": bool, "str": str, "str | None": (str, type(None))}.get(declared, tuple)
    is_right = isinstance(value, expected) and (expected is not tuple or all(isinstance(one, str) for one in value))  # type: ignore[arg-type, attr-defined]
    if not is_right:
        what = {"bool": "True or False", "str": "a text", "str | None": "a text"}.get(declared, "a list of texts")
        raise PlacemapError(
            f"`{option}` is {value!r}; expected {what}", hint=f"give {option} as {what}", exit_code=Exit.USAGE
        )


def _refuse_value(option: str, value: str | None, known: Sequence[str | None]) -> None:
    if value not in known:
        raise PlacemapError(
            f"`{option}` is {value!r}; expected {' or '.join(str(one) for one in known if one)}",
            hint="see `placemap apply --help`",
            exit_code=Exit.USAGE,
        )


def as_names(option: str, names: object) -> tuple[str, ...]:
    """A list of texts that a caller gave; a single text is refused, for it would be taken letter by letter.

    Raises:
        PlacemapError: it is none.
    """
    if isinstance(names, str) or not isinstance(names, Iterable):
        _refuse_type(option, names, "tuple")
    found: tuple[str, ...] = tuple(names)  # type: ignore[arg-type]
    _refuse_type(option, found, "tuple")
    return found


def resolved_footprint(workspace: Workspace, system: System, footprint: Footprint) -> ResolvedFootprint:
    """A footprint to apply data to.

    Raises:
        PlacemapError: its checks find errors.
    """
    return workspace.check(system, footprint).without_errors()


class Applier:
    """Data opened in an engine together with the footprints that they are applied to.

    Args:
        footprints: as `resolved` gives them.
        data: see `Places.apply`.
        measures: what is asked for.

    Raises:
        PlacemapError: the data cannot be read, a column is not there, or a rate would be summed.
    """

    def __init__(
        self,
        workspace: Workspace,
        footprints: Sequence[ResolvedFootprint],
        data: Any,
        measures: Sequence[Measure],
        options: Options,
    ) -> None:
        refuse_mistakes(measures, options.extensive)
        self.workspace = workspace
        self.options = options
        self.footprints = list(footprints)
        self._folder = tempfile.TemporaryDirectory(prefix="placemap-", ignore_cleanup_errors=True)
        try:
            self.engine = self._opened(data)
            try:
                by, self.kind = key_column(self.engine, options.by, options.kind, workspace.geography, self.scan.label)
                self.question = sql.Question(by, tuple(measures), options.groups, self.engine.columns(), options.blanks)
                check_columns(self.question, self.scan.label, long=options.long)
            except BaseException:
                self.engine.close()
                raise
        except BaseException:
            self._folder.cleanup()
            raise

    def _opened(self, data: Any) -> Engine:
        options = self.options
        self.scan = scan_of(
            data,
            Path(self._folder.name),
            sheet=options.sheet,
            many=options.folder,
            rewrite=options.engine != "duckdb",
        )
        return open_engine(self.scan, options.engine)

    def __enter__(self) -> Applier:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()
        self._folder.cleanup()

    @cached_property
    def keys(self) -> Apportionment:
        """The parts of each unit that go to each place."""
        return place_keys.place_keys(
            self.kind,
            self.footprints,
            shares=self.options.shares,
            practices=self.practices,
        )

    @property
    def practices(self) -> str:
        """How practices are placed."""
        declared = all(item.is_declared_from_practices for item in self.footprints)
        return self.options.practices or (DECLARED if declared else place_keys.RESIDENCE)

    def apply(self) -> Applied:
        """Figures by place, with reconciliations."""
        geography = self.workspace.geography
        return run(
            self.engine,
            self.question,
            self.keys,
            self.footprints,
            cover_of(self.keys, self.footprints),
            geography,
            extensive=self.options.extensive,
            whole=self.options.whole,
            asked=self.options.kind is not None,
            account=self.scan.account,
            label=self.scan.label,
        )

    def sql(self, dialect: str = "duckdb") -> list[str]:
        """The statements, for other engines to run on `placemap_data` and the two tables of `keys`."""
        return transpiled(script(self.question, self.keys.as_one), dialect)

    def join(self, out: Path) -> None:
        """Write every row of the data with the columns of its place: the one with the largest part of its unit.

        Raises:
            PlacemapError: the data have columns of those names, or two footprints of one system are asked for.
        """
        taken = [column for column in self.question.types if column.upper() in JOIN_COLUMNS]
        if taken:
            raise PlacemapError(
                f"the data have a column `{taken[0]}` already",
                location=self.scan.label,
                hint="rename it",
                exit_code=Exit.USAGE,
            )
        if not isinstance(self.engine, DuckDbEngine):
            raise PlacemapError("--join runs on DuckDB only", hint="leave --engine out", exit_code=Exit.USAGE)
        self.engine.load(sql.JOIN, self._join_table())
        self.engine.copy(sql.joined(self.question.by, JOIN_COLUMNS), out)

    def _join_table(self) -> pd.DataFrame:
        import pandas as pd

        self.engine.load(sql.CODES, self.keys.codes)
        strays = [row["CODE"] for row in self.engine.query(sql.unmatched(self.question))]
        rest = join_outcomes(strays, self.kind, all_england=self.workspace.geography.all_england)
        rest = (
            rest
            if "" in set(rest["CODE"])
            else pd.concat([rest, pd.DataFrame([("", place_keys.MISSING)], columns=rest.columns)])
        )
        weights = self.keys.weights
        in_scope = set(weights.loc[weights["PLACECD"] == "", "CODE"])
        best = weights[weights["PLACECD"] != ""].sort_values(
            ["CODE", "WEIGHT", "PLACECD"], ascending=[True, False, True]
        )
        best = best.drop_duplicates("CODE").rename(columns={"WEIGHT": "PLACE_SHARE"})
        codes = self.keys.codes[["CODE", "OUTCOME"]].merge(best, on="CODE", how="left", validate="1:1")
        is_placed = codes["PLACECD"].notna()
        unplaced = codes["CODE"].isin(in_scope).map({True: place_keys.NO_PLACE, False: place_keys.OUT_OF_AREA})
        outside = codes["OUTCOME"].where(codes["OUTCOME"] != "known", unplaced)
        codes["OUTCOME"] = outside.where(~is_placed, place_keys.PLACED)
        return pd.concat([codes, rest], ignore_index=True)[["CODE", *JOIN_COLUMNS]]


def open_engine(scan: Scan, engine: str) -> Engine:
    """The data in an engine.

    Raises:
        PlacemapError: there is no such engine, it is not installed, or the data cannot be read.
    """
    if engine == "duckdb":
        return DuckDbEngine(scan)
    if engine == "spark":
        from placemap.apply.engine_spark import SparkEngine

        return SparkEngine(scan)
    raise PlacemapError(f"there is no engine `{engine}`", hint="duckdb and spark", exit_code=Exit.USAGE)
