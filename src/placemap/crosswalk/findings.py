"""findings.csv."""

from __future__ import annotations

from placemap.config.model import Footprint, System
from placemap.core.columns import columns_of_rows
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
            finding.people,
            " ".join(finding.lsoas),
            finding.hint.replace("`", ""),
            finding.location,
        )
        for finding in findings
    ]
    return Table("findings", schemas.FINDINGS, columns_of_rows(rows, schemas.FINDINGS))
