"""What no single file tells: the month of PCN tables, LSOA → UTLA, and which of two equal tables is kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from placemap.core.codes import is_day
from placemap.core.errors import PlacemapError
from placemap.core.text import counted, some
from placemap.reference.store import PART, TableEntry, canonical_hash
from placemap.sources.catalogue import Source
from placemap.sources.formats.geographies import ICB_PAIRS, UPPER_TIERS, WARD_LTLAS
from placemap.sources.formats.rules import AGAIN
from placemap.sources.store_table import StoreTable, store_table
from placemap.sources.tables.ltla_history import derived_history
from placemap.sources.tables.pcn_months import derived_months


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


def derived(
    made: Sequence[TableOfFile],
    *,
    problems: list[PlacemapError] | None = None,
    months: Iterable[str] = (),
    history: Source | None = None,
) -> list[StoreTable]:
    """The tables of a store from the tables of its files, months of PCN tables settled.

    Args:
        problems: takes what would be raised; the tables that it is about are left out.
        months: of PCN memberships that are wanted, `2022-08`: where no file is of one, it is worked out from dates.
        history: the source of the history of LTLAs, which is worked out where no file is one.

    Raises:
        PlacemapError: two files give a table with different content; LTLA codes of two files don't agree.
    """
    settled = agreeing(one_of_each(made, problems), problems)
    whole = [item.table for item in settled if item.table.family not in NEVER_WRITTEN]
    upper = [item for item in settled if item.table.family == UPPER_TIERS]
    icbs = [item for item in settled if item.table.family == ICB_PAIRS]
    pairs = [(pair, upper_tier_lookups) for pair in upper] + [(pair, icb_lookups) for pair in icbs]
    lookups = [table for pair, work in pairs for table in _or_problem(problems, work, pair, whole)]
    tables = [*whole, *(table for table in lookups if table.name not in {other.name for other in whole})]
    of_wards = [item.table for item in settled if item.table.family == WARD_LTLAS]
    return [*tables, *derived_months(tables, months), *(_history(tables, of_wards, history) if history else ())]


def has_list(tables: Mapping[str, TableEntry], month: str) -> bool:
    """Whether a store has the PCN list of a month itself, which none that is worked out may replace."""
    entry = tables.get(f"pcn_members-{month}")
    return entry is not None and not entry.derived


def has_history(tables: Mapping[str, TableEntry]) -> bool:
    """Whether a store has a publisher's history of LTLAs."""
    return any(entry.family == "ltla_history" and not entry.derived for entry in tables.values())


#: Families of tables that others are made from, and that are never written themselves.
NEVER_WRITTEN = (UPPER_TIERS, ICB_PAIRS, WARD_LTLAS)


def _or_problem(
    problems: list[PlacemapError] | None,
    work: Callable[[TableOfFile, Sequence[StoreTable]], list[StoreTable]],
    pair: TableOfFile,
    whole: Sequence[StoreTable],
) -> list[StoreTable]:
    try:
        return work(pair, whole)
    except PlacemapError as error:
        if problems is None:
            raise
        problems.append(error)
        return []


def _history(tables: Sequence[StoreTable], of_wards: Sequence[StoreTable], source: Source) -> list[StoreTable]:
    """The history of LTLAs, unless a file is one; an old year that only wards tell is taken from them."""
    fits = [table.frame for table in tables if table.family == "exact_fit"]
    if not fits or any(table.family == "ltla_history" for table in tables):
        return []
    lookups = {table.vintage: table for table in of_wards}
    lookups |= {table.vintage: table for table in tables if (table.family, table.kind) == ("lookup", "ltla")}
    return derived_history(list(lookups.values()), fits[0], source)


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
    return item.table.family in ("pcns", "pcn_members") and is_day(item.table.vintage)


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


#: Part of the networks that are open of which a whole list may name no practice; there were none or two of some 1,300.
_MOST_EMPTY = 0.01


def agreeing(made: Sequence[TableOfFile], problems: list[PlacemapError] | None = None) -> list[TableOfFile]:
    """The tables without lists of networks and of memberships that do not know each other: one of them was cut.

    Args:
        problems: takes what would be raised.

    Raises:
        PlacemapError: of one month, memberships are of networks that the list lacks, or networks have no members.
    """
    networks = {item.table.vintage: item for item in made if item.table.family == "pcns"}
    members = {item.table.vintage: item for item in made if item.table.family == "pcn_members"}
    both = networks.keys() & members.keys()
    found = {month: _disagreement(networks[month], members[month]) for month in sorted(both)}
    apart = {month: error for month, error in found.items() if error}
    if apart and problems is None:
        raise next(iter(apart.values()))
    (problems if problems is not None else []).extend(apart.values())
    return [item for item in made if not (item.table.family in ("pcns", "pcn_members") and item.table.vintage in apart)]


def _disagreement(networks: TableOfFile, members: TableOfFile) -> PlacemapError | None:
    named, frame = set(members.table.frame["pcn_code"]), networks.table.frame
    unknown = named - set(frame["pcn_code"])
    still_open = set(frame.loc[frame["closed"] == "", "pcn_code"])
    empty = still_open - named
    if not unknown and len(empty) <= _MOST_EMPTY * len(still_open):
        return None
    cut, what = (
        (networks, f"memberships are of {counted(len(unknown), 'PCN')} that this list lacks: {_few(unknown)}")
        if unknown
        else (members, f"{len(empty):,} of {len(still_open):,} open PCNs have no member in it: {_few(empty)}")
    )
    return PlacemapError(f"{what}; a part of the file is missing", location=cut.where, hint=AGAIN)


def _few(codes: set[str]) -> str:
    return some(sorted(codes), 3, counted=True)


def one_of_each(made: Iterable[TableOfFile], problems: list[PlacemapError] | None = None) -> list[TableOfFile]:
    """One table a name: the one by LSOA 2021 where there is one by LSOA 2011 too; else they must be equal.

    Args:
        problems: takes what would be raised; then no file gives that table.

    Raises:
        PlacemapError: two files give a table with different content.
    """
    by_name: dict[str, list[TableOfFile]] = defaultdict(list)
    for item in made:
        by_name[item.table.name].append(item)
    found = []
    for name, items in sorted(by_name.items()):
        try:
            found.append(_the_one(name, items))
        except PlacemapError as error:
            if problems is None:
                raise
            problems.append(error)
    return found


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
    if table.family in NEVER_WRITTEN:
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
