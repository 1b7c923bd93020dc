"""Polygons → which LSOA of 2021 is in which place, and which LSOAs they leave in doubt.

An LSOA goes to the place that has most of its area, where that is clearly more than half; else to the one that its
population-weighted centroid lies in; else, where the centroid lies in none or in several, to the one with most of its
area. Centroids alone would not do: one in fifty lies outside its own generalised boundary. Area alone would not do
either: a boundary may cut an LSOA so that most of its land is on one side and most of its people are on the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from placemap.analysis.infer_columns import few, name_column_of, no_column, place_name, refuse_names
from placemap.analysis.infer_input import WantedPlaces
from placemap.core.arrays import Bools, Floats, Ints, ratio, sums
from placemap.core.errors import Exit, PlacemapError
from placemap.core.findings import Finding, Severity
from placemap.core.read_polygons import Polygons
from placemap.core.text import listed
from placemap.reference.geography import SPLIT_WEIGHT, Geography
from placemap.reference.shapes import Shapes, lsoa_shapes

if TYPE_CHECKING:
    import geopandas as gpd

#: A place with this part of an LSOA's area has it, wherever the centroid lies.
DECISIVE = 0.6
#: An LSOA that the places cover less than this, and whose centroid lies in none, is in none.
HALF = 0.5
#: Where places have this part of a district's people, they mean the district: what is left of it is in doubt.
NEARLY_WHOLE = 0.9
#: Covered less than this by its place, or this much by another one, an LSOA is told of.
WELL, ANOTHER = 0.75, 0.25
#: Units that a system is mostly made of, for NEARLY_WHOLE.
_DISTRICTS = ("ltla", "sub_icb")


@dataclass(frozen=True)
class _Cover:
    """How places cover LSOAs; by position of the LSOA.

    Attributes:
        lsoa, label, share: by pair, in order of LSOA, then the largest share first: part of its area in the place.
        best, second: position of the first and second pair of the LSOA; -1 for none.
        total: part of its area in any place.
    """

    lsoa: Ints
    label: Ints
    share: Floats
    best: Ints
    second: Ints
    total: Floats

    def share_at(self, pair: Ints) -> Floats:
        """Share of a pair by LSOA; 0 for -1."""
        return np.where(pair >= 0, self.share[pair], 0.0) if len(self.share) else np.zeros(len(pair))

    def label_at(self, pair: Ints) -> Ints:
        """Place of a pair by LSOA; -1 for -1."""
        return np.where(pair >= 0, self.label[pair], -1) if len(self.label) else np.full(len(pair), -1)

    def of(self, place: Ints) -> Floats:
        """By LSOA, the part of its area in `place[lsoa]`; 0 for none."""
        mine = np.flatnonzero(self.label == place[self.lsoa])
        found = np.zeros(len(place))
        found[self.lsoa[mine]] = self.share[mine]
        return found


def from_polygons(polygons: Polygons, geography: Geography, place_column: str = "") -> WantedPlaces:
    """What polygons say.

    Args:
        place_column: the column with the names of the places.

    Raises:
        PlacemapError: no column names the polygons, two names differ by case alone, or no LSOA is in any.
    """
    frame = polygons.frame
    column, labels = _labels(frame, place_column)
    names = tuple(sorted(set(labels)))
    label = np.array([names.index(name) for name in labels])
    shapes = frame.geometry.to_numpy()
    cover = _cover(shapes, label, len(names), geography)
    hits, inside = _centroids(shapes, label, geography)
    place = _placed(cover, hits, inside, geography)
    if not (place >= 0).any():
        raise PlacemapError(
            "no LSOA of the reference lies in any of the polygons",
            hint="check the coordinate system; `placemap data update` has all England",
        )
    empty = [name for at, name in enumerate(names) if not (place == at).any()]
    notes = ["A boundary that cuts an LSOA is moved to its edge: LSOAs are placed whole."]
    if empty:
        notes.append(f"No LSOA is in {few(empty)}: the polygon is smaller than an LSOA, or outside the reference.")
    source = f"{len(frame):,} polygons (column {column}), by area and population-weighted centroids of LSOAs of 2021"
    findings = tuple(_in_doubt(cover, hits, place, names, geography))
    return WantedPlaces(source, names, place, None, (*polygons.notes, *notes), (), findings)


def _labels(frame: gpd.GeoDataFrame, place_column: str) -> tuple[str, list[str]]:
    column = place_column or name_column_of(frame)
    if column not in frame:
        raise no_column(column, pd.DataFrame(frame.drop(columns="geometry")))
    labels = [place_name(str(value)) for value in frame[column].fillna("")]
    refuse_names(pd.Series(labels))
    if nameless := labels.count(""):
        raise PlacemapError(
            f"{nameless} of {len(labels)} polygons have no name in column {column}",
            hint="name them, or say with --place which column has the names",
            exit_code=Exit.USAGE,
        )
    return column, labels


# --- measuring --------------------------------------------------------------------------------------------------------


def _cover(shapes: Shapes, label: Ints, count: int, geography: Geography) -> _Cover:
    """How the places cover LSOAs; not at all, where the store has no boundaries."""
    nothing = np.array([], dtype=np.int64)
    if geography.data.find("lsoa_boundaries") is None:
        return _cover_of(nothing, nothing, np.array([]), geography.size)
    lsoas = lsoa_shapes(geography)
    polygon, lsoa = shapely.STRtree(lsoas).query(shapes, predicate="intersects")
    shapely.prepare(shapes)
    whole = shapely.area(lsoas[lsoa])
    shared = np.where(shapely.contains_properly(shapes[polygon], lsoas[lsoa]), whole, np.nan)
    cut = np.isnan(shared)
    shared[cut] = shapely.area(shapely.intersection(shapes[polygon[cut]], lsoas[lsoa[cut]]))
    cells, cell = np.unique(lsoa * count + label[polygon], return_inverse=True)
    of_cell, label_of_cell = np.divmod(cells, count)
    share = ratio(sums(cell, shared, len(cells)), shapely.area(lsoas[of_cell]))
    # Two polygons of one place may overlap; what is left by neighbours that only touch is no share.
    kept = share > 1e-9
    return _cover_of(of_cell[kept], label_of_cell[kept], share[kept].clip(max=1.0), geography.size)


def _cover_of(lsoa: Ints, label: Ints, share: Floats, size: int) -> _Cover:
    order = np.lexsort((label, -share.round(9), lsoa))
    lsoa, label, share = lsoa[order], label[order], share[order]
    first = np.searchsorted(lsoa, np.arange(size + 1))
    count = np.diff(first)
    best = np.where(count > 0, first[:-1], -1)
    second = np.where(count > 1, first[:-1] + 1, -1)
    return _Cover(lsoa, label, share, best, second, sums(lsoa, share, size))


def _centroids(shapes: Shapes, label: Ints, geography: Geography) -> tuple[Ints, Ints]:
    """By LSOA, in how many places its population-weighted centroid lies, and the first of them by name; -1 for none."""
    table = geography.data.table(geography.data.need("centroids"))
    points = shapely.points(table["easting"], table["northing"])
    polygon, point = shapely.STRtree(points).query(shapes, predicate="contains")
    lsoa = geography.lsoas.positions(table.words("lsoa_code"))[point]
    pairs = pd.DataFrame({"lsoa": lsoa, "label": label[polygon]})
    pairs = pairs[pairs["lsoa"] >= 0].drop_duplicates().sort_values(["lsoa", "label"])
    hits = np.bincount(pairs["lsoa"], minlength=geography.size)
    first = pairs.drop_duplicates("lsoa")
    inside = np.full(geography.size, -1)
    inside[first["lsoa"]] = first["label"]
    return hits, inside


# --- deciding ---------------------------------------------------------------------------------------------------------


def _placed(cover: _Cover, hits: Ints, inside: Ints, geography: Geography) -> Ints:
    most, most_of = cover.label_at(cover.best), cover.share_at(cover.best)
    by_area = np.where(cover.total >= HALF, most, np.where(hits > 1, inside, -1))
    place = np.where(most_of >= DECISIVE, most, np.where(hits == 1, inside, by_area))
    left = (place < 0) & (most >= 0) & _meant(place >= 0, geography)
    return np.where(left, most, place)


def _meant(placed: Bools, geography: Geography) -> Bools:
    """LSOAs of districts that are nearly whole in the places."""
    people = geography.measure(SPLIT_WEIGHT)
    meant = np.zeros(geography.size, dtype=bool)
    for kind in _DISTRICTS:
        units = geography.units(kind)
        known = units.of >= 0
        whole = sums(units.of[known], people[known], len(units.codes))
        part = sums(units.of[known & placed], people[known & placed], len(units.codes))
        meant[known] |= ((part >= NEARLY_WHOLE * whole) & (part > 0))[units.of[known]]
    return meant


# --- what is in doubt -------------------------------------------------------------------------------------------------


def _in_doubt(
    cover: _Cover, hits: Ints, place: Ints, names: tuple[str, ...], geography: Geography
) -> Iterator[Finding]:
    """A finding for each LSOA that no polygon covers well, or that two do."""
    if not len(cover.share):
        for at in np.flatnonzero(hits > 1):
            words = f"has its population-weighted centroid in several polygons; it goes to {names[place[at]]}, by name"
            yield _finding("divided-lsoa", Severity.WARNING, int(at), words, geography)
        return
    mine, second = cover.of(place), cover.share_at(cover.second)
    meant = _meant(place >= 0, geography)
    for at in np.flatnonzero((place < 0) & (meant | (cover.total >= ANOTHER))):
        why = ", though the district around it is" if meant[at] else ""
        words = f"is in no place{why}: the polygons cover {cover.total[at]:.0%} of its area"
        yield _finding("uncovered-lsoa", Severity.WARNING, int(at), words, geography)
    for at in np.flatnonzero((place >= 0) & (second >= ANOTHER)):
        yield _finding("divided-lsoa", Severity.WARNING, int(at), _divided(cover, int(at), place, names), geography)
    for at in np.flatnonzero((place >= 0) & (mine < WELL) & (second < ANOTHER)):
        words = f"goes to {names[place[at]]}, which covers {mine[at]:.0%} of its area"
        yield _finding("partly-covered-lsoa", Severity.WARNING, int(at), words, geography)


def _divided(cover: _Cover, at: int, place: Ints, names: tuple[str, ...]) -> str:
    pairs = np.flatnonzero(cover.lsoa == at)
    parts = [f"{cover.share[pair]:.0%} in {names[cover.label[pair]]}" for pair in pairs]
    return f"lies {listed(parts)}; it goes to {names[place[at]]}"


_HINT = "look at these on a map; where the list is wrong, move the LSOA in the config"


def _finding(code: str, severity: Severity, at: int, words: str, geography: Geography) -> Finding:
    lsoa, people = str(geography.lsoa_codes[at]), float(geography.measure(SPLIT_WEIGHT)[at])
    message = f"LSOA {lsoa} ({geography.lsoa_names[at]}) {words}."
    return Finding(code, severity, message, lsoa, lsoas=(lsoa,), people=people, hint=_HINT)
