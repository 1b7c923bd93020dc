"""The tables that a build writes of tiers; see `schemas`."""

from __future__ import annotations

from dataclasses import replace

from placemap.core.codes import LSOA_VINTAGE
from placemap.core.tables import Column, TableSchema
from placemap.crosswalk.schemas import place_unit
from placemap.resolve.place_codes import HEAD, ICS, PARENT
from placemap.resolve.populations import Populations


def place_parent(people: Populations) -> TableSchema:
    """A row an overlapping pair of a place and one of the tier above, weighed as any unit is."""
    weighed = [
        replace(column, description=column.description.replace("unit", "place above"))
        for column in place_unit("lsoa", LSOA_VINTAGE, people).columns[len(HEAD) + 2 :]
        if column.name != "BEST_FIT"
    ]
    return TableSchema(
        "Places and the places of the tier above that they lie in",
        (
            *HEAD,
            Column(PARENT[0].name, "code", "PLACECD of the place of the tier above"),
            Column(PARENT[1].name, "text", "name of that place"),
            Column("IS_PARENT", "flag", "true for the place's parent; false where the place crosses into another"),
            Column("PARENT_BY", "code", "declared = the config says so; found = most of its residents live there"),
            *weighed,
        ),
        ("PLACECD", PARENT[0].name),
    )


def tier_columns(tier: str) -> tuple[str, str]:
    """Names of the columns of a tier's code and name: `DELIVERY_UNITCD`, `DELIVERY_UNITNM`."""
    stem = tier.upper().replace("-", "_")
    return f"{stem}CD", f"{stem}NM"


def tiers_lsoa(tiers: list[str], people: Populations) -> TableSchema:
    """A row an LSOA of 2021, by all tiers.

    Args:
        tiers: their names, the outermost first.
    """
    places = [
        column
        for tier in tiers
        for name, what in zip(tier_columns(tier), ("PLACECD", "name"), strict=True)
        for column in (
            Column(
                name, "code" if what == "PLACECD" else "text", f"{what} of the {tier} that it is in; blank for none"
            ),
        )
    ]
    return TableSchema(
        "Each LSOA of 2021 by all tiers of the system",
        (
            ICS,
            Column("LSOA21CD", "code", "LSOA of 2021"),
            Column("LSOA21NM", "text", "name of the LSOA"),
            *places,
            Column("CROSSES", "flag", "true where a tier has it in a place whose parent has it not"),
            people.residents_column("of the LSOA"),
            people.registered_column("in the LSOA"),
        ),
        ("LSOA21CD",),
    )
