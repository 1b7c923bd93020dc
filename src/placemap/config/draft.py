"""Configs as text: for `infer`, which knows what places are made of, and for `new`, which lists what they may be."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from placemap.config.text_rules import LONGEST_ID, RESERVED, TO_FILL_IN
from placemap.core.codes import KINDS, MEMBER_KINDS

Unit = tuple[str, str, str]
"""Kind, code and name."""


@dataclass(frozen=True)
class Declared:
    """Members of a place, or a scope.

    Attributes:
        members, exclude: units.
        vintages: by kind, the vintage that they are of where it is not the one in use.
    """

    members: tuple[Unit, ...]
    exclude: tuple[Unit, ...] = ()
    vintages: Mapping[str, str] = field(default_factory=dict)

    @property
    def length(self) -> int:
        """Number of units that it names."""
        return len(self.members) + len(self.exclude)

    @property
    def kind(self) -> str:
        """The kind of all its members, where they are whole units of one kind; else empty."""
        kinds = {kind for kind, _, _ in self.members}
        return kinds.pop() if len(kinds) == 1 and not self.exclude else ""

    @property
    def text(self) -> str:
        """`2 LTLAs, 3 wards, less 1 LSOA`; a single unit by code and name."""
        if self.length == 1:
            kind, code, name = self.members[0]
            return f"{KINDS[kind].label} {code} ({name})"
        less = f", less {_counted(self.exclude)}" if self.exclude else ""
        years = f" ({', '.join(sorted(self.vintages.values()))})" if self.vintages else ""
        return _counted(self.members) + years + less


def _counted(units: Iterable[Unit]) -> str:
    counts = Counter(kind for kind, _, _ in units)
    parts = [f"{counts[k]} {KINDS[k].label if counts[k] == 1 else KINDS[k].plural}" for k in MEMBER_KINDS if counts[k]]
    return ", ".join(parts)


@dataclass(frozen=True)
class Draft:
    """A config to be written.

    Attributes:
        icb: (code, ods, vintage).
        places: by name.
        notes: lines of comment at the top.
        pool: units that are listed, commented out, in the first place; with a line of comment above each group, whose
            units are of one kind.
        stubs: names of places that stand as comments, to be given members.
        comments: by code of a unit, what a person may want to know of it.
        groups: by code of a unit, a heading that units stand together under.
        inside: places keep to the scope.
    """

    system: str
    system_name: str
    icb: tuple[str, str, str]
    scope: Declared
    footprint: str
    footprint_name: str
    places: Mapping[str, Declared]
    notes: Sequence[str] = ()
    pool: Sequence[tuple[str, Sequence[Unit]]] = ()
    pcn_vintage: str = ""
    practice_vintage: str = ""
    stubs: Sequence[str] = ()
    comments: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    inside: bool = False


def slug(name: str, taken: Iterable[str] = ()) -> str:
    """An id from a name: `Weston, Worle and Villages` → `weston-worle-and-villages`; numbered where it is taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("'", "")
    base = re.sub(r"[^a-z0-9]+", "-", plain)[: LONGEST_ID - 10].strip("-") or "place"
    base = f"{base}-place" if base in RESERVED else base
    used = set(taken)
    return next(found for n in range(1, len(used) + 2) if (found := base if n == 1 else f"{base}-{n}") not in used)


def place_ids(names: Iterable[str]) -> dict[str, str]:
    """Ids by name, each once."""
    ids: dict[str, str] = {}
    for name in names:
        ids[name] = slug(name, ids.values())
    return ids


def config_text(draft: Draft) -> str:
    """The config, with comments where a person has something to fill in."""
    return "\n".join(_lines(draft)) + "\n"


