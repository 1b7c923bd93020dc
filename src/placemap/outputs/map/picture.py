"""What a map shows, before it is drawn: shapes, colours, words. Shared by the map, the report and the FOI pack."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, degrees
from typing import Any

import numpy as np
import shapely

from placemap.config.model import Footprint, System
from placemap.core.arrays import Ints
from placemap.core.text import month
from placemap.crosswalk.inputs import attributions
from placemap.outputs.map.outlines import LsoaBoundaries, Shapes, neighbours, simplified
from placemap.outputs.map.palette import colours
from placemap.reference.geography import Geography, measure_title
from placemap.resolve.populations import Populations
from placemap.resolve.resolve import LOW_SHARE, Assignment, low_share

_COMPASS = ("east", "north-east", "north", "north-west", "west", "south-west", "south", "south-east")
#: How far corners of a national map may be simplified, metres: less than a pixel on the whole map.
_NATIONAL_METRES = 200
#: What a national map shows larger, as places there are small: Greater London, in metres of EPSG:27700.
LONDON = (503_000.0, 155_000.0, 562_500.0, 201_500.0)
#: A place whose middle is nearer to the system's than this part of the system's half width is in its centre.
_CENTRAL = 0.15


@dataclass(frozen=True)
class MappedPlace:
    """A place on a map; `shape` in EPSG:27700."""

    name: str
    colour: str
    shape: Any
    lsoas: int
    residents: float


@dataclass(frozen=True)
class Picture:
    """One footprint on a map.

    Attributes:
        ltlas: name and outline of each LTLA, as far as places lie in it, dissolved from the same LSOAs.
        outside: what of the places lies outside the scope; empty where nothing does.
        highlighted: LSOAs with a low share, one shape each, where they are asked for.
        vintage: which geographies and figures it rests on, in words.
        attribution: lines that the map must carry.
        alt: what the map shows, for those who do not see it.
    """

    title: str
    subtitle: str
    places: list[MappedPlace]
    ltlas: list[tuple[str, Any]]
    outside: Any
    highlighted: Shapes
    highlight_note: str
    vintage: str
    attribution: list[str]
    alt: str

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of all places, metres."""
        west, south, east, north = shapely.total_bounds([place.shape for place in self.places])
        return float(west), float(south), float(east), float(north)


