"""The OS keyring: the only module that touches it.

Calls may block for as long as the system asks its user something, so each runs on a daemon thread of its own
with a deadline: a blocked one can neither freeze the window nor keep the process from ending. Back ends that
write clear text are refused by name; there is no fallback to a file.
"""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from app.domain.errors import KeyringError

SERVICE_NAME = "Contact Scout"
DEADLINE_SECONDS = 60.0

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class KeyringState:
    """Whether keys can be kept, in one sentence for Settings."""

    usable: bool
    text: str


class KeyStore(Protocol):
    """Where keys are kept between sessions."""

    async def get(self, name: str) -> str | None:
        """The stored key, None where there is none. Raises KeyringError."""
        ...

    async def set(self, name: str, key: str) -> None:
        """Store a key. Raises KeyringError."""
        ...

    async def delete(self, name: str) -> None:
        """Remove a key; nothing happens where there is none. Raises KeyringError."""
        ...

    async def state(self) -> KeyringState:
        """Whether keys can be kept here. Never raises."""
        ...


class _Backend(Protocol):
    """The part of `keyring.backend.KeyringBackend` that is used."""

    @property
    def name(self) -> str: ...

    def get_password(self, service: str, username: str) -> str | None: ...

    def set_password(self, service: str, username: str, password: str) -> None: ...

    def delete_password(self, service: str, username: str) -> None: ...


class _NoKeyringError(KeyringError):
    """There is no keyring on this system that may be used, so nothing is kept in one either."""


class KeyringStore:
    """Keys in the system's own store: Credential Manager, Keychain or Secret Service."""

    def __init__(self, *, deadline: float = DEADLINE_SECONDS) -> None:
        self._deadline = deadline

    async def get(self, name: str) -> str | None:
        """The stored key, None where there is none (nor a keyring to hold one). Raises KeyringError."""
        try:
            return await self._call(lambda backend: backend.get_password(SERVICE_NAME, name))
        except _NoKeyringError:
            return None

    async def set(self, name: str, key: str) -> None:
        """Store a key. Raises KeyringError."""
        await self._call(lambda backend: backend.set_password(SERVICE_NAME, name, key))

    async def delete(self, name: str) -> None:
        """Remove a key; nothing happens where there is none. Raises KeyringError."""

        def remove(backend: _Backend) -> None:
            if backend.get_password(SERVICE_NAME, name) is not None:
                backend.delete_password(SERVICE_NAME, name)

        await self._call(remove)

    async def state(self) -> KeyringState:
        """Whether keys can be kept here. Never raises."""
        try:
            name = await self._call(lambda backend: backend.name)
        except KeyringError as error:
            return KeyringState(usable=False, text=error.text)
        return KeyringState(usable=True, text=f"Keys are kept in the system keyring ({name}).")

    async def _call(self, work: Callable[[_Backend], _T]) -> _T:
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()

        def deliver(result: _T | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]  # None only where _T is None

        def run() -> None:
            result: _T | None = None
            error: BaseException | None = None
            try:
                result = work(_usable_backend())
            except KeyringError as refused:
                error = refused
            except BaseException as raised:  # noqa: BLE001 - back ends raise what their systems raise
                error = _explain(raised)
            try:
                loop.call_soon_threadsafe(deliver, result, error)
            except RuntimeError:
                return  # the loop ended while the system was still asking its user

        threading.Thread(target=run, name="keyring", daemon=True).start()
        try:
            return await asyncio.wait_for(future, self._deadline)
        except TimeoutError:
            raise KeyringError(
                "The system keyring did not answer.", next_step="Unlock it, or keep the key for this session only."
            ) from None


def _usable_backend() -> _Backend:
    import keyring  # costs 50 ms: not before it is needed
    from keyring.backends import chainer

    chosen = keyring.get_keyring()
    candidates = chosen.backends if isinstance(chosen, chainer.ChainerBackend) else [chosen]
    for candidate in candidates:
        module = type(candidate).__module__
        if not module.startswith(("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")):
            return candidate
    raise _NoKeyringError(
        "This system offers no keyring that keeps keys safely.",
        next_step="Keep the key for this session only, or install a keyring such as GNOME Keyring or KWallet.",
    )


def _explain(error: BaseException) -> KeyringError:
    """One sentence for what a back end raised. Its own text is left out: it may quote what was stored."""
    name = type(error).__name__
    if name == "KeyringLocked":
        return KeyringError("The system keyring is locked.", next_step="Unlock it and try again.")
    if name == "NoKeyringError":
        return _NoKeyringError("This system offers no keyring.", next_step="Keep the key for this session only.")
    return KeyringError(
        f"The system keyring refused ({name}).", next_step="Unlock it, or keep the key for this session only."
    )
