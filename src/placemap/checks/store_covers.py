"""Whether a store holds what a system needs: the packaged tables cover three systems, and say so in their manifest."""

from __future__ import annotations

from placemap.config.model import Footprint, System
from placemap.core.codes import KINDS, MEMBER_KINDS
from placemap.core.errors import PlacemapError
from placemap.core.text import listed, some
from placemap.reference.geography import Geography

UPDATE = (
    "`placemap data update` fetches the tables of all England, once; where downloads are blocked, "
    "`placemap data import FOLDER` makes them from files that you have (`placemap data status` names them)"
)
CODES_SHOWN = 3


def require_coverage(system: System, footprint: Footprint, geography: Geography) -> None:
    """Refuse a system that the store was not cut for.

    Without this a system whose units lie only partly in an extract would be built from a part of its LSOAs.

    Raises:
        PlacemapError: the store is an extract for other systems; says what of this one is not in it.
    """
    covers = geography.data.manifest.covers
    if not covers or system.icb_code in covers:
        return
    raise PlacemapError(
        f"{system.name} is not in the tables in use, which cover only {listed(sorted(covers.values()))}. "
        f"Missing: the LSOAs, people and practices of {missing(footprint)}",
        location=system.loc.file,
        hint=UPDATE,
    )


def missing(footprint: Footprint) -> str:
    """What a footprint names, in short: `10 sub-ICB locations (00T, 00V, 00Y …) and 10 LTLAs (E08000001 …)`."""
    units = [*footprint.scope.include, *(member for _, member in footprint.members())]
    texts = []
    for kind in sorted(MEMBER_KINDS, key=lambda kind: kind != "sub_icb"):
        codes = sorted({unit.code for unit in units if unit.kind == kind})
        if codes:
            noun = KINDS[kind].label if len(codes) == 1 else KINDS[kind].plural
            texts.append(f"{len(codes)} {noun} ({some(codes, CODES_SHOWN)})")
    return listed(texts)
