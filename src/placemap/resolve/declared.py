"""Which practices places are declared from: their own, and those of the places that they are put together from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from placemap.config.model import Footprint, Member, Place
from placemap.core.arrays import Ints
from placemap.core.codes import PLACE
from placemap.reference.geography import Geography


@dataclass(frozen=True)
class Practices:
    """The practices that a place is declared from.

    Attributes:
        codes: all of them.
        listed: those that are listed themselves, and not by their PCN.
        pcns: codes of the PCNs that are declared.
        refused: practices and PCNs that are excluded.
    """

    codes: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    pcns: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()


@dataclass(frozen=True)
class OtherPlace:
    """A place of another footprint, as a member: positions of its LSOAs, and its practices."""

    lsoas: Ints
    practices: Practices


#: Places of other footprints, by `footprint/place`.
OtherPlaces = Mapping[str, OtherPlace]


@dataclass(frozen=True)
class DeclaredPractices:
    """The practices of a footprint's places.

    Attributes:
        place_of: by code of a practice, the position of its place.
        by_place: by position of the place, what it is declared from. A practice that two of them name has one place.
    """

    place_of: Mapping[str, int]
    by_place: tuple[Practices, ...]

    @property
    def listed(self) -> frozenset[str]:
        """Practices that some place lists themselves."""
        return frozenset().union(*(practices.listed for practices in self.by_place))

    def of(self, position: int) -> Practices:
        """As `by_place`, with only those practices that the place at `position` has in the end."""
        mine = self.by_place[position]
        codes = frozenset(code for code in mine.codes if self.place_of.get(code) == position)
        return Practices(codes, mine.listed & codes, mine.pcns, mine.refused)

    def positions(self, geography: Geography) -> Ints:
        """By practice of the registrations, the position of its place; -1 for none."""
        return np.array([self.place_of.get(code, -1) for code in geography.registrations.codes], dtype=np.int64)


def _pcn(member: Member, geography: Geography) -> list[str]:
    return geography.pcns(member.vintage).practices_of.get(member.code, [])


def _practice(member: Member, _geography: Geography) -> list[str]:
    return [member.code]


#: What practices a member of a patient kind stands for.
PRACTICES_OF: dict[str, Callable[[Member, Geography], list[str]]] = {"pcn": _pcn, "practice": _practice}


def practices_of(members: Iterable[Member], geography: Geography) -> set[str]:
    """Codes of the practices that the patient kinds among `members` stand for, at their vintages."""
    found: set[str] = set()
    for member in members:
        if member.of_kind.patients:
            found.update(PRACTICES_OF[member.kind](member, geography))
    return found


def declared_practices(
    footprint: Footprint, geography: Geography, others: OtherPlaces | None = None
) -> DeclaredPractices:
    """The practices of each place.

    A practice that is listed itself goes where it is listed; else where a place of another footprint is a member that
    has it, the first of several by id; else with its PCN. `exclude` takes it out of the place that excludes it.
    """
    others = others or {}
    by_place = tuple(_by_place(place, geography, others) for place in footprint.places)
    place_of: dict[str, int] = {}
    for kinds in ({*PRACTICES_OF} - {"practice"}, {PLACE.id}, {"practice"}):
        for position, place in reversed([*enumerate(footprint.places)]):
            members = [member for member in place.members if member.kind in kinds]
            found = _all_of(members, geography, others) & by_place[position].codes
            place_of.update(dict.fromkeys(sorted(found), position))
    return DeclaredPractices(place_of, by_place)


def _all_of(members: Iterable[Member], geography: Geography, others: OtherPlaces) -> set[str]:
    united = [others[member.code].practices.codes for member in members if member.code in others]
    return practices_of(members, geography).union(*united)


def _by_place(place: Place, geography: Geography, others: OtherPlaces) -> Practices:
    united = [others[m.code].practices for m in place.members if m.kind == PLACE.id and m.code in others]
    own = {kind: {m.code for m in place.members if m.kind == kind} for kind in ("practice", "pcn")}
    codes = _all_of(place.members, geography, others) - practices_of(place.exclude, geography)
    return Practices(
        frozenset(codes),
        frozenset(own["practice"].union(*(other.listed for other in united))),
        frozenset(own["pcn"].union(*(other.pcns for other in united))),
        frozenset({m.code for m in place.exclude if m.of_kind.patients}.union(*(other.refused for other in united))),
    )
