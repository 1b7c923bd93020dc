"""A stand-in on this machine for the services that `data update` uses, serving the publishers' own files.

It behaves as they do and misbehaves on request: `publishers.fault("LSOA21_WD24", drop)` makes the next request whose
path holds that text go wrong.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import publishers_data as data
from publishers_services import LANDING, PUBLICATION, Nomis, Service, month_page, services_of

Fault = Callable[["Handler", bytes], None]

REPORTS = {"epcn": "epcn_2024-10.csv", "epcncorepartnerdetails": "epcncorepartnerdetails_2024-10.csv"}
LOCATIONS = "1ac8547e9a8945478f0b5ea7ffe1a6b1"
#: What the files of the month pages are, by the start of their names.
PUBLISHED: dict[str, Callable[[Path], bytes]] = {
    "gp-reg-pat-prac-lsoa-2021-male-female-July-26": data.registrations_of_2026,
    "gp-reg-pat-prac-lsoa-male-female-July-22": data.registrations_of_2022,
    "gp-reg-pat-prac-map.csv": lambda reference: (reference / "gp-reg-pat-prac-map_2026-08.csv").read_bytes(),
}
#: Services that exist beside those that are looked for: their names come close.
NOISE = ("LSOA21_WD24_LAD24_EW_LU_old", "LSOA01_LSOA11_LAD11_EW_LU", "WD24_LAD24_CTY24_LU", "LAD24_RGN24_EN_LU")


@dataclass
class Publishers:
    """The server, what it serves, and what it was asked."""

    reference: Path
    services: dict[str, Service]
    nomis: Nomis
    files: dict[str, bytes] = field(default_factory=dict)
    faults: list[tuple[str, Fault]] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)
    _made: dict[str, bytes] = field(default_factory=dict)

    @property
    def endpoints(self) -> dict[str, str]:
        """What PLACEMAP_ENDPOINTS says to use this server."""
        return {
            "arcgis": f"{self.url}/arcgis/rest/services",
            "portal": f"{self.url}/sharing/rest",
            "nomis": f"{self.url}/api/v01",
            "ods": f"{self.url}/api/getReport",
            "nhs": self.url,
            "nhs_files": f"{self.url}/files",
        }

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
        for start, answer in (
            ("/arcgis/rest/services", self._arcgis),
            ("/sharing/rest", self._portal),
            ("/api/v01/dataset/", self._nomis),
            ("/api/getReport", self._report),
            (PUBLICATION, self._month),
            ("/files", self._file),
        ):
            if parts.path.startswith(start):
                return answer(parts.path[len(start) :].strip("/"), asked)
        return None

    def _arcgis(self, rest: str, asked: dict[str, str]) -> bytes:
        if not rest:
            names = sorted([*self.services, *NOISE])
            listed = [{"name": name, "type": "FeatureServer", "url": f"{self.url}/x/{name}"} for name in names]
            return json.dumps({"currentVersion": 11.5, "services": listed}).encode()
        service = self.services.get(rest.partition("/")[0])
        if service is None:  # as the real one: gone, but status 200
            return json.dumps({"error": {"code": 400, "message": "Invalid URL"}}).encode()
        return json.dumps(service.query(asked) if rest.endswith("/query") else service.layer()).encode()

    def _portal(self, rest: str, asked: dict[str, str]) -> bytes | None:
        if rest == f"content/items/{LOCATIONS}/data":
            return self._once("locations", data.location_lookup)
        if rest != "search":
            return None
        start, base = int(asked.get("start", 1)), self.endpoints["arcgis"]
        items = [{"title": name, "url": f"{base}/{name}/FeatureServer"} for name in sorted([*self.services, *NOISE])]
        page = items[start - 1 : start + 4]  # five a page, whatever is asked for: `nextStart` must be followed
        following = start + 5 if start + 5 <= len(items) else -1
        return json.dumps({"total": len(items), "nextStart": following, "results": page}).encode()

    def _nomis(self, rest: str, asked: dict[str, str]) -> bytes | None:
        if rest.endswith(".def.sdmx.json"):
            return self.nomis.definition(rest.removesuffix(".def.sdmx.json"))
        return self.nomis.answer(rest.removesuffix(".data.csv"), asked)

    def _report(self, _rest: str, asked: dict[str, str]) -> bytes | None:
        name = REPORTS.get(asked.get("report", ""))
        return (self.reference / name).read_bytes() if name else None

    def _month(self, rest: str, _asked: dict[str, str]) -> bytes | None:
        return month_page(rest, self.endpoints["nhs_files"]) if rest else LANDING.encode()

    def _file(self, rest: str, _asked: dict[str, str]) -> bytes | None:
        name = rest.rpartition("/")[2]
        if name in self.files:
            return self.files[name]
        make = next((make for start, make in PUBLISHED.items() if name.startswith(start)), None)
        if make:
            return self._once(name, make)
        path = self.reference / name
        return path.read_bytes() if path.is_file() else None

    def _once(self, name: str, make: Callable[[Path], bytes]) -> bytes:
        if name not in self._made:
            self._made[name] = make(self.reference)
        return self._made[name]


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    publishers: Publishers

    def do_GET(self) -> None:
        fault = self.publishers.take_fault(self.path)
        content = self.publishers.content(self.path)
        if fault:
            fault(self, content or b"")
        elif self.path.startswith("/files") and "placemap/" not in self.headers.get("User-Agent", ""):
            self.answer(403, b"Access denied")
        elif content is None:
            self.answer(404, b"")
        else:
            self.whole(content)

    def whole(self, content: bytes) -> None:
        """The answer as it should be: validators, ranges, compression."""
        etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
        headers = {"ETag": etag}
        if self.path.startswith(("/files", "/api/getReport", "/sharing/rest/content")):
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
        self.publishers.statuses.append(status)
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


# --- what can go wrong ------------------------------------------------------------------------------------------------


def body(content: bytes, **headers: str) -> Fault:
    """Another answer under status 200, as a block page is."""
    return lambda handler, _: handler.answer(200, content, headers)


def error_body(code: int, message: str) -> Fault:
    """An `error` under status 200."""
    return body(json.dumps({"error": {"code": code, "message": message}}).encode())


BLOCKED = body(b"<!DOCTYPE html><html><title>Access blocked</title>Ask the service desk.</html>")
NO_SERVICES = body(b'{"currentVersion": 11.5, "services": []}')


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
def serving(reference: Path) -> Iterator[Publishers]:
    """A stand-in that serves the official files in a folder."""
    publishers = Publishers(reference, services_of(reference), Nomis(reference))
    server = _Server(("127.0.0.1", 0), type("Bound", (Handler,), {"publishers": publishers}))
    publishers.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield publishers
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
