"""Declaration checks on vintages: the reference has those that a config names."""

from __future__ import annotations

from collections.abc import Iterator

from placemap.checks.codes import error
from placemap.config.model import Footprint, Loc
from placemap.core.codes import KINDS, OLD_LSOA_VINTAGE, is_day
from placemap.core.findings import Finding
from placemap.core.text import listed
from placemap.reference.geography import Geography


def vintages_of(geography: Geography, kind: str) -> list[str]:
    """The vintages of a kind that the reference has, oldest first."""
    data = geography.data
    if kind == "lsoa":
        return sorted({*([OLD_LSOA_VINTAGE] if data.has_2011 else []), *data.vintages("lsoa_names")})
    if kind == "practice":
        return sorted({*data.vintages("practices"), *data.vintages("pcn_members")})
    return data.vintages("pcn_members") if kind == "pcn" else data.vintages("lookup", kind)


def has_vintage(geography: Geography, kind: str, vintage: str | None) -> bool:
    """Whether the reference has that vintage; of PCNs it has every day."""
    if vintage is None or (kind == "pcn" and is_day(vintage)):
        return True
    return vintage in vintages_of(geography, kind)


def vintage_of_pcns(geography: Geography, footprint: Footprint) -> Iterator[Finding]:
    """The footprint's own vintage of PCNs, which its tables use whatever its members are."""
    vintage = footprint.vintages.get("pcn")
    if not has_vintage(geography, "pcn", vintage):
        yield unknown_vintage(geography, f"footprint {footprint.id}", "pcn", vintage, footprint.loc, "")


def unknown_vintage(geography: Geography, what: str, kind: str, vintage: str | None, loc: Loc, place: str) -> Finding:
    """A vintage that the reference does not have.

    Args:
        what: is declared in it.
    """
    have = vintages_of(geography, kind)
    return error(
        "unknown-vintage",
        f"{what} is meant in vintage {vintage}, but the reference data have {KINDS[kind].plural} of "
        f"{listed(have) if have else 'no vintage'}{' only' if len(have) == 1 else ''}.",
        what.rsplit(maxsplit=1)[-1],
        loc,
        place,
        f"correct `{kind}_vintage`, or fetch that vintage with `placemap data update` or `placemap data import`",
    )
