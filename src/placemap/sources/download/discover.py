"""Which services there are: names change from one release to the next, so they are looked for, not known.

The portal's own list comes first (it is sometimes empty, and then asked for again), the search of items second, the
name that was right when placemap was made last.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from placemap.core.errors import PlacemapError
from placemap.sources.catalogue import Source
from placemap.sources.download.client import Client
from placemap.sources.download.endpoints import Endpoints
from placemap.sources.download.hosts import Unreachable
from placemap.sources.download.responses import TemporaryFailure

#: Owner of the services of the Office for National Statistics.
OWNER = "ESMARspQHYMw9BZ9"
SEARCHED = 100
MOST_PAGES = 60
LIST, SEARCH, PINNED = "the list of services", "a search of the portal", "the name that placemap knows"


@dataclass(frozen=True)
class Candidate:
    """A service that may be the one.

    Attributes:
        how: in what way it was found.
        year: two digits; empty where the name has none.
        version: 0 where the name has none.
    """

    name: str
    how: str
    year: str = ""
    version: int = 0


@dataclass
class Services:
    """The services of the portal, asked for once."""

    client: Client
    endpoints: Endpoints
    empty_tries: int = 3
    _searched: dict[str, list[str]] = field(default_factory=dict)

    @cached_property
    def listed(self) -> list[str]:
        """Names in the list of services; none where it stays empty or cannot be had."""
        tries = 0

        def check(found: dict[str, Any]) -> None:
            nonlocal tries
            tries += 1
            if not found.get("services") and tries < self.empty_tries:
                raise TemporaryFailure("the list of services is empty")

        try:
            found = self.client.get_json(self.endpoints.arcgis, {"f": "json"}, check)
        except Unreachable:
            raise
        except PlacemapError:
            return []
        return [str(item.get("name", "")).rsplit("/", 1)[-1] for item in found.get("services") or ()]

    def searched(self, title: str) -> list[str]:
        """Names of services by a search for a title; none where the search cannot be had."""
        if title not in self._searched:
            try:
                self._searched[title] = self._search(title)
            except PlacemapError:
                self._searched[title] = []
        return self._searched[title]

    def _search(self, title: str) -> list[str]:
        names: list[str] = []
        start = 1
        for _ in range(MOST_PAGES):
            asked = f'orgid:{OWNER} AND title:"{title}" AND type:"Feature Service"'
            params = {"f": "json", "q": asked, "num": str(SEARCHED), "start": str(start)}
            found = self.client.get_json(f"{self.endpoints.portal}/search", params, lambda _found: None)
            urls = [str(item.get("url") or "") for item in found.get("results", ())]
            names += [match[1] for match in map(_SERVICE.search, (urlsplit(url).path for url in urls)) if match]
            start = int(found.get("nextStart") or -1)
            if start < 1:
                break
        return names

    def years(self, source: Source) -> set[str]:
        """The years, `2025`, that the portal has services of a source for."""
        return {f"20{item.year}" for item in self._fitting(source, self.listed, LIST) if item.year}

    def candidates(self, source: Source, vintage: str) -> list[Candidate]:
        """Services that a vintage of a source may be in, the likeliest first; each name once."""
        pinned = source.release(vintage).service
        found = self._of_year(self._fitting(source, self.listed, LIST), vintage)
        if not found and pinned:
            found = self._of_year(self._fitting(source, self.searched(_words(pinned)), SEARCH), vintage)
        every = [*found, *([Candidate(pinned, PINNED)] if pinned else [])]
        return list({item.name: item for item in reversed(every)}.values())[::-1]

    def _fitting(self, source: Source, names: list[str], how: str) -> list[Candidate]:
        matches = [
            (name, match)
            for name in dict.fromkeys(names)
            for match in (re.fullmatch(pattern, name, re.IGNORECASE) for pattern in source.find.services)
            if match
        ]
        return [Candidate(name, how, **_parts(match)) for name, match in matches]

    def _of_year(self, items: list[Candidate], vintage: str) -> list[Candidate]:
        fits = [item for item in items if item.year in ("", vintage[2:4])]
        return sorted(fits, key=lambda item: (-item.version, item.name))


_SERVICE = re.compile(r"/services/([^/]+)/FeatureServer")


def _parts(match: re.Match[str]) -> dict[str, Any]:
    groups = match.groupdict()
    return {"year": groups.get("year") or "", "version": int(groups.get("version") or 0)}


def _words(service: str) -> str:
    """What to search for: the name without its version."""
    return re.sub(r"_?v\d+$", "", service, flags=re.IGNORECASE).replace("_", " ")
