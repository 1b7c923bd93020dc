"""Outlines of places → GeoPackage and GeoParquet (EPSG:27700), and GeoJSON (RFC 7946, WGS 84)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from placemap.core.files import NO_TIME, write_text
from placemap.core.tables import DECIMALS
from placemap.outputs.map.outlines import PlaceBoundaries

GEOPACKAGE = "place_boundaries.gpkg"
GEOJSON = "place_boundaries.geojson"
LAYER = "place_boundaries"

#: OSGB36 to WGS 84 by the seven-parameter transformation EPSG:1314. It is written out so that a machine with grid
#: files and one without give the same coordinates; it is right to about 2 m, far finer than generalised boundaries.
_TO_WGS84 = (
    "+proj=pipeline +step +inv +proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy "
    "+step +proj=push +v_3 +step +proj=cart +ellps=airy "
    "+step +proj=helmert +x=446.448 +y=-125.157 +z=542.06 +rx=0.15 +ry=0.247 +rz=0.842 +s=-20.489 "
    "+convention=position_vector +step +inv +proj=cart +ellps=WGS84 +step +proj=pop +v_3 "
    "+step +proj=unitconvert +xy_in=rad +xy_out=deg"
)
#: Degrees to 6 decimals are about a decimetre, the precision of the reference.
_DEGREE_DECIMALS = 6


def write_boundaries(boundaries: PlaceBoundaries, folder: Path) -> list[str]:
    """Write both files into `folder` and return their names."""
    write_geopackage(boundaries, folder / GEOPACKAGE)
    write_text(folder / GEOJSON, geojson(boundaries))
    return [GEOPACKAGE, GEOJSON]


def write_geopackage(boundaries: PlaceBoundaries, path: Path) -> None:
    """Write a GeoPackage of one layer, EPSG:27700."""
    import geopandas
    import pyogrio

    # A GeoPackage must say when it changed; nothing that placemap writes knows the time.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": NO_TIME.strftime("%Y-%m-%dT%H:%M:%S.000Z")})
    try:
        frame = geopandas.GeoDataFrame(_rounded(boundaries), geometry=_multipolygons(boundaries), crs=27700)
        pyogrio.write_dataframe(frame, path, layer=LAYER, driver="GPKG", geometry_type="MultiPolygon")
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})


def geojson(boundaries: PlaceBoundaries) -> str:
    """GeoJSON text by RFC 7946: longitude and latitude, outer rings counter-clockwise, one feature a line."""
    degrees = in_degrees()
    features = [
        json.dumps(
            {"type": "Feature", "id": row["PLACECD"], "properties": row, "geometry": _wgs84(shape, degrees)},
            ensure_ascii=False,
        )
        for row, shape in zip(attributes(boundaries), boundaries.shapes, strict=True)
    ]
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"


def write_geoparquet(boundaries: PlaceBoundaries, path: Path) -> None:
    """Write a GeoParquet file (1.1, WKB), EPSG:27700."""
    import geopandas

    frame = geopandas.GeoDataFrame(_rounded(boundaries), geometry=_multipolygons(boundaries), crs=27700)
    frame.to_parquet(path, index=False, compression="zstd", schema_version="1.1.0")


def attributes(boundaries: PlaceBoundaries) -> list[dict[str, Any]]:
    """By place, its attributes as JSON has them, figures rounded."""
    rows: list[dict[str, Any]] = _rounded(boundaries).astype(object).to_dict("records")
    return rows


def in_degrees() -> Callable[[Any], Any]:
    """What turns corners in EPSG:27700 into longitude and latitude."""
    from pyproj import Transformer

    transformer = Transformer.from_pipeline(_TO_WGS84)

    def degrees(metres: Any) -> Any:
        return np.round(np.column_stack(transformer.transform(metres[:, 0], metres[:, 1])), _DEGREE_DECIMALS)

    return degrees


def _multipolygons(boundaries: PlaceBoundaries) -> list[Any]:
    import shapely

    return [shapely.MultiPolygon(shapely.get_parts(shape).tolist()) for shape in boundaries.shapes]


def _rounded(boundaries: PlaceBoundaries) -> Any:
    frame = boundaries.frame.copy()
    for column in boundaries.schema.columns:
        if column.type in DECIMALS:
            frame[column.name] = frame[column.name].round(DECIMALS[column.type])
    return frame


def _wgs84(shape: Any, degrees: Callable[[Any], Any]) -> dict[str, Any]:
    """A geometry object of GeoJSON."""
    import shapely

    turned = shapely.orient_polygons(shapely.transform(shape, degrees), exterior_cw=False)
    return dict(shapely.geometry.mapping(turned))
