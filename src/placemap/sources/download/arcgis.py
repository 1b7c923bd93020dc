"""A feature layer of the ONS Open Geography Portal → one CSV file, whole or not at all.

Pages come in the order of a key, because without one the service repeats and drops rows. Each page is kept until the
table is whole, so that an interrupted download goes on where it was.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from placemap.core.errors import PlacemapError
from placemap.core.files import write_text
from placemap.sources.download import geometry
from placemap.sources.download.client import Client
from placemap.sources.download.hosts import BY_HAND
from placemap.sources.download.responses import TemporaryFailure

#: Pages are never larger than this, whatever a service allows.
LARGEST_PAGE = 2_000
#: Rows asked for by id at a time, where a service cannot page; more make the address too long.
IDS_AT_ONCE = 200
_STATE = "state.json"

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Layer:
    """What a service says of its table.

    Attributes:
        url: of the layer.
        columns: of the table, in order, without the service's own row id.
        row_id: name of the service's row id.
        page: rows that it gives at a time.
        pages: whether it can page.
        rows: how many there are.
        edited: when it was last changed, as the service counts time; empty where it does not say.
    """

    url: str
    columns: tuple[str, ...]
    row_id: str
    page: int
    pages: bool
    rows: int
    edited: str

    @property
    def state(self) -> dict[str, Any]:
        """What stays the same as long as the table does."""
        return {"url": self.url, "rows": self.rows, "edited": self.edited, "columns": list(self.columns)}


class Unsuitable(PlacemapError):
    """A service that is there and is not the one: empty, or without the columns."""


def look(client: Client, endpoint: str, service: str, wanted: Sequence[str]) -> Layer:
    """Ask a service what it has.

    Args:
        wanted: columns that it must have, in whatever case.

    Raises:
        Unsuitable: there is no such service, it is empty, or it lacks columns.
        PlacemapError: it keeps failing.
    """
    url = f"{endpoint}/{service}/FeatureServer/0"
    try:
        found = client.get_json(url, {"f": "json"}, _refuse_error)
        layer = _layer(url, found, wanted)
        counted = client.get_json(f"{url}/query", {**_ALL, "returnCountOnly": "true"}, _require("count"))
    except PlacemapError as error:
        if "404" not in error.message and "Invalid URL" not in error.message:
            raise
        raise Unsuitable(f"there is no service {service} any more ({error.message})", location=url) from None
    if not int(counted["count"]):
        raise Unsuitable(f"the service {service} is empty", location=url)
    return replace(layer, rows=int(counted["count"]))


def _layer(url: str, found: dict[str, Any], wanted: Sequence[str]) -> Layer:
    fields = [str(field["name"]) for field in found.get("fields", ())]
    missing = [column for column in wanted if column.upper() not in {field.upper() for field in fields}]
    if missing:
        raise Unsuitable(
            f"the service has no column {', '.join(missing)}; it has {', '.join(fields) or 'none'}", location=url
        )
    row_id = str(found.get("objectIdField") or "ObjectId")
    abilities = found.get("advancedQueryCapabilities", {})
    return Layer(
        url,
        tuple(field for field in fields if field != row_id),
        row_id,
        min(int(found.get("maxRecordCount") or 1_000), LARGEST_PAGE),
        bool(abilities.get("supportsPagination", True)),
        0,
        str(found.get("editingInfo", {}).get("lastEditDate", "")),
    )


_ALL = {"where": "1=1", "f": "json"}


def fetch(client: Client, layer: Layer, order: str, to: Path, progress: Progress, *, shapes: bool = False) -> None:
    """Get all rows of a layer into a CSV file, or into a GeoPackage where `to` is one.

    Args:
        order: columns that rows are told apart by, joined by commas.
        to: the file; pages wait in `<to>.part/` until all are there.
        shapes: whether geometry comes with the rows; in a CSV file points become the columns `x` and `y`.
        progress: told rows received and rows expected.

    Raises:
        PlacemapError: the service keeps failing, or its rows are not as many as it counts, twice.
    """
    part = to.with_name(f"{to.name}.part")
    query = {**_ALL, "outFields": "*", "orderByFields": _in_its_case(order, layer), **_GEOMETRY[shapes]}
    for last in (False, True):
        _open_part(part, layer)
        received = _receive(client, layer, query, part, progress)
        if received == layer.rows:
            break
        shutil.rmtree(part)
        if last:
            raise PlacemapError(
                f"the service gives {received:,} rows and counts {layer.rows:,}",
                location=layer.url,
                hint="run the update again; the old table stays in use",
            )
    if to.suffix == ".gpkg":
        geometry.write_outlines(_features(part), list(layer.columns), layer.url, to)
    else:
        _write_csv(part, layer, to, points=shapes)
    shutil.rmtree(part)


_GEOMETRY = {True: {"returnGeometry": "true", "outSR": geometry.EPSG}, False: {"returnGeometry": "false"}}


def _in_its_case(order: str, layer: Layer) -> str:
    """Column names as the service writes them, which differ in case from one service to the next."""
    written = {column.upper(): column for column in layer.columns}
    return ",".join(written.get(column.upper(), column) for column in order.split(","))


def _open_part(part: Path, layer: Layer) -> None:
    """Keep pages of an earlier try only if they are of the table as it is now."""
    state = part / _STATE
    if state.exists() and state.read_text(encoding="utf-8") != json.dumps(layer.state):
        shutil.rmtree(part)
    part.mkdir(exist_ok=True)
    write_text(state, json.dumps(layer.state))


def _receive(client: Client, layer: Layer, query: dict[str, str], part: Path, progress: Progress) -> int:
    offset, ids = 0, [] if layer.pages else _ids(client, layer)
    while offset < layer.rows:
        page = part / f"{offset:09}.json"
        rows = _kept(page)
        if rows is None:
            rows = _page(client, layer, query, offset, ids)
            _keep(page, rows)
        if not rows:
            break
        offset += len(rows)
        progress(offset, layer.rows)
    return offset


def _kept(page: Path) -> list[dict[str, Any]] | None:
    """A page of an earlier try; None where there is none, or a kill cut it short."""
    try:
        rows: list[dict[str, Any]] = json.loads(page.read_bytes())
    except (OSError, ValueError):
        return None
    return rows


def _keep(page: Path, rows: list[dict[str, Any]]) -> None:
    write_text(page, json.dumps(rows))


def _page(client: Client, layer: Layer, query: dict[str, str], offset: int, ids: list[int]) -> list[dict[str, Any]]:
    if layer.pages:
        asked = {**query, "resultOffset": str(offset), "resultRecordCount": str(layer.page)}
    else:
        asked = {**query, "objectIds": ",".join(map(str, ids[offset : offset + IDS_AT_ONCE]))}
    found = client.get_json(f"{layer.url}/query", asked, _require("features"))
    features: list[dict[str, Any]] = found["features"]
    return features


def _ids(client: Client, layer: Layer) -> list[int]:
    found = client.get_json(f"{layer.url}/query", {**_ALL, "returnIdsOnly": "true"}, _require("objectIds"))
    return sorted(found["objectIds"])


def _require(key: str) -> Callable[[dict[str, Any]], None]:
    def check(found: dict[str, Any]) -> None:
        _refuse_error(found)
        if key not in found:
            raise TemporaryFailure(f"the answer has no `{key}`")

    return check


def _refuse_error(found: dict[str, Any]) -> None:
    """An `error` in an answer with status 200: one that may pass, or one to report."""
    error = found.get("error")
    if not error:
        return
    code, message = int(error.get("code") or 0), str(error.get("message") or "no reason given")
    text = f"the service answers with error {code}: {message}"
    if code in (408, 429) or code >= 500 or "Unable to complete" in message:
        raise TemporaryFailure(text)
    raise PlacemapError(text, hint=BY_HAND)


def _write_csv(part: Path, layer: Layer, to: Path, *, points: bool) -> None:
    columns = [*layer.columns, "x", "y"] if points else list(layer.columns)
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for feature in _features(part):
            row = geometry.point(feature, layer.url) if points else feature["attributes"]
            writer.writerow(["" if row.get(column) is None else row[column] for column in columns])


def _features(part: Path) -> Iterator[dict[str, Any]]:
    for page in sorted(part.glob("0*.json")):
        yield from json.loads(page.read_bytes())
