"""Data by postcode or output area: each row goes to its LSOA first, and from there as data by LSOA go.

A row that is in no English LSOA keeps what tells why: the country, NON-GEOGRAPHIC, or a code that is not in the lookup.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from placemap.apply import sql, sql_rows
from placemap.apply.engine_duckdb import DuckDbEngine, Engine
from placemap.core.codes import LSOA_VINTAGE
from placemap.core.errors import Exit, PlacemapError
from placemap.core.fine_kinds import FineKind
from placemap.core.read_tables import literal_path
from placemap.core.text import counted
from placemap.reference.fine_lookups import FineLookup, doubts
from placemap.reference.geography import Geography
from placemap.reference.postcodes import lookup_for
from placemap.reference.told_by_shape import rules_after, rules_before


@dataclass(frozen=True)
class Located:
    """How data were brought to LSOAs.

    Attributes:
        ended: rows whose postcode has ended, which went to its last LSOA.
    """

    lookup: FineLookup
    rows: int
    ended: int

    @property
    def kind(self) -> FineKind:
        """Postcodes or output areas."""
        return self.lookup.kind

    def notes(self) -> Iterator[str]:
        """What to know of it."""
        yield f"{self.kind.plural} by the LSOA of {LSOA_VINTAGE} that they lie in: {self.lookup.title}"
        yield from doubts(self.lookup)
        if self.ended:
            yield f"{counted(self.ended, 'row')} of {self.rows:,} with a postcode that has ended, by its last LSOA"


def locate(engine: Engine, by: str, kind: FineKind, geography: Geography, folder: Path, label: str) -> Located:
    """Make the table that `sql.coded` takes codes from, and count what is odd.

    Args:
        by: the column of codes.
        folder: to work in.
        label: of the data, for messages.

    Raises:
        PlacemapError: the engine is another than DuckDB, or there is no lookup.
    """
    if not isinstance(engine, DuckDbEngine):
        raise PlacemapError(
            f"{kind.plural} are placed on DuckDB only",
            hint="leave --engine out, or add each row's LSOA first with --join",
            exit_code=Exit.USAGE,
        )
    own = Path(tempfile.mkdtemp(dir=folder))  # where a link may be put, apart from that of the data
    lookup = lookup_for(kind, _Values(engine, by), geography, own, f"{label}, column `{by}`")
    engine.keep(sql.LOCATED, _located(by, lookup, own))
    row = engine.query(sql_rows.ended_rows())[0]
    return Located(lookup, int(row["n"] or 0), int(row["ended"] or 0))


@dataclass(frozen=True)
class _Values:
    """The codes of the data, asked for only where a lookup must be worked out for them."""

    engine: Engine
    by: str

    def __iter__(self) -> Iterator[str]:
        rows = self.engine.query(sql_rows.values_of(self.by))
        return iter([row["CODE"] for row in rows])


def _located(by: str, lookup: FineLookup, folder: Path) -> str:
    kind = lookup.kind
    table = f"read_parquet({sql.literal(literal_path(lookup.path, folder))})"
    before, after = (sql_rows.told_by_shape("d.k", rules) for rules in (rules_before(kind), rules_after(kind)))
    is_postcode = kind.id == "postcode"
    key = "REGEXP_REPLACE(UPPER(CAST(raw AS VARCHAR)), '[^A-Z0-9]', '', 'g')" if is_postcode else sql.code_of("raw")
    ended = "COALESCE(p.ended, '')" if is_postcode else "''"
    return sql_rows.located(by, table, key, kind.key, ended=ended, before=before, after=after)
