"""places.csv and findings.csv."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placemap.config.in_words import declared_from, evidence_text
from placemap.config.model import System
from placemap.core.tables import Table
from placemap.crosswalk import schemas
from placemap.reference.describe import Describer, as_text
from placemap.reference.geography import Geography
from placemap.resolve.place_codes import place_code
from placemap.resolve.populations import Populations
from placemap.resolve.resolve import Assignment


def places_table(
    system: System, assignment: Assignment, geography: Geography, populations: Populations, describer: Describer
) -> Table:
    """A row a place: what it is declared from, its figures, its evidence and its shortest exact description."""
    footprint = assignment.footprint
    rows = []
    for position, place in enumerate(footprint.places):
        lsoas = np.flatnonzero(assignment.place == position)
        rows.append(
            (
                system.id,
                footprint.id,
                place_code(system, footprint, place),
                place.name,
                declared_from(place),
                len(lsoas),
                float(populations.residents[lsoas].sum()),
                float(populations.registered[lsoas].sum()),
                footprint.status,
                footprint.grade,
                place.basis,
                evidence_text(system, place),
                as_text(describer.describe(lsoas.tolist())),
            )
        )
    schema = schemas.places(populations.residents_name, geography.registered_measure)
    return Table("places", schema, pd.DataFrame(rows, columns=schema.names))
