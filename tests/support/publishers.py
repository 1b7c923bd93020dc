"""A stand-in on this machine for the services that `data update` uses, serving the publishers' own files.

It behaves as they do, page limits and all, and misbehaves on request: `standin.fault("LSOA21_WD24", drop)` makes
the next request whose path holds that text go wrong.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Fault = Callable[["Handler", bytes], None]

#: Names that the services have, and the file that each one's rows come from.
SERVICES = {
    "LSOA11_LSOA21_LAD22_EW_LU_v5": "LSOA11_LSOA21_LAD22_EW_LU_v5.csv",
    "LSOA21_WD24_LAD24_EW_LU": "LSOA21_WD24_LAD24_EW_LU.csv",
    "LSOA21_SICBL24_ICB24_CAL24_LAD24_EN_LU": "LSOA21_SICBL24_ICB24_LAD24_EN_LU.csv",
}
REPORTS = {"epcn": "epcn_2024-10.csv", "epcncorepartnerdetails": "epcncorepartnerdetails_2024-10.csv"}
EDITED = 1_700_000_000_000


@dataclass
class Service:
    """One table as a feature service gives it."""

    file: Path
    limit: int = 2000
    pages: bool = True
    rows_lost: int = 0
    renamed: dict[str, str] = field(default_factory=dict)
    edited: int = EDITED

    @cached_property
    def table(self) -> tuple[list[str], list[list[str]]]:
        with self.file.open(encoding="utf-8-sig", newline="") as file:
            header, *rows = list(csv.reader(file))
        return header, rows

    @property
    def columns(self) -> list[str]:
        return [self.renamed.get(column, column) for column in self.table[0]]

    @property
    def rows(self) -> list[list[str]]:
        rows = self.table[1]
        return rows[: len(rows) - self.rows_lost]

    def layer(self) -> dict[str, Any]:
        fields = ["ObjectId", *self.columns]
        return {
            "maxRecordCount": self.limit,
            "objectIdField": "ObjectId",
            "fields": [{"name": name} for name in fields],
            "advancedQueryCapabilities": {"supportsPagination": self.pages},
            "editingInfo": {"lastEditDate": self.edited},
        }

    def query(self, asked: dict[str, str]) -> dict[str, Any]:
        if asked.get("returnCountOnly") == "true":
            return {"count": len(self.rows)}
        rows = self._numbered(self.rows_lost)
        if asked.get("returnIdsOnly") == "true":
            return {"objectIds": [number for number, _ in rows][::-1]}
        if "objectIds" in asked:
            wanted = {int(number) for number in asked["objectIds"].split(",")}
            return {"features": self._features([row for row in rows if row[0] in wanted])}
        return self._page(rows, asked)

    def _page(self, rows: list[tuple[int, list[str]]], asked: dict[str, str]) -> dict[str, Any]:
        if "orderByFields" in asked:
            rows = self._sorted(asked["orderByFields"], rows)
        else:  # as the real one: no order is promised, and none is kept from one page to the next
            rows = random.sample(rows, len(rows))
        start = int(asked.get("resultOffset", 0))
        end = start + min(int(asked.get("resultRecordCount", self.limit)), self.limit)
        page = {"features": self._features(rows[start:end])}
        return {**page, "exceededTransferLimit": True} if end < len(rows) else page

    def _numbered(self, lost: int) -> list[tuple[int, list[str]]]:
        if ("", lost) not in self._orders:
            self._orders["", lost] = list(enumerate(self.rows, start=1))
        return self._orders["", lost]

    def _sorted(self, order: str, rows: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
        if (order, len(rows)) not in self._orders:
            keys = [self.columns.index(name) for name in order.split(",")]
            self._orders[order, len(rows)] = sorted(rows, key=lambda row: [row[1][key] for key in keys])
        return self._orders[order, len(rows)]

    @cached_property
    def _orders(self) -> dict[tuple[str, int], list[tuple[int, list[str]]]]:
        return {}

    def _features(self, rows: list[tuple[int, list[str]]]) -> list[dict[str, Any]]:
        columns = self.columns
        return [{"attributes": {"ObjectId": n, **dict(zip(columns, row, strict=True))}} for n, row in rows]


@dataclass
class StandIn:
    """The server, what it serves, and what it was asked."""

    reference: Path
    services: dict[str, Service]
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def endpoints(self) -> dict[str, str]:
        return {"arcgis": f"{self.url}/rest/services", "ods": f"{self.url}/getReport"}

    def fault(self, text: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` requests that hold `text` go wrong."""
        self.faults += [(text, fault)] * times

    def take_fault(self, path: str) -> Fault | None:
        with self.lock:
            self.requests.append(path)
            found = next((item for item in self.faults if item[0] in path), None)
            if found:
                self.faults.remove(found)
            return found[1] if found else None

    def content(self, path: str) -> bytes | None:
        """The whole answer to a request; None where there is nothing."""
        parts = urlsplit(path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        steps = parts.path.strip("/").split("/")
        if steps[0] == "rest":
            return self._service(steps, asked)
        if steps[0] == "getReport" and asked.get("report") in REPORTS:
            return (self.reference / REPORTS[asked["report"]]).read_bytes()
        if steps[0] == "files":
            name = steps[-1]
            return self.files[name] if name in self.files else (self.reference / name).read_bytes()
        return None

    def _service(self, steps: list[str], asked: dict[str, str]) -> bytes | None:
        service = self.services.get(steps[2])
        if service is None:  # as the real one: gone, but status 200
            return json.dumps({"error": {"code": 400, "message": "Invalid URL"}}).encode()
        return json.dumps(service.query(asked) if steps[-1] == "query" else service.layer()).encode()


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    standin: StandIn

    def do_GET(self) -> None:
        fault = self.standin.take_fault(self.path)
        content = self.standin.content(self.path)
        if fault:
            fault(self, content or b"")
        elif content is None:
            self.answer(404, b"")
        else:
            self.whole(content)

    def whole(self, content: bytes) -> None:
        """The answer as it should be: validators, ranges, compression."""
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"ETag": etag}
        if "/files/" in self.path or "/getReport" in self.path:
            if self.headers.get("If-None-Match") == etag:
                return self.answer(304, b"", headers)
            start = self.headers.get("Range", "")
            if start and self.headers.get("If-Range") == etag:
                first = int(start.removeprefix("bytes=").removesuffix("-"))
                if first >= len(content):
                    return self.answer(416, b"", headers)
                return self.answer(206, content[first:], headers)
        if "gzip" in self.headers.get("Accept-Encoding", ""):
            return self.answer(200, gzip.compress(content, 1), {**headers, "Content-Encoding": "gzip"})
        return self.answer(200, content, headers)

    def answer(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.standin.statuses.append(status)
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


# --- what can go wrong ------------------------------------------------------------------------------------------------


def error_body(code: int, message: str) -> Fault:
    """An `error` under status 200."""
    return lambda handler, _: handler.answer(200, json.dumps({"error": {"code": code, "message": message}}).encode())


def status(number: int, **headers: str) -> Fault:
    """An answer with another status; `Retry_After="1"` becomes the header."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, _: handler.answer(number, b"", named)


def drop(handler: Handler, content: bytes) -> None:
    """Half an answer, then the connection goes."""
    handler.send_response(200)
    handler.send_header("ETag", f'"{hashlib.sha256(content).hexdigest()[:16]}"')
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    handler.wfile.flush()
    handler.connection.close()
    handler.close_connection = True


def slow(seconds: float) -> Fault:
    """An answer that does not come in time."""

    def fault(handler: Handler, content: bytes) -> None:
        time.sleep(seconds)
        try:
            handler.whole(content)
        except OSError:
            handler.close_connection = True

    return fault


def redirect(to: str) -> Fault:
    """Go elsewhere."""
    return lambda handler, _: handler.answer(302, b"", {"Location": to})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_args: object) -> None:
        """A client that gave up is part of the game."""


@contextmanager
def serving(reference: Path) -> Iterator[StandIn]:
    """A stand-in that serves the official files in a folder."""
    standin = StandIn(reference, {name: Service(reference / file) for name, file in SERVICES.items()})
    standin.services["LSOA21_WD24_LAD24_EW_LU"].limit = 1000
    server = _Server(("127.0.0.1", 0), type("Bound", (Handler,), {"standin": standin}))
    standin.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield standin
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
