"""Wanted places as areas: the shortest description of each in units with exceptions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from placemap.analysis.infer_input import WantedPlaces
from placemap.analysis.overlap import Overlap
from placemap.config.draft import Declared
from placemap.core.arrays import Floats, Ints
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
class PlacesOnMap:
    """The wanted places on the reference.

    Attributes:
        residents: by LSOA of 2021.
    """

    wanted: WantedPlaces
    geography: Geography
    describer: Describer
    residents: Floats
    _overlaps: dict[tuple[str, str], Overlap] = field(default_factory=dict)

    @property
    def place(self) -> Ints:
        """By LSOA of 2021, position of its place; -1 for none."""
        return self.wanted.place

    @property
    def count(self) -> int:
        """Number of places."""
        return len(self.wanted.names)

    def overlap(self, units: Units) -> Overlap:
        """How units and places overlap; worked out once."""
        key = units.kind, units.vintage
        if key not in self._overlaps:
            self._overlaps[key] = Overlap(units, self.place, self.count, self.residents)
        return self._overlaps[key]

    def lsoas_of(self, at: int) -> Ints:
        """Positions of the LSOAs of a place."""
        return self.overlap(self.geography.units("ltla")).lsoas_of(at)

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

    @cached_property
    def all_units(self) -> list[Units]:
        """Units of all kinds, and those of former vintages."""
        held = [kind for kind in PREFERENCE[:-1] if self.geography.data.find("lookup", kind) is not None]
        return [*(self.geography.units(kind) for kind in held), *self.former]


def in_areas(places: PlacesOnMap, advance: Progress | None) -> tuple[list[Declared], bool]:
    """The shortest declaration of each place in areas; and whether each place is whole units of one kind.

    Whole units of one kind are what people declare, so they win over a mixture unless they are more than twice as
    many. Where several kinds say a place in equally many, the kind that suits most places is taken for all.
    """
    options, pure = [], []
    for at in range(places.count):
        whole = _whole_units(places, at)
        options.append(_shortest([from_lsoas(places, places.lsoas_of(at)), *whole]))
        pure.append(bool(whole))
        if advance:
            advance(at + 1, places.count)
    suits = Counter(declared.kind for found in options for declared in found)
    chosen = [
        min(found, key=lambda d: (-suits[d.kind], PREFERENCE.index(d.kind) if d.kind else 99)) for found in options
    ]
    return chosen, all(pure)


def _whole_units(places: PlacesOnMap, at: int) -> list[Declared]:
    """The place as a union of whole units of each kind by which it is one."""
    units = [*(places.geography.units(kind) for kind in FIT_KINDS), *places.former]
    return [declared for unit in units if (declared := _union(places, unit, at)) is not None]


def _shortest(found: Sequence[Declared]) -> list[Declared]:
    """The declarations that are as short as any."""
    least = min(_weight(declared) for declared in found)
    return [declared for declared in found if _weight(declared) == least]


def _union(places: PlacesOnMap, units: Units, at: int) -> Declared | None:
    """The place as a union of whole units, where it is one."""
    whole = places.overlap(units).whole(at)
    if not len(whole):
        return None
    members = tuple((units.kind, str(units.codes[unit]), str(units.names[unit])) for unit in whole)
    usual = units.vintage == places.geography.default_vintage(units.kind)
    return Declared(members, (), {} if usual else {units.kind: units.vintage})


def from_lsoas(places: PlacesOnMap, lsoas: Ints) -> Declared:
    """The shortest description of some LSOAs."""
    lower = places.geography.units("ltla")
    terms = places.describer.describe(lsoas.tolist())
    members = tuple(_as_people_say(term, lower) for term in terms)
    return Declared(members, tuple(_as_people_say(item, lower) for term in terms for item in term.less), {})


def _as_people_say(term: Term, lower: Units) -> tuple[str, str, str]:
    """A term as a member; a unitary authority, which is both tiers under one code, as the district."""
    same = lower.position(term.code) if term.kind == "utla" else None
    return (term.kind, term.code, term.name) if same is None else ("ltla", term.code, str(lower.names[same]))


def same_units(places: PlacesOnMap, at: int, declared: Declared) -> Iterator[str]:
    """Few whole units of any kind and vintage that are exactly this place, but for those that declare it."""
    told = {_codes(declared)}
    for units in places.all_units:
        other = _union(places, units, at)
        if other is not None and other.length <= FEW and _codes(other) not in told:
            told.add(_codes(other))
            yield other.text if other.length > 1 else f"{other.text.rstrip(')')}, {units.vintage})"


def _codes(declared: Declared) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((kind, code) for kind, code, _ in declared.members))


def _weight(declared: Declared) -> float:
    """Length as it is compared: a mixture counts twice, and a former vintage a little."""
    return declared.length * (1 if declared.kind else 2) + 0.5 * bool(declared.vintages)
