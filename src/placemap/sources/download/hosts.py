"""Hosts and addresses: which are safe to follow, and why a host cannot be talked to."""

from __future__ import annotations

import ipaddress
import os
import re
import socket
import threading
from urllib.parse import urlsplit

import requests

from placemap.core.errors import PlacemapError

BY_HAND = "download it by hand and use `placemap data import FILE`"
TRUST = "on a network with its own certificate authority, name its bundle with --ca-bundle or REQUESTS_CA_BUNDLE"
ASK = "ask IT to allow the host; or download by hand elsewhere"
_PROXIES = ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy")
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,120})", re.IGNORECASE)


class NotFound(PlacemapError):
    """There is nothing at an address, on a host that answers."""


class Unreachable(PlacemapError):
    """A host that cannot be talked to, or does not let us through; any other request to it would end alike.

    Attributes:
        host: its name, with a port where the address has one.
    """

    def __init__(self, url: str, why: str, hint: str) -> None:
        super().__init__(why, location=url, hint=hint)
        self.host = host_of(url)


def host_of(url: str) -> str:
    """Host and port of an address."""
    return urlsplit(url).netloc


def set_proxy() -> str:
    """Name of the environment variable that names a proxy; empty where none does."""
    return next((name for name in _PROXIES if os.environ.get(name)), "")


def proxy_hint() -> str:
    """What to do where no connection comes about."""
    name = set_proxy()
    if name:
        return f"{name} is set: check that the proxy is right and lets the host through; or {BY_HAND}"
    return f"check that this machine is online; where the network has a proxy, set HTTPS_PROXY; or {BY_HAND}"


def proxy_failure(reason: str) -> tuple[str, str]:
    """What a proxy says, and the next step."""
    name = set_proxy() or "the proxy"
    if "407" in reason:
        return (
            "the proxy asks for a sign-in (407)",
            f"ask IT how programs sign in, and put what they say into {name}; or {BY_HAND}",
        )
    return f"the proxy gives no connection: {reason}", f"check {name} and ask IT to allow the host; or {BY_HAND}"


#: What a status says of a host that does not let us through.
BLOCKING = {
    401: ("the network asks for a sign-in (401)", ASK),
    403: ("the network or the host refuses (403)", ASK),
    407: ("the proxy asks for a sign-in (407)", "ask IT how programs sign in at the proxy"),
    451: ("the host refuses (451)", ASK),
    511: ("the network asks for a sign-in (511)", "sign in with a browser, then try again"),
}


def block_page(content: bytes) -> tuple[str, str]:
    """What a web page in the place of data says, and the next step."""
    title = _TITLE.search(content)
    named = f" (“{' '.join(title[1].decode('utf-8', errors='replace').split())}”)" if title else ""
    return f"a web page came in the place of data{named}: the network blocks the host, or wants a sign-in", ASK


def require_resolved(url: str, seconds: float) -> None:
    """Look the host's name up, which systems wait for longer than people do.

    Raises:
        Unreachable: the name is not found, or not in time. Behind a proxy nothing is looked up here.
    """
    host = urlsplit(url).hostname or ""
    if is_loopback(url) or requests.utils.get_environ_proxies(url):
        return
    found: list[str] = []

    def look_up() -> None:
        try:
            socket.getaddrinfo(host, None)
            found.append("")
        except OSError as error:
            found.append(str(error.strerror or error))

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(seconds)
    if found != [""]:
        why = found[0] if found else f"no answer within {seconds:g} seconds"
        raise Unreachable(url, f"the name of the host is not found (DNS: {why})", proxy_hint())


_ERRNO = re.compile(r"\[Errno -?\d+\] ([^\"')]+)")


def reason_of(error: BaseException) -> str:
    """The innermost cause in one short line; `requests` wraps it several times."""
    inner = error
    while inner.args and isinstance(inner.args[-1], BaseException):
        inner = inner.args[-1]
    cause = getattr(inner, "reason", None)
    text = str(cause if isinstance(cause, BaseException) else inner).splitlines()[0][:200]
    plain = _ERRNO.search(text)
    return plain[1].strip() if plain else text


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


def is_address(text: str) -> bool:
    """Whether a text is a web address rather than a path."""
    return "://" in text


def require_private(url: str, location: str) -> None:
    """Only https addresses, and plain http to this machine itself.

    Raises:
        PlacemapError: it is another one.
    """
    require_safe(url)
    if urlsplit(url).scheme != "https" and not is_loopback(url):
        raise PlacemapError(
            f"{url} is plain http; expected https (http only to this machine itself)",
            location=location,
            hint="give an https address",
        )


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
