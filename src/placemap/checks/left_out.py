"""Checks on patients who live where practices decide the place, and whose own practices are in no place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placemap.checks.registry import finding_of, result_check
from placemap.core.arrays import Floats, Ints, sums
from placemap.core.findings import Finding, Severity
from placemap.resolve.resolved import ResolvedFootprint


@result_check("unplaced-pcn")
def unplaced_pcn(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """PCNs that no place has although most of their patients live where practices decide the place.

    A PCN all of whose practices are listed themselves is placed.
    """
    declared = resolved.assignment.practice_place
    if declared is None:
        return
    registrations, vintage = resolved.geography.registrations, resolved.pcn_vintage
    codes, names, group = resolved.geography.practice_groups(vintage)
    home, size = sums(group, _at_home(resolved), len(codes)), sums(group, registrations.by_practice, len(codes))
    practices, left = np.bincount(group, minlength=len(codes)), np.bincount(group[declared < 0], minlength=len(codes))
    members = {member.code for _, member in resolved.footprint.members()}
    for number in np.flatnonzero((home * 2 > size) & (left > 0) & (codes != "")):
        if codes[number] in members:
            continue
        placed = practices[number] - left[number]
        yield finding_of(
            resolved,
            "unplaced-pcn",
            Severity.ERROR,
            f"PCN {codes[number]} ({names[number]}) is in no place{_but_for(placed, practices[number])}; "
            f"{home[number]:,.0f} of its {size[number]:,.0f} patients ({home[number] / size[number]:.0%}) live in the "
            f"scope (PCNs of {vintage}).",
            subject=str(codes[number]),
            people=float(home[number]),
            hint="declare it in a place under `pcn`, or accept it with a reason",
        )


def _but_for(placed: int, practices: int) -> str:
    return f", but for {placed} of its {practices} practices that are listed themselves" if placed else ""


@result_check("practice-without-pcn")
def practice_without_pcn(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Practices in no PCN and no place although most of their patients live where practices decide the place."""
    declared = resolved.assignment.practice_place
    if declared is None:
        return
    geography, registrations = resolved.geography, resolved.geography.registrations
    pcn_of = geography.pcns(resolved.pcn_vintage).pcn_of
    home = _at_home(resolved)
    for number in np.flatnonzero((declared < 0) & (home * 2 > registrations.by_practice)):
        code = str(registrations.codes[int(number)])
        if code in pcn_of:
            continue
        name = geography.practice_names.get(code, "")
        yield finding_of(
            resolved,
            "practice-without-pcn",
            Severity.WARNING,
            f"practice {code} ({name}) is in no PCN and in no place; {home[number]:,.0f} of its "
            f"{registrations.by_practice[number]:,} patients live in the scope.",
            subject=code,
            people=float(home[number]),
            hint="declare it in a place under `practice`, or accept it with a reason",
        )


def _at_home(resolved: ResolvedFootprint) -> Floats:
    """By practice, its patients who live in the scope where no place claims the LSOA as an area."""
    registrations = resolved.geography.registrations
    open_to_practices = resolved.assignment.in_scope & ~resolved.assignment.claims.any(axis=1)
    in_scope = registrations.fit.shares(np.where(open_to_practices, 0, 1), 2)[:, 0]
    # Nobody of the three negative classes, which as positions count from the end.
    rows: Ints = np.flatnonzero(np.append(in_scope > 0, [False] * 3)[registrations.lsoa])
    people = registrations.patients[rows] * in_scope[registrations.lsoa[rows]]
    return sums(registrations.practice[rows], people, len(registrations.codes))
