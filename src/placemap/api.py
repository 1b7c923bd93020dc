"""placemap from Python: the same work as the command line, on data frames. This interface is stable.

```python
import placemap

bnssg = placemap.load("bnssg")
bnssg.crosswalk("lsoa21")                       # a pandas DataFrame
bnssg.apply("attendances.csv", sums=["attendances"]).frame
```
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placemap.apply import apportion as place_keys
from placemap.apply import sql as sql
from placemap.apply.apportion import DECLARED, PlaceKeys, Resolved
from placemap.apply.columns import check_columns, key_column
from placemap.apply.engine_duckdb import DuckDbEngine, Engine
from placemap.apply.measures import Measure, measures_of, refuse_mistakes
from placemap.apply.run import Applied, join_outcomes, run
from placemap.apply.scan import Scan, scan_of
from placemap.config.find_config import config_path
from placemap.config.grades import GRADES, WEAKEST, caveats
from placemap.config.load import load_system
from placemap.core.codes import KINDS
from placemap.core.errors import Exit, PlacemapError
from placemap.pipeline import DEFAULT_MEASURE, Outcome, Workspace, footprints_of, open_workspace

if TYPE_CHECKING:
    import pandas as pd

    from placemap.config.model import Footprint, System

#: What a user may call the kinds of crosswalk tables besides the tables' own names.
_TABLE_NAMES = {"lsoa": "lsoa21", "ward": "wd", "ltla": "lad", "sub_icb": "sicbl", "msoa": "msoa", "utla": "utla"}
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


class Places:
    """A system's places, resolved when they are first asked for.

    Make one with `placemap.load`.
    """

    def __init__(self, system: System, workspace: Workspace) -> None:
        self._system = system
        self._workspace = workspace
        self._built: dict[str, Outcome] = {}
        self._resolved: dict[str, Resolved] = {}

    @property
    def id(self) -> str:
        """The system's id, such as `bnssg`."""
        return self._system.id

    @property
    def name(self) -> str:
        """The system's name."""
        return self._system.name

    @property
    def footprints(self) -> list[str]:
        """Ids of its footprints; `default_footprint` is the one that is meant where none is named."""
        return list(self._system.footprints)

    @property
    def default_footprint(self) -> str:
        """The footprint that is meant where none is named."""
        return self._system.default_footprint

    def _outcome(self, footprint: str | None) -> Outcome:
        chosen = footprints_of(self._system, [footprint] if footprint else [])[0]
        if chosen.id not in self._built:
            outcome = self._workspace.build(self._system, chosen)
            _refuse_errors(outcome)
            self._built[chosen.id] = outcome
        return self._built[chosen.id]

    def tables(self, footprint: str | None = None) -> dict[str, pd.DataFrame]:
        """All tables that `placemap build` writes, by file name without ending; figures unrounded.

        Raises:
            PlacemapError: there is no such footprint, or its checks find errors.
        """
        return {table.name: table.frame.copy() for table in self._outcome(footprint).tables}

    def crosswalk(self, unit: str = "lsoa21", footprint: str | None = None) -> pd.DataFrame:
        """The crosswalk from places to a kind of unit, a row an overlapping pair.

        Args:
            unit: `lsoa21`, `lsoa11`, `msoa21`, `wd24`, `lad24`, `utla23`, `sicbl24`, `ccg19`, `pcn`, `practice`; also
                `lsoa`, `msoa`, `ward`, `ltla`, `utla`, `sub_icb` for the vintage that the reference has.
            footprint: the default one where None.

        Raises:
            PlacemapError: there is no such crosswalk or footprint, or the footprint's checks find errors.
        """
        tables = self.tables(footprint)
        wanted = f"place_{_TABLE_NAMES.get(unit, unit)}"
        found = [name for name in tables if name == wanted or (unit in _TABLE_NAMES and name[:-2] == wanted)]
        if not found:
            units = [name.removeprefix("place_") for name in tables if name.startswith("place_")]
            raise PlacemapError(
                f"there is no crosswalk to `{unit}`", hint=f"there are {', '.join(units)}", exit_code=Exit.USAGE
            )
        return tables[found[0]]

    def places(self, footprint: str | None = None) -> pd.DataFrame:
        """A row a place: what it is declared from, its LSOAs and people, its shortest exact description."""
        return self.tables(footprint)["places"]

    def findings(self, footprint: str | None = None) -> pd.DataFrame:
        """What the checks found, a row a finding."""
        return self.tables(footprint)["findings"]

    def apply(
        self,
        data: Any,
        *,
        sums: Sequence[str] = (),
        means: Sequence[str] = (),
        rates: Sequence[str] = (),
        count: bool = False,
        footprint: str | None = None,
        by: str | None = None,
        kind: str | None = None,
        groups: Sequence[str] = (),
        shares: str = place_keys.RESIDENTS,
        practices: str | None = None,
        blanks: Sequence[str] = (),
        extensive: Sequence[str] = (),
        whole: bool = False,
    ) -> Applied:
        """Data by LSOA, ward, LTLA, MSOA, practice or PCN as data by place, with a reconciliation.

        Args:
            data: a path (CSV, Parquet, .xlsx, or a folder of Parquet), or a pandas, polars or Arrow table.
            sums: columns to add up; units that cross places are shared out.
            means: columns to average, `COLUMN` over rows or `COLUMN:WEIGHTS`.
            rates: `NUMERATOR/DENOMINATOR`, both added up before they are divided.
            count: count rows, in the column ROWS; also where nothing else is asked for.
            footprint: the default one where None.
            by, kind, groups, shares, practices, blanks, extensive, whole: see `Options`.

        Raises:
            PlacemapError: the data cannot be read or a column is not what it is asked for as; see `measures`.
        """
        options = Options(by, kind, tuple(groups), shares, practices, tuple(blanks), tuple(extensive), whole)
        measures = measures_of(sums, means, rates, count=count)
        chosen = footprints_of(self._system, [footprint] if footprint else [])[0]
        if chosen.id not in self._resolved:
            self._resolved[chosen.id] = resolved(self._workspace, self._system, chosen)
        with Applier(self._workspace, [self._resolved[chosen.id]], data, measures, options) as applier:
            return applier.apply()


