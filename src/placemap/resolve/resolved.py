"""A footprint resolved: the one thing that checks, crosswalks, outputs and analyses are made from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from placemap.config.model import Footprint, Place, System
from placemap.config.tiers import pcn_vintages
from placemap.core.arrays import Bools, Ints, Texts, sums
from placemap.core.codes import PLACE
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
        outer: the tier above, where it lies inside another footprint.
    """

    system: System
    assignment: Assignment
    geography: Geography
    populations: Populations
    newest_input: int = 0
    findings: tuple[Finding, ...] = ()
    parts: tuple[ResolvedFootprint, ...] = ()
    outer: ResolvedFootprint | None = None

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

    @property
    def by_system(self) -> tuple[ResolvedFootprint, ...]:
        """Its parts, one a system; of one system itself."""
        return self.parts or (self,)

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
        pinned = (
            pcn_vintages(self.system.footprints, self.footprint) if self.footprint.united and not self.parts else []
        )
        own = self.footprint.vintages.get("pcn") or self.geography.default_vintage("pcn")
        return pinned[0] if pinned else own

    @property
    def is_declared_from_practices(self) -> bool:
        """Whether practices have a place of their own: in every part."""
        if not self.parts:
            return self.assignment.practice_place is not None
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

    # --- the tier above ---------------------------------------------------------------------------------------------

    @cached_property
    def parents(self) -> Ints:
        """By position of the place, the position of its parent in `outer`: declared, else where most residents live.

        -1 at the end for no place, and for a place that has no LSOA in any of them.
        """
        declared = self.declared_parents
        return np.append(np.where(declared >= 0, declared, self.found_parents), -1)

    @cached_property
    def declared_parents(self) -> Ints:
        """By position of the place, the position of the parent that a config gives it; -1 where none does."""
        if self.outer is None:
            return np.full(len(self.places), -1)
        ids = {place.id: number for number, place in enumerate(self.outer.places)}
        over = {
            member.code: ids[place.id] for place, member in self.outer.footprint.members() if member.kind == PLACE.id
        }
        own = [over.get(f"{self.footprint.id}/{place.id}", ids.get(place.parent, -1)) for place in self.places]
        return np.array(own, dtype=np.int64)

    @cached_property
    def found_parents(self) -> Ints:
        """By position of the place, the position of the place above where most of its residents live; -1 for none."""
        outer, count = self.outer, len(self.places)
        if outer is None:
            return np.full(count, -1)
        within = len(outer.places)
        both = np.flatnonzero((self.assignment.place >= 0) & (outer.assignment.place >= 0))
        cells = self.assignment.place[both] * within + outer.assignment.place[both]
        # LSOAs decide where nobody lives.
        people = sums(cells, self.populations.residents[both] + 1e-6, count * within).reshape(count, within)
        return np.where(people.any(axis=1), people.argmax(axis=1), -1)

    @cached_property
    def parentcd(self) -> Texts:
        """PARENTCD by position of the place, empty for none."""
        return self._of_parents(self.outer.placecd if self.outer else np.array([""], dtype=object))

    @cached_property
    def parentnm(self) -> Texts:
        """PARENTNM by position of the place, empty for none."""
        return self._of_parents(self.outer.placenm if self.outer else np.array([""], dtype=object))

    def _of_parents(self, texts: Texts) -> Texts:
        return np.asarray(texts[self.parents], dtype=object)

    @cached_property
    def crossing(self) -> Bools:
        """LSOAs of a place that its parent does not have."""
        place = self.assignment.place
        if self.outer is None:
            return np.zeros(len(place), dtype=bool)
        return np.asarray((place >= 0) & (self.outer.assignment.place != self.parents[place]))
