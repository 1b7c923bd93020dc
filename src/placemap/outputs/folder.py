"""A build's folder: tables, metadata and README, swapped in as one (see `folders`)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from placemap.core.files import as_json, cannot_write, from_json, refuse_foreign, replacing, write_text
from placemap.core.tables import FILES, METADATA
from placemap.outputs.build import Build
from placemap.outputs.csvw import csvw
from placemap.outputs.datapackage import DATAPACKAGE, datapackage
from placemap.outputs.readme import failed_page, readme
from placemap.outputs.tables import write_csv, write_parquet

EXCEL = "placemap.xlsx"

#: Makes README.md of a build; its tables have that ending.
Page = Callable[[Build, str], str]


def write_build(build: Build, out: Path, *, formats: str, excel: bool, page: Page = readme) -> Path:
    """Write a build to `out/<system>/<footprint>/` and return that folder.

    With `build.failed` the folder holds only findings, metadata and FAILED.md, never a crosswalk.

    Args:
        formats: `csv` or `parquet`.
        excel: also write all tables as one workbook.
        page: makes README.md.

    Raises:
        PlacemapError: the folder cannot be written, holds files that placemap did not write, or another build is
            writing it. What stood there before still does.
    """
    folder = out / build.system.id / build.footprint.id
    try:
        with replacing(folder) as new:
            refuse_foreign(folder, own_files(folder))
            _write_files(build, new, page, formats=formats, excel=excel and not build.failed)
    except OSError as error:
        raise cannot_write(error, folder) from None
    return folder


def _write_files(build: Build, folder: Path, page: Page, *, formats: str, excel: bool) -> None:
    ending = f".{formats}"
    write = write_parquet if formats == "parquet" else write_csv
    for table in build.tables:
        write(table, folder / f"{table.name}{ending}")
    if excel:
        from placemap.outputs.workbook import build_workbook

        (folder / EXCEL).write_bytes(build_workbook(build))
    names = [f"{table.name}{ending}" for table in build.tables]
    if build.boundaries and not build.failed:
        from placemap.outputs.boundaries import write_boundaries

        names += write_boundaries(build.boundaries, folder)
    if build.failed:
        write_text(folder / "FAILED.md", failed_page(build))
    else:
        write_text(folder / "README.md", page(build, ending))
    if formats == "csv" and not build.failed:
        described = datapackage(build, lambda name: (folder / f"{name}.csv").read_bytes())
        write_text(folder / DATAPACKAGE, as_json(described))
        names.append(DATAPACKAGE)
    files = sorted([*names, METADATA, *([EXCEL] if excel else []), "FAILED.md" if build.failed else "README.md"])
    write_text(folder / METADATA, as_json(csvw(build, ending, files)))


def own_files(folder: Path) -> set[str]:
    """The files that a folder's metadata say placemap wrote; none where it has none."""
    try:
        metadata = from_json((folder / METADATA).read_text(encoding="utf-8"))
        return set(metadata[FILES])
    except (OSError, ValueError, KeyError, TypeError):
        return set()
