"""What `placemap data update` downloads: one target a raw file, from the list of sources and what configs pin."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote_plus

from placemap.core.errors import Exit, PlacemapError
from placemap.sources.catalogue import Catalogue, Source
from placemap.sources.download import month_pages, nomis
from placemap.sources.download.endpoints import Endpoints


@dataclass(frozen=True)
class Target:
    """One download.

    Attributes:
        id: name of its raw file without the ending.
        source: what it is a file of.
        way: how it is fetched, a key of `ways.WAYS`; empty where only the user can say where it is.
        vintage: that it should have; empty where the file tells.
        url: the address of a file that the user names, or empty.
    """

    id: str
    source: Source
    way: str = ""
    vintage: str = ""
    url: str = ""

    @property
    def unconfirmed(self) -> str:
        """Why it may not be found; empty where it is known to be there."""
        return self.source.unconfirmed


def all_targets(
    catalogue: Catalogue, months: Iterable[str], years: Mapping[str, Iterable[str]], urls: Mapping[str, str]
) -> list[Target]:
    """Every download that there is, in order of the list of sources.

    Args:
        months: of registrations that configs pin, beside the newest.
        years: by id of a source, vintages that the portal has and the list of sources doesn't know.
        urls: by id of a source, the address of its file.
    """
    return [
        target
        for source in catalogue.values()
        for target in (_of_url(source, urls) or _of(source, sorted(months), sorted(years.get(source.id, ()))))
    ]


def _of_url(source: Source, urls: Mapping[str, str]) -> list[Target]:
    return [Target(source.id, source, "address", url=urls[source.id])] if source.id in urls else []


def _of(source: Source, months: Sequence[str], years: Sequence[str]) -> list[Target]:
    find = source.find
    if find.dataset:
        return [Target(source.id, source, "nomis", source.vintage)]
    if find.item:
        return [Target(f"{source.id}-{vintage}", source, "item", vintage) for vintage in source.releases]
    if find.links:
        pinned = months if source.family == "registrations" else ()
        return [
            *(Target(f"{source.id}-{month}", source, "month page", month) for month in pinned),
            Target(source.id, source, "month page"),
        ]
    if find.services:
        known = [vintage for vintage, release in source.releases.items() if release.service]
        newer = [year for year in years if find.newest and year > max(known)]
        return [Target(f"{source.id}-{vintage}", source, "service", vintage) for vintage in (*known, *newer)]
    return [Target(report, source, "report") for report in source.reports] or [Target(source.id, source)]


def chosen(every: Sequence[Target], wanted: Sequence[str], urls: Mapping[str, str]) -> list[Target]:
    """The downloads that are asked for: all that can be found, or those of the named sources.

    Args:
        wanted: ids of sources or targets; empty for all.

    Raises:
        PlacemapError: a name is not one, or a named source has no address.
    """
    known = {name for target in every for name in (target.id, target.source.id)}
    for name in (*wanted, *urls):
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            sources = sorted({target.source.id for target in every})
            hint = f"did you mean `{near[0]}`?" if near else f"the sources are {', '.join(sources)}"
            raise PlacemapError(f"there is no source `{name}`", hint=hint, exit_code=Exit.USAGE)
    named = {*wanted, *urls} if wanted else set()
    found = [target for target in every if not named or {target.id, target.source.id} & named]
    missing = [target for target in found if not target.way]
    if missing and wanted:
        raise PlacemapError(
            f"nothing says where {missing[0].source.titled('…')} is to be had",
            location=missing[0].source.url,
            hint=f"copy its address from that page: `placemap data update {missing[0].id} --url "
            f"{missing[0].id}=https://…`; or download the file and `placemap data import` it",
        )
    return [target for target in found if target.way]


def by_hand(target: Target, endpoints: Endpoints) -> tuple[str, str]:
    """Where a person gets the file of a target, and the name to save it under."""
    source = target.source
    link, name = source.save
    if target.way == "service" and link == source.url:
        service = source.release(target.vintage).service or source.titled(target.vintage)
        ending = "gpkg" if source.find.geometry and source.family != "centroids" else "csv"
        return f"https://geoportal.statistics.gov.uk/search?q={quote_plus(service)}", f"{target.id}.{ending}"
    if target.way == "nomis" and link == source.url:
        return nomis.address(endpoints.nomis, source.find.dataset, source.find.query), name
    if target.way == "month page":
        page = month_pages.page_address(endpoints.nhs, target.vintage) if target.vintage else source.url
        return page, f"{target.id}.{name.rsplit('.', 1)[-1]}"
    if target.way == "report":
        return f"{endpoints.ods}?report={target.id}", f"{target.id}.csv"
    if target.way == "item":
        return f"{endpoints.portal}/content/items/{source.find.item}/data", f"{target.id}.xlsx"
    return link, name
