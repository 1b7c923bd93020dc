"""What a code means: its kind, the vintage in which it lives, its name, and what it lies in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from placemap.core.arrays import Ints, distinct
from placemap.core.codes import KINDS, OLD_LSOA_VINTAGE, is_ccg, kinds_of
from placemap.core.errors import Exit, PlacemapError
from placemap.reference.by_lsoa import Units
from placemap.reference.former_codes import (
    area_ended,
    newer_than_held,
    newest_practices,
    past_practice,
    practices_went,
)
from placemap.reference.geography import Geography

#: What an LSOA is said to lie in, from near to far.
PARENT_KINDS = ("msoa", "ward", "ltla", "utla", "sub_icb", "icb")


def label_of(kind: str, vintage: str) -> str:
    """What people call a unit of a kind in a vintage: E38 codes were CCGs until 2022."""
    return "CCG" if is_ccg(kind, vintage) else KINDS[kind].label


@dataclass(frozen=True)
class NamedUnit:
    """A unit of a kind and vintage."""

    kind: str
    code: str
    name: str
    vintage: str

    @property
    def text(self) -> str:
        """`ward E05010885 (Ashley, 2024)`."""
        inside = ", ".join(part for part in (self.name, self.vintage) if part)
        return f"{label_of(self.kind, self.vintage)} {self.code} ({inside})"


@dataclass(frozen=True)
class Subject:
    """A unit that is asked about.

    Attributes:
        unit: what it is.
        lsoas: positions of its LSOAs of 2021; empty for a set of practices.
        parents: the units that it lies in; for an aggregate those that its LSOAs all lie in.
        notes: what must be known to read the answer.
    """

    unit: NamedUnit
    lsoas: Ints
    parents: tuple[NamedUnit, ...] = ()
    notes: tuple[str, ...] = ()


def find_subject(code: str, geography: Geography, pcn_vintage: str | None = None) -> Subject:
    """What `code` means in the reference.

    Args:
        code: a GSS or NHS code, in any case.
        geography: the reference.
        pcn_vintage: the vintage of PCNs to look in first.

    Raises:
        PlacemapError: it has the shape of no code, or the reference does not have it.
    """
    code = "".join(code.split()).upper()
    for kind in kinds_of(code):
        found = _FINDERS.get(kind.id, _area)(kind.id, code, geography, pcn_vintage)
        if found is not None:
            return found
    raise unknown_code(code, geography)


def unknown_code(code: str, geography: Geography) -> PlacemapError:
    """The error of a code that the reference does not have: newer than that, not packaged, or no code at all."""
    kinds = kinds_of(code)
    if not kinds:
        return PlacemapError(
            f"`{code}` does not look like any code",
            hint="`placemap find` looks up names; a place is written system/footprint/place",
            exit_code=Exit.USAGE,
        )
    label = f"{kinds[0].label} {code}"
    newer = newer_than_held(kinds[0].id, code, geography) if kinds[0].id in PARENT_KINDS else ""
    if newer:
        return PlacemapError(
            f"there is no {label} in the reference, and its number is higher than any of {newer}, the newest held: "
            "it is newer, or mistyped",
            hint="`placemap data update` looks for newer tables; `placemap find` looks up names",
        )
    if geography.all_england:
        return PlacemapError(
            f"there is no {label} in any vintage of the reference", hint="`placemap find` looks up names"
        )
    return PlacemapError(
        f"{label} is not in the packaged tables, which hold only what the shipped configs need",
        hint="`placemap data update` to look in all England, or --data with a store that has it",
    )


def _lsoa(_kind: str, code: str, geography: Geography, _pcn: str | None) -> Subject | None:
    if code in geography.lsoas:
        position = int(geography.lsoas.positions([code])[0])
        unit = NamedUnit("lsoa", code, str(geography.lsoa_names[position]), geography.units_entry("lsoa").vintage)
        here = np.array([position])
        return Subject(unit, here, parents_of(here, geography), _change_of_2021(position, geography))
    fit = geography.fit_2011
    if code not in fit.codes:
        return None
    source = int(fit.codes.positions([code])[0])
    pairs = np.flatnonzero((fit.source == source) & (fit.target >= 0))
    here = fit.target[pairs]
    unit = NamedUnit("lsoa", code, str(fit.names[source]), OLD_LSOA_VINTAGE)
    return Subject(unit, here, parents_of(here, geography), (_change_of_2011(source, geography),))


_CHANGES = {"U": "is unchanged", "S": "was split", "M": "was merged with others", "X": "was redrawn"}


def _change_of_2011(source: int, geography: Geography) -> str:
    fit = geography.fit_2011
    rows = np.flatnonzero(fit.source == source)
    parts = [
        f"{geography.lsoas[fit.target[row]]} ({fit.weight[row]:.1%})"
        if fit.target[row] >= 0
        else "one outside the tables"
        for row in rows
    ]
    return f"This LSOA of 2011 {_CHANGES[str(fit.change[rows[0]])]}; in 2021 its people are in {', '.join(parts)}."


def _change_of_2021(position: int, geography: Geography) -> tuple[str, ...]:
    fit = geography.fit_2011
    rows = np.flatnonzero(fit.target == position)
    if not len(rows) or fit.change[rows[0]] == "U":
        return ()
    parents = ", ".join(str(fit.codes[fit.source[row]]) for row in rows)
    verb = {"S": "is a part of", "M": "was merged from", "X": "was redrawn from"}[str(fit.change[rows[0]])]
    return (f"In 2021 it {verb} LSOA{'s' if len(rows) > 1 else ''} {parents} of 2011.",)


def _area(kind: str, code: str, geography: Geography, _pcn: str | None) -> Subject | None:
    for units in _vintages(kind, geography):
        position = units.position(code)
        if position is not None:
            lsoas = units.lsoas(position)
            unit = NamedUnit(kind, str(units.codes[position]), str(units.names[position]), units.vintage)
            return Subject(unit, lsoas, _parents_above(kind, lsoas, geography), _former(kind, units, code, geography))
    return None


def _vintages(kind: str, geography: Geography) -> Iterator[Units]:
    """The units of a kind, those of the vintage in use first, then from new to old."""
    usual = geography.default_vintage(kind)
    known = geography.data.vintages("lookup", kind)
    for vintage in sorted(known, key=lambda item: (item == usual, item), reverse=True):
        yield geography.units(kind, vintage)


def _former(kind: str, units: Units, code: str, geography: Geography) -> tuple[str, ...]:
    """That a unit is of another vintage than the one in use, and what became of it where it has ended."""
    usual, label = geography.default_vintage(kind), KINDS[kind].label
    ended = area_ended(kind, code, geography)
    story = [f"This {label} has ended. {ended}"] if ended else []
    if units.vintage == usual:
        return tuple(story)
    return (f"The code is not in use in {usual}; this is the {label} as it was in {units.vintage}.", *story)


def _parents_above(kind: str, lsoas: Ints, geography: Geography) -> tuple[NamedUnit, ...]:
    above = PARENT_KINDS[PARENT_KINDS.index(kind) + 1 :] if kind in PARENT_KINDS else PARENT_KINDS
    return tuple(unit for unit in parents_of(lsoas, geography) if unit.kind in above)


def parents_of(lsoas: Ints, geography: Geography) -> tuple[NamedUnit, ...]:
    """The units in use that all of the LSOAs belong to, from near to far."""
    found = []
    for kind in PARENT_KINDS:
        if geography.data.find("lookup", kind) is None:
            continue
        units = geography.units(kind)
        positions = distinct(units.of[lsoas]).values
        if len(positions) == 1 and positions[0] >= 0:
            unit = int(positions[0])
            found.append(NamedUnit(kind, str(units.codes[unit]), str(units.names[unit]), units.vintage))
    return tuple(found)


def _pcn(_kind: str, code: str, geography: Geography, pcn_vintage: str | None) -> Subject | None:
    usual = pcn_vintage or geography.default_vintage("pcn")
    known = geography.data.vintages("pcns")
    for vintage in sorted(known, key=lambda item: (item == usual, item), reverse=True):
        pcns = geography.pcns(vintage)
        if code in pcns.names:
            notes = (*_without_members(code, vintage, geography), *_pcn_ended(code, vintage, geography))
            return Subject(NamedUnit("pcn", code, pcns.names[code], vintage), _none(), notes=notes)
    return None


def _pcn_ended(code: str, vintage: str, geography: Geography) -> Iterator[str]:
    """That a PCN with members in a vintage has none in the newest list."""
    newest = geography.pcns(geography.data.vintages("pcns")[-1])
    practices = geography.pcns(vintage).practices_of.get(code, [])
    if practices and code not in newest.practices_of:
        yield f"This PCN has ended: it has no members in {newest.vintage}. {practices_went(practices, newest)}"


def _without_members(code: str, vintage: str, geography: Geography) -> tuple[str, ...]:
    pcns = geography.pcns(vintage)
    if code in pcns.practices_of:
        return ()
    members = pcns.memberships(code)
    first = min(members["start"], default="")
    if first[: len(vintage)] > vintage:
        return (f"It has no members yet in {vintage}; the first joins on {first}.",)
    former = sorted(set(members["practice_code"]))
    now = Counter(pcns.pcn_of.get(practice, "no PCN") for practice in former)
    where = ", ".join(f"{count} to {pcn} {pcns.names.get(pcn, '')}".strip() for pcn, count in now.most_common())
    return (f"It has no current members in {vintage}" + (f"; its practices went: {where}." if where else "."),)


def _practice(_kind: str, code: str, geography: Geography, pcn_vintage: str | None) -> Subject | None:
    pcns = geography.pcns(pcn_vintage)
    names = {**pcns.practice_names, **geography.practice_names}
    if code not in names:
        return None
    pcn = pcns.pcn_of.get(code)
    parents = (NamedUnit("pcn", pcn, pcns.names[pcn], pcns.vintage),) if pcn else ()
    notes = [] if pcn else [f"It is in no PCN in {pcns.vintage}."]
    if code not in geography.registrations.codes:
        notes.append(f"It has no registered patients in {geography.registrations_entry.vintage}.")
    newest, living = newest_practices(geography)
    past = past_practice(code, geography) if code not in living else None
    if past:
        notes.append(f"This practice has ended: it is not listed in {newest}. {past.story}")
    return Subject(
        NamedUnit("practice", code, names[code], geography.registrations_entry.vintage), _none(), parents, tuple(notes)
    )


def _none() -> Ints:
    return np.array([], dtype=np.int64)


_FINDERS = {"lsoa": _lsoa, "pcn": _pcn, "practice": _practice}
