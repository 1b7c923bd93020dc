"""A published folder: written beside its place and swapped in as one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from placemap.core.files import as_json, cannot_write, refuse_foreign, replacing, write_text
from placemap.core.tables import METADATA, Table
from placemap.outputs.boundaries import GEOJSON, GEOPACKAGE, geojson, write_geopackage, write_geoparquet
from placemap.outputs.build import Build
from placemap.outputs.csvw import csvw
from placemap.outputs.datapackage import DATAPACKAGE, datapackage
from placemap.outputs.folder import own_files
from placemap.outputs.map.outlines import PlaceBoundaries
from placemap.outputs.publish import texts
from placemap.outputs.publish.dbt import dbt_files
from placemap.outputs.publish.names import DBT, GEOPARQUET, OUTLINES, SUMS, TABLES
from placemap.outputs.publish.pages import ended_files, place_files, search_page
from placemap.outputs.publish.place_map import place_maps
from placemap.outputs.publish.place_page import place_pages
from placemap.outputs.report.content_england import EnglandReport
from placemap.outputs.report.html_england import Beside, html
from placemap.outputs.tables import write_csv, write_parquet
from placemap.outputs.topojson import TOPOJSON, topojson
from placemap.resolve.resolved import ResolvedFootprint


@dataclass(frozen=True)
class Edition:
    """What is published.

    Attributes:
        build: all tables, among them the practices of today.
        report: of all places.
        outlines: of all places.
        readme: of the national build.
        practices_vintage: the month of the list of practices.
    """

    national: ResolvedFootprint
    build: Build
    report: EnglandReport
    outlines: PlaceBoundaries
    readme: str
    practices_vintage: str


@dataclass
class _Folder:
    """A folder that is being filled, with what each file is."""

    place: Path
    titles: dict[str, str] = field(default_factory=dict)

    def write(self, path: str, content: str | Callable[[Path], None], title: str = "") -> Path:
        target = self.place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            write_text(target, content)
        else:
            content(target)
        self.titles[path] = title
        return target

    def beside(self) -> list[Beside]:
        """The files that the report names."""
        named = [(path, title) for path, title in self.titles.items() if title]
        return [Beside(path, title, (self.place / path).stat().st_size) for path, title in named]


#: Says what is being written.
Say = Callable[[str], None]


def write_edition(edition: Edition, folder: Path, say: Say) -> tuple[int, int]:
    """Write all into `folder`; the number of files and their bytes.

    Raises:
        PlacemapError: the folder cannot be written, holds files that placemap did not write, or another process is
            writing it. What stood there before still does.
    """
    try:
        refuse_foreign(folder, own_files(folder))  # before the work, and again before the swap
        with replacing(folder) as new:
            target = _Folder(new)
            _fill(edition, target, say)
            refuse_foreign(folder, own_files(folder))
            return len(target.titles), sum((new / path).stat().st_size for path in target.titles)
    except OSError as error:
        raise cannot_write(error, folder) from None


def _fill(edition: Edition, folder: _Folder, say: Say) -> None:
    say("writing tables")
    _tables(edition.build.tables, folder)
    say("writing outlines")
    _outlines(edition.outlines, folder)
    say("drawing places")
    _pages(edition, folder)
    say("writing the report")
    _texts(edition, folder)
    described = datapackage(
        edition.build, lambda name: (folder.place / TABLES / f"{name}.csv").read_bytes(), f"{TABLES}/"
    )
    folder.write(DATAPACKAGE, as_json(described), "tables for Frictionless Data")
    folder.write("index.html", html(edition.report, edition.outlines, folder.beside()))
    files = sorted([*folder.titles, METADATA, SUMS])
    folder.write(METADATA, as_json(csvw(edition.build, ".csv", files, f"{TABLES}/")))
    folder.write(SUMS, texts.sums((path, _hash(folder.place / path)) for path in sorted(folder.titles)))


def _tables(tables: Sequence[Table], folder: _Folder) -> None:
    """Write all tables in both forms."""
    for table in tables:
        folder.write(f"{TABLES}/{table.name}.csv", partial(write_csv, table), table.schema.title)
        folder.write(f"{TABLES}/{table.name}.parquet", partial(write_parquet, table))


def _outlines(outlines: PlaceBoundaries, folder: _Folder) -> None:
    folder.write(
        f"{OUTLINES}/{GEOPACKAGE}",
        lambda path: write_geopackage(outlines, path),
        "outlines, EPSG:27700, for QGIS and R",
    )
    folder.write(
        f"{OUTLINES}/{GEOPARQUET}", lambda path: write_geoparquet(outlines, path), "outlines, EPSG:27700, GeoParquet"
    )
    folder.write(f"{OUTLINES}/{GEOJSON}", geojson(outlines), "outlines, longitude and latitude")
    folder.write(f"{OUTLINES}/{TOPOJSON}", topojson(outlines), "outlines for Power BI’s shape map and d3")


def _pages(edition: Edition, folder: _Folder) -> None:
    national, outlines = edition.national, edition.outlines
    tables = {table.name: table for table in edition.build.tables}
    maps = place_maps(national, outlines.shapes)
    pages = place_pages(
        national, edition.report, tables, maps, outlines.frame["AREA_KM2"].tolist(), edition.practices_vintage
    )
    for path, text in place_files(pages, tables["place_lsoa21"]):
        folder.write(path, text)
    now = {head.code for head in national.place_codes}
    for path, text in ended_files(tables["place_history"], now, edition.build.version):
        folder.write(path, text)
    folder.write("search.html", search_page(national, edition.report, tables))


def _texts(edition: Edition, folder: _Folder) -> None:
    build = edition.build
    tables = {table.name: table for table in build.tables}
    now = {head.code for head in edition.national.place_codes}
    for path, text in dbt_files(tables, build.version):
        folder.write(f"{DBT}/{path}", text)
    folder.titles[f"{DBT}/dbt_project.yml"] = "tables as dbt seeds with tests: the whole folder"
    folder.write("README.md", texts.readme(edition.readme, build), "what every file and column means")
    changes = texts.changelog(tables["place_history"], now, build.version)
    folder.write("CHANGELOG.md", changes, "which places appeared and ended")
    folder.write("LICENCE.md", texts.licence(build.inputs), "what you may do with it")
    folder.write("CITATION.cff", texts.citation(build), "how to cite it")


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
