"""What places of several footprints have in common: figures of both tell a reader those of what only one has."""

from __future__ import annotations

from functools import reduce

import pandas as pd

from placemap.apply.apportion import Apportionment

#: Between the places of a piece; no PLACECD has it.
BETWEEN = "\n"
_DUST = 1e-9


def pieces_of(keys: Apportionment) -> pd.DataFrame | None:
    """CODE, PIECE, WEIGHT: the part of each code in each piece; None where there is one footprint, or England as one.

    A piece is the codes of the places that it lies in, joined by `BETWEEN`. Of a unit that crosses places of two
    footprints, the pieces are taken to be in proportion: they sum to what is in each place.
    """
    weights = keys.weights[keys.weights["PLACECD"] != ""]
    layers = _layers(weights)
    # Of footprints that lie side by side, each has the places of the others in what is out of its area.
    if len(layers) < 2 and (keys.as_one or len(weights[["ICSID", "FOOTPRINT"]].drop_duplicates()) < 2):
        return None
    found = reduce(_crossed, map(_with_rest, layers))
    named: pd.DataFrame = found[found["PIECE"].str.strip(BETWEEN) != ""].reset_index(drop=True)
    return named


def places_of(piece: str) -> list[str]:
    """The places that a piece lies in."""
    return [place for place in piece.split(BETWEEN) if place]


def overlapping(pieces: pd.DataFrame | None) -> dict[str, set[str]]:
    """By PLACECD, the places of other footprints that have something in common with it."""
    found: dict[str, set[str]] = {}
    for piece in [] if pieces is None else pieces["PIECE"].unique():
        places = places_of(piece)
        for place in places:
            found.setdefault(place, set()).update(other for other in places if other != place)
    return found


def _layers(weights: pd.DataFrame) -> list[pd.DataFrame]:
    """Footprints, those that do not overlap together: of these, no code has more than the whole."""
    layers: list[pd.DataFrame] = []
    for _, one in weights.groupby(["ICSID", "FOOTPRINT"], sort=True):
        for number, layer in enumerate(layers):
            both = pd.concat([layer, one], ignore_index=True)
            if both.groupby("CODE")["WEIGHT"].sum().max() <= 1 + _DUST:
                layers[number] = both
                break
        else:
            layers.append(one)
    return layers


def _with_rest(weights: pd.DataFrame) -> pd.DataFrame:
    """The parts of codes in places of a footprint, and what is in none of them."""
    own = weights[["CODE", "PLACECD", "WEIGHT"]].set_axis(["CODE", "PIECE", "WEIGHT"], axis=1)
    rest = own.groupby("CODE", as_index=False)["WEIGHT"].sum().assign(PIECE="")
    rest["WEIGHT"] = 1 - rest["WEIGHT"]
    both: pd.DataFrame = pd.concat([own, rest[rest["WEIGHT"] > _DUST]], ignore_index=True)
    return both


def _crossed(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    empty = BETWEEN * one["PIECE"].iloc[0].count(BETWEEN)
    both = one.merge(other, on="CODE", how="outer", suffixes=("", "_OTHER"), validate="m:m")
    left, right = both["PIECE"].fillna(empty), both["PIECE_OTHER"].fillna("")
    weight = both["WEIGHT"].fillna(1.0) * both["WEIGHT_OTHER"].fillna(1.0)
    return pd.DataFrame({"CODE": both["CODE"], "PIECE": left + BETWEEN + right, "WEIGHT": weight})
