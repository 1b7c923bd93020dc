"""Checks on the cover: each LSOA of the scope in one place, places with LSOAs, inside the scope and in one piece."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from placemap.checks.registry import finding_of, result_check
from placemap.config.model import Footprint
from placemap.core.arrays import Ints, distinct
from placemap.core.findings import Finding, Severity
from placemap.core.text import listed, some
from placemap.resolve.resolved import ResolvedFootprint

#: How many LSOAs a message names.
NAMES_SHOWN = 5


def empty_scope(footprint: Footprint) -> Finding:
    """What is wrong with a footprint whose scope has no LSOA."""
    return Finding(
        "empty-scope",
        Severity.ERROR,
        f"nothing is left of the scope of footprint {footprint.id}: all its LSOAs are excluded.",
        footprint.id,
        str(footprint.scope.loc),
        hint="take units out of the `exclude` of the scope",
    )


@result_check("gap")
def gap(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """LSOAs of the scope that no place has, by LTLA."""
    for code, name, lsoas in _by_ltla(resolved, resolved.assignment.gaps):
        yield finding_of(
            resolved,
            "gap",
            Severity.ERROR,
            f"{_lsoas(lsoas, resolved)} of {name} in the scope {_is_are(lsoas)} in no place.",
            subject=code,
            lsoas=lsoas,
            loc=resolved.footprint.scope.loc,
            hint="add the missing unit to a place, or take it out of the scope with `exclude`",
        )


def _by_ltla(resolved: ResolvedFootprint, lsoas: Ints) -> Iterator[tuple[str, str, Ints]]:
    units = resolved.geography.units("ltla")
    for unit in distinct(units.of[lsoas]).values:
        code, name = (units.codes[unit], units.names[unit]) if unit >= 0 else ("", "no LTLA")
        yield str(code), str(name), lsoas[units.of[lsoas] == unit]


@result_check("overlap")
def overlap(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """LSOAs that several places claim exactly, by the places that do."""
    by_claims: dict[tuple[bool, ...], list[int]] = {}
    for lsoa in resolved.assignment.overlaps.tolist():
        by_claims.setdefault(tuple(resolved.assignment.claims[lsoa].tolist()), []).append(lsoa)
    for claimed, positions in sorted(by_claims.items()):
        lsoas = np.array(positions)
        places = [place for place, claims in zip(resolved.places, claimed, strict=True) if claims]
        yield finding_of(
            resolved,
            "overlap",
            Severity.ERROR,
            f"{_lsoas(lsoas, resolved)} {_is_are(lsoas)} claimed by {listed([place.name for place in places])}; "
            "each LSOA belongs to one place.",
            subject="+".join(place.id for place in places),
            lsoas=lsoas,
            loc=places[-1].loc,
            hint="take them from one of the places with `exclude`",
        )


def _lsoas(lsoas: Ints, resolved: ResolvedFootprint) -> str:
    codes = resolved.codes(lsoas)
    noun = "LSOA" if len(codes) == 1 else "LSOAs"
    return f"{len(codes):,} {noun} ({resolved.people(lsoas):,.0f} people: {some(codes, NAMES_SHOWN)})"


def _is_are(lsoas: Ints) -> str:
    return "is" if len(lsoas) == 1 else "are"


@result_check("empty-place")
def empty_place(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Places that end up without an LSOA."""
    for position, place in enumerate(resolved.places):
        if not (resolved.assignment.place == position).any():
            yield finding_of(
                resolved,
                "empty-place",
                Severity.ERROR,
                f"{place.name} has no LSOA: its members lie outside the scope, are excluded, "
                "or have the most patients nowhere.",
                subject=place.id,
                place=place,
                hint="check its members, `exclude` and `within` against the scope",
            )


@result_check("outside-scope")
def outside_scope(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Places that reach out of the scope."""
    for position, place in enumerate(resolved.places):
        lsoas = np.flatnonzero((resolved.assignment.place == position) & ~resolved.assignment.in_scope)
        if len(lsoas):
            yield finding_of(
                resolved,
                "outside-scope",
                Severity.WARNING,
                f"{place.name} reaches outside the scope by {_lsoas(lsoas, resolved)}; these rows carry IN_SCOPE "
                "false.",
                subject=place.id,
                lsoas=lsoas,
                place=place,
                hint="write `within: scope` to keep only what lies in the scope",
            )


@result_check("not-contiguous")
def not_contiguous(resolved: ResolvedFootprint) -> Iterator[Finding]:
    """Parts of a place that are cut off from its largest part by other LSOAs.

    A part is left alone where nothing but the place's own LSOAs borders it: an island, or the far side of an estuary
    or of the coast, since boundaries are clipped to the coastline.
    """
    if resolved.geography.data.find("adjacency") is None:  # `left-out-tables` says so
        return
    for place, parts in zip(resolved.places, _detached(resolved), strict=True):
        for part in parts:
            yield finding_of(
                resolved,
                "not-contiguous",
                Severity.WARNING,
                f"{place.name} has a part that does not touch the rest of it: {_lsoas(part, resolved)}.",
                subject=resolved.codes(part)[0],
                lsoas=part,
                place=place,
                hint="look at it on the map; accept it if the place really has an exclave",
            )


def _detached(resolved: ResolvedFootprint) -> Iterator[list[Ints]]:
    """By place, its parts but for the one with most residents and those that border no LSOA of another or of none."""
    place, residents = resolved.assignment.place, resolved.populations.residents
    a, b = resolved.geography.adjacency
    place_a, place_b = (np.append(place, -1)[side] for side in (a, b))
    # Nearly all pairs of England lie outside a system.
    here = np.flatnonzero((place_a >= 0) | (place_b >= 0))
    a, b, place_a, place_b = a[here], b[here], place_a[here], place_b[here]
    within, border = place_a == place_b, place_a != place_b
    part = _components(len(place), a[within], b[within])
    bordered = np.zeros(len(place), dtype=bool)
    for side in (a[border], b[border]):
        bordered[side[side >= 0]] = True
    for position in range(len(resolved.places)):
        lsoas = np.flatnonzero(place == position)
        first = distinct(part[lsoas]).values
        parts = [lsoas[part[lsoas] == number] for number in first] if len(first) > 1 else []
        main = max(range(len(parts)), key=lambda number: (residents[parts[number]].sum(), -number), default=-1)
        yield [one for number, one in enumerate(parts) if number != main and bordered[one].any()]


def _components(size: int, a: Ints, b: Ints) -> Ints:
    """By node, the lowest node that it is connected with.

    Args:
        a, b: by edge, its two nodes.
    """
    lowest = np.arange(size)
    while True:
        low = np.minimum(lowest[a], lowest[b])
        before = lowest.copy()
        for side in (a, b):
            np.minimum.at(lowest, lowest[side], low)
            np.minimum.at(lowest, side, low)
        lowest = lowest[lowest]
        if (lowest == before).all():
            return lowest
