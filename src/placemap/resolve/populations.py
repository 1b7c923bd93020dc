"""The people that crosswalks weigh by."""

from __future__ import annotations

from dataclasses import dataclass

from placemap.core.arrays import Floats
from placemap.reference.geography import Geography


@dataclass(frozen=True)
class Populations:
    """What crosswalks weigh by: `residents` and `registered` people by LSOA, and the names of the two measures."""

    residents: Floats
    registered: Floats
    residents_name: str
    registered_name: str


def populations_of(geography: Geography, measure: str) -> Populations:
    """Residents by `measure`, and registered patients, by LSOA of 2021.

    Raises:
        PlacemapError: there is no such measure by LSOA.
    """
    registered = geography.registered_measure
    return Populations(geography.measure(measure), geography.measure(registered), measure, registered)
