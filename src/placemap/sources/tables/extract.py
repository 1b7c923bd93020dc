"""All England's tables → the rows that some configs need, with everybody else in remainder rows.

What is kept: every LSOA of every unit that the configs name, and one step further the whole of every ward,
MSOA, LTLA, UTLA, sub-ICB location and CCG that has one of those, so that a share of a straddling unit has its
whole denominator; and every practice with a patient living there.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from placemap.core.codes import KINDS, LSOA_VINTAGE, OLD_LSOA_VINTAGE
from placemap.core.errors import PlacemapError
from placemap.reference.schemas import ATOM_COLUMN, NO_LSOA, PROFILE, REST_ENGLAND, REST_PRACTICES, REST_WALES
from placemap.reference.store import PART
from placemap.sources.store_table import StoreTable, store_table
from placemap.sources.tables.needs import NeededUnit, Needs

#: The kinds whose newest units are kept whole where they have a kept LSOA.
WHOLE_KINDS = ("ward", "msoa", "ltla", "utla", "sub_icb", "icb")

#: Coverage of a cut table by the whole one's, where it is not simply `extract`.
EXTRACT = {PART: f"{PART} extract"}
#: Metres around the councils of a system that a map of it may show.
_SEEN_AROUND = 60_000

Tables = Mapping[str, StoreTable]


@dataclass(frozen=True)
class Kept:
    """What an extract keeps, as sets of codes.

    Attributes:
        lsoas, lsoas11: LSOAs of 2021 and of 2011.
        practices: those with patients there, and those that configs name by themselves or by a PCN.
        named_pcns: PCNs that configs name, whose memberships are all kept.
        pcns: those, and the PCNs that a kept practice is or was in.
        ltlas: of any vintage.
    """

    lsoas: frozenset[str]
    lsoas11: frozenset[str]
    practices: frozenset[str]
    named_pcns: frozenset[str]
    pcns: frozenset[str]
    ltlas: frozenset[str]

    def atoms(self, base: str) -> frozenset[str]:
        """The LSOAs of the vintage `base`."""
        return self.lsoas if base == LSOA_VINTAGE else self.lsoas11


def extract(tables: Sequence[StoreTable], needs: Needs) -> list[StoreTable]:
    """The tables cut to what is needed.

    Raises:
        PlacemapError: a table that the cut goes by is missing; patients would be lost.
    """
    wanted = {table.name: table for table in tables if _is_wanted(table, tables, needs)}
    kept = what_to_keep(wanted, needs)
    return [_cut(table, kept) for table in wanted.values()]


def _is_wanted(table: StoreTable, tables: Sequence[StoreTable], needs: Needs) -> bool:
    if table.family.endswith("_measure"):
        return table.kind in needs.measures
    if table.family == "practices":
        return any(
            other.family == "registrations" and other.vintage == table.vintage and _is_wanted(other, tables, needs)
            for other in tables
        )
    if table.family in ("pcns", "pcn_members"):
        return table.vintage in (needs.years("pcn") or {_newest(tables, table)})
    kind = table.kind if table.family == "lookup" else "practice" if table.family == "registrations" else ""
    return table.vintage == _newest(tables, table) or (kind, table.vintage) in needs.vintages


def _newest(tables: Sequence[StoreTable], like: StoreTable) -> str:
    return max(table.vintage for table in tables if (table.family, table.kind) == (like.family, like.kind))


def what_to_keep(tables: Tables, needs: Needs) -> Kept:
    """The LSOAs, practices, PCNs and LTLAs that the configs need."""
    seed = _named_lsoas(tables, needs.areas)
    lsoas = _closed_by_exact_fit(tables, _with_whole_units(tables, seed, needs.whole))
    lsoas11 = _to_2011(tables, lsoas)
    practices = _practices_of(tables, lsoas, lsoas11) | needs.practices | _pcn_practices(tables, needs)
    practices |= _fellow_members(tables, practices)
    ltlas = _ltlas_of(tables, lsoas, lsoas11) | {unit.code for unit in needs.areas if unit.kind == "ltla"}
    pcns = _pcns_of(tables, practices) | needs.pcns
    return Kept(lsoas, lsoas11, frozenset(practices), needs.pcns, frozenset(pcns), frozenset(ltlas))


def _one(tables: Tables, family: str, kind: str = "", vintage: str = "") -> StoreTable | None:
    """The table of that family, kind and vintage (the newest where none is said)."""
    fits = [
        table
        for table in tables.values()
        if (table.family, table.kind or kind) == (family, kind) and vintage in ("", table.vintage)
    ]
    return max(fits, key=lambda table: table.vintage, default=None)


def _exact_fit(tables: Tables) -> pd.DataFrame:
    table = _one(tables, "exact_fit")
    if table is None:
        raise PlacemapError(
            "an extract needs the exact-fit lookup of LSOAs 2011 and 2021, which is not among the files",
            hint="add `LSOA11_LSOA21_LAD22_EW_LU_v5.csv`",
        )
    return table.frame


def _to_2011(tables: Tables, lsoas: frozenset[str]) -> frozenset[str]:
    pairs = _exact_fit(tables)
    return frozenset(pairs.loc[pairs["lsoa_code"].isin(lsoas), "lsoa11_code"])


def _to_2021(tables: Tables, lsoas11: set[str]) -> set[str]:
    pairs = _exact_fit(tables)
    return set(pairs.loc[pairs["lsoa11_code"].isin(lsoas11), "lsoa_code"])


def _closed_by_exact_fit(tables: Tables, lsoas: set[str]) -> frozenset[str]:
    """The LSOAs, and all that share an LSOA of 2011 with one of them: a split one keeps all its parts."""
    while True:
        wider = lsoas | _to_2021(tables, set(_to_2011(tables, frozenset(lsoas))))
        if wider == lsoas:
            return frozenset(lsoas)
        lsoas = wider


def _named_lsoas(tables: Tables, areas: frozenset[NeededUnit]) -> set[str]:
    """The LSOAs of 2021 of the named units; a code that is in no lookup has none."""
    found: set[str] = set()
    for kind, vintage in sorted({(unit.kind, unit.vintage) for unit in areas}):
        codes = {unit.code for unit in areas if (unit.kind, unit.vintage) == (kind, vintage)}
        found |= _lsoas_of(tables, kind, vintage, codes)
    return found


def _lsoas_of(tables: Tables, kind: str, vintage: str, codes: set[str]) -> set[str]:
    if kind == "lsoa":
        return _to_2021(tables, codes) if vintage == OLD_LSOA_VINTAGE else codes & set(_exact_fit(tables)["lsoa_code"])
    table = _one(tables, "lookup", kind, vintage)
    if table is None:
        raise PlacemapError(
            f"configs name {KINDS[kind].plural} ({vintage or 'newest'}), and no file is a lookup of these",
            hint=f"add the lookup from LSOA to {KINDS[kind].label}",
        )
    frame = table.frame
    named = frame[f"{kind}_code"].isin(codes)
    if KINDS[kind].ods:
        named |= frame[f"{kind}_ods"].isin(codes)
    atoms = set(frame.loc[named, ATOM_COLUMN[table.base].name])
    return atoms if table.base == LSOA_VINTAGE else _to_2021(tables, atoms)


def _with_whole_units(tables: Tables, lsoas: set[str], former: Collection[tuple[str, str]]) -> set[str]:
    """The LSOAs with all others of the units that any of them is in: one step, not until nothing is new."""
    wider = set(lsoas)
    lsoas11 = _to_2011(tables, frozenset(lsoas))
    for kind, vintage in (*((kind, "") for kind in WHOLE_KINDS), *former):
        table = _one(tables, "lookup", kind, vintage)
        if table is None:
            continue
        atom, unit = ATOM_COLUMN[table.base].name, table.frame[f"{kind}_code"]
        touched = set(unit[_inside(table, lsoas, lsoas11)])
        atoms = set(table.frame.loc[unit.isin(touched), atom])
        wider |= atoms if table.base == LSOA_VINTAGE else _to_2021(tables, atoms)
    return wider


def _practices_of(tables: Tables, lsoas: frozenset[str], lsoas11: frozenset[str]) -> set[str]:
    """Practices with a patient who lives in one of these LSOAs."""
    found: set[str] = set()
    for table in tables.values():
        if table.family == "registrations":
            inside = _inside(table, lsoas, lsoas11)
            found |= set(table.frame.loc[inside, "practice_code"])
    return found


def _inside(table: StoreTable, lsoas: Collection[str], lsoas11: Collection[str]) -> pd.Series:
    """By row, whether its LSOA is one of these."""
    return table.frame[ATOM_COLUMN[table.base].name].isin(lsoas if table.base == LSOA_VINTAGE else lsoas11)


def _pcn_practices(tables: Tables, needs: Needs) -> set[str]:
    """Practices that are or were in a named PCN."""
    members = [table.frame for table in tables.values() if table.family == "pcn_members"]
    return {code for frame in members for code in frame.loc[frame["pcn_code"].isin(needs.pcns), "practice_code"]}


def _fellow_members(tables: Tables, practices: set[str]) -> set[str]:
    """Current members of the PCNs that one of these practices is in, so that a PCN's patients can be summed."""
    found: set[str] = set()
    for table in tables.values():
        if table.family == "pcn_members":
            current = table.frame[table.frame["end"] == ""]
            pcns = current.loc[current["practice_code"].isin(practices), "pcn_code"]
            found |= set(current.loc[current["pcn_code"].isin(pcns), "practice_code"])
    return found


