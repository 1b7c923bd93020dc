"""places.csv."""

from __future__ import annotations

import numpy as np

from placemap.config.in_words import declared_from, evidence_text
from placemap.core.columns import columns_of_rows
from placemap.core.tables import Table
from placemap.crosswalk import schemas
from placemap.crosswalk.headed import with_parent
from placemap.reference.describe import Describer, as_text
from placemap.resolve.resolved import ResolvedFootprint


def places_table(resolved: ResolvedFootprint, describer: Describer) -> Table:
    """A row a place: what it is declared from, its figures, its evidence and its shortest exact description."""
    footprint, populations = resolved.footprint, resolved.populations
    rows = []
    for position, (place, head) in enumerate(zip(resolved.places, resolved.place_codes, strict=True)):
        lsoas = np.flatnonzero(resolved.lsoas(position))
        rows.append(
            (
                *head.cells,
                declared_from(place),
                len(lsoas),
                *populations.of(lsoas),
                footprint.status,
                footprint.grade,
                place.basis,
                evidence_text(resolved.system, place),
                as_text(describer.describe(lsoas.tolist())),
                *((resolved.parentcd[position], resolved.parentnm[position]) if resolved.outer else ()),
            )
        )
    schema = with_parent(schemas.places(populations)) if resolved.outer else schemas.places(populations)
    return Table("places", schema, columns_of_rows(rows, schema))
