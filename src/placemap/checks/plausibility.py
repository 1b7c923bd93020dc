"""Checks on what is allowed and may yet be wrong: low shares, divided units, ties, odd sizes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placemap.checks.registry import finding_of, result_check
from placemap.config.tiers import GUIDANCE, PLACE_TIER, tier_of
from placemap.core.arrays import distinct
from placemap.core.findings import Finding, Severity
from placemap.core.text import counted, listed
from placemap.resolve.resolve import LOW_SHARE
from placemap.resolve.resolved import ResolvedFootprint


@result_check("low-share")
def low_share(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """LSOAs where fewer than half of the registered patients use the place's practices."""
    share, placed = resolved.assignment.share(), resolved.assignment.placed_share()
    with np.errstate(invalid="ignore"):
        low = np.flatnonzero(share < LOW_SHARE)
    for lsoa in low:
        place = resolved.places[resolved.assignment.place[lsoa]]
        code = resolved.geography.lsoa_codes[lsoa]
        yield finding_of(
            resolved,
            "low-share",
            Severity.WARNING,
            f"{code} ({resolved.geography.lsoa_names[lsoa]}) is placed in {place.name}, which has "
            f"{share[lsoa]:.1%} of its registered patients "
            f"({placed[lsoa]:.1%} of those with any place in this footprint).",
            subject=code,
            lsoas=np.array([lsoa]),
            place=place,
            hint="accept it with a reason, or claim the LSOA for a place under `lsoa`",
        )


@result_check("split-ward")
def split_ward(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Wards that are split between places."""
    yield from _split(resolved, "ward")


@result_check("split-ltla")
def split_ltla(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """LTLAs that are split between places."""
    yield from _split(resolved, "ltla")


def _parts(sizes: list[tuple[int, str]]) -> str:
    """LSOAs by place in words, the unit named once: `77 LSOAs in Woodspring; 1 in South Bristol`."""
    (size, name), *others = sizes
    first = f"{counted(size, 'LSOA')} in {name}"
    return "; ".join([first, *(f"{size} in {name}" for size, name in others)])


def _split(resolved: ResolvedFootprint, kind: str) -> Iterator[Finding]:
    units, place = resolved.geography.units(kind), resolved.assignment.place
    placed = np.flatnonzero((place >= 0) & (units.of >= 0))
    count = len(resolved.places)
    places_of = distinct(distinct(units.of[placed] * count + place[placed]).values // count)
    for unit in places_of.values[places_of.counts > 1]:
        lsoas = placed[units.of[placed] == unit]
        sizes = sorted(
            ((int((place[lsoas] == position).sum()), resolved.places[position].name) for position in set(place[lsoas])),
            key=lambda part: (-part[0], part[1]),
        )
        label = "ward" if kind == "ward" else "LTLA"
        yield finding_of(
            resolved,
            f"split-{kind}",
            Severity.INFO,
            f"{label} {units.codes[unit]} ({units.names[unit]}) is split: {_parts(sizes)}.",
            subject=str(units.codes[unit]),
            lsoas=lsoas,
            hint=f"figures by {label} need the shares of the crosswalk, not a plain join",
        )


@result_check("tie")
def tie(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """LSOAs where several places have equally many patients."""
    patients = resolved.assignment.patients
    for lsoa in resolved.assignment.ties:
        assert patients is not None
        votes = patients.votes[lsoa]
        winner = resolved.assignment.place[lsoa]
        equal = [p.name for p, v in zip(resolved.places, votes, strict=True) if v == votes[winner]]
        code = resolved.geography.lsoa_codes[lsoa]
        yield finding_of(
            resolved,
            "tie",
            Severity.INFO,
            f"{code} has {votes[winner]:,.2f} patients with each of {listed(equal)}; "
            "it is placed in the first of them by id.",
            subject=code,
            lsoas=np.array([lsoa]),
            place=resolved.places[winner],
            hint="claim it for a place under `lsoa` if that is wrong",
        )


@result_check("exact-beats-plurality")
def exact_beats_plurality(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """LSOAs that one place claims as an area while another has more of its registered patients.

    A place without practices never has any, so what it claims is reported only where another has most of all patients.
    """
    patients, place = resolved.assignment.patients, resolved.assignment.place
    if patients is None:
        return
    claimed = resolved.assignment.claims.any(axis=1)
    share = patients.share(patients.winner)
    counts = np.array([*map(bool, (mine.codes for mine in resolved.assignment.declared.by_place)), False])[place]
    telling = claimed & (patients.winner >= 0) & (patients.winner != place) & (counts | (share > 1 / 2))
    for lsoa in np.flatnonzero(telling):
        code = resolved.geography.lsoa_codes[lsoa]
        own, other = resolved.places[place[lsoa]], resolved.places[patients.winner[lsoa]]
        yield finding_of(
            resolved,
            "exact-beats-plurality",
            Severity.INFO,
            f"{code} is declared in {own.name}, though {share[lsoa]:.1%} of its registered patients are with "
            f"{other.name} ({patients.share(place)[lsoa]:.1%} with {own.name}).",
            subject=code,
            lsoas=np.array([lsoa]),
            place=own,
        )


@result_check("place-size")
def place_size(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Places outside the size that national guidance gives for their tier."""
    tier = tier_of(resolved.system, resolved.footprint)
    guidance = GUIDANCE.get(tier)
    if guidance is None:
        return
    whose = "" if tier == PLACE_TIER else f"a {tier} "
    for position, place in enumerate(resolved.places):
        people = resolved.people(np.flatnonzero(resolved.assignment.place == position))
        if people and not guidance.low <= people <= guidance.high:
            yield finding_of(
                resolved,
                "place-size",
                Severity.INFO,
                f"{place.name} has {people:,.0f} residents; guidance gives {whose}{guidance.low:,} to "
                f"{guidance.high:,} ({guidance.source}).",
                subject=place.id,
                place=place,
                people=people,
            )
