"""Places of other systems that follow one that ended: their configs must be at hand, and have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from placemap.config.cross_references import last_day
from placemap.config.files import all_trees
from placemap.config.find_config import all_configs
from placemap.config.model import Footprint, Loc, Place, System
from placemap.config.tier_references import Footprints, as_dict, declared
from placemap.config.yaml_tree import YamlTree, parse, read_text
from placemap.core.errors import PlacemapError


def foreign_successor_errors(system: System, folder: Path) -> Iterator[PlacemapError]:
    """Successors in other systems that are not there, or ended before they could follow.

    Args:
        folder: where the system's config lies; others are looked for there, then among all that there are.
    """
    for footprint in system.footprints.values():
        for place in footprint.places:
            for code, loc in zip(place.succeeded_by, place.succeeded_at, strict=True):
                other, _, below = code.partition("/")
                if other != system.id:
                    yield from _errors(other, below, footprint, place, loc, folder)


def _errors(
    other: str, below: str, footprint: Footprint, place: Place, loc: Loc, folder: Path
) -> Iterator[PlacemapError]:
    beside = folder / f"{other}.yaml"
    path = beside if beside.is_file() else all_configs().get(other)
    what = f"{place.id} is followed by {other}/{below}, and"
    if path is None:
        yield PlacemapError(
            f"{what} there is no system `{other}`",
            location=str(loc),
            hint="a place of the same system is `footprint/place`; `placemap list` shows the systems there are",
        )
        return
    footprints = _footprints(path)
    own, end = str(place.valid_to or footprint.valid_to or ""), last_day(below, footprints)
    if not _has(below, footprints):
        yield PlacemapError(
            f"{what} {path.name} has no such place", location=str(loc), hint=f"`placemap show {other}` lists them"
        )
    elif own and end and end <= own:
        yield PlacemapError(
            f"{other}/{below} ended on {end}, and so cannot follow a place that ended on {own}",
            location=str(loc),
            hint="name the places that followed it, or correct one of the two `valid_to`",
        )


def _footprints(path: Path) -> Footprints:
    """The footprints of a config and its other files; what is wrong with them is not the fault of who asks."""

    def read(name: str) -> YamlTree:
        return parse(read_text(path.parent / name, name), name)

    first = read(path.name)
    return declared(all_trees(first, read)[0]) if isinstance(first.value, dict) else {}


def _has(code: str, footprints: Footprints) -> bool:
    key, _, place = code.partition("/")
    return key in footprints and place in as_dict(as_dict(footprints[key].value).get("places"))
