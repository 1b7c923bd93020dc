"""Every table's columns, types and key, declared once: reader, checks, writers and docs use these.

Inside placemap columns are vintage-free (`lsoa_code`, `ltla_code`). The vintage stands in the table's entry in the
store's manifest, and published names (`LSOA21CD`, `LAD24CD`) are made from it when tables are written.
"""

from __future__ import annotations

from placemap.core.codes import KINDS, LSOA_VINTAGE, OLD_LSOA_VINTAGE
from placemap.core.tables import Column, TableSchema

LSOA11 = Column("lsoa11_code", "code", "LSOA of 2011")
LSOA21 = Column("lsoa_code", "code", "LSOA of 2021, the atom that everything resolves to")
#: The column that holds an LSOA, by the vintage that a table is coded in.
ATOM_COLUMN = {OLD_LSOA_VINTAGE: LSOA11, LSOA_VINTAGE: LSOA21}


def lookup_schema(kind: str, base: str) -> TableSchema:
    """A lookup from LSOA (of the vintage `base`) to the unit of `kind` that it belongs to."""
    label = KINDS[kind].label
    columns = [
        ATOM_COLUMN[base],
        Column(f"{kind}_code", "code", f"GSS code of the {label}"),
        Column(f"{kind}_name", "text", f"name of the {label}"),
    ]
    if KINDS[kind].ods:
        columns.insert(2, Column(f"{kind}_ods", "code", f"NHS (ODS) code of the {label}"))
    return TableSchema(f"LSOA {base} to {label}", tuple(columns), (ATOM_COLUMN[base].name,))


def lsoa_measure_schema(base: str) -> TableSchema:
    """A figure by LSOA of the vintage `base`."""
    return TableSchema(
        f"people by LSOA {base}",
        (ATOM_COLUMN[base], Column("people", "int", "people")),
        (ATOM_COLUMN[base].name,),
    )


def registrations_schema(base: str) -> TableSchema:
    """Patients by practice and LSOA of residence, with the remainder rows of a packaged extract.

    Besides LSOA codes the LSOA column holds `NO2011`, `CLOSED` and `EMPTY` (the source's words for patients without an
    LSOA), `NOT_EW` (homes elsewhere in the United Kingdom and its islands), Welsh codes (`W01…`), and in an extract
    `ENGLAND` and `WALES` for LSOAs that the extract leaves out; the practice column holds `REMAINDER` for all practices
    that it leaves out.
    """
    return TableSchema(
        f"patients registered at GP practices, by LSOA {base} of residence",
        (
            Column("practice_code", "code", "ODS code of the practice, or REMAINDER"),
            ATOM_COLUMN[base],
            Column("patients", "int", "registered patients"),
        ),
        ("practice_code", ATOM_COLUMN[base].name),
    )


#: What stands in the place of an LSOA: the source's words for none, and NOT_EW for homes outside England and Wales.
NOT_EW = "NOT_EW"
NO_LSOA = ("NO2011", "NO2021", "CLOSED", "EMPTY", NOT_EW)
REST_ENGLAND, REST_WALES, REST_PRACTICES = "ENGLAND", "WALES", "REMAINDER"

LSOA_NAMES = TableSchema(
    "names of LSOAs 2021",
    (LSOA21, Column("lsoa_name", "text", "name of the LSOA")),
    ("lsoa_code",),
)

EXACT_FIT = TableSchema(
    "LSOA 2011 to LSOA 2021, exact fit",
    (
        LSOA11,
        Column("lsoa11_name", "text", "name of the LSOA of 2011"),
        LSOA21,
        Column("change", "text", "U unchanged, S split, M merged, X irregular"),
    ),
    ("lsoa11_code", "lsoa_code"),
)

OUTPUT_AREAS = TableSchema(
    "output areas 2021 to LSOA 2021",
    (Column("oa_code", "code", "output area of 2021"), LSOA21),
    ("oa_code",),
)

#: What stands in the place of an LSOA in a directory of postcodes, by the first letter of the code that it has there.
NON_GEOGRAPHIC = "NON-GEOGRAPHIC"
NO_FIXED_ABODE, NOT_KNOWN, ABROAD = "NO FIXED ABODE", "NOT KNOWN", "ABROAD"
OUTSIDE_POSTCODES = {
    "W": "WALES",
    "S": "SCOTLAND",
    "N": "NORTHERN IRELAND",
    "9": "NORTHERN IRELAND",
    "L": "CHANNEL ISLANDS",
    "M": "ISLE OF MAN",
    "": NON_GEOGRAPHIC,
}

#: What to say of a postcode or output area in none of the LSOAs of England, by what it has in the place of one.
ELSEWHERE = {
    "WALES": "in Wales",
    "SCOTLAND": "in Scotland",
    "NORTHERN IRELAND": "in Northern Ireland",
    "CHANNEL ISLANDS": "in the Channel Islands",
    "ISLE OF MAN": "on the Isle of Man",
    ABROAD: "abroad",
    NON_GEOGRAPHIC: "postcode without a place",
    NO_FIXED_ABODE: "no fixed abode",
    NOT_KNOWN: "address not known",
}

POSTCODES = TableSchema(
    "postcodes to LSOA 2021",
    (
        Column("postcode", "code", "postcode without its space"),
        Column(
            "lsoa_code", "code", "its LSOA of 2021; elsewhere the country, or NON-GEOGRAPHIC for one without a place"
        ),
        Column("ended", "date", "month in which it ended, empty where it is in use"),
    ),
    ("postcode",),
)

