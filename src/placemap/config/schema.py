"""The shape of a config as a JSON Schema (2020-12): what files are checked against, and `placemap schema` prints."""

from __future__ import annotations

from typing import Any

from placemap.core.codes import AREA_KINDS, KINDS, MEMBER_KINDS, PLACE

FORMAT_VERSION = 1

ID = "^[a-z0-9]+(-[a-z0-9]+)*$"
_MONTH, _DAY_OF_MONTH = "(0[1-9]|1[0-2])", "(0[1-9]|[12][0-9]|3[01])"
VINTAGE = f"^[0-9]{{4}}(-{_MONTH})?$"
PARTIAL_DATE = f"^[0-9]{{4}}(-{_MONTH}(-{_DAY_OF_MONTH})?)?$"
DAY = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
WEB_ADDRESS = r"^https?://\S+$"
ICB_CODE = "^E54[0-9]{6}$"
ODS_CODE = "^[0-9A-Z]{3}([0-9A-Z]{2})?$"
#: ICBs of another year than the config's own, as in `systems_of_2026`.
SYSTEMS_OF = "^systems_of_[0-9]{4}$"
PLACE_OF_FOOTPRINT = "^[a-z0-9-]+/[a-z0-9-]+$"
INSIDE = "^[a-z0-9-]+(/[a-z0-9-]+)?$"
OTHER_FILE = r"^[^/\\]+\.ya?ml$"
#: A place that follows one that ended: of the same system, or of another.
SUCCESSOR = "^([a-z0-9-]+/)?[a-z0-9-]+/[a-z0-9-]+$"
NOT_BLANK = r"\S"

#: More than the people of the world: a number above it is a slip of the keyboard.
LARGEST_FIGURE = 10_000_000_000

Schema = dict[str, Any]


def _text(pattern: str = NOT_BLANK, description: str = "") -> Schema:
    return {"type": "string", "pattern": pattern, **({"description": description} if description else {})}


def _text_or_year(pattern: str, description: str = "") -> Schema:
    """Text; YAML reads a bare year as a number, which is what people write."""
    return {**_text(pattern, description), "type": ["string", "integer"], "minimum": 1000, "maximum": 9999}


def _may_be_empty(schema: Schema) -> Schema:
    """The same, or nothing after the colon, which says as much as leaving the key out."""
    if "$ref" in schema:
        return {"if": {"not": {"type": "null"}}, "then": schema}
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    if "type" not in schema:
        return schema
    types = schema["type"]
    return {**schema, "type": [*(types if isinstance(types, list) else [types]), "null"]}


def _list_of(shape: str) -> Schema:
    return {"type": "array", "items": _ref(shape), "default": []}


def _by_id(shape: str, **more: Any) -> Schema:
    return {"type": "object", "propertyNames": {"pattern": ID}, "additionalProperties": _ref(shape), **more}


def _ref(shape: str) -> Schema:
    return {"$ref": f"#/$defs/{shape}"}


def _shape(
    description: str,
    properties: dict[str, Schema],
    required: tuple[str, ...] = (),
    patterns: dict[str, Schema] | None = None,
) -> Schema:
    """A mapping of these keys and no others; a key that is not required may be empty, unless it holds a list.

    Args:
        patterns: keys that have a year in them, by pattern.
    """
    described = {
        key: schema if key in required or schema.get("type") == "array" else _may_be_empty(schema)
        for key, schema in properties.items()
    }
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "properties": described,
        **({"patternProperties": patterns} if patterns else {}),
        **({"required": list(required)} if required else {}),
    }


def _codes(kind: str) -> Schema:
    return _members(f"{KINDS[kind].plural} by code, as `code: name` lines or a list of codes")


def _members(description: str) -> Schema:
    return {
        "description": description,
        "type": ["object", "array"],
        "additionalProperties": {"type": ["string", "null"], "pattern": NOT_BLANK},
        "items": {"type": "string"},
    }


def _units(kinds: tuple[str, ...]) -> dict[str, Schema]:
    return {kind: _codes(kind) for kind in kinds} | _vintages(kinds)


def _vintages(kinds: tuple[str, ...]) -> dict[str, Schema]:
    return {f"{kind}_vintage": _text_or_year(VINTAGE, f"vintage of the {KINDS[kind].plural}") for kind in kinds}


_KEYS = {
    "description": "an id of the config's `evidence`, or a list of them",
    "type": ["string", "array"],
    "pattern": NOT_BLANK,
    "items": _text(),
}
_SUBJECTS = {
    "description": "what the finding is about (SUBJECT in findings.csv), or a list of them with one reason",
    "type": ["string", "array"],
    "pattern": NOT_BLANK,
    "items": _text(),
    "minItems": 1,
}
_NOTES = _text(description="what a careful analyst must know")
_NOTE_PUBLIC = _text(description="what the system itself may say of it, in a reply to a request")
_DAY = {**_text(DAY), "format": "date"}
_SYSTEMS_OF: dict[str, Schema] = {
    SYSTEMS_OF: {
        "description": "ICBs of that year that the area is in, as `code: name` lines",
        "type": "object",
        "propertyNames": {"pattern": ICB_CODE},
        "additionalProperties": _text(),
        "minProperties": 1,
    }
}
_BASIS = {"enum": ["stated", "inferred"]}

