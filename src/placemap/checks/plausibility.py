"""Checks on what is allowed and may yet be wrong: low shares, divided units, ties, left-out practices, odd sizes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placemap.checks.registry import Result, result_check
from placemap.config.model import PLACE_SIZE
from placemap.core.arrays import sums
from placemap.core.findings import Finding, Severity
from placemap.core.text import listed
from placemap.resolve.resolve import LOW_SHARE


@result_check("low-share")
def low_share(result: Result) -> Iterator[Finding]:
    """LSOAs where fewer than half of the registered patients use the place's practices."""
    share, placed = result.assignment.share(), result.assignment.placed_share()
    with np.errstate(invalid="ignore"):
        low = np.flatnonzero(share < LOW_SHARE)
    for lsoa in low:
        place = result.places[result.assignment.place[lsoa]]
        code = result.geography.lsoa_codes[lsoa]
        yield result.finding(
            "low-share",
            Severity.WARNING,
            f"{code} ({result.geography.lsoa_names[lsoa]}) goes to {place.name} with {share[lsoa]:.1%} of its "
            f"registered patients; {placed[lsoa]:.1%} of those that any place has.",
            subject=code,
            lsoas=np.array([lsoa]),
            place=place,
            hint="accept it with a reason, or claim the LSOA for a place under `lsoa`",
        )


@result_check("split-ward")
def split_ward(result: Result) -> Iterator[Finding]:
    """Wards that are divided between places."""
    yield from _split(result, "ward")


@result_check("split-ltla")
def split_ltla(result: Result) -> Iterator[Finding]:
    """LTLAs that are divided between places."""
    yield from _split(result, "ltla")


def _split(result: Result, kind: str) -> Iterator[Finding]:
    units, place = result.geography.units(kind), result.assignment.place
    placed = np.flatnonzero((place >= 0) & (units.of >= 0))
    pairs = np.unique(np.stack([units.of[placed], place[placed]], axis=1), axis=0)
    codes, counts = np.unique(pairs[:, 0], return_counts=True)
    for unit in codes[counts > 1]:
        lsoas = placed[units.of[placed] == unit]
        sizes = sorted(
            ((int((place[lsoas] == position).sum()), result.places[position].name) for position in set(place[lsoas])),
            key=lambda part: (-part[0], part[1]),
        )
        label = "ward" if kind == "ward" else "LTLA"
        yield result.finding(
            f"split-{kind}",
            Severity.WARNING,
            f"{label} {units.codes[unit]} ({units.names[unit]}) is divided: "
            f"{listed([f'{name} {size}' for size, name in sizes])} LSOAs.",
            subject=str(units.codes[unit]),
            lsoas=lsoas,
            hint=f"figures by {label} need the shares of the crosswalk, not a plain join",
        )


@result_check("practice-without-pcn")
def practice_without_pcn(result: Result) -> Iterator[Finding]:
    """Practices in no PCN and no place although most of their patients live where practices decide the place."""
    declared, patients = result.assignment.practice_place, result.assignment.patients
    if declared is None or patients is None:
        return
    geography, registrations = result.geography, result.geography.registrations
    pcn_of = geography.pcns(result.footprint.vintages.get("pcn")).pcn_of
    open_to_practices = result.assignment.in_scope & ~result.assignment.claims.any(axis=1)
    in_scope = registrations.fit.shares(np.where(open_to_practices, 0, 1), 2)[:, 0]
    known = registrations.lsoa >= 0
    at_home = sums(
        registrations.practice[known],
        registrations.patients[known] * in_scope[registrations.lsoa[known]],
        len(registrations.codes),
    )
    for number in np.flatnonzero((declared < 0) & (at_home * 2 > registrations.by_practice)):
        code = str(registrations.codes[int(number)])
        if code in pcn_of:
            continue
        name = geography.practice_names.get(code, "")
        yield result.finding(
            "practice-without-pcn",
            Severity.WARNING,
            f"practice {code} ({name}) is in no PCN and in no place; {at_home[number]:,.0f} of its "
            f"{registrations.by_practice[number]:,} patients live in the scope.",
            subject=code,
            people=float(at_home[number]),
            hint="declare it in a place under `practice`, or accept it with a reason",
        )


@result_check("tie")
def tie(result: Result) -> Iterator[Finding]:
    """LSOAs where several places have equally many patients."""
    patients = result.assignment.patients
    for lsoa in result.assignment.ties:
        assert patients is not None
        votes = patients.votes[lsoa]
        winner = result.assignment.place[lsoa]
        equal = [p.name for p, v in zip(result.places, votes, strict=True) if v == votes[winner]]
        code = result.geography.lsoa_codes[lsoa]
        yield result.finding(
            "tie",
            Severity.INFO,
            f"{code} has {votes[winner]:,.2f} patients with each of {listed(equal)}; it goes to the first by id.",
            subject=code,
            lsoas=np.array([lsoa]),
            place=result.places[winner],
            hint="claim it for a place under `lsoa` if that is wrong",
        )


@result_check("exact-beats-plurality")
def exact_beats_plurality(result: Result) -> Iterator[Finding]:
    """LSOAs that one place claims as an area while another has more of its registered patients.

    A place without practices never has any, so what it claims is reported only where another has most of all patients.
    """
    patients, place = result.assignment.patients, result.assignment.place
    if patients is None:
        return
    claimed = result.assignment.claims.any(axis=1)
    share = patients.share(patients.winner)
    counts = np.array([*(item.has_patient_kinds for item in result.places), False])[place]
    telling = claimed & (patients.winner >= 0) & (patients.winner != place) & (counts | (share > 1 / 2))
    for lsoa in np.flatnonzero(telling):
        code = result.geography.lsoa_codes[lsoa]
        own, other = result.places[place[lsoa]], result.places[patients.winner[lsoa]]
        yield result.finding(
            "exact-beats-plurality",
            Severity.INFO,
            f"{code} is declared in {own.name}, though {share[lsoa]:.1%} of its registered patients are with "
            f"{other.name} ({patients.share(place)[lsoa]:.1%} with {own.name}).",
            subject=code,
            lsoas=np.array([lsoa]),
            place=own,
        )


@result_check("place-size")
def place_size(result: Result) -> Iterator[Finding]:
    """Places outside the size that national guidance gives."""
    low, high = PLACE_SIZE
    for position, place in enumerate(result.places):
        people = result.people(np.flatnonzero(result.assignment.place == position))
        if people and not low <= people <= high:
            yield result.finding(
                "place-size",
                Severity.INFO,
                f"{place.name} has {people:,.0f} residents; guidance gives {low:,} to {high:,} "
                "(NHS Confederation, 2020).",
                subject=place.id,
                place=place,
                people=people,
            )
