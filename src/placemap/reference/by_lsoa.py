"""What the reference tables become on the atom: units, fits between vintages, registrations, PCNs.

LSOAs stand in order of code, and everything is by position of the LSOA. `geography` makes these from tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from placemap.core.arrays import Bools, Floats, Ints, Numbers, Texts, distinct, sums
from placemap.core.codes import normal_name, published_prefix
from placemap.core.columns import Codes, Columns
from placemap.reference.store import TableEntry


@dataclass(frozen=True)
class Units:
    """All units of one kind and vintage, and which of them each LSOA belongs to.

    Attributes:
        codes, names: by unit, in order of code.
        ods: NHS codes by unit, or None.
        of: by LSOA, the position of its unit; -1 where it has none.
        best_fit: by LSOA, True where it is given to the unit that most of its people are in rather than nesting in it.
    """

    kind: str
    vintage: str
    codes: Texts
    names: Texts
    ods: Texts | None
    of: Ints
    best_fit: Bools

    @property
    def prefix(self) -> str:
        """Start of the published column names, such as `LAD24`."""
        return published_prefix(self.kind, self.vintage)

    @cached_property
    def _positions(self) -> dict[str, int]:
        positions = {code: position for position, code in enumerate(self.codes)}
        if self.ods is not None:
            positions.update({ods: position for position, ods in enumerate(self.ods) if ods})
        return positions

    @cached_property
    def _by_unit(self) -> tuple[Ints, Ints]:
        order = np.argsort(self.of, kind="stable")
        return order, np.searchsorted(self.of[order], np.arange(len(self.codes) + 1))

    def position(self, code: str) -> int | None:
        """Position of a unit by its GSS or NHS code; None where there is no such unit."""
        return self._positions.get(code)

    def lsoas(self, position: int) -> Ints:
        """Positions of the LSOAs of the unit at `position`, ascending."""
        order, starts = self._by_unit
        return order[starts[position] : starts[position + 1]]

    def named(self, name: str) -> list[str]:
        """Codes of the units of that name, compared as names in configs are."""
        wanted = normal_name(name)
        return [code for code, found in zip(self.codes, self.names, strict=True) if normal_name(found) == wanted]


@dataclass(frozen=True)
class LsoaConversion:
    """How figures by LSOA of some vintage come to LSOAs of 2021: one row a pair.

    Attributes:
        codes, names: the LSOAs of that vintage, in order of code.
        size: number of LSOAs of 2021.
        source, target: by pair, positions of the two; target is -1 for an LSOA that the store leaves out.
        weight: by pair, share of the source's figure that goes to the target.
        change: by pair, `U`, `S`, `M` or `X`.
    """

    codes: Codes
    names: Texts
    size: int
    source: Ints
    target: Ints
    weight: Floats
    change: Texts

    def to_atoms(self, values: Numbers) -> Floats:
        """Figures by source LSOA (one column or several) as figures by LSOA of 2021, totals conserved."""
        inside = self.target >= 0
        source, target, weight = self.source[inside], self.target[inside], self.weight[inside]
        rows = np.asarray(values, dtype=np.float64).reshape(len(self.codes), -1)
        spread = np.zeros((self.size, rows.shape[1]))
        # Most LSOAs of 2021 have one source, and their rows are copied; the others are added up.
        alone = np.bincount(target, minlength=self.size)[target] == 1
        spread[target[alone]] = rows[source[alone]] * weight[alone, None]
        np.add.at(spread, target[~alone], rows[source[~alone]] * weight[~alone, None])
        return spread.reshape(self.size, *np.shape(values)[1:])

    def shares(self, labels: Ints, count: int) -> Floats:
        """By source LSOA and label, the share of its figure that lives in LSOAs of 2021 with that label.

        Args:
            labels: by LSOA of 2021, 0 … count-1.
            count: number of labels; the last one also takes what the store leaves out.
        """
        label = np.where(self.target >= 0, labels[self.target], count - 1)
        cells = sums(self.source * count + label, self.weight, len(self.codes) * count)
        return cells.reshape(-1, count)

    def pieces(self, labels: Ints) -> tuple[Ints, Ints, Floats]:
        """As `shares`, but only what is there: by piece, in order, the source LSOA, the label and the share.

        Args:
            labels: by LSOA of 2021; -1 leaves its part of the source out.
        """
        count = int(labels.max(initial=-1)) + 1
        label = np.where(self.target >= 0, labels[self.target], -1)
        known = label >= 0
        cells = distinct(self.source[known] * max(count, 1) + label[known])
        source, label = np.divmod(cells.values, max(count, 1))
        return source, label, sums(cells.of, self.weight[known], len(source))


class Lived(NamedTuple):
    """By row, a practice, the label of an LSOA of 2021, and the patients of the one who live there."""

    practice: Ints
    label: Ints
    patients: Floats


@dataclass(frozen=True)
class Registrations:
    """Registered patients by practice and LSOA of residence, one row a pair, in the vintage of the source.

    Attributes:
        entry: the table they come from.
        fit: from the source's LSOAs to those of 2021.
        codes: the practices, in order of code.
        practice: by row, position of the practice.
        lsoa: by row, position of the LSOA in `fit.codes`, or one of the three negative classes below.
        patients: by row.
    """

    entry: TableEntry
    fit: LsoaConversion
    codes: Codes
    practice: Ints
    lsoa: Ints
    patients: Ints

    NO_LSOA = -1
    WALES = -2
    ENGLAND = -3
    """An English LSOA that the packaged extract leaves out."""

    @cached_property
    def by_practice(self) -> Ints:
        """Patients by practice, wherever they live."""
        return sums(self.practice, self.patients, len(self.codes)).astype(np.int64)

    @cached_property
    def by_lsoa(self) -> Ints:
        """Patients by LSOA of the source's vintage, with whatever practice."""
        # To put others into a cell of their own takes less than to take them out.
        size = len(self.fit.codes)
        cells = np.where(self.lsoa < 0, size, self.lsoa)
        return sums(cells, self.patients, size + 1)[:-1].astype(np.int64)

    def by_group(self, group_of_practice: Ints, groups: int) -> Ints:
        """Patients by LSOA of the source's vintage × group of practices.

        Args:
            group_of_practice: by practice, 0 … groups-1, or -1 for none.
            groups: number of groups.
        """
        if groups == 1 and not group_of_practice.any():
            return self.by_lsoa[:, None]
        size = len(self.fit.codes) * groups
        grouped = group_of_practice >= 0
        # Most systems have few of England's practices; all rows are gone through only where most of them count.
        few = np.count_nonzero(grouped) * 2 < len(grouped)
        rows: Ints | slice = np.flatnonzero(grouped[self.practice]) if few else slice(None)
        group, lsoa = group_of_practice.astype(np.int32)[self.practice[rows]], self.lsoa[rows]
        cells = np.where((lsoa < 0) | (group < 0), size, lsoa * groups + group)
        return sums(cells, self.patients[rows], size + 1)[:-1].astype(np.int64).reshape(-1, groups)

    def homes(self, practice: int) -> Floats:
        """By LSOA of 2021, the patients of a practice who live there."""
        rows = (self.practice == practice) & (self.lsoa >= 0)
        return self.fit.to_atoms(sums(self.lsoa[rows], self.patients[rows], len(self.fit.codes)))

    def living(self, labels: Ints) -> Lived:
        """Where patients live: by row, the practice, the label of their LSOA of 2021, and the patients.

        A row of the source whose LSOA is divided between labels becomes several.

        Args:
            labels: by LSOA of 2021; -1 for those whose residents are left out.
        """
        key = labels.tobytes()
        if key not in self._lived:
            self._lived.clear()  # the last one is kept: tables of one footprint ask for the same
            self._lived[key] = self._living(labels)
        return self._lived[key]

    @cached_property
    def _lived(self) -> dict[bytes, Lived]:
        return {}

    def _living(self, labels: Ints) -> Lived:
        source, label, share = self.fit.pieces(labels)
        starts = np.searchsorted(source, np.arange(len(self.fit.codes) + 1)).astype(np.int32)
        # None for the three negative classes, which as positions count from the end.
        pieces_of = np.append(np.diff(starts), [0, 0, 0]).astype(np.int32)
        pieces = pieces_of[self.lsoa]
        row = np.repeat(np.arange(len(pieces), dtype=np.int32), pieces)
        piece = starts[self.lsoa[row]]
        several = np.flatnonzero(pieces[row] > 1)
        begins = np.append(True, row[several][1:] != row[several][:-1])[: len(several)]
        here = np.arange(len(several), dtype=np.int32)
        piece[several] += here - np.maximum.accumulate(np.where(begins, here, 0))
        people = share[piece]
        people *= self.patients[row]
        return Lived(self.practice[row], label.astype(np.int32)[piece], people)


