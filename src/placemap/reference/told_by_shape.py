"""Postcodes and output areas that are in no LSOA of England, told by their shape alone.

The NHS has postcodes of its own, from ZZ99 on, for people without an address in the United Kingdom; the ONS Postcode
Directory lacks them (NHS Data Dictionary, POSTCODE; Hospital Episode Statistics, field HOMEADD). It may also lack
British forces' post offices (BF1), islands, and what is newer than itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from placemap.core.fine_kinds import FineKind
from placemap.reference.schemas import ABROAD, NO_FIXED_ABODE, NON_GEOGRAPHIC, NOT_KNOWN

Rules = Sequence[tuple[str, str]]
"""Regular expressions for a whole code, as `normal` writes it, and the word for where it is; the first counts."""

#: Whatever a directory says of them.
PSEUDO: Rules = (
    ("ZZ993VZ", NO_FIXED_ABODE),
    ("ZZ993[CW]Z", NOT_KNOWN),  # somewhere in England or the United Kingdom; not known at all
    ("ZZ993GZ", "WALES"),
    ("ZZ991WZ", "SCOTLAND"),
    ("ZZ992WZ", "NORTHERN IRELAND"),
    ("ZZ993HZ", "CHANNEL ISLANDS"),
    ("ZZ993BZ", "ISLE OF MAN"),
    ("ZZ99[0-9][A-Z]Z", ABROAD),
)
#: Where a directory does not have them.
_INWARD = "[0-9][A-Z]{2}"
_BY_AREA: Rules = (
    (f"BT[0-9]{{1,2}}{_INWARD}", "NORTHERN IRELAND"),
    (f"(JE|GY)[0-9]{{1,2}}{_INWARD}", "CHANNEL ISLANDS"),
    (f"IM[0-9]{{1,2}}{_INWARD}", "ISLE OF MAN"),
    (f"GX11{_INWARD}", ABROAD),
    (f"(BF|BX)[0-9]{{1,2}}{_INWARD}", NON_GEOGRAPHIC),
)
#: Output areas begin with E00 in England.
_COUNTRIES: Rules = (("W00[0-9]{6}", "WALES"), ("S00[0-9]{6}", "SCOTLAND"), ("N00[0-9]{6}", "NORTHERN IRELAND"))


def rules_before(kind: FineKind) -> Rules:
    """The rules that come before a lookup."""
    return PSEUDO if kind.id == "postcode" else ()


def rules_after(kind: FineKind) -> Rules:
    """The rules for what a lookup does not have."""
    return _BY_AREA if kind.id == "postcode" else _COUNTRIES


def word_of(code: str, rules: Rules) -> str:
    """The word for where a code is, as `normal` writes it; empty where no rule fits."""
    return next((word for shape, word in rules if re.fullmatch(shape, code)), "")
