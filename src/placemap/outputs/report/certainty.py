"""How sure the places are: a level and a sentence a place, and the LSOAs that other methods put elsewhere."""

from __future__ import annotations

import numpy as np

from placemap.analysis.sensitivity import LABELS, Sensitivity
from placemap.core.text import counted
from placemap.outputs.report.model import Badge, Listing, Section

#: What a reader sees for a level.
_LEVELS = {"certain": "Certain", "high": "Sure", "fair": "Fairly sure", "low": "Unsure"}
_HEAD = ["LSOA", "Name", "Place", "Patients who use the place", "Place by another method", "Method", "Residents"]


def certainty(found: Sensitivity) -> Section:
    """The section of a report."""
    places = found.confidence.frame
    badges = [
        Badge(str(name), _LEVELS[level], str(words))
        for name, level, words in zip(places["PLACENM"], places["CONFIDENCE"], places["WORDS"], strict=True)
    ]
    rows = _rows(found)
    lsoas = len({row[0] for row in rows})
    text = [
        "Practices decide where the LSOAs of this footprint go. Other methods could be defended, too. This is how much "
        "each place would change."
    ]
    title = f"{counted(lsoas, 'LSOA')} that another method puts in another place"
    listing = Listing(title, _HEAD, rows) if rows else None
    return Section("sensitivity", "How sure it is", text, badges, listing, [found.confidence, found.flips])


def _rows(found: Sensitivity) -> list[list[str]]:
    frame = found.flips.frame.sort_values(["PLACECD", "LSOA21CD", "METHOD"])
    names = ("LSOA21CD", "LSOA21NM", "PLACENM", "SHARE", "OTHER_PLACENM", "METHOD", "RESIDENTS")
    return [
        [
            str(code),
            str(name),
            str(place),
            "" if np.isnan(share) else f"{share:.1%}",
            str(other) or "no place",
            LABELS[method],
            f"{people:,.0f}",
        ]
        for code, name, place, share, other, method, people in zip(*(frame[name] for name in names), strict=True)
    ]
