"""The tables that a build writes: columns, types, keys and descriptions, for writers, data dictionary and CSVW alike.

Published names carry vintages, so the schemas are made from the vintages in use: the LTLAs of 2024 give `LAD24CD`.
"""

from __future__ import annotations

from dataclasses import replace

from placemap.core.codes import KINDS, OLD_LSOA_VINTAGE, RESIDENTS, is_ccg, published_prefix
from placemap.core.tables import Column, TableSchema
from placemap.resolve.place_codes import FOOTPRINT, HEAD, ICS, PLACE
from placemap.resolve.populations import Populations


def _lsoas(what: str) -> Column:
    return Column("LSOAS", "int", f"number of LSOAs of 2021 {what}")


def _people(people: Populations, what: str) -> tuple[Column, Column]:
    return people.residents_column(what), people.registered_column(what)


def _shares() -> tuple[Column, ...]:
    return (
        Column(
            "PLACE_RESIDENT_SHARE", "share", "RESIDENTS ÷ residents of the whole place: how much of it is this unit"
        ),
        Column("UNIT_RESIDENT_SHARE", "share", "RESIDENTS ÷ residents of the whole unit, inside the system or not"),
        Column("PLACE_REGISTERED_SHARE", "share", "REGISTERED ÷ registered patients who live in the whole place"),
        Column("UNIT_REGISTERED_SHARE", "share", "REGISTERED ÷ registered patients who live in the whole unit"),
    )


_FIT = Column(
    "FIT",
    "code",
    "how the unit fits the place, by LSOAs: exact = the same; within = unit inside the place; contains = place inside "
    "the unit; partial = each has a part of the other",
)
_BEST_FIT = Column(
    "BEST_FIT",
    "flag",
    "true on one row of each unit: that of the place in this table with most of its residents; of equals, of the first "
    "PLACECD. It may be a small part of the unit: see UNIT_RESIDENT_SHARE. Keep the true rows for a list that gives "
    "each one place",
)


def place_lsoa(people: Populations) -> TableSchema:
    """The crosswalk itself: a row an LSOA of 2021."""
    return TableSchema(
        "Each LSOA of 2021 and the place that it belongs to",
        (
            *HEAD,
            Column("LSOA21CD", "code", "LSOA of 2021"),
            Column("LSOA21NM", "text", "name of the LSOA"),
            Column(
                "METHOD",
                "code",
                "exact-fit: it lies in a declared area; best-fit: ONS gives it to a declared ward, or most of its "
                "people come from a declared former area; plurality: more of its registered patients use practices of "
                "this place than of any other",
            ),
            Column(
                "SHARE", "share", "plurality only: this place's patients ÷ all registered patients living in the LSOA"
            ),
            Column(
                "PLACED_SHARE",
                "share",
                "plurality only: this place's patients ÷ patients of any place of the footprint",
            ),
            Column(
                "RUNNER_UP", "code", "plurality only: PLACECD of the place with second most patients, if any has one"
            ),
            Column("RUNNER_UPNM", "text", "name of that place"),
            Column("MARGIN", "share", "plurality only: SHARE less the runner-up's share"),
            people.residents_column("of the LSOA"),
            Column("IN_SCOPE", "flag", "true where the LSOA lies in the area that the footprint must cover"),
        ),
        ("LSOA21CD",),
    )


def place_unit(kind: str, vintage: str, people: Populations) -> TableSchema:
    """A row an overlapping pair of a place and an area unit."""
    prefix, label = published_prefix(kind, vintage), _unit_label(kind, vintage)
    columns = [
        *HEAD,
        Column(f"{prefix}CD", "code", f"GSS code of the {label}, the unit of this table"),
        Column(f"{prefix}NM", "text", f"name of the {label}"),
        _lsoas("that the two have in common"),
        *_people(people, "in those LSOAs"),
        *_shares(),
        _FIT,
        _BEST_FIT,
    ]
    if KINDS[kind].ods:
        columns.insert(len(HEAD) + 1, Column(f"{prefix}CDH", "code", f"NHS (ODS) code of the {label}"))
    return TableSchema(f"Places and {_plural(kind, vintage)}", tuple(columns), ("PLACECD", f"{prefix}CD"))


def place_lsoa11(people: Populations) -> TableSchema:
    """A row an overlapping pair of a place and an LSOA of 2011, whose people may be split between places."""
    split = replace(people, whole_residents=False, whole_registered=False)
    table = place_unit("lsoa", OLD_LSOA_VINTAGE, split)
    change = Column("CHGIND", "code", "what became of the LSOA in 2021: U unchanged, S split, M merged, X irregular")
    weight = (
        "share of the LSOA of 2011 that lies in the place: multiply figures coded in LSOAs of 2011 by it. "
        "Split and irregular LSOAs are divided by " + RESIDENTS
    )
    columns = [replace(c, description=weight) if c.name == "UNIT_RESIDENT_SHARE" else c for c in table.columns]
    columns.insert(len(HEAD) + 2, change)
    return replace(table, columns=tuple(columns))


