"""The table of registered patients → registrations by position."""

from __future__ import annotations

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
    of_row, unique = table.words(entry.schema.key[1]).numbered()
    position = fit.codes.positions(unique).astype(np.int32)
    elsewhere = np.flatnonzero(position < 0)
    position[elsewhere] = [_class_of(code) for code in unique[elsewhere]]
    lsoa, patients = position[of_row], table["patients"].astype(np.int64, copy=False)
    # One order whatever the file's: sums of parts of patients differ in the last digit with the order of adding.
    order = in_order(practice, of_row)
    return Registrations(entry, fit, Codes(codes), practice[order], lsoa[order], patients[order])


def _class_of(code: str) -> int:
    if code in NO_LSOA:
        return Registrations.NO_LSOA
    return Registrations.WALES if code.startswith("W") else Registrations.ENGLAND
