"""Why one LSOA belongs where it does: the rule, the member, the evidence, and how its patients divide."""

from __future__ import annotations

import numpy as np

from placemap.analysis.explanation import Reason, Vote
from placemap.config.in_words import evidence_text, member_text
from placemap.config.model import Member
from placemap.core.arrays import Floats, Texts, sums
from placemap.resolve.resolve import EXACT, METHODS, PLURALITY
from placemap.resolve.resolved import ResolvedFootprint

NO_PLACE = "no place"


def place_names(resolved: ResolvedFootprint) -> Texts:
    """Names by position of the place; the last is for none (-1)."""
    return np.array([*resolved.placenm[:-1], NO_PLACE], dtype=object)


def reason(resolved: ResolvedFootprint, lsoa: int) -> Reason:
    """Why the LSOA at this position belongs where it does."""
    a = resolved.assignment
    position = int(a.place[lsoa])
    place = resolved.places[position] if position >= 0 else None
    method = METHODS[int(a.method[lsoa])]
    plural = method == PLURALITY
    member = list(resolved.footprint.members())[int(a.member[lsoa])][1] if a.member[lsoa] >= 0 else None
    runner = int(a.runner_up()[lsoa])
    votes = _votes(resolved, lsoa)
    return Reason(
        lsoa=str(resolved.geography.lsoas[lsoa]),
        lsoa_name=str(resolved.geography.lsoa_names[lsoa]),
        residents=float(resolved.populations.residents[lsoa]),
        place=str(resolved.placecd[position]),
        place_name=str(place_names(resolved)[position]),
        method=method,
        rule=_rule(resolved, lsoa, method, member),
        member=member_text(member) if member else "",
        location=str((member or place or resolved.footprint).loc),
        evidence=evidence_text(resolved.system, place) if place else "",
        grade=resolved.footprint.grade,
        basis=place.basis if place else "",
        in_scope=bool(a.in_scope[lsoa]),
        share=float(a.share()[lsoa]) if plural else None,
        placed_share=float(a.placed_share()[lsoa]) if plural else None,
        margin=float(a.margin()[lsoa]) if plural else None,
        runner_up=str(place_names(resolved)[runner]) if runner >= 0 else "",
        margin_patients=_lead(resolved, lsoa, position, runner) if plural else None,
        registered=float(resolved.populations.registered[lsoa]),
        votes=votes,
    )


def _lead(resolved: ResolvedFootprint, lsoa: int, place: int, runner: int) -> float:
    votes = resolved.assignment.patients.votes[lsoa]  # type: ignore[union-attr]
    return float(votes[place] - (votes[runner] if runner >= 0 else 0.0))


def _rule(resolved: ResolvedFootprint, lsoa: int, method: str, member: Member | None) -> str:
    a = resolved.assignment
    if not a.in_scope[lsoa] and method == "":
        return "it lies outside the area that the footprint divides"
    if method == "":
        return "no place claims it, and none of its patients is registered with a place: a gap"
    if method == PLURALITY:
        if a.patients and a.patients.tied[lsoa]:
            return "as many of its registered patients use practices of this place as of another; this id is first"
        return "more of its registered patients use practices of this place than of any other"
    unit = member_text(member) if member else "a declared member"
    what = f"it lies in {unit}" if method == EXACT else f"ONS, or most of its people, give it to {unit}"
    claims = int(a.claims[lsoa].sum())
    return f"{what}, which the place is declared from" + (
        " (an overlap: several places claim it)" if claims > 1 else ""
    )


def _votes(resolved: ResolvedFootprint, lsoa: int) -> tuple[Vote, ...]:
    a = resolved.assignment
    if a.patients is None or a.practice_place is None:
        return ()
    patients = _patients_of(resolved, lsoa)
    total = float(a.patients.registered[lsoa])
    votes = []
    for position in [*range(len(resolved.places)), -1]:
        mine = np.where(a.practice_place == position, patients, 0.0)
        if mine.sum() > 0:
            votes.append(_vote(resolved, position, mine, total))
    return tuple(sorted(votes, key=lambda vote: (vote.code == "", -vote.patients, vote.code)))


def _vote(resolved: ResolvedFootprint, position: int, patients: Floats, total: float) -> Vote:
    name = str(place_names(resolved)[position]) if position >= 0 else "elsewhere"
    share = float(patients.sum() / total) if total else 0.0
    return Vote(str(resolved.placecd[position]), name, float(patients.sum()), share, _sources(resolved, patients))


def _patients_of(resolved: ResolvedFootprint, lsoa: int) -> Floats:
    """Patients living in the LSOA, by practice of the registrations."""
    registrations = resolved.geography.registrations
    fit = registrations.fit
    weight = np.zeros(len(fit.codes))
    pairs = fit.target == lsoa
    weight[fit.source[pairs]] = fit.weight[pairs]
    rows = registrations.lsoa >= 0
    people = registrations.patients[rows] * weight[registrations.lsoa[rows]]
    return sums(registrations.practice[rows], people, len(registrations.codes))


def _sources(resolved: ResolvedFootprint, patients: Floats) -> tuple[tuple[str, float], ...]:
    """Patients by PCN, or by practice where it has none, largest first."""
    pcns = resolved.geography.pcns(resolved.pcn_vintage)
    found: dict[str, float] = {}
    for position in np.flatnonzero(patients > 0).tolist():
        code = str(resolved.geography.registrations.codes[position])
        pcn = pcns.pcn_of.get(code)
        text = f"PCN {pcn} {pcns.names[pcn]}" if pcn else f"practice {code} {practice_name(resolved, code)}".strip()
        found[text] = found.get(text, 0.0) + float(patients[position])
    return tuple(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def practice_name(resolved: ResolvedFootprint, code: str) -> str:
    """A practice's name as in the registrations, else as in the list of PCNs; empty where neither has it."""
    names = resolved.geography.practice_names
    return names.get(code) or resolved.geography.pcns(resolved.pcn_vintage).practice_names.get(code, "")
