"""Members → LSOAs: what each place claims, and which place each LSOA of the scope goes to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from placemap.config.model import Footprint, Member, Scope
from placemap.core.arrays import Bools, Floats, Ints
from placemap.core.codes import PLACE
from placemap.reference.geography import Geography
from placemap.resolve.declared import DeclaredPractices, OtherPlaces, declared_practices
from placemap.resolve.plurality import Plurality, plurality

#: LSOAs with a smaller SHARE than this are reported.
LOW_SHARE = 0.5

EXACT, BEST, PLURALITY = "exact-fit", "best-fit", "plurality"
METHODS = ("", EXACT, BEST, PLURALITY)


@dataclass(frozen=True)
class Assignment:
    """Which place each LSOA of 2021 belongs to, and why; everything by position of the LSOA.

    Attributes:
        footprint: what was resolved; places are by position in `footprint.places`, which is in order of id.
        in_scope: LSOAs that the footprint must cover.
        place: position of the place, -1 for none.
        method: position in METHODS.
        member: position of the declared member (in order of `footprint.members()`) that claims the LSOA; -1 for none.
        claims: by LSOA × place, what area kinds claim.
        declared: the practices of each place, those of the places that it is put together from included.
        practice_place: by practice of the registrations, position of the place it is declared in, -1 for none; None
            where no place has practices.
        patients: how patients divide among places; None where no place is declared from patient kinds.
    """

    footprint: Footprint
    in_scope: Bools
    place: Ints
    method: Ints
    member: Ints
    claims: Bools
    declared: DeclaredPractices
    practice_place: Ints | None
    patients: Plurality | None

    @property
    def gaps(self) -> Ints:
        """Positions of LSOAs in scope that no place has."""
        return np.flatnonzero(self.in_scope & (self.place < 0))

    @property
    def overlaps(self) -> Ints:
        """Positions of LSOAs that several places claim exactly."""
        return np.flatnonzero(self.claims.sum(axis=1, dtype=np.int16) > 1)

    @property
    def ties(self) -> Ints:
        """Positions of LSOAs that went by plurality to one of several places with equally many patients."""
        if self.patients is None:
            return np.array([], dtype=np.int64)
        return np.flatnonzero(self.patients.tied & self.by_plurality)

    @property
    def by_plurality(self) -> Bools:
        """LSOAs that were placed by plurality."""
        return np.equal(self.method, METHODS.index(PLURALITY))

    def share(self) -> Floats:
        """SHARE by LSOA; NaN for LSOAs that were not placed by plurality."""
        return self._plural(lambda patients: patients.share(self.place))

    def placed_share(self) -> Floats:
        """PLACED_SHARE by LSOA; NaN for LSOAs that were not placed by plurality."""
        return self._plural(lambda patients: patients.placed_share(self.place))

    def margin(self) -> Floats:
        """MARGIN by LSOA: share less the runner-up's; NaN for LSOAs that were not placed by plurality."""
        return self._plural(lambda patients: patients.share(self.place) - patients.share(patients.runner_up))

    def runner_up(self) -> Ints:
        """Position of the runner-up by LSOA; -1 for none and for LSOAs that were not placed by plurality."""
        if self.patients is None:
            return np.full(len(self.place), -1)
        return np.where(self.by_plurality, self.patients.runner_up, -1)

    def _plural(self, figure: Callable[[Plurality], Floats]) -> Floats:
        if self.patients is None:
            return np.full(len(self.place), np.nan)
        return np.where(self.by_plurality, figure(self.patients), np.nan)


# --- members → LSOAs: one entry a kind ------------------------------------------------------------------------------


def _area(member: Member, geography: Geography, others: OtherPlaces) -> tuple[Ints, Bools]:
    """Positions of the LSOAs of an area, and which of them are best fits; none for a code that is not there."""
    if member.kind == PLACE.id:
        other = others.get(member.code)
        lsoas = other.lsoas if other else np.array([], dtype=np.int64)  # none of a place that has ended
        return lsoas, np.zeros(len(lsoas), dtype=bool)
    units = geography.units(member.kind, member.vintage)
    position = units.position(member.code)
    lsoas = units.lsoas(position) if position is not None else np.array([], dtype=np.int64)
    return lsoas, units.best_fit[lsoas]


def lsoas_of(members: Iterable[Member], geography: Geography) -> Bools:
    """LSOAs of the area kinds among `members`, as a mask."""
    mask = np.zeros(geography.size, dtype=bool)
    for member in members:
        if not member.of_kind.patients:
            mask[_area(member, geography, {})[0]] = True
    return mask


