"""Codes of the data whose areas overlap: a district of another year within its successor counts its people twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from placemap.core.arrays import Ints
from placemap.core.codes import KINDS
from placemap.core.text import counted
from placemap.reference.geography import Geography


def overlap_notes(codes: Iterable[str], kind: str, geography: Geography) -> Iterator[str]:
    """A note where two codes of the data stand for the same ground; nothing where none do, as in data of one year.

    Args:
        codes: of the data, each once.
        kind: of them, one of `codes.MEMBER_KINDS`.
    """
    if KINDS[kind].patients:
        return
    pairs = _pairs(sorted(codes), kind, geography)
    if pairs:
        one, other = pairs[0]
        more = f" (and {counted(len(pairs) - 1, 'more pair')})" if len(pairs) > 1 else ""
        yield (
            f"{one} and {other}{more} overlap: they are of different years, or two codes of one area. Rows of one time "
            "count twice there: keep one of each pair, or divide the result by time with --group"
        )


def _pairs(codes: list[str], kind: str, geography: Geography) -> list[tuple[str, str]]:
    """Codes whose areas overlap, each with the first before it that it does so with."""
    owner = np.full(geography.size, -1)
    areas = _lsoas_of_old(codes, geography, owner) if kind == "lsoa" else _lsoas_of(codes, kind, geography)
    found = []
    for number, lsoas in areas:
        taken = owner[lsoas]
        if (taken >= 0).any():
            found.append((codes[int(taken[taken >= 0][0])], codes[number]))
        owner[lsoas[taken < 0]] = number
    return found


def _lsoas_of(codes: list[str], kind: str, geography: Geography) -> Iterator[tuple[int, Ints]]:
    """Position of a code and its LSOAs, of the newest vintage that has it, those of the newest first."""
    seen: set[int] = set()
    for vintage in reversed(geography.data.vintages("lookup", kind)):
        units = geography.units(kind, vintage)
        for number, code in enumerate(codes):
            if number not in seen and (position := units.position(code)) is not None:
                seen.add(number)
                yield number, units.lsoas(position)


def _lsoas_of_old(codes: list[str], geography: Geography, owner: Ints) -> Iterator[tuple[int, Ints]]:
    """The same of codes that are of 2011 alone; `owner` gets those of 2021, which are one LSOA each."""
    fit = geography.fit_2011
    at, old = geography.lsoas.positions(codes), fit.codes.positions(codes)
    owner[at[at >= 0]] = np.flatnonzero(at >= 0)
    for number in np.flatnonzero((at < 0) & (old >= 0)).tolist():
        target = fit.target[fit.source == old[number]]
        yield number, target[target >= 0]
