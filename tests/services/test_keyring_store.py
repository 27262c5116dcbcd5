"""The OS keyring: a real Secret Service where there is one, and clear words where there is none."""

import subprocess
import threading

import keyring
import keyring.backend
import keyring.errors
import pytest

from app.domain.errors import KeyringError
from app.services.keyring_store import SERVICE_NAME, KeyringStore


class Backend(keyring.backend.KeyringBackend):
    """A back end that does what a test tells it."""

    priority = 1

    def __init__(self, error: Exception | None = None, block: threading.Event | None = None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the library is not fully typed
        self.error = error
        self.block = block

    def get_password(self, service: str, username: str) -> str | None:
        if self.block is not None:
            self.block.wait(10)
        if self.error is not None:
            raise self.error
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise NotImplementedError

    def delete_password(self, service: str, username: str) -> None:
        raise NotImplementedError


@pytest.mark.keyring
async def test_a_real_secret_service_keeps_and_forgets_a_key() -> None:
    store = KeyringStore()
    state = await store.state()
    assert state.usable, state.text
    await store.set("test-provider", "sécret-not-ascii")
    looked_up = subprocess.run(
        ["secret-tool", "lookup", "service", SERVICE_NAME, "username", "test-provider"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert looked_up.stdout == "sécret-not-ascii"
    assert await store.get("test-provider") == "sécret-not-ascii"
    await store.delete("test-provider")
    await store.delete("test-provider")
    assert await store.get("test-provider") is None


async def test_a_clear_text_back_end_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = type("PlaintextKeyring", (Backend,), {"__module__": "keyrings.alt.file"})
    monkeypatch.setattr(keyring, "get_keyring", plain)
    with pytest.raises(KeyringError, match="no keyring that keeps keys safely"):
        await KeyringStore().set("tamtam", "key")
    assert not (await KeyringStore().state()).usable


async def test_where_no_keyring_may_be_used_there_is_simply_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = type("PlaintextKeyring", (Backend,), {"__module__": "keyrings.alt.file"})
    for back_end in (plain, lambda: Backend(keyring.errors.NoKeyringError("install one"))):
        monkeypatch.setattr(keyring, "get_keyring", back_end)
        assert await KeyringStore().get("tamtam") is None


async def test_a_locked_keyring_says_so_without_quoting_anything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_keyring", lambda: Backend(keyring.errors.KeyringLocked("contains secret")))
    with pytest.raises(KeyringError) as caught:
        await KeyringStore().get("tamtam")
    assert caught.value.text == "The system keyring is locked."


async def test_whatever_a_back_end_raises_becomes_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "get_keyring", lambda: Backend(OSError("dbus says secret")))
    with pytest.raises(KeyringError) as caught:
        await KeyringStore().get("tamtam")
    assert caught.value.text == "The system keyring refused (OSError)."


async def test_a_keyring_that_never_answers_does_not_hang_us(monkeypatch: pytest.MonkeyPatch) -> None:
    release = threading.Event()
    monkeypatch.setattr(keyring, "get_keyring", lambda: Backend(block=release))
    with pytest.raises(KeyringError, match="did not answer"):
        await KeyringStore(deadline=0.05).get("tamtam")
    release.set()
