"""The official sources of `data/sources.yaml`: publishers, licences, and what a whole file looks like."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from placemap.config.yaml_tree import parse, read_text
from placemap.core.errors import PlacemapError, PlacemapErrors
from placemap.core.packaged import packaged_folder

SOURCES_FILE = "sources.yaml"
OS_LINE = "Contains OS data © Crown copyright and database right {year}"


@dataclass(frozen=True)
class Release:
    """What is known of one vintage of a source.

    Attributes:
        service: its ArcGIS service, empty where there is none.
        units: how many English units it has by kind, or how many rows by table.
        total: the sum of its figures, None where it is not known.
        newest: the last date in it as ISO text, empty where it is not used to tell the release.
    """

    service: str = ""
    units: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None
    newest: str = ""


@dataclass(frozen=True)
class Source:
    """One official source; see the head of `sources.yaml`.

    Attributes:
        attribution: lines that outputs must carry.
        rows: least and most rows of a whole file.
        measure, base, vintage: of a source that is fixed to one; empty where columns or content tell.
        total: the sum of its figures (England for residents); None where it is not known.
        order: columns by which a service's rows are paged, joined by commas.
        reports: ODS reports that it is made of.
    """

    id: str
    family: str
    title: str
    publisher: str
    url: str
    licence: str
    attribution: tuple[str, ...]
    rows: tuple[int, int]
    measure: str = ""
    base: str = ""
    vintage: str = ""
    total: int | None = None
    total_from: str = ""
    order: str = ""
    reports: tuple[str, ...] = ()
    releases: Mapping[str, Release] = field(default_factory=dict)

    def release(self, vintage: str) -> Release:
        """What is known of `vintage`; an empty Release where nothing is."""
        return self.releases.get(vintage, Release())

    def titled(self, vintage: str) -> str:
        """The title with the vintage filled in."""
        return self.title.replace("{vintage}", vintage)


Catalogue = Mapping[str, Source]


def load_catalogue(path: Path | None = None) -> Catalogue:
    """The official sources by id.

    Args:
        path: a `sources.yaml`; the packaged one where it is not given.

    Raises:
        PlacemapError: the file is missing, is not YAML, or lacks a field.
    """
    path = path or packaged_folder("data") / SOURCES_FILE
    tree = parse(read_text(path, path.name), path.name)
    if tree.duplicates:
        raise PlacemapErrors(tree.duplicates)
    data = tree.value
    try:
        return {key: _source(key, entry, data) for key, entry in data["sources"].items()}
    except (KeyError, TypeError, ValueError) as error:
        raise PlacemapError(
            f"the list of sources is damaged: {error!r}", location=path.name, hint="reinstall placemap"
        ) from None


#: Environment variables that put other services in the place of the official ones.
ENDPOINT_VARIABLES = {"arcgis": "PLACEMAP_ARCGIS_URL", "ods": "PLACEMAP_ODS_URL"}


def load_endpoints(path: Path | None = None) -> dict[str, str]:
    """The addresses of the official services by name (`arcgis`, `ods`), without a slash at the end.

    Raises:
        PlacemapError: as for `load_catalogue`.
    """
    path = path or packaged_folder("data") / SOURCES_FILE
    found = parse(read_text(path, path.name), path.name).value.get("endpoints", {})
    named = {name: os.environ.get(variable) or found.get(name, "") for name, variable in ENDPOINT_VARIABLES.items()}
    return {name: str(url).rstrip("/") for name, url in named.items()}


def _source(key: str, entry: dict[str, Any], data: dict[str, Any]) -> Source:
    entry = dict(entry)
    publisher = data["publishers"][entry.pop("publisher")]
    year = entry.pop("ordnance_survey", None)
    least, most = entry.pop("rows")
    releases = {vintage: Release(**known) for vintage, known in entry.pop("releases", {}).items()}
    return Source(
        id=key,
        publisher=publisher["name"],
        licence=data["licences"][entry.pop("licence")],
        attribution=(*publisher["attribution"], *([OS_LINE.format(year=year)] if year else [])),
        rows=(least, most),
        releases=releases,
        reports=tuple(entry.pop("reports", ())),
        **entry,
    )
