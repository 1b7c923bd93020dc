"""What a report holds: plain frozen values, no markup."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from placemap.config.model import Evidence, Footprint, System
from placemap.core.tables import Table
from placemap.crosswalk.inputs import Inputs
from placemap.outputs.map.picture import Picture
from placemap.outputs.report.charts import Chart
from placemap.outputs.report.tiers import PlacePart


@dataclass(frozen=True)
class PlaceLine:
    """A place in the report.

    Attributes:
        parent: name of the place of the tier above that it lies in; empty where there is none.
        parts: what it divides into.
    """

    number: int
    id: str
    name: str
    colour: str
    lsoas: int
    residents: float
    registered: float
    area: float
    declared_from: str
    members: list[tuple[str, str, str]]
    exceptions: list[str]
    basis: str
    description: str
    notes: str
    parent: str = ""
    parts: list[PlacePart] = field(default_factory=list)


@dataclass(frozen=True)
class FindingGroup:
    """Findings of one code."""

    severity: str
    code: str
    count: int
    people: float | None
    next_step: str
    messages: list[str]


@dataclass(frozen=True)
class Badge:
    """How sure a place is: a level and a sentence."""

    name: str
    level: str
    text: str


@dataclass(frozen=True)
class Listing:
    """A table that a reader opens: its title, headings in words, and rows."""

    title: str
    head: list[str]
    rows: list[list[str]]


@dataclass(frozen=True)
class Section:
    """A section that another part of placemap adds, such as sensitivity.

    Attributes:
        text: a sentence or two.
        badges: one a place.
        listing: what stands behind it, unfolded by who wants to see it; None for nothing.
        tables: to download.
        charts: small ones, which stand below the badges.
    """

    id: str
    title: str
    text: list[str]
    badges: list[Badge]
    listing: Listing | None
    tables: list[Table]
    charts: list[Chart] = field(default_factory=list)


@dataclass(frozen=True)
class Report:
    """Everything that the report says.

    Attributes:
        postcodes: those in use by LSOA, in the order of `lsoas`; empty without a directory of them.
    """

    system: System
    footprint: Footprint
    summary: list[str]
    places: list[PlaceLine]
    picture: Picture
    ledger: list[tuple[str, float]]
    coverage: str
    findings: list[FindingGroup]
    evidence: list[Evidence]
    sources: Inputs
    attribution: list[str]
    tables: list[Table]
    lsoas: list[list[Any]]
    wards: list[str]
    practices: list[list[Any]]
    sections: list[Section]
    residents_title: str
    registered_title: str
    version: str
    postcodes: list[list[str]] = field(default_factory=list)

    @property
    def figures(self) -> list[str]:
        """Of the summary, how many people live in the places, and that each LSOA is in one."""
        return self.summary[1:3]