@dataclass(frozen=True)
class Pcns:
    """Primary care networks and their current members at a vintage.

    Attributes:
        names, sub_icb: by code of the PCN.
        pcn_of: by code of the practice, its PCN.
        practice_names: by code of the practice, names of all practices that are or were in a PCN.
        members: the full table of memberships, past and current.
    """

    vintage: str
    names: dict[str, str]
    sub_icb: dict[str, str]
    pcn_of: dict[str, str]
    practice_names: dict[str, str]
    members: Columns

    @cached_property
    def practices_of(self) -> dict[str, list[str]]:
        """Current members by code of the PCN, sorted; a PCN without any is not there."""
        result: dict[str, list[str]] = {}
        for practice, pcn in sorted(self.pcn_of.items()):
            result.setdefault(pcn, []).append(practice)
        return result

    def memberships(self, pcn: str) -> Columns:
        """The rows of `members` that are about one PCN."""
        return self.members.take(self.members["pcn_code"] == pcn)


class LtlaYears(NamedTuple):
    """A row of the history of LTLAs: see `schemas.LTLA_HISTORY`."""

    code: str
    name: str
    first_year: int
    last_year: int
    successor: str
    successor_name: str


def living_in(registrations: Registrations, place: Ints, places: int, group: Ints, groups: int) -> Floats:
    """Patients by group of practices × place that they live in.

    Args:
        place: by LSOA of 2021, position of its place; -1 for none.
        group: by practice, 0 … groups-1.
    """
    practice, lived, patients = registrations.living(place)
    cell = group.astype(np.int32)[practice] * places + lived
    return sums(cell, patients, groups * places).reshape(groups, places)
