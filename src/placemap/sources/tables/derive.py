"""What no single file tells: the month of PCN tables, LSOA → UTLA, and which of two equal tables is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from placemap.core.errors import PlacemapError
from placemap.reference.store import PART, canonical_hash
from placemap.sources.formats.geographies import ICB_PAIRS, UPPER_TIERS
from placemap.sources.store_table import StoreTable, store_table


@dataclass(frozen=True)
class TableOfFile:
    """A table, and what it was made from (for messages).

    Attributes:
        file: name of the file.
        where: the file with the sheet or the zip's member.
    """

    file: str
    where: str
    table: StoreTable


def derived(made: Sequence[TableOfFile]) -> list[StoreTable]:
    """The tables of a store from the tables of its files, months of PCN tables settled.

    Raises:
        PlacemapError: two files give a table with different content; LTLA codes of two files don't agree.
    """
    settled = one_of_each(made)
    whole = [item.table for item in settled if item.table.family not in (UPPER_TIERS, ICB_PAIRS)]
    upper = [item for item in settled if item.table.family == UPPER_TIERS]
    icbs = [item for item in settled if item.table.family == ICB_PAIRS]
    return [
        *whole,
        *(lookup for pair in upper for lookup in upper_tier_lookups(pair, whole)),
        *(lookup for pair in icbs for lookup in icb_lookups(pair, whole)),
    ]


def icb_lookups(pair: TableOfFile, tables: Sequence[StoreTable]) -> list[StoreTable]:
    """LSOA → ICB by way of sub-ICB locations; a file that gives that vintage by LSOA comes before it (`one_of_each`).

    A sub-ICB location that was divided between ICBs has no row in the file, and its LSOAs have none here: no source
    at hand tells them apart. Such a table has the coverage `part`, and is used only where it is asked for.

    Raises:
        PlacemapError: the lookup of those sub-ICB locations is missing, or lacks one of them.
    """
    icbs = pair.table
    codes, vintage = set(icbs.frame["sub_icb_code"]), icbs.frame["sub_icb_vintage"].iloc[0]
    lookups = [table for table in tables if table.kind == "sub_icb" and table.vintage == vintage]
    fits = [table for table in lookups if codes <= set(table.frame["sub_icb_code"])]
    if not fits:
        raise PlacemapError(
            f"no lookup from LSOA to the sub-ICB locations of {vintage} has all {len(codes)} of this file",
            location=pair.file,
            hint="import it together with the LSOA to sub-ICB location lookup of that year",
        )
    frame = fits[0].frame[["lsoa_code", "sub_icb_code"]]
    frame = frame.merge(icbs.frame, on="sub_icb_code", how="inner", validate="m:1")
    table = store_table(frame, icbs.source, "lookup", icbs.vintage, kind="icb", base=fits[0].base)
    return [table if len(frame) == len(fits[0].frame) else replace(table, coverage=PART)]


def settle_pcn_months(made: Sequence[TableOfFile]) -> list[TableOfFile]:
    """The tables in the same order, those of PCNs with a month as their vintage.

    The files don't say of which month they are, and in the last ones before it nothing may have happened. So:
    a table with as many rows as a release in `sources.yaml`, and no later date, is of that release; else its
    month is that of the newest date in the file (or, of two reports that came as two files, in both).
    """
    known = [_known_release(item) for item in made]
    groups: dict[str, list[TableOfFile]] = defaultdict(list)
    for item in known:
        groups[_release_group(item, known)].append(item)
    return [_in_month(item, groups[_release_group(item, known)]) for item in known]


def _dated(item: TableOfFile) -> bool:
    return item.table.family in ("pcns", "pcn_members") and len(item.table.vintage) > len("2022-08")


def _known_release(item: TableOfFile) -> TableOfFile:
    table = item.table
    for month, release in table.source.releases.items() if _dated(item) else ():
        if release.units.get(table.family) == len(table.frame) and table.vintage <= release.newest:
            return replace(item, table=replace(table, vintage=month))
    return item


def _release_group(item: TableOfFile, made: Sequence[TableOfFile]) -> str:
    """The file; or one group for all where there are two reports in two files."""
    loose = [other for other in made if _dated(other)]
    pair = sorted(other.table.family for other in loose) == ["pcn_members", "pcns"]
    return "" if pair and _dated(item) else item.file


def _in_month(item: TableOfFile, group: Sequence[TableOfFile]) -> TableOfFile:
    if not _dated(item):
        return item
    newest = max(other.table.vintage for other in group if _dated(other))
    return replace(item, table=replace(item.table, vintage=newest[:7]))


def one_of_each(made: Iterable[TableOfFile]) -> list[TableOfFile]:
    """One table a name: the one by LSOA 2021 where there is one by LSOA 2011 too; else they must be equal.

    Raises:
        PlacemapError: two files give a table with different content.
    """
    by_name: dict[str, list[TableOfFile]] = defaultdict(list)
    for item in made:
        by_name[item.table.name].append(item)
    return [_the_one(name, items) for name, items in sorted(by_name.items())]


def _the_one(name: str, items: list[TableOfFile]) -> TableOfFile:
    newest = max(item.table.base for item in items)
    same = sorted(
        (item for item in items if item.table.base == newest),
        key=lambda item: (item.table.source.id, item.file),
    )
    if len(same) > 1 and len({_content(item.table) for item in same}) > 1:
        files = " and ".join(item.file for item in same)
        raise PlacemapError(
            f"{files} both give the table {name}, with different content",
            location=same[0].file,
            hint="import only the one that you mean",
        )
    return same[0]


def _content(table: StoreTable) -> str:
    """What two equal tables have in common; those that are never written have no schema."""
    if table.family in (UPPER_TIERS, ICB_PAIRS):
        return table.frame.sort_values(list(table.frame.columns)).to_csv(index=False, lineterminator="\n")
    return canonical_hash(table.frame, table.schema)


def upper_tier_lookups(pair: TableOfFile, tables: Sequence[StoreTable]) -> list[StoreTable]:
    """LSOA → UTLA, by way of the LTLA lookup that has the same codes (those of 2023 and 2024 are the same).

    Raises:
        PlacemapError: no LTLA lookup has these codes.
    """
    tiers = pair.table
    codes = set(tiers.frame["ltla_code"])
    lookups = [table for table in tables if table.family == "lookup" and table.kind == "ltla"]
    fits = [table for table in lookups if set(table.frame["ltla_code"]) == codes]
    if not fits:
        found = ", ".join(sorted(table.name for table in lookups)) or "none"
        raise PlacemapError(
            f"no LSOA to LTLA lookup has the {len(codes)} LTLAs of this file (lookups: {found})",
            location=pair.file,
            hint="import it together with the LSOA to sub-ICB location lookup of a year with the same LTLAs",
        )
    return [_upper_tier_lookup(tiers, min(fits, key=lambda table: _years_apart(table, tiers)))]


def _years_apart(table: StoreTable, tiers: StoreTable) -> tuple[int, str]:
    return abs(int(table.vintage) - int(tiers.vintage)), table.vintage


def _upper_tier_lookup(tiers: StoreTable, lookup: StoreTable) -> StoreTable:
    columns = tiers.frame[["ltla_code", "utla_code", "utla_name"]]
    frame = lookup.frame.merge(columns, on="ltla_code", how="inner", validate="m:1")
    return store_table(frame, tiers.source, "lookup", tiers.vintage, kind="utla", base=lookup.base)
