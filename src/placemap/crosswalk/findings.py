"""findings.csv."""

from __future__ import annotations

import numpy as np
import pandas as pd

from placemap.config.model import Footprint, System
from placemap.core.findings import Finding
from placemap.core.tables import Table
from placemap.crosswalk import schemas
from placemap.resolve.place_codes import PlaceCode, place_codes_of


def findings_table(system: System, footprint: Footprint, findings: list[Finding]) -> Table:
    """A row a finding, errors first."""
    codes = {place.id: head for place, head in zip(footprint.places, place_codes_of(system, footprint), strict=True)}
    none = PlaceCode(system.id, footprint.id)
    rows = [
        (
            system.id,
            footprint.id,
            finding.code,
            str(finding.severity),
            codes.get(finding.place, none).code,
            codes.get(finding.place, none).id,
            finding.subject,
            finding.message,
            len(finding.lsoas),
            np.nan if finding.people is None else finding.people,
            " ".join(finding.lsoas),
            finding.hint.replace("`", ""),
            finding.location,
        )
        for finding in findings
    ]
    frame = pd.DataFrame(rows, columns=schemas.FINDINGS.names)
    frame["PEOPLE"] = frame["PEOPLE"].astype(float)
    return Table("findings", schemas.FINDINGS, frame)
