"""A config without what an outside reader wrote into it, for what a system gives out in its own name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode

from placemap.config.yaml_tree import parse
from placemap.core.files import as_json

#: Where the words of whoever wrote the config stand: what they made of it, and what they read in a document.
OUTSIDE = ("notes", "states")
#: Mappings in which such a word is an id that somebody chose.
_BY_ID = ("evidence", "footprints", "places")

Cut = tuple[int, int]


def public_text(text: str) -> str:
    """The text of a config without its `notes` and `states`; all else is as it was, comments too.

    Where aliases let nothing be cut out, all of it is written anew, as JSON, which is YAML.

    Args:
        text: of a config that `system_from_text` takes.
    """
    wanted = _without(parse(text, "").value)
    shorter = text
    for start, end in reversed(_merged(_cuts(text))):
        shorter = shorter[:start] + shorter[end:]
    return shorter if _says(shorter, wanted) else as_json(wanted)


def _says(text: str, wanted: Any) -> bool:
    from placemap.core.errors import PlacemapError

    try:
        return bool(parse(text, "").value == wanted)
    except PlacemapError:
        return False


def _without(value: Any, *, ids: bool = False) -> Any:
    """A value without those words; `ids` where its keys are ids, which may be any word."""
    if not isinstance(value, dict):
        return value
    kept = {name: inner for name, inner in value.items() if ids or name not in OUTSIDE}
    return {name: _without(inner, ids=not ids and name in _BY_ID) for name, inner in kept.items()}


def _cuts(text: str) -> list[Cut]:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    return sorted(set(_of(root, text, ids=False))) if root else []


def _of(node: Node, text: str, *, ids: bool) -> Iterator[Cut]:
    if not isinstance(node, MappingNode):
        return
    for number, (name, value) in enumerate(node.value):
        if isinstance(name, ScalarNode) and name.value in OUTSIDE and not ids:
            yield _inside(node, number) if node.flow_style else _lines(name, value, text)
        else:
            yield from _of(value, text, ids=not ids and name.value in _BY_ID)


def _lines(name: Node, value: Node, text: str) -> Cut:
    """The whole lines of a key and its value; a block of text ends where the next line starts."""
    start = name.start_mark.index - name.start_mark.column
    end = value.end_mark.index
    if end and text[end - 1] == "\n":
        return start, end
    line_end = text.find("\n", end)
    return start, len(text) if line_end < 0 else line_end + 1


def _inside(node: MappingNode, number: int) -> Cut:
    """A key and its value between braces, with the comma that parts them from the next pair, or from the last."""
    pairs = node.value
    if number + 1 < len(pairs):
        return pairs[number][0].start_mark.index, pairs[number + 1][0].start_mark.index
    start = pairs[number - 1][1].end_mark.index if number else pairs[number][0].start_mark.index
    return start, pairs[number][1].end_mark.index


def _merged(cuts: list[Cut]) -> list[Cut]:
    """Cuts that overlap as one; they come in order."""
    merged: list[Cut] = []
    for start, end in cuts:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
