"""Which addresses a key may be sent to: https anywhere, or http on this computer itself; and what an origin is."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.deferred import httpx
from app.domain.errors import InputError

_HOST = re.compile(r"[0-9a-z._:-]+")  # a name as DNS knows it, or an address


def validate_base_url(url: str) -> str:
    """Check a base URL and return it without a slash at its end.

    Raises:
        InputError: It is not https (http is allowed on this computer itself), or carries a password, query or fragment.
    """
    bare = url.strip().rstrip("/")
    try:
        parts = urlsplit(bare)
        parsed = httpx.URL(bare)
        host = (parts.hostname or "").encode("idna").decode()
        # What is judged here must be what is connected to, so an address that two parsers read differently is none.
        is_address = bool(_HOST.fullmatch(host)) and host == parsed.raw_host.decode() and parts.port != 0
    except (ValueError, UnicodeError, httpx.InvalidURL):
        is_address, host, parts = False, "", urlsplit("")
    if not is_address or parts.username is not None or parts.query or parts.fragment:
        raise InputError("A service's address must look like https://api.example.com/path.")
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise InputError("A service's address must start with https:// (http:// only for this computer itself).")
    return bare


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this computer itself."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def origin(url: httpx.URL) -> tuple[str, str, int | None]:
    """Scheme, host and port of a URL; a port that is the scheme's own is None."""
    return url.scheme, url.host, url.port
