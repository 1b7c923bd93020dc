"""A system that is written in several files: all of them read, and put together."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from placemap.config.model import System
from placemap.config.schema import OTHER_FILE, SYSTEMS_OF
from placemap.config.tier_references import as_dict
from placemap.config.yaml_tree import KeyPath, YamlTree
from placemap.core.errors import PlacemapError

Errors = list[PlacemapError]


def all_trees(first: YamlTree, read: Callable[[str], YamlTree]) -> tuple[list[YamlTree], Errors]:
    """A file and all that its `files` lead to, each once; and what is wrong between them.

    Args:
        read: gives the tree of a file of a name.
    """
    trees, errors = [first], Errors()
    for tree in trees:
        listed = tree.value.get("files")
        for index, name in enumerate(listed if isinstance(listed, list) else []):
            # A file at a git revision is called `name@revision`.
            known = {part for other in trees for part in (other.file, other.file.split("@")[0])}
            if not isinstance(name, str) or not re.fullmatch(OTHER_FILE, name) or name in known:
                continue
            try:
                trees.append(read(name))
            except PlacemapError as error:
                errors.append(_unread(error, name, tree, ("files", index)))
    return trees, errors + [error for tree in trees[1:] for error in _clashes(tree, trees)]


def _unread(error: PlacemapError, name: str, tree: YamlTree, path: KeyPath) -> PlacemapError:
    """What is wrong with a file, said where it is named if it is about the file as a whole."""
    if error.location != name:
        return error
    hint = "`files` names other files of the system, in the same folder"
    return PlacemapError(f"`{name}`: {error.message}", location=str(tree.value_loc(path)), hint=hint)


def _clashes(tree: YamlTree, trees: list[YamlTree]) -> Errors:
    """What a file says of things that another has said before: its system, its footprints, its evidence."""
    errors = Errors()
    before = trees[: trees.index(tree)]
    own, first = (as_dict(item.value.get("ics")).get("id") for item in (tree, trees[0]))
    if own != first:
        message = f"this file is about `{own}`, and {trees[0].file} about `{first}`; files of one system have one id"
        errors.append(_error(message, tree, ("ics", "id"), "take the file out of `files`, or correct the id"))
    else:
        errors += _other_words(tree, trees[0])
    for key in as_dict(tree.value.get("footprints")):
        other = next((item.file for item in before if key in as_dict(item.value.get("footprints"))), None)
        if other:
            message = f"there is a footprint `{key}` in {other} already"
            errors.append(_error(message, tree, ("footprints", key), "give one of the two another id"))
    for key, value in as_dict(tree.value.get("evidence")).items():
        known = next((item for item in before if key in as_dict(item.value.get("evidence"))), None)
        if known is not None and known.value["evidence"][key] != value:
            message = f"evidence `{key}` is another document in {known.file}"
            errors.append(_error(message, tree, ("evidence", key), "give one of the two another id"))
    return errors


def _other_words(tree: YamlTree, first: YamlTree) -> Errors:
    """What a file says of the system as a whole in another way than the first, whose word counts for all files."""
    own, said = (as_dict(item.value.get("ics")) for item in (tree, first))
    words: list[tuple[KeyPath, Any, Any]] = [(("ics", key), own.get(key), said.get(key)) for key in ("name", "icb")]
    years = sorted(str(key) for key in tree.value if re.fullmatch(SYSTEMS_OF, str(key)))
    words += [((key,), tree.value[key], first.value.get(key)) for key in years]
    hint = "write the same in all files of the system"
    return [
        _error(f"`{path[-1]}` of the system is another in {first.file}", tree, path, hint)
        for path, value, other in words
        if value is not None and value != other
    ]


def _error(message: str, tree: YamlTree, path: KeyPath, hint: str) -> PlacemapError:
    return PlacemapError(message, location=str(tree.loc(path)), hint=hint)


def one_system(systems: list[System]) -> System:
    """The system of the first file with the footprints and the evidence of all."""
    first = systems[0]
    if len(systems) == 1:
        return first
    footprints = {key: item for system in systems for key, item in system.footprints.items()}
    evidence = {key: item for system in reversed(systems) for key, item in system.evidence.items()}
    hashes = "\n".join(system.config_sha256 for system in systems)
    return replace(
        first,
        footprints={key: footprints[key] for key in sorted(footprints)},
        evidence={key: evidence[key] for key in sorted(evidence)},
        config_sha256=hashlib.sha256(hashes.encode()).hexdigest(),
        placeholders=tuple(item for system in systems for item in system.placeholders),
    )
