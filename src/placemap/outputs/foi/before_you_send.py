"""What an officer checks before a pack is sent whose members were worked out from outside; it is in no pack."""

from __future__ import annotations

from collections.abc import Iterator

from placemap.config.in_words import member_text, public_notes
from placemap.config.model import Footprint, Place, System
from placemap.core.text import as_markdown, without_html
from placemap.outputs.report.content import evidence_of

CHECKS = "BEFORE-YOU-SEND.md"
_BOX = "- [ ] "


def needs_checking(footprint: Footprint) -> bool:
    """Whether members of any of its places were worked out from sources."""
    return bool(inferred(footprint))


def inferred(footprint: Footprint) -> list[Place]:
    """The places whose members were worked out from sources rather than stated by one."""
    return [place for place in footprint.places if place.basis == "inferred"]


def heading(pack: str) -> str:
    """The first line of what is said about a pack."""
    return f"# Before you send {pack}.zip"


def before_you_send(system: System, footprint: Footprint, pack: str) -> str:
    """What to check, line by line, as Markdown.

    Args:
        system: with the notes of whoever wrote the config.
        footprint: what the pack is about.
        pack: name of the pack's folder.
    """
    return (
        "\n\n".join(
            [
                heading(pack),
                "The members of these places were worked out from public documents; the system did not state them. The "
                "reply gives them as yours. Tick each line against your own records. Where one is wrong, correct the "
                f"config (`placemap show {system.id} --source` prints it) and make the pack anew from yours (`placemap "
                f"foi {system.id}.yaml --footprint {footprint.id}`).",
                "Once all is ticked, write `basis: stated` into the config, and the grade that your own documents bear "
                "out, and make the pack anew: until then the note under the map says that the members were worked out, "
                "and the tables give the grade of the public documents.",
                "This file is for you alone. It is in no part of the pack.",
                *_members(footprint),
                "## The documents",
                "\n".join(_documents(system, footprint)),
                "## The reply",
                "\n".join(_reply(system, footprint)),
                *_notes(system, footprint),
            ]
        )
        + "\n"
    )


def _members(footprint: Footprint) -> Iterator[str]:
    for place in inferred(footprint):
        yield f"## {as_markdown(place.name)}"
        lines = [f"{_BOX}{as_markdown(member_text(member))} is in this place" for member in place.members]
        lines += [f"{_BOX}{as_markdown(member_text(member))} is not in it" for member in place.exclude]
        lines += [f"{_BOX}it lies only within {as_markdown(member_text(member))}" for member in place.within]
        lines += [f"{_BOX}of these areas, only the part within the system is in it"] if place.within_scope else []
        yield "\n".join([*lines, f"{_BOX}nothing else is in it"])


def _documents(system: System, footprint: Footprint) -> Iterator[str]:
    for item in evidence_of(system, footprint):
        read = f"accessed: {as_markdown(item.accessed)}" if item.accessed else ""
        about = ", ".join(part for part in (as_markdown(item.publisher), item.date, item.url, read) if part)
        says = f" It was read as saying: {without_html(item.states)}" if item.states else ""
        use = f"is yours to cite,{' its address opens,' if item.url else ''} and nothing has replaced it"
        if item.third_party:
            use = "is not the system's own, so nothing in the pack names it; you hold one of your own that says so"
        yield f"{_BOX}{as_markdown(item.title)} ({about}) {use}.{says}"


def _reply(system: System, footprint: Footprint) -> Iterator[str]:
    yield f"{_BOX}each part of the request is answered, and “{as_markdown(footprint.name)}” is what was asked about"
    yield f"{_BOX}the status, “{footprint.status}”, was right on the day of the request"
    notes = " ".join(map(without_html, public_notes(system, footprint)))
    said = f"this is right, and all that you hold on why these places were chosen: “{notes}”"
    yield f"{_BOX}{said if notes else 'why these places were chosen is filled in'}"
    yield f"{_BOX}all fields in [brackets] of response.docx are filled in, and none is left"


def _notes(system: System, footprint: Footprint) -> Iterator[str]:
    """What whoever wrote the config noted; it is left out of the pack."""
    found = [("The system", system.notes), ("The footprint", footprint.notes)]
    found += [(place.name, place.notes) for place in footprint.places]
    lines = [f"- {as_markdown(about)}: {without_html(text)}" for about, text in found if text]
    if lines:
        yield "## What the author of the config noted, for you alone"
        yield "\n".join(lines)
