"""Default footprints of many systems put together: one assignment of England's LSOAs, and what is national about it.

Every place keeps its own code (`system/footprint/place`), so that national and single tables join.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from placemap.config.model import Footprint, Loc, Scope, System
from placemap.core.arrays import Bools, Floats, Ints, distinct
from placemap.core.findings import Finding, Severity
from placemap.reference.geography import Geography
from placemap.resolve.declared import DeclaredPractices, Practices
from placemap.resolve.populations import Populations
from placemap.resolve.resolve import Assignment
from placemap.resolve.resolved import ResolvedFootprint

#: ICSID and FOOTPRINT of national lines that belong to no system.
ENGLAND, ALL_SYSTEMS = "england", "default-footprints"

_NOWHERE = Loc("configs")


@dataclass(frozen=True)
class NationalAssignment(Assignment):
    """As its base, with the figures of plurality taken over from the parts, which alone know their patients.

    Attributes:
        shares, placed_shares, margins: by LSOA, NaN where plurality played no part.
        runners_up: by LSOA, position of the place; -1 for none.
    """

    shares: Floats
    placed_shares: Floats
    margins: Floats
    runners_up: Ints

    def share(self) -> Floats:
        """SHARE by LSOA."""
        return self.shares

    def placed_share(self) -> Floats:
        """PLACED_SHARE by LSOA."""
        return self.placed_shares

    def margin(self) -> Floats:
        """MARGIN by LSOA."""
        return self.margins

    def runner_up(self) -> Ints:
        """Position of the runner-up by LSOA."""
        return self.runners_up


def combine(
    parts: Sequence[ResolvedFootprint], geography: Geography, populations: Populations, left_out: Bools
) -> tuple[ResolvedFootprint, list[Finding]]:
    """Put systems together; an LSOA that two of them have stays with the first and is a finding.

    Args:
        parts: resolved footprints, one a system.
        populations: residents, to say how many people a finding is about.
        left_out: LSOAs of systems that were left out on purpose, and so are no gap.

    Returns:
        One footprint that holds the places of all parts, in order, and the gaps and overlaps between systems.
    """
    footprint = _footprint([part.footprint for part in parts])
    assignment, clashes = _assignment(parts, footprint, geography)
    newest = max((part.newest_input for part in parts), default=0)
    england = ResolvedFootprint(
        _system(parts, footprint), assignment, geography, populations, newest, parts=tuple(parts)
    )
    return england, [*_gaps(england, left_out), *_overlaps(england, clashes)]


def _assignment(
    parts: Sequence[ResolvedFootprint], footprint: Footprint, geography: Geography
) -> tuple[NationalAssignment, list[tuple[int, int, int]]]:
    """All parts in one; and where they clash, as (LSOA, place that has it, place that wants it)."""
    size, count = geography.size, len(footprint.places)
    result = NationalAssignment(
        footprint=footprint,
        in_scope=np.zeros(size, dtype=bool),
        place=np.full(size, -1),
        method=np.zeros(size, dtype=np.int64),
        member=np.full(size, -1),
        claims=np.zeros((size, count), dtype=bool, order="F"),
        declared=_declared([part.assignment.declared for part in parts]),
        practice_place=np.full(len(geography.registrations.codes), -1),
        patients=None,
        shares=np.full(size, np.nan),
        placed_shares=np.full(size, np.nan),
        margins=np.full(size, np.nan),
        runners_up=np.full(size, -1),
    )
    clashes: list[tuple[int, int, int]] = []
    places = members = 0
    for part in parts:
        clashes += _add(result, part.assignment, places, members)
        places += len(part.footprint.places)
        members += sum(1 for _ in part.footprint.members())
    return result, clashes


def _add(all_of: NationalAssignment, part: Assignment, places: int, members: int) -> list[tuple[int, int, int]]:
    """Write a part into the whole, its places and members moved up; returns the clashes."""
    taken = (part.place >= 0) & (all_of.place >= 0)
    rows = (part.place >= 0) & ~taken
    all_of.in_scope[part.in_scope] = True
    all_of.place[rows] = part.place[rows] + places
    all_of.method[rows] = part.method[rows]
    all_of.member[rows] = np.where(part.member[rows] >= 0, part.member[rows] + members, -1)
    all_of.claims[:, places : places + part.claims.shape[1]] = part.claims
    all_of.shares[rows] = part.share()[rows]
    all_of.placed_shares[rows] = part.placed_share()[rows]
    all_of.margins[rows] = part.margin()[rows]
    runner_up = part.runner_up()[rows]
    all_of.runners_up[rows] = np.where(runner_up >= 0, runner_up + places, -1)
    if part.practice_place is not None and all_of.practice_place is not None:
        placed = (part.practice_place >= 0) & (all_of.practice_place < 0)
        all_of.practice_place[placed] = part.practice_place[placed] + places
    return [(int(lsoa), int(all_of.place[lsoa]), int(part.place[lsoa]) + places) for lsoa in np.flatnonzero(taken)]


def _declared(parts: Sequence[DeclaredPractices]) -> DeclaredPractices:
    """The practices of all parts; one that two of them have is with the first."""
    place_of: dict[str, int] = {}
    by_place: list[Practices] = []
    for part in parts:
        for code, position in part.place_of.items():
            place_of.setdefault(code, position + len(by_place))
        by_place += part.by_place
    return DeclaredPractices(place_of, tuple(by_place))


def _footprint(footprints: Sequence[Footprint]) -> Footprint:
    """One that holds the places of all; its grade is the weakest of theirs."""
    return Footprint(
        id=ALL_SYSTEMS,
        name="Default footprints of all systems",
        status="current",
        grade=max((footprint.grade for footprint in footprints), default="C"),
        basis="inferred",
        evidence=(),
        notes="",
        scope=Scope((), (), None, _NOWHERE),
        places=tuple(place for footprint in footprints for place in footprint.places),
        accepts=(),
        vintages={},
        valid_from=None,
        valid_to=None,
        loc=_NOWHERE,
    )


def _system(parts: Sequence[ResolvedFootprint], footprint: Footprint) -> System:
    configs = "\n".join(sorted(part.system.config_sha256 for part in parts))
    return System(
        id=ENGLAND,
        name="England",
        icb_code="",
        icb_ods="",
        icb_vintage="",
        evidence={},
        notes="",
        default_footprint=ALL_SYSTEMS,
        footprints={ALL_SYSTEMS: footprint},
        config_sha256=hashlib.sha256(configs.encode()).hexdigest(),
        loc=_NOWHERE,
    )


# --- what is wrong between systems ----------------------------------------------------------------------------------


def _gaps(england: ResolvedFootprint, left_out: Bools) -> list[Finding]:
    """LSOAs of England that no place has, by sub-ICB location."""
    units = england.geography.units("sub_icb")
    empty = np.flatnonzero((england.assignment.place < 0) & ~left_out)
    findings = []
    for unit in distinct(units.of[empty]).values:
        lsoas = empty[units.of[empty] == unit]
        name = str(units.names[unit]) if unit >= 0 else "no sub-ICB location"
        findings.append(
            Finding(
                "gap",
                Severity.ERROR,
                f"{len(lsoas):,} LSOAs of {name} are in no place of any system.",
                subject=str(units.codes[unit]) if unit >= 0 else "",
                location=str(_NOWHERE),
                lsoas=england.codes(lsoas),
                people=england.people(lsoas),
                hint="the config of the system that they belong to is missing, or its scope leaves them out",
                system=ENGLAND,
            )
        )
    return findings


def _overlaps(england: ResolvedFootprint, clashes: Sequence[tuple[int, int, int]]) -> list[Finding]:
    """LSOAs that places of two systems have, by pair of places."""
    heads = england.place_codes
    pairs: dict[tuple[int, int], list[int]] = {}
    for lsoa, has, wants in clashes:
        pairs.setdefault((has, wants), []).append(lsoa)
    return [
        Finding(
            "overlap",
            Severity.ERROR,
            f"{len(lsoas):,} LSOAs are in {heads[has].code} and in {heads[wants].code}; each belongs to one place.",
            subject=f"{heads[has].code}+{heads[wants].code}",
            location=str(_NOWHERE),
            lsoas=england.codes(np.array(lsoas)),
            people=england.people(np.array(lsoas)),
            hint="write `within: scope` on the place that reaches into the other system",
            system=ENGLAND,
        )
        for (has, wants), lsoas in sorted(pairs.items())
    ]
