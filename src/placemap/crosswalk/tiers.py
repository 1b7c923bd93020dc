"""Places and the tiers of their system: what each has in common with the places above, and each LSOA by all tiers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from placemap.config.tiers import tier_names
from placemap.core.arrays import Numbers
from placemap.core.columns import Columns
from placemap.core.tables import Table, as_declared
from placemap.crosswalk import tier_schemas
from placemap.crosswalk.areas import overlaps, weights
from placemap.crosswalk.headed import fit, headed, lsoas_of_places
from placemap.reference.by_lsoa import Units
from placemap.resolve.resolved import ResolvedFootprint


def parent_table(resolved: ResolvedFootprint) -> Table:
    """Each pair of a place and one of the tier above that overlap; `resolved` has such a tier."""
    outer = resolved.outer
    assert outer is not None
    above = _as_units(outer)
    rows = overlaps(resolved, above)
    lsoas = np.bincount(rows.row, minlength=len(rows.place))
    is_parent = resolved.parents[rows.place] == rows.unit
    declared = resolved.declared_parents[rows.place] == rows.unit
    columns = {
        "PARENTCD": above.codes[rows.unit],
        "PARENTNM": above.names[rows.unit],
        "IS_PARENT": is_parent,
        "PARENT_BY": np.where(declared, "declared", np.where(is_parent, "found", "")).astype(object),
        "LSOAS": lsoas,
        **weights(resolved, above, rows),
        "FIT": fit(lsoas, lsoas_of_places(outer)[rows.unit], lsoas_of_places(resolved)[rows.place]),
    }
    return headed(
        resolved, "place_parent", tier_schemas.place_parent(resolved.populations), rows.place, rows.unit, columns
    )


def _as_units(outer: ResolvedFootprint) -> Units:
    """The places of a tier as units of a crosswalk."""
    place = outer.assignment.place
    return Units("place", "", outer.placecd[:-1], outer.placenm[:-1], None, place, np.zeros(len(place), dtype=bool))


def tiers_table(chain: Sequence[ResolvedFootprint]) -> Table:
    """Each LSOA with its place in each of several tiers, the outermost first."""
    first = chain[0]
    names = tier_names(first.system, [tier.footprint for tier in chain])
    schema = tier_schemas.tiers_lsoa(names, first.populations)
    lsoas = np.flatnonzero(np.any([tier.assignment.place >= 0 for tier in chain], axis=0))
    geography = first.geography
    columns: dict[str, Numbers] = {
        "ICSID": np.full(len(lsoas), first.system.id, dtype=object),
        "LSOA21CD": geography.lsoa_codes[lsoas],
        "LSOA21NM": geography.lsoa_names[lsoas],
    }
    for name, tier in zip(names, chain, strict=True):
        code, title = tier_schemas.tier_columns(name)
        columns[code] = tier.placecd[tier.assignment.place[lsoas]]
        columns[title] = tier.placenm[tier.assignment.place[lsoas]]
    columns["CROSSES"] = np.any([tier.crossing[lsoas] for tier in chain], axis=0)
    columns["RESIDENTS"] = first.populations.residents[lsoas]
    columns["REGISTERED"] = first.populations.registered[lsoas]
    order = np.argsort(columns["LSOA21CD"].astype(str), kind="stable")
    values = {column.name: as_declared(columns[column.name][order], column) for column in schema.columns}
    return Table("tiers_lsoa21", schema, Columns(values))
