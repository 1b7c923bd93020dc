"""People's polygons: the format, the layer and the coordinate system found out, everything else refused."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from placemap.core.errors import Exit, PlacemapError
from placemap.core.text import listed

if TYPE_CHECKING:
    import geopandas as gpd

ENDINGS = (".gpkg", ".geojson", ".json", ".shp", ".fgb", ".kml", ".kmz", ".gml", ".tab", ".mif")
#: In these a layer is a folder that somebody put areas into, not another set of areas.
_FOLDERS = (".kml", ".kmz")
#: Metres of the British National Grid that land may have: west, south, east, north.
_GRID = (-10_000, -10_000, 700_000, 1_300_000)
_SAVE = "save them as GeoPackage or GeoJSON"


@dataclass(frozen=True)
class Polygons:
    """What was read.

    Attributes:
        frame: polygons in metres of the British National Grid (EPSG:27700), valid, one or more a place.
        notes: what was taken for granted, in sentences.
    """

    frame: gpd.GeoDataFrame
    notes: tuple[str, ...] = ()


def is_polygons(path: Path) -> bool:
    """Whether a file holds polygons rather than a table, by its ending; of a zip, by what is in it."""
    return path.suffix.lower() in ENDINGS or bool(path.suffix.lower() == ".zip" and _zipped(path))


def _zipped(path: Path) -> list[str]:
    """The files of polygons in a zip; none where it is no zip."""
    if not zipfile.is_zipfile(path):
        return []
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if not name.startswith("__MACOSX")]
    return [name for name in names if PurePosixPath(name).suffix.lower() in ENDINGS]


def read_polygons(path: Path, layer: str | None = None) -> Polygons:
    """A user's polygons.

    Args:
        path: a file of one of ENDINGS, or a zip with one in it.
        layer: the layer, or the file of the zip, where there are several.

    Raises:
        PlacemapError: the file cannot be read, holds several layers or no polygons, or does not say where they are.
    """
    import pyogrio.errors

    if not path.is_file():
        raise _unreadable(path, "no such file", "check the path")
    try:
        frame = _read(path, layer)
    except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError, ValueError, OSError) as error:
        raise _unreadable(path, f"the polygons cannot be read: {error}", _SAVE) from None
    without = frame.geometry.isna() | frame.geometry.is_empty
    if without.any() and not without.all():
        first = int(without.to_numpy().argmax()) + 1
        what = f"{int(without.sum())} of {len(frame)} polygons have no outline, first that of row {first}"
        raise _unreadable(path, what, "give each an outline, or take the row out; else its place would be lost")
    frame = frame[~without]
    frame, repaired = _valid(_flat(frame))
    if frame.empty or not frame.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        kinds = ", ".join(sorted({str(kind) for kind in frame.geom_type})) or "nothing"
        raise _unreadable(path, f"the file holds {kinds}; expected polygons, one or more a place", "export the areas")
    located, notes = _located(frame, path)
    return Polygons(located.reset_index(drop=True), (*repaired, *notes))


def _unreadable(path: Path, what: str, hint: str, exit_code: Exit = Exit.UNREADABLE) -> PlacemapError:
    return PlacemapError(what, location=str(path), hint=hint, exit_code=exit_code)


def _read(path: Path, layer: str | None) -> gpd.GeoDataFrame:
    import geopandas as gpd
    import pandas as pd
    import pyogrio

    source: str | Path = path
    if path.suffix.lower() in (".zip", ".kmz"):
        inside = _zipped(path)
        name = layer if layer in inside else _the_one(inside, path, "files of polygons") if inside else ""
        source, layer = f"/vsizip/{path.resolve().as_posix()}/{name}", None if layer == name else layer
    layers = [str(name) for name, kind in pyogrio.list_layers(source) if kind is not None]
    if layer is not None or not layers:
        return gpd.read_file(source, layer=layer)
    if PurePosixPath(str(source)).suffix.lower() in _FOLDERS:
        return gpd.GeoDataFrame(pd.concat([gpd.read_file(source, layer=name) for name in layers], ignore_index=True))
    return gpd.read_file(source, layer=_the_one(layers, path, "layers"))


def _the_one(names: Sequence[str], path: Path, what: str) -> str:
    if len(names) == 1:
        return names[0]
    raise _unreadable(path, f"there are {len(names)} {what}: {listed(names)}", "say which with --sheet", Exit.USAGE)


def _flat(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Without heights; collections, which KML has for several polygons of a place, as what they hold."""
    import shapely

    shapes = shapely.force_2d(frame.geometry.to_numpy())
    return frame.set_geometry([_uncollected(shape) for shape in shapes], crs=frame.crs)


def _uncollected(shape: Any) -> Any:
    import shapely

    if shape.geom_type != "GeometryCollection":
        return shape
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if len(parts) == len(shape.geoms) else shape


def _valid(frame: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    import shapely

    shapes = frame.geometry.to_numpy()
    broken = ~shapely.is_valid(shapes)
    if not broken.any():
        return frame, ()
    polygonal = [_only_areas(shape) for shape in shapely.make_valid(shapes)]
    note = f"{int(broken.sum())} of {len(frame)} polygons cross themselves; the area that they enclose is taken."
    return frame.set_geometry(polygonal, crs=frame.crs), (note,)


def _only_areas(shape: Any) -> Any:
    """What making a polygon valid leaves of it, without lines and points."""
    import shapely

    if shape.geom_type != "GeometryCollection":
        return shape
    parts = shapely.get_parts(shape)
    return shapely.union_all([part for part in parts if part.geom_type in ("Polygon", "MultiPolygon")])


def _located(frame: gpd.GeoDataFrame, path: Path) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """The polygons on the British National Grid, which is also what numbers of its size without a system are."""
    if frame.crs is not None:
        return frame.to_crs(27700), ()
    west, south, east, north = frame.total_bounds
    on_grid = west >= _GRID[0] and south >= _GRID[1] and east <= _GRID[2] and north <= _GRID[3]
    if on_grid and max(east, north) > 1000:  # degrees are less
        note = (
            "The file does not say its coordinate system; its numbers are those of the British National Grid "
            f"({west:,.0f} to {east:,.0f} east, {south:,.0f} to {north:,.0f} north), so it is taken to be in that."
        )
        return frame.set_crs(27700), (note,)
    degrees = ", though its numbers look like degrees" if max(abs(frame.total_bounds)) <= 180 else ""
    raise _unreadable(
        path,
        f"the file does not say its coordinate system{degrees}",
        "save it as GeoPackage, which always does; with a shapefile, keep its .prj",
    )
