"""What a folder, a report and an FOI pack are written from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from placemap.config.model import Footprint, System
from placemap.core.findings import Finding, errors_of
from placemap.core.installed import __version__
from placemap.core.tables import Table
from placemap.crosswalk.inputs import Inputs

if TYPE_CHECKING:
    from placemap.outputs.map.outlines import PlaceBoundaries


@dataclass(frozen=True)
class Build:
    """A footprint's tables, and all that must be said of them.

    Attributes:
        tables: with errors only the findings.
        findings: of any severity.
        inputs: the reference tables that they rest on.
        measure: that residents are counted by.
        asked: vintages and day that were asked for, in words; empty for the usual ones.
        as_of: which geographies and figures it rests on, in words; empty where it failed.
        boundaries: None where they are not asked for.
        version: of placemap.
    """

    system: System
    footprint: Footprint
    tables: list[Table]
    findings: list[Finding]
    inputs: Inputs
    measure: str
    asked: str = ""
    boundaries: PlaceBoundaries | None = None
    as_of: str = ""
    version: str = __version__

    @property
    def failed(self) -> bool:
        """Whether there are errors, so that there is no crosswalk."""
        return bool(errors_of(self.findings))
