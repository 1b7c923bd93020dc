"""The one HTTP client: polite, patient, bounded, and only over web addresses that are safe to follow.

Proxies and CA bundles come from the environment (HTTPS_PROXY, NO_PROXY, REQUESTS_CA_BUNDLE), as `requests` reads
them. Everything that may pass is tried again with growing pauses; what a server asks for in Retry-After is kept to.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urljoin

import requests
from tenacity import RetryCallState, Retrying, retry_if_exception_type

from placemap.core.errors import PlacemapError
from placemap.core.files import write_text
from placemap.core.installed import __version__
from placemap.sources.download.hosts import (
    BY_HAND,
    TRUST,
    NotFound,
    Unreachable,
    block_page,
    host_of,
    proxy_failure,
    proxy_hint,
    reason_of,
    require_resolved,
    require_safe,
    require_safe_redirect,
)
from placemap.sources.download.responses import (
    NoConnection,
    Response,
    TemporaryFailure,
    Unfit,
    as_object,
    good,
    is_page,
    pieces,
    refuse_page,
    response_of,
    validator,
)

#: A download may not be larger than this, unpacked from what the server compresses.
MOST_BYTES = 1_000_000_000
MOST_REDIRECTS = 5
#: Longest pause that a server's Retry-After may ask for, in seconds.
LONGEST_PAUSE = 300.0
PER_HOST = 2
_REDIRECTS = (301, 302, 303, 307, 308)
T = TypeVar("T")
#: An ordinary one, as some hosts let no other through.
USER_AGENT = f"Mozilla/5.0 (compatible; placemap/{__version__})"


@dataclass
class Client:
    """An HTTP client for official sources.

    After the first failure that is the host's (no name, no way there, no trust, not let through) no other request to it
    is tried: the same error is raised at once.

    Attributes:
        timeout: seconds to connect, and to wait between two pieces of an answer.
        attempts: how often a request is made before it is given up.
        connects: how often a connection is tried.
        backoff: first pause in seconds; it doubles with each attempt.
        most_bytes: size above which a download is refused.
    """

    timeout: tuple[float, float] = (5.0, 90.0)
    attempts: int = 6
    connects: int = 2
    backoff: float = 1.0
    most_bytes: int = MOST_BYTES
    ca_bundle: Path | None = None
    _hosts: dict[str, threading.Semaphore] = field(default_factory=dict)
    _down: dict[str, Unreachable] = field(default_factory=dict)
    _answered: set[str] = field(default_factory=set)
    _guard: threading.Lock = field(default_factory=threading.Lock)
    _local: threading.local = field(default_factory=threading.local)

    def get(
        self, url: str, params: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        """Get a whole answer into memory.

        Raises:
            PlacemapError: the address is not one to follow, is gone, or keeps failing.
        """
        return self.with_retries(url, lambda: self.once(url, params, headers or {}))

    def page(self, url: str, its_own: re.Pattern[str]) -> str | None:
        """Get a page that people read; None where there is none (404).

        Args:
            its_own: what the page has, and one that a network puts in its place has not.

        Raises:
            PlacemapError: as for `get`; another page came.
        """

        def once() -> str | None:
            try:
                content = self.once(url, None, {}, html=True).content.decode("utf-8", errors="replace")
            except NotFound:
                return None
            if not its_own.search(content):
                raise Unreachable(url, *block_page(content.encode()))
            return content

        return self.with_retries(url, once)

    def get_json(self, url: str, params: Mapping[str, str], check: Callable[[dict[str, Any]], None]) -> dict[str, Any]:
        """Get a JSON object.

        Args:
            check: looks at what came, and raises TemporaryFailure where it is worth another try.

        Raises:
            PlacemapError: as for `get`, and what `check` raises.
        """

        def once() -> dict[str, Any]:
            found = as_object(self.once(url, params, {}).content)
            try:
                check(found)
            except PlacemapError as error:
                error.location = error.location or url
                raise
            return found

        return self.with_retries(url, once)

    def download(
        self,
        url: str,
        to: Path,
        headers: Mapping[str, str] | None = None,
        progress: Callable[[int, int], None] = lambda _done, _all: None,
    ) -> Response:
        """Get an answer into a file; what an earlier try left there is continued where the server can.

        Args:
            to: the unfinished file; its validator is kept in `<to>.etag`, so that halves of two versions never meet.
            progress: told bytes received and, where the server says it, bytes expected.

        Raises:
            PlacemapError: as for `get`.
        """

        def once() -> Response:
            try:
                return self._download_once(url, to, headers or {}, progress)
            except Unfit:
                to.unlink()
                raise

        return self.with_retries(url, once)

    def with_retries(self, url: str, work: Callable[[], T]) -> T:
        """Do `work` until it ends well, up to `attempts` times while it raises TemporaryFailure.

        Raises:
            PlacemapError: it was `TemporaryFailure` every time.
        """
        host = host_of(url)
        again = Retrying(
            retry=retry_if_exception_type(TemporaryFailure), stop=self._is_enough, wait=self._pause, reraise=True
        )
        try:
            return again(lambda: self._unless_down(host, work))
        except NoConnection as last:
            self._down.setdefault(host, Unreachable(url, str(last), proxy_hint()))
            raise self._down[host] from None
        except Unreachable as error:
            self._down.setdefault(host, error)
            raise
        except TemporaryFailure as last:
            raise PlacemapError(
                f"no good answer after {self.attempts} tries; the last: {last}",
                location=url,
                hint=f"try again later; or {BY_HAND}",
            ) from None

    def _unless_down(self, host: str, work: Callable[[], T]) -> T:
        if host in self._down:
            raise self._down[host]
        return work()

    def _is_enough(self, state: RetryCallState) -> bool:
        error = state.outcome.exception() if state.outcome else None
        return state.attempt_number >= (self.connects if isinstance(error, NoConnection) else self.attempts)

    def _pause(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = getattr(error, "pause", None)
        growing = self.backoff * 2 ** (state.attempt_number - 1)
        return float(min(asked if asked is not None else growing, LONGEST_PAUSE))

    # --- one try --------------------------------------------------------------------------------------------

    def once(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        html: bool = False,
    ) -> Response:
        """One try at a whole answer, for use in `with_retries`; a web page is refused unless `html` is to come.

        Raises:
            PlacemapError, TemporaryFailure: as for `get`; what may pass is not waited for.
        """
        with self._of_host(url), self._opened(url, params, headers or {}) as response:
            if response.status_code == requests.codes.not_modified:
                return response_of(b"", response, unchanged=True)
            parts, size = [], 0
            for piece in pieces(response):
                size += len(piece)
                self._require_size(size, url)
                parts.append(piece)
            content = b"".join(parts)
            refuse_page(url, response, b"" if html else content)
            return response_of(content, response)

    def _download_once(
        self, url: str, to: Path, headers: Mapping[str, str], progress: Callable[[int, int], None]
    ) -> Response:
        note = to.with_name(f"{to.name}.etag")
        have, known = (to.stat().st_size if to.exists() else 0), _text(note)
        if have and known:
            headers = {"Range": f"bytes={have}-", "If-Range": known, "Accept-Encoding": "identity"}
        with self._of_host(url), self._opened(url, None, headers) as response:
            if response.status_code == requests.codes.not_modified:
                return response_of(b"", response, unchanged=True)
            going_on = response.status_code == requests.codes.partial_content
            write_text(note, validator(response))
            self._save(response, to, have if going_on else 0, progress)
            with to.open("rb") as file:
                start = file.read(2_000)
            if is_page(start):
                to.unlink()
            refuse_page(url, response, start)
            return response_of(b"", response)

    def _save(self, response: requests.Response, to: Path, have: int, progress: Callable[[int, int], None]) -> None:
        announced = response.headers.get("Content-Length", "")
        size, whole = have, have + int(announced) if announced.isdigit() else 0
        with to.open("ab" if have else "wb") as file:
            for piece in pieces(response):
                size += len(piece)
                self._require_size(size, response.url)
                file.write(piece)
                progress(size, max(size, whole))

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
            self._answered.add(host_of(url))
            if response.status_code not in _REDIRECTS:
                return good(response, url)
            target = urljoin(url, response.headers.get("Location", ""))
            response.close()
            require_safe_redirect(url, target)
            url, params = target, None
        raise PlacemapError(f"more than {MOST_REDIRECTS} redirects", location=url, hint=BY_HAND)

    def _send(self, url: str, params: Mapping[str, str] | None, headers: Mapping[str, str]) -> requests.Response:
        require_resolved(url, self.timeout[0] + 1)
        try:
            return self._session().get(
                url, params=params, headers=dict(headers), timeout=self.timeout, stream=True, allow_redirects=False
            )
        except requests.exceptions.SSLError as error:
            raise Unreachable(url, f"the connection is not trusted: {reason_of(error)}", TRUST) from None
        except requests.exceptions.ConnectTimeout:
            raise NoConnection(f"no connection within {self.timeout[0]:g} seconds") from None
        except requests.exceptions.Timeout:
            raise TemporaryFailure(f"no answer within {self.timeout[1]:g} seconds") from None
        except requests.exceptions.ProxyError as error:
            raise Unreachable(url, *proxy_failure(reason_of(error))) from None
        except requests.exceptions.ConnectionError as error:
            if "Connection aborted" in str(error) and host_of(url) in self._answered:
                raise TemporaryFailure(reason_of(error)) from None
            raise NoConnection(reason_of(error)) from None
        except requests.exceptions.RequestException as error:
            raise TemporaryFailure(reason_of(error)) from None

    def _session(self) -> requests.Session:
        if not hasattr(self._local, "session"):
            session = requests.Session()
            session.headers["User-Agent"] = USER_AGENT
            if self.ca_bundle is not None:
                session.verify = str(self.ca_bundle)
            self._local.session = session
        found: requests.Session = self._local.session
        return found

    def _of_host(self, url: str) -> threading.Semaphore:
        """Never more than PER_HOST requests at a time to one host."""
        with self._guard:
            return self._hosts.setdefault(host_of(url), threading.Semaphore(PER_HOST))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""
