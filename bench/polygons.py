"""LSOAs to the polygons that they lie in: `polygons.py HOW STORE FOLDER OUT`, after `polygons.py prepare STORE FOLDER`.

The polygons are the LTLAs of England, dissolved from LSOAs and simplified by 50 m, so that their edges cut LSOAs as a map
of places that somebody has drawn does.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

#: First nothing, when all is imported, then the rows.
Rows = Iterator[list[tuple[str, str]]]


def prepare(store: Path, folder: Path) -> None:
    import geopandas as gpd
    import numpy as np
    import shapely

    from placemap.outputs.map.outlines import LsoaBoundaries
    from placemap.reference.geography import Geography
    from placemap.reference.open_store import open_store

    geography = Geography(open_store(store))
    outlines = LsoaBoundaries(geography)
    units = outlines.units("ltla", np.ones(geography.size, dtype=bool))
    shapes = shapely.coverage_simplify([shape for _, _, shape in units], 50)
    ltlas = gpd.GeoDataFrame({"place": [name for _, name, _ in units]}, geometry=shapes, crs=27700)
    folder.mkdir(parents=True, exist_ok=True)
    ltlas.to_file(folder / "polygons.gpkg")
    table = geography.data.table(geography.data.need("centroids"))
    points = gpd.GeoSeries.from_xy(table["easting"], table["northing"], crs=27700)
    gpd.GeoDataFrame({"lsoa": table["lsoa_code"]}, geometry=points).to_parquet(folder / "centroids.parquet")
    lsoas = gpd.GeoDataFrame({"lsoa": geography.lsoa_codes}, geometry=outlines.lsoas, crs=27700)
    lsoas.to_parquet(folder / "lsoas.parquet")


def with_placemap(store: Path, folder: Path) -> Rows:
    import geopandas  # noqa: F401
    import pyogrio  # noqa: F401

    import placemap.reference.read_parquet  # noqa: F401
    from placemap.analysis.infer_input import from_polygons
    from placemap.core.read_tables import read_polygons
    from placemap.reference.geography import Geography
    from placemap.reference.open_store import open_store

    yield []
    geography = Geography(open_store(store))
    found = from_polygons(read_polygons(folder / "polygons.gpkg"), geography)
    names = [found.names[place] if place >= 0 else "" for place in found.place.tolist()]
    yield [(lsoa, name) for lsoa, name in zip(geography.lsoas, names, strict=True) if name]


def with_geopandas(_store: Path, folder: Path) -> Rows:
    import geopandas as gpd
    import pyogrio  # noqa: F401

    yield []
    points = gpd.read_parquet(folder / "centroids.parquet")
    joined = gpd.sjoin(points, gpd.read_file(folder / "polygons.gpkg"), predicate="within")
    first = joined.sort_values(["lsoa", "place"]).drop_duplicates("lsoa")
    yield list(zip(first["lsoa"], first["place"], strict=True))


def with_tobler(_store: Path, folder: Path) -> Rows:
    import geopandas as gpd
    import pyogrio  # noqa: F401
    from tobler.area_weighted import area_join

    yield []
    joined = area_join(gpd.read_file(folder / "polygons.gpkg"), gpd.read_parquet(folder / "lsoas.parquet"), ["place"])
    joined = joined[joined["place"].notna()].sort_values("lsoa")
    yield list(zip(joined["lsoa"], joined["place"], strict=True))


def main() -> None:
    how, store, folder = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    if how == "prepare":
        prepare(store, folder)
        return
    steps = {"placemap": with_placemap, "geopandas": with_geopandas, "tobler": with_tobler}[how](store, folder)
    next(steps)  # imports
    start = time.perf_counter()
    rows = next(steps)
    print(f"work {time.perf_counter() - start:.4f}")
    Path(sys.argv[4]).write_text("".join(f"{lsoa},{name}\n" for lsoa, name in rows))


if __name__ == "__main__":
    main()
