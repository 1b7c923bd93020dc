"""What in a config does not fit the format, in words: the place, what was found, what was expected, the next step."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import jsonschema_rs

from placemap.config.model import Loc
from placemap.config.schema import (
    DAY,
    FORMAT_VERSION,
    ICB_CODE,
    ID,
    INSIDE,
    NOT_BLANK,
    ODS_CODE,
    OTHER_FILE,
    PARTIAL_DATE,
    PLACE_OF_FOOTPRINT,
    SHAPES,
    SUCCESSOR,
    SYSTEMS_OF,
    VINTAGE,
    WEB_ADDRESS,
    json_schema,
)
from placemap.config.yaml_tree import KeyPath, YamlTree
from placemap.core.codes import AREA_KINDS, DECLARED_KINDS, MEMBER_KINDS
from placemap.core.errors import PlacemapError
from placemap.core.text import listed


def shape_errors(tree: YamlTree) -> Iterator[PlacemapError]:
    """Everything in a config that the format does not allow."""
    for error in _format().iter_errors(tree.value):
        path = _path(error, tree)
        if not _is_code(path):  # `config` looks at codes and says more
            yield from _shape_error(error, path, tree)


@cache
def _format() -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(json_schema(), validate_formats=True)


def _path(error: jsonschema_rs.ValidationError, tree: YamlTree) -> KeyPath:
    """Where the mistake stands: of the paths that the library may mean, the one that leads to what it found."""
    may_be = list(_paths(tree.value, error.instance_path, ()))
    return next((path for path, value in may_be if value == error.instance), may_be[0][0] if may_be else ())


def _paths(value: Any, parts: Sequence[str | int], path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    """Paths that the library's may stand for, with what they lead to.

    It gives keys that look like numbers (`22`, `007`) as numbers, and leaves empty keys out.
    """
    if not parts:
        yield path, value
    if isinstance(value, dict):
        for key in value:
            if key == "":
                yield from _paths(value[key], parts, (*path, key))
            elif parts and (key == parts[0] or _is_number(key, parts[0])):
                yield from _paths(value[key], parts[1:], (*path, key))
    elif isinstance(value, list) and parts and isinstance(parts[0], int) and parts[0] < len(value):
        yield from _paths(value[parts[0]], parts[1:], (*path, parts[0]))


def _is_number(key: str, number: str | int) -> bool:
    digits = key.removeprefix("+")
    return digits.isascii() and digits.isdigit() and (digits.lstrip("0") or "0") == str(number)


def _is_code(path: KeyPath) -> bool:
    """Whether `path` leads to an item of a list of codes."""
    return len(path) > 1 and path[-2] in DECLARED_KINDS and isinstance(path[-1], int)


def _shape_error(error: jsonschema_rs.ValidationError, path: KeyPath, tree: YamlTree) -> Iterator[PlacemapError]:
    rule: Any = error.kind
    if rule.name == "required":
        yield _missing(rule.value, path, tree)
    elif path == ("placemap",):
        yield _other_format(tree)
    elif rule.name == "additionalProperties":
        yield from (_unknown_key(key, path, tree) for key in rule.value)
    elif rule.name == "propertyNames":
        found = str(rule.value.instance)
        loc = tree.loc((*path, found))
        yield _bad_icb(found, path, loc) if path and _is_systems_of(path[-1]) else _bad_id(found, loc)
    else:
        yield PlacemapError(
            f"{_named(path)}: found {shown(error.instance, path, tree)}; expected {_expected(rule, path)}",
            location=str(tree.value_loc(path)),
            hint="`placemap schema` prints the format",
        )


def _missing(key: str, path: KeyPath, tree: YamlTree) -> PlacemapError:
    hint = {
        "reason": "say why: `reason: …`",
        "evidence": "name a key of the config's `evidence`: every footprint names its evidence",
        "placemap": "start the file with `placemap: 1`, the version of the format",
        "places": "list the places of the footprint, each with its members",
        "grade": "A: places and geography are stated · B: follows from names · C: weak",
    }.get(key, "`placemap schema` prints the format")
    if (*path, key) == ("evidence",):
        hint = "list the documents that the places rest on, each with a title and a publisher"
    return PlacemapError(f"`{key}` is missing from {_named(path)}", location=str(tree.loc(path)), hint=hint)


def _named(path: KeyPath) -> str:
    """What stands at `path`, in words."""
    if not path:
        return "the file"
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of `{path[-2]}`"
    return f"`{path[-1]}`"


def _other_format(tree: YamlTree) -> PlacemapError:
    return PlacemapError(
        f"`placemap`: found {shown(tree.value['placemap'], ('placemap',), tree)}; this placemap reads version "
        f"{FORMAT_VERSION} of the format",
        location=str(tree.value_loc(("placemap",))),
        hint=f"write `placemap: {FORMAT_VERSION}`, or use a newer placemap for a newer format",
    )


def _bad_id(found: str, loc: Loc) -> PlacemapError:
    return PlacemapError(
        f"`{found}` is not an id: expected lower case letters and digits, words joined by single hyphens",
        location=str(loc),
        hint="ids become part of file and place codes, as in `north-norfolk`; the name goes into `name`",
    )


def _is_systems_of(key: str | int) -> bool:
    return re.fullmatch(SYSTEMS_OF, str(key)) is not None


def _bad_icb(found: str, path: KeyPath, loc: Loc) -> PlacemapError:
    return PlacemapError(
        f"{_named(path)}: found `{found}`; expected {_PATTERNS[ICB_CODE]}",
        location=str(loc),
        hint="give each ICB as `code: name`",
    )


def _unknown_key(key: str, path: KeyPath, tree: YamlTree) -> PlacemapError:
    known = _known_keys(path)
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if close:
        hint = f"did you mean `{close[0]}`?"
    elif key in MEMBER_KINDS:
        hint = f"only area kinds can be used here: {', '.join(AREA_KINDS)}"
    else:
        plain = [name for name in known if not name.endswith("_vintage")]
        hint = f"the keys here are {', '.join(plain)}" + (", and vintages" if len(plain) < len(known) else "")
    return PlacemapError(f"unknown key `{key}`", location=str(tree.loc((*path, key))), hint=hint)


def _known_keys(path: KeyPath) -> list[str]:
    """The keys that may stand in the mapping at `path`, by walking the schema."""
    schema = SHAPES["ConfigShape"]
    for part in path:
        inner = schema.get("items") if isinstance(part, int) else schema.get("properties", {}).get(part)
        schema = _resolved(inner or schema["additionalProperties"])
    return list(schema["properties"])


def _resolved(schema: Any) -> Any:
    """The schema itself, behind references and behind what may be empty."""
    while "then" in schema or "$ref" in schema:
        schema = schema.get("then") or SHAPES[schema["$ref"].rpartition("/")[2]]
    return schema


def shown(found: Any, path: KeyPath, tree: YamlTree) -> str:
    """A value of a config, as a message names it; numbers as they are written."""
    if path in tree.numbers:
        return f"the number {tree.numbers[path]}"
    if found is None:
        return "nothing"
    if isinstance(found, bool):
        return f"the truth value {str(found).lower()}"
    if isinstance(found, dict):
        return "`key: value` lines" if found else "an empty `{}`"
    if isinstance(found, list):
        return "a list"
    return f"`{found}`"


_TYPES = {
    "string": "text",
    "object": "`key: value` lines",
    "array": "a list",
    "number": "a number",
    "boolean": "`true` or `false`",
}
_PATTERNS = {
    VINTAGE: "a vintage like 2024 or 2022-08",
    PARTIAL_DATE: "a date like 2021, 2021-05 or 2021-05-14",
    DAY: "a date like 2022-07-27",
    WEB_ADDRESS: "a web address that starts with https://",
    ICB_CODE: "the GSS code of an ICB, like E54000039",
    ODS_CODE: "an NHS (ODS) code of three or five characters, like QUY",
    ID: "an id: lower case letters and digits, words joined by single hyphens",
    PLACE_OF_FOOTPRINT: "`footprint/place`, like places-2022/lancashire",
    INSIDE: "a footprint or a place of one, like places-2022 or places-2022/lancashire",
    OTHER_FILE: "the name of a file beside this one, like neighbourhoods.yaml",
    SUCCESSOR: "`footprint/place`, or `system/footprint/place` of another system",
    NOT_BLANK: "text that is not empty",
}


def _expected(rule: Any, path: KeyPath) -> str:
    key = str(path[-1])
    if key in ("valid_from", "valid_to"):
        return _PATTERNS[DAY]
    if key.endswith("vintage"):
        return _PATTERNS[VINTAGE]
    if key == "within":
        return "`scope`, or areas in `key: value` lines"
    if rule.name == "pattern":
        return _PATTERNS[rule.value]
    if rule.name == "type":
        return _expected_type(rule.value, key)
    if rule.name == "enum":
        return f"one of {listed([f'`{value}`' for value in rule.value if value is not None], 'or')}"
    if rule.name in ("minimum", "maximum"):
        if key in ("date", "accessed"):
            return _PATTERNS[PARTIAL_DATE]
        return f"a number that is not {'below' if rule.name == 'minimum' else 'above'} {rule.value:,}"
    return "at least one entry"


def _expected_type(types: str | list[str], key: str) -> str:
    if key in DECLARED_KINDS and types != "string":
        return "a list of codes, or `code: name` lines"
    return _TYPES[next(name for name in ([types] if isinstance(types, str) else types) if name in _TYPES)]
