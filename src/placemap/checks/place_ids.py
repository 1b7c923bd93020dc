"""A place id stands for one area, for good: what a release called by it, no later one may call another area by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from placemap.config.released import Released
from placemap.core.findings import Finding, Severity
from placemap.resolve.england import ENGLAND
from placemap.resolve.resolved import ResolvedFootprint

#: A place that has less than this part of the LSOAs that its id is recorded with is another place.
_SAME = 0.5


def reused_ids(national: ResolvedFootprint, released: Mapping[str, Released]) -> Iterator[Finding]:
    """Ids of places that stand for another area than in the release that had them last."""
    place = national.assignment.place
    for position, head in enumerate(national.place_codes):
        before = released.get(head.code)
        known = [code for code in before.lsoas if code in national.geography.lsoas] if before else []
        if before is None or not known:
            continue
        mine = set(national.codes(np.flatnonzero(place == position)))
        still = sum(code in mine for code in known)
        if still < _SAME * len(known):
            yield Finding(
                "place-id-reused",
                Severity.ERROR,
                f"{head.code} stood for another area in release {before.last}: {still} of {len(known)} LSOAs "
                "that it is recorded with are in it now.",
                subject=head.code,
                location=str(national.places[position].loc),
                hint="give the new place an id of its own, and the old one `valid_to` and `succeeded_by`",
                system=ENGLAND,
            )
