"""Codes in a config that are not of the shape of their kind, each with what it looks like and where it stands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from placemap.config.schema_errors import shown
from placemap.config.yaml_tree import KeyPath, YamlTree
from placemap.core.codes import DECLARED_KINDS, KINDS, PLACE, kinds_of
from placemap.core.errors import PlacemapError

_AS_LIST = "write members as a list of codes, or as `code: name` lines"


_FREE_KEYS = ("footprints", "places", "evidence")


# --- codes: their shape, before anything is looked up --------------------------------------------------------------


def code_errors(tree: YamlTree) -> Iterator[PlacemapError]:
    """Codes of units that have not the shape of their kind, each where it stands."""
    for path in _member_paths(tree.value, ()):
        check = _place_error if path[-1] == PLACE.id else _code_error
        for here in _codes_at(tree.value, path):
            error = check(str(path[-1]), here, tree)
            if error:
                yield error


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
        if key in DECLARED_KINDS and isinstance(inner, dict | list) and (not path or path[-1] not in _FREE_KEYS):
            yield here
        else:
            yield from _member_paths(inner, here)


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
        f"`{code}` does not look like any code; expected the code of {KINDS[kind].one}, like {example}",
        location=location,
        hint="`placemap find` looks codes up by name",
    )


def _place_error(_kind: str, path: KeyPath, tree: YamlTree) -> PlacemapError | None:
    """What is wrong with how a place of another footprint is written."""
    code = path[-1] if isinstance(path[-1], str) else _at(tree.value, path)
    if isinstance(code, str) and PLACE.accepts(code):
        return None
    return PlacemapError(
        f"found {shown(code, path, tree)}; expected a place of another footprint, like {PLACE.example}",
        location=str(tree.loc(path)),
        hint="write the footprint's id, a slash and the place's id",
    )
