"""What a place is, and where it is weakest."""

from __future__ import annotations

import numpy as np

from placemap.analysis.explanation import Explanation, UnitPart
from placemap.config.in_words import declared_from, evidence_text, member_text
from placemap.config.model import Place
from placemap.core.arrays import Ints, distinct
from placemap.reference.look_up import NamedUnit
from placemap.resolve.resolved import ResolvedFootprint


def explain_place(resolved: ResolvedFootprint, place: Place, description: str) -> Explanation:
    """Explain a place: what it is declared from, how large it is, what it is in units, where it is weakest.

    Args:
        description: its shortest exact description.
    """
    position = resolved.places.index(place)
    lsoas = np.flatnonzero(resolved.assignment.place == position)
    ltlas = resolved.geography.units("ltla")
    populations = resolved.populations
    people = populations.residents
    parts = [
        UnitPart(
            str(ltlas.codes[unit]),
            str(ltlas.names[unit]),
            len(mine := lsoas[ltlas.of[lsoas] == unit]),
            float(people[mine].sum()),
            float(people[mine].sum() / people[lsoas].sum()),
        )
        for unit in distinct(ltlas.of[lsoas]).values
        if unit >= 0
    ]
    facts = [
        f"{len(lsoas):,} LSOAs, {people[lsoas].sum():,.0f} residents ({populations.residents_name}), "
        f"{populations.registered[lsoas].sum():,.0f} registered patients ({populations.registered_name})",
        f"declared from {declared_from(place)} ({place.loc}); {place.basis}, evidence grade {resolved.footprint.grade}",
        f"evidence: {evidence_text(resolved.system, place)}",
        f"in units: {description}",
        *_weakest(resolved, lsoas),
    ]
    return Explanation(
        resolved.system.id,
        resolved.system.name,
        resolved.footprint.id,
        resolved.footprint.name,
        NamedUnit("", str(resolved.placecd[position]), place.name, ""),
        (),
        districts=tuple(sorted(parts, key=lambda part: (-part.people, part.code))),
        members=tuple(member_text(member) for member in place.members),
        facts=tuple(facts),
    )


def _weakest(resolved: ResolvedFootprint, lsoas: Ints) -> list[str]:
    margin = resolved.assignment.margin()[lsoas]
    plural = lsoas[~np.isnan(margin)]
    if not len(plural):
        return []
    order = plural[np.argsort(resolved.assignment.margin()[plural], kind="stable")][:3]
    share, runner = resolved.assignment.share(), resolved.assignment.runner_up()
    return [
        f"weakest: {resolved.geography.lsoas[i]} ({resolved.geography.lsoa_names[i]}) {share[i]:.1%} of its patients, "
        f"runner-up {resolved.placenm[runner[i]]} by {resolved.assignment.margin()[i]:.1%}"
        for i in order
    ]
