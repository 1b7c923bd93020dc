"""What a place is declared from, and on what evidence, in words."""

from __future__ import annotations

from collections import Counter

from placemap.config.model import Footprint, Member, Place, System
from placemap.core.codes import DECLARED_KINDS


def declared_from(place: Place) -> str:
    """`4 PCNs, 1 practice`; with what is taken away or bounded."""
    text = _counted(place.members)
    if place.exclude:
        text += f", less {_counted(place.exclude)}"
    if place.within:
        text += f", within {_counted(place.within)}"
    if place.within_scope:
        text += ", within the scope"
    return text


def _counted(members: tuple[Member, ...]) -> str:
    counts = Counter(member.kind for member in members)
    parts = []
    of_kind = {member.kind: member.of_kind for member in members}
    for kind in DECLARED_KINDS:
        if counts[kind]:
            noun = of_kind[kind].label if counts[kind] == 1 else of_kind[kind].plural
            parts.append(f"{counts[kind]} {noun}")
    return ", ".join(parts)


def ended(footprint: Footprint, place: Place) -> str:
    """When a place ended and what followed it: `ended on 2022-07-26; followed by a/b/c`."""
    after = f"; followed by {', '.join(place.succeeded_by)}" if place.succeeded_by else ""
    return f"ended on {place.valid_to or footprint.valid_to}{after}"


def evidence_text(system: System, place: Place) -> str:
    """The documents that a place rests on: title (publisher, date)."""
    texts = []
    for key in place.evidence:
        item = system.evidence[key]
        texts.append(f"{item.title} ({', '.join(part for part in (item.publisher, item.date) if part)})")
    return "; ".join(texts)


def public_notes(system: System, footprint: Footprint) -> list[str]:
    """What the system itself says of its places, in paragraphs; nothing where the config has none."""
    notes = f"{system.note_public}\n{footprint.note_public}"
    return [line.strip() for line in notes.splitlines() if line.strip()]


def member_text(member: Member) -> str:
    """A member with its name and vintage: `ward E05010885 (Ashley, 2018)`."""
    vintage = f", {member.vintage}" if member.vintage and not member.of_kind.patients else ""
    return f"{member.of_kind.label} {member.code} ({member.name or ''}{vintage})".replace(" ()", "").replace("(, ", "(")