@dataclass(frozen=True)
class NationalPicture:
    """The places of all systems on a map; shapes in EPSG:27700.

    Attributes:
        places: outlines by position, simplified together.
        colours: by position; neighbours differ.
        systems: the outline of each system's places.
        vintage, attribution, alt: as in `Picture`.
    """

    places: Shapes
    colours: list[str]
    systems: list[Any]
    vintage: str
    attribution: list[str]
    alt: str

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of all places, metres."""
        west, south, east, north = shapely.total_bounds(self.places)
        return float(west), float(south), float(east), float(north)


def national_picture(
    assignment: Assignment, system_of: Ints, outlines: Shapes, geography: Geography, populations: Populations
) -> NationalPicture:
    """The map of many systems' places.

    Args:
        system_of: by position of the place, the position of its system.
        outlines: by position of the place.
    """
    shapes = simplified(outlines, _NATIONAL_METRES)
    union = shapely.coverage_union_all if shapely.coverage_is_valid(shapes) else shapely.union_all
    systems = [union(shapes[system_of == system]) for system in np.unique(system_of)]
    return NationalPicture(
        places=shapes,
        colours=colours(len(shapes), neighbours(assignment, geography)),
        systems=systems,
        vintage=vintage_text(geography, assignment.footprint, populations),
        attribution=boundary_attribution(geography),
        alt=f"Map of England with the {len(shapes)} places of {len(systems)} systems, London also at a larger scale. "
        "The table of places has what the map shows.",
    )


def picture(
    system: System,
    assignment: Assignment,
    outlines: LsoaBoundaries,
    populations: Populations,
    *,
    highlight: bool = False,
) -> Picture:
    """The map of a footprint.

    Args:
        highlight: show the LSOAs whose SHARE is below a half.

    Raises:
        PlacemapError: the store has no boundaries for some LSOAs.
    """
    geography, footprint = outlines.geography, assignment.footprint
    placed = assignment.place >= 0
    places = mapped_places(assignment, outlines, populations)
    low = low_share(assignment) if highlight else np.zeros(geography.size, dtype=bool)
    return Picture(
        title=system.name,
        subtitle=footprint.name,
        places=places,
        ltlas=[(name, shape) for _, name, shape in outlines.units("ltla", placed)],
        outside=outlines.dissolved(placed & ~assignment.in_scope),
        highlighted=outlines.of(low),
        highlight_note=(
            f"LSOAs where under {LOW_SHARE:.0%} of registered patients use the place's practices ({low.sum()})"
        ),
        vintage=vintage_text(geography, footprint, populations),
        attribution=boundary_attribution(geography),
        alt=alt_text(system, footprint, places, int(low.sum()) if highlight else None),
    )


def mapped_places(assignment: Assignment, outlines: LsoaBoundaries, populations: Populations) -> list[MappedPlace]:
    """Places with their outlines and colours, by position."""
    found = assignment.footprint.places
    palette = colours(len(found), neighbours(assignment, outlines.geography))
    result = []
    for position, (place, shape) in enumerate(zip(found, outlines.places(assignment), strict=True)):
        mask = assignment.place == position
        people = float(populations.residents[mask].sum())
        result.append(MappedPlace(place.name, palette[position], shape, int(mask.sum()), people))
    return result


def vintage_text(geography: Geography, footprint: Footprint, populations: Populations) -> str:
    """`LSOAs of 2021; …`: what a reader must know about the dates of a map."""
    lsoas, ltlas = geography.units_entry("lsoa").vintage, geography.units("ltla").vintage
    parts = [f"LSOAs of {lsoas}", f"local authorities of {ltlas}"]
    if footprint.has_patient_kinds:
        pcns = footprint.vintages.get("pcn") or geography.default_vintage("pcn")
        registered = geography.registrations_entry.vintage
        parts += [f"PCN membership of {month(pcns)}", f"patients registered in {month(registered)}"]
    return f"{'; '.join(parts)}. Residents: {measure_title(geography, populations.residents_name)}."


def boundary_attribution(geography: Geography) -> list[str]:
    """The attribution that a map of LSOAs must carry."""
    names = ("lsoa_boundaries", "lsoa_names")
    return attributions([geography.data.need(name) for name in names] + [geography.registrations_entry])


def alt_text(system: System, footprint: Footprint, places: list[MappedPlace], low: int | None) -> str:
    """What a map shows, in words: the places, where in the system each lies, and how many people it has.

    Args:
        low: how many LSOAs are highlighted; None where the map highlights none by intention.
    """
    middle = shapely.union_all([place.shape for place in places]).centroid
    bounds = shapely.total_bounds([place.shape for place in places])
    width = float(max(bounds[2:] - bounds[:2]))
    parts = [
        f"{place.name} ({where(middle, place.shape.centroid, width)}, {place.residents:,.0f} residents)"
        for place in places
    ]
    count = f"{len(places)} place" + ("s" if len(places) != 1 else "")
    text = f"Map of {system.name}, footprint “{footprint.name}”: {count}. {'; '.join(parts)}."
    if low is not None:
        text += f" {low} LSOAs with a low share of patients are marked."
    return text


def where(middle: Any, point: Any, width: float) -> str:
    """`in the north-west`, or `in the centre`."""
    east, north = point.x - middle.x, point.y - middle.y
    if np.hypot(east, north) < _CENTRAL * width / 2:
        return "in the centre"
    return f"in the {_COMPASS[round(degrees(atan2(north, east)) / 45) % 8]}"
