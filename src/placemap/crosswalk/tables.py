"""Assignment → crosswalk tables: what each place has in common with each unit, with weights both ways.

Frames come out with the columns of `schemas`, sorted, figures unrounded (writers round).
"""

from __future__ import annotations

from placemap.core.tables import Table
from placemap.crosswalk.areas import lsoa_table, unit_table
from placemap.crosswalk.lsoas_2011 import lsoa_2011_table
from placemap.crosswalk.practices import pcn_table, practice_table
from placemap.crosswalk.tiers import parent_table
from placemap.reference.by_lsoa import Units
from placemap.reference.geography import Geography
from placemap.resolve.resolved import ResolvedFootprint

#: Area kinds that get a crosswalk table, in the vintage that the store gives for each where nothing else is said.
CROSSWALK_KINDS = ("msoa", "ward", "ltla", "utla", "sub_icb")


def crosswalk_kinds(geography: Geography) -> tuple[str, ...]:
    """The kinds that places are crossed with: the usual ones, and ICBs where a vintage of them was asked for."""
    return (*CROSSWALK_KINDS, *(["icb"] if "icb" in geography.chosen.vintages else []))


def crosswalk_units(geography: Geography) -> list[Units]:
    """The units that places are crossed with."""
    units = [geography.units(kind) for kind in crosswalk_kinds(geography)]
    if geography.ccg_vintage:
        units.append(geography.units("sub_icb", geography.ccg_vintage))
    return list({(unit.kind, unit.vintage): unit for unit in units}.values())


def crosswalk_tables(resolved: ResolvedFootprint) -> list[Table]:
    """All crosswalk tables of a footprint, or of several put together (others make places, findings and ledger)."""
    units = [unit_table(resolved, units) for units in crosswalk_units(resolved.geography)]
    return [
        lsoa_table(resolved),
        *([lsoa_2011_table(resolved)] if resolved.geography.data.has_2011 else []),
        *units,
        pcn_table(resolved),
        practice_table(resolved),
        *([parent_table(resolved)] if resolved.outer else []),
    ]
