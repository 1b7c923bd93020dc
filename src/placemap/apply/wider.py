"""Rows of wider areas among those of smaller ones: totals of districts, counties, England, which repeat other rows.

Such a row is no loss: its people are in the rows of its parts, or it stands there to compare with. A code of another
kind that no row of the data is a part of may be about people that no other row has; it stays another kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from placemap.core.arrays import Bools, Ints
from placemap.core.codes import KINDS
from placemap.reference.geography import Geography

#: Countries, regions, metropolitan counties and combined authorities; no lookup has them, and no data are by them.
_WIDEST = re.compile(r"E92\d{6}|K0\d{7}|E(?:12|40)\d{6}|E11\d{6}|E47\d{6}")
#: Kinds of areas, and of practices, from small to large; those of one number are no parts of each other.
_SIZES = {"lsoa": 1, "msoa": 2, "ward": 2, "ltla": 3, "sub_icb": 3, "utla": 4, "icb": 5}
_OF_PATIENTS = {"practice": 1, "pcn": 2, "sub_icb": 3, "icb": 5}


@dataclass(frozen=True)
class WiderAreas:
    """What codes that are not of the kind of the data may be totals of.

    Attributes:
        kind: of the data, or what is finer than an LSOA.
        known: codes of the data that the reference has (the LSOAs that they lie in, of what is finer).
    """

    kind: str
    known: frozenset[str]
    geography: Geography

    @staticmethod
    def of(kind: str, codes: Iterable[str], geography: Geography) -> WiderAreas:
        """Of data with some codes, known or not."""
        return WiderAreas(kind, frozenset(codes), geography)

    def has(self, code: str) -> bool:
        """Whether a code is of an area that other rows of the data are parts of."""
        if _WIDEST.fullmatch(code):
            return True
        for kind in self._wider:
            lsoas = self._lsoas_of(kind, code)
            if lsoas is not None:
                return self.is_of_patients or self._has_parts_in(lsoas)
        if self.kind == "practice" and self._is_pcn_of_practices(code):
            return True
        is_shaped = any(KINDS[kind].pattern.fullmatch(code) for kind in self._wider)
        return is_shaped and not self.geography.all_england and not KINDS[self.coarse].pattern.fullmatch(code)

    @property
    def is_of_patients(self) -> bool:
        """Whether the data are by sets of practices."""
        return self.kind in _OF_PATIENTS and KINDS[self.kind].patients

    @property
    def coarse(self) -> str:
        """The kind that the data are placed by."""
        return self.kind if self.kind in KINDS else "lsoa"

    @cached_property
    def _wider(self) -> list[str]:
        """Kinds of areas that may hold units of the data, those of the lookups at hand."""
        sizes = _OF_PATIENTS if self.is_of_patients else _SIZES
        size = sizes.get(self.kind, 0)
        return [kind for kind in sizes if sizes[kind] > size or (kind != self.kind and sizes[kind] == size)]

    def _lsoas_of(self, kind: str, code: str) -> Ints | None:
        """The LSOAs of a unit of the newest vintage that has it; None where none does."""
        if kind == "lsoa":
            at = self.geography.lsoas.positions([code])
            return at if at[0] >= 0 else None
        for vintage in reversed(self.geography.data.vintages("lookup", kind)):
            units = self.geography.units(kind, vintage)
            position = units.position(code)
            if position is not None:
                return units.lsoas(position)
        return None

    def _is_pcn_of_practices(self, code: str) -> bool:
        return bool(self.known.intersection(self.geography.pcns().practices_of.get(code, ())))

    def _has_parts_in(self, lsoas: Ints) -> bool:
        inside = np.zeros(self.geography.size, dtype=bool)
        inside[lsoas] = True
        return any(bool(np.any(is_part)) for is_part in self._parts_in(inside))

    def _parts_in(self, inside: Bools) -> Iterable[Bools]:
        """By vintage of the units of the data, which of these lie in some LSOAs."""
        if self.coarse == "lsoa":
            yield inside & self._held
            return
        for vintage in self.geography.data.vintages("lookup", self.kind):
            units = self.geography.units(self.kind, vintage)
            names = units.ods if units.ods is not None else units.codes
            here = np.array([bool({str(a), str(b)} & self.known) for a, b in zip(units.codes, names, strict=True)])
            has = units.of >= 0
            every, mine = (np.bincount(units.of[has & of], minlength=len(here)) for of in (True, inside))
            yield here & (every > 0) & (every == mine)

    @cached_property
    def _held(self) -> Bools:
        """By LSOA, whether a row of the data is in it."""
        fit, held = self.geography.fit_2011, np.zeros(self.geography.size, dtype=bool)
        codes = sorted(self.known)
        now, old = self.geography.lsoas.positions(codes), fit.codes.positions(codes)
        held[now[now >= 0]] = True
        target = fit.target[np.isin(fit.source, old[old >= 0])]
        held[target[target >= 0]] = True
        return held
