"""How `build --sensitivity` tells how much the places depend on the method."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import typer

from placemap.cli.common import print_table, rounded

if TYPE_CHECKING:
    from placemap.analysis.sensitivity import Sensitivity

#: More places than this are counted, and only those that depend on the method are told one by one.
MANY = 30


def show_sensitivity(found: Sensitivity | None) -> None:
    """Print what other methods make of the places; nothing where that was not asked for."""
    if found is None:
        return
    from placemap.analysis.sensitivity import LABELS

    rows = [(LABELS[method], f"{lsoas:,}", f"{people:,.0f}") for method, lsoas, people in found.by_method()]
    print_table(("other method", "LSOAs that change place", "residents"), rows, right=(1, 2), title="\nsensitivity")
    places = found.confidence.frame
    if len(places) > MANY:
        counts = Counter(places["CONFIDENCE"])
        levels = ", ".join(f"{level} {counts[level]}" for level in ("certain", "high", "fair", "low") if counts[level])
        typer.echo(f"confidence of the {len(places)} places: {levels}")
        places = places[places["CONFIDENCE"] == "low"]
    for row in places.itertuples():
        typer.echo(f"confidence {row.CONFIDENCE}: {row.WORDS}")


def sensitivity_json(found: Sensitivity | None) -> dict[str, Any] | None:
    """The same for machines."""
    if found is None:
        return None
    methods = [{"method": m, "lsoas": n, "residents": round(p, 2)} for m, n, p in found.by_method()]
    confidence = found.confidence.frame[["PLACECD", "CONFIDENCE", "WORDS", "FLIPPING", "FLIPPING_SHARE"]]
    rows = [{str(key).lower(): value for key, value in row.items()} for row in rounded(confidence.to_dict("records"))]
    return {"methods": methods, "places": rows}
