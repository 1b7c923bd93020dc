"""The report of a footprint → one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

from typing import Any

from placemap.config.grades import GRADES
from placemap.outputs.map.outlines import PlaceBoundaries
from placemap.outputs.map.svg_paths import NAME_PIXELS, Canvas, canvas, labels, numbers
from placemap.outputs.report.model import Report
from placemap.outputs.report.page import files_of, page
from placemap.reference.shapes import Shapes

#: Size of numbers on a map of nominal width, pixels; a phone's map, which has them, is less than half as wide.
_NUMBER_PIXELS = 44


def html(report: Report, lsoa_shapes: Shapes, outlines: PlaceBoundaries) -> str:
    """The report as HTML; the same report always gives the same text.

    Args:
        report: what it says.
        lsoa_shapes: boundaries of the LSOAs in `report.lsoas`, in their order.
        outlines: of the places.
    """
    ground = canvas(report.picture.bounds)
    tables = [*report.tables, *(table for section in report.sections for table in section.tables)]
    return page(
        "system.html",
        ["page.js", "system.js"],
        _data(report, lsoa_shapes, ground),
        files_of(tables, outlines),
        report=report,
        map=_map(report, ground),
        grade=GRADES[report.footprint.grade],
    )


def packed(postcodes: list[str]) -> str:
    """Postcodes of an LSOA, sorted, as `BS15AA,AB;BS16BB`: of those that differ in the last two letters only these."""
    groups: dict[str, list[str]] = {}
    for code in postcodes:
        groups.setdefault(code[:-2], []).append(code[-2:])
    return ";".join(start + ",".join(ends) for start, ends in groups.items())


def _map(report: Report, ground: Canvas) -> dict[str, Any]:
    places, outside = report.picture.places, report.picture.outside
    shapes = [place.shape for place in places]
    return {
        "width": ground.width,
        "height": ground.height,
        "font": round(NAME_PIXELS * ground.pixel),
        "number_font": round(_NUMBER_PIXELS * ground.pixel),
        "places": [{"colour": place.colour, "path": ground.path(place.shape)} for place in places],
        "ltlas": [ground.path(shape) for _, shape in report.picture.ltlas],
        "outside": "" if outside.is_empty else ground.path(outside),
        "labels": labels([place.name for place in places], shapes, ground),
        "numbers": numbers(shapes, ground),
    }


def _data(report: Report, lsoa_shapes: Shapes, ground: Canvas) -> dict[str, Any]:
    """What the script works with."""
    return {
        "places": [place.name for place in report.places],
        "lsoas": report.lsoas,
        "wards": report.wards,
        "practices": report.practices,
        "postcodes": [packed(codes) for codes in report.postcodes],
        "paths": [ground.path(shape) for shape in lsoa_shapes],
    }
