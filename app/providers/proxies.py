"""Which proxy leads to an address, by the environment and the operating system's settings.

As urllib reads them: `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` (small letters win), else the settings of Windows or
macOS with their exceptions. This computer itself is never reached through a proxy.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from app.deferred import httpx
from app.providers.addresses import is_loopback


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy, or none. Its address may hold a password, so it is in no repr; show `shown` instead."""

    url: str = field(default="", repr=False)

    @property
    def shown(self) -> str:
        """The address without name and password, "" without a proxy."""
        scheme, mark, rest = self.url.partition("://")
        return f"{scheme}{mark}{rest.rpartition('@')[2].partition('/')[0]}"

    @property
    def password(self) -> str:
        """The password that is sent to it, "" without one."""
        try:
            return unquote(urlsplit(self.url).password or "")
        except ValueError:
            return ""


NO_PROXY = Proxy()


def find_proxy(url: str) -> Proxy:
    """The proxy for a URL. On Windows this may look names up, so call it off the event loop."""
    address = httpx.URL(url)
    if is_loopback(address.host):
        return NO_PROXY
    import urllib.request  # slow to load, and this is called off the event loop

    settings = urllib.request.getproxies()
    proxy = (settings.get(address.scheme) or settings.get("all") or "").strip()
    if not proxy or urllib.request.proxy_bypass(_with_port(address)):
        return NO_PROXY
    return Proxy(proxy if "://" in proxy else f"http://{proxy}")


def _with_port(address: httpx.URL) -> str:
    """Host and port, as exceptions from the proxy may name both."""
    port = address.port or (443 if address.scheme == "https" else 80)
    host = f"[{address.host}]" if ":" in address.host else address.host
    return f"{host}:{port}"
