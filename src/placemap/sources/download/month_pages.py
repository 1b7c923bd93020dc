"""Publications of NHS England that come month by month: which month's page has the file that is wanted.

Pages are asked for from a month backwards. The publication's own page is not read for links: it lists months that are
yet to come.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape
from urllib.parse import urljoin, urlsplit

from placemap.core.errors import PlacemapError
from placemap.core.text import month
from placemap.sources.catalogue import Find
from placemap.sources.download.client import Client
from placemap.sources.download.endpoints import Endpoints
from placemap.sources.download.hosts import BY_HAND

PUBLICATION = "data-and-information/publications/statistical/patients-registered-at-a-gp-practice"
#: Registrations by LSOA come every third month, so that a file more than this many months old means a changed page.
MONTHS_BACK = 8
_LINK = re.compile(r"""href\s*=\s*["']([^"']+)["']""", re.IGNORECASE)
#: What every page of the publication has, one of a month to come too, and a block page has not.
_ITS_OWN = re.compile(r"patients\s+registered\s+at\s+a\s+gp\s+practice|patients-registered-at-a-gp-practice", re.I)


@dataclass(frozen=True)
class Found:
    """A file of a month.

    Attributes:
        month: `2026-07`.
        page, url: where the link stood, and where it leads.
    """

    month: str
    page: str
    url: str


def page_address(site: str, of_month: str) -> str:
    """The page of a month such as `2026-07`."""
    name, year = month(of_month).lower().split()
    return f"{site}/{PUBLICATION}/{name}-{year}"


def find(client: Client, endpoints: Endpoints, wanted: Find, newest: str, *, only: bool = False) -> Found:
    """The newest file whose name matches.

    Args:
        wanted: what its name is like, whatever its case, the better layout first.
        newest: the month to begin with, `2026-11`.
        only: look at that month alone.

    Raises:
        PlacemapError: the site cannot be reached, or no page has such a file.
    """
    asked = list(_back(newest, 1 if only else MONTHS_BACK))
    for of_month in asked:
        page = page_address(endpoints.nhs, of_month)
        content = client.page(page, _ITS_OWN)
        links = [] if content is None else _links(content, page, endpoints.nhs_files)
        first, last = wanted.only_first or ("9", "0")
        patterns = wanted.links[:1] if first <= of_month <= last else wanted.links
        fits = [url for pattern in patterns for url in links if _is_named(url, pattern)]
        if fits:
            return Found(of_month, page, fits[0])
    span = asked[0] if only else f"{asked[-1]} to {asked[0]}"
    raise PlacemapError(
        f"no page of {span} links to the file that is wanted ({' or '.join(wanted.links)})",
        location=page_address(endpoints.nhs, asked[0]),
        hint=f"look at the page; {BY_HAND}",
    )


def _is_named(url: str, pattern: str) -> bool:
    return bool(re.fullmatch(pattern, urlsplit(url).path.rsplit("/", 1)[-1], re.IGNORECASE))


def _links(content: str, page: str, files: str) -> list[str]:
    """Links to files, as whole addresses; any that leads elsewhere is left alone."""
    found = [urljoin(page, unescape(link)) for link in _LINK.findall(content)]
    return [url for url in found if url.startswith(f"{files}/")]


def _back(newest: str, months: int) -> Iterator[str]:
    """Months from `newest` back."""
    last = int(newest[:4]) * 12 + int(newest[5:7]) - 1
    for number in range(last, last - months, -1):
        yield f"{number // 12}-{number % 12 + 1:02}"
