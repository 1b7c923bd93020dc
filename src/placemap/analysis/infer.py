"""The other direction: given places, what declaration gives them back; how well each kind of unit explains them.

Two ways are tried: areas (the shortest description in units with exceptions), and PCNs (each with the place that most
of its patients live in, then plurality, the rest as single LSOAs). Whole units of one kind are what people declare, so
where one way can say every place so and the other is a mixture, that one wins, however long; else the shorter one does,
areas where equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placemap.analysis.infer_areas import FIT_KINDS, PlacesOnMap, Progress, from_lsoas, in_areas, same_units
from placemap.analysis.infer_input import WantedPlaces
from placemap.analysis.infer_pcns import ByPcn, search
from placemap.config.draft import Declared
from placemap.core.arrays import Floats, Ints
from placemap.core.codes import KINDS
from placemap.core.text import counted
from placemap.reference.by_lsoa import Units
from placemap.reference.describe import Describer
from placemap.reference.geography import Geography


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
    places = PlacesOnMap(wanted, geography, describer, residents)
    areas, is_pure = in_areas(places, advance)
    found = _by_pcn(places) if by_pcn else None
    pcns = _pcns(places, found) if found else []
    is_by_pcn = bool(pcns) and _is_better(pcns, areas, is_pure=is_pure)
    chosen, lost = (pcns, areas) if is_by_pcn else (areas, pcns)
    told = tuple(_inferred(places, at, chosen, areas if is_by_pcn else None, found) for at in range(places.count))
    scope = from_lsoas(places, np.flatnonzero(wanted.place >= 0))
    way = "pcn" if is_by_pcn else "areas"
    return Inferred(wanted, way, _length(chosen), _length(lost) if lost else None, told, scope)


def _inferred(
    places: PlacesOnMap, at: int, chosen: Sequence[Declared], areas: Sequence[Declared] | None, found: ByPcn | None
) -> PlaceInferred:
    """What was found of one place.

    Args:
        areas: the declarations in areas where they are not the chosen ones.
    """
    lsoas = places.lsoas_of(at)
    fits = [_fit(places, at, places.geography.units(kind)) for kind in FIT_KINDS]
    also = list(same_units(places, at, chosen[at]))
    if areas is not None:
        also.append(f"{counted(areas[at].length, 'area unit')}: {areas[at].text}")
    return PlaceInferred(
        places.wanted.names[at],
        len(lsoas),
        float(places.residents[lsoas].sum()),
        (*fits, *([_pcn_fit(places, at, found)] if found else [])),
        chosen[at],
        tuple(also),
    )


# --- how well units explain a place ----------------------------------------------------------------------------------


def _fit(places: PlacesOnMap, at: int, units: Units) -> KindFit:
    """The nearest union of whole units: each unit is in it that has most of its residents in the place."""
    chosen, missing, extra = places.overlap(units).nearest(at)
    return _kind_fit(places, units.kind, units.vintage, tuple(map(str, units.codes[chosen])), (missing, extra))


def _kind_fit(places: PlacesOnMap, kind: str, vintage: str, codes: tuple[str, ...], off: tuple[Ints, Ints]) -> KindFit:
    """How well units explain a place, of which LSOAs are missing, and extra (`off`)."""
    missing, extra = off
    lsoas = places.geography.lsoa_codes
    people = float(places.residents[missing].sum() + places.residents[extra].sum())
    return KindFit(kind, vintage, codes, tuple(lsoas[missing]), tuple(lsoas[extra]), people)


# --- PCNs -------------------------------------------------------------------------------------------------------------


def _by_pcn(places: PlacesOnMap) -> ByPcn | None:
    """The places by PCN; None where there is only one, or they give no result."""
    if places.count < 2:
        return None
    return search(places.place, places.count, places.geography, places.geography.default_vintage("pcn"))


def _pcns(places: PlacesOnMap, found: ByPcn) -> list[Declared]:
    """The declaration in PCNs, practices without one, and single LSOAs where these go another way."""
    wrong = np.flatnonzero((places.place >= 0) & (found.winner != places.place))
    lsoas, names = places.geography.lsoas, places.geography.lsoa_names
    result = []
    for at in range(places.count):
        members = [("lsoa", str(lsoas[i]), str(names[i])) for i in wrong[places.place[wrong] == at]]
        codes = [found.groups[group] for group in np.flatnonzero(found.place == at)]
        members += [(_kind(code), code, found.names[code]) for code in codes]
        result.append(Declared(tuple(members)))
    return result


def _pcn_fit(places: PlacesOnMap, at: int, found: ByPcn) -> KindFit:
    """How well PCNs explain a place."""
    codes = tuple(found.groups[group] for group in np.flatnonzero(found.place == at))
    mine, won = places.place == at, found.winner == at
    off = np.flatnonzero(mine & ~won), np.flatnonzero(won & ~mine)
    return _kind_fit(places, "pcn", places.geography.default_vintage("pcn"), codes, off)


def _is_better(pcns: Sequence[Declared], areas: Sequence[Declared], *, is_pure: bool) -> bool:
    """Whether PCNs say the places better than areas do.

    Args:
        is_pure: whether each place is whole areas of one kind.
    """
    pure = all(declared.kind == "pcn" for declared in pcns)
    return pure if pure != is_pure else _length(pcns) < _length(areas)


def _length(ways: Sequence[Declared]) -> int:
    return sum(declared.length for declared in ways)


def _kind(code: str) -> str:
    return "pcn" if KINDS["pcn"].accepts(code) else "practice"
