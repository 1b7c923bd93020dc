"""The one HTTP client: polite, patient, bounded, and only over web addresses that are safe to follow.

Proxies and CA bundles come from the environment (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE), as `requests` reads
them. Everything that may pass is tried again with growing pauses; what a server asks for in Retry-After is kept to.
"""

from __future__ import annotations

import ipaddress
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin, urlsplit

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from placemap.core.errors import PlacemapError
from placemap.core.files import write_text
from placemap.core.version import __version__

#: A download may not be larger than this, unpacked from what the server compresses.
MOST_BYTES = 1_000_000_000
MOST_REDIRECTS = 5
#: Longest pause that a server's Retry-After may ask for, in seconds.
LONGEST_PAUSE = 300.0
PER_HOST = 2
_PASSING = (408, 425, 429, 500, 502, 503, 504)
_REDIRECTS = (301, 302, 303, 307, 308)
#: Small, as what is in a broken-off piece is lost.
_CHUNK = 1 << 14
T = TypeVar("T")
BY_HAND = "download it by hand and use `placemap data import FILE`"


class TemporaryFailure(Exception):
    """Something that may be over in a moment.

    Attributes:
        pause: seconds that the server asks to wait, None where it does not say.
    """

    def __init__(self, message: str, pause: float | None = None) -> None:
        super().__init__(message)
        self.pause = pause


class Unfit(TemporaryFailure):
    """What an earlier try left cannot be continued."""


@dataclass(frozen=True)
class Response:
    """What a server gave.

    Attributes:
        unchanged: True where it says that what we have is still current (304).
        etag, last_modified: its validators, to ask with next time.
    """

    content: bytes
    unchanged: bool = False
    etag: str = ""
    last_modified: str = ""


@dataclass
class Client:
    """An HTTP client for official sources.

    Attributes:
        timeout: seconds to connect, and to wait between two pieces of an answer.
        attempts: how often a request is made before it is given up.
        backoff: first pause in seconds; it doubles with each attempt.
        most_bytes: size above which a download is refused.
    """

    timeout: tuple[float, float] = (15.0, 90.0)
    attempts: int = 6
    backoff: float = 1.0
    most_bytes: int = MOST_BYTES
    ca_bundle: Path | None = None
    _hosts: dict[str, threading.Semaphore] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _local: threading.local = field(default_factory=threading.local)

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Get a whole answer into memory.

        Raises:
            PlacemapError: the address is not one to follow, is gone, or keeps failing.
        """
        return self.with_retries(url, lambda: self._once(url, params, headers or {}))

    def get_json(self, url: str, params: Mapping[str, str], check: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Get a JSON object.

        Args:
            check: looks at what came, and raises Passing where it is worth another try.

        Raises:
            PlacemapError: as for `get`, and what `check` raises.
        """

        def once() -> dict[str, Any]:
            found = _object(self._once(url, params, {}).content)
            try:
                check(found)
            except PlacemapError as error:
                error.location = error.location or url
                raise
            return found

        return self.with_retries(url, once)

    def download(self, url: str, to: Path, headers: Mapping[str, str] | None = None) -> Response:
        """Get an answer into a file; what an earlier try left there is continued where the server can.

        Args:
            to: the unfinished file; its validator is kept in `<to>.etag`, so that halves of two versions never meet.

        Raises:
            PlacemapError: as for `get`.
        """

        def once() -> Response:
            try:
                return self._download_once(url, to, headers or {})
            except Unfit:
                to.unlink()
                raise

        return self.with_retries(url, once)

    def with_retries(self, url: str, work: Callable[[], T]) -> T:
        """Do `work` until it ends well, up to `attempts` times while it raises Passing.

        Raises:
            PlacemapError: it was `Passing` every time.
        """
        again = Retrying(
            retry=retry_if_exception_type(TemporaryFailure),
            stop=stop_after_attempt(self.attempts),
            wait=self._pause,
            reraise=True,
        )
        try:
            return again(work)
        except TemporaryFailure as last:
            raise PlacemapError(
                f"no good answer after {self.attempts} tries; the last: {last}",
                location=url,
                hint=f"try again later; behind a proxy set HTTPS_PROXY, with a private certificate authority "
                f"REQUESTS_CA_BUNDLE; or {BY_HAND}",
            ) from None

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "pause", None)
        growing = self.backoff * 2 ** (state.attempt_number - 1)
        return float(min(asked if asked is not None else growing, LONGEST_PAUSE))

    # --- one try --------------------------------------------------------------------------------------------

    def _once(self, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str]) -> Response:
        with self._of_host(url), self._opened(url, params, headers) as response:
            if response.status_code == requests.codes.not_modified:
                return _answer(b"", response, unchanged=True)
            pieces, size = [], 0
            for piece in _pieces(response):
                size += len(piece)
                self._require_size(size, url)
                pieces.append(piece)
            return _answer(b"".join(pieces), response)

    def _download_once(self, url: str, to: Path, headers: Mapping[str, str]) -> Response:
        note = to.with_name(f"{to.name}.etag")
        have, validator = (to.stat().st_size if to.exists() else 0), _text(note)
        if have and validator:
            headers = {"Range": f"bytes={have}-", "If-Range": validator, "Accept-Encoding": "identity"}
        with self._of_host(url), self._opened(url, None, headers) as response:
            if response.status_code == requests.codes.not_modified:
                return _answer(b"", response, unchanged=True)
            going_on = response.status_code == requests.codes.partial_content
            write_text(note, _validator(response))
            self._save(response, to, have if going_on else 0, url)
            return _answer(b"", response)

    def _save(self, response: requests.Response, to: Path, have: int, url: str) -> None:
        size = have
        with to.open("ab" if have else "wb") as file:
            for piece in _pieces(response):
                size += len(piece)
                self._require_size(size, url)
                file.write(piece)

    def _require_size(self, size: int, url: str) -> None:
        if size > self.most_bytes:
            raise PlacemapError(
                f"the download is larger than {self.most_bytes:,} bytes; that is no official table",
                location=url,
                hint="check the address",
            )

    def _opened(self, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str]) -> requests.Response:
        """An open answer, redirects followed by our rules, failures told apart."""
        require_safe(url)
        for _ in range(MOST_REDIRECTS + 1):
            response = self._send(url, params, headers)
            if response.status_code not in _REDIRECTS:
                return _good(response, url)
            target = urljoin(url, response.headers.get("Location", ""))
            response.close()
            require_safe_redirect(url, target)
            url, params = target, None
        raise PlacemapError(f"more than {MOST_REDIRECTS} redirects", location=url, hint=BY_HAND)

    def _send(self, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str]) -> requests.Response:
        try:
            return self._session().get(
                url, params=params, headers=dict(headers), timeout=self.timeout, stream=True, allow_redirects=False
            )
        except requests.exceptions.SSLError as error:
            raise PlacemapError(
                f"the connection is not trusted: {_reason(error)}",
                location=url,
                hint="on a network with its own certificate authority, name its bundle in REQUESTS_CA_BUNDLE",
            ) from None
        except requests.exceptions.Timeout:
            raise TemporaryFailure(f"no answer within {self.timeout[1]:g} seconds") from None
        except requests.exceptions.RequestException as error:
            raise TemporaryFailure(_reason(error)) from None

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            session = requests.Session()
            session.headers["User-Agent"] = f"placemap/{__version__}"
            if self.ca_bundle is not None:
                session.verify = str(self.ca_bundle)
            self._local.session = session
        found: requests.Session = self._local.session
        return found

    def _of_host(self, url: str) -> threading.Semaphore:
        """Never more than PER_HOST requests at a time to one host."""
        with self._guard:
            return self._hosts.setdefault(urlsplit(url).netloc, threading.Semaphore(PER_HOST))


