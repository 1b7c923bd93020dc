"""A config file → `model.System`. All mistakes of a file are found and reported together, each where it stands."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from placemap.config.build_model import system_of
from placemap.config.code_errors import code_errors
from placemap.config.cross_references import reference_errors
from placemap.config.files import all_trees, one_system
from placemap.config.model import System
from placemap.config.schema_errors import shape_errors
from placemap.config.successors import foreign_successor_errors
from placemap.config.text_rules import text_errors
from placemap.config.tier_references import declared, tier_errors
from placemap.config.yaml_tree import YamlTree, parse, read_text
from placemap.core.errors import PlacemapError, PlacemapErrors


def load_system(path: Path) -> System:
    """Read a system's config.

    Messages and outputs have the file's name alone, so that they don't depend on the folder that they were made from.

    Raises:
        PlacemapErrors: everything that is wrong with the shape of the file, each with `file:line:column`.
        PlacemapError: the file cannot be read, or is not YAML.
    """

    def read(name: str) -> str:
        return read_text(path.parent / name, name)

    system = system_from_text(read(path.name), path.name, read)
    if mistakes := list(foreign_successor_errors(system, path.parent)):
        raise PlacemapErrors(mistakes)
    return system


def other_texts(path: Path) -> dict[str, str]:
    """The texts of the other files of a system by name, for a config that `load_system` takes."""
    found: dict[str, str] = {}

    def read(name: str) -> str:
        found[name] = read_text(path.parent / name, name)
        return found[name]

    system_from_text(read_text(path, path.name), path.name, read)
    return found


def system_from_text(text: str, name: str, read: Callable[[str], str] | None = None) -> System:
    """Parse the text of a config.

    Args:
        name: the file's name in messages.
        read: gives the text of another file of the system; None where there is no other.

    Raises what `load_system` raises.
    """
    return _system(text, name, read) if "files:" in text else _in_one_file(text, name)


@lru_cache(maxsize=64)  # all England's systems: commands ask for them more than once
def _in_one_file(text: str, name: str) -> System:
    return _system(text, name, None)


def _system(text: str, name: str, read: Callable[[str], str] | None) -> System:
    trees, mistakes = all_trees(_mapping(text, name), lambda other: _mapping(_text(read, other), other))
    footprints = declared(trees)
    for tree in trees:
        mistakes += [
            *tree.duplicates,
            *code_errors(tree),
            *reference_errors(tree, footprints),
            *shape_errors(tree),
            *text_errors(tree),
        ]
    mistakes += tier_errors(footprints)
    if mistakes:
        raise PlacemapErrors(_in_order(mistakes, [tree.file for tree in trees]))
    return one_system([system_of(tree) for tree in trees])


def _text(read: Callable[[str], str] | None, other: str) -> str:
    if read is None:
        raise PlacemapError("other files of the system cannot be read here", location=other, hint=_ONE_FILE)
    return read(other)


def _mapping(text: str, name: str) -> YamlTree:
    """A config as a tree; raises `PlacemapError` where it is none."""
    tree = parse(text, name)
    if tree.value is None:
        raise PlacemapError("the file is empty; expected a config", location=name, hint=_START)
    if not isinstance(tree.value, dict):
        raise PlacemapError(
            "the file holds a list or a single value; expected `key: value` lines", location=f"{name}:1:1", hint=_START
        )
    return tree


_START = "start from a shipped config: `placemap show bnssg --source`"
_ONE_FILE = "put all footprints of the system into one file"


def _in_order(errors: list[PlacemapError], files: list[str]) -> list[PlacemapError]:
    """Errors in the order of the files, each once."""
    unique = {(error.location, error.message): error for error in errors}

    def rank(error: PlacemapError) -> list[int]:
        file = next((number for number, name in enumerate(files) if error.location.startswith(f"{name}:")), 0)
        return [file, *(int(part) if part.isdigit() else 0 for part in error.location.split(":"))]

    return sorted(unique.values(), key=rank)
