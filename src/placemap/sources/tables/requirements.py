"""Which tables a system's footprint is built from, and which systems a store can build."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from placemap.config.model import Footprint, System
from placemap.core.codes import KINDS, OLD_LSOA_VINTAGE, OLD_RESIDENTS
from placemap.reference.store import NEEDED, OPTIONAL, Manifest, TableEntry
from placemap.reference.vintages import nearest_month


@dataclass(frozen=True, order=True)
class Requirement:
    """A table that a build uses.

    Attributes:
        family, kind: as in `store.TableEntry`.
        vintage: the one that is meant; empty where any will do.
    """

    family: str
    kind: str = ""
    vintage: str = ""

    def is_met_by(self, entry: TableEntry) -> bool:
        """Whether a table is the one; one that covers only a part of England is not."""
        same = (self.family, self.kind) == (entry.family, entry.kind if self.kind else "")
        return same and self.vintage in ("", entry.vintage) and entry.coverage == "England"

    @property
    def label(self) -> str:
        """As people call it."""
        known = {(family, kind): label for family, kind, label, *_ in (*NEEDED, *OPTIONAL)}
        named = {("lookup", kind): f"LSOA to {KINDS[kind].label}" for kind in KINDS if kind not in ("pcn", "practice")}
        text = {**named, **known}.get((self.family, self.kind), self.kind or self.family.replace("_", " "))
        return f"{text}, {self.vintage}" if self.vintage else text


#: How LSOAs of 2011 come to those of 2021: codes and figures by the first, lookups by both.
_FIT, _PEOPLE = Requirement("exact_fit"), Requirement("lsoa_measure", OLD_RESIDENTS)


def requirements(footprint: Footprint) -> frozenset[Requirement]:
    """What a build of a footprint cannot do without: what no build can, and the vintages that the footprint pins."""
    always = {Requirement(family, kind) for family, kind, _ in NEEDED}
    return frozenset(always | {found for kind, vintage in _pinned(footprint) for found in _of(kind, vintage)})


def _pinned(footprint: Footprint) -> set[tuple[str, str]]:
    """Kinds and vintages of the units that a footprint names, where it gives one."""
    units = [*footprint.scope.include, *footprint.scope.exclude]
    for place in footprint.places:
        units += [*place.units, *place.exclude, *place.within]
    return {(unit.kind, unit.vintage) for unit in units if unit.vintage}


def _of(kind: str, vintage: str) -> Iterable[Requirement]:
    if kind == "pcn":
        return (Requirement("pcns", "", vintage), Requirement("pcn_members", "", vintage))
    if kind == "lsoa" and vintage == OLD_LSOA_VINTAGE:
        return (_FIT, _PEOPLE)
    return () if kind in ("practice", "lsoa") else (Requirement("lookup", kind, vintage),)


def missing(manifest: Manifest | None, footprint: Footprint) -> list[Requirement]:
    """What a store lacks so that it cannot build a footprint, in order."""
    entries = list(manifest.tables.values()) if manifest else []
    return _not_met(requirements(footprint) | _for_2011(entries, footprint), entries)


def incomplete(manifest: Manifest | None, footprint: Footprint) -> list[Requirement]:
    """As `missing`, with what a build can do without and would leave out."""
    entries = list(manifest.tables.values()) if manifest else []
    return _not_met(requirements(footprint) | {Requirement(family, kind) for family, kind, *_ in OPTIONAL}, entries)


def _not_met(wanted: Iterable[Requirement], entries: Sequence[TableEntry]) -> list[Requirement]:
    return [item for item in sorted(wanted) if not any(item.is_met_by(entry) for entry in entries)]


def _for_2011(entries: Sequence[TableEntry], footprint: Footprint) -> set[Requirement]:
    """What brings LSOAs of 2011 to 2021, where tables that the footprint is built from are coded in them."""
    pinned = _pinned(footprint)
    old = [entry for entry in entries if entry.base == OLD_LSOA_VINTAGE]
    months = [entry.vintage for entry in entries if entry.family == "registrations"]
    near = min((vintage for kind, vintage in pinned if kind == "pcn"), default=max(months, default=""))
    counted = nearest_month(months, near) if months else ""
    found = {_FIT for entry in old if entry.family == "registrations" and entry.vintage == counted}
    newest = {(kind, _newest(kind, entries)) for kind in KINDS}
    if any(entry.family == "lookup" and (entry.kind, entry.vintage) in pinned | newest for entry in old):
        found |= {_FIT, _PEOPLE}
    return found


def _newest(kind: str, entries: Sequence[TableEntry]) -> str:
    return max((entry.vintage for entry in entries if (entry.family, entry.kind) == ("lookup", kind)), default="")


@dataclass(frozen=True)
class Buildable:
    """Whether a system's default footprint can be built, and what it lacks."""

    system: str
    name: str
    lacks: tuple[Requirement, ...]


def buildable(manifest: Manifest | None, systems: Sequence[System]) -> list[Buildable]:
    """What a store can build, in order of the systems."""
    return [
        Buildable(system.id, system.name, tuple(missing(manifest, system.footprints[system.default_footprint])))
        for system in systems
    ]


def pinned_months(systems: Iterable[System]) -> frozenset[str]:
    """The months of PCN memberships that configs pin, `2022-08`."""
    return frozenset(
        unit.vintage for system in systems for unit in system.units() if unit.kind == "pcn" and unit.vintage
    )


def registration_month(month: str) -> str:
    """The month of registrations by LSOA that is nearest: they come in January, April, July and October."""
    whole = int(month[:4]) * 12 + int(month[5:7]) - 1
    nearest = round(whole / 3 - 0.01) * 3
    return f"{nearest // 12}-{nearest % 12 + 1:02}"
