"""Where the services are: the official addresses, or those that PLACEMAP_ENDPOINTS names in their place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from placemap.config.yaml_tree import parse, read_text
from placemap.core.errors import PlacemapError
from placemap.core.installed import packaged_folder
from placemap.sources.catalogue import SOURCES_FILE
from placemap.sources.download.hosts import require_private

ENVIRONMENT = "PLACEMAP_ENDPOINTS"
NAMES = ("arcgis", "portal", "nomis", "ods", "nhs", "nhs_files")


@dataclass(frozen=True)
class Endpoints:
    """Base addresses without a slash at the end.

    Attributes:
        arcgis: of the feature services; the address itself lists them.
        portal: of the search among items, and of files that are items.
        nomis: of the API of NOMIS.
        ods: of the reports of the Organisation Data Service.
        nhs: of the site that has the month pages of publications.
        nhs_files: where the files lie that those pages link to.
    """

    arcgis: str
    portal: str
    nomis: str
    ods: str
    nhs: str
    nhs_files: str

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every host that an update talks to, in order of the services."""
        return tuple(dict.fromkeys(urlsplit(getattr(self, name)).netloc for name in NAMES))


def load_endpoints(path: Path | None = None) -> Endpoints:
    """The addresses in use.

    Args:
        path: a YAML file with any of NAMES; that of PLACEMAP_ENDPOINTS where it is None, else the official ones alone.

    Raises:
        PlacemapError: the file is missing or is no such list, or an address is not safe.
    """
    packaged = packaged_folder("data") / SOURCES_FILE
    official: dict[str, Any] = parse(read_text(packaged, packaged.name), packaged.name).value["endpoints"]
    given = path or (Path(os.environ[ENVIRONMENT]) if os.environ.get(ENVIRONMENT) else None)
    return Endpoints(**{**official, **(_given(given) if given else {})})


def _given(path: Path) -> Mapping[str, str]:
    if not path.exists():
        hint = f"check {ENVIRONMENT}, or unset it to use the publishers' own addresses"
        raise PlacemapError("no such file", location=str(path), hint=hint)
    tree = parse(read_text(path, str(path)), str(path))
    found = tree.value if isinstance(tree.value, dict) else {}
    wrong = [name for name, url in found.items() if name not in NAMES or not isinstance(url, str)]
    if wrong or not found:
        raise PlacemapError(
            f"{', '.join(map(str, wrong)) or 'it'} is no address of a service; expected lines such as "
            "`nomis: https://mirror.example.nhs.uk/nomis`",
            location=str(path),
            hint=f"the services are {', '.join(NAMES)}",
        )
    for url in found.values():
        require_private(url, str(path))
    return {name: url.rstrip("/") for name, url in found.items()}
