"""The national report → one HTML file that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import shapely

from placemap.outputs.map.outlines import PlaceBoundaries
from placemap.outputs.map.picture import LONDON
from placemap.outputs.map.svg_paths import Canvas, canvas
from placemap.outputs.report.content_england import EnglandReport
from placemap.outputs.report.page import PUBLISHED, STYLE, files_of, page

#: Rows up to which a table is put into the page; the table of LSOAs is, whatever its length.
_ROWS = 5_000
_LSOAS = "place_lsoa21"
#: How much larger London is drawn, and its distance from the edges as part of the map's width.
_INSET, _EDGE = 3.1, 0.012


@dataclass(frozen=True)
class Inset:
    """A part of the map, drawn larger in its north-east corner, over the sea; units of the canvas."""

    x: int
    y: int
    width: int
    height: int
    view: str
    places: list[int]


@dataclass(frozen=True)
class Beside:
    """A file that stands in the folder of the report: its path from there, what it is, and its bytes."""

    path: str
    title: str
    size: int

    @property
    def megabytes(self) -> str:
        """`1.2 MB`."""
        return f"{max(self.size / 1e6, 0.1):.1f} MB"


def html(report: EnglandReport, outlines: PlaceBoundaries, beside: Sequence[Beside] = ()) -> str:
    """The report as HTML; the same report always gives the same text.

    Args:
        report: what it says.
        outlines: of all places, for the file to download.
        beside: the files of a published folder, in which each place has a page of its own; the report links to them
            and holds no files. Without any it needs no other file.
    """
    ground = canvas(report.picture.bounds, margin=0.02)
    held = [table for table in report.tables if table.name == _LSOAS or len(table.columns) <= _ROWS]
    return page(
        "england.html",
        ["page.js", "england.js"],
        _data(report),
        [] if beside else files_of(held, outlines),
        styles=PUBLISHED if beside else (STYLE,),
        report=report,
        beside=beside,
        map={
            "width": ground.width,
            "height": ground.height,
            "paths": [ground.path(shape) for shape in report.picture.places],
            "systems": [ground.path(shape) for shape in report.picture.systems],
            "inset": _inset(report, ground),
        },
        more=[table.name for table in report.tables if table.name not in {item.name for item in held}],
    )


def _inset(report: EnglandReport, ground: Canvas) -> Inset:
    west, south, east, north = LONDON
    left, top = int(ground.x(west)), int(ground.y(north))
    wide, high = int(ground.x(east)) - left, int(ground.y(south)) - top
    edge = round(ground.width * _EDGE)
    inside = shapely.intersects(report.picture.places, shapely.box(*LONDON))
    return Inset(
        x=ground.width - round(wide * _INSET) - edge,
        y=edge,
        width=round(wide * _INSET),
        height=round(high * _INSET),
        view=f"{left} {top} {wide} {high}",
        places=[position for position, within in enumerate(inside.tolist()) if within],
    )


def _data(report: EnglandReport) -> dict[str, Any]:
    """What the script works with."""
    return {
        "lsoas": f"{_LSOAS}.csv",
        "colours": {item.id: {"places": item.colours, "legend": item.legend} for item in report.colourings},
        "places": [
            [
                place.code,
                place.name,
                place.system,
                place.grade,
                place.declared_from,
                place.lsoas,
                round(place.residents),
                round(place.registered),
                round(place.own_share, 6),
                place.description,
            ]
            for place in report.places
        ],
    }
