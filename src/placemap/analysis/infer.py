"""The other direction: given places, what declaration gives them back; how well each kind of unit explains them.

Two ways are tried: areas (the shortest description in units with exceptions), and PCNs (each with the place that most
of its patients live in, then plurality, the rest as single LSOAs). The shorter declaration wins, areas where equal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from placemap.analysis.infer_input import WantedPlaces
from placemap.config.draft import Declared
from placemap.core.arrays import Bools, Floats, Ints
from placemap.core.codes import KINDS
from placemap.reference.by_lsoa import Units
from placemap.reference.describe import Describer, Term
from placemap.reference.geography import Geography
from placemap.resolve.plurality import plurality

#: Kinds whose fit is reported, in the vintage in use.
FIT_KINDS = ("sub_icb", "utla", "ltla", "ward", "msoa")
#: A place that is one unit may be called so in several ways; the one that people use is told first.
PREFERENCE = ("ltla", "utla", "sub_icb", "icb", "ward", "msoa", "lsoa")
#: Another way to say a place is told where it takes no more units than this.
FEW = 12
#: A PCN with less of its patients in the places than this is somebody else's.
SOME = 0.02


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
    wanted: WantedPlaces, geography: Geography, describer: Describer, residents: Floats, *, by_pcn: bool = True
) -> Inferred:
    """The shortest declaration of the wanted places; it is built and compared in `inferring`.

    Args:
        by_pcn: take the PCNs where they say it in fewer units.
    """
    return _Inferrer(wanted, geography, describer, residents).infer(by_pcn=by_pcn)


class _Inferrer:
    def __init__(self, wanted: WantedPlaces, geography: Geography, describer: Describer, residents: Floats) -> None:
        self.wanted, self.geography, self.describer, self.residents = wanted, geography, describer, residents
        self.place = wanted.place
        self.count = len(wanted.names)

    def infer(self, *, by_pcn: bool) -> Inferred:
        areas = self.areas()
        pcns = self.pcns()
        lengths = sum(d.length for d in areas), sum(d.length for d in pcns) if pcns else None
        by_pcn = by_pcn and pcns is not None and lengths[1] is not None and lengths[1] < lengths[0]
        chosen = pcns if by_pcn and pcns else areas
        places = tuple(self.one(at, chosen[at], areas[at] if by_pcn else None) for at in range(self.count))
        length, other = (lengths[1], lengths[0]) if by_pcn else lengths
        scope = self.from_terms(self.describer.describe(np.flatnonzero(self.place >= 0).tolist()))
        return Inferred(self.wanted, "pcn" if by_pcn else "areas", int(length or 0), other, places, scope)

    def one(self, at: int, declared: Declared, areas: Declared | None) -> PlaceInferred:
        mask = self.place == at
        fits = [self.fit(mask, self.geography.units(kind)) for kind in FIT_KINDS]
        also = list(self.same_units(mask, declared))
        if areas is not None:
            also.append(f"{areas.length} area units: {areas.text}")
        return PlaceInferred(
            self.wanted.names[at],
            int(mask.sum()),
            float(self.residents[mask].sum()),
            (*fits, *self.pcn_fits(at)),
            declared,
            tuple(also),
        )

    # --- areas --------------------------------------------------------------------------------------------------------

    def areas(self) -> list[Declared]:
        """The shortest declaration of each place in areas.

        Whole units of one kind are what people declare, so they win over a mixture unless they are more than twice as
        many. Where several kinds say a place in equally many, the kind that suits most places is taken for all.
        """
        options = [self.options(np.flatnonzero(self.place == at)) for at in range(self.count)]
        suits = Counter(declared.kind for found in options for declared in found)
        return [
            min(found, key=lambda d: (-suits[d.kind], PREFERENCE.index(d.kind) if d.kind else 99)) for found in options
        ]

    def options(self, lsoas: Ints) -> list[Declared]:
        """The declarations of a place that are as short as any."""
        mask = np.zeros(self.geography.size, dtype=bool)
        mask[lsoas] = True
        found = [self.from_terms(self.describer.describe(lsoas.tolist()))]
        units = [*(self.geography.units(kind) for kind in FIT_KINDS), *self.former()]
        found += [declared for unit in units if (declared := _union(unit, mask, self.geography)) is not None]
        least = min(_weight(declared) for declared in found)
        return [declared for declared in found if _weight(declared) == least]

    def former(self) -> Iterator[Units]:
        """Units of vintages that are not in use, newest first."""
        for kind in ("ltla", "sub_icb"):
            usual = self.geography.default_vintage(kind)
            for vintage in sorted(self.geography.data.vintages("lookup", kind), reverse=True):
                if vintage != usual:
                    yield self.geography.units(kind, vintage)

    def from_terms(self, terms: Sequence[Term]) -> Declared:
        members = tuple(self.as_people_say(term) for term in terms)
        exclude = tuple(self.as_people_say(item) for term in terms for item in term.less)
        return Declared(members, exclude, {})

    def as_people_say(self, term: Term) -> tuple[str, str, str]:
        """A term as a member; a unitary authority, which is both tiers under one code, as the district."""
        lower = self.geography.units("ltla")
        same = lower.position(term.code) if term.kind == "utla" else None
        return (term.kind, term.code, term.name) if same is None else ("ltla", term.code, str(lower.names[same]))

    def same_units(self, mask: Bools, declared: Declared) -> Iterator[str]:
        """Few whole units of any kind and vintage that are exactly this place, but for those that declare it."""
        told = {_codes(declared)}
        for units in self.all_units():
            other = _union(units, mask, self.geography)
            if other is not None and other.length <= FEW and _codes(other) not in told:
                told.add(_codes(other))
                yield other.text if other.length > 1 else f"{other.text.rstrip(')')}, {units.vintage})"

    def all_units(self) -> Iterator[Units]:
        for kind in PREFERENCE[:-1]:
            if self.geography.data.find("lookup", kind) is not None:
                yield self.geography.units(kind)
        yield from self.former()

    def fit(self, mask: Bools, units: Units) -> KindFit:
        """The nearest union of whole units: each unit is in it that has most of its residents in the place."""
        known = units.of >= 0
        count = len(units.codes)
        # A unit without residents would be in neither; LSOAs count a little, too.
        weight = self.residents + 1e-6
        inside = np.bincount(units.of[known & mask], weights=weight[known & mask], minlength=count)
        whole = np.bincount(units.of[known], weights=weight[known], minlength=count)
        chosen = inside > whole / 2
        union = np.zeros(len(mask), dtype=bool)
        union[known] = chosen[units.of[known]]
        codes = tuple(str(code) for code in units.codes[chosen])
        return self._kind_fit(units.kind, units.vintage, codes, mask, union)

    def _kind_fit(self, kind: str, vintage: str, codes: tuple[str, ...], mask: Bools, found: Bools) -> KindFit:
        missing, extra = mask & ~found, found & ~mask
        lsoas = self.geography.lsoas
        people = float(self.residents[missing | extra].sum())
        return KindFit(kind, vintage, codes, tuple(lsoas[missing]), tuple(lsoas[extra]), people)

    # --- PCNs ---------------------------------------------------------------------------------------------------------

    def pcns(self) -> list[Declared] | None:
        """The declaration in PCNs, practices without one, and single LSOAs where these go another way."""
        if self.count < 2:
            return None
        groups, names, winner, of_group = self._search()
        wrong = np.flatnonzero((self.place >= 0) & (winner != self.place))
        result = []
        for at in range(self.count):
            members = [
                ("lsoa", str(self.geography.lsoas[int(i)]), str(self.geography.lsoa_names[i]))
                for i in wrong
                if self.place[i] == at
            ]
            members += [(_kind(groups[g]), groups[g], names[groups[g]]) for g in np.flatnonzero(of_group == at)]
            result.append(Declared(tuple(members)))
        self._pcn_result = (groups, winner, of_group)
        return result

    _pcn_result: tuple[list[str], Ints, Ints] | None = None

    @property
    def pcn_vintage(self) -> str:
        return self.geography.default_vintage("pcn")

    def _search(self) -> tuple[list[str], dict[str, str], Ints, Ints]:
        """PCNs → places so that plurality gives as many LSOAs as can be where they are wanted.

        Each starts with the place that most of its patients live in; those on borders are then tried elsewhere.
        """
        groups, names, of_practice = self._groups()
        registrations = self.geography.registrations
        scope = np.flatnonzero(self.place >= 0)
        found = plurality(registrations, of_practice, np.ones((self.geography.size, len(groups)), dtype=bool))
        votes, wanted = found.votes[scope], self.place[scope]
        by_place = np.stack([votes[wanted == at].sum(axis=0) for at in range(self.count)], axis=1)
        total = np.bincount(
            of_practice[of_practice >= 0], weights=registrations.by_practice[of_practice >= 0], minlength=len(groups)
        )
        inside = by_place.sum(axis=1)
        of_group = np.where(inside > total / 2, by_place.argmax(axis=1), -1)
        _improve(
            of_group,
            votes,
            wanted,
            np.flatnonzero((inside > SOME * total) & (by_place.max(axis=1) < 0.9 * total)),
            self.count,
        )
        _prune(of_group, votes, wanted, [at for at, code in enumerate(groups) if _kind(code) == "practice"], self.count)
        winner = np.full(self.geography.size, -1)
        winner[scope] = _winner(votes, of_group, self.count)
        return groups, names, winner, _used(of_group, votes)

    def _groups(self) -> tuple[list[str], dict[str, str], Ints]:
        """PCNs, and practices without one, that anyone in the places uses; by practice, its group or -1."""
        registrations, pcns = self.geography.registrations, self.geography.pcns(self.pcn_vintage)
        weight = registrations.fit.shares(np.where(self.place >= 0, 0, 1), 2)[:, 0]
        rows = registrations.lsoa >= 0
        living = weight[registrations.lsoa[rows]] * registrations.patients[rows]
        local = np.bincount(registrations.practice[rows], weights=living, minlength=len(registrations.codes)) >= 0.5
        of = [pcns.pcn_of.get(str(code), str(code)) for code in registrations.codes]
        groups = sorted({group for group, here in zip(of, local, strict=True) if here})
        position = {group: at for at, group in enumerate(groups)}
        names = {**self.geography.practice_names, **pcns.names}
        return groups, {group: names.get(group, "") for group in groups}, np.array([position.get(g, -1) for g in of])

    def pcn_fits(self, at: int) -> tuple[KindFit, ...]:
        """How well PCNs explain a place."""
        if self._pcn_result is None:
            return ()
        groups, winner, of_group = self._pcn_result
        codes = tuple(groups[g] for g in np.flatnonzero(of_group == at))
        return (self._kind_fit("pcn", self.pcn_vintage, codes, self.place == at, winner == at),)


def _codes(declared: Declared) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((kind, code) for kind, code, _ in declared.members))


def _kind(code: str) -> str:
    return "pcn" if KINDS["pcn"].accepts(code) else "practice"


def _weight(declared: Declared) -> float:
    """Length as it is compared: a mixture counts twice, and a former vintage a little."""
    return declared.length * (1 if declared.kind else 2) + 0.5 * bool(declared.vintages)


def _union(units: Units, mask: Bools, geography: Geography) -> Declared | None:
    """The place as a union of whole units, where it is one."""
    touched = np.unique(units.of[mask])
    if not len(touched) or touched[0] < 0 or int(np.isin(units.of, touched).sum()) != int(mask.sum()):
        return None
    members = tuple((units.kind, str(units.codes[at]), str(units.names[at])) for at in touched)
    usual = units.vintage == geography.default_vintage(units.kind)
    return Declared(members, (), {} if usual else {units.kind: units.vintage})


def _winner(votes: Floats, of_group: Ints, count: int) -> Ints:
    """By LSOA, the place with most votes of its groups; the first of equals, -1 for none."""
    sums = np.stack([votes[:, of_group == at].sum(axis=1) for at in range(count)], axis=1)
    return np.where(sums.max(axis=1) > 0, sums.argmax(axis=1), -1)


def _improve(of_group: Ints, votes: Floats, wanted: Ints, doubtful: Ints, count: int) -> None:
    """Try each doubtful group with no place and with every other; keep what leaves fewer LSOAs wrong. In place."""
    wrong = int((_winner(votes, of_group, count) != wanted).sum())
    for group in doubtful:
        before = best = int(of_group[group])
        for option in range(-1, count):
            of_group[group] = option
            now = int((_winner(votes, of_group, count) != wanted).sum()) if option != before else wrong
            if now < wrong:
                wrong, best = now, option
        of_group[group] = best


def _prune(of_group: Ints, votes: Floats, wanted: Ints, practices: Sequence[int], count: int) -> None:
    """Leave out practices without a PCN that no LSOA depends on. In place."""
    wrong = int((_winner(votes, of_group, count) != wanted).sum())
    for group in practices:
        before, of_group[group] = of_group[group], -1
        if int((_winner(votes, of_group, count) != wanted).sum()) > wrong:
            of_group[group] = before


def _used(of_group: Ints, votes: Floats) -> Ints:
    """Groups without a vote in the places take no part."""
    return np.where(votes.sum(axis=0) > 0, of_group, -1)
