"""The ways in which a download is found and fetched; a new one is one entry in WAYS."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from placemap.core.errors import PlacemapError
from placemap.sources.download import arcgis, month_pages, nomis
from placemap.sources.download.client import Client
from placemap.sources.download.discover import Services
from placemap.sources.download.endpoints import Endpoints, load_endpoints
from placemap.sources.download.hosts import BY_HAND
from placemap.sources.download.raw_files import Fetched, ending_of, note_of, raw_file, retrieved
from placemap.sources.download.targets import Target

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Session:
    """What every download of one update shares.

    Attributes:
        folder: of the raw files.
        today: the day from which months are counted back.
    """

    client: Client
    endpoints: Endpoints = field(default_factory=load_endpoints)
    folder: Path = Path()
    today: date = field(default_factory=date.today)
    services: Services = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        """Share one list of services."""
        object.__setattr__(self, "services", self.services or Services(self.client, self.endpoints))


@dataclass(frozen=True)
class Before:
    """What an earlier update left of a download: its raw file and note; None and empty where it left nothing."""

    file: Path | None
    note: Mapping[str, Any]


def download(session: Session, target: Target, progress: Progress = lambda _done, _all: None) -> Fetched:
    """Bring a target's raw file up to date, beside the one that is there (`<id>.new…`), which stays as it is.

    Raises:
        PlacemapError: it cannot be had.
    """
    have = raw_file(session.folder, target.id)
    before = Before(have, note_of(session.folder, target.id) if have else {})
    fetched = WAYS[target.way](session, target, before, progress)
    if have and not fetched.unchanged and fetched.note.get("sha256") == before.note.get("sha256"):
        fetched.file.unlink()
        return Fetched(target.id, have, fetched.note, unchanged=True)
    return fetched


def _from_service(session: Session, target: Target, before: Before, progress: Progress) -> Fetched:
    """From the newest service that fits; one that is empty or lacks columns is passed over."""
    layer, chosen, passed = _fitting_service(session, target)
    note = {"url": layer.url, "state": layer.state, "chosen": chosen, "passed_over": passed}
    if before.file and layer.edited and before.note.get("state") == layer.state:
        return Fetched(target.id, before.file, {**before.note, **note}, unchanged=True)
    shapes = target.source.find.geometry
    outlines = shapes and target.source.family != "centroids"
    new = session.folder / f"{target.id}.new{'.gpkg' if outlines else '.csv'}"
    order = ",".join(_order(target)) or layer.row_id
    arcgis.fetch(session.client, layer, order, new, progress, shapes=shapes)
    return Fetched(target.id, new, {**note, **retrieved(new)}, unchanged=False)


def _fitting_service(session: Session, target: Target) -> tuple[arcgis.Layer, str, list[str]]:
    source = target.source
    wanted = list(dict.fromkeys([*_order(target), *_of_year(source.find.columns, target.vintage)]))
    passed: list[arcgis.Unsuitable] = []
    for candidate in session.services.candidates(source, target.vintage):
        try:
            layer = arcgis.look(session.client, session.endpoints.arcgis, candidate.name, wanted)
        except arcgis.Unsuitable as error:
            passed.append(error)
            continue
        return layer, f"{candidate.name}, from {candidate.how}", [error.message for error in passed]
    why = "; ".join(error.message for error in passed) or "no service has a name of this kind"
    raise PlacemapError(
        f"{source.titled(target.vintage)}: {why}",
        location=passed[-1].location if passed else session.endpoints.arcgis,
        hint=f"search geoportal.statistics.gov.uk for “{source.titled(target.vintage)}”, and put a new name in "
        f"data/sources.yaml; or {BY_HAND}",
    )


def _order(target: Target) -> list[str]:
    """The columns that rows are told apart by; none where the service's own row id is to do it."""
    return _of_year(filter(None, target.source.order.split(",")), target.vintage)


def _of_year(columns: Iterable[str], vintage: str) -> list[str]:
    return [column.format(yy=vintage[2:4]) for column in columns]


def _from_nomis(session: Session, target: Target, before: Before, progress: Progress) -> Fetched:
    find = target.source.find
    url = nomis.address(session.endpoints.nomis, find.dataset, find.query)
    updated = nomis.last_updated(session.client, session.endpoints.nomis, find.dataset)
    note = {"url": url, "updated": updated, "chosen": f"data set {find.dataset}"}
    if before.file and updated and (before.note.get("url"), before.note.get("updated")) == (url, updated):
        return Fetched(target.id, before.file, before.note, unchanged=True)
    new = session.folder / f"{target.id}.new.csv"
    nomis.fetch(session.client, url, f"LSOA{target.source.base[2:]}CD", new, progress)
    return Fetched(target.id, new, {**note, **retrieved(new)}, unchanged=False)


def _from_month_page(session: Session, target: Target, before: Before, progress: Progress) -> Fetched:
    newest = target.vintage or session.today.isoformat()[:7]
    find, only = target.source.find, bool(target.vintage)
    found = month_pages.find(session.client, session.endpoints, find, newest, only=only)
    chosen = f"{found.url.rsplit('/', 1)[-1]}, from the page of {found.month}"
    return _file(session, target, found.url, before, chosen, progress)


def _from_portal(session: Session, target: Target, before: Before, progress: Progress) -> Fetched:
    item = target.source.find.item
    url = f"{session.endpoints.portal}/content/items/{item}/data"
    return _file(session, target, url, before, f"item {item}", progress)


def _from_report(session: Session, target: Target, before: Before, progress: Progress) -> Fetched:
    url = f"{session.endpoints.ods}?report={target.id}"
    return _file(session, target, url, before, f"report {target.id}", progress)


def _from_address(session: Session, target: Target, before: Before, progress: Progress) -> Fetched:
    return _file(session, target, target.url, before, "the address that was given", progress)


def _file(session: Session, target: Target, url: str, before: Before, chosen: str, progress: Progress) -> Fetched:
    asked = {}
    if before.file and before.note.get("url") == url:
        asked = {
            "If-None-Match": before.note.get("etag", ""),
            "If-Modified-Since": before.note.get("last_modified", ""),
        }
    part = session.folder / f"{target.id}.new"
    headers = {name: value for name, value in asked.items() if value}
    answer = session.client.download(url, part, headers, progress)
    if answer.unchanged and before.file:
        return Fetched(target.id, before.file, before.note, unchanged=True)
    new = part.with_name(f"{part.name}{ending_of(part)}")
    part.replace(new)
    part.with_name(f"{part.name}.etag").unlink(missing_ok=True)
    note = {"url": url, "etag": answer.etag, "last_modified": answer.last_modified, "chosen": chosen}
    return Fetched(target.id, new, {**note, **retrieved(new)}, unchanged=False)


WAYS: Mapping[str, Callable[[Session, Target, Before, Progress], Fetched]] = {
    "service": _from_service,
    "nomis": _from_nomis,
    "month page": _from_month_page,
    "item": _from_portal,
    "report": _from_report,
    "address": _from_address,
}