def _unit_label(kind: str, vintage: str) -> str:
    if is_ccg(kind, vintage):
        return f"CCG of {vintage}"
    return f"{KINDS[kind].label} of {vintage}"


def _plural(kind: str, vintage: str) -> str:
    if is_ccg(kind, vintage):
        return f"clinical commissioning groups of {vintage}"
    return f"{KINDS[kind].plural} of {vintage}"


def place_pcn(vintage: str, people: Populations) -> TableSchema:
    """A row a pair of a place and a PCN with patients there."""
    patients = people.registered_type
    return TableSchema(
        f"Places and the primary care networks ({vintage}) that their residents are registered with",
        (
            *HEAD,
            Column("PCNCD", "code", "ODS code of the PCN; blank for all practices without a PCN together"),
            Column("PCNNM", "text", "name of the PCN"),
            Column("PATIENTS", patients, f"patients of the PCN who live in the place ({people.registered_name})"),
            Column("PLACE_REGISTERED_SHARE", "share", "PATIENTS ÷ registered patients who live in the place"),
            Column("UNIT_REGISTERED_SHARE", "share", "PATIENTS ÷ all patients of the PCN, wherever they live"),
            Column("DECLARED", "flag", "true where the place is declared from this PCN"),
        ),
        ("PLACECD", "PCNCD"),
    )


def place_practice(vintage: str, people: Populations) -> TableSchema:
    """A row a practice that is declared in a place."""
    patients, listed = people.registered_type, people.registered_name
    return TableSchema(
        "GP practices and the place that they are declared in",
        (
            *HEAD,
            Column("PRACTICECD", "code", "ODS code of the practice"),
            Column("PRACTICENM", "text", "name of the practice"),
            Column("PCNCD", "code", f"ODS code of the practice's PCN ({vintage}), blank where it has none"),
            Column("PCNNM", "text", "name of that PCN"),
            Column("DECLARED_BY", "code", "practice = the practice itself is listed; pcn = its PCN is"),
            Column("LIST_SIZE", "int", f"patients registered with the practice, wherever they live ({listed})"),
            Column("PATIENTS_IN_PLACE", patients, "of those, living in LSOAs of the place"),
            Column("PATIENTS_OUT_OF_PLACE", patients, "of those, living elsewhere or without an LSOA"),
        ),
        ("PRACTICECD",),
    )


def practices_today(vintage: str, pcn_vintage: str, people: Populations) -> TableSchema:
    """A row a practice that is open today."""
    listed = people.registered_name
    return TableSchema(
        f"GP practices open in {vintage}, and the place of each",
        (
            Column("PRACTICECD", "code", f"ODS code of the practice, open by the list of {vintage}"),
            Column("PRACTICENM", "text", "name of the practice"),
            Column("PCNCD", "code", f"ODS code of the practice's PCN ({pcn_vintage}), blank where it has none"),
            Column("PCNNM", "text", "name of that PCN"),
            *HEAD,
            Column(
                "BASIS",
                "code",
                "what gives the practice its place: listed = the place lists it; pcn = the place lists its PCN of "
                "today; former pcn = the place lists the PCN that it was in when the config was written; patients = "
                "more of its patients live there than in any other place; patients of pcn = so do those of the other "
                "practices of its PCN, as it opened later than the patients were counted; blank = no place",
            ),
            Column(
                "HOME_PLACECD", "code", f"PLACECD of the place where most of its patients live ({listed}), if known"
            ),
            Column("HOME_PLACENM", "text", "name of that place"),
            Column("HOME_SHARE", "share", "its patients who live there ÷ all its patients"),
            Column("PATIENTS", "int", f"patients registered with the practice ({listed}); 0 where it opened later"),
        ),
        ("PRACTICECD",),
    )


def places(people: Populations) -> TableSchema:
    """A row a place."""
    return TableSchema(
        "The places",
        (
            *HEAD,
            Column("DECLARED_FROM", "text", "what the config declares the place from"),
            _lsoas("of the place"),
            *_people(people, "in the place"),
            Column("STATUS", "code", "current, proposed or superseded, as the evidence has it"),
            Column(
                "GRADE",
                "code",
                "strength of the evidence: A = places and geography stated; B = geography follows from names; C = weak",
            ),
            Column(
                "BASIS", "code", "stated = a source gives the members; inferred = they were worked out from sources"
            ),
            Column("EVIDENCE", "text", "documents that the place rests on"),
            Column("DESCRIPTION", "text", "shortest description that gives exactly the place's LSOAs"),
        ),
        ("PLACECD",),
    )


