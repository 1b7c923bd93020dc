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
from pathlib import Path
from typing import TYPE_CHECKING, Any

from placemap.apply.apportion import BY_RESIDENTS
from placemap.apply.measures import measures_of
from placemap.apply.options import Options, as_names
from placemap.apply.publish_rule import rule_of
from placemap.apply.rate_options import RateOptions, as_numbers
from placemap.apply.run import Applied
from placemap.commands.apply import MAX_LOSS, Applier, resolved_footprint
from placemap.commands.load import load_results, open_database, results_of
from placemap.commands.tiers import applied_tiers
from placemap.commands.workspace import Outcome, Workspace, footprints_of, open_workspace
from placemap.config.find_config import config_path
from placemap.config.grades import GRADES, WEAKEST
from placemap.config.load import load_system
from placemap.core.codes import KINDS, RESIDENTS
from placemap.core.errors import Exit, PlacemapError
from placemap.outputs.database.target import SCHEMA
from placemap.resolve.resolved import ResolvedFootprint

if TYPE_CHECKING:
    import pandas as pd

    from placemap.config.model import System

#: What a user may call the kinds of crosswalk tables besides the tables' own names.
_TABLE_NAMES = {"lsoa": "lsoa21", "ward": "wd", "ltla": "lad", "sub_icb": "sicbl", "msoa": "msoa", "utla": "utla"}


class Places:
    """A system's places, resolved when they are first asked for.

    Make one with `placemap.load`.
    """

    def __init__(self, system: System, workspace: Workspace) -> None:
        self._system = system
        self._workspace = workspace
        self._built: dict[str, Outcome] = {}
        self._resolved: dict[str, ResolvedFootprint] = {}

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
            outcome.without_errors()
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

    def parents(self, footprint: str | None = None) -> pd.DataFrame:
        """A row a pair of a place and one of the tier above that overlap: which is its parent, and what they share.

        Raises:
            PlacemapError: the footprint lies inside no other.
        """
        tables = self.tables(footprint)
        if "place_parent" not in tables:
            raise PlacemapError(
                f"footprint `{footprint or self.default_footprint}` of {self.id} lies inside no other",
                hint="`inside: …` declares a tier",
                exit_code=Exit.USAGE,
            )
        return tables["place_parent"]

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
        shares: str = BY_RESIDENTS,
        practices: str | None = None,
        blanks: Sequence[str] = (),
        extensive: Sequence[str] = (),
        whole: bool = False,
        tiers: bool = False,
        sheet: str | None = None,
        folder: bool = False,
        min_coverage: float = 0.0,
        per: float = 0.0,
        interval: str = "byar",
        confidence: Sequence[float] = (95.0,),
        denominator: str = "",
        absent_is_zero: bool = False,
        age: str = "",
        indirect: str = "",
        compare: Sequence[str] = (),
        max_loss: float = MAX_LOSS,
        publish: str | None = None,
        suppress_below: int | None = None,
        round_to: int | None = None,
        to: str = "",
        schema: str = SCHEMA,
    ) -> Applied:
        """Data by LSOA, ward, LTLA, MSOA, practice or PCN as data by place, with a reconciliation.

        Args:
            data: a path (CSV, Parquet, .xlsx; with `folder`, a folder of Parquet), or a pandas, polars or Arrow table.
            sums: columns to add up; units that cross places are shared out.
            means: columns to average, `COLUMN` over rows or `COLUMN:WEIGHTS`.
            rates: `NUMERATOR/DENOMINATOR`, both added up before they are divided; `NUMERATOR`, or `ROWS`, with
                `denominator`, a measure of the reference tables.
            count: count rows, in the column ROWS; also where nothing else is asked for.
            footprint: the default one where None.
            tiers: figures for each tier that goes through the footprint, with PARENTCD and PARENTNM, each summing to
                the next; of England for each tier inside the default footprints.
            by, kind, groups, shares, practices, blanks, extensive, whole, sheet, folder, min_coverage: see `Options`.
            per, interval, confidence, denominator, absent_is_zero, age, indirect, compare: see `RateOptions`, where the
                levels of confidence are `levels`.
            max_loss: per cent of the rows, or of a total, that may have a missing, unknown, ended or other-kind code.
            publish: `nhs` holds back counts of 1 to 7 and what they would follow from, and rounds others to the nearest
                5; figures held back are NaN, and True in the column of that name with HELD_BACK.
            suppress_below, round_to: another rule, or a part of it.
            to: a database that the result and the crosswalks are loaded into: `postgresql://…` or `duckdb:FILE`.
            schema: its schema; what placemap put there before is replaced.

        Raises:
            PlacemapError: the data cannot be read or a column is not what it is asked for as, see `measures`; nothing
                could be placed, or more than `max_loss` is lost; with `tiers`, there is but one.
        """
        how = RateOptions(
            as_numbers("per", [per])[0],
            interval,
            as_numbers("confidence", confidence),
            age,
            indirect,
            as_names("compare", compare),
            denominator,
            absent_is_zero,
        )
        options = Options(
            by,
            kind,
            as_names("groups", groups),
            shares,
            practices,
            as_names("blanks", blanks),
            as_names("extensive", extensive),
            whole,
            sheet=sheet,
            folder=folder,
            min_coverage=min_coverage,
            rates=how,
            publish=rule_of(publish, suppress_below, round_to),
        )
        columns = (as_names("sums", sums), as_names("means", means), as_names("rates", rates))
        if tiers and whole:
            raise PlacemapError(
                "`whole` is for one tier: rounded figures of several would not sum to the next",
                hint="leave `tiers` or it out",
                exit_code=Exit.USAGE,
            )
        measures = measures_of(*columns, count=count, denominator=denominator)
        target = open_database(to, schema) if to else None
        chosen = footprints_of(self._system, [footprint] if footprint else [])[0]
        if chosen.id not in self._resolved:
            self._resolved[chosen.id] = resolved_footprint(self._workspace, self._system, chosen)
        resolved = self._resolved[chosen.id]
        every = applied_tiers(self._workspace, resolved) if tiers else None
        with Applier(self._workspace, every.footprints if every else [resolved], data, measures, options) as applier:
            applied = applier.apply()
        refused = applied.refusal(max_loss)
        if refused is not None:
            raise refused
        if target is not None:
            results = results_of(applied, measures, tiers=every)
            load_results(*target, self._workspace, every.chain if every else [resolved], results)
        return every.of(applied) if every else applied


