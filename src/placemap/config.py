"""A config file → `model.System`. All mistakes of a file are found and reported together, each where it stands."""

from __future__ import annotations

import difflib
import hashlib
import json
import types
import typing
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from placemap import config_format as shape
from placemap.codes import AREA_KINDS, KINDS, MEMBER_KINDS, kinds_of
from placemap.config_references import reference_errors
from placemap.errors import PlacemapError, PlacemapErrors
from placemap.model import Accept, Evidence, Expect, Footprint, Loc, Member, Place, Scope, System
from placemap.yaml_tree import KeyPath, YamlTree, parse, read_text

Vintages = Mapping[str, str]


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
    mistakes = [*tree.duplicates, *_code_errors(tree), *reference_errors(tree)]
    try:
        parsed = shape.ConfigShape.model_validate(tree.value)
    except ValidationError as error:
        raise PlacemapErrors(_in_order([*mistakes, *_shape_errors(error, tree)])) from None
    if mistakes:
        raise PlacemapErrors(_in_order(mistakes))
    return _Reader(parsed, tree).system()


def json_schema() -> dict[str, Any]:
    """The config format as a JSON Schema (2020-12), for editors and other tools."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **shape.ConfigShape.model_json_schema()}


_START = "start from a shipped config: `placemap show bnssg --source`"


def _in_order(errors: list[PlacemapError]) -> list[PlacemapError]:
    """Errors in the order of the file, each once."""
    unique = {(error.location, error.message): error for error in errors}
    return sorted(unique.values(), key=lambda error: [int(p) if p.isdigit() else 0 for p in error.location.split(":")])


# --- what pydantic found, in our words ---------------------------------------------------------------------------


def _shape_errors(error: ValidationError, tree: YamlTree) -> Iterator[PlacemapError]:
    for detail in error.errors(include_url=False):
        path = _real_path(detail["loc"], tree)
        if not _is_code(path):  # codes are looked at by `_code_errors`, which says more
            yield _shape_error(detail, path, tree)


def _is_code(path: KeyPath) -> bool:
    """Whether `path` leads to an item of a list of codes."""
    return len(path) > 1 and path[-2] in MEMBER_KINDS and isinstance(path[-1], int)


def _real_path(loc: tuple[str | int, ...], tree: YamlTree) -> KeyPath:
    """Pydantic's location without the tags of unions, which stand for no key of the file."""
    path: KeyPath = ()
    for part in loc:
        if (*path, part) in tree.value_locs or (*path, part) in tree.key_locs:
            path = (*path, part)
    return path


def _shape_error(detail: Any, path: KeyPath, tree: YamlTree) -> PlacemapError:
    kind, found = detail["type"], detail["input"]
    key = str(detail["loc"][-1])
    where = _named(path)
    if kind == "missing":
        hint = _missing_hint(key if path or key != "evidence" else "documents")
        return PlacemapError(f"`{key}` is missing from {where}", location=str(tree.loc(path)), hint=hint)
    if path == ("placemap",):
        return _other_format(tree)
    if kind == "extra_forbidden":
        return _unknown_key(key, path, tree)
    if detail["loc"] and detail["loc"][-1] == "[key]":
        return _bad_id(str(found), tree.loc((*path, str(found))))
    return PlacemapError(
        f"{where}: found {_shown(found, path, tree)}; expected {_expected(detail, path)}",
        location=str(tree.value_loc(path)),
        hint="`placemap schema` prints the format",
    )


def _named(path: KeyPath) -> str:
    """What stands at `path`, in words."""
    if not path:
        return "the file"
    if isinstance(path[-1], int):
        return f"entry {path[-1] + 1} of `{path[-2]}`"
    return f"`{path[-1]}`"


def _other_format(tree: YamlTree) -> PlacemapError:
    return PlacemapError(
        f"`placemap`: found {_shown(tree.value['placemap'], ('placemap',), tree)}; this placemap reads version "
        f"{shape.FORMAT_VERSION} of the format",
        location=str(tree.value_loc(("placemap",))),
        hint=f"write `placemap: {shape.FORMAT_VERSION}`, or use a newer placemap for a newer format",
    )


def _bad_id(found: str, loc: Loc) -> PlacemapError:
    return PlacemapError(
        f"`{found}` is not an id: expected lower case letters and digits, words joined by single hyphens",
        location=str(loc),
        hint="ids become part of file and place codes, as in `north-norfolk`; the name goes into `name`",
    )


def _missing_hint(key: str) -> str:
    return {
        "documents": "list the documents that the places rest on, each with a title and a publisher",
        "reason": "a waiver says why: `reason: …`",
        "evidence": "name a key of the config's `evidence`: every footprint says what it rests on",
        "placemap": "start the file with `placemap: 1`, the version of the format",
        "places": "list the places of the footprint, each with its members",
        "grade": "A: places and geography are stated · B: follows from names · C: weak",
    }.get(key, "`placemap schema` prints the format")