def _pcns_of(tables: Tables, practices: set[str]) -> set[str]:
    """PCNs that one of these practices is or was in."""
    members = [table.frame for table in tables.values() if table.family == "pcn_members"]
    return {code for frame in members for code in frame.loc[frame["practice_code"].isin(practices), "pcn_code"]}


def _ltlas_of(tables: Tables, lsoas: frozenset[str], lsoas11: frozenset[str]) -> set[str]:
    """The LTLAs, of every vintage there is, that have a kept LSOA."""
    found: set[str] = set()
    for table in tables.values():
        if (table.family, table.kind) == ("lookup", "ltla"):
            found |= set(table.frame.loc[_inside(table, lsoas, lsoas11), "ltla_code"])
    return found


def _cut(table: StoreTable, kept: Kept) -> StoreTable:
    frame = CUTS[table.family](table, kept)
    cut = store_table(
        frame, table.source, table.family, table.vintage, kind=table.kind, base=table.base, total=table.total
    )
    whole = len(frame) == len(table.frame)
    return replace(cut, coverage=table.coverage if whole else EXTRACT.get(table.coverage, "extract"))


def _by_atom(table: StoreTable, kept: Kept) -> pd.DataFrame:
    """Rows of kept LSOAs; of `exact_fit`, of which the LSOA of 2011 is kept."""
    base = table.base or (OLD_LSOA_VINTAGE if table.family == "exact_fit" else LSOA_VINTAGE)
    return table.frame[table.frame[ATOM_COLUMN[base].name].isin(kept.atoms(base))]


