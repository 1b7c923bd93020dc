"""How much the places depend on the method: which LSOAs change place under others, and how sure each place is.

Only LSOAs that were placed by plurality can change; what is declared as an area stays. Each method changes one thing:

- `own-icb`: only practices of the sub-ICB locations that the scope lies in count;
- `minimum-share`: a practice counts only in LSOAs where it has at least 5% of the registered patients;
- `census`: the LSOA of 2011 is placed first, and its Census residents, not its patients, carry that to 2021;
- `nearest-practice`: the place of the declared practice that is nearest to the population-weighted centroid, a practice
  being where the middle of its patients is (their median easting and northing), as the reference has no addresses;
- `ward`: all LSOAs of a ward go where most of the ward's registered patients are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from placemap.analysis import schemas
from placemap.core.arrays import Bools, Floats, Ints
from placemap.core.columns import columns_of, columns_of_rows
from placemap.core.tables import Table, as_declared
from placemap.core.text import counted
from placemap.reference.by_lsoa import Registrations
from placemap.reference.geography import Geography
from placemap.resolve.plurality import plurality
from placemap.resolve.resolve import Assignment, candidates
from placemap.resolve.resolved import ResolvedFootprint

MINIMUM_SHARE = 0.05
#: Residents in LSOAs that change place, of those of the place, below which its confidence is high, and fair.
HIGH, FAIR = 0.02, 0.10
#: Practices' places are estimates, so this method is told but does not count for the confidence.
ONLY_TOLD = ("nearest-practice",)


@dataclass(frozen=True)
class Sensitivity:
    """What other methods make of a footprint.

    Attributes:
        other: by method, the place by LSOA.
        flips: a row an LSOA × method that puts it elsewhere.
        confidence: a row a place.
    """

    other: dict[str, Ints]
    flips: Table
    confidence: Table

    def by_method(self) -> list[tuple[str, int, float]]:
        """(method, LSOAs that change place, their residents), all methods."""
        frame = self.flips.frame
        rows = [(method, frame[frame["METHOD"] == method]) for method in self.other]
        return [(method, len(part), float(part["RESIDENTS"].sum())) for method, part in rows]


def sensitivity(resolved: ResolvedFootprint) -> Sensitivity:
    """Place the footprint's LSOAs by the other methods; of systems put together, each system's by itself."""
    if resolved.parts:
        return _together(resolved, [sensitivity(part) for part in resolved.parts])
    other = {method: _by(method, resolved.assignment, resolved.geography) for method in METHODS}
    return Sensitivity(other, _flips(resolved, other), _confidence(resolved, other))


def _together(whole: ResolvedFootprint, parts: Sequence[Sensitivity]) -> Sensitivity:
    """What other methods make of each system, as one; places by their position in the whole."""
    other = {method: whole.assignment.place.copy() for method in METHODS}
    first = 0
    for part, found in zip(whole.parts, parts, strict=True):
        for method, place in found.other.items():
            changed = place != part.assignment.place
            other[method][changed] = np.where(place[changed] >= 0, place[changed] + first, -1)
        first += len(part.places)
    flips = pd.concat([found.flips.frame for found in parts], ignore_index=True)
    confidence = pd.concat([found.confidence.frame for found in parts], ignore_index=True)
    schema = schemas.sensitivity(whole.populations)
    return Sensitivity(
        other,
        Table("sensitivity", schema, columns_of(flips.sort_values(list(schema.key)))),
        Table("confidence", schemas.confidence(whole.populations), columns_of(confidence)),
    )


def _by(method: str, assignment: Assignment, geography: Geography) -> Ints:
    """Place by LSOA: by the method where plurality decided, else as it was."""
    if assignment.patients is None or assignment.practice_place is None:
        return assignment.place
    may = candidates(assignment.footprint, geography, assignment.in_scope)
    return np.where(assignment.by_plurality, METHODS[method](assignment, geography, may), assignment.place)


def _places_of(assignment: Assignment) -> Ints:
    """By practice, its place; only called where there are patients."""
    if assignment.practice_place is None:
        raise ValueError("the footprint has no places of practices")
    return assignment.practice_place


# --- the methods ------------------------------------------------------------------------------------------------------


def _own_icb(assignment: Assignment, geography: Geography, may: Bools) -> Ints:
    units = geography.units("sub_icb")
    own = set() if units.ods is None else set(units.ods[np.unique(units.of[assignment.in_scope & (units.of >= 0)])])
    members = geography.pcns(assignment.footprint.vintages.get("pcn")).members
    home = dict(members.rows("practice_code", "practice_sub_icb_ods"))
    foreign = np.array([home.get(str(code), "") not in own | {""} for code in geography.registrations.codes])
    return plurality(geography.registrations, np.where(foreign, -1, _places_of(assignment)), may).winner


def _minimum_share(assignment: Assignment, geography: Geography, may: Bools) -> Ints:
    registrations = geography.registrations
    known = registrations.lsoa >= 0
    total = registrations.by_lsoa[np.where(known, registrations.lsoa, 0)]
    kept = known & (registrations.patients >= MINIMUM_SHARE * total)
    return plurality(_rows(registrations, kept), _places_of(assignment), may).winner


def _rows(registrations: Registrations, kept: Bools) -> Registrations:
    return replace(
        registrations,
        practice=registrations.practice[kept],
        lsoa=registrations.lsoa[kept],
        patients=registrations.patients[kept],
    )


def _census(assignment: Assignment, geography: Geography, may: Bools) -> Ints:
    registrations, fit = geography.registrations, geography.fit_2011
    if registrations.fit is not fit:
        return assignment.place
    votes = registrations.by_group(_places_of(assignment), may.shape[1])
    first = np.where(votes.max(axis=1) > 0, votes.argmax(axis=1), -1)
    inside = (fit.target >= 0) & (first[fit.source] >= 0)
    people = np.zeros(may.shape)
    # An LSOA without residents still says where it belongs, so a pair weighs next to nothing rather than nothing.
    weight = geography.residents_2011_pairs[inside] + 1e-9
    np.add.at(people, (fit.target[inside], first[fit.source[inside]]), weight)
    return _most(np.where(may, people, 0.0))


def _nearest(assignment: Assignment, geography: Geography, may: Bools) -> Ints:
    import shapely

    table = geography.data.table(geography.data.need("centroids"))
    at = geography.lsoas.positions(table.words("lsoa_code"))
    point = np.full((geography.size, 2), np.nan)
    point[at[at >= 0]] = np.stack([table["easting"], table["northing"]], axis=1)[at >= 0]
    place = _places_of(assignment)
    middles = {
        int(p): middle for p in np.flatnonzero(place >= 0) if (middle := _middle(geography, int(p), point)) is not None
    }
    result = np.full(geography.size, -1)
    lsoas = np.flatnonzero(assignment.by_plurality & ~np.isnan(point[:, 0]))
    # Places that may have an LSOA differ only by `exclude` and `within`, so there are few patterns to look up.
    patterns, of = np.unique(may[lsoas], axis=0, return_inverse=True)
    for number, pattern in enumerate(patterns):
        here = lsoas[of.reshape(-1) == number]
        able = [practice for practice in middles if pattern[place[practice]]]
        if able:
            tree = shapely.STRtree(shapely.points([middles[practice] for practice in able]))
            near = tree.nearest(shapely.points(point[here]))
            result[here] = place[np.array(able)[near]]
    return np.where(result >= 0, result, assignment.place)


def _middle(geography: Geography, practice: int, point: Floats) -> tuple[float, float] | None:
    """Median easting and northing of a practice's patients, by the centroids of the LSOAs that they live in."""
    people = geography.registrations.homes(practice)
    known = (people > 0) & ~np.isnan(point[:, 0])
    if not known.any():
        return None
    return _median(point[known, 0], people[known]), _median(point[known, 1], people[known])