def _unknown_key(key: str, path: KeyPath, tree: YamlTree) -> PlacemapError:
    known = _known_keys(path[:-1])
    close = difflib.get_close_matches(key, known, n=1, cutoff=0.6)
    if close:
        hint = f"did you mean `{close[0]}`?"
    elif key in MEMBER_KINDS:
        hint = f"only area kinds can stand here: {', '.join(AREA_KINDS)}"
    else:
        plain = [name for name in known if not name.endswith("_vintage")]
        hint = f"the keys here are {', '.join(plain)}" + (", and vintages" if len(plain) < len(known) else "")
    return PlacemapError(f"unknown key `{key}`", location=str(tree.loc(path)), hint=hint)


def _known_keys(path: KeyPath) -> list[str]:
    """The keys that may stand at `path`, by walking the models."""
    annotation: Any = shape.ConfigShape
    for part in path:
        model = _model_in(annotation)
        if model is not None and str(part) in model.model_fields:
            annotation = model.model_fields[str(part)].annotation
        else:
            annotation = next((arg for arg in typing.get_args(_container_in(annotation)) if _model_in(arg)), None)
    model = _model_in(annotation)
    return list(model.model_fields) if model else []


def _arms(annotation: Any) -> Iterator[Any]:
    """The types that an annotation stands for, through unions and Annotated."""
    origin = typing.get_origin(annotation)
    if origin is typing.Annotated:
        yield from _arms(typing.get_args(annotation)[0])
    elif origin in (typing.Union, types.UnionType):
        for arm in typing.get_args(annotation):
            yield from _arms(arm)
    else:
        yield annotation


def _model_in(annotation: Any) -> type[BaseModel] | None:
    models = (arm for arm in _arms(annotation) if isinstance(arm, type) and issubclass(arm, BaseModel))
    return next(models, None)


def _container_in(annotation: Any) -> Any:
    return next((arm for arm in _arms(annotation) if typing.get_origin(arm) in (dict, list)), None)


def _shown(found: Any, path: KeyPath, tree: YamlTree) -> str:
    if path in tree.numbers:
        return f"the number {tree.numbers[path]}"
    if found is None:
        return "nothing"
    if isinstance(found, bool):
        return f"the truth value {str(found).lower()}"
    if isinstance(found, dict):
        return "a mapping" if found else "an empty mapping"
    if isinstance(found, list):
        return "a list"
    return f"`{found}`"


_EXPECTED = {
    "string_type": "text",
    "dict_type": "`key: value` lines",
    "list_type": "a list",
    "model_type": "`key: value` lines",
    "model_attributes_type": "`key: value` lines",
    "float_type": "a number",
    "finite_number": "a number",
    "string_too_short": "text that is not empty",
    "too_short": "at least one entry",
    "date_from_datetime_inexact": "a date like 2022-07-27",
    "date_from_datetime_parsing": "a date like 2022-07-27",
    "date_parsing": "a date like 2022-07-27",
    "date_type": "a date like 2022-07-27",
}
VINTAGE = r"^\d{4}(-\d{2})?$"
_PATTERNS = {
    VINTAGE: "a vintage like 2024 or 2022-08",
    r"^\d{4}(-\d{2}(-\d{2})?)?$": "a date like 2021, 2021-05 or 2021-05-14",
    r"^https?://\S+$": "a web address that starts with https://",
    r"^E54\d{6}$": "the GSS code of an ICB, like E54000039",
    r"^[0-9A-Z]{3}([0-9A-Z]{2})?$": "an NHS (ODS) code of three or five characters, like QUY",
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "an id: lower case letters and digits, words joined by single hyphens",
    r"^[a-z0-9-]+/[a-z0-9-]+$": "`footprint/place`, like places-2022/lancashire",
}


def _expected(detail: Any, path: KeyPath) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "dict_type" and path[-1] in MEMBER_KINDS:
        return "a list of codes, or `code: name` lines"
    if kind == "string_type" and str(path[-1]).endswith("vintage"):
        return _PATTERNS[VINTAGE]
    if kind == "literal_error":
        return f"one of {context['expected'].replace(chr(39), '`')}"
    if kind == "string_pattern_mismatch":
        return _PATTERNS[context["pattern"]]
    if kind == "greater_than_equal":
        return f"a number that is not below {context['ge']:g}"
    if kind == "less_than_equal":
        return f"a number that is not above {context['le']:g}"
    return _EXPECTED.get(kind, str(detail["msg"]).lower())


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
        found = _shown(code, path, tree)
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


def _keys(value: list[str] | str | None) -> list[str]:
    return [value] if isinstance(value, str) else list(value or ())


