"""Keys: how each service wants its key, and how a key is kept out of everything else."""

from __future__ import annotations

from collections.abc import Generator

from app.deferred import httpx
from app.domain.errors import BadKeyError
from app.domain.provider import Provider
from app.providers.addresses import origin

_SCHEMES: dict[Provider, tuple[str, str]] = {
    Provider.TAMTAM: ("Authorization", ""),
    Provider.BUILDWORKPRO: ("Authorization", "Bearer "),
    Provider.TALKTOHUMANS: ("Authorization", "Bearer "),
    Provider.LEADFEEDER: ("X-Api-Key", ""),
}


class KeyAuth(httpx.Auth):
    """Puts a key on requests to its service's own origin, and nowhere else. Its repr shows no key.

    Args:
        provider: Whose key it is; decides header and prefix (contract sheets, section “Basics”).
        key: The key.
        base_url: The service's base URL; its scheme, host and port are the origin.
    """

    def __init__(self, provider: Provider, key: str, base_url: str) -> None:
        self._provider = provider
        self._key = key
        self._origin = origin(httpx.URL(base_url))

    def __repr__(self) -> str:
        return f"KeyAuth({self._provider.value})"

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the header.

        Raises:
            BadKeyError: The key cannot be put into a header, so it is no key of any service.
        """
        if not self._key or not all("!" <= char <= "~" for char in self._key):
            raise BadKeyError(
                f"This cannot be a {self._provider.label} key: keys have no spaces and no special characters.",
                provider=self._provider,
                next_step="Copy the key again and enter it in Settings.",
            )
        if origin(request.url) == self._origin:
            header, prefix = _SCHEMES[self._provider]
            request.headers[header] = prefix + self._key
        yield request

    def redact(self, text: str) -> str:
        """A text without the key, should a service echo it."""
        return text.replace(self._key, "…") if self._key else text
