"""What may become of a row of a user's data."""

from __future__ import annotations

from placemap.reference.schemas import ELSEWHERE, NO_FIXED_ABODE, NON_GEOGRAPHIC, NOT_KNOWN

#: In the order in which they are told.
PLACED, NO_PLACE, OUT_OF_AREA, WIDER, NOT_IN_TABLES, OTHER_KIND, UNKNOWN, DEAD, MISSING = (
    "placed",
    "in the scope but in no place",
    "out of area",
    "total of a wider area",
    "not in the packaged tables",
    "another kind",
    "unknown code",
    "no longer in use",
    "missing code",
)
#: Of a row whose postcode stands for no place on the ground, such as a box at a post office, or for no address.
NOWHERE = tuple(ELSEWHERE[word] for word in (NON_GEOGRAPHIC, NO_FIXED_ABODE, NOT_KNOWN))
#: Those that are told only where rows are there.
OCCASIONAL = (*ELSEWHERE.values(), WIDER)
OUTCOMES = (PLACED, NO_PLACE, OUT_OF_AREA, *OCCASIONAL, NOT_IN_TABLES, OTHER_KIND, UNKNOWN, DEAD, MISSING)
#: Those that are a loss: the data are about someone, and placemap cannot tell where.
LOSSES = (*NOWHERE, OTHER_KIND, UNKNOWN, DEAD, MISSING)