# --- shape → model ---------------------------------------------------------------------------------------------------


class _Reader:
    """Builds the frozen model from a sound config; positions come from the tree."""

    def __init__(self, parsed: shape.ConfigShape, tree: YamlTree) -> None:
        self.parsed = parsed
        self.tree = tree

    def system(self) -> System:
        config = self.parsed
        vintages = _vintages(config, {})
        scope = self.scope(config.scope, ("scope",), vintages)
        footprints = {
            key: self.footprint(key, footprint, scope, vintages) for key, footprint in sorted(config.footprints.items())
        }
        return System(
            id=config.ics.id,
            name=config.ics.name,
            icb_code=config.ics.icb.code,
            icb_ods=config.ics.icb.ods,
            icb_vintage=config.ics.icb.vintage,
            evidence={key: self.evidence(key, item) for key, item in sorted(config.evidence.items())},
            notes=config.notes or "",
            default_footprint=config.default_footprint,
            footprints=footprints,
            config_sha256=_content_hash(self.tree.value),
            loc=self.tree.loc(("ics",)),
        )

    def evidence(self, key: str, item: shape.EvidenceShape) -> Evidence:
        return Evidence(
            key,
            item.title,
            item.publisher,
            item.date or "",
            item.url or "",
            item.accessed or "",
            item.states or "",
            self.tree.loc(("evidence", key)),
        )

    def footprint(self, key: str, item: shape.FootprintShape, scope: Scope, outer: Vintages) -> Footprint:
        path: KeyPath = ("footprints", key)
        vintages = _vintages(item, outer)
        return Footprint(
            id=key,
            name=item.name,
            status=item.status,
            grade=item.grade,
            basis=item.basis,
            evidence=tuple(_keys(item.evidence)),
            notes=item.notes or "",
            scope=self.scope(item.scope, (*path, "scope"), vintages) if item.scope else scope,
            places=tuple(self.place(path, place_id, item, vintages) for place_id in sorted(item.places)),
            accepts=self.accepts(item.accept, path),
            vintages=dict(vintages),
            valid_from=item.valid_from,
            valid_to=item.valid_to,
            loc=self.tree.loc(path),
        )

    def place(self, above: KeyPath, key: str, footprint: shape.FootprintShape, outer: Vintages) -> Place:
        item = footprint.places[key]
        path = (*above, "places", key)
        vintages = _vintages(item, outer)
        within = item.within if isinstance(item.within, shape.AreaUnits) else None
        return Place(
            id=key,
            name=item.name,
            members=self.members(item, path, vintages),
            exclude=self.members(item.exclude, (*path, "exclude"), vintages),
            within=self.members(within, (*path, "within"), vintages),
            within_scope=item.within == "scope",
            expects=tuple(
                Expect(e.measure, e.value, e.within_pct, self.tree.value_loc((*path, "expect", i)))
                for i, e in enumerate(item.expect)
            ),
            accepts=self.accepts(item.accept, path),
            basis=item.basis or footprint.basis,
            evidence=tuple(_keys(item.evidence) or _keys(footprint.evidence)),
            notes=item.notes or "",
            loc=self.tree.loc(path),
        )

    def scope(self, item: shape.ScopeShape, path: KeyPath, outer: Vintages) -> Scope:
        vintages = _vintages(item, outer)
        footprint, _, place = (item.place or "").partition("/")
        return Scope(
            include=self.members(item, path, vintages),
            exclude=self.members(item.exclude, (*path, "exclude"), vintages),
            place=(footprint, place) if item.place else None,
            loc=self.tree.loc(path),
        )

    def members(self, units: shape.AreaUnits | None, path: KeyPath, outer: Vintages) -> tuple[Member, ...]:
        if units is None:
            return ()
        vintages = _vintages(units, outer)
        found = []
        for kind in MEMBER_KINDS:
            codes = getattr(units, kind, None) or {}
            names = codes if isinstance(codes, dict) else dict.fromkeys(codes)
            for code, name in sorted(names.items()):
                found.append(Member(kind, code, name, vintages.get(kind), self.tree.loc((*path, kind, code))))
        return tuple(found)

    def accepts(self, items: list[shape.AcceptShape], path: KeyPath) -> tuple[Accept, ...]:
        return tuple(
            Accept(item.finding, item.subject, item.reason, self.tree.value_loc((*path, "accept", index)))
            for index, item in enumerate(items)
        )


def _vintages(item: BaseModel, outer: Vintages) -> dict[str, str]:
    """Vintages by kind: those given on `item`, then those of what it stands in."""
    own = {kind: getattr(item, f"{kind}_vintage", None) for kind in MEMBER_KINDS}
    return {**outer, **{kind: vintage for kind, vintage in own.items() if vintage}}


def _content_hash(value: Any) -> str:
    canonical = json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
