"""Places of other systems that follow one that ended: their configs must be at hand, and have them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from placemap.config.find_config import all_configs
from placemap.config.model import Place, System
from placemap.config.yaml_tree import parse, read_text
from placemap.core.errors import PlacemapError


def foreign_successor_errors(system: System, folder: Path) -> Iterator[PlacemapError]:
    """Successors in other systems that are not there.

    Args:
        folder: where the system's config lies; others are looked for there, then among all that there are.
    """
    for footprint in system.footprints.values():
        for place in footprint.places:
            for code in place.succeeded_by:
                other, *below = code.split("/")
                if other != system.id:
                    yield from _missing(other, below, place, folder)


def _missing(other: str, below: list[str], place: Place, folder: Path) -> Iterator[PlacemapError]:
    beside = folder / f"{other}.yaml"
    path = beside if beside.is_file() else all_configs().get(other)
    what = f"{place.id} is followed by {other}/{'/'.join(below)}, and"
    if path is None:
        yield PlacemapError(
            f"{what} there is no system `{other}`",
            location=str(place.loc),
            hint="a place of the same system is `footprint/place`; `placemap list` shows the systems there are",
        )
    elif not _has(path, below):
        yield PlacemapError(
            f"{what} {path.name} has no such place", location=str(place.loc), hint=f"`placemap show {other}` lists them"
        )


def _has(path: Path, below: list[str]) -> bool:
    """Whether a config has a footprint and place; the rest of it may be wrong, which is not this config's fault."""
    found = parse(read_text(path, path.name), path.name).value
    for key in ("footprints", below[0], "places", below[1]):
        found = found.get(key) if isinstance(found, dict) else None
    return found is not None
