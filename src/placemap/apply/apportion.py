"""Which part of each unit's figures goes to which place: the small table that users' data are joined to.

A code means the same in every vintage that has it (an LSOA of 2011 that changed has no code of 2021), so one table a
kind holds all vintages, and data that mix them are placed row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from placemap.apply.outcomes import DEAD
from placemap.core.arrays import Floats, Ints, Numbers, Texts, ratio, sums
from placemap.core.codes import KINDS, LSOA_VINTAGE, OLD_LSOA_VINTAGE
from placemap.core.errors import Exit, PlacemapError
from placemap.reference.by_lsoa import Units, living_in
from placemap.reference.ended import ended
from placemap.reference.geography import SPLIT_WEIGHT, Geography
from placemap.resolve.populations import Populations
from placemap.resolve.resolve import Assignment
from placemap.resolve.resolved import ResolvedFootprint

BY_RESIDENTS, BY_REGISTERED = "residents", "registered"
DECLARED, RESIDENCE = "declared", "residence"
#: Shares below this are what rounding leaves of nothing.
DUST = 1e-12

CODE_COLUMNS = ["CODE", "VINTAGE", "OUTCOME"]
WEIGHT_COLUMNS = ["CODE", "ICSID", "FOOTPRINT", "PLACECD", "PLACENM", "WEIGHT"]


@dataclass(frozen=True)
class Apportionment:
    """All that is needed to place the codes of one kind.

    Attributes:
        kind: one of `codes.KINDS`.
        codes: CODE, VINTAGE, OUTCOME (`known` or `no longer in use`), a row a code that the reference has.
        weights: CODE, ICSID, FOOTPRINT, PLACECD, PLACENM, WEIGHT, a row a pair; PLACECD is empty for the part that is
            in the scope but in no place, and the rest to 1 is out of area.
        method: how the kind is placed, a phrase for the user.
        as_one: ICSID and FOOTPRINT that all places are accounted for under together; None for each footprint by itself.
    """

    kind: str
    codes: pd.DataFrame
    weights: pd.DataFrame
    method: str
    as_one: tuple[str, str] | None = None


def place_keys(
    kind: str,
    resolved: Sequence[ResolvedFootprint],
    *,
    shares: str,
    practices: str,
) -> Apportionment:
    """The keys of one kind of unit for one or several footprints.

    Args:
        kind: one of `codes.MEMBER_KINDS`.
        resolved: one or more, of the same geography and populations.
        shares: `residents` or `registered`.
        practices: `declared` (the place that a practice or its PCN is declared in) or `residence` (where its registered
            patients live).

    Raises:
        PlacemapError: places of a footprint are not declared from practices, and `practices` is `declared`.
    """
    if KINDS[kind].patients and practices == DECLARED:
        _need_patient_kinds(resolved)
    keys = _KEYS[kind if kind in _KEYS else "area"](
        resolved[0].geography, resolved[0].populations, kind, shares, practices
    )
    columns = [_weight_columns(item, keys.codes, keys.pieces(Target.of(item.assignment))) for item in resolved]
    weights = pd.DataFrame({name: np.concatenate([one[name] for one in columns]) for name in WEIGHT_COLUMNS})
    as_one = next((item.key for item in resolved if item.parts), None)
    return Apportionment(kind, _with_dead(keys.codes, keys.vintages, keys.dead), weights, keys.method, as_one)


def usual_practices(resolved: Iterable[ResolvedFootprint]) -> str:
    """How practices are placed where nobody says it: as they are declared, or where areas decide, by residence."""
    return DECLARED if all(item.is_declared_from_practices for item in resolved) else RESIDENCE


def _need_patient_kinds(resolved: Sequence[ResolvedFootprint]) -> None:
    every = [part for item in resolved for part in item.by_system]
    for number, item in enumerate(every):
        if not item.is_declared_from_practices:
            others = sum(not other.is_declared_from_practices for other in every[number + 1 :])
            more = f" (nor are those of {others} others)" if others else ""
            raise PlacemapError(
                f"the places of {item.system.id} {item.footprint.id} are not declared from practices "
                f"or PCNs{more}, so a practice has no place of its own",
                hint="place practices by where their patients live: --practices residence",
                exit_code=Exit.USAGE,
            )


#: In order of code and place: the position of the code, that of the place, and the share of the one in the other.
_Pieces = tuple[Ints, Ints, Floats]


@dataclass(frozen=True)
class _Keys:
    """By code of a kind: the vintage to report, and a function that gives its shares in places."""

    codes: Texts
    vintages: Texts
    pieces: Callable[[Target], _Pieces]
    method: str
    dead: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """Where units go: the places of a footprint, and last what is in its scope but in none of them.

    Attributes:
        place: by LSOA, the position of its place; `count` - 1 in the scope but in no place; -1 elsewhere.
        count: number of places, and one more.
    """

    assignment: Assignment
    place: Ints
    count: int

    @staticmethod
    def of(assignment: Assignment) -> Target:
        """The target of a footprint."""
        places = len(assignment.footprint.places)
        left = assignment.in_scope & (assignment.place < 0)
        return Target(assignment, np.where(left, places, assignment.place), places + 1)


def _pieces_of(shares: Callable[[Target], Floats]) -> Callable[[Target], _Pieces]:
    """The pieces of shares by code × place."""

    def pieces(target: Target) -> _Pieces:
        matrix = shares(target)
        row, place = np.nonzero(matrix > DUST)
        return row, place, matrix[row, place]

    return pieces


def _weight_columns(item: ResolvedFootprint, codes: Texts, pieces: _Pieces) -> dict[str, Numbers]:
    row, place, share = pieces
    names = [*(place.name for place in item.places), ""]
    every = [*((head.ics, head.footprint, head.code) for head in item.place_codes), (*item.key, "")]
    heads = np.array([(*head, name) for head, name in zip(every, names, strict=True)], dtype=object)[place]
    return dict(zip(WEIGHT_COLUMNS, (codes[row], *heads.T, share), strict=True))


def _with_dead(codes: Texts, vintages: Texts, dead: tuple[str, ...]) -> pd.DataFrame:
    known = pd.DataFrame({"CODE": codes, "VINTAGE": vintages, "OUTCOME": "known"}, columns=CODE_COLUMNS)
    gone = pd.DataFrame({"CODE": sorted(set(dead) - set(codes)), "VINTAGE": "", "OUTCOME": DEAD}, columns=CODE_COLUMNS)
    return pd.concat([known, gone.astype(object)], ignore_index=True)


def _one_hot(of: np.ndarray, count: int) -> Floats:
    hot: Floats = np.equal(of[:, None], np.arange(count)[None, :]).astype(np.float64)
    return hot


# --- LSOAs ----------------------------------------------------------------------------------------------------------


def _lsoa_keys(geography: Geography, _weigh: Populations, _kind: str, _shares: str, _practices: str) -> _Keys:
    """LSOAs of 2021 whole; those of 2011 by the exact fit, split and irregular ones by `residents_2021`."""
    fit = geography.fit_2011
    old = geography.lsoas.positions(fit.codes) < 0
    both = fit.codes.positions(geography.lsoa_codes) >= 0
    vintages = np.where(both, f"{OLD_LSOA_VINTAGE} and {LSOA_VINTAGE}", LSOA_VINTAGE)

    row_of_old = geography.size + np.cumsum(old) - 1

    def pieces(target: Target) -> _Pieces:
        # Nearly all LSOAs of England lie in one place or in none, so that there are few pieces of very many pairs.
        here = np.flatnonzero(target.place >= 0)
        source, place, share = fit.pieces(target.place)
        split = old[source] & (share > DUST)
        return (
            np.concatenate([here, row_of_old[source[split]]]),
            np.concatenate([target.place[here], place[split]]),
            np.concatenate([np.ones(len(here)), share[split]]),
        )

    return _Keys(
        np.concatenate([geography.lsoa_codes, fit.codes.array[old]]),
        np.concatenate([vintages, np.full(int(old.sum()), OLD_LSOA_VINTAGE)]).astype(object),
        pieces,
        f"LSOAs whole; those of {OLD_LSOA_VINTAGE} that were split, by {SPLIT_WEIGHT}",
    )


# --- other areas ----------------------------------------------------------------------------------------------------


def _area_keys(geography: Geography, populations: Populations, kind: str, shares: str, _practices: str) -> _Keys:
    """Units of every vintage that the store has; a code counts as of the newest that has it."""
    people = populations.registered if shares == BY_REGISTERED else populations.residents
    name = populations.registered_name if shares == BY_REGISTERED else populations.residents_name
    vintages = geography.data.vintages("lookup", kind)
    parts = [_area_part(geography.units(kind, vintage)) for vintage in vintages]
    seen: set[str] = set()
    chosen: list[tuple[Units, Texts, np.ndarray]] = []
    for units, codes, unit in reversed(parts):
        new = np.array([code not in seen for code in codes], dtype=bool)
        seen.update(codes)
        chosen.append((units, codes[new], unit[new]))

    def matrix(target: Target) -> Floats:
        return np.vstack([_unit_shares(units, target, people)[unit] for units, _, unit in chosen])

    return _Keys(
        np.concatenate([codes for _, codes, _ in chosen]),
        np.concatenate([np.full(len(codes), units.vintage, dtype=object) for units, codes, _ in chosen]),
        _pieces_of(matrix),
        f"{KINDS[kind].plural} by the share of their {name} in each place",
        tuple(ended(kind, geography)),
    )


def _area_part(units: Units) -> tuple[Units, Texts, np.ndarray]:
    """GSS codes, and NHS codes where the kind has them, with the position of their unit."""
    codes, unit = [units.codes], [np.arange(len(units.codes))]
    if units.ods is not None:
        has = np.flatnonzero([bool(code) for code in units.ods])
        codes.append(units.ods[has])
        unit.append(has)
    every = np.concatenate(codes)
    _, first = np.unique(every.astype(str), return_index=True)
    return units, every[first], np.concatenate(unit)[first]


def _unit_shares(units: Units, target: Target, people: Floats) -> Floats:
    """By unit × place, the share of the unit's people in the place; by LSOAs for a unit where nobody lives."""
    count, places = len(units.codes), target.count
    known = units.of >= 0
    both = known & (target.place >= 0)
    cell = units.of[both] * places + target.place[both]
    of_people = sums(cell, people[both], count * places).reshape(count, places)
    of_lsoas = sums(cell, np.ones(int(both.sum())), count * places).reshape(count, places)
    total = sums(units.of[known], people[known], count)
    lsoas = sums(units.of[known], np.ones(int(known.sum())), count)
    return np.where(
        (total > 0)[:, None],
        ratio(of_people, np.broadcast_to(total[:, None], of_people.shape)),
        ratio(of_lsoas, np.broadcast_to(lsoas[:, None], of_lsoas.shape)),
    )


