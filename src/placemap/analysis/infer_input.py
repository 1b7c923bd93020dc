"""What a user's table or polygons say of places: which LSOA of 2021 is in which, and what of that is not certain."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from placemap.analysis.infer_columns import few, find_codes, find_places, places_by_code
from placemap.analysis.infer_listed import Listing, listing
from placemap.core.arrays import Ints, sums
from placemap.core.codes import KINDS, LSOA_VINTAGE, OLD_LSOA_VINTAGE
from placemap.core.errors import PlacemapError
from placemap.core.findings import Finding
from placemap.core.fine_kinds import FineKind
from placemap.reference.geography import Geography
from placemap.reference.recognise import CodeKind

if TYPE_CHECKING:
    pass


@dataclass(frozen=True)
class WantedPlaces:
    """What places a declaration must give.

    Attributes:
        source: what was read, in words.
        names: of the places, sorted.
        place: by LSOA of 2021, position of its place; -1 for none.
        listing: where the input lists PCNs or practices, these; None otherwise.
        notes: what is not certain, and what was left out.
        unknown: codes that the reference does not have.
        findings: units that are placed, or left out, with some doubt.
    """

    source: str
    names: tuple[str, ...]
    place: Ints
    listing: Listing | None
    notes: tuple[str, ...]
    unknown: tuple[str, ...]
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True)
class FineColumn:
    """A column of codes finer than an LSOA.

    Attributes:
        column: its title.
        kind: postcodes or output areas.
        lsoa_of: by value of the column, the LSOA that it lies in; values that lie in none are left out.
        elsewhere: of values that lie in no LSOA of England, what is known of where they are.
        notes: on where that is known from.
    """

    column: str
    kind: FineKind
    lsoa_of: Mapping[str, str]
    elsewhere: Mapping[str, str]
    notes: tuple[str, ...]


def from_table(
    frame: pd.DataFrame,
    geography: Geography,
    code_column: str = "",
    place_column: str = "",
    pcn_vintage: str = "",
    fine: FineColumn | None = None,
) -> WantedPlaces:
    """What a table says.

    Args:
        frame: all cells as text.
        code_column, place_column: the columns to take; found by content where they are empty.
        pcn_vintage: the list of PCNs that PCNs and practices are read by; the best one where it is empty.
        fine: the column of codes, where they are finer than LSOAs.

    Raises:
        PlacemapError: there is no column of codes or of places, several might be, or a code is in two places.
    """
    if fine:
        return _from_fine(frame, geography, fine, place_column)
    found = find_codes(frame, geography, code_column)
    place_of, notes = places_by_code(frame, found, place_column or find_places(frame, found))
    if found.malformed:
        notes.append(
            f"{len(found.malformed)} values of {found.column} are no {KINDS[found.kind].label} codes: "
            f"{few(found.malformed)}."
        )
    shaped = {code: place for code, place in place_of.items() if code not in set(found.malformed)}
    if KINDS[found.kind].patients:
        return _listed(listing(found.kind, shaped, geography, pcn_vintage), found, notes, geography)
    unknown = tuple(code for code in _unknown(found, geography) if code in shaped)
    known = {code: place for code, place in shaped.items() if code not in set(unknown)}
    if not known:
        where = "packaged tables" if not geography.all_england else "reference"
        raise PlacemapError(
            f"none of the {found.label} is in the {where}",
            hint="`placemap data update`, or --data with a store that has them",
        )
    names = tuple(sorted(set(known.values())))
    place, label, more = _on_atoms(found, known, names, geography)
    notes += _other_years(unknown, found, geography)
    if len(known) == 1:
        label = label.replace(KINDS[found.kind].plural, KINDS[found.kind].label, 1)
    source = f"{len(known):,} {label} (column {found.column})"
    return WantedPlaces(source, names, place, None, (*notes, *more), unknown)


def _listed(found: Listing, column: CodeKind, notes: Sequence[str], geography: Geography) -> WantedPlaces:
    count = len(found.place_of)
    label = KINDS[found.kind].plural if count != 1 else KINDS[found.kind].label
    source = f"{count:,} {label} (column {column.column}), with the PCNs of {found.vintage}"
    names = tuple(sorted(set(found.place_of.values())))
    return WantedPlaces(source, names, np.full(geography.size, -1), found, (*notes, *found.notes), found.unknown)


def _from_fine(frame: pd.DataFrame, geography: Geography, fine: FineColumn, place_column: str) -> WantedPlaces:
    """Each LSOA in the place that most of its postcodes or output areas are in; of equally many, the first by name."""
    codes = CodeKind(fine.column, "lsoa", "", (), len(frame), 0, 0, (), ())
    place_of, notes = places_by_code(frame, codes, place_column or find_places(frame, codes), fine.kind.label)
    votes: dict[str, Counter[str]] = {}
    for code, place in place_of.items():
        if code in fine.lsoa_of:
            votes.setdefault(fine.lsoa_of[code], Counter())[place] += 1
    known = {lsoa: min(cast, key=lambda place: (-cast[place], place)) for lsoa, cast in votes.items()}
    unknown = tuple(sorted({*place_of} - {*fine.lsoa_of} - {*fine.elsewhere}))
    notes += _elsewhere(sorted({*place_of} & {*fine.elsewhere}), fine)
    here = {lsoa: place for lsoa, place in known.items() if lsoa in geography.lsoas}
    if not here:
        raise PlacemapError(
            f"none of the {fine.kind.plural} lies in an LSOA of the tables in use",
            hint="`placemap data update`, or --data with a store that has them",
        )
    names = tuple(sorted(set(here.values())))
    divided = sorted(lsoa for lsoa, cast in votes.items() if len(cast) > 1)
    if divided:
        notes.append(
            f"{len(divided):,} LSOAs have {fine.kind.plural} in several places; each goes where most of them are: "
            f"{few(divided)}."
        )
    position = {name: at for at, name in enumerate(names)}
    of_lsoa = np.full(geography.size, -1)
    of_lsoa[geography.lsoas.positions(list(here))] = [position[name] for name in here.values()]
    source = f"{len(here):,} LSOAs, by {len({*place_of} & {*fine.lsoa_of}):,} {fine.kind.plural} (column {fine.column})"
    return WantedPlaces(source, names, of_lsoa, None, (*fine.notes, *notes), unknown)


def _elsewhere(codes: Sequence[str], fine: FineColumn) -> Iterator[str]:
    """Of codes that lie in no LSOA of England, a line for each of the sorts."""
    for where in dict.fromkeys(fine.elsewhere[code] for code in codes):
        of_sort = [code for code in codes if fine.elsewhere[code] == where]
        many = fine.kind.plural if len(of_sort) > 1 else fine.kind.label
        yield f"Left out, {where}: {len(of_sort):,} {many}: {few(of_sort)}."


# --- codes → LSOAs ----------------------------------------------------------------------------------------------------


def _unknown(found: CodeKind, geography: Geography) -> tuple[str, ...]:
    """Codes that the reference does not have; of LSOAs, in neither year, as a list may mix them."""
    if found.kind != "lsoa":
        return found.unknown
    return tuple(code for code in found.unknown if code not in geography.lsoas and code not in geography.fit_2011.codes)


def _other_years(unknown: Sequence[str], found: CodeKind, geography: Geography) -> Iterator[str]:
    """Codes that are left out, but live in another vintage."""
    for vintage in geography.data.vintages("lookup", found.kind) if found.kind != "lsoa" else []:
        units = geography.units(found.kind, vintage)
        here = [code for code in unknown if units.position(code) is not None]
        if here:
            what = f"{KINDS[found.kind].plural} of {vintage}"
            yield f"Of the codes that are left out, {len(here):,} are {what}: {few(here)}."


def _on_atoms(
    found: CodeKind, known: dict[str, str], names: tuple[str, ...], geography: Geography
) -> tuple[Ints, str, list[str]]:
    """By LSOA of 2021 its place; what the codes are, in words; notes."""
    position = {name: at for at, name in enumerate(names)}
    if found.kind == "lsoa":
        return _from_lsoas({code: position[place] for code, place in known.items()}, names, geography)
    units = geography.units(found.kind, found.vintage)
    of_unit = np.full(len(units.codes) + 1, -1)
    for code, place in known.items():
        at = units.position(code)
        of_unit[len(units.codes) if at is None else at] = position[place]
    of_unit[-1] = -1
    notes = ["Wards are taken by the ONS best fit, whole LSOAs."] if found.kind == "ward" else []
    if found.also:
        notes.append(
            f"All codes of {found.column} are the same in {', '.join(found.also)}; taken as of {found.vintage}."
        )
    return of_unit[units.of], found.label, notes


def _from_lsoas(known: dict[str, int], names: tuple[str, ...], geography: Geography) -> tuple[Ints, str, list[str]]:
    """LSOAs of 2021 as they are; those of 2011 by the exact fit, as `apply` has them."""
    here = geography.lsoas.positions(list(known))
    old = {code: place for (code, place), at in zip(known.items(), here, strict=True) if at < 0}
    new = [code for code in known if code in geography.lsoas and code not in geography.fit_2011.codes]
    place, notes = _from_2011(known, names, geography) if old else (np.full(geography.size, -1), [])
    place[here[here >= 0]] = np.array(list(known.values()))[here >= 0]
    if old and new:
        notes.insert(
            0,
            f"The list mixes LSOAs of two years: {len(old):,} codes are of 2011 only ({few(sorted(old))}) and "
            f"{len(new):,} of 2021 only ({few(sorted(new))}). Each is taken in its own year.",
        )
        return place, "LSOAs of 2011 and 2021", notes
    if not old and not new:
        notes.append("All of the LSOAs have the same codes in 2011 and 2021; taken as of 2021.")
    return place, f"LSOAs of {OLD_LSOA_VINTAGE if old else LSOA_VINTAGE}", notes


def _from_2011(known: dict[str, int], names: tuple[str, ...], geography: Geography) -> tuple[Ints, list[str]]:
    """By LSOA of 2021 the place that most of its people come from; where its parts were in several places, a note."""
    fit = geography.fit_2011
    source_place = np.array([known.get(str(code), -1) for code in fit.codes])
    people = geography.residents_2011_pairs
    inside = (fit.target >= 0) & (source_place[fit.source] >= 0)
    target, source = fit.target[inside], fit.source[inside]
    cells, cell = np.unique(target * len(names) + source_place[source], return_inverse=True)
    votes = sums(cell, people[inside] + 1e-9, len(cells))
    of_cell, label = np.divmod(cells, len(names))
    order = np.lexsort((label, -votes, of_cell))
    atoms, first, choices = np.unique(of_cell[order], return_index=True, return_counts=True)
    place = np.full(geography.size, -1)
    place[atoms] = label[order][first]
    torn = [str(code) for code in geography.lsoas[atoms[choices > 1]]]
    notes = []
    if torn:
        notes.append(
            f"{len(torn)} LSOAs of 2021 were made from LSOAs of 2011 in several places; "
            f"each goes where most of its people come from: {few(torn)}."
        )
    return place, notes
