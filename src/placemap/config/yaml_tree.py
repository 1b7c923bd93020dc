"""A YAML file as plain values, with the place in the file of every key and value.

PyYAML composes the file to nodes, which keep what its constructors (and other parsers) lose: the position of
everything, a repeated key, and how a number was written (`01234`). What is a number, a truth value or nothing goes by
the core schema of YAML 1.2 and not by 1.1, PyYAML's own, for which `no` is a truth value and `12:30` a number.
"""

from __future__ import annotations

import codecs
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.error import MarkedYAMLError, YAMLError
from yaml.events import CollectionEndEvent, CollectionStartEvent
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from yaml.parser import Parser
from yaml.reader import Reader
from yaml.resolver import BaseResolver
from yaml.scanner import Scanner

from placemap.config.model import Loc
from placemap.config.yaml_errors import YAML_HINT, bad_character, not_yaml
from placemap.core.errors import PlacemapError

#: Far above any real config (the largest shipped one is 30 kB); a larger file is something else.
MAX_BYTES = 2_000_000
#: Aliases are expanded, so a small file can hold a very large tree; this many values is far above any real config.
MAX_NODES = 200_000
MAX_DEPTH = 40

KeyPath = tuple[str | int, ...]


@dataclass()
class YamlTree:
    """What a file holds.

    Attributes:
        file: the file's name in messages.
        value: dicts, lists, text, int, float, bool and None; mapping keys and dates are text.
        key_locs, value_locs: position by path; a list of text is also reachable by its items.
        numbers: the text of keys and values that YAML reads as numbers, as they are written.
        duplicates: an error for each repeated key; the value that stands last is kept.
    """

    file: str
    value: Any = None
    key_locs: dict[KeyPath, Loc] = field(default_factory=dict)
    value_locs: dict[KeyPath, Loc] = field(default_factory=dict)
    numbers: dict[KeyPath, str] = field(default_factory=dict)
    duplicates: list[PlacemapError] = field(default_factory=list)
    nodes: int = 0

    def loc(self, path: KeyPath) -> Loc:
        """Where the key at `path` stands, or the nearest thing above it that stands anywhere."""
        while path and path not in self.key_locs and path not in self.value_locs:
            path = path[:-1]
        return self.key_locs.get(path) or self.value_locs.get(path) or Loc(self.file)

    def value_loc(self, path: KeyPath) -> Loc:
        """Where the value at `path` starts; the nearest thing above it where there is no such value."""
        return self.value_locs.get(path) or self.loc(path)


def read_text(path: Path, name: str, *, missing: str = "`placemap list` shows the systems there are") -> str:
    """The text of a config file, or of another that is as small.

    Args:
        missing: what to do if there is no such file.

    Raises:
        PlacemapError: the file is missing, a directory, unreadable, too large, or not UTF-8.
    """
    try:
        if path.is_dir():
            raise PlacemapError("this is a folder; expected a YAML file", location=name, hint="name a file in it")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise PlacemapError(
                f"the file has {size:,} bytes; a config has at most {MAX_BYTES:,}",
                location=name,
                hint="is this the right file? A config names units; tables belong in the reference store",
            )
        return decoded(path.read_bytes())
    except FileNotFoundError:
        raise PlacemapError("no such file", location=name, hint=missing) from None
    except UnicodeDecodeError as error:
        byte = f"byte {error.start:,} is 0x{error.object[error.start]:02x}"
        raise PlacemapError(
            f"the file is not {error.encoding.upper()} text ({byte})",
            location=name,
            hint="save it as UTF-8; a config is a text file that ends in .yaml",
        ) from None
    except OSError as error:
        raise PlacemapError(
            f"the file cannot be read: {error.strerror or error}", location=name, hint="check the file's permissions"
        ) from None


def decoded(content: bytes) -> str:
    """The text of a config: UTF-8, or UTF-16 with its mark, which `>` of Windows PowerShell writes.

    Raises:
        UnicodeDecodeError: it is neither.
    """
    utf_16 = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = content.decode("utf-16") if utf_16 else content.removeprefix(codecs.BOM_UTF8).decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def parse(text: str, name: str) -> YamlTree:
    """Parse YAML text.

    Args:
        text: the file's content.
        name: the file's name in messages.

    Raises:
        PlacemapError: not YAML, or too deep or too large once aliases are expanded.
    """
    bad = Reader.NON_PRINTABLE.search(text)
    if bad:
        raise bad_character(text, bad.start(), name)
    try:
        _refuse_depth(text, name)
        root = yaml.compose(text, Loader=_Loader)
    except MarkedYAMLError as error:
        raise not_yaml(error, text, name) from None
    except (YAMLError, ValueError) as error:
        raise PlacemapError(f"this is not YAML: {str(error).splitlines()[0]}", location=name, hint=YAML_HINT) from None
    tree = YamlTree(name)
    if root is None:
        return tree
    tree.value = _plain(root, (), tree)
    return tree


class _Core(BaseResolver):
    """What plain text stands for, by the core schema of YAML 1.2 (section 10.3.2)."""


