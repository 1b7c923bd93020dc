"""A footprint and its places in plain sentences."""

from __future__ import annotations

from placemap.config.grades import GRADES
from placemap.config.model import Footprint
from placemap.config.tiers import put_together
from placemap.core.text import counted
from placemap.outputs.report.model import PlaceLine
from placemap.resolve.resolve import Assignment, low_share
from placemap.resolve.resolved import ResolvedFootprint


def coverage_sentence(assignment: Assignment) -> str:
    """That each LSOA of the scope is in exactly one place, with how many reach outside."""
    scope = int(assignment.in_scope.sum())
    text = (
        f"Each of the {counted(scope, 'LSOA')} that the places must cover is in exactly one place."
        if len(assignment.footprint.places) > 1
        else f"The place has all of the {counted(scope, 'LSOA')} that it must cover."
    )
    beyond = int(((assignment.place >= 0) & ~assignment.in_scope).sum())
    if beyond:
        text += f" {counted(beyond, 'more LSOA')} of the places {'lies' if beyond == 1 else 'lie'} outside the system."
    return text


def places_sentences(resolved: ResolvedFootprint, places: list[PlaceLine]) -> list[str]:
    """The report in a few plain sentences."""
    footprint = resolved.footprint
    people = sum(place.residents for place in places)
    largest = max(places, key=lambda place: place.residents)
    smallest = min(places, key=lambda place: place.residents)
    residents = resolved.geography.measure_entry(resolved.populations.residents_name).title
    lines = [
        f"{resolved.system.name} is divided into {counted(len(places), 'place')} in this footprint, "
        f"“{footprint.name}”, which is {_status(footprint)}.",
        f"{people:,.0f} people live in {'them' if len(places) > 1 else 'it'} ({residents}).",
    ]
    if len(places) > 1:
        lines[1] += (
            f" The largest is {largest.name} with {largest.residents:,.0f} residents ({largest.residents / people:.0%} "
            f"of all), the smallest {smallest.name} with {smallest.residents:,.0f} residents "
            f"({smallest.residents / people:.0%})."
        )
    lines += [coverage_sentence(resolved.assignment), *_basis(resolved)]
    lines.append(f"Evidence for the places is graded {footprint.grade}: {GRADES[footprint.grade]}.")
    return lines


def _status(footprint: Footprint) -> str:
    words = {"current": "the current arrangement", "proposed": "a proposal", "superseded": "no longer in use"}
    return words.get(footprint.status, footprint.status)


def _basis(resolved: ResolvedFootprint) -> list[str]:
    if resolved.footprint.united:
        return [put_together(resolved.system, resolved.footprint)]
    if not resolved.footprint.has_patient_kinds:
        return ["The places are made of whole areas of official geography, so no figures decide where an LSOA goes."]
    lines = [
        "The places are groups of GP practices, not areas drawn on a map. Each LSOA is put in the place whose "
        "practices have most of its registered patients."
    ]
    low = low_share(resolved.assignment)
    if low.any():
        lines.append(
            f"In {counted(int(low.sum()), 'LSOA')} ({resolved.people(low):,.0f} residents) that is "
            "fewer than half of them, so figures there should be used with care."
        )
    return lines
