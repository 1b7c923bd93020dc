"""The pages of a published folder besides the report: one a place, one a place that ended, and the search."""

from __future__ import annotations

import math
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from placemap.core.tables import Table
from placemap.outputs.publish.place_page import PLACES, ROOT, PlacePage
from placemap.outputs.report.content_england import EnglandReport
from placemap.outputs.report.page import PUBLISHED, page
from placemap.outputs.tables import csv_text
from placemap.resolve.resolved import ResolvedFootprint

#: Letters that every code of an LSOA of England begins with; the search holds the rest.
_LSOA = "E01"


@dataclass(frozen=True)
class EndedPage:
    """A place that is no more.

    Attributes:
        successors: code, name and residents of what followed it; empty and None where they are not known.
    """

    code: str
    name: str
    last_day: str
    last_release: str
    successors: list[tuple[str, str, float | None]]
    version: str


@dataclass(frozen=True)
class SearchPage:
    """The search: all places by system, each with its code and name."""

    systems: list[tuple[str, list[tuple[str, str]]]]
    attribution: list[str]
    version: str


def place_files(pages: Sequence[PlacePage], lsoas: Table) -> Iterator[tuple[str, str]]:
    """Path and text of the files of each place: its page, and its LSOAs as CSV."""
    csvs = _by_place(lsoas)
    for one in pages:
        stem = f"{PLACES}/{one.facts.code}"
        yield f"{stem}.html", page("place.html", [], {}, [], styles=PUBLISHED, report=one, root=ROOT)
        yield f"{stem}.csv", csvs[one.facts.code]


def _by_place(table: Table) -> dict[str, str]:
    """The rows of each place as a CSV of their own; no cell before the place's code holds a comma or a quote."""
    column = table.schema.names.index("PLACECD")
    head, *rows = csv_text(table).rstrip("\n").split("\n")
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row.split(",", column + 1)[column], [head]).append(row)
    return {place: "\n".join(lines) + "\n" for place, lines in found.items()}


def ended_files(history: Table, now: Container[str], version: str) -> Iterator[tuple[str, str]]:
    """Path and text of a page for each place that a release had and that is no more: its address stays.

    Args:
        now: codes of the places that there are.
    """
    names = ("PLACECD", "PLACENM", "VALID_TO", "LAST_RELEASE", "SUCCESSORCD", "SUCCESSORNM", "RESIDENTS")
    found: dict[str, EndedPage] = {}
    for code, name, last_day, last_release, successor, called, people in history.columns.rows(*names):
        if code in now:
            continue
        ended = found.setdefault(code, EndedPage(code, name, last_day, last_release, [], version))
        if successor:
            ended.successors.append((successor, called, None if people is None or math.isnan(people) else people))
    for code, ended in found.items():
        text = page("ended.html", [], {}, [], styles=PUBLISHED, report=ended, root=ROOT)
        yield f"{PLACES}/{code}.html", text


def search_page(national: ResolvedFootprint, report: EnglandReport, tables: Mapping[str, Table]) -> str:
    """The page that finds the place of a council, ward, practice or LSOA."""
    by_system: dict[str, list[tuple[str, str]]] = {}
    for place in report.places:
        by_system.setdefault(place.system, []).append((place.code, place.name))
    found = SearchPage(list(by_system.items()), report.attribution, report.version)
    data = {
        "places": [[place.code, place.name, place.system] for place in report.places],
        "units": [*_areas(national, tables), *_practices(national, tables["practices"])],
        "lsoas": _lsoas(national, tables["place_lsoa21"]),
    }
    return page("search.html", ["search.js"], data, [], styles=PUBLISHED, report=found)


def _positions(national: ResolvedFootprint) -> dict[str, int]:
    return {head.code: position for position, head in enumerate(national.place_codes)}


def _areas(national: ResolvedFootprint, tables: Mapping[str, Table]) -> list[list[Any]]:
    """Kind, code, name, nothing more, and positions of the places, of each council and ward."""
    position = _positions(national)
    found: dict[tuple[str, str, str], list[int]] = {}
    for kind, label in (("ltla", "council"), ("ward", "ward")):
        prefix = national.geography.units(kind).prefix
        table = tables[f"place_{prefix.lower()}"]
        for place, code, name in table.columns.rows("PLACECD", f"{prefix}CD", f"{prefix}NM"):
            found.setdefault((label, code, name), []).append(position[place])
    return [[kind, code, name, "", places] for (kind, code, name), places in sorted(found.items())]


def _practices(national: ResolvedFootprint, table: Table) -> list[list[Any]]:
    position = _positions(national)
    rows = table.columns.rows("PLACECD", "PRACTICECD", "PRACTICENM", "PCNCD", "PCNNM")
    return [
        ["GP practice", code, name, f"{pcn} {pcn_name}".strip(), [position[place]]]
        for place, code, name, pcn, pcn_name in rows
        if place
    ]


def _lsoas(national: ResolvedFootprint, table: Table) -> list[list[str]]:
    """By position of the place, its LSOAs without the letters that all begin with."""
    position = _positions(national)
    found: list[list[str]] = [[] for _ in position]
    for place, code in table.columns.rows("PLACECD", "LSOA21CD"):
        found[position[place]].append(code.removeprefix(_LSOA))
    return found
