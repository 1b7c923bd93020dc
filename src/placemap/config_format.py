"""The shape of a config, as pydantic models: what `config` checks a file against, and what `placemap schema` prints."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StringConstraints,
    Tag,
    WithJsonSchema,
)

FORMAT_VERSION = 1

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _year_as_text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _nothing_is_empty(value: Any) -> Any:
    return {} if value is None else value


def _text_or_year(pattern: str) -> WithJsonSchema:
    """For the JSON Schema: YAML reads a bare year as a number, which is what people write."""
    return WithJsonSchema({"anyOf": [{"type": "string", "pattern": pattern}, {"type": "integer"}]})


_VINTAGE = r"^\d{4}(-\d{2})?$"
_PARTIAL_DATE = r"^\d{4}(-\d{2}(-\d{2})?)?$"
Vintage = Annotated[str, BeforeValidator(_year_as_text), StringConstraints(pattern=_VINTAGE), _text_or_year(_VINTAGE)]
PartialDate = Annotated[
    str, BeforeValidator(_year_as_text), StringConstraints(pattern=_PARTIAL_DATE), _text_or_year(_PARTIAL_DATE)
]


def _no_seconds(value: Any) -> Any:
    """Keep pydantic from taking a number, or text of digits, for seconds since 1970."""
    return "no date" if str(value).replace(".", "").isdigit() else value


Day = Annotated[date, BeforeValidator(_no_seconds), Field(strict=False)]


def _list_or(other: str) -> Discriminator:
    return Discriminator(lambda value: "list" if isinstance(value, list) else other)


Codes = Annotated[
    Annotated[list[str], Tag("list")] | Annotated[dict[str, Text | None], Tag("mapping")],
    _list_or("mapping"),
]
Keys = Annotated[Annotated[list[Text], Tag("list")] | Annotated[Text, Tag("text")], _list_or("text")]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _AreaVintages(_Shape):
    lsoa_vintage: Vintage | None = None
    msoa_vintage: Vintage | None = None
    ward_vintage: Vintage | None = None
    ltla_vintage: Vintage | None = None
    utla_vintage: Vintage | None = None
    sub_icb_vintage: Vintage | None = None


class _Vintages(_AreaVintages):
    pcn_vintage: Vintage | None = None
    practice_vintage: Vintage | None = None


class AreaUnits(_AreaVintages):
    """Units of area kinds, each `code: name` or a list of codes, with the vintage that they are meant in."""

    lsoa: Codes | None = None
    msoa: Codes | None = None
    ward: Codes | None = None
    ltla: Codes | None = None
    utla: Codes | None = None
    sub_icb: Codes | None = None


class Units(AreaUnits, _Vintages):
    """Units of any kind."""

    pcn: Codes | None = None
    practice: Codes | None = None


class ScopeShape(AreaUnits):
    """What a footprint must cover: units less units, or `place: footprint/place`."""

    exclude: AreaUnits | None = None
    place: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+/[a-z0-9-]+$")] | None = None


class ExpectShape(_Shape):
    """A published figure to hold the place to."""

    measure: Text
    value: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    within_pct: Annotated[float, Field(ge=0, le=100)] = 0.0


class AcceptShape(_Shape):
    """A waiver of a finding about a subject, with its reason."""

    finding: Text
    subject: Text
    reason: Text


Within = Annotated[
    Annotated[Literal["scope"], Tag("text")] | Annotated[AreaUnits, Tag("units")],
    Discriminator(lambda value: "text" if isinstance(value, str) else "units"),
]
Basis = Literal["stated", "inferred"]


class PlaceShape(Units):
    """A place: the union of its members, less `exclude`, bounded by `within`."""

    name: Text
    basis: Basis | None = None
    evidence: Keys | None = None
    notes: Text | None = None
    exclude: Units | None = None
    within: Within | None = None
    expect: list[ExpectShape] = []
    accept: list[AcceptShape] = []


class FootprintShape(_Vintages):
    """One named way of dividing the system into places."""

    name: Text
    status: Literal["current", "proposed", "superseded"]
    grade: Literal["A", "B", "C"]
    basis: Basis = "stated"
    evidence: Keys
    notes: Text | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    scope: ScopeShape | None = None
    places: Annotated[dict[Id, PlaceShape], Field(min_length=1)]
    accept: list[AcceptShape] = []


class EvidenceShape(_Shape):
    """A document: who said what, when."""

    title: Text
    publisher: Text
    date: PartialDate | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https?://\S+$")] | None = None
    accessed: Annotated[Text, BeforeValidator(_year_as_text), _text_or_year(r"\S")] | None = None
    states: Text | None = None


class IcbShape(_Shape):
    """The system's integrated care board, as of a vintage."""

    code: Annotated[str, StringConstraints(pattern=r"^E54\d{6}$")]
    ods: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{3}([0-9A-Z]{2})?$")]
    vintage: Vintage


class IcsShape(_Shape):
    """The system."""

    id: Id
    name: Text
    icb: IcbShape


class ConfigShape(_Vintages):
    """A system's places: the whole of a config file."""

    placemap: Literal[1]
    ics: IcsShape
    scope: ScopeShape
    evidence: Annotated[dict[Id, EvidenceShape], BeforeValidator(_nothing_is_empty)]
    notes: Text | None = None
    default_footprint: Id
    footprints: Annotated[dict[Id, FootprintShape], Field(min_length=1)]
