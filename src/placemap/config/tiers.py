"""Tiers: which footprint lies inside which, what each tier is called, and how large its places should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from placemap.config.model import Footprint, Member, Place, System
from placemap.core.codes import LSOA_VINTAGE, PLACE, published_prefix
from placemap.core.text import listed

#: What most systems call a place, what a place divides into, and what that does.
PLACE_TIER, NEIGHBOURHOOD_TIER, PART_TIER = "place", "neighbourhood", "neighbourhood-part"


@dataclass(frozen=True)
class Guidance:
    """The size in people that national guidance gives for a tier; reported, never enforced."""

    low: int
    high: int
    source: str


#: By tier; a tier that is not here has no guidance, and is held to none of another's.
GUIDANCE = {
    PLACE_TIER: Guidance(250_000, 500_000, "NHS Confederation, 2020"),
    NEIGHBOURHOOD_TIER: Guidance(30_000, 50_000, "NHS Long Term Plan, 2019"),
}


def outer_of(system: System, footprint: Footprint) -> Footprint | None:
    """The footprint that another lies inside: the one it names, else the one that is put together from its places.

    Where several are, none tells which is meant, unless one of them is the system's default.
    """
    if footprint.inside:
        return system.footprints[footprint.inside[0]]
    over = [other for other in system.footprints.values() if footprint.id in other.united]
    usual = [other for other in over if other.id == system.default_footprint]
    return over[0] if len(over) == 1 else usual[0] if usual else None


def inner_of(system: System, footprint: Footprint) -> list[Footprint]:
    """The footprints that lie directly inside one, in order of id."""
    return [
        other for other in system.footprints.values() if (over := outer_of(system, other)) and over.id == footprint.id
    ]


def rests_on_patients(system: System, footprint: Footprint) -> bool:
    """Whether patients decide where LSOAs go, in a footprint or in those that it is put together from."""
    parts = (system.footprints[key] for key in footprint.united)
    return footprint.has_patient_kinds or any(rests_on_patients(system, part) for part in parts)


def all_units(footprints: Mapping[str, Footprint], place: Place) -> Iterator[Member]:
    """A place's units, and those of the places that it is put together from."""
    for member in place.members:
        if member.kind != PLACE.id:
            yield member
            continue
        key, _, place_id = member.code.partition("/")
        for other in footprints[key].places:
            if other.id == place_id:
                yield from all_units(footprints, other)


def pcn_vintages(footprints: Mapping[str, Footprint], footprint: Footprint) -> list[str]:
    """The months of the PCN memberships that a footprint pins, itself or by places that it is put together from."""
    units = (unit for place in footprint.places for unit in all_units(footprints, place))
    return sorted({unit.vintage for unit in units if unit.kind == "pcn" and unit.vintage})


def put_together(system: System, footprint: Footprint) -> str:
    """What a footprint that is put together from places of others is made of, in sentences."""
    names = listed(sorted(f"“{system.footprints[key].name}”" for key in footprint.united))
    own = any(member.kind != PLACE.id for _, member in footprint.members())
    made = f"The places are put together from those of {names}{', and from units of their own' if own else ''}."
    if not rests_on_patients(system, footprint):
        return f"{made} All of these are made of whole areas of official geography."
    return (
        f"{made} Some or all of these are groups of GP practices, not areas drawn on a map: each 2021 LSOA is with the "
        "practices that have most of its registered patients."
    )


def chain_of(system: System, footprint: Footprint) -> list[Footprint]:
    """All tiers that go through a footprint, the outermost first; those inside it that are not superseded."""
    chain = [footprint]
    while outer := outer_of(system, chain[0]):
        chain.insert(0, outer)
    below = [footprint]
    while below:
        below = [inner for outer in below for inner in inner_of(system, outer) if inner.status != "superseded"]
        chain += below
    return chain


def has_tiers(system: System) -> bool:
    """Whether any footprint of a system lies inside another."""
    return any(outer_of(system, footprint) for footprint in system.footprints.values())


def tier_of(system: System, footprint: Footprint) -> str:
    """What kind of tier a footprint is: as its config says, else by the nearest tier around it that is of a known kind.

    Inside a place is a neighbourhood, inside a neighbourhood a part of one; what lies inside none of them is a place.
    """
    if footprint.tier:
        return footprint.tier
    around = _around(system, footprint)
    known = next((tier for tier in around if tier in (PLACE_TIER, NEIGHBOURHOOD_TIER)), "")
    return {PLACE_TIER: NEIGHBOURHOOD_TIER, NEIGHBOURHOOD_TIER: PART_TIER}.get(known, PLACE_TIER)


def _around(system: System, footprint: Footprint) -> list[str]:
    """The tiers around a footprint, the nearest first."""
    outer = outer_of(system, footprint)
    if outer is not None:
        return [tier_of(system, outer), *_around(system, outer)]
    several = any(footprint.id in other.united for other in system.footprints.values())
    return [PLACE_TIER] if several else []


def tier_names(system: System, chain: list[Footprint]) -> list[str]:
    """A name for each of some footprints, no two alike: its tier, or its id where several are of one tier.

    None is that of the LSOAs, which stand in a table beside them.
    """
    tiers, ids = [tier_of(system, footprint) for footprint in chain], [footprint.id for footprint in chain]
    names = [tier if tiers.count(tier) == 1 else key for tier, key in zip(tiers, ids, strict=True)]
    names = names if len(set(names)) == len(names) else ids
    lsoas = published_prefix("lsoa", LSOA_VINTAGE).lower()
    return [f"tier-{name}" if name == lsoas else name for name in names]