def load(system: str, *, data: str | os.PathLike[str] | None = None, measure: str = RESIDENTS) -> Places:
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
    *, data: str | os.PathLike[str] | None = None, measure: str = RESIDENTS, min_grade: str = WEAKEST
) -> Places:
    """The places of all systems of England as one, each system by its default footprint; takes some seconds.

    Args:
        data: a reference store of all England instead of the cached one.
        measure: the residents that shares are taken by.
        min_grade: `A` or `B` to leave out systems whose evidence is weaker.

    Raises:
        PlacemapError: the store is not of all England, there is no such grade, or there are errors.
    """
    from placemap.commands.england import england, england_systems, tables_of

    if min_grade not in GRADES:
        raise PlacemapError(f"there is no grade `{min_grade}`", hint=f"grades are {', '.join(GRADES)}")
    workspace = open_workspace(Path(data) if data is not None else None, measure)
    outcome = england(workspace, england_systems(), min_grade)
    found = outcome.without_errors()
    places = Places(found.system, workspace)
    places._resolved[found.footprint.id] = found
    tables = tables_of(outcome, workspace)
    places._built[found.footprint.id] = Outcome(found.system, found.footprint, outcome.findings, found, tables)
    return places


def kinds() -> Iterable[str]:
    """Kinds of units that data may be coded in."""
    return [kind for kind in KINDS if kind != "icb"]


__all__ = ["Applied", "Applier", "Options", "Places", "load", "load_england"]
