"""The shortest exact description of a set of LSOAs in units of several kinds, with exceptions.

The search goes down the kinds from coarse to fine. At each unit that the set touches it takes the cheapest of: the
unit whole; the unit less the shortest description of what is missing; the shortest description of the part. A
description's length is the number of units it names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from placemap.core.codes import KINDS
from placemap.core.text import listed
from placemap.reference.by_lsoa import Units
from placemap.reference.geography import Geography

#: Ways down from coarse to fine; the earlier one wins where two are equally short.
LADDERS = (
    ("utla", "ltla", "ward"),
    ("utla", "ltla", "msoa"),
    ("sub_icb", "ltla", "ward"),
    ("sub_icb", "ltla", "msoa"),
)


class Term(NamedTuple):
    """A unit of a description, less the units in `less`."""

    kind: str
    code: str
    name: str
    less: tuple[Term, ...] = ()

    @property
    def cost(self) -> int:
        """Number of units it names."""
        return 1 + _length(self.less)


Terms = tuple[Term, ...]


class Describer:
    """Describes sets of LSOAs (positions) of a geography."""

    def __init__(self, geography: Geography) -> None:
        self.geography = geography
        self._units: dict[str, tuple[Units, list[int]]] = {}
        self._lsoas: dict[tuple[str, int], frozenset[int]] = {}
        self._memo: dict[tuple[frozenset[int], tuple[str, ...]], Terms] = {}

    def describe(self, lsoas: Iterable[int]) -> Terms:
        """The shortest description of the set, in order of kind and code.

        Args:
            lsoas: positions of LSOAs in `geography.lsoas`.
        """
        wanted = frozenset(int(lsoa) for lsoa in lsoas)
        best: Terms = ()
        for ladder in LADDERS:
            terms = self._cover(wanted, ladder)
            if not best or _length(terms) < _length(best):
                best = terms
            if len(best) == 1 and not best[0].less:  # as most places: nothing is shorter than one unit
                break
        return best

    def _cover(self, wanted: frozenset[int], ladder: tuple[str, ...]) -> Terms:
        if not wanted:
            return ()
        key = (wanted, ladder)
        if key not in self._memo:
            self._memo[key] = self._search(wanted, ladder)
        return self._memo[key]

    def _search(self, wanted: frozenset[int], ladder: tuple[str, ...]) -> Terms:
        if not ladder:
            return tuple(self._term("lsoa", lsoa, ()) for lsoa in sorted(wanted))
        kind, finer = ladder[0], ladder[1:]
        units, of = self._of(kind)
        by_unit: defaultdict[int, list[int]] = defaultdict(list)
        for lsoa in wanted:
            by_unit[of[lsoa]].append(lsoa)
        terms: Terms = ()
        for unit, part in sorted(by_unit.items()):
            terms += self._one(units, unit, frozenset(part), finer)
        return terms

    def _of(self, kind: str) -> tuple[Units, list[int]]:
        """The units of a kind, and the unit of each LSOA, as a list, which is quicker to look into than an array."""
        if kind not in self._units:
            units = self.geography.units(kind)
            self._units[kind] = units, units.of.tolist()
        return self._units[kind]

    def _one(self, units: Units, unit: int, part: frozenset[int], finer: tuple[str, ...]) -> Terms:
        if unit < 0:
            return self._cover(part, finer)
        whole = self._whole(units, unit)
        if whole == part:
            return (self._term(units.kind, unit, ()),)
        parts = self._cover(part, finer)
        if _length(parts) <= 2:  # a unit less something names two units at least
            return parts
        exceptions = self._cover(whole - part, finer)
        if any(term.less for term in exceptions):
            return parts
        less = (self._term(units.kind, unit, exceptions),)
        return less if _length(less) < _length(parts) else parts

    def _whole(self, units: Units, unit: int) -> frozenset[int]:
        key = (units.kind, unit)
        if key not in self._lsoas:
            self._lsoas[key] = frozenset(units.lsoas(unit).tolist())
        return self._lsoas[key]

    def _term(self, kind: str, position: int, less: Terms) -> Term:
        units, _ = self._of(kind)
        return Term(kind, str(units.codes[position]), str(units.names[position]), less)


def _length(terms: Terms) -> int:
    return sum([term.cost for term in terms])


def as_text(terms: Terms) -> str:
    """A description in words: `LTLA E06000025 (South Gloucestershire) whole`, `wards … and … less LSOA …`."""
    if not terms:
        return "no LSOAs"
    order = list(KINDS)
    ranked = sorted(terms, key=lambda term: (order.index(term.kind) if term.kind != "lsoa" else 99, bool(term.less)))
    pieces = []
    for (kind, less), group in groupby(ranked, key=lambda term: (term.kind, bool(term.less))):
        pieces.append(_piece(kind, list(group), less=less))
    if len(terms) == 1 and not terms[0].less and terms[0].kind != "lsoa":
        return f"{pieces[0]} whole"
    return "; ".join(pieces)


def _piece(kind: str, terms: Sequence[Term], *, less: bool) -> str:
    label = KINDS[kind].label if len(terms) == 1 else KINDS[kind].plural
    if not less:
        return f"{label} {listed([_unit(term) for term in terms])}"
    return "; ".join(f"{KINDS[kind].label} {_unit(term)} less {_exceptions(term.less)}" for term in terms)


def _exceptions(terms: Terms) -> str:
    """What a unit lacks; in brackets where it is of several kinds, so that none of it reads as an addition."""
    text = as_text(terms).removesuffix(" whole")
    return f"({text})" if ";" in text else text


def _unit(term: Term) -> str:
    return term.code if term.kind == "lsoa" else f"{term.code} ({term.name})"
