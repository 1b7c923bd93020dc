"""Users' data by place: which places, which engine, what may be lost."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placemap.apply import sql, sql_rows
from placemap.apply.apportion import Apportionment, place_keys, usual_practices
from placemap.apply.columns import check_columns, key_column
from placemap.apply.engine_duckdb import DuckDbEngine, Engine
from placemap.apply.join import JOIN_COLUMNS, join_table
from placemap.apply.locate import Located, locate
from placemap.apply.measures import Measure, refuse_mistakes
from placemap.apply.options import Options
from placemap.apply.publish_rule import PublishRule
from placemap.apply.rate_options import RateOptions
from placemap.apply.read_ahead import Ahead
from placemap.apply.run import Applied, run, together
from placemap.apply.scan import Scan, scan_of
from placemap.apply.sql_script import script, transpiled
from placemap.commands.workspace import Workspace
from placemap.core.codes import LSOA_VINTAGE, published_prefix
from placemap.core.errors import Exit, PlacemapError
from placemap.core.fine_kinds import FINE_KINDS, FineKind
from placemap.resolve.resolved import ResolvedFootprint

if TYPE_CHECKING:
    from placemap.config.model import Footprint, System

#: Per cent of the rows, or of a total, that may be lost before there is no result.
MAX_LOSS = 50.0
LSOA_COLUMN = f"{published_prefix('lsoa', LSOA_VINTAGE)}CD"


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
        ahead: the same data, where they have been opened already.

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
        ahead: Ahead | None = None,
    ) -> None:
        refuse_mistakes(measures, options.extensive)
        self.workspace = workspace
        self.options = options
        self.footprints = list(footprints)
        self._folder = tempfile.TemporaryDirectory(prefix="placemap-", ignore_cleanup_errors=True)
        try:
            self.scan, self.engine = (ahead.scan, ahead.engine) if ahead else self._opened(data)
            try:
                by, self.kind = key_column(self.engine, options.by, options.kind, workspace.geography, self.scan.label)
                types, fine = self.engine.columns(), FINE_KINDS.get(self.kind)
                self.question = sql.Question(
                    by, tuple(measures), options.groups, types, options.blanks, fine is not None
                )
                check_columns(self.question, options, workspace.geography.measures(), self.scan.label)
                self.located = self._located(fine) if fine else None
            except BaseException:
                self.engine.close()
                raise
        except BaseException:
            self._folder.cleanup()
            raise

    def _located(self, fine: FineKind) -> Located:
        """Bring data by what is finer than LSOAs to these."""
        self.kind = "lsoa"
        geography, folder = self.workspace.geography, Path(self._folder.name)
        return locate(self.engine, self.question.by, fine, geography, folder, self.scan.label)

    def _opened(self, data: Any) -> tuple[Scan, Engine]:
        options = self.options
        scan = scan_of(
            data,
            Path(self._folder.name),
            sheet=options.sheet,
            many=options.folder,
            rewrite=options.engine != "duckdb",
        )
        return scan, open_engine(scan, options.engine)

    def __enter__(self) -> Applier:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.close()
        self._folder.cleanup()

    @cached_property
    def keys(self) -> Apportionment:
        """The parts of each unit that go to each place."""
        return self._keys_of(self.footprints)

    def _keys_of(self, footprints: Sequence[ResolvedFootprint]) -> Apportionment:
        return place_keys(self.kind, footprints, shares=self.options.shares, practices=self.practices)

    @property
    def practices(self) -> str:
        """How practices are placed."""
        return self.options.practices or usual_practices(self.footprints)

    def apply(self) -> Applied:
        """Figures by place, with reconciliations; all systems as one are accounted for apart from their other tiers."""
        whole = [item for item in self.footprints if item.parts]
        single = [item for item in self.footprints if not item.parts]
        if whole and single:
            refuse_published(self.options.publish, "tiers of all England are two results, between which")
        return together([self._apply_to(footprints) for footprints in (whole, single) if footprints])

    def _apply_to(self, footprints: Sequence[ResolvedFootprint]) -> Applied:
        keys = self.keys if len(footprints) == len(self.footprints) else self._keys_of(footprints)
        return run(self.engine, self.scan, self.question, keys, footprints, self.options, self.located)

    def sql(self, dialect: str = "duckdb") -> list[str]:
        """The statements, for other engines to run on `placemap_data` and the two tables of `keys`.

        Raises:
            PlacemapError: the data are by postcode or output area; or rates for so many people, over a measure of the
                tables, or blanked, are asked for, which statements have none of.
        """
        refuse_published(self.options.publish, "--sql prints queries, whose results")
        if self.options.rates != RateOptions() or self.options.min_coverage:
            raise PlacemapError(
                "the queries of --sql have plain rates: no limits, standards, comparisons, people of the tables, or "
                "least coverage",
                hint="run `placemap apply` on the data, or leave those options out",
                exit_code=Exit.USAGE,
            )
        if self.located:
            raise PlacemapError(
                f"--sql has no lookup from {self.located.kind.plural} to LSOAs",
                hint="add each row's LSOA first with --join, and apply that column",
                exit_code=Exit.USAGE,
            )
        return transpiled(script(self.question, self.keys.as_one), dialect)

    def join(self, out: Path) -> None:
        """Write every row of the data with the columns of its place: the one with the largest part of its unit.

        Raises:
            PlacemapError: the data have columns of those names, or two footprints of one system are asked for.
        """
        refuse_published(self.options.publish, "--join writes rows of the data, which")
        added = (*JOIN_COLUMNS, *([LSOA_COLUMN] if self.located else []))
        taken = [column for column in self.question.types if column.upper() in added]
        if taken:
            raise PlacemapError(
                f"the data have a column `{taken[0]}` already",
                location=self.scan.label,
                hint="rename it",
                exit_code=Exit.USAGE,
            )
        if not isinstance(self.engine, DuckDbEngine):
            raise PlacemapError("--join runs on DuckDB only", hint="leave --engine out", exit_code=Exit.USAGE)
        lookup = self.located.lookup if self.located else None
        places = join_table(self.engine, self.question, self.keys, self.kind, lookup, self.workspace.geography)
        self.engine.load(sql.JOIN, places)
        self.engine.copy(sql_rows.joined(self.question, JOIN_COLUMNS, LSOA_COLUMN), out)


def refuse_published(rule: PublishRule | None, what: str) -> None:
    """Refuse to make what can be neither held back nor rounded.

    Raises:
        PlacemapError: results are to be published.
    """
    if rule is not None:
        raise PlacemapError(
            f"{what} nothing here can hold back or round",
            hint="leave --publish, --suppress-below and --round-to out, or publish the figures by place alone",
            exit_code=Exit.USAGE,
        )


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
