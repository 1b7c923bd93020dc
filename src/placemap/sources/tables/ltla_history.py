"""Codes of LTLAs through the years, worked out from the lookups of several years.

A code that is in one lookup and not in the next was followed by the code that most of its LSOAs have there. The year of
the change lies between the two; `began` in the list of sources says which where no lookup does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pandas as pd

from placemap.core.codes import LSOA_VINTAGE
from placemap.reference.schemas import ATOM_COLUMN
from placemap.sources.catalogue import Source
from placemap.sources.store_table import StoreTable, store_table

FAMILY = "ltla_history"


def derived_history(lookups: Sequence[StoreTable], fit: pd.DataFrame, source: Source) -> list[StoreTable]:
    """The history, from LSOA to LTLA lookups of at least two years; none where there are fewer.

    Args:
        lookups: of LTLAs, and of the wards' LTLAs where an old year has no other; one a vintage.
        fit: LSOA 2011 → LSOA 2021.
    """
    ordered = sorted(lookups, key=lambda table: table.vintage)
    if len(ordered) < 2:
        return []
    years = [int(table.vintage) for table in ordered]
    frames = [_on_2021(table, fit) for table in ordered]
    began = {code: int(year) for year, codes in source.began.items() for code in codes}
    followed = _successors(frames)
    frame = _lives(frames, years, followed, began)
    table = store_table(frame, source, FAMILY, str(years[-1]))
    return [replace(table, derived=f"lookups of LTLAs of {', '.join(map(str, years))}")]


def _on_2021(table: StoreTable, fit: pd.DataFrame) -> pd.DataFrame:
    columns = ["lsoa_code", "ltla_code", "ltla_name"]
    if table.base == LSOA_VINTAGE:
        return table.frame[columns]
    atom = ATOM_COLUMN[table.base].name
    pairs = fit[[atom, "lsoa_code"]].drop_duplicates("lsoa_code")
    return pairs.merge(table.frame, on=atom, how="inner", validate="m:1")[columns]


def _successors(frames: Sequence[pd.DataFrame]) -> dict[str, list[str]]:
    """By code that ends, the codes that followed it."""
    found: dict[str, list[str]] = {}
    for old, new in pairwise(frames):
        ended = set(old["ltla_code"]) - set(new["ltla_code"])
        pairs = old[old["ltla_code"].isin(ended)].merge(new, on="lsoa_code", how="inner", validate="1:1")
        counts = pairs.groupby(["ltla_code_x", "ltla_code_y"]).size()
        whole = counts.groupby(level=0).transform("sum")
        for before, after in counts[counts / whole >= _MOST].index:
            found.setdefault(before, []).append(after)
    return found


#: Lookups by way of wards put single LSOAs into a neighbour; a part of a code is larger.
_MOST = 0.1


def _lives(
    frames: Sequence[pd.DataFrame],
    years: Sequence[int],
    followed: Mapping[str, Sequence[str]],
    began: Mapping[str, int],
) -> pd.DataFrame:
    names: dict[str, str] = {}
    first: dict[str, int] = {}
    for frame, year in zip(frames, years, strict=True):
        for code, name in frame[["ltla_code", "ltla_name"]].drop_duplicates("ltla_code").itertuples(index=False):
            names[code] = name
            first.setdefault(code, began.get(code, year))
    rows = []
    for code in sorted(names):
        after = followed.get(code, [])
        last = min((first[new] for new in after), default=years[-1] + 1) - 1
        rows += [(code, names[code], first[code], last, new, names.get(new, "")) for new in after or [""]]
    columns = ["ltla_code", "ltla_name", "first_year", "last_year", "successor_code", "successor_name"]
    return pd.DataFrame(rows, columns=columns)
