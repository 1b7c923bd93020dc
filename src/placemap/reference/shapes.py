"""The boundaries of LSOAs as shapes, by position; apart, because most commands need no geometry."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

from placemap.reference.geography import Geography

#: One shapely geometry an element, EPSG:27700.
Shapes = npt.NDArray[np.object_]


def lsoa_shapes(geography: Geography) -> Shapes:
    """Boundaries by position of the LSOA; None where the store has none.

    Raises:
        PlacemapError: the store has no table of boundaries.
    """
    shapes: Shapes = shapely.from_wkb(lsoa_wkb(geography))
    return shapes


def lsoa_wkb(geography: Geography) -> npt.NDArray[np.object_]:
    """Boundaries by position of the LSOA as WKB; None where the store has none.

    Raises:
        PlacemapError: the store has no table of boundaries.
    """
    table = geography.data.table(geography.data.need("lsoa_boundaries"))
    found: npt.NDArray[np.object_] = np.full(geography.size, None, dtype=object)
    position = geography.lsoas.positions(table.words("lsoa_code"))
    known = position >= 0
    found[position[known]] = table["geometry"][known]
    return found
