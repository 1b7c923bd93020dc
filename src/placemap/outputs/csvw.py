"""metadata.json of a build: CSV on the Web."""

from __future__ import annotations

from typing import Any

from placemap.config.model import Footprint, System
from placemap.core.tables import Column, Table
from placemap.crosswalk.inputs import Inputs, attributions
from placemap.reference.store import TableEntry

#: Lists the files of the folder, so that the next build knows which are its own to replace.
FILES = "schema:hasPart"

_DATATYPES: dict[str, Any] = {
    "int": "integer",
    "flag": {"base": "boolean", "format": "true|false"},
    "people": {"base": "decimal", "format": "0.00"},
    "share": {"base": "decimal", "format": "0.000000"},
    "number": "decimal",
    "date": "date",
}
_NEVER_BLANK = ("int", "flag")


def csvw(
    system: System,
    footprint: Footprint,
    tables: list[Table],
    inputs: Inputs,
    version: str,
    ending: str,
    files: list[str],
    asked: str = "",
) -> dict[str, Any]:
    """Metadata of a folder by the W3C's CSV on the Web: every column described, every input named with its hash."""
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": f"{system.name}: {footprint.name}",
        "dc:description": f"The places of footprint {footprint.id} of {system.name}, in ONS geography.",
        "dc:license": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        "dc:rights": attributions(inputs),
        "dc:creator": f"placemap {version}",
        "dc:source": [_source(entry) for entry in inputs],
        "schema:identifier": f"{system.id}/{footprint.id}",
        "schema:isBasedOn": {
            "schema:name": "placemap config",
            "schema:url": system.loc.file,
            "schema:sha256": system.config_sha256,
        },
        **({"dc:temporal": asked} if asked else {}),
        FILES: files,
        "tables": [_table(table) for table in tables] if ending == ".csv" else [],
    }


def _source(entry: TableEntry) -> dict[str, Any]:
    return {
        "schema:identifier": entry.name,
        "schema:name": entry.title,
        "schema:publisher": entry.publisher,
        "schema:temporalCoverage": entry.vintage,
        "schema:license": entry.licence,
        **({"schema:url": entry.url} if entry.url else {}),
        "schema:size": f"{entry.rows} rows ({entry.coverage})",
        "schema:sha256": entry.content_sha256,
    }


def _table(table: Table) -> dict[str, Any]:
    schema: dict[str, Any] = {"columns": [_column(column) for column in table.schema.columns]}
    if table.schema.key:
        schema["primaryKey"] = list(table.schema.key)
    return {"url": f"{table.name}.csv", "dc:title": table.schema.title, "tableSchema": schema}


def _column(column: Column) -> dict[str, Any]:
    # A primary key may hold blanks here (practices without a PCN), which CSVW allows unless the column is required.
    return {
        "name": column.name,
        "titles": column.name,
        "dc:description": column.description,
        "datatype": _DATATYPES.get(column.type, "string"),
        "required": column.type in _NEVER_BLANK or column.name in ("ICSID", "FOOTPRINT"),
    }
