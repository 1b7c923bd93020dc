"""A footprint resolved: the one thing that checks, crosswalks, outputs and analyses are made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from placemap.config.model import Footprint, Place, System
from placemap.core.arrays import Bools, Ints, Texts
from placemap.core.findings import Finding
from placemap.reference.geography import Geography
from placemap.resolve.place_codes import PlaceCode, place_codes_of
from placemap.resolve.populations import Populations
from placemap.resolve.resolve import Assignment


@dataclass(frozen=True)
class ResolvedFootprint:
    """A footprint of a system, or the default footprints of several put together.

    Attributes:
        assignment: which place each LSOA belongs to.
        geography: what it was resolved against.
        populations: what its crosswalks weigh by.
        newest_input: year of the newest reference table that it rests on.
        findings: what the user of its figures must know.
        parts: the systems that it is put together from, in the order of its places; empty for one system.
    """

    system: System
    assignment: Assignment
    geography: Geography
    populations: Populations
    newest_input: int = 0
    findings: tuple[Finding, ...] = ()
    parts: tuple[ResolvedFootprint, ...] = ()

    @property
    def footprint(self) -> Footprint:
        """The footprint that was resolved."""
        return self.assignment.footprint

    @property
    def places(self) -> tuple[Place, ...]:
        """Its places, in order of position."""
        return self.footprint.places

    @cached_property
    def place_codes(self) -> list[PlaceCode]:
        """By position of the place; each place keeps its own system's code."""
        if self.parts:
            return [code for part in self.parts for code in part.place_codes]
        return place_codes_of(self.system, self.footprint)

    @cached_property
    def placecd(self) -> Texts:
        """PLACECD by position of the place, with an empty one at the end for none (-1)."""
        return np.array([*(code.code for code in self.place_codes), ""], dtype=object)

    @cached_property
    def placenm(self) -> Texts:
        """PLACENM by position of the place, with an empty one at the end for none (-1)."""
        return np.array([*(place.name for place in self.places), ""], dtype=object)

    @cached_property
    def part_of(self) -> Ints:
        """By position of the place, the position of its part."""
        return np.repeat(np.arange(len(self.parts)), [len(part.places) for part in self.parts])

    @property
    def key(self) -> tuple[str, str]:
        """ICSID and FOOTPRINT that it stands under as a whole."""
        return self.system.id, self.footprint.id

    @property
    def pcn_vintage(self) -> str:
        """The PCN memberships that it rests on."""
        return self.footprint.vintages.get("pcn") or self.geography.default_vintage("pcn")

    @property
    def is_declared_from_practices(self) -> bool:
        """Whether practices have a place of their own: in every part."""
        if not self.parts:
            return self.footprint.has_patient_kinds
        return all(part.is_declared_from_practices for part in self.parts)

    def lsoas(self, position: int) -> Bools:
        """The LSOAs of the place at `position`, as a mask."""
        return np.equal(self.assignment.place, position)

    def codes(self, lsoas: Ints) -> tuple[str, ...]:
        """LSOA codes, sorted."""
        return tuple(self.geography.lsoa_codes[np.sort(lsoas)])

    def people(self, lsoas: Bools | Ints) -> float:
        """Residents of some LSOAs."""
        return float(self.populations.residents[lsoas].sum())
