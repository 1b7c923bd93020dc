"""Registered patients → places of patient kinds: plurality, with shares, runners-up, margins and ties.

The method is the one that research on practice catchments uses (Beaney et al., BJGP Open 2022,
doi:10.3399/BJGPO.2022.0037): an area belongs with the practices that most of its registered residents use.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from placemap.core.arrays import Bools, Floats, Ints, ratio
from placemap.reference.by_lsoa import Registrations


@dataclass(frozen=True)
class Plurality:
    """How the patients of each LSOA of 2021 divide among places.

    Attributes:
        votes: by LSOA × place, patients registered with the place's practices.
        registered: by LSOA, all registered patients.
        winner, runner_up: by LSOA, position of the place with most and second most patients; -1 where there is none.
        tied: by LSOA, True where the winner is one of several with equally many.
    """

    votes: Floats
    registered: Floats
    winner: Ints
    runner_up: Ints
    tied: Bools

    def share(self, place: Ints) -> Floats:
        """By LSOA, patients of `place[lsoa]` ÷ all registered patients; 0 where there are none or the place is -1."""
        return ratio(_pick(self.votes, place), self.registered)

    def placed_share(self, place: Ints) -> Floats:
        """By LSOA, patients of `place[lsoa]` ÷ patients placed anywhere in the footprint."""
        return ratio(_pick(self.votes, place), self.votes.sum(axis=1))


def plurality(registrations: Registrations, place_of_practice: Ints, candidates: Bools) -> Plurality:
    """Give each LSOA to the candidate place with most of its registered patients.

    Ties go to the place that comes first, so places must stand in order of their id.

    Args:
        registrations: patients by practice and LSOA.
        place_of_practice: by practice, position of its place; -1 for none.
        candidates: by LSOA × place, whether the place may have the LSOA.
    """
    counts = registrations.by_group(place_of_practice, candidates.shape[1])
    votes = registrations.fit.to_atoms(counts)
    registered = registrations.fit.to_atoms(registrations.by_lsoa)
    # Split LSOAs of 2011 give parts of patients; what differs by less than a millionth is arithmetic, and a tie.
    eligible = np.where(candidates, votes, 0.0)
    eligible *= 1e6
    np.rint(eligible, out=eligible)
    winner, most = _best(eligible)
    eligible[np.arange(len(eligible)), winner] = 0.0
    runner_up, second = _best(eligible)
    return Plurality(votes, registered, winner, runner_up, tied=(most > 0) & (second == most))


def _best(votes: Floats) -> tuple[Ints, Floats]:
    """By row, the first column with the highest value and that value; -1 where it is zero."""
    if votes.shape[1] == 0:
        return np.full(len(votes), -1), np.zeros(len(votes))
    best = votes.argmax(axis=1)
    most = votes[np.arange(len(votes)), best]
    return np.where(most > 0, best, -1), most


def _pick(votes: Floats, column: Ints) -> Floats:
    if votes.shape[1] == 0:
        return np.zeros(len(votes))
    return np.where(column >= 0, votes[np.arange(len(votes)), column], 0.0)
