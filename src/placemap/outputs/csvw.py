"""metadata.json of a build: CSV on the Web."""

from __future__ import annotations

from typing import Any

from placemap.core.tables import COVERAGE, FILES, MEASURE, Column, Table
from placemap.crosswalk.inputs import attributions
from placemap.outputs.build import Build
from placemap.reference.store import TableEntry

_DATATYPES: dict[str, Any] = {
    "int": "integer",
    "flag": {"base": "boolean", "format": "true|false"},
    "people": {"base": "decimal", "format": "0.00"},
    "share": {"base": "decimal", "format": "0.000000"},
    "number": "decimal",
    "date": "date",
}
_NEVER_BLANK = ("int", "flag")


def csvw(build: Build, ending: str, files: list[str], folder: str = "") -> dict[str, Any]:
    """Metadata of a folder by the W3C's CSV on the Web: every column described, every input named with its hash.

    Args:
        ending: of the tables' files.
        files: all that the folder holds.
        folder: of the tables, from there; with a slash at its end.
    """
    system, footprint = build.system, build.footprint
    return {
        "@context": ["http://www.w3.org/ns/csvw", {"@language": "en"}],
        "dc:title": f"{system.name}: {footprint.name}",
        "dc:description": f"The places of footprint {footprint.id} of {system.name}, in ONS geography.",
        "dc:license": "https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/",
        "dc:rights": attributions(build.inputs),
        "dc:creator": f"placemap {build.version}",
        "dc:source": [_source(entry) for entry in build.inputs],
        "schema:identifier": f"{system.id}/{footprint.id}",
        "schema:isBasedOn": {
            "schema:name": "placemap config",
            "schema:url": system.loc.file,
            "schema:sha256": system.config_sha256,
        },
        **({"dc:temporal": build.asked} if build.asked else {}),
        MEASURE: build.measure,
        FILES: files,
        "tables": [_table(table, folder) for table in build.tables] if ending == ".csv" else [],
    }


def _source(entry: TableEntry) -> dict[str, Any]:
    return {
        "schema:identifier": entry.name,
        "schema:name": entry.title,
        "schema:publisher": entry.publisher,
        "schema:temporalCoverage": entry.vintage,
        "schema:license": entry.licence,
        **({"schema:url": entry.url} if entry.url else {}),
        COVERAGE: entry.coverage,
        "schema:size": f"{entry.rows} rows ({entry.coverage})",
        "schema:sha256": entry.content_sha256,
    }


def _table(table: Table, folder: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"columns": [_column(column) for column in table.schema.columns]}
    if table.schema.key:
        schema["primaryKey"] = list(table.schema.key)
    return {"url": f"{folder}{table.name}.csv", "dc:title": table.schema.title, "tableSchema": schema}


def _column(column: Column) -> dict[str, Any]:
    # A primary key may hold blanks here (practices without a PCN), which CSVW allows unless the column is required.
    return {
        "name": column.name,
        "titles": column.name,
        "dc:description": column.description,
        "datatype": _DATATYPES.get(column.type, "string"),
        "required": (column.type in _NEVER_BLANK and not column.gaps) or column.name in ("ICSID", "FOOTPRINT"),
    }
