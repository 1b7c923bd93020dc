"""README.md, CHANGELOG.md, LICENCE.md and CITATION.cff of a published folder."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from itertools import pairwise
from typing import Any

import yaml

from placemap.core.tables import Table
from placemap.core.text import as_markdown, counted
from placemap.crosswalk.inputs import Inputs, attributions
from placemap.outputs.boundaries import GEOJSON, GEOPACKAGE, LAYER
from placemap.outputs.build import Build
from placemap.outputs.datapackage import LICENCE as OGL
from placemap.outputs.publish.names import GEOPARQUET, OUTLINES, TABLES
from placemap.outputs.topojson import OBJECT, TOPOJSON

TITLE = "Places of England in ONS geography"
_ABSTRACT = (
    "The places (place-based partnerships) of the integrated care systems of England, each system by its default "
    "footprint, as a checked crosswalk to ONS and NHS geography, with outlines, evidence and grades. No body publishes "
    "such a list: the definitions are placemap's, from public evidence of unequal strength."
)


def readme(national: str, build: Build) -> str:
    """What the folder holds and how to use it, then what the README of a national build says.

    Args:
        national: that README.
    """
    head, rest = national.split("\n\n", 1)
    return "\n\n".join([head, _ABSTRACT, "## This folder", _LAYOUT, _ADDRESSES, _cite(build), rest])


_LAYOUT = f"""\
| | |
|---|---|
| `index.html` | the report: all places in a table and on a map, evidence, findings, method, sources |
| `search.html` | finds the place of a council, ward, GP practice or LSOA |
| `places/` | a page a place, and its LSOAs as CSV |
| `{TABLES}/` | every table as CSV (UTF-8, codes as text) and as Parquet; what the columns mean is below |
| `{TABLES}/practices.csv` | the GP practices that are open today and the place of each |
| `{OUTLINES}/{GEOPACKAGE}` | outlines for QGIS, ArcGIS and `sf`: layer `{LAYER}`, EPSG:27700 |
| `{OUTLINES}/{GEOPARQUET}` | the same for DuckDB, geopandas and `arrow` (GeoParquet 1.1) |
| `{OUTLINES}/{GEOJSON}` | the same for the web, longitude and latitude |
| `{OUTLINES}/{TOPOJSON}` | the same for Power BI's shape map and d3: object `{OBJECT}`, each border once |
| `datapackage.json`, `metadata.json` | the tables described for machines: Frictionless Data, CSV on the Web |
| `dbt/` | the tables that a warehouse needs as dbt seeds with tests |
| `CHANGELOG.md` | which places appeared and which ended |
| `LICENCE.md`, `CITATION.cff` | what you may do with it, and how to cite it |
| `SHA256SUMS` | to see that a copy is whole: `sha256sum --check SHA256SUMS` |

Read codes as text: `PLACECD` is `system/footprint/place`, `PLACEID` the same in one word."""

_ADDRESSES = (
    "The page of a place is `places/<PLACECD>.html`, its LSOAs `places/<PLACECD>.csv`. A code is never given to "
    "another area, and a place that ended keeps a page that says what followed it. All links are relative: the folder "
    "works from any address, from a file share, and without a network."
)


def _cite(build: Build) -> str:
    return f"To cite it, name version {build.version}; `CITATION.cff` has the fields."


def licence(inputs: Inputs) -> str:
    """LICENCE.md: under what everything stands, and what must be said."""
    lines = "\n".join(f"- {line}" for line in attributions(inputs))
    return (
        "# Licence\n\n"
        f"Everything in this folder is under the [{OGL['title']}]({OGL['path']}): you may copy, publish, adapt and "
        "sell it, alone or inside something else, as long as you say where it comes from. It was made by placemap from "
        "official statistics and geography. Carry these lines with what you make of it:\n\n"
        f"{lines}\n\n"
        "The publishers have not endorsed placemap or what it makes of their data, and give no warranty for them. "
        "Nothing here is about single persons.\n"
    )


def citation(build: Build) -> str:
    """CITATION.cff 1.2: how to cite the folder, and the sources that it rests on."""
    content: dict[str, Any] = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them as below, and carry the lines of LICENCE.md.",
        "type": "dataset",
        "title": TITLE,
        "version": build.version,
        "license": OGL["name"],
        "abstract": _ABSTRACT,
        "authors": [{"name": "The contributors of placemap"}],
        "keywords": ["NHS", "integrated care system", "place", "LSOA", "crosswalk", "England"],
        "references": [
            _reference(*source) for source in dict.fromkeys((e.title, e.publisher, e.url) for e in build.inputs)
        ],
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def _reference(title: str, publisher: str, url: str) -> dict[str, Any]:
    return {
        "type": "dataset",
        "title": title,
        "authors": [{"name": publisher}],
        **({"url": url} if url.startswith("http") else {}),
    }


def changelog(history: Table, now: Container[str], version: str) -> str:
    """CHANGELOG.md: by release, newest first, the places that appeared and those that ended.

    Args:
        now: codes of the places that there are.
    """
    columns = ("PLACECD", "PLACENM", "FIRST_RELEASE", "LAST_RELEASE", "SUCCESSORNM")
    rows = [tuple(str(cell) for cell in row) for row in history.columns.rows(*columns)]
    releases = sorted({version, *(of for row in rows for of in row[2:4] if of)}, key=_order)
    gone = [row for row in rows if row[0] not in now]
    parts = [f"## {releases[0]}\n\n{counted(len(_new(releases[0], rows)), 'place')}, the first on record."]
    parts += [
        _release(release, _new(release, rows), [row for row in gone if row[3] == before])
        for before, release in pairwise(releases)
    ]
    head = "# Changes of the places\n\nBy release of placemap, newest first. `tables/place_history.csv` has all of it."
    return "\n\n".join([head, *reversed(parts)]) + "\n"


_Rows = Sequence[tuple[str, ...]]


def _new(release: str, rows: _Rows) -> list[tuple[str, ...]]:
    """Code and name of the places that a release was the first to have."""
    return sorted({row[:2] for row in rows if row[2] == release})


def _release(release: str, new: _Rows, gone: _Rows) -> str:
    """What is said of a release.

    Args:
        gone: rows of places that the release before was the last to have.
    """
    lines = [f"- appeared: {_named(code, name)}" for code, name in new]
    lines += [f"- ended: {_named(code, name)}{_after(gone, code)}" for code, name in sorted({row[:2] for row in gone})]
    return f"## {release}\n\n" + ("\n".join(lines) or "No place appeared or ended.")


def _named(code: str, name: str) -> str:
    return f"{as_markdown(name)} (`{code}`)"


def _after(gone: _Rows, code: str) -> str:
    names = [as_markdown(row[4]) for row in gone if row[0] == code and row[4]]
    return f"; its area is now in {', '.join(names)}" if names else ""


def _order(release: str) -> list[int]:
    return [int(part) for part in release.split(".") if part.isdigit()]


def sums(hashes: Iterable[tuple[str, str]]) -> str:
    """SHA256SUMS, as `sha256sum` writes it: a line a file.

    Args:
        hashes: path and hash, in order.
    """
    return "".join(f"{digest}  {path}\n" for path, digest in hashes)