def load(system: str, *, data: str | os.PathLike[str] | None = None, measure: str = DEFAULT_MEASURE) -> Places:
    """A system's places.

    Args:
        system: its name (`bnssg`), or the path of a config.
        data: a reference store instead of the cached or packaged one.
        measure: the residents that shares are taken by.

    Raises:
        PlacemapError: there is no such system or store, or the config has mistakes.
    """
    workspace = open_workspace(Path(data) if data is not None else None, measure)
    return Places(load_system(config_path(system)), workspace)


def load_england(
    *, data: str | os.PathLike[str] | None = None, measure: str = DEFAULT_MEASURE, min_grade: str = WEAKEST
) -> Places:
    """The places of all systems of England as one, each system by its default footprint; takes some seconds.

    Args:
        data: a reference store of all England instead of the cached one.
        measure: the residents that shares are taken by.
        min_grade: `A` or `B` to leave out systems whose evidence is weaker.

    Raises:
        PlacemapError: the store is not of all England, there is no such grade, or there are errors.
    """
    from placemap.pipeline_england import england, england_systems, joined, tables_of

    if min_grade not in GRADES:
        raise PlacemapError(f"there is no grade `{min_grade}`", hint=f"grades are {', '.join(GRADES)}")
    workspace = open_workspace(Path(data) if data is not None else None, measure)
    outcome = england(workspace, england_systems(), min_grade)
    found = joined(outcome)
    system, footprint = found.system, found.assignment.footprint
    places = Places(system, workspace)
    places._resolved[footprint.id] = found
    places._built[footprint.id] = Outcome(
        system, footprint, outcome.findings, found.assignment, workspace.figures, tables_of(outcome, workspace)
    )
    return places


def resolved(workspace: Workspace, system: System, footprint: Footprint) -> Resolved:
    """A footprint to apply data to.

    Raises:
        PlacemapError: its checks find errors.
    """
    outcome = workspace.check(system, footprint)
    _refuse_errors(outcome)
    assert outcome.assignment is not None
    return Resolved(system, outcome.assignment, caveats(outcome.findings))


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
        footprints: Sequence[Resolved],
        data: Any,
        measures: Sequence[Measure],
        options: Options,
    ) -> None:
        refuse_mistakes(measures, options.extensive)
        self.workspace = workspace
        self.options = options
        self.resolved = list(footprints)
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
    def keys(self) -> PlaceKeys:
        """The parts of each unit that go to each place."""
        return place_keys.place_keys(
            self.kind,
            self.resolved,
            self.workspace.geography,
            self.workspace.figures,
            shares=self.options.shares,
            practices=self.practices,
        )

    @property
    def practices(self) -> str:
        """How practices are placed."""
        declared = all(item.is_declared_from_practices for item in self.resolved)
        return self.options.practices or (DECLARED if declared else place_keys.RESIDENCE)

    def apply(self) -> Applied:
        """Figures by place, with reconciliations."""
        return run(
            self.engine,
            self.question,
            self.keys,
            self.resolved,
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


def _refuse_errors(outcome: Outcome) -> None:
    if outcome.exit_code() != Exit.OK:
        errors = [finding for finding in outcome.findings if finding.severity == "error"]
        raise PlacemapError(
            f"{outcome.system.id} {outcome.footprint.id} has {len(errors)} errors, such as: {errors[0].message}",
            location=errors[0].location,
            hint=f"placemap check {outcome.system.id} --footprint {outcome.footprint.id}",
            exit_code=Exit.WRONG,
        )


def kinds() -> Iterable[str]:
    """Kinds of units that data may be coded in."""
    return [kind for kind in KINDS if kind != "icb"]


__all__ = ["Applied", "Applier", "Options", "Places", "load", "load_england"]
