"""A build's folder: tables, metadata and README, swapped in as one (see `folders`)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from placemap.config.model import Footprint, System
from placemap.core.errors import PlacemapError
from placemap.core.files import as_json, cannot_write, is_litter, replacing, write_text
from placemap.core.findings import Finding
from placemap.core.tables import Table
from placemap.crosswalk.inputs import Inputs
from placemap.outputs.csvw import FILES, csvw
from placemap.outputs.datapackage import DATAPACKAGE, datapackage
from placemap.outputs.readme import failed_page, readme
from placemap.outputs.tables import write_csv, write_excel, write_parquet
from placemap.reference.geography import Geography

if TYPE_CHECKING:
    from placemap.outputs.map.outlines import PlaceBoundaries

METADATA = "metadata.json"
EXCEL = "placemap.xlsx"


@dataclass(frozen=True)
class Build:
    """All that a folder is written from.

    Attributes:
        boundaries: None where they are not asked for.
        readme: text of README.md; the usual one where it is empty.
    """

    system: System
    footprint: Footprint
    tables: list[Table]
    findings: list[Finding]
    inputs: Inputs
    geography: Geography
    measure: str
    version: str
    failed: bool
    boundaries: PlaceBoundaries | None = None
    readme: str = ""


def write_build(build: Build, out: Path, *, formats: str, excel: bool) -> Path:
    """Write a build to `out/<system>/<footprint>/` and return that folder.

    With `build.failed` the folder holds only findings, metadata and FAILED.md, never a crosswalk.

    Raises:
        PlacemapError: the folder cannot be written, holds files that placemap did not write, or another build is
            writing it. What stood there before still does.
    """
    folder = out / build.system.id / build.footprint.id
    try:
        with replacing(folder) as new:
            _refuse_foreign(folder)
            _write_files(build, new, formats=formats, excel=excel and not build.failed)
    except OSError as error:
        raise cannot_write(error, folder) from None
    return folder


def _write_files(build: Build, folder: Path, *, formats: str, excel: bool) -> None:
    asked = build.geography.chosen.text
    ending = f".{formats}"
    write = write_parquet if formats == "parquet" else write_csv
    for table in build.tables:
        write(table, folder / f"{table.name}{ending}")
    if excel:
        write_excel(build.tables, folder / EXCEL)
    names = [f"{table.name}{ending}" for table in build.tables]
    if build.boundaries and not build.failed:
        from placemap.outputs.boundaries import write_boundaries

        names += write_boundaries(build.boundaries, folder)
    if build.failed:
        write_text(folder / "FAILED.md", failed_page(build.system, build.footprint, build.findings))
    else:
        text = build.readme or readme(
            build.system, build.footprint, build.tables, build.findings, build.inputs, ending, build.boundaries, asked
        )
        write_text(folder / "README.md", text)
    if formats == "csv" and not build.failed:
        contents = {table.name: (folder / f"{table.name}.csv").read_bytes() for table in build.tables}
        package = datapackage(build.system, build.footprint, build.tables, build.inputs, build.version, contents)
        write_text(folder / DATAPACKAGE, as_json(package))
        names.append(DATAPACKAGE)
    files = sorted([*names, METADATA, *([EXCEL] if excel else []), "FAILED.md" if build.failed else "README.md"])
    metadata = csvw(build.system, build.footprint, build.tables, build.inputs, build.version, ending, files, asked)
    write_text(folder / METADATA, as_json(metadata))


def _refuse_foreign(folder: Path) -> None:
    """Refuse to replace a folder that holds anything that a build did not write."""
    if not folder.exists() and not folder.is_symlink():
        return
    if folder.is_symlink() or not folder.is_dir():
        raise PlacemapError(
            "this is not a folder of placemap's; it would be replaced",
            location=str(folder),
            hint="move it away, or choose another folder with --out",
        )
    foreign = sorted({item.name for item in folder.iterdir() if not is_litter(item)} - _own_files(folder))
    if foreign:
        raise PlacemapError(
            f"the folder holds files that placemap did not write ({', '.join(foreign[:3])}); they would be lost",
            location=str(folder),
            hint="move them away, or choose another folder with --out",
        )


def _own_files(folder: Path) -> set[str]:
    try:
        metadata = json.loads((folder / METADATA).read_text(encoding="utf-8"))
        return set(metadata[FILES])
    except (OSError, ValueError, KeyError, TypeError):
        return set()
