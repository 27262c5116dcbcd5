"""Keys of the four services: where they come from, and nothing written anywhere but the OS keyring.

Order: kept for this session, then the environment (`CONTACT_SCOUT_<PROVIDER>_KEY`, for scripts), then the keyring.
The keyring is read once per session and provider, because some systems ask their user on every read.
"""

from collections.abc import Mapping
from enum import StrEnum

from app.domain.errors import InputError
from app.domain.provider import Provider
from app.domain.redaction import Redactor
from app.services.keyring_store import KeyringState, KeyStore


class KeySource(StrEnum):
    """Where a key comes from."""

    NONE = "none"
    KEYRING = "keyring"
    SESSION = "session"
    ENVIRONMENT = "environment"
    DEMO = "demo"

    @property
    def label(self) -> str:
        """The source in words."""
        return _SOURCE_LABELS[self]


_SOURCE_LABELS = {
    KeySource.NONE: "No key",
    KeySource.KEYRING: "Key in the system keyring",
    KeySource.SESSION: "Key for this session only",
    KeySource.ENVIRONMENT: "Key from the environment",
    KeySource.DEMO: "Demo data",
}


class CredentialService:
    """Answers which key to use. With `demo_key` every provider has that one and nothing is ever stored.

    Every key it learns of is told to `redactor`, so that none can get into a log.
    """

    def __init__(
        self, store: KeyStore, environ: Mapping[str, str], *, demo_key: str = "", redactor: Redactor | None = None
    ) -> None:
        self._store = store
        self._environ = environ
        self._demo_key = demo_key
        self._redactor = redactor or Redactor()
        self._session: dict[Provider, str] = {}
        self._stored: dict[Provider, str | None] = {}
        self._earlier: dict[tuple[Provider, str], str | None] = {}
        for provider in Provider:
            self.protect(self._from_environment(provider))

    def protect(self, key: str) -> None:
        """Keep a key out of logs and diagnostics, also one that is only tried."""
        self._redactor.add_secret(key)

    async def key(self, provider: Provider) -> str | None:
        """The key to use, None where there is none. Raises KeyringError when the keyring cannot be read."""
        return (await self._find(provider))[1]

    async def source(self, provider: Provider) -> KeySource:
        """Where the key in use comes from. Raises KeyringError when the keyring cannot be read."""
        return (await self._find(provider))[0]

    async def save(self, provider: Provider, key: str, *, session_only: bool = False) -> None:
        """Keep a key, in the keyring or for this session.

        Raises:
            InputError: It cannot be a key (empty, or with characters that no header can carry).
            KeyringError: The keyring is absent, locked or refused.
        """
        self.protect(key)
        cleaned = key.strip()
        if not cleaned:
            raise InputError("The key is empty.")
        if not cleaned.isascii() or not cleaned.isprintable() or " " in cleaned:
            raise InputError("That cannot be a key: it contains blanks, line breaks or unusual characters.")
        if session_only or self._demo_key:
            self._session[provider] = cleaned
            return
        await self._store.set(provider.value, cleaned)
        self._stored[provider] = cleaned
        self._session.pop(provider, None)

    async def delete(self, provider: Provider) -> None:
        """Forget a key, in this session and in the keyring. Raises KeyringError."""
        self._session.pop(provider, None)
        if self._demo_key:
            return
        await self._store.delete(provider.value)
        self._stored[provider] = None

    async def keep_earlier(self, provider: Provider, mark: str, key: str) -> bool:
        """Keep a key beside the one in use, by a mark: in the keyring, or in memory where that one is there too.

        Returns:
            Whether it outlives this session.

        Raises:
            KeyringError: The keyring is absent, locked or refused.
        """
        self.protect(key)
        self._earlier[provider, mark] = key
        if self._demo_key or provider in self._session:
            return False
        await self._store.set(_earlier_name(provider, mark), key)
        return True

    async def earlier(self, provider: Provider, mark: str) -> str | None:
        """A key kept by `keep_earlier`, None where there is none. Raises KeyringError."""
        if (provider, mark) not in self._earlier:
            found = None if self._demo_key else await self._store.get(_earlier_name(provider, mark))
            self.protect(found or "")
            self._earlier[provider, mark] = found
        return self._earlier[provider, mark]

    async def forget_earlier(self, provider: Provider, mark: str) -> None:
        """Forget a key kept by `keep_earlier`. Raises KeyringError."""
        if not self._demo_key:
            await self._store.delete(_earlier_name(provider, mark))
        self._earlier[provider, mark] = None

    async def keyring_state(self) -> KeyringState:
        """Whether keys can be kept here, in one sentence."""
        if self._demo_key:
            return KeyringState(usable=False, text="Demo data: keys entered here last for this session only.")
        return await self._store.state()

    async def _find(self, provider: Provider) -> tuple[KeySource, str | None]:
        if provider in self._session:
            return KeySource.SESSION, self._session[provider]
        if self._demo_key:
            return KeySource.DEMO, self._demo_key
        from_environment = self._from_environment(provider)
        if from_environment:
            return KeySource.ENVIRONMENT, from_environment
        if provider not in self._stored:
            found = await self._store.get(provider.value)
            self.protect(found or "")
            self._stored[provider] = found
        stored = self._stored[provider]
        return (KeySource.KEYRING, stored) if stored else (KeySource.NONE, None)

    def _from_environment(self, provider: Provider) -> str:
        return self._environ.get(f"CONTACT_SCOUT_{provider.name}_KEY", "").strip()


def _earlier_name(provider: Provider, mark: str) -> str:
    return f"{provider.value}:{mark}"