SHAPES: dict[str, Schema] = {
    "AreaUnits": _shape(
        "Units of area kinds, each `code: name` or a list of codes, with the vintage that they are meant in.",
        _units(AREA_KINDS),
    ),
    "Units": _shape("Units of any kind.", _units(MEMBER_KINDS)),
    "ScopeShape": _shape(
        "What a footprint must cover: units less units, or `place: footprint/place`.",
        {**_units(AREA_KINDS), "exclude": _ref("AreaUnits"), "place": _text(PLACE_OF_FOOTPRINT)},
    ),
    "ExpectShape": _shape(
        "A published figure to hold the place to.",
        {
            "measure": _text(),
            "value": {"type": "number", "minimum": 0, "maximum": LARGEST_FIGURE},
            "within_pct": {"type": "number", "minimum": 0, "maximum": 100, "default": 0},
        },
        required=("measure", "value"),
    ),
    "AcceptShape": _shape(
        "A waiver of a finding about a subject, with its reason.",
        {"finding": _text(), "subject": _SUBJECTS, "reason": _text()},
        required=("finding", "subject", "reason"),
    ),
    "PlaceShape": _shape(
        "A place: the union of its members, less `exclude`, bounded by `within`.",
        {
            **_units(MEMBER_KINDS),
            PLACE.id: _members("places of another footprint, as `footprint/place: name` lines or a list"),
            "name": _text(),
            "parent": _text(ID, "the place of the tier above that it lies in; found where it is not given"),
            "basis": _BASIS,
            "evidence": _KEYS,
            "notes": _NOTES,
            "valid_from": _DAY,
            "valid_to": _DAY,
            "succeeded_by": {
                "description": "places that followed: `footprint/place`, or `system/footprint/place` of another system",
                "type": ["string", "array"],
                "pattern": SUCCESSOR,
                "items": _text(SUCCESSOR),
                "minItems": 1,
            },
            "exclude": _ref("Units"),
            "within": {
                "if": {"type": "object"},
                "then": _ref("AreaUnits"),
                "else": {"enum": ["scope", None]},
            },
            "expect": _list_of("ExpectShape"),
            "accept": _list_of("AcceptShape"),
        },
        required=("name",),
        patterns=_SYSTEMS_OF,
    ),
    "FootprintShape": _shape(
        "One named way of dividing the system into places.",
        {
            **_vintages(MEMBER_KINDS),
            "name": _text(),
            "status": {"enum": ["current", "proposed", "superseded"]},
            "grade": {"enum": ["A", "B", "C"]},
            "basis": _BASIS,
            "evidence": _KEYS,
            "notes": _NOTES,
            "note_public": _NOTE_PUBLIC,
            "valid_from": _DAY,
            "valid_to": _DAY,
            "scope": _ref("ScopeShape"),
            "inside": _text(INSIDE, "the footprint whose places it divides, or one place of it: `footprint/place`"),
            "tier": _text(ID, "what kind of tier it is: place, neighbourhood or another"),
            "places": _by_id("PlaceShape", minProperties=1),
            "accept": _list_of("AcceptShape"),
        },
        required=("name", "status", "grade", "evidence", "places"),
    ),
    "EvidenceShape": _shape(
        "A document: who said what, when.",
        {
            "title": _text(),
            "publisher": _text(),
            "date": _text_or_year(PARTIAL_DATE),
            "url": _text(WEB_ADDRESS),
            "accessed": _text_or_year(NOT_BLANK),
            "states": _text(),
            "third_party": {"type": "boolean"},
        },
        required=("title", "publisher"),
    ),
    "IcbShape": _shape(
        "The system's integrated care board, as of a vintage.",
        {"code": _text(ICB_CODE), "ods": _text(ODS_CODE), "vintage": _text_or_year(VINTAGE)},
        required=("code", "ods", "vintage"),
    ),
    "IcsShape": _shape(
        "The system.",
        {"id": _text(ID), "name": _text(), "icb": _ref("IcbShape")},
        required=("id", "name", "icb"),
    ),
    "ConfigShape": _shape(
        "A system's places: the whole of a config file.",
        {
            **_vintages(MEMBER_KINDS),
            "placemap": {"type": "integer", "const": FORMAT_VERSION},
            "ics": _ref("IcsShape"),
            "scope": _ref("ScopeShape"),
            "evidence": _may_be_empty(_by_id("EvidenceShape")),
            "notes": _NOTES,
            "files": {
                "description": "other files of the same system, beside this one, whose footprints it may name",
                "type": "array",
                "items": _text(OTHER_FILE),
                "default": [],
            },
            "note_public": _NOTE_PUBLIC,
            "default_footprint": _text(ID),
            "footprints": _by_id("FootprintShape", minProperties=1),
        },
        required=("placemap", "ics", "scope", "evidence", "default_footprint", "footprints"),
        patterns=_SYSTEMS_OF,
    ),
}


def json_schema(shape: str = "ConfigShape") -> Schema:
    """The format of a whole config, or of one of its parts, as a JSON Schema (2020-12) for editors and other tools."""
    others = {name: schema for name, schema in SHAPES.items() if name != "ConfigShape"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **SHAPES[shape], "$defs": others}
