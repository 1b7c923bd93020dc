"""What HTML reports share: one file that needs nothing else, with its script, style, data and files inside."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from placemap.core.tables import Table
from placemap.core.text import month
from placemap.outputs.boundaries import GEOJSON, geojson
from placemap.outputs.map.outlines import PlaceBoundaries
from placemap.outputs.tables import csv_text

if TYPE_CHECKING:
    from jinja2 import Environment

STYLE = "report.css"
#: The styles of pages that stand in a published folder.
PUBLISHED = (STYLE, "published.css")


@dataclass(frozen=True)
class File:
    """A file inside a page."""

    name: str
    title: str
    type: str
    text: str

    @property
    def size(self) -> str:
        """`12 KB`."""
        return f"{max(1, round(len(self.text.encode('utf-8')) / 1024)):,} KB"


def page(
    template: str,
    scripts: Sequence[str],
    data: dict[str, Any],
    inside: Sequence[File],
    *,
    styles: Sequence[str] = (STYLE,),
    **values: Any,
) -> str:
    """A page as HTML; the same values always give the same text.

    Args:
        template: its file name.
        scripts: file names, in the order in which they run; a page without any runs none.
        data: what the scripts work with, besides the files.
        inside: files to be downloaded out of the page.
        styles: file names.
        values: what the template names.
    """
    from markupsafe import Markup

    style, script = _joined(tuple(styles)), _joined(tuple(scripts))
    held = {file.name: {"type": file.type, "text": file.text} for file in inside}
    return (
        _environment()
        .get_template(template)
        .render(
            files=inside,
            style=Markup(style),  # noqa: S704 - our own files
            script=Markup(script),  # noqa: S704
            style_hash=_hash(style),
            script_hash=_hash(script),
            data=Markup(_json({**data, "files": held})),  # noqa: S704 - `<` is escaped there
            **values,
        )
    )


@cache
def _environment() -> Environment:
    """What makes pages of templates; compiled once, as there may be hundreds of pages of one."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=False, loader=FunctionLoader(_part)
    )
    environment.filters.update(month=month, ledger=_ledger_line)
    return environment


@cache
def _joined(names: tuple[str, ...]) -> str:
    return "\n".join(map(_part, names))


def _part(name: str) -> str:
    return files("placemap.outputs.report").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What a Content Security Policy allows a script or style by."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode('utf-8')).digest()).decode()}"


def _json(value: Any) -> str:
    """JSON that can stand in a script element whatever its text holds."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def files_of(tables: Iterable[Table], outlines: PlaceBoundaries) -> list[File]:
    """Tables as CSV, and the outlines of places as GeoJSON."""
    csvs = [
        File(f"{table.name}.csv", table.schema.title, "text/csv;charset=utf-8", csv_text(table)) for table in tables
    ]
    return [*csvs, File(GEOJSON, outlines.schema.title, "application/geo+json", geojson(outlines))]


def _ledger_line(category: str) -> str:
    """A category of the ledger as it reads after “patients who”."""
    if category.startswith("lives"):
        return category.replace("lives", "live", 1).replace("that they live in", "they live in")
    return f"have {category}"
