"""Parts cut out of a YAML text so that all else in it, comments and layout, stays as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

#: The key that YAML 1.1 takes another mapping in with.
_MERGE = "<<"


class _Cut(NamedTuple):
    """What goes, from one position to another, and what stands there instead."""

    start: int
    end: int
    instead: str = ""


def cut_to(text: str, wanted: Any) -> str:
    """A text without those keys of mappings, and texts of lists, that `wanted` has not.

    What cannot be reached by cutting is left as it is, so the result may say something else than `wanted`.

    Args:
        text: YAML.
        wanted: its value, less what is to go; a text may have become an empty list.
    """
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    shorter = text
    for cut in reversed(_merged(sorted(set(_cuts(root, wanted, text))) if root else [])):
        shorter = shorter[: cut.start] + cut.instead + shorter[cut.end :]
    return shorter


def _cuts(node: Node, wanted: Any, text: str) -> Iterator[_Cut]:
    if isinstance(node, MappingNode) and isinstance(wanted, dict):
        names = [name.value if isinstance(name, ScalarNode) else _MERGE for name, _ in node.value]
        kept = [name in wanted or name == _MERGE for name in names]
        yield from _out(node, [(name, value) for name, value in node.value], kept, text)
        for name, (_, value) in zip(names, node.value, strict=True):
            if name in wanted:
                yield from _cuts(value, wanted[name], text)
    elif isinstance(node, SequenceNode) and isinstance(wanted, list):
        kept = [not isinstance(item, ScalarNode) or item.value in wanted for item in node.value]
        yield from _out(node, [(item, item) for item in node.value], kept, text)
    elif isinstance(node, ScalarNode) and wanted == []:
        yield _Cut(node.start_mark.index, node.end_mark.index, "[]")


def _out(node: CollectionNode, items: Sequence[tuple[Node, Node]], kept: Sequence[bool], text: str) -> Iterator[_Cut]:
    """The items of a collection that are not kept, each from its first node to its last."""
    spans = [(first.start_mark.index, _end(last)) for first, last in items]
    if spans and not any(kept) and not node.flow_style:
        end = spans[-1][1]
        instead = "{}" if isinstance(node, MappingNode) else "[]"
        yield _Cut(node.start_mark.index, end - 1 if text[end - 1] == "\n" else end, instead)
        return
    for number, (start, end) in enumerate(spans):
        if not kept[number]:
            yield _inside(spans, kept, number) if node.flow_style else _lines(start, end, text)


def _inside(spans: Sequence[tuple[int, int]], kept: Sequence[bool], number: int) -> _Cut:
    """An item between brackets, with the comma that parts it from the next, or the last kept one from it."""
    if any(kept[number:]):
        return _Cut(spans[number][0], spans[number + 1][0])
    before = [end for (_, end), stays in zip(spans, kept, strict=True) if stays]
    return _Cut(before[-1] if before else spans[0][0], spans[number][1])


def _lines(start: int, end: int, text: str) -> _Cut:
    """The whole lines of an item; a block of text ends where the next line starts."""
    start = text.rfind("\n", 0, start) + 1
    if end and text[end - 1] == "\n":
        return _Cut(start, end)
    line_end = text.find("\n", end)
    return _Cut(start, len(text) if line_end < 0 else line_end + 1)


def _end(node: Node) -> int:
    """Where a node ends; a collection over several lines is said to end only where the next thing starts."""
    if isinstance(node, CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last)
    return int(node.end_mark.index)


def _merged(cuts: Sequence[_Cut]) -> list[_Cut]:
    """Cuts that overlap as one; they come in order."""
    merged: list[_Cut] = []
    for cut in cuts:
        if merged and cut.start <= merged[-1].end and not cut.instead:
            merged[-1] = _Cut(merged[-1].start, max(cut.end, merged[-1].end), merged[-1].instead)
        else:
            merged.append(cut)
    return merged
