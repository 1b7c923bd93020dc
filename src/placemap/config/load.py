"""A config file → `model.System`. All mistakes of a file are found and reported together, each where it stands."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from placemap.config.build_model import system_of
from placemap.config.code_errors import _code_errors
from placemap.config.cross_references import reference_errors
from placemap.config.model import System
from placemap.config.schema_errors import shape_errors
from placemap.config.successors import foreign_successor_errors
from placemap.config.text_rules import text_errors
from placemap.config.yaml_tree import parse, read_text
from placemap.core.errors import PlacemapError, PlacemapErrors


def load_system(path: Path, name: str | None = None) -> System:
    """Read a system's config.

    Args:
        path: the YAML file.
        name: the file's name in messages; the path's last part where it is not given, so that outputs don't depend
            on the folder that they were made from.

    Raises:
        PlacemapErrors: everything that is wrong with the shape of the file, each with `file:line:column`.
        PlacemapError: the file cannot be read, or is not YAML.
    """
    name = name or path.name
    system = system_from_text(read_text(path, name), name)
    if mistakes := list(foreign_successor_errors(system, path.parent)):
        raise PlacemapErrors(mistakes)
    return system


@lru_cache(maxsize=64)  # all England's systems: commands ask for them more than once
def system_from_text(text: str, name: str) -> System:
    """Parse the text of a config; `name` is the file's name in messages. Raises what `load_system` raises."""
    tree = parse(text, name)
    if tree.value is None:
        raise PlacemapError("the file is empty; expected a config", location=name, hint=_START)
    if not isinstance(tree.value, dict):
        raise PlacemapError(
            "the file holds a list or a single value; expected `key: value` lines", location=f"{name}:1:1", hint=_START
        )
    mistakes = [
        *tree.duplicates,
        *_code_errors(tree),
        *reference_errors(tree),
        *shape_errors(tree),
        *text_errors(tree),
    ]
    if mistakes:
        raise PlacemapErrors(_in_order(mistakes))
    return system_of(tree)


_START = "start from a shipped config: `placemap show bnssg --source`"


def _in_order(errors: list[PlacemapError]) -> list[PlacemapError]:
    """Errors in the order of the file, each once."""
    unique = {(error.location, error.message): error for error in errors}
    return sorted(unique.values(), key=lambda error: [int(p) if p.isdigit() else 0 for p in error.location.split(":")])
