"""What an explanation says: the shapes that `explain` fills in and the command line prints."""

from __future__ import annotations

from dataclasses import dataclass

from placemap.reference.look_up import NamedUnit


@dataclass(frozen=True)
class UnitPart:
    """A part of a unit, or of a practice's patients.

    Attributes:
        code: PLACECD, or the code of the unit that the part lies in; empty for no place.
        lsoas: number of LSOAs of 2021; None where patients were counted.
        people: residents, or patients.
        share: of all people of the unit.
    """

    code: str
    name: str
    lsoas: int | None
    people: float
    share: float


@dataclass(frozen=True)
class Vote:
    """Registered patients of an LSOA by place, `elsewhere` last.

    Attributes:
        sources: the PCNs and practices that they are registered with, largest first: (text, patients).
    """

    code: str
    name: str
    patients: float
    share: float
    sources: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Reason:
    """Why one LSOA of 2021 belongs to its place.

    Attributes:
        lsoa, lsoa_name, residents: the LSOA.
        place, place_name: empty for no place.
        method: `exact-fit`, `best-fit`, `plurality`, or empty.
        rule: the method in words.
        member: the declared member that it comes by, empty for plurality (see `votes`).
        location: `file:line:column` of that member, or of the place.
        in_scope: whether the footprint must cover it.
        share, placed_share, margin: of patients, as in place_lsoa21.csv; None where the method is not plurality.
        runner_up, margin_patients: name of the place with second most patients, and by how many the place leads.
        registered: all registered patients living there.
        votes: how they divide; empty where no place is declared from practices.
    """

    lsoa: str
    lsoa_name: str
    residents: float
    place: str
    place_name: str
    method: str
    rule: str
    member: str
    location: str
    evidence: str
    grade: str
    basis: str
    in_scope: bool
    share: float | None
    placed_share: float | None
    margin: float | None
    runner_up: str
    margin_patients: float | None
    registered: float
    votes: tuple[Vote, ...]


@dataclass(frozen=True)
class Explanation:
    """The answer for one footprint.

    Attributes:
        reasons: by LSOA, for an LSOA (several for one of 2011 that was split).
        parts: how an aggregate, or a set of practices' patients, divide among places.
        districts: where those patients live, by LTLA.
        declared: which places declare the unit.
        members: what a place is declared from, or the practices of a PCN.
        exceptions: LSOAs of the aggregate outside the place that has most of it: (LSOA, name, place).
        facts: further lines, ready to read.
    """

    system: str
    system_name: str
    footprint: str
    footprint_name: str
    unit: NamedUnit
    parents: tuple[NamedUnit, ...]
    reasons: tuple[Reason, ...] = ()
    parts: tuple[UnitPart, ...] = ()
    districts: tuple[UnitPart, ...] = ()
    declared: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    exceptions: tuple[tuple[str, str, str], ...] = ()
    facts: tuple[str, ...] = ()