def _by_practice(table: StoreTable, kept: Kept) -> pd.DataFrame:
    return table.frame[table.frame["practice_code"].isin(kept.practices)]


def _memberships(table: StoreTable, kept: Kept) -> pd.DataFrame:
    frame = table.frame
    return frame[frame["practice_code"].isin(kept.practices) | frame["pcn_code"].isin(kept.named_pcns)]


def _networks(table: StoreTable, kept: Kept) -> pd.DataFrame:
    return table.frame[table.frame["pcn_code"].isin(kept.pcns)]


def _pairs(table: StoreTable, kept: Kept) -> pd.DataFrame:
    """Pairs with at least one kept end, so that an LSOA on the edge still has its neighbours."""
    frame = table.frame
    return frame[frame["lsoa_code_a"].isin(kept.lsoas) | frame["lsoa_code_b"].isin(kept.lsoas)]


def _around(table: StoreTable, kept: Kept) -> pd.DataFrame:
    """Councils that are kept, and those near enough to be seen around them on a map."""
    import shapely

    frame = table.frame
    shapes = shapely.from_wkb(frame["geometry"].to_numpy())
    middle = shapely.union_all(shapely.envelope(shapes[frame["ltla_code"].isin(kept.ltlas).to_numpy()]))
    near: pd.DataFrame = frame[shapely.dwithin(shapes, middle, _SEEN_AROUND)]
    return near


def _lineages(table: StoreTable, kept: Kept) -> pd.DataFrame:
    """Codes that are kept, those that followed them, and those that a kept one followed."""
    frame = table.frame
    related = frame["ltla_code"].isin(kept.ltlas) | frame["successor_code"].isin(kept.ltlas)
    successors = set(frame.loc[related, "successor_code"])
    return frame[related | frame["ltla_code"].isin(successors)]


def _registrations(table: StoreTable, kept: Kept) -> pd.DataFrame:
    """Rows of kept practices in kept LSOAs as they are; all others summed to remainder rows.

    Raises:
        PlacemapError: the sum is not the source's.
    """
    atom = ATOM_COLUMN[table.base].name
    frame = table.frame.copy()
    other = ~frame["practice_code"].isin(kept.practices)
    frame[atom] = _residence(frame[atom], other, kept.atoms(table.base))
    frame.loc[other, "practice_code"] = REST_PRACTICES
    cells = frame.groupby(["practice_code", atom], as_index=False).agg({"patients": "sum"})
    if int(cells["patients"].sum()) != table.total:
        raise PlacemapError(f"the extract has {cells['patients'].sum():,} patients; the source has {table.total:,}")
    return cells


def _residence(lsoas: pd.Series, other: pd.Series, kept: frozenset[str]) -> pd.Series:
    """Where patients live: a kept LSOA (of kept practices), ENGLAND, WALES, or what stands for none."""
    plain = lsoas.isin(NO_LSOA) | (lsoas.isin(kept) & ~other)
    rest = pd.Series(REST_ENGLAND, index=lsoas.index).mask(lsoas.str.startswith("W"), REST_WALES)
    return lsoas.where(plain, rest)


CUTS: dict[str, Callable[[StoreTable, Kept], pd.DataFrame]] = {
    "lookup": _by_atom,
    "lsoa_measure": _by_atom,
    "lsoa_names": _by_atom,
    "output_areas": _by_atom,
    "exact_fit": _by_atom,
    "centroids": _by_atom,
    "lsoa_boundaries": _by_atom,
    "practices": _by_practice,
    "practice_measure": _by_practice,
    "pcns": _networks,
    "pcn_members": _memberships,
    "adjacency": _pairs,
    "ltla_history": _lineages,
    "ltla_boundaries": _around,
    "registrations": _registrations,
    # Whole: a rank means something among all, and places are shown beside England.
    PROFILE: lambda table, _kept: table.frame,
}