def scope_of(scope: Scope, geography: Geography) -> Bools:
    """LSOAs of a scope that is given in units, as a mask."""
    return lsoas_of(scope.include, geography) & ~lsoas_of(scope.exclude, geography)


# --- the two passes -------------------------------------------------------------------------------------------------


def resolve(
    footprint: Footprint, geography: Geography, in_scope: Bools, others: OtherPlaces | None = None
) -> Assignment:
    """Give each LSOA to a place.

    Area kinds claim first; what they leave in the scope goes by plurality to places of patient kinds. An LSOA that
    several places claim goes to the first of them by id and is an overlap; one that nobody claims or uses is a gap.

    Args:
        footprint: the declaration; codes that the reference does not have claim nothing (checks report them).
        geography: the reference.
        in_scope: the footprint's scope, a mask over LSOAs.
        others: the places of other footprints that it is put together from.
    """
    allowed = _allowed(footprint, geography, in_scope)
    claims, member, best_fit = _claims(footprint, geography, allowed, others or {})
    place = np.full(geography.size, -1)
    for position in reversed(range(len(footprint.places))):
        place[claims[:, position]] = position
    claimed = place >= 0
    method = np.where(claimed, np.where(best_fit, METHODS.index(BEST), METHODS.index(EXACT)), 0)
    declared = declared_practices(footprint, geography, others)
    practice_place = patients = None
    if footprint.has_patient_kinds or declared.place_of:
        practice_place = declared.positions(geography)
    if footprint.has_patient_kinds and practice_place is not None:
        patients = plurality(geography.registrations, practice_place, _candidates(footprint, allowed, in_scope))
        won = in_scope & ~claimed & (patients.winner >= 0)
        place = np.where(won, patients.winner, place)
        method = np.where(won, METHODS.index(PLURALITY), method)
    # All England's systems are held at once, so that what is small is held so.
    method, member = method.astype(np.int8), member.astype(np.int32)
    return Assignment(footprint, in_scope, place, method, member, claims, declared, practice_place, patients)


def candidates(footprint: Footprint, geography: Geography, in_scope: Bools) -> Bools:
    """By LSOA × place, whether the place may have the LSOA by plurality."""
    return _candidates(footprint, _allowed(footprint, geography, in_scope), in_scope)


def _candidates(footprint: Footprint, allowed: Bools, in_scope: Bools) -> Bools:
    votes_for = np.array([place.has_patient_kinds for place in footprint.places])
    found: Bools = np.ascontiguousarray(allowed & votes_for & in_scope[:, None])
    return found


def _allowed(footprint: Footprint, geography: Geography, in_scope: Bools) -> Bools:
    """By LSOA × place, whether `exclude` and `within` leave the LSOA to the place.

    As `claims`, it is held place by place: places are few, and to look across them LSOA by LSOA takes ten times longer.
    """
    allowed = np.ones((geography.size, len(footprint.places)), dtype=bool, order="F")
    for position, place in enumerate(footprint.places):
        if place.exclude:
            allowed[:, position] &= ~lsoas_of(place.exclude, geography)
        if place.within:
            allowed[:, position] &= lsoas_of(place.within, geography)
        if place.within_scope:
            allowed[:, position] &= in_scope
    return allowed


def _claims(
    footprint: Footprint, geography: Geography, allowed: Bools, others: OtherPlaces
) -> tuple[Bools, Ints, Bools]:
    """What area kinds claim, by which member, and whether only by best fit."""
    position_of = {place.id: position for position, place in enumerate(footprint.places)}
    claims = np.zeros_like(allowed)
    by_member = np.full(geography.size, -1)
    only_best = np.ones(geography.size, dtype=bool)
    for number, (place, member) in enumerate(footprint.members()):
        if member.of_kind.patients:
            continue
        lsoas, best_fit = _area(member, geography, others)
        kept = allowed[lsoas, position_of[place.id]]
        lsoas, best_fit = lsoas[kept], best_fit[kept]
        claims[lsoas, position_of[place.id]] = True
        by_member[lsoas[by_member[lsoas] < 0]] = number
        only_best[lsoas] &= best_fit
    return claims, by_member, only_best


def low_share(assignment: Assignment) -> Bools:
    """LSOAs whose place has fewer than half of their registered patients."""
    with np.errstate(invalid="ignore"):
        return np.asarray(assignment.share() < LOW_SHARE)
