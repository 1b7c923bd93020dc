"""Lookups from what is finer than an LSOA: postcodes and output areas. They are optional, and too long for memory.

A table stays on disk, verified, and is asked where it lies. A store of one's own that has nothing but such a table is
looked into, too, whatever store is in use: a directory of postcodes goes with all of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from placemap.core.errors import PlacemapError
from placemap.core.fine_kinds import FINE_KINDS, FineKind
from placemap.core.text import listed
from placemap.reference.open_store import cache_folder, open_store
from placemap.reference.read_parquet import verified
from placemap.reference.schemas import PROFILE
from placemap.reference.store import MANIFEST, TABLES, ReferenceData, TableEntry
from placemap.reference.told_by_shape import rules_after, rules_before, word_of

#: Families of tables that are taken from the user's own store, too, whatever store is in use.
BESIDE = (PROFILE, *(kind.family for kind in FINE_KINDS.values()))


@dataclass(frozen=True)
class FineLookup:
    """A lookup on disk.

    Attributes:
        title: of its source. vintage: of its table.
        path: the Parquet file.
        entry: of its table in its store; None of one that is worked out.
        doubtful, checked: of one that is worked out from points, how many codes may be in another LSOA, and of how
            many; 0 for a publisher's.
    """

    kind: FineKind
    title: str
    vintage: str
    path: Path
    entry: TableEntry | None = None
    doubtful: int = 0
    checked: int = 0


@dataclass(frozen=True)
class Located:
    """Where a code finer than an LSOA is.

    Attributes:
        kind: id of its kind, as in `FINE_KINDS`. code: as it is written.
        lsoa: position of the LSOA that it lies in, of the extra most likely.
        source: title of the lookup; empty for the extra.
        ended: month in which the postcode ended, empty while it is in use.
        easting, northing: EPSG:27700, metres; None from a lookup.
        others: positions of the LSOAs that it may lie in instead, nearest first; none from a lookup.
        distance: metres to the nearest boundary of the others; None where none is near.
    """

    kind: str
    code: str
    lsoa: int
    source: str = ""
    ended: str = ""
    easting: float | None = None
    northing: float | None = None
    others: tuple[int, ...] = ()
    distance: float | None = None


def find_lookup(kind: FineKind, data: ReferenceData) -> FineLookup | None:
    """The newest lookup of a kind in the store in use, else in the user's own; None where neither has one.

    Raises:
        PlacemapError: the table is damaged.
    """
    for store in stores_at_hand(data):
        entry = store.find(kind.family)
        if entry is not None:
            path = Path(store.where) / TABLES / f"{entry.name}.parquet"
            verified(path, entry)
            return FineLookup(kind, entry.title, entry.vintage, path, entry)
    return None


def need_lookup(kind: FineKind, data: ReferenceData, location: str = "") -> FineLookup:
    """As `find_lookup`.

    Args:
        location: of what needs it, for the message.

    Raises:
        PlacemapError: no store has one.
    """
    found = find_lookup(kind, data)
    if found is None:
        where = listed(list(dict.fromkeys(store.where for store in stores_at_hand(data))))
        raise PlacemapError(
            f"no lookup from {kind.plural} to LSOAs is at hand (looked in {where})",
            location=location,
            hint=f"{kind.get}{kind.near_enough}",
        )
    return found


def doubts(lookup: FineLookup) -> Iterator[str]:
    """How wrong a lookup may be that is worked out from points; nothing for a publisher's."""
    if lookup.checked:
        share = lookup.doubtful / lookup.checked
        yield (
            f"approximate: {lookup.doubtful:,} of {lookup.checked:,} {lookup.kind.plural} ({share:.1%}) lie so near to "
            f"another LSOA that they may be in that one; for certain ones, {lookup.kind.get}"
        )


def stores_at_hand(data: ReferenceData) -> Iterator[ReferenceData]:
    """The store in use, and the user's own where that is another: optional tables may stand in either."""
    yield data
    own = cache_folder()
    if Path(data.where) != own and (own / MANIFEST).is_file():
        yield open_store(own)


def normal(code: str, kind: FineKind) -> str:
    """A code as its lookup holds it: in capitals without white space, of a postcode letters and digits alone."""
    return re.sub(r"[^A-Z0-9]" if kind.id == "postcode" else r"\s", "", code.upper())


def looked_up(codes: Iterable[str], lookup: FineLookup) -> dict[str, tuple[str, str]]:
    """By code, as `normal` writes it, its LSOA (or the word for where else it is), and when it ended or empty text.

    Codes that the lookup does not have, and whose shape tells nothing, are left out.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import compute

    kind = lookup.kind
    wanted = sorted({normal(code, kind) for code in codes})
    table = pq.read_table(lookup.path)
    rows = table.filter(compute.is_in(table[kind.key], pa.array(wanted, "string"))).to_pylist()
    held = {row[kind.key]: (row["lsoa_code"], row.get("ended") or "") for row in rows}
    found = {code: (word_of(code, rules_before(kind)), "") for code in wanted}
    found |= {code: held.get(code, (word_of(code, rules_after(kind)), "")) for code in wanted if not found[code][0]}
    return {code: one for code, one in found.items() if one[0]}


def in_use(lsoas: Sequence[str], lookup: FineLookup) -> list[list[str]]:
    """By LSOA the codes in use that lie in it, sorted, as `normal` writes them."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import compute

    table = pq.read_table(lookup.path, filters=compute.field("lsoa_code").isin(pa.array(lsoas, "string")))
    found: dict[str, list[str]] = {lsoa: [] for lsoa in lsoas}
    for row in table.to_pylist():
        if not row.get("ended"):
            found[row["lsoa_code"]].append(row[lookup.kind.key])
    return [sorted(codes) for codes in found.values()]
