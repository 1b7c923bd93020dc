"""What a user's table or polygons say of places: which LSOA of 2021 is in which, and what of that is not certain."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from placemap.core.arrays import Ints, positions
from placemap.core.codes import KINDS
from placemap.core.errors import Exit, PlacemapError
from placemap.reference.geography import Geography
from placemap.reference.recognise import CodeKind, clean_codes, code_columns

if TYPE_CHECKING:
    import geopandas as gpd

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
        practices: where the input lists PCNs or practices: (kind, vintage, code → name of the place); None otherwise.
        notes: what is not certain, and what was left out.
        unknown: codes that the reference does not have.
    """

    source: str
    names: tuple[str, ...]
    place: Ints
    practices: tuple[str, str, dict[str, str]] | None
    notes: tuple[str, ...]
    unknown: tuple[str, ...]


def from_table(
    frame: pd.DataFrame, geography: Geography, code_column: str = "", place_column: str = ""
) -> WantedPlaces:
    """What a table says.

    Args:
        frame: all cells as text.
        code_column, place_column: the columns to take; found by content where they are empty.

    Raises:
        PlacemapError: there is no column of codes or of places, several might be, or a code is in two places.
    """
    found = _code_column(frame, geography, code_column)
    place_of, notes = _places_by_code(frame, found, place_column or _place_column(frame, found))
    if found.also:
        notes.append(
            f"All codes of {found.column} are the same in {', '.join(found.also)}; taken as of {found.vintage}."
        )
    if found.malformed:
        notes.append(
            f"{len(found.malformed)} values of {found.column} are no {KINDS[found.kind].label} codes: "
            f"{_some(found.malformed)}."
        )
    known = {code: place for code, place in place_of.items() if code not in set(found.unknown) | set(found.malformed)}
    if not known:
        where = "packaged tables" if not geography.all_england else "reference"
        raise PlacemapError(
            f"none of the {found.label} is in the {where}",
            hint="`placemap data update`, or --data with a store that has them",
        )
    source = f"{len(known):,} {found.label} (column {found.column})"
    names = tuple(sorted(set(known.values())))
    if KINDS[found.kind].patients:
        place = np.full(geography.size, -1)
        return WantedPlaces(source, names, place, (found.kind, found.vintage, known), tuple(notes), found.unknown)
    place, more = _on_atoms(found, known, names, geography)
    return WantedPlaces(source, names, place, None, (*notes, *more), found.unknown)


def _some(values: Sequence[str], count: int = 5) -> str:
    more = f" and {len(values) - count} more" if len(values) > count else ""
    return ", ".join(values[:count]) + more


# --- columns ----------------------------------------------------------------------------------------------------------


def _code_column(frame: pd.DataFrame, geography: Geography, asked: str) -> CodeKind:
    if asked and asked not in frame:
        raise _no_column(asked, frame)
    found = code_columns(frame[[asked]] if asked else frame, geography)
    if not found:
        raise PlacemapError(
            f"no column holds codes of a kind that placemap knows (the columns are {_some([*map(str, frame)], 12)})",
            hint=f"give a column of {', '.join(KINDS[kind].plural for kind in _FINEST[:6])}",
        )
    # The column that tells rows apart is the one that places are given for; among several, the finest.
    return min(found, key=lambda item: (-frame[item.column].nunique(), _FINEST.index(item.kind)))


def _no_column(asked: str, frame: pd.DataFrame) -> PlacemapError:
    return PlacemapError(
        f"there is no column `{asked}`", hint=f"the columns are {_some([*map(str, frame)], 20)}", exit_code=Exit.USAGE
    )