def _median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values, kind="stable")
    half = np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)
    return float(values[order][half])


def _ward(assignment: Assignment, geography: Geography, may: Bools) -> Ints:
    if assignment.patients is None:
        return assignment.place
    of = geography.units("ward").of
    lsoas = np.flatnonzero(assignment.in_scope & assignment.by_plurality & (of >= 0))
    votes = np.zeros((len(geography.units("ward").codes), may.shape[1]))
    np.add.at(votes, of[lsoas], np.where(may, assignment.patients.votes, 0.0)[lsoas])
    most = _most(np.where(may, votes[of], 0.0))
    return np.where((of >= 0) & (most >= 0), most, assignment.place)


def _most(votes: Floats) -> Ints:
    return np.where(votes.max(axis=1) > 0, votes.argmax(axis=1), -1)


Method = Callable[[Assignment, Geography, Bools], Ints]
METHODS: dict[str, Method] = {
    "own-icb": _own_icb,
    "minimum-share": _minimum_share,
    "census": _census,
    "nearest-practice": _nearest,
    "ward": _ward,
}
LABELS = {
    "own-icb": "only patients of practices of the own ICB",
    "minimum-share": f"practices with {MINIMUM_SHARE:.0%} of an LSOA's patients or more",
    "census": "Census residents instead of patients from 2011 to 2021",
    "nearest-practice": "the nearest practice (estimated)",
    "ward": "whole wards",
}