# --- practices and PCNs ---------------------------------------------------------------------------------------------


def _practice_shares(geography: Geography, practices: str) -> tuple[Texts, Callable[[Target], Floats]]:
    """Codes of practices, and a function that gives their shares by practice × place."""
    registrations = geography.registrations
    pcns = geography.pcns()
    real = [code for code in registrations.codes if KINDS["practice"].accepts(code)]
    codes = np.array(sorted({*real, *geography.practice_names, *pcns.pcn_of}), dtype=object)
    position = registrations.codes.positions(codes)

    everyone = np.arange(len(registrations.codes))
    total = registrations.by_practice

    def declared(target: Target) -> Floats:
        place_of = target.assignment.declared.place_of
        of = np.array([place_of.get(code, -1) for code in codes])
        inside = target.assignment.in_scope.astype(np.int64) - 1
        here = living_in(registrations, inside, 1, everyone, len(registrations.codes))[:, 0]
        mostly = np.append(2 * here > total, False)[position]  # the last for those without patients
        return _one_hot(np.where((of < 0) & mostly, target.count - 1, of), target.count)

    def residence(target: Target) -> Floats:
        lived = living_in(registrations, target.place, target.count, everyone, len(registrations.codes))
        share = ratio(lived, np.broadcast_to(total[:, None], lived.shape))
        return np.where((position >= 0)[:, None], share[position], 0.0)

    return codes, declared if practices == DECLARED else residence