def _object(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        raise TemporaryFailure(f"the answer is not JSON: {content[:60]!r}") from None
    if not isinstance(found, dict):
        raise TemporaryFailure("the answer is not a JSON object")
    return found


def _answer(content: bytes, response: requests.Response, *, unchanged: bool = False) -> Response:
    headers = response.headers
    return Response(content, unchanged, headers.get("ETag", ""), headers.get("Last-Modified", ""))


def _good(response: requests.Response, url: str) -> requests.Response:
    status = response.status_code
    if status in _PASSING:
        pause = _retry_after(response.headers.get("Retry-After", ""))
        response.close()
        raise TemporaryFailure(f"the server answers {status}", pause)
    if status == requests.codes.requested_range_not_satisfiable:
        response.close()
        raise Unfit("the unfinished download does not fit the file any more")
    if status >= 400:
        response.close()
        gone = " (not found)" if status == requests.codes.not_found else ""
        raise PlacemapError(f"the server answers {status}{gone}", location=url, hint=BY_HAND)
    return response


def _pieces(response: requests.Response) -> Any:
    """The pieces of an answer; one that breaks off, or is shorter than announced, raises Passing."""
    try:
        yield from response.iter_content(_CHUNK)
    except requests.exceptions.RequestException as error:
        raise TemporaryFailure(f"the connection broke off: {_reason(error)}") from None
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and response.raw is not None and response.raw.tell() < int(announced):
        raise TemporaryFailure(f"the answer ends after {response.raw.tell():,} of {int(announced):,} bytes")


def _retry_after(value: str) -> float | None:
    return float(value) if value.strip().isdigit() else None


def _validator(response: requests.Response) -> str:
    """A strong validator for If-Range, empty where the server gives none."""
    etag: str = response.headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified", "")


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _reason(error: BaseException) -> str:
    """The innermost cause in one short line; `requests` wraps it several times."""
    inner = error
    while inner.args and isinstance(inner.args[-1], BaseException):
        inner = inner.args[-1]
    cause = getattr(inner, "reason", None)
    return str(cause if isinstance(cause, BaseException) else inner).splitlines()[0][:200]


# --- addresses --------------------------------------------------------------------------------------------------


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def require_safe(url: str) -> None:
    """Only http and https addresses with a host, and no password in them.

    Raises:
        PlacemapError: it is another one.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise PlacemapError(
            f"an address with `{parts.scheme or 'no scheme'}`; expected http or https",
            location=url,
            hint="for a file on disk use `placemap data import FILE`",
        )
    if parts.username or parts.password:
        raise PlacemapError("a user name or password in the address", location=parts.hostname, hint="leave it out")


def require_safe_redirect(url: str, target: str) -> None:
    """A redirect leads to https, or stays on this machine; a server elsewhere never leads to this machine.

    Raises:
        PlacemapError: it leads elsewhere.
    """
    require_safe(target)
    local = is_loopback(target)
    if (local and not is_loopback(url)) or (not local and urlsplit(target).scheme != "https"):
        raise PlacemapError(
            f"the server redirects to {target}; redirects are followed to https only",
            location=url,
            hint=BY_HAND,
        )
