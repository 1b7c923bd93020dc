"""The official sources of `data/sources.yaml`: publishers, licences, and what a whole file looks like."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from placemap.config.yaml_tree import parse, read_text
from placemap.core.errors import PlacemapError, PlacemapErrors
from placemap.core.installed import packaged_folder

SOURCES_FILE = "sources.yaml"
OS_LINE = "Contains OS data © Crown copyright and database right {year}"
ROYAL_MAIL_LINE = "Contains Royal Mail data © Royal Mail copyright and database right {year}"


@dataclass(frozen=True)
class Find:
    """How the files of a source are found.

    Attributes:
        services: patterns of ArcGIS services; their groups are `year` (two digits) and `version`.
        columns: that a service must have, `{yy}` standing for the year.
        geometry: whether rows have one: a shape or, of centroids, a point.
        dataset, query: of NOMIS.
        item: id of a file that the portal keeps.
        links: patterns of files on month pages, the better layout first.
        only_first: the first and the last month in which the first pattern alone is a file of use.
        newest: whether years beyond those of `releases` are taken, too.
    """

    services: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    geometry: bool = False
    dataset: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    item: str = ""
    links: tuple[str, ...] = ()
    only_first: tuple[str, ...] = ()
    newest: bool = False


@dataclass(frozen=True)
class Release:
    """What is known of one vintage of a source.

    Attributes:
        service: its ArcGIS service when this was written, the fallback where none is found; empty where there is none.
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
        lsoas: least English LSOAs that a whole file has rows in, where that is looked at.
        measure, base, vintage: of a source that is fixed to one; empty where columns or content tell.
        total: the sum of its figures (England for residents); None where it is not known.
        total_note: which release of the figures has that total.
        tolerance: by how much a file's sum may differ from the total, in per cent, which is then said.
        order: columns by which a service's rows are paged, joined by commas.
        reports: ODS reports that it is made of.
        find: how its files are found.
        gives: the kinds, measures and families of the tables that it gives.
        kilobytes: how much one download is, about.
        save: where the file is to be had by hand, and the name to save it under.
        unconfirmed: why it may not be found; empty where it is known to be there.
        began: of LTLAs, the year from which codes are in use that no lookup is of, by year.
    """

    id: str
    family: str
    title: str
    publisher: str
    url: str
    licence: str
    attribution: tuple[str, ...]
    rows: tuple[int, int]
    lsoas: int = 0
    measure: str = ""
    base: str = ""
    vintage: str = ""
    total: int | None = None
    total_from: str = ""
    total_note: str = ""
    tolerance: float = 0.0
    order: str = ""
    reports: tuple[str, ...] = ()
    find: Find = field(default_factory=Find)
    gives: tuple[str, ...] = ()
    kilobytes: int = 0
    save: tuple[str, str] = ("", "")
    unconfirmed: str = ""
    began: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    releases: Mapping[str, Release] = field(default_factory=dict)

    def release(self, vintage: str) -> Release:
        """What is known of `vintage`; an empty Release where nothing is."""
        return self.releases.get(vintage, Release())

    @property
    def named(self) -> str:
        """The title without a vintage."""
        return re.sub(r"(,? of|,)? *\(?\{vintage\}\)?", "", self.title)

    def titled(self, vintage: str) -> str:
        """The title with the vintage filled in; without one where it is empty."""
        return self.title.replace("{vintage}", vintage) if vintage else self.named


Catalogue = Mapping[str, Source]
_Vintages = Mapping[str, Sequence[str]]
_T = TypeVar("_T")


@dataclass(frozen=True)
class Usual:
    """What an extract holds beside what its configs name.

    Attributes:
        measures: names of figures.
        lookups: (kind, vintage) pairs.
        whole: those whose units are kept whole where they have a kept LSOA.
    """

    measures: frozenset[str]
    lookups: frozenset[tuple[str, str]]
    whole: frozenset[tuple[str, str]]


def load_catalogue(path: Path | None = None) -> Catalogue:
    """The official sources by id.

    Args:
        path: a `sources.yaml`; the packaged one where it is not given.

    Raises:
        PlacemapError: the file is missing, is not YAML, or lacks a field.
    """
    return _read(path, lambda data: {key: _source(key, entry, data) for key, entry in data["sources"].items()})


def load_usual() -> Usual:
    """What every extract holds; see `load_catalogue`."""
    return _read(None, lambda data: _usual(**data["extract"]))


def _usual(measures: Sequence[str], lookups: _Vintages, whole: _Vintages) -> Usual:
    return Usual(frozenset(measures), _pairs(lookups), _pairs(whole))


def _pairs(vintages: _Vintages) -> frozenset[tuple[str, str]]:
    return frozenset((kind, vintage) for kind, several in vintages.items() for vintage in several)


def _read(path: Path | None, made_of: Callable[[dict[str, Any]], _T]) -> _T:
    path = path or packaged_folder("data") / SOURCES_FILE
    tree = parse(read_text(path, path.name), path.name)
    if tree.duplicates:
        raise PlacemapErrors(tree.duplicates)
    try:
        return made_of(tree.value)
    except (KeyError, TypeError, ValueError) as error:
        raise PlacemapError(
            f"the list of sources is damaged: {error!r}", location=path.name, hint="reinstall placemap"
        ) from None


def _source(key: str, entry: dict[str, Any], data: dict[str, Any]) -> Source:
    entry = dict(entry)
    publisher = data["publishers"][entry.pop("publisher")]
    owners = {OS_LINE: entry.pop("ordnance_survey", None), ROYAL_MAIL_LINE: entry.pop("royal_mail", None)}
    least, most = entry.pop("rows")
    releases = {vintage: Release(**known) for vintage, known in entry.pop("releases", {}).items()}
    find: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in entry.pop("find", {}).items()
    }
    save = entry.pop("save", {"link": entry["url"], "as": f"{key}.csv"})
    return Source(
        id=key,
        publisher=publisher["name"],
        licence=data["licences"][entry.pop("licence")],
        attribution=(*publisher["attribution"], *(line.format(year=year) for line, year in owners.items() if year)),
        rows=(least, most),
        releases=releases,
        reports=tuple(entry.pop("reports", ())),
        gives=tuple(entry.pop("gives", ())),
        find=Find(**find),
        save=(save["link"], save["as"]),
        began={year: tuple(codes) for year, codes in entry.pop("began", {}).items()},
        **entry,
    )
