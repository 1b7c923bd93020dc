"""What a set of configs needs of the reference tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from placemap.config.model import Footprint, System
from placemap.core.codes import KINDS
from placemap.sources.catalogue import load_usual


@dataclass(frozen=True, order=True)
class NeededUnit:
    """A unit that a config names, in the vintage that it is declared in (empty for the store's default)."""

    kind: str
    code: str
    vintage: str = ""


@dataclass(frozen=True)
class Needs:
    """What configs name, and what every extract holds.

    Attributes:
        areas: area units.
        pcns, practices: codes of patient kinds.
        vintages: (kind, vintage) pairs.
        measures: names of figures.
        whole: (kind, vintage) pairs whose units are kept whole where they have a kept LSOA, beside the newest ones.
    """

    areas: frozenset[NeededUnit]
    pcns: frozenset[str]
    practices: frozenset[str]
    vintages: frozenset[tuple[str, str]]
    measures: frozenset[str]
    whole: frozenset[tuple[str, str]]

    def years(self, kind: str) -> frozenset[str]:
        """The vintages named for `kind`."""
        return frozenset(vintage for named, vintage in self.vintages if named == kind)


def needs_of(systems: Iterable[System]) -> Needs:
    """Everything that `systems` name: members, exclusions, bounds, scopes, vintages and measures; and the usual."""
    systems, usual = list(systems), load_usual()
    units = {NeededUnit(unit.kind, unit.code, unit.vintage or "") for system in systems for unit in system.units()}
    footprints = [footprint for system in systems for footprint in system.footprints.values()]
    return Needs(
        areas=frozenset(unit for unit in units if not KINDS[unit.kind].patients),
        pcns=frozenset(unit.code for unit in units if unit.kind == "pcn"),
        practices=frozenset(unit.code for unit in units if unit.kind == "practice"),
        vintages=frozenset(
            {(unit.kind, unit.vintage) for unit in units if unit.vintage}
            | {pair for footprint in footprints for pair in footprint.vintages.items()}
        )
        | usual.lookups,
        measures=usual.measures | {name for footprint in footprints for name in _measures(footprint)},
        whole=usual.whole,
    )


def _measures(footprint: Footprint) -> set[str]:
    return {expect.measure for place in footprint.places for expect in place.expects}
