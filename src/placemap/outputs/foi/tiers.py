"""The answer of an FOI pack about tiers: what the places lie in, and what they divide into."""

from __future__ import annotations

from placemap.core.text import listed
from placemap.outputs.report.content import PlaceLine, Report
from placemap.outputs.report.tiers import PlacePart


def has_tiers(report: Report) -> bool:
    """Whether a place lies in another, or divides into others."""
    return any(place.parent or place.parts for place in report.places)


def paragraphs(report: Report) -> list[str]:
    """A sentence a place: where it lies, and what it divides into."""
    lines = [f"{place.name} lies in {place.parent}." for place in report.places if place.parent]
    if lines:
        lines.append("The file place_parent.csv has what each place has in common with these.")
    return [*lines, *(_divides(place) for place in report.places if place.parts)]


def _divides(place: PlaceLine) -> str:
    if len(place.parts) == 1:
        (part,) = place.parts
        return f"{place.name} is not divided" + ("." if part.name == place.name else f": all of it is {_part(part)}.")
    return f"{place.name} divides into {listed([_part(part) for part in place.parts])}."


def _part(part: PlacePart) -> str:
    crossed = f", a part of one that lies in {part.parent}" if part.parent else ""
    return f"{part.name} ({part.residents:,.0f} residents{crossed})"
