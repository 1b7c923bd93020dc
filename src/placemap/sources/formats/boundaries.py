"""Boundaries and centroids → store tables, and which LSOAs touch."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import shapely

from placemap.core.codes import LSOA_VINTAGE
from placemap.sources.catalogue import Source
from placemap.sources.formats.geographies import code_columns, english
from placemap.sources.formats.raw import Raw
from placemap.sources.formats.rules import (
    failure,
    require_columns,
    require_kind,
    require_rows,
    require_unique,
    require_units,
    text,
)
from placemap.sources.store_table import StoreTable, store_table


def centroids(raw: Raw, source: Source) -> Iterator[StoreTable]:
    """Population-weighted centroids in metres; columns `EASTING` and `NORTHING`, or `x` and `y`."""
    frame = raw.frame.rename(columns={"x": "EASTING", "y": "NORTHING", "X": "EASTING", "Y": "NORTHING"})
    raw = Raw(raw.file, raw.part, frame)
    require_columns(raw, source, ["LSOA21CD", "EASTING", "NORTHING"])
    rows = english(raw, source, "LSOA21CD")
    require_rows(raw, source, len(rows), "English LSOAs")
    require_unique(raw, source, rows, ["LSOA21CD"])
    metres = {name: _metres(raw, source, rows[name.upper()]) for name in ("easting", "northing")}
    yield store_table(pd.DataFrame({"lsoa_code": rows["LSOA21CD"], **metres}), source, "centroids", LSOA_VINTAGE)


def _metres(raw: Raw, source: Source, values: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    if not numbers.between(0, 1_300_000).all():
        raise failure(raw, source, f"{values.name} is not always metres of the National Grid (EPSG:27700)")
    return numbers.astype("float64")


def lsoa_boundaries(raw: Raw, source: Source) -> Iterator[StoreTable]:
    """Boundaries of LSOAs, and the pairs of them that touch."""
    rows = english(raw, source, "LSOA21CD")
    require_rows(raw, source, len(rows), "English LSOAs")
    frame = pd.DataFrame({"lsoa_code": rows["LSOA21CD"].to_numpy(), "geometry": np.asarray(rows["geometry"])})
    require_unique(raw, source, frame, ["lsoa_code"])
    frame = frame.sort_values("lsoa_code", ignore_index=True)
    yield store_table(adjacent_pairs(frame["lsoa_code"], frame["geometry"]), source, "adjacency", LSOA_VINTAGE)
    yield store_table(_as_wkb(frame), source, "lsoa_boundaries", LSOA_VINTAGE)


def ltla_boundaries(raw: Raw, source: Source) -> Iterator[StoreTable]:
    """Boundaries of LTLAs."""
    vintage = code_columns(raw.frame.columns)["LAD"]
    code, name = f"LAD{vintage[2:]}CD", f"LAD{vintage[2:]}NM"
    require_columns(raw, source, [code, name])
    rows = raw.frame[text(raw.frame[code]).str.startswith("E")]
    frame = pd.DataFrame({"ltla_code": text(rows[code]), "ltla_name": text(rows[name]), "geometry": rows["geometry"]})
    require_kind(raw, source, frame["ltla_code"], "ltla")
    require_rows(raw, source, len(frame), "English LTLAs")
    require_unique(raw, source, frame, ["ltla_code"])
    require_units(raw, source, "ltla", len(frame), vintage)
    yield store_table(_as_wkb(frame), source, "ltla_boundaries", vintage)


def _as_wkb(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with geometries as WKB, coordinates to the decimetre.

    Corners that two units share stay shared, and short numbers pack far better. Whole metres would make some
    outlines cross themselves.
    """
    rounded = shapely.transform(np.asarray(frame["geometry"], dtype=object), lambda xy: np.round(xy, 1))
    wkb = shapely.to_wkb(rounded, byte_order=1, include_srid=False)
    return frame.assign(geometry=pd.Series(wkb, index=frame.index, dtype=object))


def adjacent_pairs(codes: pd.Series, geometries: Any) -> pd.DataFrame:
    """Pairs of units whose boundaries share a line; touching in a point is not enough.

    Official boundaries of one set share their corners even when generalised, so that no tolerance is needed.

    Args:
        codes: sorted.
        geometries: by code, polygons or multipolygons.

    Returns:
        lsoa_code_a, lsoa_code_b, with a before b.
    """
    shapes = np.asarray(geometries, dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    once = first < second
    first, second = first[once], second[once]
    shared = shapely.length(shapely.intersection(shapes[first], shapes[second])) > 0
    names = codes.to_numpy()
    return pd.DataFrame({"lsoa_code_a": names[first[shared]], "lsoa_code_b": names[second[shared]]})