for _tag, _pattern, _first in (
    ("null", r"(?:~|null|Null|NULL|)", ["~", "n", "N", ""]),
    ("bool", r"(?:true|True|TRUE|false|False|FALSE)", list("tTfF")),
    ("int", r"(?:[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+)", list("-+0123456789")),
    (
        "float",
        r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))",
        list("-+.0123456789"),
    ),
):
    _Core.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"{_pattern}\Z"), _first)


_Loader: Any
if yaml.__with_libyaml__:
    from yaml.cyaml import CParser  # type: ignore[attr-defined]

    class _FastLoader(CParser, _Core):
        """libyaml's parser, thirty times as fast as one in Python."""

        def __init__(self, stream: str) -> None:
            CParser.__init__(self, stream)
            _Core.__init__(self)

    _Loader = _FastLoader
else:

    class _PlainLoader(Reader, Scanner, Parser, Composer, _Core):
        """PyYAML's own parser, where it was installed without libyaml."""

        def __init__(self, stream: str) -> None:
            Reader.__init__(self, stream)
            Scanner.__init__(self)
            Parser.__init__(self)
            Composer.__init__(self)
            _Core.__init__(self)

    _Loader = _PlainLoader


def _refuse_depth(text: str, name: str) -> None:
    """Look at the nesting before nodes are composed: libyaml's composer calls itself until the stack is full.

    A scanner reads ahead, and newer ones have a limit to nesting of their own, which they may meet before the first
    level is handed out. So where one fails, how deep it was is told by what stands before that place.
    """
    try:
        _walk(text, name)
    except MarkedYAMLError as error:
        if error.problem_mark:
            with suppress(MarkedYAMLError):
                _walk(text[: error.problem_mark.index], name)
        raise


def _walk(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, Loader=_Loader):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            mark = event.start_mark
            raise PlacemapError(
                f"this is nested more than {MAX_DEPTH} levels deep",
                location=str(Loc(name, mark.line + 1, mark.column + 1) if mark else Loc(name)),
                hint="a config has seven levels; was a bracket left open?",
            )


def _plain(node: Node, path: KeyPath, tree: YamlTree) -> Any:
    tree.nodes += 1
    loc = Loc(tree.file, node.start_mark.line + 1, node.start_mark.column + 1)
    if tree.nodes > MAX_NODES or len(path) > MAX_DEPTH:
        raise PlacemapError(
            f"the file unfolds to more than {MAX_NODES:,} values, or {MAX_DEPTH} levels",
            location=str(loc),
            hint="write the members out instead of nesting aliases",
        )
    tree.value_locs[path] = loc
    if isinstance(node, MappingNode):
        return _mapping(node, path, tree)
    if isinstance(node, SequenceNode):
        return _sequence(node, path, tree)
    return _scalar(node, path, tree)


def _mapping(node: MappingNode, path: KeyPath, tree: YamlTree) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        loc = Loc(tree.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
        if not isinstance(key_node, ScalarNode):
            raise PlacemapError("a key must be text; found a list or a mapping", location=str(loc), hint=YAML_HINT)
        key = str(key_node.value)
        _refuse_half_characters(key, loc)
        here = (*path, key)
        if key in result:
            tree.duplicates.append(_duplicate(key, loc, tree.key_locs[here]))
        tree.key_locs[here] = loc
        if _is_number(key_node):
            tree.numbers[here] = key
        result[key] = _plain(value_node, here, tree)
    return result


def _duplicate(key: str, loc: Loc, first: Loc) -> PlacemapError:
    return PlacemapError(
        f"`{key}` appears twice here, first at line {first.line}, column {first.column}",
        location=str(loc),
        hint="keep one of the two; YAML would silently drop the first",
    )


def _sequence(node: SequenceNode, path: KeyPath, tree: YamlTree) -> list[Any]:
    items = []
    for index, item in enumerate(node.value):
        items.append(_plain(item, (*path, index), tree))
        if isinstance(item, ScalarNode):
            by_value = (*path, str(item.value))
            tree.value_locs.setdefault(by_value, tree.value_locs[(*path, index)])
            if _is_number(item):
                tree.numbers[by_value] = str(item.value)
    return items


def _is_number(node: Node) -> bool:
    return str(node.tag) in ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


def _scalar(node: Node, path: KeyPath, tree: YamlTree) -> Any:
    text = str(node.value)
    _refuse_half_characters(text, tree.value_locs[path])
    tag = str(node.tag).removeprefix("tag:yaml.org,2002:")
    if tag == "null":
        return None
    if tag == "bool":
        return text.lower() == "true"
    if _is_number(node):
        tree.numbers[path] = text
        return _number(text)
    if tag in ("str", "timestamp"):
        return text
    raise PlacemapError(
        f"the tag `!!{tag}` is not allowed", location=str(tree.value_locs[path]), hint="write a plain value"
    )


def _refuse_half_characters(text: str, loc: Loc) -> None:
    """Refuse an escape of U+D800 to U+DFFF, half of a character of UTF-16: no UTF-8 file could hold it."""
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise PlacemapError(
            "an escape stands for half a character (U+D800 to U+DFFF)",
            location=str(loc),
            hint="write the character itself, or its whole code, as in `\\U0001F600`",
        )


def _number(text: str) -> int | float | str:
    """A number as written; text where Python reads it otherwise than YAML does (octal, hexadecimal, infinities)."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