def place_boundaries(people: Populations) -> TableSchema:
    """The attributes of the outline of each place."""
    return TableSchema(
        "Outlines of the places, dissolved from generalised LSOA boundaries",
        (
            *HEAD,
            _lsoas("of the place"),
            *_people(people, "in the place"),
            Column("AREA_KM2", "number", "area of the outline in square kilometres, clipped to the coastline"),
        ),
        ("PLACECD",),
    )


def national_places(people: Populations, icb_vintage: str) -> TableSchema:
    """A row a place of any system, with the ICB that it lies in."""
    table = places(people)
    prefix, label = published_prefix("icb", icb_vintage), _unit_label("icb", icb_vintage)
    icb = (
        Column(
            f"{prefix}CD",
            "code",
            f"GSS code of the {label} that most of the place's residents live in; blank for none known",
        ),
        Column(f"{prefix}CDH", "code", f"NHS (ODS) code of the {label}"),
        Column(f"{prefix}NM", "text", f"name of the {label}"),
        Column(
            f"{prefix}_RESIDENT_SHARE",
            "share",
            f"share of the place's residents who live in that {label}; the rest lives in another, or in a sub-ICB "
            "location that was redrawn and does not tell",
        ),
    )
    own = Column(
        "OWN_PRACTICE_SHARE",
        "share",
        "registered residents of the place whose practice has more patients in it than in any other ÷ REGISTERED",
    )
    at = table.names.index("STATUS")
    return replace(table, title="The places of England", columns=(*table.columns[:at], own, *icb, *table.columns[at:]))


def place_history(people: Populations) -> TableSchema:
    """A row a place of now, and a row a place of the past and each place that followed it."""
    return TableSchema(
        "The places of England now and of earlier releases, and the places that followed those that are gone",
        (
            ICS,
            FOOTPRINT,
            *PLACE,
            Column("FIRST_RELEASE", "code", "first release of placemap that had the place; blank for none"),
            Column("LAST_RELEASE", "code", "last release that had it; the one that wrote this table for places of now"),
            Column("VALID_FROM", "date", "first day of the place, where known"),
            Column("VALID_TO", "date", "last day of the place; blank where it is not known to have ended"),
            Column("SUCCESSORCD", "code", "a place that followed it; blank for places of now, and where none is known"),
            Column("SUCCESSORNM", "text", "name of that place"),
            Column(
                "BASIS", "code", "declared = the config names the successor; by area = it has LSOAs of the place now"
            ),
            Column(
                "LSOAS",
                "int",
                "LSOAs of 2021 of the place; with a successor those that it has now, blank for not known",
            ),
            people.residents_column("of those LSOAs"),
            Column(
                "KEY_LSOAS",
                "text",
                "some LSOAs of the place, by which a later release tells that its id means the same",
            ),
        ),
        key=("PLACECD", "SUCCESSORCD"),
    )


FINDINGS = TableSchema(
    "What the checks found",
    (
        ICS,
        FOOTPRINT,
        Column("FINDING", "code", "stable name of the check, explained in placemap's documentation"),
        Column("SEVERITY", "code", "error, warning or info"),
        Column("PLACECD", "code", "the place it is about, blank for the footprint as a whole"),
        Column("PLACEID", "code", "its PLACECD in one word"),
        Column("SUBJECT", "code", "the code or id it is about; a waiver in the config names it"),
        Column("MESSAGE", "text", "what was found and what was expected"),
        Column("LSOAS", "int", "number of LSOAs of 2021 concerned"),
        Column("PEOPLE", "people", "people concerned, blank where that does not apply"),
        Column("LSOA21CDS", "text", "the LSOAs of 2021 concerned, separated by spaces"),
        Column("NEXT_STEP", "text", "what to do about it"),
        Column("LOCATION", "text", "file:line:column of the declaration"),
    ),
    (),
)


def ledger(people: Populations) -> TableSchema:
    """A row a line of the ledger × place of residence × place of registration."""
    return TableSchema(
        "Every patient of the national registrations, accounted for once",
        (
            ICS,
            FOOTPRINT,
            Column("LINE", "int", "order of the lines; the first that applies to a patient counts them"),
            Column("CATEGORY", "code", "which patients the line counts"),
            Column("RESIDENCE", "code", "PLACECD of the place that they live in, blank where none"),
            Column(
                "REGISTERED_WITH", "code", "PLACECD of the place that their practice is declared in, blank where none"
            ),
            Column(
                "PATIENTS", people.registered_type, "registered patients; all lines sum to the source's national total"
            ),
        ),
        ("LINE", "CATEGORY", "RESIDENCE", "REGISTERED_WITH"),
    )
