"""A config file → `model.System`. All mistakes of a file are found and reported together, each where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from placemap.config_model import system_of
from placemap.config_references import reference_errors
from placemap.config_shape import shape_errors, shown
from placemap.core.codes import KINDS, MEMBER_KINDS, kinds_of
from placemap.core.errors import PlacemapError, PlacemapErrors
from placemap.model import System
from placemap.yaml_tree import KeyPath, YamlTree, parse, read_text


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
    return system_from_text(read_text(path, name), name)


def system_from_text(text: str, name: str) -> System:
    """Parse the text of a config; `name` is the file's name in messages. Raises what `load_system` raises."""
    tree = parse(text, name)
    if tree.value is None:
        raise PlacemapError("the file is empty; expected a config", location=name, hint=_START)
    if not isinstance(tree.value, dict):
        raise PlacemapError(
            "the file holds a list or a single value; expected `key: value` lines", location=f"{name}:1:1", hint=_START
        )
    mistakes = [*tree.duplicates, *_code_errors(tree), *reference_errors(tree), *shape_errors(tree)]
    if mistakes:
        raise PlacemapErrors(_in_order(mistakes))
    return system_of(tree)


_START = "start from a shipped config: `placemap show bnssg --source`"


def _in_order(errors: list[PlacemapError]) -> list[PlacemapError]:
    """Errors in the order of the file, each once."""
    unique = {(error.location, error.message): error for error in errors}
    return sorted(unique.values(), key=lambda error: [int(p) if p.isdigit() else 0 for p in error.location.split(":")])


# --- codes: their shape, before anything is looked up --------------------------------------------------------------


def _code_errors(tree: YamlTree) -> Iterator[PlacemapError]:
    for path in _member_paths(tree.value, ()):
        for here in _codes_at(tree.value, path):
            error = _code_error(str(path[-1]), here, tree)
            if error:
                yield error


_AS_LIST = "write members as a list of codes, or as `code: name` lines"


def _at(value: Any, path: KeyPath) -> Any:
    for part in path:
        value = value[part]
    return value


def _member_paths(value: Any, path: KeyPath) -> Iterator[KeyPath]:
    """Paths of all member mappings and lists, wherever the file is sound enough to see them."""
    if not isinstance(value, dict):
        return
    for key, inner in value.items():
        here = (*path, key)
        # Ids of evidence, footprints and places are free: a place may be called `ward`.
        if key in MEMBER_KINDS and isinstance(inner, dict | list) and (not path or path[-1] not in _FREE_KEYS):
            yield here
        else:
            yield from _member_paths(inner, here)


_FREE_KEYS = ("footprints", "places", "evidence")


def _codes_at(value: Any, path: KeyPath) -> list[KeyPath]:
    """Paths of the codes at `path`: the keys of a mapping, the items of a list."""
    codes = _at(value, path)
    return [(*path, key) for key in (codes if isinstance(codes, dict) else range(len(codes)))]


def _code_error(kind: str, path: KeyPath, tree: YamlTree) -> PlacemapError | None:
    location = str(tree.loc(path))
    example = KINDS[kind].example
    code = path[-1] if isinstance(path[-1], str) else _at(tree.value, path)
    if path in tree.numbers:
        return PlacemapError(
            f"{KINDS[kind].label} code {tree.numbers[path]} is read as a number; codes are text",
            location=location,
            hint=f'write it in quotes: "{tree.numbers[path]}" (a code of this kind looks like {example})',
        )
    if not isinstance(code, str):
        found = shown(code, path, tree)
        return PlacemapError(f"found {found}; expected a code, like {example}", location=location, hint=_AS_LIST)
    if kinds_of(code):
        return None
    tidy = "".join(code.split()).upper()
    if tidy != code and kinds_of(tidy):
        faults = {"white space": any(map(str.isspace, code)), "lower case letters": code != code.upper()}
        what = " and ".join(fault for fault, there in faults.items() if there)
        return PlacemapError(f"code `{code}` has {what} in it", location=location, hint=f"write {tidy}")
    return PlacemapError(
        f"`{code}` does not have the shape of any code; expected the code of {KINDS[kind].one}, like {example}",
        location=location,
        hint="`placemap find` looks codes up by name",
    )
