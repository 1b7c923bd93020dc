"""A Frictionless Data Package descriptor of a folder of CSVs; the columns are those of `output_schemas`."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from placemap.core.tables import Column, Table
from placemap.crosswalk.inputs import Inputs
from placemap.outputs.build import Build

DATAPACKAGE = "datapackage.json"
LICENCE = {
    "name": "OGL-UK-3.0",
    "title": "Open Government Licence v3.0",
    "path": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
}
_TYPES = {
    "int": "integer",
    "flag": "boolean",
    "people": "number",
    "share": "number",
    "number": "number",
    "date": "date",
}


def datapackage(build: Build, content: Callable[[str], bytes], folder: str = "") -> dict[str, Any]:
    """The descriptor: every table with its columns, key and hash, every source.

    Args:
        content: of the CSV of a table, by its name.
        folder: of the CSVs, from the descriptor; with a slash at its end.
    """
    system, footprint = build.system, build.footprint
    return {
        "name": f"{system.id}-{footprint.id}",
        "title": f"{system.name}: {footprint.name}",
        "description": f"The places of footprint {footprint.id} of {system.name}, in ONS geography.",
        "profile": "tabular-data-package",
        "created_by": f"placemap {build.version}",
        "licenses": [LICENCE],
        "sources": [_source(title, vintage, url) for title, vintage, url in _sources(build.inputs)],
        "resources": [_resource(table, content(table.name), folder) for table in build.tables],
    }


def _sources(inputs: Inputs) -> list[tuple[str, str, str]]:
    return list(dict.fromkeys((entry.title, entry.vintage, entry.url) for entry in inputs))


def _source(title: str, vintage: str, url: str) -> dict[str, str]:
    return {"title": title, "version": vintage, **({"path": url} if url else {})}


def _resource(table: Table, content: bytes, folder: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"fields": [_field(column) for column in table.schema.columns], "missingValues": [""]}
    if table.schema.key:
        schema["primaryKey"] = list(table.schema.key)
    return {
        "name": table.name,
        "title": table.schema.title,
        "path": f"{folder}{table.name}.csv",
        "profile": "tabular-data-resource",
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "dialect": {"delimiter": ",", "lineTerminator": "\n", "header": True},
        "schema": schema,
    }


def _field(column: Column) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": _TYPES.get(column.type, "string"),
        "description": column.description,
    }
    if column.type == "flag":
        field |= {"trueValues": ["true"], "falseValues": ["false"]}
    if (column.type in ("int", "flag") and not column.gaps) or column.name in ("ICSID", "FOOTPRINT"):
        field["constraints"] = {"required": True}
    return field
