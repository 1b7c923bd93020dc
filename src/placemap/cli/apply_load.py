"""`placemap apply --to`: the result, and the crosswalks that it rests on, into a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from placemap.apply.run import Applied
    from placemap.apply.tiers import Tiers
    from placemap.commands.apply import Applier
    from placemap.outputs.database.target import Database


@dataclass(frozen=True)
class Loader:
    """Where the result is loaded to.

    Attributes:
        database: None for nowhere.
        schema: its schema.
        tiers: the tiers that the result has, where it has several.
    """

    database: Database | None
    schema: str
    tiers: Tiers | None = None

    @classmethod
    def of(cls, target: str | None, schema: str, others: Sequence[tuple[str, Path]]) -> Loader:
        """The database that is named, seen to be one that takes us.

        Args:
            others: files that it must not be, each with what it is.

        Raises:
            PlacemapError: there is none, or it cannot be reached, or is one of those files.
        """
        if target is None:
            return cls(None, schema)
        from placemap.commands.load import open_database

        database, named = open_database(target, schema, others)
        return cls(database, named)

    def load(self, applied: Applied, applier: Applier, *, long: bool) -> str:
        """Load the result, and return what to say of it; nothing where there is no database."""
        from placemap.commands.load import load_results, results_of

        if self.database is None:
            return ""
        results = results_of(applied, applier.question.measures, long=long, tiers=self.tiers)
        footprints = self.tiers.chain if self.tiers else applier.footprints
        names = load_results(self.database, self.schema, applier.workspace, footprints, results)
        return f"loaded into {self.database.label}, schema {self.schema}: {', '.join(names)}"
