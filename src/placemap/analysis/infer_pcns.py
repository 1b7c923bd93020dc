"""Places → which PCNs give them: each PCN with one place, then plurality, and what goes another way as single LSOAs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placemap.core.arrays import Floats, Ints, sums
from placemap.core.codes import KINDS
from placemap.reference.geography import Geography

#: A PCN with less of its patients in the places than this is somebody else's.
SOME = 0.02
#: One with more of them in one place than this is not tried in another.
NEARLY_ALL = 0.9


@dataclass(frozen=True)
class ByPcn:
    """The PCNs of places.

    Attributes:
        groups: codes of PCNs, and of practices that are in none.
        names: of these.
        place: by group, the position of its place; -1 for none.
        winner: by LSOA, the place that plurality gives it; -1 for none.
    """

    groups: list[str]
    names: dict[str, str]
    place: Ints
    winner: Ints


def search(place: Ints, count: int, geography: Geography, vintage: str) -> ByPcn:
    """PCNs → places so that plurality puts as many LSOAs as can be where they are wanted.

    Each starts with the place that most of its patients live in; those on borders are then tried elsewhere, and
    practices without a PCN that no LSOA depends on are left out.

    Args:
        place: by LSOA, the place that is wanted; -1 for none.
        count: number of places.
        vintage: of the PCNs.
    """
    groups, names, of_practice = _groups(place, geography, vintage)
    registrations = geography.registrations
    scope = np.flatnonzero(place >= 0)
    votes = _votes(scope, of_practice, len(groups), geography)
    inside = votes.by_place(place[scope], count)
    total = sums(of_practice[of_practice >= 0], registrations.by_practice[of_practice >= 0].astype(float), len(groups))
    own = inside.sum(axis=1)
    of_group = np.where(own > total / 2, inside.argmax(axis=1), -1)
    tally = _Tally(votes, of_group, place[scope], count)
    doubtful = (own > SOME * total) & (inside.max(axis=1) < NEARLY_ALL * total)
    for group in np.flatnonzero(doubtful).tolist():
        # A PCN most of whose patients live here must be in some place; and a place that none of them live in could
        # only lose by it what no place at all would lose.
        nowhere = [] if own[group] > total[group] / 2 else [-1]
        tally.improve(group, [*nowhere, *np.flatnonzero(inside[group] > 0).tolist()])
    for at, code in enumerate(groups):
        if not KINDS["pcn"].accepts(code):
            tally.leave_out(at)
    winner = np.full(geography.size, -1)
    winner[scope] = tally.winner()
    return ByPcn(groups, names, np.where(own > 0, tally.of_group, -1), winner)


def _groups(place: Ints, geography: Geography, vintage: str) -> tuple[list[str], dict[str, str], Ints]:
    """PCNs, and practices without one, that anyone in the places uses; by practice, its group or -1."""
    registrations, pcns = geography.registrations, geography.pcns(vintage)
    practice, _, patients = registrations.living(np.where(place >= 0, 0, -1))
    local = sums(practice, patients, len(registrations.codes)) >= 0.5
    of = [pcns.pcn_of.get(code, code) for code in registrations.codes]
    groups = sorted({group for group, here in zip(of, local, strict=True) if here})
    position = {group: at for at, group in enumerate(groups)}
    names = {**geography.practice_names, **pcns.names}
    return groups, {group: names.get(group, "") for group in groups}, np.array([position.get(g, -1) for g in of])


@dataclass(frozen=True)
class _Votes:
    """Patients by LSOA of the scope × group, only what is there, in order of group.

    Attributes:
        row: by entry, position of the LSOA in the scope.
        group: by entry.
        patients: by entry.
        first: by group, its first entry; one more for the end.
    """

    row: Ints
    group: Ints
    patients: Floats
    first: Ints

    def by_place(self, wanted: Ints, count: int) -> Floats:
        """Patients by group × place."""
        groups = len(self.first) - 1
        cells = self.group * count + wanted[self.row]
        return sums(cells, self.patients, groups * count).reshape(groups, count)


def _votes(scope: Ints, of_practice: Ints, groups: int, geography: Geography) -> _Votes:
    labels = np.full(geography.size, -1)
    labels[scope] = np.arange(len(scope))
    practice, row, patients = geography.registrations.living(labels)
    group = of_practice[practice]
    known = group >= 0
    cells, cell = np.unique(group[known] * len(scope) + row[known], return_inverse=True)
    of_cell, row_of_cell = np.divmod(cells, max(len(scope), 1))
    return _Votes(
        row_of_cell,
        of_cell,
        sums(cell, patients[known], len(cells)),
        np.searchsorted(of_cell, np.arange(groups + 1)),
    )


class _Tally:
    """Votes by LSOA and place while groups are moved about, and how many LSOAs are not where they are wanted."""

    def __init__(self, votes: _Votes, of_group: Ints, wanted: Ints, count: int) -> None:
        self.votes, self.of_group, self.wanted = votes, of_group.copy(), wanted
        cells = votes.row * count + of_group[votes.group]
        placed = of_group[votes.group] >= 0
        self.sums = sums(cells[placed], votes.patients[placed], len(wanted) * count).reshape(-1, count)

    def winner(self) -> Ints:
        """By LSOA, the place with most votes; the first of equals, -1 for none."""
        return _first_of_most(self.sums)

    def improve(self, group: int, options: list[int]) -> None:
        """Give a group to the option that leaves the fewest LSOAs wrong, where that is fewer than now."""
        rows, patients, without = self._without(group)
        best, fewest = int(self.of_group[group]), self._wrong(self.sums[rows], rows)
        for option in options:
            wrong = self._wrong(_with(without, option, patients), rows)
            if wrong < fewest:
                best, fewest = option, wrong
        self._move(group, rows, _with(without, best, patients), best)

    def leave_out(self, group: int) -> None:
        """Take a group out where that leaves no more LSOAs wrong."""
        rows, _, without = self._without(group)
        if self._wrong(without, rows) <= self._wrong(self.sums[rows], rows):
            self._move(group, rows, without, -1)

    def _without(self, group: int) -> tuple[Ints, Floats, Floats]:
        """LSOAs with patients of a group, these, and the votes there without them."""
        entries = slice(self.votes.first[group], self.votes.first[group + 1])
        rows, patients = self.votes.row[entries], self.votes.patients[entries]
        return rows, patients, _with(self.sums[rows], int(self.of_group[group]), -patients)

    def _wrong(self, votes: Floats, rows: Ints) -> int:
        return int((_first_of_most(votes) != self.wanted[rows]).sum())

    def _move(self, group: int, rows: Ints, votes: Floats, option: int) -> None:
        self.sums[rows] = votes
        self.of_group[group] = option


def _with(votes: Floats, place: int, patients: Floats) -> Floats:
    """A copy of the votes with patients added to a place; -1 adds them nowhere."""
    found = votes.copy()
    if place >= 0:
        found[:, place] += patients
    return found


def _first_of_most(votes: Floats) -> Ints:
    # Split LSOAs give parts of patients; what differs by less than this is arithmetic, and a tie.
    rounded = votes.round(6)
    return np.where(rounded.max(axis=1, initial=0) > 0, rounded.argmax(axis=1), -1)
