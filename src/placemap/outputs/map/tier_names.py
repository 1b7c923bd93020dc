"""Names of the tier above on a map of two tiers: along their outside where there is white space, else inside.

What of that tier has no finer places is drawn and named as a place is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from placemap.outputs.map.drawing import QUIET, Item, wrapped
from placemap.outputs.map.labels import LabelRequest, Placed, ground, labels_along, names_inside
from placemap.outputs.map.lines import Lines
from placemap.outputs.map.names import Names, inner, request_of, text_at
from placemap.outputs.map.picture import Picture, PlaceAbove
from placemap.outputs.map.view import View

#: Size of its capitals, and the widest line, pixels.
_SIZE, _ROOM = 10.8, 130


def names_of_tier(picture: Picture, view: View, lines: Lines, taken: list[Any]) -> Names:
    """Names in capitals of the tier above, as far as there is room; the legend has all of them.

    One that is a single place of the same name is named already.

    Args:
        taken: what names stay off.
    """
    named = [above for above in picture.above if above.places and not _said(picture, above)]
    shapes = [shapely.intersection(view.on_page(above.shape), shapely.box(*view.frame)) for above in named]
    seen = [(above, shape) for above, shape in zip(named, shapes, strict=True) if not shape.is_empty]
    texts = [wrapped(above.name.upper(), _ROOM, _SIZE, bold=True) for above, _ in seen]
    wanted = [request_of(shape, text, _SIZE, bold=True) for (_, shape), text in zip(seen, texts, strict=True)]
    spots = _spots(wanted, picture, view, [*taken, lines.above_on(view)], lines)
    items: list[Item] = []
    busy: list[Any] = []
    for text, request, spot in zip(texts, wanted, spots, strict=True):
        if spot:
            items.append(text_at(text, spot, _SIZE, QUIET, bold=True))
            busy.append(ground(spot, request))
    return Names(tuple(items), tuple(busy))


def _said(picture: Picture, above: PlaceAbove) -> bool:
    return [picture.places[position].name for position in above.places] == [above.name]


def _spots(
    wanted: list[LabelRequest], picture: Picture, view: View, taken: list[Any], lines: Lines
) -> list[Placed | None]:
    """Along the outside, else inside where no finer border runs."""
    busy, finer = list(taken), lines.places_on(view)
    land = shapely.union_all(shapely.simplify(view.on_page(picture.shapes), 1))
    shapes = np.array([request.shape for request in wanted], dtype=object)
    result = []
    for number, request in enumerate(wanted):
        spot = labels_along(request, inner(view), [*busy, land], np.delete(shapes, number))
        result.append(spot)
        busy += [ground(spot, request)] if spot else []
    for number, request in enumerate(wanted):
        if result[number] is None:
            (spot,) = names_inside([request], inner(view), [*busy, finer], 1)
            result[number] = spot
            busy += [ground(spot, request)] if spot else []
    return result
