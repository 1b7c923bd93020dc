"""What `new --tiers` does: neighbourhoods inside places, one a PCN, where most of its patients live."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from placemap.commands.workspace import Workspace, footprints_of, resolved_of
from placemap.config.draft import quoted, slug
from placemap.config.load import system_from_text
from placemap.config.text_rules import TO_FILL_IN
from placemap.config.tiers import inner_of
from placemap.core.errors import Exit, PlacemapError
from placemap.reference.by_lsoa import living_in
from placemap.resolve.resolved import ResolvedFootprint

FOOTPRINT = "neighbourhoods"


@dataclass(frozen=True)
class Neighbourhood:
    """A PCN, the place where most of its patients live, how many do, and how many patients it has."""

    code: str
    name: str
    place: str
    there: float
    patients: float


def with_neighbourhoods(
    text: str,
    name: str,
    workspace: Workspace,
    *,
    footprint: str = "",
    parents: bool = True,
    read: Callable[[str], str] | None = None,
) -> str:
    """A config with one more footprint: a neighbourhood for each PCN, inside another footprint.

    Args:
        text, name: the config, and what its file is called.
        footprint: the one that it lies inside; the default one where it is empty.
        parents: whether each neighbourhood names its parent; without, `check` finds and tells it.
        read: as for `system_from_text`.

    Raises:
        PlacemapError: the footprint has errors, is divided already, or nothing can be added to the file as it is.
    """
    system = system_from_text(text, name, read)
    (outer,) = footprints_of(system, [footprint] if footprint else [])
    if inner := inner_of(system, outer):
        raise PlacemapError(
            f"footprint `{outer.id}` is divided already: `{inner[0].id}` lies inside it",
            location=str(inner[0].loc),
            hint="change that one, or take it out first",
            exit_code=Exit.USAGE,
        )
    resolved = resolved_of(workspace, system, outer)
    block = list(_lines(resolved, slug(FOOTPRINT, system.footprints), parents=parents))
    longer = _inserted(text, block, name)
    system_from_text(longer, name, read)  # what is written can be read
    return longer


def neighbourhoods(resolved: ResolvedFootprint) -> list[Neighbourhood]:
    """The PCNs of whose patients more than half live in the footprint's places, by place and code."""
    codes, names, group = resolved.geography.practice_groups(resolved.pcn_vintage)
    registrations = resolved.geography.registrations
    lives = living_in(registrations, resolved.assignment.place, len(resolved.places), group, len(codes))
    total = np.bincount(group, weights=registrations.by_practice, minlength=len(codes))
    most = lives.argmax(axis=1)
    found = [
        Neighbourhood(
            str(codes[at]), str(names[at]), resolved.places[most[at]].id, float(lives[at, most[at]]), float(total[at])
        )
        for at in np.flatnonzero((lives.sum(axis=1) * 2 > total) & (codes != ""))
    ]
    return sorted(found, key=lambda one: (one.place, one.code))


def _lines(resolved: ResolvedFootprint, key: str, *, parents: bool) -> Iterator[str]:
    """The footprint as text, without indentation of its own."""
    yield f"{key}:"
    yield "  name: Neighbourhoods"
    yield "  status: proposed  # current | proposed | superseded"
    yield "  grade: C  # A: neighbourhoods and geography stated · B: follows from names · C: weak"
    yield "  basis: inferred  # stated | inferred"
    yield f"  evidence: [{', '.join(resolved.footprint.evidence)}]  # the document that states them, once you have it"
    yield f"  notes: {TO_FILL_IN}  # what the neighbourhoods rest on; here each is one PCN ({resolved.pcn_vintage})"
    yield f"  inside: {resolved.footprint.id}"
    yield f'  pcn_vintage: "{resolved.pcn_vintage}"'
    yield "  places:"
    taken: list[str] = []
    for one in neighbourhoods(resolved):
        name = re.sub(r"\s+PCN$", "", one.name, flags=re.IGNORECASE)
        taken.append(slug(name, taken))
        share = f"{one.there / one.patients:.0%} of its {one.patients:,.0f} patients"
        yield f"    {taken[-1]}:  # {share} live in {one.place}"
        yield f"      name: {quoted(name)}"
        if parents:
            yield f"      parent: {one.place}"
        yield f"      pcn: {{{one.code}: {_in_braces(one.name)}}}"


def _in_braces(name: str) -> str:
    """A name as YAML inside braces, where a comma or a bracket has a meaning."""
    return f'"{name}"' if quoted(name) == name and re.search(r"[,\[\]{}]", name) else quoted(name)


def _inserted(text: str, block: list[str], name: str) -> str:
    """The text with a footprint at the end of its `footprints`."""
    lines = text.splitlines()
    start = next((at for at, line in enumerate(lines) if re.match(r"footprints:\s*(#.*)?$", line)), -1)
    first = next((line for line in lines[start + 1 :] if re.match(r" +[^ #]", line)), "") if start >= 0 else ""
    if not first:
        raise PlacemapError(
            "the footprints are not written as indented lines, so none can be added",
            location=name,
            hint="write `footprints:` on a line of its own, and each footprint indented below it",
        )
    end = next((at for at in range(start + 1, len(lines)) if re.match(r"[^\s#]", lines[at])), len(lines))
    while not lines[end - 1].strip():
        end -= 1
    indent = first[: len(first) - len(first.lstrip())]
    return "\n".join([*lines[:end], *(indent + line for line in block), *lines[end:]]) + "\n"
