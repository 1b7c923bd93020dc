"""How much of each place the data cover: its units, residents and registered patients.

Data cover an area unit's LSOAs, and a practice's patients. Where data hold areas of several vintages, an LSOA is
covered once; of an LSOA of 2021 that was merged, an LSOA of 2011 covers the part that its people were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from placemap.apply.apportion import Apportionment
from placemap.apply.sql import COVERED
from placemap.core.arrays import Floats, Ints, Texts, distinct, ratio, sums
from placemap.core.codes import KINDS
from placemap.core.errors import Exit, PlacemapError
from placemap.reference.by_lsoa import Units
from placemap.reference.geography import Geography
from placemap.resolve.resolved import ResolvedFootprint

#: The columns beside every figure: shares of the place's units, residents and registered patients, 0 to 1.
COVERAGE = ("UNIT_COVERAGE", "RESIDENT_COVERAGE", "PATIENT_COVERAGE")
_COVERED = list(COVERED)


@dataclass(frozen=True)
class Cover:
    """What is needed to tell what data cover.

    Attributes:
        covers: CODE, ATOM, PART: the part of each atom that a code covers.
        atoms: ATOM, PLACECD, UNITS, RESIDENTS, PATIENTS, DENOMINATOR: what of a place an atom is; the last is of the
            measure that rates are over, 0 where there is none.
        everyone: the same of all England, under no PLACECD.
    """

    covers: pd.DataFrame
    atoms: pd.DataFrame
    everyone: pd.DataFrame

    @property
    def whole(self) -> pd.DataFrame:
        """By PLACECD, units, residents and patients of the place."""
        return self.atoms.groupby("PLACECD", sort=True)[_COVERED].sum(min_count=1)


def cover_of(keys: Apportionment, resolved: Sequence[ResolvedFootprint], denominator: str = "") -> Cover:
    """What codes of a kind cover of the places of some footprints, all of one geography.

    Args:
        denominator: the measure of the reference tables that rates are over.

    Raises:
        PlacemapError: there is no such measure, or it is not of those whom the kind's figures are of.
    """
    geography = resolved[0].geography
    if KINDS[keys.kind].patients:
        return _of_practices(keys, geography, denominator)
    people = geography.measure(denominator) if denominator else np.zeros(geography.size)
    covers = _lsoa_covers(geography) if keys.kind == "lsoa" else _area_covers(keys.kind, geography)
    unit = np.arange(geography.size) if keys.kind == "lsoa" else geography.units(keys.kind).of
    atoms = [_atoms_of(item, unit, people) for item in resolved]
    return Cover(covers, pd.concat(atoms, ignore_index=True), _everyone(resolved[0], people))


def _everyone(item: ResolvedFootprint, people: Floats) -> pd.DataFrame:
    figures = {"RESIDENTS": item.populations.residents, "PATIENTS": item.populations.registered, "DENOMINATOR": people}
    return pd.DataFrame({"ATOM": np.arange(len(people)), "PLACECD": "", "UNITS": 0.0, **figures})


def shares_of(covered: pd.DataFrame, cover: Cover) -> pd.DataFrame:
    """The shares of places that are covered.

    Args:
        covered: PLACECD and what else tells rows apart, UNITS, RESIDENTS, PATIENTS.
    """
    whole = cover.whole.reindex(covered["PLACECD"]).to_numpy(dtype=np.float64)
    part = covered[_COVERED].to_numpy(dtype=np.float64)
    share = ratio(part, whole, np.nan)
    rest = covered.drop(columns=_COVERED).reset_index(drop=True)
    return pd.concat([rest, pd.DataFrame(np.clip(share, 0, 1), columns=list(COVERAGE))], axis=1)


# --- areas ------------------------------------------------------------------------------------------------------------


def _lsoa_covers(geography: Geography) -> pd.DataFrame:
    fit = geography.fit_2011
    is_old = geography.lsoas.positions(fit.codes) < 0
    kept = (fit.target >= 0) & is_old[fit.source]
    here = np.arange(geography.size)
    return pd.DataFrame(
        {
            "CODE": np.concatenate([geography.lsoa_codes, fit.codes.array[fit.source[kept]]]),
            "ATOM": np.concatenate([here, fit.target[kept]]).astype(np.int64),
            "PART": np.concatenate([np.ones(geography.size), _parts(geography)[kept]]),
        }
    )


def _parts(geography: Geography) -> Floats:
    """By pair of the fit from 2011, the part of the LSOA of 2021 that comes from it; alike where no figures tell."""
    fit = geography.fit_2011
    target = np.where(fit.target >= 0, fit.target, geography.size)
    people = geography.residents_2011_pairs
    total = sums(target, people, geography.size + 1)[target]
    sources = sums(target, np.ones(len(target)), geography.size + 1)[target]
    return np.where(total > 0, ratio(people, total), 1 / sources)


def _area_covers(kind: str, geography: Geography) -> pd.DataFrame:
    """The LSOAs of each unit; a code counts as of the newest vintage that has it."""
    codes, atoms = [], []
    seen: set[str] = set()
    for vintage in reversed(geography.data.vintages("lookup", kind)):
        units = geography.units(kind, vintage)
        for position, code in _named(units):
            if code not in seen:
                lsoas = units.lsoas(position)
                codes.append(np.full(len(lsoas), code, dtype=object))
                atoms.append(lsoas)
        seen.update(code for _, code in _named(units))
    return pd.DataFrame({"CODE": np.concatenate(codes), "ATOM": np.concatenate(atoms).astype(np.int64), "PART": 1.0})


def _named(units: Units) -> list[tuple[int, str]]:
    """Every unit by its GSS code, and by its NHS code where it has one."""
    named = [(position, str(code)) for position, code in enumerate(units.codes)]
    if units.ods is not None:
        named += [(position, str(code)) for position, code in enumerate(units.ods) if code]
    return named


def _atoms_of(item: ResolvedFootprint, unit: Ints, people: Floats) -> pd.DataFrame:
    place = item.assignment.place
    inside = np.flatnonzero(place >= 0)
    # A unit that crosses places counts in each as one, spread over its LSOAs there.
    cells = distinct(place[inside] * (unit.max(initial=0) + 2) + unit[inside])
    in_unit = unit[inside] >= 0
    return pd.DataFrame(
        {
            "ATOM": inside.astype(np.int64),
            "PLACECD": np.array([head.code for head in item.place_codes], dtype=object)[place[inside]],
            "UNITS": np.where(in_unit, 1 / cells.counts[cells.of], 0.0),
            "RESIDENTS": item.populations.residents[inside],
            "PATIENTS": item.populations.registered[inside],
            "DENOMINATOR": people[inside],
        }
    )


# --- practices and PCNs -----------------------------------------------------------------------------------------------


def _of_practices(keys: Apportionment, geography: Geography, denominator: str) -> Cover:
    """Practices by their registered patients, as they are placed; of residents they tell nothing."""
    weights = keys.weights[keys.weights["PLACECD"] != ""]
    numbers = {code: number for number, code in enumerate(keys.codes["CODE"])}
    known = keys.codes.loc[keys.codes["OUTCOME"] == "known", "CODE"].to_numpy()
    atom = np.array([numbers[code] for code in known], dtype=np.int64)
    size, people = _by_code(keys.kind, geography), _by_code(keys.kind, geography, denominator)

    def rows(of: Texts, part: Floats, place: Texts | str) -> pd.DataFrame:
        figures = {
            "PATIENTS": part * np.array([size.get(code, 0.0) for code in of]),
            "DENOMINATOR": part * np.array([people.get(code, 0.0) for code in of]),
        }
        atoms = np.array([numbers[code] for code in of], dtype=np.int64)
        return pd.DataFrame({"ATOM": atoms, "PLACECD": place, "UNITS": 1.0, "RESIDENTS": np.nan, **figures})

    placed = rows(weights["CODE"].to_numpy(), weights["WEIGHT"].to_numpy(), weights["PLACECD"].to_numpy())
    return Cover(pd.DataFrame({"CODE": known, "ATOM": atom, "PART": 1.0}), placed, rows(known, np.ones(len(known)), ""))


def _by_code(kind: str, geography: Geography, measure: str | None = None) -> dict[str, float]:
    """Registered patients by practice or PCN; another measure by practice instead; nobody where it has no name."""
    registrations = geography.registrations
    if measure in (None, geography.registered_measure):
        by_practice = dict(zip(registrations.codes, map(float, registrations.by_practice), strict=True))
    elif measure and geography.measure_entry(measure).family == "lsoa_measure":
        raise PlacemapError(
            f"`{measure}` counts residents, and {KINDS[kind].plural} have patients, who are others",
            hint=f"take their patients: --denominator {geography.registered_measure}",
            exit_code=Exit.USAGE,
        )
    else:
        figures = geography.practice_measure(measure) if measure else {}
        by_practice = {code: float(count) for code, count in figures.items()}
    if kind == "practice":
        return by_practice
    pcns = geography.pcns()
    return {pcn: sum(by_practice.get(code, 0.0) for code in codes) for pcn, codes in pcns.practices_of.items()}
