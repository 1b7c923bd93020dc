"""Crosswalks and figures into a database that people work in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from placemap.commands.apply_about import attributions_of
from placemap.core.files import refuse_same
from placemap.core.tables import Table
from placemap.crosswalk.england import national_places_table
from placemap.crosswalk.patient_ledger import national_ledger
from placemap.crosswalk.tables import crosswalk_tables
from placemap.outputs.applied import reconciliation_table, result_table
from placemap.outputs.apply_files import held_back_table
from placemap.outputs.database.load import load_tables, together
from placemap.outputs.database.target import database_of, schema_name

if TYPE_CHECKING:
    from placemap.apply.measures import Measure
    from placemap.apply.run import Applied
    from placemap.apply.tiers import Tiers
    from placemap.commands.workspace import Workspace
    from placemap.outputs.database.target import Database
    from placemap.resolve.resolved import ResolvedFootprint


def open_database(target: str, schema: str, inputs: Sequence[tuple[str, Path]] = ()) -> tuple[Database, str]:
    """The database that a text means, seen to be one that takes us, and the name of the schema.

    Args:
        inputs: files that it must not be, each with what it is.

    Raises:
        PlacemapError: there is none of that kind, it cannot be reached, is an input, or the schema's name will not do.
    """
    named, database = schema_name(schema), database_of(target)
    if database.file is not None:
        refuse_same([("--to", database.file)], inputs)
    database.check(named)
    return database, named


def results_of(
    applied: Applied, measures: Sequence[Measure], *, long: bool = False, tiers: Tiers | None = None
) -> list[Table]:
    """Figures by place, where all that came in has gone, and what is held back of them."""
    reconciliation = reconciliation_table(applied.reconciliations, applied.account)
    held = [held_back_table(applied, tiers)] if applied.rule else []
    return [result_table(applied, measures, long=long, tiers=tiers), reconciliation, *held]


def load_results(
    database: Database,
    schema: str,
    workspace: Workspace,
    footprints: Sequence[ResolvedFootprint],
    results: Sequence[Table],
) -> list[str]:
    """Load the crosswalks of footprints and the results of `apply`, and return the names of the tables.

    Raises:
        PlacemapError: the database cannot be reached or refuses, or has a table of such a name that is not ours.
    """
    crosswalks = together([_crosswalks(workspace, resolved) for resolved in footprints])
    tables = [*crosswalks, *results]
    load_tables(database, schema, tables, attributions_of(workspace, footprints))
    return [table.name for table in tables]


def _crosswalks(workspace: Workspace, resolved: ResolvedFootprint) -> list[Table]:
    """All tables of `placemap build` that are about places."""
    if not resolved.parts:
        return workspace.of(resolved.system, resolved.footprint).tables(resolved)
    places, ledger = national_places_table(resolved, workspace.describer), national_ledger(resolved)
    return [*crosswalk_tables(resolved), places, ledger]
