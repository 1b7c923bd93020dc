"""The lines of a map, each once although two shapes share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import shapely

from placemap.outputs.map.picture import Picture
from placemap.outputs.map.view import View


@dataclass(frozen=True)
class Lines:
    """The lines of a map in metres, each once: borders of places, those of councils that are not such borders, and
    those of the tier above.
    """

    places: Any
    councils: Any
    above: Any

    def above_on(self, view: View) -> Any:
        """Borders of the tier above on the page, as far as the frame reaches."""
        return _clipped(self.above, view)

    def places_on(self, view: View) -> Any:
        """Borders of places on the page, as far as the frame reaches."""
        return _clipped(self.places, view)

    def councils_on(self, view: View) -> Any:
        """Borders of councils on the page, as far as the frame reaches."""
        return _clipped(self.councils, view)


def _clipped(lines: Any, view: View) -> Any:
    """Lines on the page, without the points at which they only touch the frame."""
    found = shapely.intersection(view.on_page(lines), shapely.box(*view.frame))
    return shapely.MultiLineString([part for part in shapely.get_parts(found).tolist() if part.length > 0])


def lines_of(picture: Picture) -> Lines:
    """The lines of a picture."""
    places = _merged([place.shape for place in picture.places])
    councils = shapely.difference(_merged([shape for _, shape in picture.ltlas]), places)
    return Lines(places, shapely.line_merge(councils), _merged([place.shape for place in picture.above]))


def _merged(shapes: list[Any]) -> Any:
    return shapely.line_merge(shapely.unary_union(shapely.boundary(shapes)))
