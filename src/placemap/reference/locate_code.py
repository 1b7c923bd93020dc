"""A postcode or output area → its LSOA of 2021: by a publisher's lookup, or of a postcode about, with the extra."""

from __future__ import annotations

from placemap.core.errors import PlacemapError
from placemap.core.fine_kinds import FINE_KINDS, FineKind
from placemap.reference.fine_lookups import FineLookup, Located, find_lookup, looked_up, need_lookup, normal
from placemap.reference.geography import Geography
from placemap.reference.postcodes import by_point
from placemap.reference.schemas import ELSEWHERE
from placemap.reference.told_by_shape import rules_after, rules_before, word_of


def fine_kind_of(text: str) -> FineKind | None:
    """The kind of what is finer than an LSOA whose codes look so, in any spelling; None for other texts."""
    for kind in FINE_KINDS.values():
        code = normal(text, kind)
        if kind.shape.fullmatch(code) or word_of(code, rules_after(kind)):
            return kind
    return None


def locate(text: str, kind: FineKind, geography: Geography) -> Located:
    """The LSOA that a code lies in.

    Raises:
        PlacemapError: there is neither lookup nor extra, no such code, or it is elsewhere than in England, or nowhere.
    """
    code = normal(text, kind)
    _refuse_elsewhere(code, word_of(code, rules_before(kind)), kind)
    lookup = find_lookup(kind, geography.data)
    if lookup is None and kind.id == "postcode":
        _refuse_elsewhere(code, word_of(code, rules_after(kind)), kind)
        return by_point(text, geography)
    return _looked_up(code, lookup or need_lookup(kind, geography.data, _named(code, kind)), geography)


def _looked_up(code: str, lookup: FineLookup, geography: Geography) -> Located:
    kind = lookup.kind
    lsoa, ended = looked_up([code], lookup).get(code, ("", ""))
    _refuse_elsewhere(code, lsoa, kind)
    if not lsoa:
        raise PlacemapError(f"the {kind.table} of {lookup.vintage} has no {_named(code, kind)}", hint=kind.not_found)
    at = int(geography.lsoas.positions([lsoa])[0])
    if at < 0:
        raise PlacemapError(
            f"{_named(code, kind)} lies in LSOA {lsoa}, which the tables in use do not have",
            hint="`placemap data update` fetches all England",
        )
    return Located(kind.id, _spelled(code, kind), at, lookup.title, ended)


def _refuse_elsewhere(code: str, word: str, kind: FineKind) -> None:
    if word in ELSEWHERE:
        raise PlacemapError(f"{_named(code, kind)}: {ELSEWHERE[word]}; places are made of LSOAs of England")


def _named(code: str, kind: FineKind) -> str:
    return f"{kind.label} {_spelled(code, kind)}"


def _spelled(code: str, kind: FineKind) -> str:
    return f"{code[:-3]} {code[-3:]}" if kind.id == "postcode" else code
