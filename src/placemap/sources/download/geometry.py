"""Features with geometry → the files that `import` reads: outlines as GeoPackage, points as columns of a CSV file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import shapely

from placemap.core.errors import PlacemapError

EPSG = "27700"
Feature = Mapping[str, Any]


def point(feature: Feature, url: str) -> dict[str, Any]:
    """A feature's attributes with its point as `x` and `y`."""
    shape = feature.get("geometry") or {}
    if "x" not in shape or "y" not in shape:
        raise _without(feature, url)
    return {**feature["attributes"], "x": shape["x"], "y": shape["y"]}


def write_outlines(features: Iterable[Feature], columns: list[str], url: str, to: Path) -> None:
    """Write features with polygons as a GeoPackage, coordinates in metres of the National Grid.

    Raises:
        PlacemapError: a feature has no outline.
    """
    import geopandas as gpd
    import pyogrio

    rows = [(feature["attributes"], _multipolygon(feature, url)) for feature in features]
    table = {column: [attributes.get(column) for attributes, _ in rows] for column in columns}
    frame = gpd.GeoDataFrame(table, geometry=[shape for _, shape in rows], crs=f"EPSG:{EPSG}")
    pyogrio.write_dataframe(frame, to, driver="GPKG", layer=to.stem.split(".")[0])


def _multipolygon(feature: Feature, url: str) -> shapely.MultiPolygon:
    """Outer rings run clockwise in what a service gives, holes the other way round; in the store it is the reverse."""
    rings = (feature.get("geometry") or {}).get("rings")
    if not rings:
        raise _without(feature, url)
    parts: list[tuple[Any, list[Any]]] = []
    holes = []
    for ring in rings:
        line = shapely.LinearRing(ring)
        if line.is_ccw:
            holes.append(line)
        else:
            parts.append((line, []))
    for hole in holes:
        _outer(parts, hole)[1].append(hole.reverse())
    return shapely.MultiPolygon([shapely.Polygon(outer.reverse(), inner) for outer, inner in parts])


def _outer(parts: list[tuple[Any, list[Any]]], hole: Any) -> tuple[Any, list[Any]]:
    """The part that a hole is in; the last one before it where rounding leaves none around it."""
    inside = shapely.Polygon(hole).representative_point()
    return next((part for part in parts if shapely.Polygon(part[0]).covers(inside)), parts[-1])


def _without(feature: Feature, url: str) -> PlacemapError:
    shown = ", ".join(f"{name} {value}" for name, value in list(feature["attributes"].items())[:3])
    return PlacemapError(
        f"a feature came without its geometry ({shown})",
        location=url,
        hint="run the update again; the old table stays in use",
    )
