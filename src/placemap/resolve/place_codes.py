"""Codes of places: ICSID, FOOTPRINT and PLACECD, the first columns of every table."""

from __future__ import annotations

from dataclasses import dataclass

from placemap.config.model import Footprint, Place, System
from placemap.core.tables import Column

ICS = Column("ICSID", "code", "id of the integrated care system, as in its placemap config")
FOOTPRINT = Column("FOOTPRINT", "code", "id of the footprint: the way of dividing the system into places")
PLACE = (
    Column("PLACECD", "code", "code of the place: system/footprint/place (there are no official place codes)"),
    Column("PLACENM", "text", "name of the place"),
)
HEAD = (ICS, FOOTPRINT, *PLACE)


def place_code(system: System, footprint: Footprint, place: Place) -> str:
    """PLACECD: `system/footprint/place`."""
    return f"{system.id}/{footprint.id}/{place.id}"


@dataclass(frozen=True)
class PlaceCode:
    """What the first columns of every table say of a place: ICSID, FOOTPRINT and PLACECD."""

    ics: str
    footprint: str
    code: str


def place_codes_of(system: System, footprint: Footprint) -> list[PlaceCode]:
    """By position of the place."""
    return [PlaceCode(system.id, footprint.id, place_code(system, footprint, place)) for place in footprint.places]