PCNS = TableSchema(
    "primary care networks",
    (
        Column("pcn_code", "code", "ODS code of the PCN"),
        Column("pcn_name", "text", "name of the PCN"),
        Column("sub_icb_ods", "code", "ODS code of the sub-ICB location that it belongs to"),
        Column("sub_icb_name", "text", "name of that sub-ICB location"),
        Column("opened", "date", "date on which it opened"),
        Column("closed", "date", "date on which it closed, empty where it is open"),
    ),
    ("pcn_code",),
)

PCN_MEMBERS = TableSchema(
    "practices of primary care networks, past and current",
    (
        Column("practice_code", "code", "ODS code of the practice"),
        Column("practice_name", "text", "name of the practice"),
        Column("practice_sub_icb_ods", "code", "ODS code of the practice's sub-ICB location"),
        Column("pcn_code", "code", "ODS code of the PCN"),
        Column("start", "date", "date on which the practice joined the PCN"),
        Column("end", "date", "date on which it left, empty where it is still a member"),
    ),
    ("practice_code", "pcn_code", "start"),
)

PRACTICES = TableSchema(
    "practices that have registered patients",
    (
        Column("practice_code", "code", "ODS code of the practice"),
        Column("practice_name", "text", "name of the practice"),
    ),
    ("practice_code",),
)

PRACTICE_MEASURE = TableSchema(
    "people by GP practice",
    (
        Column("practice_code", "code", "ODS code of the practice"),
        Column("people", "int", "people"),
    ),
    ("practice_code",),
)

#: Family of the tables that `placemap profile` shows, of whatever figures somebody imported.
PROFILE = "profile"


def profile_schema(base: str) -> TableSchema:
    """Figures by LSOA of the vintage `base`, or by practice where it is empty: a row a figure that is there.

    Tables have whatever columns their publisher gave them; so each figure says itself which it is and of what kind
    (`profiles.KINDS`). A figure that was held back has no row.
    """
    unit = ATOM_COLUMN[base] if base else Column("practice_code", "code", "ODS code of the practice")
    return TableSchema(
        f"figures by {f'LSOA {base}' if base else 'GP practice'} for profiles",
        (
            Column("position", "int", "position of the figure's column in its file, from 0"),
            unit,
            Column("figure", "text", "title of that column"),
            Column("kind", "text", "count, proportion, percentage, score, rank, decile or quintile"),
            Column("over", "text", "title of the column that it is a part of; empty where it is none"),
            Column("value", "number", "the figure"),
        ),
        ("position", unit.name),
    )


LTLA_HISTORY = TableSchema(
    "LTLA codes year by year, with their successors",
    (
        Column("ltla_code", "code", "GSS code of the LTLA"),
        Column("ltla_name", "text", "its name while it was in use"),
        Column("first_year", "int", "first year of the history (2016 on) in which the code was in use"),
        Column("last_year", "int", "last year of the history in which the code was in use"),
        Column("successor_code", "code", "code that followed it, empty where it is in use in the newest year"),
        Column("successor_name", "text", "name of the successor"),
    ),
    ("ltla_code", "successor_code"),
)

ADJACENCY = TableSchema(
    "pairs of LSOAs 2021 that share a boundary",
    (
        Column("lsoa_code_a", "code", "the LSOA whose code sorts first"),
        Column("lsoa_code_b", "code", "the other LSOA"),
    ),
    ("lsoa_code_a", "lsoa_code_b"),
)

CENTROIDS = TableSchema(
    "population-weighted centroids of LSOAs 2021",
    (
        LSOA21,
        Column("easting", "number", "metres east, EPSG:27700"),
        Column("northing", "number", "metres north, EPSG:27700"),
    ),
    ("lsoa_code",),
)

LSOA_BOUNDARIES = TableSchema(
    "boundaries of LSOAs 2021, generalised to 200 m and clipped to the coastline",
    (LSOA21, Column("geometry", "wkb", "polygon or multipolygon as WKB, EPSG:27700")),
    ("lsoa_code",),
)

LTLA_BOUNDARIES = TableSchema(
    "boundaries of LTLAs, generalised to 200 m and clipped to the coastline",
    (
        Column("ltla_code", "code", "GSS code of the LTLA"),
        Column("ltla_name", "text", "name of the LTLA"),
        Column("geometry", "wkb", "polygon or multipolygon as WKB, EPSG:27700"),
    ),
    ("ltla_code",),
)


def store_schema(family: str, kind: str = "", base: str = "") -> TableSchema:
    """The schema of a store table.

    Args:
        family: `lookup`, `lsoa_measure`, `registrations`, or the name of a table of which there is one kind.
        kind: the unit kind of a `lookup`.
        base: the LSOA vintage (`2011`, `2021`) of a `lookup`, `lsoa_measure`, `registrations` or `profile`.

    Raises:
        KeyError: no table of that family.
    """
    if family == "lookup":
        return lookup_schema(kind, base)
    if family == "lsoa_measure":
        return lsoa_measure_schema(base)
    if family == "registrations":
        return registrations_schema(base)
    if family == PROFILE:
        return profile_schema(base)
    return _SINGLE[family]


_SINGLE = {
    "lsoa_names": LSOA_NAMES,
    "exact_fit": EXACT_FIT,
    "output_areas": OUTPUT_AREAS,
    "postcodes": POSTCODES,
    "pcns": PCNS,
    "pcn_members": PCN_MEMBERS,
    "practices": PRACTICES,
    "practice_measure": PRACTICE_MEASURE,
    "ltla_history": LTLA_HISTORY,
    "adjacency": ADJACENCY,
    "centroids": CENTROIDS,
    "lsoa_boundaries": LSOA_BOUNDARIES,
    "ltla_boundaries": LTLA_BOUNDARIES,
}
