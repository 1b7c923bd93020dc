"""The table of registered patients → registrations by position."""

from __future__ import annotations

from bisect import bisect_left

import numpy as np

from placemap.core.arrays import in_order
from placemap.core.columns import Codes, Columns
from placemap.reference.by_lsoa import LsoaConversion, Registrations
from placemap.reference.schemas import NO_LSOA
from placemap.reference.store import TableEntry


def read_registrations(table: Columns, entry: TableEntry, fit: LsoaConversion) -> Registrations:
    """Registered patients by practice and LSOA.

    Args:
        fit: from the LSOAs of the table.
    """
    practice, codes = table.words("practice_code").numbered()
    homes = table.words(entry.schema.key[1])
    position = fit.codes.positions(homes.words).astype(np.int32)
    # One order whatever the file's: sums of parts of patients differ in the last digit with the order of adding. What
    # is no LSOA stands before the LSOA that its word sorts before.
    rank, known = 2 * position + 1, list(fit.codes)
    for at in np.flatnonzero(position < 0).tolist():
        rank[at] = 2 * bisect_left(known, homes.words[at])
        position[at] = _class_of(homes.words[at])
    order = in_order(practice, rank[homes.at])
    lsoa, patients = position[homes.at], table["patients"].astype(np.int64, copy=False)
    return Registrations(entry, fit, Codes(codes), practice[order], lsoa[order], patients[order])


def _class_of(code: str) -> int:
    if code in NO_LSOA:
        return Registrations.NO_LSOA
    return Registrations.WALES if code.startswith("W") else Registrations.ENGLAND
