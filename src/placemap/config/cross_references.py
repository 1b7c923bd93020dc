"""What a config says about itself: evidence, footprints and scopes that it refers to must be there.

These checks work on the plain values, so that they also run where the shape of the file is wrong elsewhere: all
mistakes of a file are reported at once. They keep silent about values of a wrong type, which the shape check reports.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from placemap.config.model import Loc
from placemap.config.text_rules import LONGEST_ID, RESERVED
from placemap.config.tier_references import Footprints, as_dict, no_such
from placemap.config.yaml_tree import KeyPath, YamlTree
from placemap.core.codes import AREA_KINDS
from placemap.core.errors import PlacemapError
from placemap.core.text import as_seen


def reference_errors(tree: YamlTree, declared: Footprints) -> Iterator[PlacemapError]:
    """Everything that a file refers to and does not have, but for what footprints say of each other.

    Args:
        declared: the footprints of all files of the system.
    """
    footprints = as_dict(tree.value.get("footprints"))
    default = tree.value.get("default_footprint")
    if isinstance(default, str) and declared and default not in declared:
        loc = tree.value_loc(("default_footprint",))
        yield no_such(f"there is no footprint `{default}` in this config", default, declared, loc)
    yield from _system_scope_errors(tree)
    yield from _id_errors(as_dict(tree.value.get("ics")).get("id"), tree.value_loc(("ics", "id")))
    for footprint_id, footprint in footprints.items():
        path: KeyPath = ("footprints", footprint_id)
        yield from _id_errors(footprint_id, tree.loc(path))
        yield from _evidence_errors(footprint, path, tree)
        yield from _period_errors(footprint, path, tree)
        places = as_dict(as_dict(footprint).get("places"))
        yield from _alike_errors(places, (*path, "places"), tree)
        for place_id, place in places.items():
            yield from _id_errors(place_id, tree.loc((*path, "places", place_id)))
            yield from _evidence_errors(place, (*path, "places", place_id), tree)
            yield from _period_errors(place, (*path, "places", place_id), tree)
            yield from _end_errors(place, (*path, "places", place_id), tree, declared)
        if "scope" in as_dict(footprint):
            yield from _scope_shape_errors(footprint["scope"], (*path, "scope"), tree)


def _id_errors(found: Any, loc: Loc) -> Iterator[PlacemapError]:
    """An id that is well-formed and cannot be the name of a file."""
    if isinstance(found, str) and found.strip() in RESERVED:
        yield PlacemapError(
            f"Windows keeps `{found}` for a device, so no file or folder can be called that",
            location=str(loc),
            hint="choose another id; the name may stay",
        )
    if isinstance(found, str) and len(found.strip()) > LONGEST_ID:
        yield PlacemapError(
            f"an id has at most {LONGEST_ID} characters, as it becomes part of file names; found {len(found):,}",
            location=str(loc),
            hint="shorten it; the name may stay long",
        )


def _alike_errors(places: dict[Any, Any], path: KeyPath, tree: YamlTree) -> Iterator[PlacemapError]:
    """Places that nobody can tell apart by their names, on a map or in a table; one that has ended is in neither."""
    known: dict[str, tuple[str, Any]] = {}
    for place_id, place in places.items():
        name = as_dict(place).get("name")
        if not isinstance(name, str) or as_dict(place).get("valid_to"):
            continue
        first, other = known.setdefault(as_seen(name).casefold(), (name, place_id))
        if other != place_id:
            yield PlacemapError(
                f"the places {other} and {place_id} are both called `{as_seen(first)}`",
                location=str(tree.value_loc((*path, place_id, "name"))),
                hint="give each place a name of its own",
            )


def _evidence_errors(owner: Any, path: KeyPath, tree: YamlTree) -> Iterator[PlacemapError]:
    value = as_dict(owner).get("evidence")
    known = as_dict(tree.value.get("evidence"))
    for key in [value] if isinstance(value, str) else value if isinstance(value, list) else []:
        if isinstance(key, str) and key.strip() not in known:
            loc = tree.value_loc((*path, "evidence", key))
            yield no_such(f"there is no evidence `{key}` in this config", key, known, loc)


def _end_errors(place: Any, path: KeyPath, tree: YamlTree, declared: Footprints) -> Iterator[PlacemapError]:
    """What is wrong with a place's end, and with the places of this config that are to follow it."""
    value = as_dict(place).get("succeeded_by")
    codes = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    if codes and not (as_dict(place).get("valid_to") or as_dict(_above(tree.value, path)).get("valid_to")):
        yield PlacemapError(
            "a place that others follow has ended; found no `valid_to`",
            location=str(tree.loc((*path, "succeeded_by"))),
            hint="give the last day of the place, or of its footprint, as `valid_to: 2022-07-26`",
        )
    system, own = as_dict(tree.value.get("ics")).get("id"), "/".join(map(str, (path[1], path[3])))
    for code in codes:
        parts = code.strip().split("/") if isinstance(code, str) else []
        if len(parts) == 3 and parts[0] == system:
            parts = parts[1:]
        if len(parts) == 2:
            loc = tree.value_loc((*path, "succeeded_by", code))
            yield from _successor_errors(parts, own, loc, declared)
            yield from _ended_before(parts, own, loc, declared)


