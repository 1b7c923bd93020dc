"""What a footprint needs of others of its system: a scope, places that it is put together from, and no errors."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from placemap.config.model import Footprint, System
from placemap.config.tiers import outer_of
from placemap.core.arrays import Bools
from placemap.core.findings import Finding, errors_of
from placemap.resolve.declared import OtherPlace, OtherPlaces
from placemap.resolve.resolve import lsoas_of, scope_of

if TYPE_CHECKING:
    from placemap.commands.workspace import Workspace


def scope_in(workspace: Workspace, system: System, footprint: Footprint) -> tuple[Bools | None, list[Finding]]:
    """The scope of a footprint; None where another that it needs has errors, and these."""
    needed = footprint.inside or footprint.scope.place
    if not needed:
        return scope_of(footprint.scope, workspace.geography), []
    other_id, place_id = needed
    other = workspace.footprint(system, other_id)
    if place_id and place_id not in {place.id for place in other.places}:
        other = system.footprints[other_id]  # one that has ended is taken with those of its own time
    findings, resolved = workspace.resolve_alone(system, other)
    if resolved is None:
        return None, findings
    ids = [place.id for place in resolved.places]
    lsoas = resolved.lsoas(ids.index(place_id)) if place_id else resolved.assignment.place >= 0
    if footprint.inside:  # the tiers sum, so what a place has outside its own scope is the tier below's, too
        return lsoas, []
    excluded = lsoas_of(footprint.scope.exclude, workspace.geography)
    return resolved.assignment.in_scope & lsoas & ~excluded, []


def others_places(workspace: Workspace, system: System, footprint: Footprint) -> tuple[OtherPlaces, list[Finding]]:
    """The places of other footprints that one is put together from; and what is wrong with those."""
    errors: list[Finding] = []
    others: dict[str, OtherPlace] = {}
    for other_id in sorted(footprint.united):
        findings, resolved = workspace.resolve_alone(system, workspace.footprint(system, other_id))
        errors += findings
        if resolved is not None:
            for position, place in enumerate(resolved.places):
                lsoas, practices = np.flatnonzero(resolved.lsoas(position)), resolved.assignment.declared.of(position)
                others[f"{other_id}/{place.id}"] = OtherPlace(lsoas, practices)
    return others, errors


def errors_of_needed(workspace: Workspace, system: System, footprint: Footprint) -> list[Finding]:
    """The errors of the footprints whose places one divides, or is put together from: its own would hide them."""
    inside = [footprint.inside[0]] if footprint.inside else []
    found = []
    for key in [*inside, *sorted(footprint.united)]:
        start = f"in footprint {key}, which this one needs: "
        for error in errors_of(workspace.check(system, workspace.footprint(system, key)).findings):
            found.append(replace(error, place="", message=start + error.message))
    return found


def rests_on(system: System, footprint: Footprint) -> list[Footprint]:
    """A footprint, and all that its places or its parents come from."""
    found = [footprint]
    for one in found:
        outer = outer_of(system, one)
        others = [*(system.footprints[key] for key in sorted(one.united)), *([outer] if outer else [])]
        found += [other for other in others if other not in found]
    return found
