"""What a map shows, before it is drawn: shapes, colours, words. Shared by the map, the report and the FOI pack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import atan2, degrees
from typing import Any

import numpy as np
import shapely

from placemap.config.grades import WEAKEST
from placemap.config.model import Footprint, System
from placemap.config.tiers import PLACE_TIER, tier_names
from placemap.core.text import counted, listed
from placemap.crosswalk.inputs import as_of, attributions
from placemap.outputs.map.colouring import kept_colours
from placemap.outputs.map.outlines import LsoaBoundaries, neighbours, simplified
from placemap.outputs.map.palette import colours
from placemap.reference.geography import Geography
from placemap.reference.shapes import Shapes
from placemap.resolve.resolve import LOW_SHARE, low_share
from placemap.resolve.resolved import ResolvedFootprint

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

    id: str
    name: str
    colour: str
    shape: Any
    lsoas: int
    residents: float


@dataclass(frozen=True)
class PlaceAbove:
    """A place of the tier above.

    Attributes:
        shape: its outline in EPSG:27700.
        places: positions of the places that lie in it; none where it is not divided.
    """

    name: str
    shape: Any
    residents: float
    places: tuple[int, ...]


@dataclass(frozen=True)
class Picture:
    """One footprint on a map.

    Attributes:
        id: of the footprint.
        ltlas: name and outline of each LTLA, as far as places lie in it, dissolved from the same LSOAs.
        land: outlines of all LTLAs that the store has, whole, for what lies around the places.
        neighbours: name and outline of those of them in which no place lies.
        outside: what of the places lies outside the scope; empty where nothing does.
        highlighted: LSOAs with a low share, one shape each, where they are asked for.
        vintage: which geographies and figures it rests on, in words.
        caveats: what a reader must know about the evidence, in words; empty where there is nothing.
        attribution: lines that the map must carry.
        alt: what the map shows, for those who do not see it.
        tier: what one of the places is called.
        above: the places of the tier above, where the map shows it, too.
        tier_above: what one of those is called.
    """

    id: str
    title: str
    subtitle: str
    places: list[MappedPlace]
    ltlas: list[tuple[str, Any]]
    land: Shapes
    neighbours: list[tuple[str, Any]]
    outside: Any
    highlighted: Shapes
    highlight_note: str
    vintage: str
    caveats: str
    attribution: list[str]
    alt: str
    tier: str = PLACE_TIER
    above: Sequence[PlaceAbove] = ()
    tier_above: str = ""

    @property
    def undivided(self) -> list[PlaceAbove]:
        """Those of the tier above in which no place lies."""
        return [place for place in self.above if not place.places]

    @property
    def shapes(self) -> list[Any]:
        """Outlines of the places, then of those of the tier above in which none lies."""
        return [*(place.shape for place in self.places), *(place.shape for place in self.undivided)]

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of what the map is of, metres."""
        west, south, east, north = shapely.total_bounds(self.shapes)
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


def national_picture(national: ResolvedFootprint, outlines: Shapes) -> NationalPicture:
    """The map of many systems' places.

    Args:
        outlines: by position of the place.
    """
    system_of, geography = national.part_of, national.geography
    shapes = simplified(outlines, _NATIONAL_METRES)
    union = shapely.coverage_union_all if shapely.coverage_is_valid(shapes) else shapely.union_all
    systems = [union(shapes[system_of == system]) for system in np.unique(system_of)]
    return NationalPicture(
        places=shapes,
        colours=colours(len(shapes), neighbours(national.assignment, geography)),
        systems=systems,
        vintage=as_of(national),
        attribution=boundary_attribution(geography),
        alt=f"Map of England with the {len(shapes)} places of {len(systems)} systems, London also at a larger scale. "
        "The table of places has what the map shows.",
    )


