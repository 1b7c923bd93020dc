"""The place of every code of the data, for rows that are written with it."""

from __future__ import annotations

import pandas as pd

from placemap.apply import sql
from placemap.apply.apportion import Apportionment
from placemap.apply.engine_duckdb import Engine
from placemap.apply.outcomes import MISSING, NO_PLACE, OUT_OF_AREA, PLACED
from placemap.apply.told import outcome_of
from placemap.apply.wider import WiderAreas
from placemap.reference.fine_lookups import FineLookup
from placemap.reference.geography import Geography

JOIN_COLUMNS = ("ICSID", "FOOTPRINT", "PLACECD", "PLACENM", "PLACE_SHARE", "OUTCOME")


def join_table(
    engine: Engine,
    question: sql.Question,
    keys: Apportionment,
    kind: str,
    lookup: FineLookup | None,
    geography: Geography,
) -> pd.DataFrame:
    """CODE and `JOIN_COLUMNS`, a row a code of the reference and of the data; no code is empty text.

    Args:
        engine: has the data, added up by code.
        kind: of the codes, where no lookup brought them to LSOAs.
        lookup: the one that did.
    """
    engine.load(sql.CODES, keys.codes)
    strays = [row["CODE"] for row in engine.query(sql.unmatched(question))]
    every = [str(row["CODE"] or "") for row in engine.query(sql.by_code())]
    wider = WiderAreas.of(lookup.kind.id if lookup else kind, every, geography)
    rest = {code or "": outcome_of(code, wider, lookup) for code in strays}
    rest.setdefault("", MISSING)
    others = pd.DataFrame(list(rest.items()), columns=["CODE", "OUTCOME"], dtype=object)
    return pd.concat([_of_reference(keys), others], ignore_index=True)[["CODE", *JOIN_COLUMNS]]


def _of_reference(keys: Apportionment) -> pd.DataFrame:
    """The codes of the reference, each with the place that has the largest part of it; of equal ones the first."""
    weights = keys.weights
    in_scope = set(weights.loc[weights["PLACECD"] == "", "CODE"])
    best = weights[weights["PLACECD"] != ""].sort_values(["CODE", "WEIGHT", "PLACECD"], ascending=[True, False, True])
    best = best.drop_duplicates("CODE").rename(columns={"WEIGHT": "PLACE_SHARE"})
    codes = keys.codes[["CODE", "OUTCOME"]].merge(best, on="CODE", how="left", validate="1:1")
    unplaced = codes["CODE"].isin(in_scope).map({True: NO_PLACE, False: OUT_OF_AREA})
    outside = codes["OUTCOME"].where(codes["OUTCOME"] != "known", unplaced)
    codes["OUTCOME"] = outside.where(codes["PLACECD"].isna(), PLACED)
    return codes
