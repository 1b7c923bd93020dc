"""Which tables a system's footprint is built from, and which systems a store can build."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from placemap.config.model import Footprint, System
from placemap.core.codes import KINDS
from placemap.reference.store import NEEDED, Manifest, TableEntry


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
        known = {(family, kind): label for family, kind, label in NEEDED}
        named = {("lookup", kind): f"LSOA to {KINDS[kind].label}" for kind in KINDS if kind not in ("pcn", "practice")}
        text = {**named, **known}.get((self.family, self.kind), self.kind or self.family.replace("_", " "))
        return f"{text}, {self.vintage}" if self.vintage else text


def requirements(footprint: Footprint) -> frozenset[Requirement]:
    """What a build of a footprint uses: what every build does, and the vintages that the footprint pins."""
    always = {Requirement(family, kind) for family, kind, _ in NEEDED}
    units = [*footprint.scope.include, *footprint.scope.exclude]
    for place in footprint.places:
        units += [*place.members, *place.exclude, *place.within]
    pinned = {(unit.kind, unit.vintage) for unit in units if unit.vintage}
    return frozenset(always | {found for kind, vintage in pinned for found in _of(kind, vintage)})


def _of(kind: str, vintage: str) -> Iterable[Requirement]:
    if kind == "pcn":
        return (Requirement("pcns", "", vintage), Requirement("pcn_members", "", vintage))
    if kind in ("practice", "lsoa"):
        return ()
    return (Requirement("lookup", kind, vintage),)


def missing(manifest: Manifest | None, footprint: Footprint) -> list[Requirement]:
    """What a store lacks to build a footprint, in order."""
    entries = list(manifest.tables.values()) if manifest else []
    return [item for item in sorted(requirements(footprint)) if not any(item.is_met_by(entry) for entry in entries)]


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