def _ended_before(parts: list[str], own: str, loc: Loc, declared: Footprints) -> Iterator[PlacemapError]:
    """A successor that was gone before it could follow; so no places follow each other in a circle either."""
    code = "/".join(parts)
    end, other = (last_day(one, declared) for one in (own, code))
    if end and other and code != own and other <= end:
        yield PlacemapError(
            f"{code} ended on {other}, and so cannot follow a place that ended on {end}",
            location=str(loc),
            hint="name the places that followed it, or correct one of the two `valid_to`",
        )


def last_day(code: str, declared: Footprints) -> str:
    """The last day of a place, or of its footprint, as ISO text; empty where it has none."""
    footprint, _, place = code.partition("/")
    item = as_dict(declared[footprint].value) if footprint in declared else {}
    day = as_dict(as_dict(item.get("places")).get(place)).get("valid_to") or item.get("valid_to")
    return _day(day)


def _day(value: Any) -> str:
    return str(value) if re.fullmatch(r"\d{4}-\d\d-\d\d", str(value)) else ""


def _period_errors(item: Any, path: KeyPath, tree: YamlTree) -> Iterator[PlacemapError]:
    """A footprint or place that ended before it began."""
    first, last = (_day(as_dict(item).get(key)) for key in ("valid_from", "valid_to"))
    if first and last and last < first:
        yield PlacemapError(
            f"`valid_to: {last}` is before `valid_from: {first}`",
            location=str(tree.value_loc((*path, "valid_to"))),
            hint="`valid_from` is the first day, `valid_to` the last; correct one of the two",
        )


def _above(config: Any, path: KeyPath) -> Any:
    """The footprint that a place stands in."""
    return as_dict(config.get("footprints")).get(str(path[1]))


def _successor_errors(parts: list[str], own: str, loc: Loc, footprints: Footprints) -> Iterator[PlacemapError]:
    footprint, place = parts
    places = as_dict(as_dict(footprints[footprint].value).get("places")) if footprint in footprints else {}
    if footprint not in footprints:
        yield no_such(f"there is no footprint `{footprint}` in this config", footprint, footprints, loc)
    elif place not in places:
        yield no_such(f"footprint `{footprint}` has no place `{place}`", place, places, loc)
    elif "/".join(parts) == own:
        yield PlacemapError("a place cannot follow itself", location=str(loc), hint="name the places that followed it")


def _system_scope_errors(tree: YamlTree) -> Iterator[PlacemapError]:
    if "scope" not in tree.value:
        return
    yield from _scope_shape_errors(tree.value["scope"], ("scope",), tree)
    if as_dict(tree.value["scope"]).get("place"):
        yield PlacemapError(
            "the system's scope cannot be a place of the system",
            location=str(tree.loc(("scope", "place"))),
            hint="give the units that the whole system is made of, such as `sub_icb`",
        )


def _scope_shape_errors(scope: Any, path: KeyPath, tree: YamlTree) -> Iterator[PlacemapError]:
    if not isinstance(scope, dict):
        return
    units = [kind for kind in AREA_KINDS if scope.get(kind)]
    if scope.get("place") and units:
        yield PlacemapError(
            f"a scope is either a `place` or units; found both `place` and `{units[0]}`",
            location=str(tree.loc((*path, "place"))),
            hint="leave one of the two out",
        )
    if not scope.get("place") and not units:
        yield PlacemapError(
            "the scope names no units",
            location=str(tree.loc(path)),
            hint=f"give at least one of {', '.join(AREA_KINDS)}",
        )
