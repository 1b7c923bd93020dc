"""LSOAs that are in another place in one of two results, each under one cause."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from placemap.analysis import schemas
from placemap.analysis.diff_practices import MovedPractice, votes_moved
from placemap.analysis.diff_sides import (
    CAUSES,
    CONFIG,
    LOOKUP,
    MEMBERSHIP,
    REGISTRATIONS,
    SPLIT,
    Sides,
    side_by_side,
    text_of,
)

_LOOKUPS = ("lsoa_names", "msoa", "ward", "ltla", "utla", "sub_icb", "icb")


def moved_lsoas(sides: Sides, practices: Mapping[str, MovedPractice]) -> pd.DataFrame:
    """A row an LSOA that moved, under exactly one cause."""
    votes = votes_moved(sides, practices)
    both = side_by_side(sides.old.lsoas, sides.new.lsoas)
    before = both["PLACECD_OLD"].fillna("").map(lambda code: sides.recoded.get(code, code))
    after = both["PLACECD_NEW"].fillna("")
    moved = both[(before != after).to_numpy()]
    first, second = ("_NEW", "_OLD") if sides.counted is sides.new else ("_OLD", "_NEW")
    people = moved[f"RESIDENTS{first}"].fillna(moved[f"RESIDENTS{second}"])
    causes = [_cause(sides, practices, votes.get(str(row.Index), {}), row) for row in moved.itertuples()]
    names_old, names_new = {"": "", **sides.old.names}, {"": "", **sides.new.names}
    frame = pd.DataFrame(
        {
            "LSOA21CD": moved.index.to_numpy(dtype=object),
            "LSOA21NM": moved["NAME_NEW"].fillna(moved["NAME_OLD"]).to_numpy(dtype=object),
            "FROM_PLACECD": moved["PLACECD_OLD"].fillna("").to_numpy(dtype=object),
            "FROM_PLACENM": moved["PLACECD_OLD"].fillna("").map(names_old).to_numpy(dtype=object),
            "TO_PLACECD": moved["PLACECD_NEW"].fillna("").to_numpy(dtype=object),
            "TO_PLACENM": moved["PLACECD_NEW"].fillna("").map(names_new).to_numpy(dtype=object),
            "CAUSE": np.array([cause for cause, _ in causes], dtype=object),
            "RESIDENTS": people.to_numpy(dtype=float),
            "DETAIL": np.array([detail for _, detail in causes], dtype=object),
        }
    )
    return frame[schemas.MOVES.names]


def _cause(
    sides: Sides, practices: Mapping[str, MovedPractice], votes: Mapping[str, Mapping[str, float]], row: Any
) -> tuple[str, str]:
    """The one cause of a move, by what decided on the LSOA before and after and what of that differs.

    Args:
        votes: by cause and practice, patients in the LSOA of practices that moved. They decide where they account for
            the move by themselves.
        row: the LSOA on both sides.
    """
    lsoa = str(row.Index)
    methods = {method for _, end in sides.ends if (method := text_of(getattr(row, f"METHOD_{end}")))}
    if votes and methods == {"plurality"} and ("registrations" not in sides.inputs or lsoa in sides.flipped):
        cause, codes = max(votes.items(), key=lambda item: (sum(item[1].values()), -CAUSES.index(item[0])))
        top, _ = max(codes.items(), key=lambda item: (item[1], item[0]))
        return cause, practices[top].detail
    if "plurality" in methods and "registrations" in sides.inputs:
        return (SPLIT, "") if _was_split(sides, lsoa) and "exact_fit" in sides.inputs else (REGISTRATIONS, "")
    if _was_split(sides, lsoa) and ("exact_fit" in sides.inputs or "lsoa_names" in sides.inputs):
        return SPLIT, ""
    lookups = [name for name in _LOOKUPS if name in sides.inputs]
    if lookups and not sides.config_edited:
        return LOOKUP, ", ".join(f"{name} {sides.inputs[name][1]} → {sides.inputs[name][2]}" for name in lookups)
    if sides.config_edited or not sides.inputs:
        return CONFIG, ""
    return (MEMBERSHIP if "pcn_members" in sides.inputs else REGISTRATIONS), ""


def _was_split(sides: Sides, lsoa: str) -> bool:
    if sides.geography is None or lsoa not in sides.geography.lsoas:
        return lsoa not in sides.old.lsoas.index or lsoa not in sides.new.lsoas.index
    fit = sides.geography.fit_2011
    pairs = fit.target == sides.geography.lsoas.position(lsoa)
    return bool((fit.change[pairs] != "U").any())
