"""The people that crosswalks weigh by."""

from __future__ import annotations

from dataclasses import dataclass

from placemap.core.arrays import Bools, Floats, Ints
from placemap.core.tables import Column, ColumnType
from placemap.reference.geography import Geography


@dataclass(frozen=True)
class Populations:
    """What crosswalks weigh by.

    Attributes:
        residents, registered: people by LSOA of 2021.
        residents_name, registered_name: the two measures.
        whole_residents, whole_registered: the source counts by LSOA of 2021, so that its people stay whole.
    """

    residents: Floats
    registered: Floats
    residents_name: str
    registered_name: str
    whole_residents: bool = False
    whole_registered: bool = False

    @property
    def residents_type(self) -> ColumnType:
        """What a column of residents holds: by the measure, the same for every row (ADR 11)."""
        return "int" if self.whole_residents else "people"

    @property
    def registered_type(self) -> ColumnType:
        """As `residents_type`, of registered patients."""
        return "int" if self.whole_registered else "people"

    def residents_column(self, what: str) -> Column:
        """RESIDENTS, such as those `of the place`."""
        return Column("RESIDENTS", self.residents_type, f"residents {what} ({self.residents_name})")

    def registered_column(self, where: str) -> Column:
        """REGISTERED, those who live such as `in the place`."""
        text = f"patients registered with any GP practice who live {where} ({self.registered_name})"
        return Column("REGISTERED", self.registered_type, text)

    def of(self, lsoas: Bools | Ints) -> tuple[float, float]:
        """Residents and registered patients of some LSOAs; integers where the source's people stay whole."""
        residents, registered = float(self.residents[lsoas].sum()), float(self.registered[lsoas].sum())
        return (
            round(residents) if self.whole_residents else residents,
            round(registered) if self.whole_registered else registered,
        )


def populations_of(geography: Geography, measure: str) -> Populations:
    """Residents by `measure`, and registered patients, by LSOA of 2021.

    Raises:
        PlacemapError: there is no such measure by LSOA.
    """
    registered = geography.registered_measure
    return Populations(
        geography.measure(measure),
        geography.measure(registered),
        measure,
        registered,
        geography.counts_whole_people(measure),
        geography.counts_whole_people(registered),
    )
