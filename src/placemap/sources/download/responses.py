"""What servers answer: which answers are good, which may pass, and which are a network's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import requests

from placemap.core.errors import PlacemapError
from placemap.core.files import from_json
from placemap.sources.download.hosts import BLOCKING, BY_HAND, NotFound, Unreachable, block_page, reason_of

_PASSING = (408, 425, 429, 500, 502, 503, 504)
#: Small, as what is in a broken-off piece is lost.
_CHUNK = 1 << 14


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


class NoConnection(TemporaryFailure):
    """The host could not be talked to at all, which seldom passes in a moment."""


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


def as_object(content: bytes) -> dict[str, Any]:
    """The JSON object that an answer is.

    Raises:
        TemporaryFailure: it is none; half an answer that comes whole the next time.
    """
    try:
        found = from_json(content)
    except ValueError:
        raise TemporaryFailure(f"the answer is not JSON: {content[:60]!r}") from None
    if not isinstance(found, dict):
        raise TemporaryFailure("the answer is not a JSON object")
    return found


def response_of(content: bytes, response: requests.Response, *, unchanged: bool = False) -> Response:
    """What came, with the validators to ask with next time."""
    headers = response.headers
    return Response(content, unchanged, headers.get("ETag", ""), headers.get("Last-Modified", ""))


def good(response: requests.Response, url: str) -> requests.Response:
    """The answer, if its status is one of success.

    Raises:
        TemporaryFailure: it may pass.
        Unreachable: the host, or the network before it, does not let us through.
        PlacemapError: it is another failure.
    """
    status = response.status_code
    if status in _PASSING:
        pause = _retry_after(response.headers.get("Retry-After", ""))
        response.close()
        raise TemporaryFailure(f"the server answers {status}", pause)
    if status == requests.codes.requested_range_not_satisfiable:
        response.close()
        raise Unfit("the unfinished download does not fit the file any more")
    if status in BLOCKING:
        response.close()
        raise Unreachable(url, *BLOCKING[status])
    if status == requests.codes.not_found:
        response.close()
        raise NotFound("the server answers 404 (not found)", location=url, hint=BY_HAND)
    if status >= 400:
        response.close()
        raise PlacemapError(f"the server answers {status}", location=url, hint=BY_HAND)
    return response


def refuse_page(url: str, response: requests.Response, content: bytes) -> None:
    """Refuse a web page in the place of data: it is the network's, not the publisher's."""
    if is_page(content):
        response.close()
        raise Unreachable(url, *block_page(content))


def is_page(content: bytes) -> bool:
    """Whether an answer is a web page, by how it begins."""
    start = content[:2_000].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    return start.startswith((b"<!doctype html", b"<html"))


def pieces(response: requests.Response) -> Any:
    """The pieces of an answer; one that breaks off, or is shorter than announced, raises TemporaryFailure."""
    try:
        yield from response.iter_content(_CHUNK)
    except requests.exceptions.RequestException as error:
        raise TemporaryFailure(f"the connection broke off: {reason_of(error)}") from None
    announced = response.headers.get("Content-Length", "")
    if announced.isdigit() and response.raw is not None and response.raw.tell() < int(announced):
        raise TemporaryFailure(f"the answer ends after {response.raw.tell():,} of {int(announced):,} bytes")


def _retry_after(value: str) -> float | None:
    return float(value) if value.strip().isdigit() else None


def validator(response: requests.Response) -> str:
    """A strong validator for If-Range, empty where the server gives none."""
    etag: str = response.headers.get("ETag", "")
    return etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified", "")
