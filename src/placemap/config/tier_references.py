"""What footprints say of each other: scopes and tiers must be there, say the same, and not go in circles.

Like `cross_references`, on plain values: footprints of all files of a system by id, each with its file's tree.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from placemap.config.model import Loc
from placemap.config.schema import INSIDE
from placemap.config.yaml_tree import KeyPath, YamlTree
from placemap.core.codes import PLACE, normal_name
from placemap.core.errors import PlacemapError


class Declared(NamedTuple):
    """A footprint as it is written, and the file that it stands in."""

    value: Any
    tree: YamlTree


class _Link(NamedTuple):
    """That one footprint needs another: its places, or one of them, and where it says so."""

    other: str
    place: str
    loc: Loc
    name: str = ""


_AS_OTHERS = "one of these footprints needs members and a scope of units"
Footprints = Mapping[str, Declared]


def declared(trees: Iterable[YamlTree]) -> dict[str, Declared]:
    """The footprints of all files by id; of two with the same id the first."""
    found: dict[str, Declared] = {}
    for tree in trees:
        for key, value in as_dict(as_dict(tree.value).get("footprints")).items():
            found.setdefault(key, Declared(value, tree))
    return found


def as_dict(value: Any) -> dict[str, Any]:
    """A mapping of a config; an empty one for a value of another type, which the shape check reports."""
    return value if isinstance(value, dict) else {}


def no_such(message: str, found: str, known: Iterable[str], loc: Loc) -> PlacemapError:
    """Something that is named and not there, with what may be meant."""
    names = list(known)
    close = difflib.get_close_matches(found, names, n=1, cutoff=0.6)
    listed = f"there is {', '.join(names)}" if names else "there is none so far"
    return PlacemapError(message, location=str(loc), hint=f"did you mean `{close[0]}`?" if close else listed)


def tier_errors(footprints: Footprints) -> Iterator[PlacemapError]:
    """Everything that is wrong with what footprints say of each other."""
    for key, item in footprints.items():
        missing = [error for link in _links(key, item) if (error := _missing(link, footprints))]
        yield from missing
        yield from _parent_errors(key, item, footprints)
        yield from _names(key, item, footprints)
    yield from _circles(footprints)


# --- what a footprint refers to -------------------------------------------------------------------------------------


def _links(key: str, item: Declared) -> list[_Link]:
    """All that a footprint needs of others."""
    return [*_scope_place(key, item), *_inside(key, item), *_united(key, item)]


def _scope_place(key: str, item: Declared) -> list[_Link]:
    place = as_dict(as_dict(item.value).get("scope")).get("place")
    if not isinstance(place, str) or place.count("/") != 1:
        return []
    other, _, place_id = place.partition("/")
    return [_Link(other, place_id, _loc(item, key, "scope", "place"))]


def _inside(key: str, item: Declared) -> list[_Link]:
    inside = as_dict(item.value).get("inside")
    if not isinstance(inside, str) or not re.fullmatch(INSIDE, inside):
        return []
    outer, _, place = inside.partition("/")
    return [_Link(outer, place, _loc(item, key, "inside"))]


def _united(key: str, item: Declared) -> list[_Link]:
    """The places of others that its places are put together from."""
    links = []
    for place_id, place in as_dict(as_dict(item.value).get("places")).items():
        members = as_dict(place).get(PLACE.id)
        path: KeyPath = ("footprints", key, "places", place_id, PLACE.id)
        for code in members if isinstance(members, dict | list) else []:
            if isinstance(code, str) and PLACE.accepts(code):
                other, _, named = code.partition("/")
                name = members[code] if isinstance(members, dict) else ""
                links.append(_Link(other, named, item.tree.loc((*path, code)), name if isinstance(name, str) else ""))
    return links


def _loc(item: Declared, key: str, *path: str) -> Loc:
    return item.tree.value_loc(("footprints", key, *path))


def _places(key: str, footprints: Footprints) -> dict[str, Any]:
    return as_dict(as_dict(footprints[key].value).get("places"))


def _missing(link: _Link, footprints: Footprints) -> PlacemapError | None:
    if link.other not in footprints:
        return no_such(f"there is no footprint `{link.other}` in this config", link.other, footprints, link.loc)
    places = _places(link.other, footprints)
    if link.place and link.place not in places:
        return no_such(f"footprint `{link.other}` has no place `{link.place}`", link.place, places, link.loc)
    return None


def _names(key: str, item: Declared, footprints: Footprints) -> Iterator[PlacemapError]:
    """Names beside places of another footprint that are not theirs."""
    for link in _united(key, item):
        if _missing(link, footprints):
            continue
        real = as_dict(_places(link.other, footprints)[link.place]).get("name")
        if link.name and isinstance(real, str) and normal_name(link.name) != normal_name(real):
            yield PlacemapError(
                f"place {link.other}/{link.place} is called `{real.strip()}`, not `{link.name.strip()}`",
                location=str(link.loc),
                hint="correct the name or the place",
            )


# --- parents --------------------------------------------------------------------------------------------------------


def _parent_errors(key: str, item: Declared, footprints: Footprints) -> Iterator[PlacemapError]:
    """A scope beside `inside`, and parents that no tier above has."""
    inside = _inside(key, item)
    if inside and as_dict(item.value).get("scope") is not None:
        yield PlacemapError(
            f"footprint `{key}` has both `inside` and `scope`; inside another, its scope is that one's places",
            location=str(item.tree.loc(("footprints", key, "scope"))),
            hint="leave one of the two out",
        )
    for place_id, place in as_dict(as_dict(item.value).get("places")).items():
        parent = as_dict(place).get("parent")
        if isinstance(parent, str):
            loc = _loc(item, key, "places", place_id, "parent")
            if inside:
                yield from _parent_error(parent.strip(), loc, inside, footprints)
            else:
                yield _parent_of_nothing(parent.strip(), loc, f"{key}/{place_id}", footprints)


def _parent_of_nothing(parent: str, loc: Loc, code: str, footprints: Footprints) -> PlacemapError:
    """A parent in a footprint that lies inside no other; one that another unites has its parents from that."""
    own, _, _ = code.partition("/")
    above = next((key for key, item in footprints.items() if own in {link.other for link in _united(key, item)}), None)
    return PlacemapError(
        f"`parent: {parent}` names a place of the tier above, and the footprint "
        + (f"names none; `{above}` is put together from its places" if above else "lies inside no other"),
        location=str(loc),
        hint=f"take it out, and name `{code}` in the place of `{above}` that has it"
        if above
        else "say which footprint it divides: `inside: …`",
    )


def _parent_error(parent: str, loc: Loc, inside: list[_Link], footprints: Footprints) -> Iterator[PlacemapError]:
    (outer,) = inside
    places = _places(outer.other, footprints) if outer.other in footprints else {}
    if outer.place and parent != outer.place and parent in places:
        yield PlacemapError(
            f"`parent: {parent}` is not the place that the footprint lies inside, `{outer.place}`",
            location=str(loc),
            hint=f"take it out, or write `inside: {outer.other}` for a footprint inside all of its places",
        )
    elif outer.other in footprints and parent not in places:
        yield no_such(f"footprint `{outer.other}` has no place `{parent}`", parent, places, loc)


# --- circles --------------------------------------------------------------------------------------------------------


def _circles(footprints: Footprints) -> Iterator[PlacemapError]:
    """Footprints that need each other, each once; and, where none do, tiers that lie inside each other."""
    needs = {
        key: [link for link in _links(key, item) if not _missing(link, footprints)] for key, item in footprints.items()
    }
    found = list(_in_a_circle(needs))
    for trail, loc in found:
        both = len(trail) == 3 and _inside(trail[0], footprints[trail[0]]) and _united(trail[1], footprints[trail[1]])
        yield PlacemapError(
            f"the footprints refer to each other in a circle: {' → '.join(trail)}",
            location=str(loc),
            hint=f"take `inside` out of `{trail[0]}`: `{trail[1]}` is put together from its places, and so lies over it"
            if both
            else _AS_OTHERS,
        )
    if not found:
        for trail, loc in _in_a_circle(_nesting(footprints)):
            yield PlacemapError(
                f"the tiers lie inside each other in a circle: {' → '.join(trail)}",
                location=str(loc),
                hint="leave out one `inside`",
            )


def _nesting(footprints: Footprints) -> dict[str, list[_Link]]:
    """By footprint, those that it lies inside, by its own word or theirs."""
    over: dict[str, list[_Link]] = {key: _inside(key, item) for key, item in footprints.items()}
    for key, item in footprints.items():
        for link in _united(key, item):
            over.setdefault(link.other, []).append(_Link(key, "", link.loc))
    return over


def _in_a_circle(links: Mapping[str, list[_Link]]) -> Iterator[tuple[list[str], Loc]]:
    """For each footprint that leads back to itself, the way there and where its first step stands."""
    for start in links:
        for link in {link.other: link for link in reversed(links[start])}.values():
            way = _way(link.other, start, links)
            if way:
                yield [start, *way], link.loc
                break


def _way(here: str, there: str, links: Mapping[str, list[_Link]]) -> list[str]:
    """A shortest way from one footprint to another; empty where there is none."""
    ways, seen = [[here]], {here}
    for way in ways:
        if way[-1] == there:
            return way
        for link in links.get(way[-1], []):
            if link.other not in seen:
                seen.add(link.other)
                ways.append([*way, link.other])
    return []
