"""What `placemap data update` downloads, and how each download becomes a raw file.

A raw file's name is made from names in `sources.yaml` and from the first bytes of what came; nothing that a server
says becomes a path.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from placemap.core.errors import Exit, PlacemapError
from placemap.core.files import write_text
from placemap.sources.catalogue import Catalogue, Source
from placemap.sources.download import arcgis
from placemap.sources.download.client import Client

ENDINGS = (".csv", ".zip", ".xlsx", ".gpkg")


@dataclass(frozen=True)
class Target:
    """One download.

    Attributes:
        id: name of its raw file without the ending.
        source: what it is a file of.
        vintage: that it should have; empty where the file tells.
        service: an ArcGIS service, or empty.
        url: the address of a file, or empty.
    """

    id: str
    source: Source
    vintage: str = ""
    service: str = ""
    url: str = ""

    @property
    def has_address(self) -> bool:
        """False where only the user can say where the file is."""
        return bool(self.service or self.url)


@dataclass(frozen=True)
class Fetched:
    """A download that ended well.

    Attributes:
        file: the raw file.
        note: what to ask with next time, and what was retrieved when.
        unchanged: True where the server had nothing new.
    """

    target: Target
    file: Path
    note: Mapping[str, Any]
    unchanged: bool


def targets(
    catalogue: Catalogue, endpoints: Mapping[str, str], wanted: Sequence[str], urls: Mapping[str, str]
) -> list[Target]:
    """The downloads that are asked for: all, or those of the named sources.

    Args:
        wanted: ids of sources or targets; empty for all that have an address.
        urls: by id of a source, the address of its file.

    Raises:
        PlacemapError: a name is not one, or a named source has no address.
    """
    every = [target for source in catalogue.values() for target in _of(source, endpoints, urls)]
    known = {target.id for target in every} | set(catalogue)
    for name in (*wanted, *urls):
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f"did you mean `{near[0]}`?" if near else f"the sources are {', '.join(sorted(catalogue))}"
            raise PlacemapError(f"there is no source `{name}`", hint=hint, exit_code=Exit.USAGE)
    named = {*wanted, *(urls if wanted or not urls else ())}
    chosen = [target for target in every if not named or {target.id, target.source.id} & named]
    missing = [target for target in chosen if not target.has_address]
    if missing and wanted:
        raise PlacemapError(
            f"the address of {missing[0].source.titled('…')} is not a fixed one",
            location=missing[0].source.url,
            hint=f"copy it from that page: `placemap data update {missing[0].id} --url {missing[0].id}=https://…`; "
            "or download the file and `placemap data import` it",
        )
    return [target for target in chosen if target.has_address]


def _of(source: Source, endpoints: Mapping[str, str], urls: Mapping[str, str]) -> list[Target]:
    if source.id in urls:
        return [Target(source.id, source, url=urls[source.id])]
    services = [
        Target(f"{source.id}-{vintage}", source, vintage, release.service)
        for vintage, release in source.releases.items()
        if release.service
    ]
    reports = [Target(report, source, url=f"{endpoints['ods']}?report={report}") for report in source.reports]
    return services + reports or [Target(source.id, source)]


def raw_file(folder: Path, target: Target) -> Path | None:
    """The raw file that an earlier update kept; None where there is none."""
    return next((file for file in (folder / f"{target.id}{end}" for end in ENDINGS) if file.exists()), None)


def note_of(folder: Path, target: Target) -> dict[str, Any]:
    """What an earlier update noted of its download; empty where there is none, or it is damaged."""
    try:
        found = json.loads((folder / f"{target.id}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def download(
    client: Client, target: Target, folder: Path, endpoint: str, progress: arcgis.Progress = lambda _done, _all: None
) -> Fetched:
    """Bring a target's raw file up to date, beside the one that is there (`<id>.new…`), which stays as it is.

    Raises:
        PlacemapError: it cannot be had.
    """
    have = raw_file(folder, target)
    note = note_of(folder, target) if have else {}
    if target.service:
        return _from_service(client, target, folder, endpoint, have, note, progress)
    return _from_url(client, target, folder, have, note)


def _from_service(
    client: Client,
    target: Target,
    folder: Path,
    endpoint: str,
    have: Path | None,
    note: Mapping[str, Any],
    progress: arcgis.Progress,
) -> Fetched:
    order, title = target.source.order, target.source.titled(target.vintage)
    layer = arcgis.look(client, endpoint, target.service, order, title)
    if have and layer.edited and note.get("state") == layer.state:
        return Fetched(target, have, note, unchanged=True)
    new = folder / f"{target.id}.new.csv"
    arcgis.fetch(client, layer, order, new, progress)
    return Fetched(target, new, {"url": layer.url, "state": layer.state, **_retrieved(new)}, unchanged=False)


def _from_url(client: Client, target: Target, folder: Path, have: Path | None, note: Mapping[str, Any]) -> Fetched:
    asked = {}
    if have and note.get("url") == target.url:
        asked = {"If-None-Match": note.get("etag", ""), "If-Modified-Since": note.get("last_modified", "")}
    part = folder / f"{target.id}.new"
    answer = client.download(target.url, part, {name: value for name, value in asked.items() if value})
    if answer.unchanged and have:
        return Fetched(target, have, note, unchanged=True)
    new = part.with_name(f"{part.name}{ending_of(part)}")
    part.replace(new)
    part.with_name(f"{part.name}.etag").unlink(missing_ok=True)
    found = {"url": target.url, "etag": answer.etag, "last_modified": answer.last_modified, **_retrieved(new)}
    return Fetched(target, new, found, unchanged=False)


def _retrieved(file: Path) -> dict[str, Any]:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return {
        "sha256": digest,
        "bytes": file.stat().st_size,
        "retrieved": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def accept(fetched: Fetched, folder: Path) -> Path:
    """Put a new raw file in the place of the old one, and note where it came from."""
    if fetched.unchanged:
        return fetched.file
    old = raw_file(folder, fetched.target)
    to = folder / f"{fetched.target.id}{fetched.file.suffix}"
    if old and old != to:
        old.unlink()
    fetched.file.replace(to)
    note = folder / f"{fetched.target.id}.json"
    write_text(note, json.dumps(dict(fetched.note), indent=2, sort_keys=True) + "\n")
    return to


def ending_of(file: Path) -> str:
    """What kind of file it is, by its first bytes."""
    with file.open("rb") as content:
        start = content.read(16)
    if start.startswith(b"SQLite format 3"):
        return ".gpkg"
    if not start.startswith(b"PK\x03\x04"):
        return ".csv"
    try:
        with zipfile.ZipFile(io.BytesIO(file.read_bytes())) as archive:
            return ".xlsx" if "[Content_Types].xml" in archive.namelist() else ".zip"
    except zipfile.BadZipFile:
        return ".zip"
