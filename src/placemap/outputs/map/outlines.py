"""Outlines of places, dissolved from the boundaries of their LSOAs.

The LSOA boundaries of one release share their corners, so that a union keeps exactly the lines that no two LSOAs of a
place have in common: no slivers, and a hole only where LSOAs of the hole belong to something else.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from placemap.core.arrays import Bools, Ints
from placemap.core.errors import PlacemapError
from placemap.core.tables import TableSchema
from placemap.crosswalk.schemas import place_boundaries
from placemap.reference.geography import Geography
from placemap.reference.shapes import Shapes, lsoa_wkb
from placemap.resolve.resolve import Assignment
from placemap.resolve.resolved import ResolvedFootprint

if TYPE_CHECKING:
    import pandas as pd

SQUARE_METRES_PER_SQUARE_KM = 1e6
#: Square metres that sums of the same areas may differ by. All England's differ by 0.0003; corners stand at
#: decimetres, so that a triangle between them has 0.005.
_LOST = 0.002


@dataclass(frozen=True)
class PlaceBoundaries:
    """The outlines of places.

    Attributes:
        schema: of the attributes.
        frame: a row a place, in order of PLACECD, attributes only.
        shapes: by row, a valid polygon or multipolygon in EPSG:27700.
    """

    schema: TableSchema
    frame: pd.DataFrame
    shapes: Shapes


def union(shapes: Shapes) -> Any:
    """The union of shapes: a valid polygon or multipolygon, empty where there are none.

    Lines that two shapes share are left out, which is quick. It is right where nothing of the area is lost: with
    overlaps, or corners that are not shared, the union would be smaller than its parts or no valid shape.
    """
    try:
        found = shapely.normalize(shapely.coverage_union_all(shapes))
    except shapely.GEOSException:
        found = None
    if found is not None and shapely.is_valid(found) and abs(found.area - shapely.area(shapes).sum()) < _LOST:
        return found
    # Boundaries of another release may not share their corners; a general union is slower but always right.
    return shapely.union_all(shapes)


class LsoaBoundaries:
    """The boundaries of LSOAs by position, and what is dissolved from them."""

    def __init__(self, geography: Geography) -> None:
        self.geography = geography
        self.wkb = lsoa_wkb(geography)
        self._last: tuple[Assignment, Shapes] | None = None

    @cached_property
    def ltlas(self) -> tuple[list[str], list[str], Shapes]:
        """Codes, names and outlines of all whole LTLAs that the store has; empty lists where it has none."""
        entry = self.geography.data.find("ltla_boundaries")
        if entry is None:
            return [], [], np.empty(0, dtype=object)
        table = self.geography.data.table(entry)
        shapes = shapely.from_wkb(table["geometry"])
        return table["ltla_code"].tolist(), table["ltla_name"].tolist(), shapes

    def of(self, lsoas: Bools | Ints) -> Shapes:
        """Boundaries of some LSOAs.

        Raises:
            PlacemapError: the store has no boundary for one of them.
        """
        shapes: Shapes = shapely.from_wkb(self.wkb[lsoas])
        missing = self.geography.lsoas.array[lsoas][shapely.is_missing(shapes)]
        if len(missing):
            raise PlacemapError(
                f"the reference data have no boundary for {len(missing):,} LSOAs, such as {missing[0]}",
                location=self.geography.data.where,
                hint="`placemap data update` fetches the boundaries of all England",
            )
        return shapes

    def dissolved(self, lsoas: Bools | Ints) -> Any:
        """The union of some LSOAs: a valid polygon or multipolygon, empty where there are none."""
        return union(self.of(lsoas))

    def places(self, assignment: Assignment) -> Shapes:
        """Outlines by position of the place."""
        if self._last is None or self._last[0] is not assignment:  # a map and a file of outlines are of the same places
            shapes = np.empty(len(assignment.footprint.places), dtype=object)
            for position in range(len(shapes)):
                shapes[position] = self.dissolved(assignment.place == position)
            self._last = assignment, shapes
        return self._last[1]

    def units(self, kind: str, lsoas: Bools) -> list[tuple[str, str, Any]]:
        """Code, name and outline of each unit of a kind, as far as it lies in `lsoas`; in order of code."""
        units = self.geography.units(kind)
        found = np.unique(units.of[lsoas & (units.of >= 0)])
        return [
            (str(units.codes[unit]), str(units.names[unit]), self.dissolved(lsoas & (units.of == unit)))
            for unit in found
        ]


def boundaries(resolved: ResolvedFootprint, outlines: LsoaBoundaries) -> PlaceBoundaries:
    """The outline of each place with its names, codes and figures.

    Raises:
        PlacemapError: the store has no boundaries for some LSOAs.
    """
    import pandas as pd

    shapes, populations = outlines.places(resolved.assignment), resolved.populations
    rows = []
    for position, head in enumerate(resolved.place_codes):
        mask = resolved.lsoas(position)
        rows.append(
            (
                *head.cells,
                int(mask.sum()),
                *populations.of(mask),
                float(shapes[position].area / SQUARE_METRES_PER_SQUARE_KM),
            )
        )
    schema = place_boundaries(populations)
    return PlaceBoundaries(schema, pd.DataFrame(rows, columns=schema.names), shapes)


def simplified(shapes: Shapes, metres: float) -> Shapes:
    """Shapes with fewer corners; borders that two of them share stay shared, so that neither gaps nor overlaps arise.

    Args:
        shapes: that share their corners, as outlines of places do; others come back as they are.
        metres: corners that make a difference of less than about this much are left out.
    """
    if not shapely.coverage_is_valid(shapes):
        return shapes
    result: Shapes = shapely.coverage_simplify(shapes, metres)
    return result


def neighbours(assignment: Assignment, geography: Geography) -> set[tuple[int, int]]:
    """Pairs of positions of places that share a boundary, the lower first."""
    a, b = geography.adjacency
    known = (a >= 0) & (b >= 0)
    first, second = assignment.place[a[known]], assignment.place[b[known]]
    apart = (first >= 0) & (second >= 0) & (first != second)
    pairs = np.sort(np.stack([first[apart], second[apart]], axis=1), axis=1)
    return {(int(low), int(high)) for low, high in np.unique(pairs, axis=0)}
