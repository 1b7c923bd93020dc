"""The other direction: given places, what declaration gives them back; how well each kind of unit explains them.

Two ways are tried: areas (the shortest description in units with exceptions), and PCNs (each with the place that most
of its patients live in, then plurality, the rest as single LSOAs). Whole units of one kind are what people declare, so
where one way can say every place so and the other is a mixture, that one wins, however long; else the shorter one does,
areas where equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from placemap.analysis.infer_input import WantedPlaces
from placemap.analysis.infer_pcns import ByPcn, search
from placemap.analysis.overlap import Overlap
from placemap.config.draft import Declared
from placemap.core.arrays import Floats, Ints
from placemap.core.codes import KINDS
from placemap.core.text import counted
from placemap.reference.by_lsoa import Units
from placemap.reference.describe import Describer, Term
from placemap.reference.geography import Geography

#: Kinds whose fit is reported, in the vintage in use.
FIT_KINDS = ("sub_icb", "utla", "ltla", "ward", "msoa")
#: A place that is one unit may be called so in several ways; the one that people use is told first.
PREFERENCE = ("ltla", "utla", "sub_icb", "icb", "ward", "msoa", "lsoa")
#: Another way to say a place is told where it takes no more units than this.
FEW = 12

#: Told of each step that takes time: how many are done, and of how many.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class KindFit:
    """How well whole units of a kind explain a place.

    Attributes:
        units: the units that the place is nearest to: those with most of their people in it.
        missing, extra: LSOAs of the place outside those units, and LSOAs of those units outside the place.
        people: residents of both.
    """

    kind: str
    vintage: str
    units: tuple[str, ...]
    missing: tuple[str, ...]
    extra: tuple[str, ...]
    people: float

    @property
    def exact(self) -> bool:
        """Whether the place is exactly these units."""
        return not self.missing and not self.extra

    @property
    def off(self) -> int:
        """Number of LSOAs that are off."""
        return len(self.missing) + len(self.extra)


@dataclass(frozen=True)
class PlaceInferred:
    """What was found of one place.

    Attributes:
        fits: how well each kind explains it; `pcn` where PCNs are a way.
        declared: the members that give it.
        also: other declarations that give exactly the same, in words.
    """

    name: str
    lsoas: int
    residents: float
    fits: tuple[KindFit, ...]
    declared: Declared
    also: tuple[str, ...]


@dataclass(frozen=True)
class Inferred:
    """What was found of all places.

    Attributes:
        way: `areas`, `pcn`, or `as listed` (the input names PCNs or practices).
        length: units that the declaration names; `other` the same for the way that lost, None where it gives no result.
        scope: what the places divide.
    """

    wanted: WantedPlaces
    way: str
    length: int
    other: int | None
    places: tuple[PlaceInferred, ...]
    scope: Declared


def infer(
    wanted: WantedPlaces,
    geography: Geography,
    describer: Describer,
    residents: Floats,
    *,
    by_pcn: bool = True,
    advance: Progress | None = None,
) -> Inferred:
    """The shortest declaration of the wanted places; it is built and compared by the command.

    Args:
        by_pcn: try PCNs, and take them where they say it better.
        advance: called after each place, with how many are done and of how many.
    """
    return _Inferrer(wanted, geography, describer, residents, advance).infer(by_pcn=by_pcn)


class _Inferrer:
    def __init__(
        self,
        wanted: WantedPlaces,
        geography: Geography,
        describer: Describer,
        residents: Floats,
        advance: Progress | None,
    ) -> None:
        self.wanted, self.geography, self.describer, self.residents = wanted, geography, describer, residents
        self.place, self.count, self.advance = wanted.place, len(wanted.names), advance
        self.pure: list[bool] = []  # by place, whether it is whole units of one kind
        self._overlaps: dict[tuple[str, str], Overlap] = {}

    def infer(self, *, by_pcn: bool) -> Inferred:
        areas = self.areas()
        found = search(self.place, self.count, self.geography, self.pcn_vintage) if by_pcn and self.count > 1 else None
        pcns = self.pcns(found) if found else None
        chosen = pcns if pcns and self.better(pcns, areas) else areas
        by_pcn = chosen is pcns
        places = tuple(self.one(at, chosen[at], areas[at] if by_pcn else None, found) for at in range(self.count))
        lengths = _length(areas), _length(pcns) if pcns else None
        length, other = (lengths[1], lengths[0]) if by_pcn else lengths
        scope = self.from_terms(self.describer.describe(np.flatnonzero(self.place >= 0).tolist()))
        return Inferred(self.wanted, "pcn" if by_pcn else "areas", int(length or 0), other, places, scope)

    def better(self, pcns: Sequence[Declared], areas: Sequence[Declared]) -> bool:
        """Whether PCNs say the places better than areas do."""
        pure, area_pure = all(declared.kind == "pcn" for declared in pcns), all(self.pure)
        return pure if pure != area_pure else _length(pcns) < _length(areas)

    def one(self, at: int, declared: Declared, areas: Declared | None, found: ByPcn | None) -> PlaceInferred:
        lsoas = self.lsoas_of(at)
        fits = [self.fit(at, self.geography.units(kind)) for kind in FIT_KINDS]
        also = list(self.same_units(at, declared))
        if areas is not None:
            also.append(f"{counted(areas.length, 'area unit')}: {areas.text}")
        return PlaceInferred(
            self.wanted.names[at],
            len(lsoas),
            float(self.residents[lsoas].sum()),
            (*fits, *([self.pcn_fit(at, found)] if found else [])),
            declared,
            tuple(also),
        )

    def overlap(self, units: Units) -> Overlap:
        key = units.kind, units.vintage
        if key not in self._overlaps:
            self._overlaps[key] = Overlap(units, self.place, self.count, self.residents)
        return self._overlaps[key]

    def lsoas_of(self, at: int) -> Ints:
        return self.overlap(self.geography.units("ltla")).lsoas_of(at)

    # --- areas --------------------------------------------------------------------------------------------------------

    def areas(self) -> list[Declared]:
        """The shortest declaration of each place in areas.

        Whole units of one kind are what people declare, so they win over a mixture unless they are more than twice as
        many. Where several kinds say a place in equally many, the kind that suits most places is taken for all.
        """
        options = []
        for at in range(self.count):
            options.append(self.options(at))
            if self.advance:
                self.advance(at + 1, self.count)
        suits = Counter(declared.kind for found in options for declared in found)
        return [
            min(found, key=lambda d: (-suits[d.kind], PREFERENCE.index(d.kind) if d.kind else 99)) for found in options
        ]

    def options(self, at: int) -> list[Declared]:
        """The declarations of a place that are as short as any."""
        found = [self.from_terms(self.describer.describe(self.lsoas_of(at).tolist()))]
        units = [*(self.geography.units(kind) for kind in FIT_KINDS), *self.former]
        whole = [declared for unit in units if (declared := self.union(unit, at)) is not None]
        self.pure.append(bool(whole))
        found += whole
        least = min(_weight(declared) for declared in found)
        return [declared for declared in found if _weight(declared) == least]

    @cached_property
    def former(self) -> list[Units]:
        """Units of vintages that are not in use, newest first."""
        data = self.geography.data
        return [
            self.geography.units(kind, vintage)
            for kind in ("ltla", "sub_icb")
            for vintage in sorted(data.vintages("lookup", kind), reverse=True)
            if vintage != self.geography.default_vintage(kind)
        ]

    def union(self, units: Units, at: int) -> Declared | None:
        """The place as a union of whole units, where it is one."""
        whole = self.overlap(units).whole(at)
        if not len(whole):
            return None
        members = tuple((units.kind, str(units.codes[unit]), str(units.names[unit])) for unit in whole)
        usual = units.vintage == self.geography.default_vintage(units.kind)
        return Declared(members, (), {} if usual else {units.kind: units.vintage})

    def from_terms(self, terms: Sequence[Term]) -> Declared:
        members = tuple(self.as_people_say(term) for term in terms)
        exclude = tuple(self.as_people_say(item) for term in terms for item in term.less)
        return Declared(members, exclude, {})

    def as_people_say(self, term: Term) -> tuple[str, str, str]:
        """A term as a member; a unitary authority, which is both tiers under one code, as the district."""
        lower = self.geography.units("ltla")
        same = lower.position(term.code) if term.kind == "utla" else None
        return (term.kind, term.code, term.name) if same is None else ("ltla", term.code, str(lower.names[same]))

    def same_units(self, at: int, declared: Declared) -> Iterator[str]:
        """Few whole units of any kind and vintage that are exactly this place, but for those that declare it."""
        told = {_codes(declared)}
        for units in self.all_units:
            other = self.union(units, at)
            if other is not None and other.length <= FEW and _codes(other) not in told:
                told.add(_codes(other))
                yield other.text if other.length > 1 else f"{other.text.rstrip(')')}, {units.vintage})"

    @cached_property
    def all_units(self) -> list[Units]:
        held = [kind for kind in PREFERENCE[:-1] if self.geography.data.find("lookup", kind) is not None]
        return [*(self.geography.units(kind) for kind in held), *self.former]

    def fit(self, at: int, units: Units) -> KindFit:
        """The nearest union of whole units: each unit is in it that has most of its residents in the place."""
        chosen, missing, extra = self.overlap(units).nearest(at)
        return self._kind_fit(units.kind, units.vintage, tuple(map(str, units.codes[chosen])), missing, extra)

    def _kind_fit(self, kind: str, vintage: str, codes: tuple[str, ...], missing: Ints, extra: Ints) -> KindFit:
        lsoas = self.geography.lsoa_codes
        people = float(self.residents[missing].sum() + self.residents[extra].sum())
        return KindFit(kind, vintage, codes, tuple(lsoas[missing]), tuple(lsoas[extra]), people)

    # --- PCNs ---------------------------------------------------------------------------------------------------------

    @property
    def pcn_vintage(self) -> str:
        return self.geography.default_vintage("pcn")

    def pcns(self, found: ByPcn) -> list[Declared]:
        """The declaration in PCNs, practices without one, and single LSOAs where these go another way."""
        wrong = np.flatnonzero((self.place >= 0) & (found.winner != self.place))
        result = []
        for at in range(self.count):
            lsoas = [int(i) for i in wrong if self.place[i] == at]
            members = [("lsoa", str(self.geography.lsoas[i]), str(self.geography.lsoa_names[i])) for i in lsoas]
            codes = [found.groups[group] for group in np.flatnonzero(found.place == at)]
            members += [(_kind(code), code, found.names[code]) for code in codes]
            result.append(Declared(tuple(members)))
        return result

    def pcn_fit(self, at: int, found: ByPcn) -> KindFit:
        """How well PCNs explain a place."""
        codes = tuple(found.groups[group] for group in np.flatnonzero(found.place == at))
        mine, won = self.place == at, found.winner == at
        return self._kind_fit("pcn", self.pcn_vintage, codes, np.flatnonzero(mine & ~won), np.flatnonzero(won & ~mine))


def _length(ways: Sequence[Declared]) -> int:
    return sum(declared.length for declared in ways)


def _codes(declared: Declared) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((kind, code) for kind, code, _ in declared.members))


def _kind(code: str) -> str:
    return "pcn" if KINDS["pcn"].accepts(code) else "practice"


def _weight(declared: Declared) -> float:
    """Length as it is compared: a mixture counts twice, and a former vintage a little."""
    return declared.length * (1 if declared.kind else 2) + 0.5 * bool(declared.vintages)
