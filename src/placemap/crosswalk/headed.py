"""What every crosswalk table has: the columns that say which place a row is about, shares of places, FIT, BEST_FIT."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from placemap.core.arrays import Bools, Floats, Ints, Numbers, Texts, distinct, in_order, ratio, sums
from placemap.core.columns import Columns
from placemap.core.tables import Table, TableSchema, as_declared
from placemap.resolve.place_codes import HEAD, PARENT
from placemap.resolve.resolved import ResolvedFootprint

#: Tables that say which place of the tier above each place lies in, where there is such a tier (ADR 16).
WITH_PARENT = ("place_lsoa21", "place_pcn", "place_practice")


def headed(
    resolved: ResolvedFootprint, name: str, schema: TableSchema, place: Ints, unit: Ints, columns: Mapping[str, Numbers]
) -> Table:
    """A table whose first columns say which place each row is about, sorted by place and code of the unit.

    Args:
        place: by row, position of the place.
        unit: by row, the position of the unit among all of them in order of code.
        columns: the others.
    """
    if name in WITH_PARENT and resolved.outer is not None:
        schema = with_parent(schema)
        columns = {**columns, "PARENTCD": resolved.parentcd[place], "PARENTNM": resolved.parentnm[place]}
    heads = zip(*(code.cells for code in resolved.place_codes), strict=True)
    content = {
        **{column.name: np.array(cells, dtype=object)[place] for column, cells in zip(HEAD, heads, strict=True)},
        **columns,
    }
    order = in_order(ranks(resolved.placecd[:-1])[place], unit)
    values = {column.name: as_declared(content[column.name][order], column) for column in schema.columns}
    return Table(name, schema, Columns(values))


def ranks(codes: Texts) -> Ints:
    """By code its position among them in order."""
    return np.argsort(np.argsort(codes))


def with_parent(schema: TableSchema) -> TableSchema:
    """The schema with the columns of the parent last."""
    return replace(schema, columns=(*schema.columns, *PARENT))


def place_share(resolved: ResolvedFootprint, overlap: Floats, row_place: Ints, people: Floats) -> Floats:
    """By row, which part of its place's people `overlap` is.

    Args:
        row_place: by row, position of the place.
        people: by LSOA.
    """
    place = resolved.assignment.place
    whole = sums(place[place >= 0], people[place >= 0], len(resolved.places))
    return ratio(overlap, whole[row_place])


def lsoas_of_places(resolved: ResolvedFootprint) -> Ints:
    """By position of the place, the number of its LSOAs."""
    place = resolved.assignment.place
    return np.bincount(place[place >= 0], minlength=len(resolved.places))


def fit(overlap: Ints, unit: Ints, place: Ints) -> Texts:
    """FIT by row, from the numbers of LSOAs in the overlap, the unit and the place."""
    conditions = [(overlap == unit) & (overlap == place), overlap == unit, overlap == place]
    return np.select(conditions, np.array(["exact", "within", "contains"], dtype=object), "partial")


def best_fit(unit: Ints, people: Floats, place: Ints, placecd: Texts) -> Bools:
    """BEST_FIT by row: true once a unit, on the row with most of its people; of equals, on the first by PLACECD.

    Args:
        unit, place: by row, positions.
        people: by row. Equal is what reads as equal: dust below hundredths decides nothing.
        placecd: by position of the place.
    """
    order = np.lexsort((ranks(placecd)[place], -np.round(people, 2), unit))
    best = np.zeros(len(unit), dtype=bool)
    best[order[distinct(unit[order]).first]] = True
    return best
