"""What a certificate that was not accepted says, so that the rep can be told whose it is. Nothing here accepts one.

OpenSSL, Windows and macOS each say in their own words why they refuse a certificate, and none says who issued it. So
after a refusal the certificate alone is fetched once more, by a handshake that ends before anything is sent, and the
few members of it that explain the refusal are read here (X.509 is RFC 5280, its encoding ITU-T X.690).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Any

from app.deferred import httpx
from app.providers.proxies import NO_PROXY, Proxy
from app.providers.wire import text

_OID = 0x06
_UTC_TIME, _GENERAL_TIME = 0x17, 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_UTF_16 = 0x1E

_COMMON_NAME, _ORGANISATION = b"\x55\x04\x03", b"\x55\x04\x0a"
_ALTERNATIVE_NAMES = b"\x55\x1d\x11"

#: Seconds that the look at a certificate may take.
LOOK_TIMEOUT = 5.0


@dataclass(frozen=True, slots=True)
class Certificate:
    """The members of a certificate that explain why it was not accepted. Names are untrusted text, made one line."""

    issuer: str
    not_before: datetime
    not_after: datetime
    names: tuple[str, ...]

    def is_for(self, host: str) -> bool:
        """Whether it names a host; `*` stands for one label at the front."""
        wanted = host.lower().rstrip(".")
        parent = wanted.partition(".")[2]
        return any(name in (wanted, f"*.{parent}" if parent else wanted) for name in map(str.lower, self.names))


def is_certificate_trouble(error: BaseException) -> bool:
    """Whether a connection failed because of the certificate at its other end."""
    cause: BaseException | None = error
    seen: set[int] = set()  # an exception that is raised again can be its own context
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        if isinstance(cause, ssl.SSLCertVerificationError) or "CERTIFICATE_VERIFY_FAILED" in str(cause):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate.

    Raises:
        ValueError: It is none.
    """
    try:
        [(_, whole)] = _members(der)
        _, signed = next(_members(whole))
        members = [member for member in _members(signed) if member[0] != _VERSION]
        issuer, validity = members[2][1], members[3][1]
        begins, ends = (_time(tag, content) for tag, content in _members(validity))
        extensions = [content for tag, content in members[6:] if tag == _EXTENSIONS]
        return Certificate(_name(issuer), begins, ends, tuple(_alternative_names(extensions)))
    except (ValueError, IndexError, StopIteration, OverflowError) as error:
        raise ValueError("This is no certificate.") from error


class _SeenError(Exception):
    """Ends a look at a certificate before anything is sent."""

    def __init__(self, der: bytes) -> None:
        super().__init__("seen")
        self.der = der


async def look_at_certificate(url: httpx.URL, proxy: Proxy = NO_PROXY) -> Certificate | None:
    """The certificate that answers for a URL, accepted or not; None when it cannot be had within some seconds.

    The connection is given up as soon as the certificate is seen: no request is ever sent over it.
    """

    async def give_up_once_seen(event: str, info: dict[str, Any]) -> None:
        if (der := certificate_in(event, info, url.host)) is not None:
            await info["return_value"].aclose()  # httpcore does not close what a callback stops
            raise _SeenError(der)

    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    try:
        async with (
            asyncio.timeout(LOOK_TIMEOUT),
            httpx.AsyncClient(verify=blind, proxy=proxy.url or None, trust_env=False, follow_redirects=False) as http,
        ):
            await http.head(url.copy_with(path="/", query=None), extensions={"trace": give_up_once_seen})
    except _SeenError as seen:
        with suppress(ValueError):
            return read_certificate(seen.der)
    except (httpx.HTTPError, TimeoutError):
        pass
    return None


def certificate_in(event: str, info: dict[str, Any], host: str) -> bytes | None:
    """The certificate of a host in an event of httpcore's `trace` extension; None in all other events."""
    if not event.endswith("start_tls.complete"):
        return None
    tls = info["return_value"].get_extra_info("ssl_object")
    if tls is None or tls.server_hostname != host:
        return None  # the connection to the proxy itself
    der: bytes | None = tls.getpeercert(binary_form=True)
    return der


def _members(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The tag and content of each value in turn."""
    at = 0
    while at < len(der):
        tag, length = der[at], der[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(der[at : at + size])
            at += size
        if at + length > len(der):
            raise ValueError("A value ends behind the end.")
        yield tag, der[at : at + length]
        at += length


def _time(tag: int, content: bytes) -> datetime:
    if tag not in (_UTC_TIME, _GENERAL_TIME):
        raise ValueError("There is no time where one belongs.")
    digits = content.decode("ascii").removesuffix("Z")
    if tag == _UTC_TIME:
        digits = ("19" if digits[:2] >= "50" else "20") + digits
    return datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _name(name: bytes) -> str:
    """The common name, else the organisation, of a distinguished name; “nobody named” without either."""
    found: dict[bytes, str] = {}
    for _, relative in _members(name):
        for _, pair in _members(relative):
            (_, kind), (tag, value) = _members(pair)
            found[kind] = value.decode("utf-16-be" if tag == _UTF_16 else "utf-8", "replace")
    return text(found.get(_COMMON_NAME) or found.get(_ORGANISATION) or "", longest=80) or "nobody named"


def _alternative_names(extensions: list[bytes]) -> Iterator[str]:
    for wrapped in extensions:
        for _, listed in _members(wrapped):
            for _, extension in _members(listed):
                parts = list(_members(extension))
                if parts[0] == (_OID, _ALTERNATIVE_NAMES):
                    [(_, names)] = _members(parts[-1][1])
                    for tag, name in _members(names):
                        if tag == _DNS_NAME:
                            yield text(name.decode("ascii"), longest=80)
                        elif tag == _IP_ADDRESS:
                            yield str(ip_address(name))
