"""The report → one HTML file that needs nothing else: no network, no other file."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from placemap.boundaries import Boundaries, Shapes
from placemap.cartography import month
from placemap.crosswalk import Table
from placemap.report_data import GRADES, Report
from placemap.svg_paths import Canvas, canvas, labels, numbers
from placemap.write_boundaries import GEOJSON, geojson
from placemap.write_map import wrap
from placemap.write_tables import as_text, csv_text

#: Sizes of letters on a map of nominal width, pixels; a phone's map is less than half as wide.
_NAME_PIXELS, _NUMBER_PIXELS = 13.5, 44


@dataclass(frozen=True)
class File:
    """A file inside the report."""

    name: str
    title: str
    type: str
    text: str

    @property
    def size(self) -> str:
        """`12 KB`."""
        return f"{max(1, round(len(self.text.encode('utf-8')) / 1024)):,} KB"


def html(report: Report, lsoa_shapes: Shapes, outlines: Boundaries) -> str:
    """The report as HTML; the same report always gives the same text.

    Args:
        report: what it says.
        lsoa_shapes: boundaries of the LSOAs in `report.lsoas`, in their order.
        outlines: of the places.
    """
    from jinja2 import Environment, StrictUndefined
    from markupsafe import Markup

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    environment.filters.update(month=month, ledger=_ledger_line, rows=_rows)
    ground = canvas(report.picture.bounds)
    inside = _files(report, outlines)
    style, script = _part("report.css"), _part("report.js")
    return environment.from_string(_part("template.html")).render(
        report=report,
        map=_map(report, ground),
        files=inside,
        grade=GRADES[report.footprint.grade],
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704
        style_hash=_hash(style),
        script_hash=_hash(script),
        data=Markup(_json(_data(report, lsoa_shapes, ground, inside))),  # noqa: S704 - `<` is escaped there
    )


def _part(name: str) -> str:
    return files("placemap").joinpath("report", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What a Content Security Policy allows a script or style by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}"


def _json(value: Any) -> str:
    """JSON that can stand in a script element whatever its text holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _map(report: Report, ground: Canvas) -> dict[str, Any]:
    places, outside = report.picture.places, report.picture.outside
    shapes = [place.shape for place in places]
    return {
        "width": ground.width,
        "height": ground.height,
        "font": round(_NAME_PIXELS * ground.pixel),
        "number_font": round(_NUMBER_PIXELS * ground.pixel),
        "places": [{"colour": place.colour, "path": ground.path(place.shape)} for place in places],
        "ltlas": [ground.path(shape) for _, shape in report.picture.ltlas],
        "outside": "" if outside.is_empty else ground.path(outside),
        "labels": labels([place.name for place in places], shapes, ground, wrap),
        "numbers": numbers(shapes, ground),
    }


def _data(report: Report, lsoa_shapes: Shapes, ground: Canvas, inside: list[File]) -> dict[str, Any]:
    """What the script works with."""
    return {
        "places": [place.name for place in report.places],
        "lsoas": report.lsoas,
        "paths": [ground.path(shape) for shape in lsoa_shapes],
        "files": {file.name: {"type": file.type, "text": file.text} for file in inside},
    }


def _files(report: Report, outlines: Boundaries) -> list[File]:
    tables = [*report.tables, *(table for section in report.sections for table in section.tables)]
    csvs = [
        File(f"{table.name}.csv", table.schema.title, "text/csv;charset=utf-8", csv_text(table)) for table in tables
    ]
    return [*csvs, File(GEOJSON, outlines.schema.title, "application/geo+json", geojson(outlines))]


def _ledger_line(category: str) -> str:
    """A category of the ledger as it reads after “patients who”."""
    if category.startswith("lives"):
        return category.replace("lives", "live", 1).replace("that they live in", "they live in")
    return f"have {category}"


def _rows(table: Table) -> list[list[str]]:
    columns = [as_text(table.frame[column.name].tolist(), column) for column in table.schema.columns]
    return [list(row) for row in np.array(columns, dtype=object).T.tolist()]
