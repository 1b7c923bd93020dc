"""Tables of all systems together: the places of England, and where their patients live."""

from __future__ import annotations

import numpy as np

from placemap.core.arrays import Bools, Floats, Ints, Numbers, ratio, sums
from placemap.core.columns import Columns, stacked
from placemap.core.tables import Table
from placemap.crosswalk.places import places_table
from placemap.crosswalk.schemas import national_places
from placemap.reference.by_lsoa import Registrations, Units
from placemap.reference.describe import Describer
from placemap.resolve.resolved import ResolvedFootprint


def national_places_table(national: ResolvedFootprint, describer: Describer) -> Table:
    """A row a place of England, with the ICB that most of its residents live in."""
    tables = [places_table(part, describer) for part in national.parts]
    together = stacked([table.columns for table in tables])
    geography, populations = national.geography, national.populations
    icb = geography.units("icb")
    schema = national_places(populations, icb.vintage)
    place = national.assignment.place
    unit, share = largest_unit(place, icb.of, populations.residents, len(national.places))
    declared = _declared_icb(national, icb)
    unit, share = np.where(unit >= 0, unit, declared), np.where(unit >= 0, share, np.nan)
    known = unit >= 0
    ods = icb.ods if icb.ods is not None else np.full(len(icb.codes), "", dtype=object)
    columns: dict[str, Numbers] = {
        **{name: together[name] for name in together.names},
        "OWN_PRACTICE_SHARE": own_practice_share(geography.registrations, place, len(national.places)),
        f"{icb.prefix}CD": np.where(known, icb.codes[unit], ""),
        f"{icb.prefix}CDH": np.where(known, ods[unit], ""),
        f"{icb.prefix}NM": np.where(known, icb.names[unit], ""),
        f"{icb.prefix}_RESIDENT_SHARE": share,
    }
    return Table("places", schema, Columns({name: columns[name] for name in schema.names}))


def _declared_icb(national: ResolvedFootprint, icb: Units) -> Ints:
    """By place, the one ICB that its config says it is in, of the vintage in use; -1 where it says none, or several."""
    found = [
        [icb.position(member.code) for member in part.system.icbs_of(place, icb.vintage)]
        for part in national.parts
        for place in part.places
    ]
    return np.array([units[0] if len(units) == 1 and units[0] is not None else -1 for units in found], dtype=np.int64)


# --- places and the units that they lie in ---------------------------------------------------------------------------


def largest_unit(place: Ints, unit: Ints, people: Floats, count: int) -> tuple[Ints, Floats]:
    """By place, the unit that most of its people live in (the first of equals; -1 for none known), and what share do.

    Args:
        place, unit: by LSOA, positions; -1 for none.
        people: by LSOA.
        count: number of places.
    """
    width = int(unit.max(initial=0)) + 1
    both = (place >= 0) & (unit >= 0)
    overlap = sums(place[both] * width + unit[both], people[both], count * width).reshape(count, width)
    largest = overlap.argmax(axis=1)
    most = overlap[np.arange(count), largest]
    whole = sums(place[place >= 0], people[place >= 0], count)
    return np.where(most > 0, largest, -1), ratio(most, whole)


# --- patients and their own place -----------------------------------------------------------------------------------


def home_of_practices(registrations: Registrations, place: Ints, count: int) -> Ints:
    """By practice, the place where more of its patients live than in any other (the first of equals); -1 for none.

    Args:
        place: by LSOA of 2021, position of its place; -1 for none.
        count: number of places.
    """
    practice, lived, patients = registrations.living(place)
    practices = len(registrations.codes)
    people = sums(practice * count + lived, patients, practices * count).reshape(practices, count)
    return np.where(people.any(axis=1), people.argmax(axis=1), -1)


def own_practice_share(registrations: Registrations, place: Ints, count: int) -> Floats:
    """By place, the share of registered residents whose practice has most of its patients in the same place.

    Args:
        place: by LSOA of 2021, position of its place; -1 for none.
        count: number of places.
    """
    homes = home_of_practices(registrations, place, count)
    practice, lived, patients = registrations.living(place)
    own: Bools = homes[practice] == lived
    return ratio(sums(lived[own], patients[own], count), sums(lived, patients, count))
