"""A store table in the making: its content with what the manifest says of it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from placemap.core.tables import TableSchema
from placemap.reference.schemas import PROFILE, store_schema
from placemap.sources.catalogue import Source


@dataclass(frozen=True)
class StoreTable:
    """One table before it is written.

    Attributes:
        family, kind, vintage, base: as in `store.TableEntry`.
        frame: the schema's columns, rows in order of the key.
        total: the sum of the measure over the whole source, where it is one.
        coverage: `England`, or `extract`.
        derived: what it was worked out from, where it is no table of its source's; empty for all others.
        notes: what a reader of the import should know, such as a total that differs a little.
    """

    family: str
    kind: str
    vintage: str
    base: str
    source: Source
    frame: pd.DataFrame
    total: int | None = None
    coverage: str = "England"
    derived: str = ""
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name in the store: a measure's own, else `<what>-<vintage>`."""
        if self.family.endswith("_measure"):
            return self.kind
        if self.family == PROFILE:
            return f"{PROFILE}_{self.kind}-{self.vintage}"
        return f"{self.kind or self.family}-{self.vintage}"

    @property
    def schema(self) -> TableSchema:
        """The columns and key of the table."""
        return store_schema(self.family, self.kind, self.base)


def store_table(
    frame: pd.DataFrame,
    source: Source,
    family: str,
    vintage: str,
    *,
    kind: str = "",
    base: str = "",
    total: int | None = None,
) -> StoreTable:
    """A StoreTable with its columns in the schema's order and its rows in order of the key.

    Args:
        frame: has at least the schema's columns; rows in any order, key unique.
    """
    schema = store_schema(family, kind, base)
    ordered = frame[schema.names].sort_values(list(schema.key), ignore_index=True)
    return StoreTable(family, kind, vintage, base, source, ordered, total)
