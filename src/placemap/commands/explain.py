"""Why a code, postcode or place is where it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from placemap.analysis.explain import explain
from placemap.analysis.explain_place import explain_place
from placemap.analysis.explain_tiers import tiers_of_lsoa, tiers_of_place
from placemap.analysis.explanation import Explanation
from placemap.analysis.find import Entry, parents, units_named
from placemap.commands.workspace import Workspace, footprints_of, resolved_of
from placemap.config.model import Footprint, Place, System
from placemap.config.suggest import places_meant
from placemap.config.tiers import chain_of
from placemap.core.codes import KINDS, normal_name
from placemap.core.errors import Exit, PlacemapError
from placemap.core.text import listed
from placemap.reference.describe import as_text
from placemap.reference.fine_lookups import Located
from placemap.reference.geography import Geography
from placemap.reference.locate_code import fine_kind_of, locate
from placemap.reference.look_up import Subject, find_subject
from placemap.resolve.resolve import Assignment
from placemap.resolve.resolved import ResolvedFootprint

Asked = Sequence[tuple[System, Footprint]]


@dataclass(frozen=True)
class Explained:
    """What `explain` found.

    Attributes:
        subject: None for a place.
        located: for a postcode or output area, how it was found.
        explanations: one a footprint that the unit has a part in.
    """

    subject: Subject | None
    located: Located | None
    explanations: tuple[Explanation, ...]


def explain_code(
    workspace: Workspace, systems: Sequence[System], code: str, footprints: list[str], *, every: bool
) -> Explained:
    """Explain a code, a postcode, an output area or a place in the footprints asked for.

    Args:
        systems: where to look.
        footprints: ids; each system's default where there are none.
        every: look in all footprints.

    Raises:
        PlacemapError: nothing is known of the code, or a footprint cannot be resolved.
    """
    place = _place_asked(code, systems, footprints)
    if place is not None:
        return Explained(None, None, (_explain_place(workspace, *place),))
    asked = [
        (system, footprint) for system in systems for footprint in _asked_of(system, footprints, systems, every=every)
    ]
    vintage = next((f.vintages["pcn"] for _, f in asked if "pcn" in f.vintages), None)
    kind = fine_kind_of(code)
    located = locate(code, kind, workspace.geography) if kind else None
    try:
        subject = _of_located(located, workspace) if located else _subject(code, workspace.geography, vintage)
    except PlacemapError as error:
        error.hint = _meant(code, systems) + error.hint
        raise
    return Explained(subject, located, tuple(_explain_in(workspace, asked, subject, only=len(systems) > 1)))


def _meant(name: str, systems: Sequence[System]) -> str:
    """The start of a next step: the places that a name may mean; empty where there are none."""
    found = places_meant(name, systems)
    return f"did you mean {listed([f'`{one}`' for one in found], 'or')}? " if found else ""


def _subject(text: str, geography: Geography, pcn_vintage: str | None) -> Subject:
    """What a code means, or the one unit of a name; of the living, if there are any of that name.

    Raises:
        PlacemapError: nothing is known of the code, or several units have the name.
    """
    try:
        return find_subject(text, geography, pcn_vintage)
    except PlacemapError:
        named = {entry.code: entry for entry in units_named(text, geography)}
        if not named:
            raise
    if len(named) > 1:
        known = listed(
            [f"{KINDS[one.kind].label} {code}{_inside(one, geography)}" for code, one in named.items()], "or"
        )
        raise PlacemapError(f"several units are called `{text}`", hint=f"say which: {known}", exit_code=Exit.USAGE)
    return find_subject(next(iter(named)), geography, pcn_vintage)


def _inside(entry: Entry, geography: Geography) -> str:
    near = next((unit for unit in parents(entry, geography) if unit.kind in ("ltla", "utla", "icb")), None)
    return f" in {near.name}" if near else ""


def _asked_of(system: System, footprints: list[str], systems: Sequence[System], *, every: bool) -> list[Footprint]:
    """The footprints of a system; one that only another system has is no mistake where several are asked."""
    here = [name for name in footprints if name in system.footprints]
    if footprints and not here and len(systems) > 1:
        return []
    return footprints_of(system, here if len(systems) > 1 else footprints, every=every)


def _of_located(located: Located, workspace: Workspace) -> Subject:
    return find_subject(str(workspace.geography.lsoas[located.lsoa]), workspace.geography)


def _explain_in(workspace: Workspace, asked: Asked, subject: Subject, *, only: bool) -> list[Explanation]:
    found = []
    for system, footprint in asked:
        try:
            resolved = resolved_of(workspace, system, footprint)
        except PlacemapError:
            if only:  # one of many systems, which the tables in use may not cover
                continue
            raise
        touched = not only or not len(subject.lsoas) or _touches(resolved.assignment, subject)
        if touched:
            result = _with_tiers(workspace, resolved, explain(resolved, subject))
            if not only or len(subject.lsoas) or _has_a_part(result):
                found.append(result)
    return found


def _with_tiers(workspace: Workspace, resolved: ResolvedFootprint, result: Explanation) -> Explanation:
    """With the tiers of its LSOA, where it is about one and the system has several."""
    if len(result.reasons) != 1:
        return result
    lsoa = workspace.geography.lsoas.positions([result.reasons[0].lsoa])[0]
    return replace(result, facts=(*result.facts, *tiers_of_lsoa(_tiers(workspace, resolved), int(lsoa))))


def _tiers(workspace: Workspace, resolved: ResolvedFootprint) -> list[ResolvedFootprint]:
    """All tiers that go through a footprint and can be resolved, the outermost first."""
    system = resolved.system
    chain = [workspace.footprint(system, one.id) for one in chain_of(system, resolved.footprint)]
    return [tier for one in chain if (tier := workspace.resolve(system, one)[1])]


def _touches(assignment: Assignment, subject: Subject) -> bool:
    return bool(np.any(assignment.in_scope[subject.lsoas] | (assignment.place[subject.lsoas] >= 0)))


#: A PCN belongs to a system's answer where it is declared there, or where this part of its patients lives.
SOME = 0.05


def _has_a_part(result: Explanation) -> bool:
    return bool(result.declared) or sum(part.share for part in result.parts if part.code) >= SOME


def _place_asked(code: str, systems: Sequence[System], footprints: list[str]) -> tuple[System, Footprint, Place] | None:
    """The place that `code` names, in whatever case: `system/footprint/place`, `footprint/place`, or its id or name."""
    parts = code.casefold().split("/")
    found = [
        (system, footprint, place)
        for system in systems
        for footprint in system.footprints.values()
        for place in footprint.places
        if _named(parts, system, footprint, place)
    ]
    usual = [item for item in found if item[1].id in (footprints or [item[0].default_footprint])]
    if len(parts) > 1 and not found:
        raise PlacemapError(
            f"there is no place `{code}`",
            hint=f"{_meant(code, systems)}`placemap show SYSTEM` lists its footprints and places",
            exit_code=Exit.USAGE,
        )
    chosen = usual or found
    if len({item[0].id for item in chosen}) > 1 or (len(chosen) > 1 and not usual):
        known = ", ".join(f"{s.id}/{f.id}/{p.id}" for s, f, p in chosen[:6])
        raise PlacemapError(f"several places are called `{code}`", hint=f"say which: {known}", exit_code=Exit.USAGE)
    return chosen[0] if chosen else None


def _named(parts: list[str], system: System, footprint: Footprint, place: Place) -> bool:
    ids = [system.id, footprint.id, place.id]
    return parts == ids[-len(parts) :] or (len(parts) == 1 and normal_name(parts[0]) == normal_name(place.name))


def _explain_place(workspace: Workspace, system: System, footprint: Footprint, place: Place) -> Explanation:
    resolved = resolved_of(workspace, system, footprint)
    lsoas = np.flatnonzero(resolved.lsoas(footprint.places.index(place)))
    description = as_text(workspace.describer.describe(lsoas.tolist()))
    told = explain_place(resolved, place, description)
    lines = tiers_of_place(_tiers(workspace, resolved), resolved, footprint.places.index(place))
    return replace(told, facts=(*told.facts, *lines))
