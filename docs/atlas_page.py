"""The atlas as a page: every system's places, what they are declared from, how good the evidence is, caveats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from placemap.config.grades import GRADES
from placemap.config.in_words import declared_from, ended
from placemap.config.model import Evidence, Footprint, Member, Place, System
from placemap.core.codes import DECLARED_KINDS

#: Members of a place that are named one by one; of a longer list only the number is given.
MEMBERS_SHOWN = 12


def overview(systems: Sequence[System]) -> str:
    """A line a system, by its default footprint, and the counts by grade; Markdown."""
    defaults = [(system, system.footprints[system.default_footprint]) for system in systems]
    rows = [
        f"| [{system.name}](#{anchor(system)}) | {system.icb_ods} | {footprint.name} | {len(footprint.places)} "
        f"| {_kinds(footprint)} | {footprint.grade} |"
        for system, footprint in defaults
    ]
    head = "| system | ICB | default footprint | places | declared from | grade |\n|---|---|---|--:|---|---|"
    return "\n\n".join([_counts(defaults), "\n".join([head, *rows])])


def anchor(system: System) -> str:
    """The id of a system's section, as Markdown readers make it from its heading."""
    kept = "".join(char for char in system.name.lower() if char.isalnum() or char in " -")
    return kept.replace(" ", "-")


def sections(systems: Iterable[System]) -> str:
    """A section a system: footprints, places, evidence, caveats; Markdown."""
    return "\n\n".join(_section(system) for system in systems)


def _counts(defaults: Sequence[tuple[System, Footprint]]) -> str:
    places = sum(len(footprint.places) for _, footprint in defaults)
    grades = Counter(footprint.grade for _, footprint in defaults)
    by_grade = ", ".join(f"{grades[grade]} graded {grade}" for grade in GRADES)
    footprints = sum(len(system.footprints) for system, _ in defaults)
    return (
        f"{len(defaults)} systems, {places} places in their default footprints, {footprints} footprints in all. "
        f"Of the default footprints {by_grade}."
    )


def _kinds(footprint: Footprint) -> str:
    found = {(DECLARED_KINDS.index(m.kind), _noun(footprint, m, plural=True)) for _, m in footprint.members()}
    return ", ".join(noun for _, noun in sorted(found))


def _noun(footprint: Footprint, member: Member, *, plural: bool) -> str:
    """A member's kind in words, with its year where that is not the footprint's usual one: `CCGs of 2019`."""
    kind, vintage = member.of_kind, member.vintage
    noun = kind.plural if plural else kind.label
    if kind.patients or not vintage or vintage == footprint.vintages.get(member.kind):
        return noun
    if member.kind == "sub_icb" and vintage < "2022":
        noun = "CCGs" if plural else "CCG"
    return f"{noun} of {vintage}"


def _section(system: System) -> str:
    parts = [
        f"### {system.name}",
        f"`{system.id}` · ICB {system.icb_code} ({system.icb_ods}, {system.icb_vintage})"
        + "".join(f" · {member.vintage}: {member.name} ({member.code})" for member in system.systems_of),
        *([system.notes] if system.notes else []),
        *(_footprint(system, footprint) for footprint in system.footprints.values()),
        "Evidence:",
        "\n".join(_evidence(item) for item in system.evidence.values()),
    ]
    return "\n\n".join(parts)


def _footprint(system: System, footprint: Footprint) -> str:
    default = ", the default" if footprint.id == system.default_footprint else ""
    title = (
        f"**{footprint.name}** (`{footprint.id}`{default}): {footprint.status}, grade {footprint.grade}, "
        f"{footprint.basis}; rests on {', '.join(f'`{key}`' for key in footprint.evidence)}."
    )
    rows = [
        f"| {place.name} | {_declared(footprint, place)} | {_caveats(footprint, place)} |" for place in footprint.places
    ]
    table = "\n".join(["| place | declared from | caveats |", "|---|---|---|", *rows])
    return "\n\n".join([title, *([footprint.notes] if footprint.notes else []), table])


def _declared(footprint: Footprint, place: Place) -> str:
    if len(place.members) > MEMBERS_SHOWN:
        return declared_from(place)
    kinds = [[m for m in place.members if m.kind == kind] for kind in DECLARED_KINDS]
    text = "; ".join(_members(footprint, members) for members in kinds if members)
    taken = declared_from(place).partition(", less ")[2]
    if taken:
        return f"{text}, less {taken}"
    return f"{text}, within the scope" if place.within_scope else text


def _members(footprint: Footprint, members: Sequence[Member]) -> str:
    return f"{_noun(footprint, members[0], plural=len(members) > 1)} {', '.join(_unit(member) for member in members)}"


def _unit(member: Member) -> str:
    name = (member.name or "").removesuffix(f" - {member.code}")
    return f"{member.code} {name}".strip() if not name.endswith(" ICB") else member.code


def _caveats(footprint: Footprint, place: Place) -> str:
    basis = "" if place.basis == footprint.basis else f"Members {place.basis}. "
    over = f" E{ended(footprint, place)[1:]}." if place.valid_to or place.succeeded_by else ""
    return f"{basis}{place.notes}{over}".strip()


def _evidence(item: Evidence) -> str:
    when = item.date or item.accessed
    title = f"[{item.title}]({item.url})" if item.url else item.title
    states = f": {item.states}" if item.states else ""
    return f"- `{item.key}` {title} ({', '.join(part for part in (item.publisher, when) if part)}){states}"
