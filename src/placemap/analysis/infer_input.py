"""What a user's table or polygons say of places: which LSOA of 2021 is in which, and what of that is not certain."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from placemap.analysis.infer_listed import Listing, listing
from placemap.core.arrays import Ints, sums
from placemap.core.codes import KINDS, LSOA_VINTAGE, OLD_LSOA_VINTAGE
from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding
from placemap.core.fine_kinds import FineKind
from placemap.core.text import listed, some
from placemap.reference.geography import Geography
from placemap.reference.recognise import CodeKind, clean_codes, code_columns

if TYPE_CHECKING:
    import geopandas as gpd

#: The codes that a message names.
few = partial(some, most=5, counted=True)
#: More places than this in a column, and it is not one of places.
MOST_PLACES = 400
_PLACE_TITLE = re.compile(r"place|localit|icp|partnership|footprint name|neighbourhood", re.IGNORECASE)
_NAME_TITLE = re.compile(r"nm$|name", re.IGNORECASE)
#: Which codes tell most where a table has several columns of them.
_FINEST = ("lsoa", "practice", "msoa", "ward", "pcn", "ltla", "utla", "sub_icb", "icb")


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
    found = _code_column(frame, geography, code_column)
    place_of, notes = _places_by_code(frame, found, place_column or _place_column(frame, found))
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
    place_of, notes = _places_by_code(frame, codes, place_column or _place_column(frame, codes), fine.kind.label)
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


# --- columns ----------------------------------------------------------------------------------------------------------


def _code_column(frame: pd.DataFrame, geography: Geography, asked: str) -> CodeKind:
    if asked and asked not in frame:
        raise no_column(asked, frame)
    found = code_columns(frame[[asked]] if asked else frame, geography)
    if not found:
        raise _no_codes(frame[[asked]] if asked else frame)
    # The column that tells rows apart is the one that places are given for; among several, the finest.
    return min(found, key=lambda item: (-frame[item.column].nunique(), _FINEST.index(item.kind)))


def _no_codes(frame: pd.DataFrame) -> PlacemapError:
    """The error of a table without a column of one kind; of the column that comes nearest, what it has instead."""
    values = {str(column): sorted(set(clean_codes(frame[column])) - {""}) for column in frame}
    nearest = max(
        (
            (column, kind, sum(bool(kind.pattern.fullmatch(value)) for value in mine))
            for column, mine in values.items()
            for kind in KINDS.values()
        ),
        key=lambda item: item[2] / max(len(values[item[0]]), 1),
        default=("", KINDS["lsoa"], 0),
    )
    column, kind, count = nearest
    others = [value for value in values.get(column, []) if not kind.pattern.fullmatch(value)]
    hint = f"give a column of {', '.join(KINDS[kind].plural for kind in _FINEST[:6])}"
    if not count:
        columns = some(list(values), 12, counted=True)
        return PlacemapError(
            f"no column holds codes of a kind that placemap knows (the columns are {columns})", hint=hint
        )
    what = f"of the {len(values[column]):,} different values of {column}"
    if not others:
        return PlacemapError(
            f"{what}, none is a code that the reference has: {some(values[column], 20, counted=True)}",
            hint="`placemap data update`, or --data with a store that has them",
        )
    verb = "is" if len(others) == 1 else "are"
    return PlacemapError(
        f"no column holds codes of one kind: {what}, {count:,} are codes of {kind.plural}, and {len(others):,} {verb} "
        f"not: {some(others, 20, counted=True)}",
        hint=hint,
    )


def no_column(asked: str, frame: pd.DataFrame) -> PlacemapError:
    """The error of a column that is not there."""
    return PlacemapError(
        f"there is no column `{asked}`",
        hint=f"the columns are {some([*map(str, frame)], 20, counted=True)}",
        exit_code=Exit.USAGE,
    )


def _place_column(frame: pd.DataFrame, codes: CodeKind) -> str:
    """The column that is constant for each code and groups codes: by its title where several do."""
    able = [column for column in map(str, frame) if column != codes.column and _groups(frame, codes.column, column)]
    titled = [column for column in able if _PLACE_TITLE.search(column)]
    chosen = _unlike(frame, titled or able)
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        if divided := _divides(frame, codes.column):
            return divided  # which is then refused with the code that is in several places
        raise PlacemapError(
            f"no column says which place each code of column `{codes.column}` is in",
            hint="add a column with the name of the place of each code, or name it with --place",
            exit_code=Exit.USAGE,
        )
    raise PlacemapError(
        f"several columns may hold the places: {', '.join(chosen)}", hint="say which with --place", exit_code=Exit.USAGE
    )


def _groups(frame: pd.DataFrame, codes: str, column: str) -> bool:
    filled = frame[frame[column].str.strip() != ""]
    count = filled[column].nunique()
    # As many places as codes: each is named by itself, which only a title tells from the units' own names.
    most = filled[codes].nunique() - (0 if _PLACE_TITLE.search(column) else 1)
    if not 1 <= count <= min(MOST_PLACES, max(1, most)):
        return False
    return not _numeric(filled[column]) and len(filled[[codes, column]].drop_duplicates()) == filled[codes].nunique()


def _divides(frame: pd.DataFrame, codes: str) -> str:
    """The column that would be the places if a code were not in several of them: one called so, or the only one."""
    able = [
        column
        for column in map(str, frame)
        if column != codes and frame[column].nunique() <= MOST_PLACES and not _numeric(frame[column])
    ]
    titled = [column for column in able if _PLACE_TITLE.search(column)]
    chosen = titled or able
    return chosen[0] if len(chosen) == 1 else ""


def _numeric(values: pd.Series) -> bool:
    return bool(pd.to_numeric(values[values.str.strip() != ""], errors="coerce").notna().all())


def _unlike(frame: pd.DataFrame, columns: list[str]) -> list[str]:
    """One column for each way of grouping (a code and its name group alike), names before codes, constants last."""
    ordered = sorted(columns, key=lambda column: not _NAME_TITLE.search(column))
    seen: dict[tuple[int, ...], str] = {}
    for column in ordered:
        seen.setdefault(tuple(pd.factorize(frame[column])[0].tolist()), column)
    several = [column for column in seen.values() if len(frame[column].drop_duplicates()) > 1]
    return several or list(seen.values())


def _places_by_code(
    frame: pd.DataFrame, found: CodeKind, column: str, label: str = ""
) -> tuple[dict[str, str], list[str]]:
    if column not in frame:
        raise no_column(column, frame)
    pairs = pd.DataFrame({"code": clean_codes(frame[found.column]), "place": frame[column].str.strip()})
    notes = []
    empty = int(((pairs["code"] != "") & (pairs["place"] == "")).sum())
    if empty:
        notes.append(f"{empty:,} rows name no place and are left out.")
    pairs = pairs[(pairs["code"] != "") & (pairs["place"] != "")].drop_duplicates()
    twice = pairs[pairs["code"].duplicated(keep=False)].sort_values(["code", "place"])
    if len(twice):
        code, *others = twice["code"].unique()
        places = twice[twice["code"] == code]["place"].tolist()
        more = f", and so are {len(others):,} more: {few(others)}" if others else ""
        raise PlacemapError(
            f"{label or KINDS[found.kind].label} {code} is in {len(places)} places, {listed(places)}{more}",
            hint="keep each code in one place; to divide a unit, list its LSOAs",
            exit_code=Exit.WRONG,
        )
    return dict(zip(pairs["code"], pairs["place"], strict=True)), notes


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


def name_column_of(shapes: gpd.GeoDataFrame) -> str:
    """The column of text that most likely names polygons.

    Raises:
        PlacemapError: none does.
    """
    texts = [c for c in shapes.columns if c != "geometry" and pd.api.types.is_string_dtype(shapes[c])]
    ranked = sorted(texts, key=lambda c: (not _PLACE_TITLE.search(c), not _NAME_TITLE.search(c), -shapes[c].nunique()))
    if not ranked:
        raise PlacemapError(
            "no column names the polygons", hint="add one, or name it with --place", exit_code=Exit.USAGE
        )
    return str(ranked[0])
