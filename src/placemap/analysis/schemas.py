"""The tables that `compare`, `diff` and `build --sensitivity` write: columns, types, keys and descriptions."""

from __future__ import annotations

from placemap.core.tables import Column, TableSchema
from placemap.resolve.place_codes import FOOTPRINT, HEAD, ICS, PLACE
from placemap.resolve.populations import Populations


def footprints(people: Populations) -> TableSchema:
    """A row a footprint."""
    counted = people.residents_type
    return TableSchema(
        "Footprints side by side",
        (
            ICS,
            FOOTPRINT,
            Column("FOOTPRINTNM", "text", "name of the footprint"),
            Column("STATUS", "code", "current, proposed or superseded"),
            Column("GRADE", "code", "strength of the evidence, A to C"),
            Column("PLACES", "int", "number of places"),
            Column("LSOAS", "int", "LSOAs of 2021 in any place"),
            people.residents_column("of all places"),
            people.registered_column("in any place"),
            Column("SMALLEST", "text", "name of the place with fewest residents"),
            Column("SMALLEST_RESIDENTS", counted, "its residents"),
            Column("LARGEST", "text", "name of the place with most residents"),
            Column("LARGEST_RESIDENTS", counted, "its residents"),
            Column("SPREAD", "number", "residents of the largest ÷ residents of the smallest place"),
            Column(
                "IN_RANGE", "int", "places of the size that guidance gives for their tier; blank where it gives none"
            ),
            Column("OUTSIDE_SCOPE", "int", "LSOAs of 2021 of its places outside the area that it must cover"),
        ),
        ("FOOTPRINT",),
    )


ALIGNMENT = TableSchema(
    "How far footprints keep units whole",
    (
        ICS,
        FOOTPRINT,
        Column("KIND", "code", "kind of unit; PCN stands for the LSOAs where more patients use it than any other PCN"),
        Column("VINTAGE", "code", "vintage of the units"),
        Column("UNITS", "int", "units with any LSOA in the footprint"),
        Column("WHOLE", "int", "of those, in one place as far as the footprint has them"),
        Column("RESIDENTS_IN_WHOLE", "share", "residents living in whole units ÷ residents of the footprint"),
        Column("SPLIT", "text", "the units that are divided between places, with their residents by place"),
    ),
    ("FOOTPRINT", "KIND"),
)


def place_place(people: Populations) -> TableSchema:
    """A row an overlapping pair of places of two footprints."""
    other = "blank for LSOAs that are in no place of the footprint"
    return TableSchema(
        "Crosswalk between the places of two footprints",
        (
            ICS,
            Column("FOOTPRINT_A", "code", "the one footprint"),
            Column("PLACECD_A", "code", f"its place; {other}"),
            Column("PLACENM_A", "text", "name of that place"),
            Column("FOOTPRINT_B", "code", "the other footprint"),
            Column("PLACECD_B", "code", f"its place; {other}"),
            Column("PLACENM_B", "text", "name of that place"),
            Column("LSOAS", "int", "LSOAs of 2021 that the two have in common"),
            people.residents_column("of those"),
            people.registered_column("in those"),
            Column("A_RESIDENT_SHARE", "share", "RESIDENTS ÷ residents of the place of A"),
            Column("B_RESIDENT_SHARE", "share", "RESIDENTS ÷ residents of the place of B"),
            Column("A_REGISTERED_SHARE", "share", "REGISTERED ÷ registered patients who live in the place of A"),
            Column("B_REGISTERED_SHARE", "share", "REGISTERED ÷ registered patients who live in the place of B"),
        ),
        ("FOOTPRINT_A", "PLACECD_A", "FOOTPRINT_B", "PLACECD_B"),
    )


MOVES = TableSchema(
    "LSOAs of 2021 that are in another place",
    (
        Column("LSOA21CD", "code", "LSOA of 2021"),
        Column("LSOA21NM", "text", "name of the LSOA"),
        Column("FROM_PLACECD", "code", "place in the old result; blank for none"),
        Column("FROM_PLACENM", "text", "name of that place"),
        Column("TO_PLACECD", "code", "place in the new result; blank for none"),
        Column("TO_PLACENM", "text", "name of that place"),
        Column("CAUSE", "code", "the one cause that the move is put down to"),
        Column("RESIDENTS", "people", "residents of the LSOA, by the newer measure of the two results"),
        Column("DETAIL", "text", "what changed, where it can be told"),
    ),
    ("LSOA21CD",),
)


def sensitivity(people: Populations) -> TableSchema:
    """A row an LSOA × other method that puts it elsewhere."""
    return TableSchema(
        "LSOAs of 2021 that change place under another method",
        (
            *(ICS, FOOTPRINT),
            Column("METHOD", "code", "the other method"),
            Column("LSOA21CD", "code", "LSOA of 2021"),
            Column("LSOA21NM", "text", "name of the LSOA"),
            *PLACE,
            Column("OTHER_PLACECD", "code", "place by the other method; blank for none"),
            Column("OTHER_PLACENM", "text", "name of that place"),
            Column("RESIDENTS", people.residents_type, "residents of the LSOA"),
            Column(
                "SHARE",
                "share",
                "the place's share of registered patients, by the usual method; blank where they did not decide",
            ),
            Column("MARGIN", "share", "its lead over the runner-up; blank where patients did not decide"),
        ),
        ("METHOD", "LSOA21CD"),
    )


def confidence(people: Populations) -> TableSchema:
    """A row a place."""
    return TableSchema(
        "How sure the places are",
        (
            *HEAD,
            Column(
                "CONFIDENCE",
                "code",
                "certain: from declared areas; by FLIPPING_SHARE high: under 2%, fair: under 10%, low",
            ),
            Column("WORDS", "text", "the same in plain words"),
            Column("LSOAS", "int", "LSOAs of 2021 of the place"),
            Column("FLIPPING", "int", "of those, in another place under at least one other method"),
            Column("GAINING", "int", "LSOAs of other places that would be here under at least one other method"),
            Column("RESIDENTS", people.residents_type, "residents of the place"),
            Column("RESIDENTS_FLIPPING", people.residents_type, "residents of the LSOAs of FLIPPING"),
            Column("FLIPPING_SHARE", "share", "RESIDENTS_FLIPPING ÷ RESIDENTS"),
        ),
        ("PLACECD",),
    )
