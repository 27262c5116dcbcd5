"""A key store in memory, in place of the OS keyring."""

from app.domain.errors import KeyringError
from app.services.keyring_store import KeyringState


class MemoryKeyStore:
    """Counts its reads; `refused` makes every call fail as a locked keyring does."""

    def __init__(self, **keys: str) -> None:
        self.keys = dict(keys)
        self.reads = 0
        self.refused = False

    async def get(self, name: str) -> str | None:
        self.reads += 1
        self._check()
        return self.keys.get(name)

    async def set(self, name: str, key: str) -> None:
        self._check()
        self.keys[name] = key

    async def delete(self, name: str) -> None:
        self._check()
        self.keys.pop(name, None)

    async def state(self) -> KeyringState:
        return KeyringState(usable=not self.refused, text="Kept in memory.")

    def _check(self) -> None:
        if self.refused:
            raise KeyringError("The system keyring is locked.", next_step="Unlock it and try again.")
