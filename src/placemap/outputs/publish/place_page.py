"""What the page of a place says, worked out before it is set in HTML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from placemap.config.grades import GRADES
from placemap.config.model import Evidence, Footprint, Place, System
from placemap.core.tables import Table
from placemap.outputs.publish.place_map import PlaceMap
from placemap.outputs.report.content import exceptions_of, member_words
from placemap.outputs.report.content_england import EnglandPlace, EnglandReport
from placemap.resolve.resolved import ResolvedFootprint

#: Where the page of a place stands, and its LSOAs beside it: `places/<PLACECD>.html`.
PLACES = "places"
#: From there to the folder's own pages.
ROOT = "../../../"


@dataclass(frozen=True)
class PracticeLine:
    """A practice that is open today."""

    code: str
    name: str
    pcn: str
    basis: str


@dataclass(frozen=True)
class CouncilLine:
    """A council that the place overlaps, with the share of the place's residents who live there."""

    code: str
    name: str
    share: float


@dataclass(frozen=True)
class PlacePage:
    """Everything that the page of a place says.

    Attributes:
        facts: its line in the table of places.
        place, footprint, system: as declared.
        neighbours: code and name of places that it borders on.
        vintage: which geographies and figures it rests on, in words.
        practices_vintage: the month of the list of practices.
        version: of placemap.
    """

    facts: EnglandPlace
    place: Place
    footprint: Footprint
    system: System
    grade: str
    members: list[tuple[str, str, str]]
    exceptions: list[str]
    evidence: list[Evidence]
    caveats: list[tuple[str, str]]
    findings: list[str]
    councils: list[CouncilLine]
    practices: list[PracticeLine]
    neighbours: list[tuple[str, str]]
    map: PlaceMap
    area: float
    vintage: str
    practices_vintage: str
    attribution: list[str]
    version: str


def place_pages(
    national: ResolvedFootprint,
    report: EnglandReport,
    tables: Mapping[str, Table],
    maps: Sequence[PlaceMap],
    areas: Iterable[float],
    practices_vintage: str,
) -> list[PlacePage]:
    """The pages, by position of the place.

    Args:
        report: of all places.
        tables: by name; those of the national build, and the practices of today.
        maps: by position of the place.
        areas: by position, square kilometres.
        practices_vintage: the month of the list of practices.
    """
    practices = _practices(tables["practices"])
    councils = _councils(national, tables)
    findings = _findings(tables["findings"])
    heads = national.place_codes
    pages = []
    for position, (place, facts, area) in enumerate(zip(national.places, report.places, areas, strict=True)):
        part = national.parts[int(national.part_of[position])]
        pages.append(
            PlacePage(
                facts=facts,
                place=place,
                footprint=part.footprint,
                system=part.system,
                grade=GRADES[part.footprint.grade],
                members=[member_words(member) for member in place.members],
                exceptions=exceptions_of(place),
                evidence=[part.system.evidence[key] for key in _evidence_keys(part.footprint, place)],
                caveats=_caveats(part.system, part.footprint, place),
                findings=findings.get(facts.code, []),
                councils=councils.get(facts.code, []),
                practices=practices.get(facts.code, []),
                neighbours=[(heads[other].code, heads[other].name) for other in maps[position].neighbours],
                map=maps[position],
                area=area,
                vintage=report.picture.vintage,
                practices_vintage=practices_vintage,
                attribution=report.attribution,
                version=report.version,
            )
        )
    return pages


def _evidence_keys(footprint: Footprint, place: Place) -> list[str]:
    return list(dict.fromkeys([*place.evidence, *footprint.evidence]))


def _caveats(system: System, footprint: Footprint, place: Place) -> list[tuple[str, str]]:
    found = [("The place", place.notes), ("The footprint", footprint.notes), ("The system", system.notes)]
    return [(what, text) for what, text in found if text]


def _practices(table: Table) -> dict[str, list[PracticeLine]]:
    found: dict[str, list[PracticeLine]] = {}
    for place, *cells in table.columns.rows("PLACECD", "PRACTICECD", "PRACTICENM", "PCNNM", "BASIS"):
        found.setdefault(place, []).append(PracticeLine(*cells))
    return found


def _councils(national: ResolvedFootprint, tables: Mapping[str, Table]) -> dict[str, list[CouncilLine]]:
    prefix = national.geography.units("ltla").prefix
    table = tables[f"place_{prefix.lower()}"]
    found: dict[str, list[CouncilLine]] = {}
    for place, *cells in table.columns.rows("PLACECD", f"{prefix}CD", f"{prefix}NM", "PLACE_RESIDENT_SHARE"):
        found.setdefault(place, []).append(CouncilLine(*cells))
    return {place: sorted(lines, key=lambda line: (-line.share, line.code)) for place, lines in found.items()}


def _findings(table: Table) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for place, message in table.columns.rows("PLACECD", "MESSAGE"):
        found.setdefault(place, []).append(message.replace("`", ""))
    return found