def _place_column(frame: pd.DataFrame, codes: CodeKind) -> str:
    """The column that is constant for each code and groups codes: by its title where several do."""
    able = [column for column in map(str, frame) if column != codes.column and _groups(frame, codes.column, column)]
    titled = [column for column in able if _PLACE_TITLE.search(column)]
    chosen = _unlike(frame, titled or able)
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        raise PlacemapError(
            f"no column groups the codes of {codes.column} into places",
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
    numeric = pd.to_numeric(filled[column], errors="coerce").notna().all()
    return not numeric and len(filled[[codes, column]].drop_duplicates()) == filled[codes].nunique()


def _unlike(frame: pd.DataFrame, columns: list[str]) -> list[str]:
    """One column for each way of grouping (a code and its name group alike), names before codes, constants last."""
    ordered = sorted(columns, key=lambda column: not _NAME_TITLE.search(column))
    seen: dict[tuple[int, ...], str] = {}
    for column in ordered:
        seen.setdefault(tuple(pd.factorize(frame[column])[0].tolist()), column)
    several = [column for column in seen.values() if len(frame[column].drop_duplicates()) > 1]
    return several or list(seen.values())


def _places_by_code(frame: pd.DataFrame, found: CodeKind, column: str) -> tuple[dict[str, str], list[str]]:
    if column not in frame:
        raise _no_column(column, frame)
    pairs = pd.DataFrame({"code": clean_codes(frame[found.column]), "place": frame[column].str.strip()})
    notes = []
    empty = int(((pairs["code"] != "") & (pairs["place"] == "")).sum())
    if empty:
        notes.append(f"{empty:,} rows name no place and are left out.")
    pairs = pairs[(pairs["code"] != "") & (pairs["place"] != "")].drop_duplicates()
    twice = pairs[pairs["code"].duplicated(keep=False)].sort_values(["code", "place"])
    if len(twice):
        code = twice["code"].iloc[0]
        places = twice[twice["code"] == code]["place"].tolist()
        raise PlacemapError(
            f"{twice['code'].nunique():,} codes are in several places, {code} in {' and '.join(places)}",
            hint="keep each code in one place",
            exit_code=Exit.WRONG,
        )
    return dict(zip(pairs["code"], pairs["place"], strict=True)), notes


# --- codes → LSOAs ----------------------------------------------------------------------------------------------------


def _on_atoms(
    found: CodeKind, known: dict[str, str], names: tuple[str, ...], geography: Geography
) -> tuple[Ints, list[str]]:
    position = {name: at for at, name in enumerate(names)}
    if found.kind == "lsoa" and found.vintage == "2011":
        return _from_2011({code: position[place] for code, place in known.items()}, names, geography)
    units = geography.units(found.kind, None if found.kind == "lsoa" else found.vintage)
    of_unit = np.full(len(units.codes) + 1, -1)
    for code, place in known.items():
        at = units.position(code)
        of_unit[len(units.codes) if at is None else at] = position[place]
    of_unit[-1] = -1
    notes = ["Wards are taken by the ONS best fit, whole LSOAs."] if found.kind == "ward" else []
    return of_unit[units.of], notes


def _from_2011(known: dict[str, int], names: tuple[str, ...], geography: Geography) -> tuple[Ints, list[str]]:
    """By LSOA of 2021 the place that most of its people come from; where its parts were in several places, a note."""
    fit = geography.fit_2011
    source_place = np.array([known.get(str(code), -1) for code in fit.codes])
    people = geography.residents_2011_pairs
    inside = (fit.target >= 0) & (source_place[fit.source] >= 0)
    votes = np.zeros((geography.size, len(names)))
    np.add.at(votes, (fit.target[inside], source_place[fit.source[inside]]), people[inside] + 1e-9)
    place = np.where(votes.any(axis=1), votes.argmax(axis=1), -1)
    torn = np.flatnonzero((votes > 0).sum(axis=1) > 1)
    notes = []
    if len(torn):
        codes = [str(code) for code in geography.lsoas[torn]]
        notes.append(
            f"{len(torn)} LSOAs of 2021 were made from LSOAs of 2011 in several places; "
            f"each goes where most of its people come from: {_some(codes)}."
        )
    return place, notes


# --- polygons ---------------------------------------------------------------------------------------------------------


def from_polygons(shapes: gpd.GeoDataFrame, geography: Geography, place_column: str = "") -> WantedPlaces:
    """What polygons say: an LSOA is in the place that its population-weighted centroid lies in.

    Args:
        shapes: polygons, EPSG:27700.
        place_column: the column with the names of the places.

    Raises:
        PlacemapError: no column names the polygons, or no centroid lies in any.
    """
    import geopandas as gpd

    column = place_column or _naming_column(shapes)
    if column not in shapes:
        raise _no_column(column, pd.DataFrame(shapes.drop(columns="geometry")))
    table = geography.data.table(geography.data.need("centroids"))
    points = gpd.GeoSeries.from_xy(table["easting"], table["northing"], crs=27700)
    labels = shapes[column].astype(str).str.strip()
    names = tuple(sorted(set(labels)))
    label = np.array([names.index(name) for name in labels])
    # This way round the polygons are prepared, which makes each test of a point cheap.
    shape, point = points.sindex.query(shapes.geometry, predicate="contains")
    hits = pd.DataFrame({"point": point, "label": label[shape]}).drop_duplicates().sort_values(["point", "label"])
    twice = np.unique(hits[hits["point"].duplicated(keep=False)]["point"].to_numpy(dtype=np.int64))
    first = hits.drop_duplicates("point")
    place = np.full(geography.size, -1)
    at = positions(geography.lsoas, table["lsoa_code"])
    place[at[first["point"]]] = first["label"]
    if not len(first):
        raise PlacemapError(
            "no population-weighted centroid of the reference lies in any of the polygons",
            hint="check the coordinate system; `placemap data update` has all England",
        )
    source = f"{len(shapes):,} polygons (column {column}), by population-weighted centroids of LSOAs of 2021"
    return WantedPlaces(source, names, place, None, tuple(_polygon_notes(table, twice, place, names)), ())


def _naming_column(shapes: gpd.GeoDataFrame) -> str:
    texts = [c for c in shapes.columns if c != "geometry" and pd.api.types.is_string_dtype(shapes[c])]
    ranked = sorted(texts, key=lambda c: (not _PLACE_TITLE.search(c), not _NAME_TITLE.search(c), -shapes[c].nunique()))
    if not ranked:
        raise PlacemapError(
            "no column names the polygons", hint="add one, or name it with --place", exit_code=Exit.USAGE
        )
    return str(ranked[0])


def _polygon_notes(table: pd.DataFrame, twice: Ints, place: Ints, names: tuple[str, ...]) -> list[str]:
    notes = ["A boundary that cuts an LSOA is moved to its edge: whole LSOAs follow their centroid."]
    if len(twice):
        codes = table["lsoa_code"].iloc[twice].tolist()
        notes.append(f"{len(twice)} centroids lie in several polygons and go to the first by name: {_some(codes)}.")
    empty = [name for at, name in enumerate(names) if not (place == at).any()]
    if empty:
        notes.append(
            f"No centroid lies in {_some(empty)}: the polygon is smaller than an LSOA, or outside the reference."
        )
    return notes