def picture(
    resolved: ResolvedFootprint,
    outlines: LsoaBoundaries,
    before: Sequence[ResolvedFootprint] = (),
    *,
    highlight: bool = False,
) -> Picture:
    """The map of a footprint.

    Args:
        before: footprints whose places have their colours already; a place that is mostly the same keeps it.
        highlight: show the LSOAs whose SHARE is below a half.

    Raises:
        PlacemapError: the store has no boundaries for some LSOAs.
    """
    assignment, geography = resolved.assignment, resolved.geography
    placed = assignment.place >= 0
    places = mapped_places(resolved, outlines, before)
    low = low_share(assignment) if highlight else np.zeros(geography.size, dtype=bool)
    ltlas = outlines.units("ltla", placed)
    covered = {code for code, _, _ in ltlas}
    codes, names, land = outlines.ltlas
    return Picture(
        id=resolved.footprint.id,
        title=resolved.system.name,
        subtitle=resolved.footprint.name,
        places=places,
        ltlas=[(short(name), shape) for _, name, shape in ltlas],
        land=land,
        neighbours=[
            (short(name), shape) for code, name, shape in zip(codes, names, land, strict=True) if code not in covered
        ],
        outside=outlines.dissolved(placed & ~assignment.in_scope),
        highlighted=outlines.of(low),
        highlight_note=(
            f"LSOAs where under {LOW_SHARE:.0%} of registered patients use the place's practices ({low.sum()})"
        ),
        vintage=as_of(resolved),
        caveats=caveats(resolved.footprint),
        attribution=boundary_attribution(geography),
        alt=alt_text(resolved.system, resolved.footprint, places, int(low.sum()) if highlight else None),
    )


def with_tier_above(shown: Picture, resolved: ResolvedFootprint, outlines: LsoaBoundaries) -> Picture:
    """A picture with the outlines of the tier above; as it is for a footprint that lies inside no other."""
    outer = resolved.outer
    if outer is None:
        return shown
    tier, tier_above = tier_names(resolved.system, [resolved.footprint, outer.footprint])
    above = _above(resolved, outer, outlines)
    names = listed([place.name for place in above])
    return replace(
        shown,
        subtitle=f"{shown.subtitle}; thick lines: {outer.footprint.name}",
        tier=tier,
        above=above,
        tier_above=tier_above,
        alt=f"{shown.alt} Thick lines bound the tier above: {names}.",
    )


def _above(resolved: ResolvedFootprint, outer: ResolvedFootprint, outlines: LsoaBoundaries) -> list[PlaceAbove]:
    """The places of the tier above, in their order."""
    found = []
    for position, (place, shape) in enumerate(zip(outer.places, outlines.places(outer.assignment), strict=True)):
        inner = tuple(np.flatnonzero(resolved.parents == position).tolist())
        found.append(PlaceAbove(place.name, shape, outer.people(outer.lsoas(position)), inner))
    return [place for place in found if not place.shape.is_empty]


def short(name: str) -> str:
    """A council's name as a map has it: ONS says `Bristol, City of`."""
    return name.split(",", maxsplit=1)[0]


def caveats(footprint: Footprint) -> str:
    """What a reader must know about the evidence for the places; empty where sources state them."""
    texts = []
    if footprint.grade == WEAKEST:
        texts.append(f"The evidence for these places is weak (grade {WEAKEST}).")
    if any("inferred" in (footprint.basis, place.basis) for place in footprint.places):
        texts.append("Which areas belong to which place was worked out from the sources, not stated in them.")
    return " ".join(texts)


def mapped_places(
    resolved: ResolvedFootprint, outlines: LsoaBoundaries, before: Sequence[ResolvedFootprint] = ()
) -> list[MappedPlace]:
    """Places with their outlines and colours, by position."""
    *_, palette = kept_colours([*before, resolved])
    result = []
    for position, (place, shape) in enumerate(zip(resolved.places, outlines.places(resolved.assignment), strict=True)):
        mask = resolved.lsoas(position)
        people = resolved.people(mask)
        result.append(MappedPlace(place.id, place.name, palette[position], shape, int(mask.sum()), people))
    return result


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
    text = f"Map of {system.name}, footprint “{footprint.name}”: {counted(len(places), 'place')}. {'; '.join(parts)}."
    if low is not None:
        text += f" {counted(low, 'LSOA')} with a low share of patients {'is' if low == 1 else 'are'} marked."
    return text


def where(middle: Any, point: Any, width: float) -> str:
    """`in the north-west`, or `in the centre`."""
    east, north = point.x - middle.x, point.y - middle.y
    if np.hypot(east, north) < _CENTRAL * width / 2:
        return "in the centre"
    return f"in the {_COMPASS[round(degrees(atan2(north, east)) / 45) % 8]}"