def _practice_keys(geography: Geography, populations: Populations, _kind: str, _shares: str, practices: str) -> _Keys:
    codes, matrix = _practice_shares(geography, practices)
    return _Keys(
        codes,
        np.full(len(codes), geography.registrations_entry.vintage, dtype=object),
        _pieces_of(matrix),
        _practice_method("practices", practices, populations),
        tuple(sorted(set(geography.pcns().practice_names) - set(codes))),
    )


def _practice_method(what: str, practices: str, populations: Populations) -> str:
    if practices == DECLARED:
        return f"{what} whole, by the place that they are declared in; not by where their patients live"
    return f"{what} by where their registered patients live ({populations.registered_name})"


def _pcn_keys(geography: Geography, populations: Populations, _kind: str, _shares: str, practices: str) -> _Keys:
    """PCNs as the sum of their practices, by list size."""
    pcns, registrations = geography.pcns(), geography.registrations
    practice_codes, practice_shares = _practice_shares(geography, practices)
    codes = np.array(sorted(pcns.practices_of), dtype=object)
    number = {code: position for position, code in enumerate(codes)}
    of = np.array([number.get(pcns.pcn_of.get(code, ""), -1) for code in practice_codes])
    position = registrations.codes.positions(practice_codes)
    size = np.where(position >= 0, registrations.by_practice[position], 0).astype(np.float64)
    # A PCN whose practices have no registered patients yet still lies where its practices do.
    size += np.where(sums(of[of >= 0], size[of >= 0], len(codes))[of] == 0, 1.0, 0.0)

    def matrix(target: Target) -> Floats:
        share = practice_shares(target)
        inside = of >= 0
        total = sums(of[inside], size[inside], len(codes))
        columns = [sums(of[inside], (share[:, place] * size)[inside], len(codes)) for place in range(share.shape[1])]
        lived = np.stack(columns, axis=1) if columns else np.zeros((len(codes), 0))
        return ratio(lived, np.broadcast_to(total[:, None], lived.shape))

    return _Keys(
        codes,
        np.full(len(codes), pcns.vintage, dtype=object),
        _pieces_of(matrix),
        _practice_method("PCNs", practices, populations),
        tuple(sorted(set(pcns.names) - set(codes))),
    )


_KEYS: dict[str, Callable[[Geography, Populations, str, str, str], _Keys]] = {
    "lsoa": _lsoa_keys,
    "area": _area_keys,
    "practice": _practice_keys,
    "pcn": _pcn_keys,
}
