"""Which footprint was in force on a day, and a system with the members of another vintage."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from placemap.config.model import Footprint, Member, Place, System
from placemap.config.tiers import all_units
from placemap.core.codes import KINDS
from placemap.core.errors import PlacemapError

# --- footprints ----------------------------------------------------------------------------------------------------


def valid_on(item: Footprint | Place, day: date) -> bool:
    """Whether a footprint or place was in force on a day; an end that is not known is open. The last day counts."""
    return (item.valid_from or date.min) <= day <= (item.valid_to or date.max)


def in_force(footprint: Footprint, day: date | None) -> Footprint:
    """The footprint with the places that were in force on a day; without a day, those that have not ended."""
    places = tuple(p for p in footprint.places if (valid_on(p, day) if day else p.valid_to is None))
    return footprint if len(places) == len(footprint.places) else replace(footprint, places=places)


def footprint_of(system: System, day: date) -> Footprint:
    """The footprint that was in force on a day: the default one, else the only other not just proposed.

    Raises:
        PlacemapError: no footprint was in force on that day, or several were.
    """
    default = system.footprints[system.default_footprint]
    if valid_on(default, day):
        return default
    others = [f for f in system.footprints.values() if valid_on(f, day) and f.status != "proposed" and is_dated(f)]
    if len(others) == 1:
        return others[0]
    dates = "; ".join(f"{f.id} {_period(f)}" for f in system.footprints.values() if is_dated(f))
    found = f"several footprints ({', '.join(f.id for f in others)})" if others else "no footprint"
    raise PlacemapError(
        f"{system.id} has {found} in force on {day} (dated are: {dates})",
        location=system.loc.file,
        hint="name the one that you mean with --footprint",
    )


def is_dated(footprint: Footprint) -> bool:
    """Whether it says when it was in force."""
    return bool(footprint.valid_from or footprint.valid_to)


def _period(footprint: Footprint) -> str:
    return f"{footprint.valid_from or '…'} to {footprint.valid_to or 'today'}"


def at_vintages(system: System, vintage: str | None) -> System:
    """The system with its PCN memberships of a vintage, whatever the config says; as it is where that is None.

    Who is in a PCN is a fact of a day, and the day is what was asked for. The vintage that the config gives for an
    area stays: it says what a code means, and a district of 2018 has no meaning in another year. Published figures are
    not held against other members than those they are about (`vintage_checks.not_held` says so).
    """
    return members_at(_held(system, vintage), {"pcn": vintage}) if vintage else system


def _held(system: System, vintage: str) -> System:
    """The system without the published figures of places whose PCN members are of another vintage."""

    def place(item: Place) -> Place:
        moves = any(unit.kind == "pcn" and unit.vintage != vintage for unit in all_units(system.footprints, item))
        return replace(item, expects=()) if moves else item

    return _with_places(system, place)


def members_at(system: System, vintages: Mapping[str, str]) -> System:
    """The system with all members of some kinds in other vintages.

    Names in a config are those of its own vintage (PCNs are renamed often), so they are not checked.
    """

    def members(items: tuple[Member, ...]) -> tuple[Member, ...]:
        return tuple(replace(m, vintage=vintages[m.kind], name=None) if m.kind in vintages else m for m in items)

    def place(item: Place) -> Place:
        return replace(item, members=members(item.members), exclude=members(item.exclude), within=members(item.within))

    moved = _with_places(system, place)
    known = {kind: vintage for kind, vintage in vintages.items() if kind in KINDS}
    footprints = {key: replace(f, vintages={**f.vintages, **known}) for key, f in moved.footprints.items()}
    return replace(moved, footprints=footprints)


def _with_places(system: System, change: Callable[[Place], Place]) -> System:
    footprints = {
        key: replace(footprint, places=tuple(change(place) for place in footprint.places))
        for key, footprint in system.footprints.items()
    }
    return replace(system, footprints=footprints)