# --- tables -----------------------------------------------------------------------------------------------------------


def _flips(resolved: ResolvedFootprint, other: dict[str, Ints]) -> Table:
    assignment, geography = resolved.assignment, resolved.geography
    share, margin = assignment.share(), assignment.margin()
    schema = schemas.sensitivity(resolved.populations)
    frames = []
    for method, place in other.items():
        rows = np.flatnonzero(place != assignment.place)
        columns = {
            "ICSID": np.full(len(rows), resolved.system.id, dtype=object),
            "FOOTPRINT": np.full(len(rows), resolved.footprint.id, dtype=object),
            "METHOD": np.full(len(rows), method, dtype=object),
            "LSOA21CD": geography.lsoas.array[rows],
            "LSOA21NM": geography.lsoa_names[rows],
            "PLACECD": resolved.placecd[assignment.place[rows]],
            "PLACENM": resolved.placenm[assignment.place[rows]],
            "OTHER_PLACECD": resolved.placecd[place[rows]],
            "OTHER_PLACENM": resolved.placenm[place[rows]],
            "RESIDENTS": resolved.populations.residents[rows],
            "SHARE": share[rows],
            "MARGIN": margin[rows],
        }
        typed = {column.name: as_declared(columns[column.name], column) for column in schema.columns}
        frames.append(pd.DataFrame(typed))
    frame = pd.concat(frames, ignore_index=True).sort_values(list(schema.key), ignore_index=True)
    return Table("sensitivity", schema, columns_of(frame))


def _confidence(resolved: ResolvedFootprint, other: dict[str, Ints]) -> Table:
    assignment = resolved.assignment
    counted = [place for method, place in other.items() if method not in ONLY_TOLD]
    flipping = np.any([place != assignment.place for place in counted], axis=0)
    rows = []
    for position, (place, head) in enumerate(zip(resolved.places, resolved.place_codes, strict=True)):
        mine = resolved.lsoas(position)
        gaining = np.any([of == position for of in counted], axis=0) & ~mine
        residents, changing = (resolved.populations.of(lsoas)[0] for lsoas in (mine, mine & flipping))
        share = changing / residents if residents else 0.0
        plural = bool((mine & assignment.by_plurality).any())
        level, words = _words(place.name, share, int((mine & flipping).sum()), int(gaining.sum()), plural=plural)
        rows.append(
            (
                *head.cells,
                level,
                words,
                int(mine.sum()),
                int((mine & flipping).sum()),
                int(gaining.sum()),
                residents,
                changing,
                share,
            )
        )
    schema = schemas.confidence(resolved.populations)
    return Table("confidence", schema, columns_of_rows(rows, schema))


def _words(name: str, share: float, lsoas: int, gaining: int, *, plural: bool) -> tuple[str, str]:
    """The confidence and what it means, to be read by anyone."""
    if not plural:
        return "certain", f"{name} follows from declared areas; it does not depend on where patients are registered."
    more = f" By at least one other method it would gain {counted(gaining, 'LSOA')}." if gaining else ""
    if not lsoas:
        return "high", f"No other method takes an LSOA away from {name}.{more}"
    elsewhere = f"{counted(lsoas, 'LSOA')} with {share:.1%} of its residents"
    some = f"{elsewhere} would be in another place by at least one other method"
    if share < HIGH:
        return "high", f"{name} hardly depends on the method: {some}.{more}"
    if share < FAIR:
        return "fair", f"The core of {name} is firm and its edge depends on the method: {some}.{more}"
    return "low", f"{name} depends on the method: {some}.{more} Say which method was used wherever it is shown."
