"""Users' data by place: which places, which engine, what may be lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placemap.apply import apportion as place_keys
from placemap.apply import sql
from placemap.apply.apportion import DECLARED, Apportionment
from placemap.apply.columns import check_columns, key_column
from placemap.apply.engine_duckdb import DuckDbEngine, Engine
from placemap.apply.measures import Measure, refuse_mistakes
from placemap.apply.run import Applied, join_outcomes, run
from placemap.apply.scan import Scan, scan_of
from placemap.commands.workspace import Workspace
from placemap.core.errors import Exit, PlacemapError
from placemap.resolve.resolved import ResolvedFootprint

if TYPE_CHECKING:
    import pandas as pd

    from placemap.config.model import Footprint, System

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
        self.scan = scan_of(data)
        self.engine = open_engine(self.scan, options.engine)
        try:
            by, self.kind = key_column(self.engine, options.by, options.kind, workspace.geography, self.scan.label)
            self.question = sql.Question(by, tuple(measures), options.groups, self.engine.columns(), options.blanks)
            check_columns(self.question, self.scan.label)
        except BaseException:
            self.engine.close()
            raise

    def __enter__(self) -> Applier:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()

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
        return run(
            self.engine,
            self.question,
            self.keys,
            self.footprints,
            all_england=self.workspace.geography.all_england,
            extensive=self.options.extensive,
            whole=self.options.whole,
            label=self.scan.label,
        )

    def sql(self, dialect: str = "duckdb") -> list[str]:
        """The statements, for other engines to run on `placemap_data` and the two tables of `keys`."""
        return sql.transpiled(sql.script(self.question, self.keys.as_one), dialect)

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
        best = self.keys.weights.sort_values(["CODE", "WEIGHT", "PLACECD"], ascending=[True, False, True])
        best = best.drop_duplicates("CODE").rename(columns={"WEIGHT": "PLACE_SHARE"})
        codes = self.keys.codes[["CODE", "OUTCOME"]].merge(best, on="CODE", how="left", validate="1:1")
        is_placed = codes["PLACECD"].notna()
        outside = codes["OUTCOME"].where(codes["OUTCOME"] != "known", place_keys.OUT_OF_AREA)
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