def _lines(draft: Draft) -> Iterator[str]:
    yield from (f"## {line}" for line in draft.notes)
    yield "placemap: 1"
    yield "ics:"
    yield f"  id: {quoted(draft.system)}"
    yield f"  name: {quoted(draft.system_name)}"
    code, ods, vintage = draft.icb
    yield f"  icb: {{code: {code}, ods: {quoted(ods)}, vintage: {vintage}}}"
    yield "scope:  # what the places must cover, each LSOA once"
    yield from _declared(draft.scope, "  ")
    if draft.pcn_vintage:
        yield f"pcn_vintage: {draft.pcn_vintage}"
    if draft.practice_vintage:
        yield f"practice_vintage: {draft.practice_vintage}"
    yield "evidence:"
    yield "  to-fill-in:"
    yield f"    title: {TO_FILL_IN}  # the document that states the places"
    yield f"    publisher: {TO_FILL_IN}"
    yield "    # date: 2022-11-08"
    yield "    # url: https://…"
    yield f"default_footprint: {quoted(draft.footprint)}"
    yield "footprints:"
    yield f"  {draft.footprint}:"
    yield f"    name: {quoted(draft.footprint_name)}"
    yield "    status: proposed  # current | proposed | superseded"
    yield "    grade: C  # A: places and geography stated · B: follows from names · C: weak"
    yield "    basis: inferred  # stated | inferred"
    yield "    evidence: to-fill-in"
    yield "    places:"
    ids = place_ids(draft.places)
    for number, (name, declared) in enumerate(draft.places.items()):
        yield f"      {ids[name]}:"
        yield f"        name: {quoted(name)}"
        if draft.inside:
            yield "        within: scope"
        yield from _declared(declared, "        ", draft.comments, draft.groups)
        if not number:
            yield from _pool(draft.pool)
    yield from _stubs(draft, ids)


# Comments that are to become part of the config start with `# `, those for people with `## `, so that taking away every
# `# ` leaves a config.


def _stubs(draft: Draft, ids: Mapping[str, str]) -> Iterator[str]:
    kind = next((k for declared in draft.places.values() for k, _, _ in declared.members), "lsoa")
    taken = list(ids.values())
    if draft.stubs:
        yield "      ## To have another place, take the `# ` of its lines away, and move lines from above to its end."
    for name in draft.stubs:
        taken.append(slug(name, taken))
        yield f"      # {taken[-1]}:"
        yield f"      #   name: {quoted(name)}"
        if draft.inside:
            yield "      #   within: scope"
        yield f"      #   {kind}:"


def _declared(
    declared: Declared,
    indent: str,
    comments: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
) -> Iterator[str]:
    yield from _units(declared.members, declared.vintages, indent, comments or {}, groups or {})
    if declared.exclude:
        yield f"{indent}exclude:"
        yield from _units(declared.exclude, {}, f"{indent}  ", {}, {})


def _units(
    units: Sequence[Unit],
    vintages: Mapping[str, str],
    indent: str,
    comments: Mapping[str, str],
    groups: Mapping[str, str],
) -> Iterator[str]:
    for kind in MEMBER_KINDS:
        mine = sorted((groups.get(code, ""), code, name) for of, code, name in units if of == kind)
        if not mine:
            continue
        if kind in vintages:
            yield f"{indent}{kind}_vintage: {vintages[kind]}"
        yield f"{indent}{kind}:"
        heading = ""
        for group, code, name in mine:
            if group != heading:
                heading = group
                yield f"{indent}  ## {heading}"
            note = f"  # {comments[code]}" if code in comments else ""
            yield f"{indent}  {_unit(code, name)}{note}"


def _unit(code: str, name: str) -> str:
    return f"{quoted(code)}: {quoted(name)}" if name else f"{quoted(code)}:"


def _pool(pool: Sequence[tuple[str, Sequence[Unit]]]) -> Iterator[str]:
    for title, units in pool:
        yield f"        ## {title} (to have one here, take the `# ` of its line and of the first away):"
        yield f"        # {units[0][0]}:"
        for _, code, name in units:
            yield f"        #   {_unit(code, name)}"


_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9 ,.()&/'–-]*[A-Za-z0-9.)]|[A-Za-z]")
_WORDS = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}


def quoted(text: str) -> str:
    """Text as YAML; in quotes where it would be read as anything else, or holds what YAML gives a meaning."""
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS and ": " not in text and " #" not in text:
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
