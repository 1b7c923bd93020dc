"""Codes of places: the columns that say which place a row of a table is about (ADR 11)."""

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
PLACE_ID = Column(
    "PLACEID",
    "code",
    "PLACECD in one word, for names of files, sheets and columns: system-place; system-footprint-place where the "
    "footprint is not the system's usual one",
)
PARENT = (
    Column("PARENTCD", "code", "PLACECD of its parent: the place of the tier above that it lies in"),
    Column("PARENTNM", "text", "name of its parent"),
)
HEAD = (ICS, FOOTPRINT, PLACE[0], PLACE_ID, PLACE[1])


def place_code(system: System, footprint: Footprint, place: Place) -> str:
    """PLACECD: `system/footprint/place`."""
    return f"{system.id}/{footprint.id}/{place.id}"


def place_id(system: System, footprint: Footprint, place: Place) -> str:
    """PLACEID: `system-place` in the default footprint, `system-footprint-place` in others."""
    between = () if footprint.id == system.default_footprint else (footprint.id,)
    return "-".join((system.id, *between, place.id))


@dataclass(frozen=True)
class PlaceCode:
    """What the first columns of a table say of a place: ICSID, FOOTPRINT, PLACECD, PLACEID and PLACENM."""

    ics: str
    footprint: str
    code: str = ""
    id: str = ""
    name: str = ""

    @property
    def cells(self) -> tuple[str, str, str, str, str]:
        """The cells of HEAD."""
        return self.ics, self.footprint, self.code, self.id, self.name


def place_codes_of(system: System, footprint: Footprint) -> list[PlaceCode]:
    """By position of the place."""
    return [
        PlaceCode(
            system.id,
            footprint.id,
            place_code(system, footprint, place),
            place_id(system, footprint, place),
            place.name,
        )
        for place in footprint.places
    ]
