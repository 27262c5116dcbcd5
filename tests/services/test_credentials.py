"""Where keys come from and where they go: nowhere but the keyring or this session."""

import pytest

from app.domain.errors import InputError, KeyringError
from app.domain.provider import Provider
from app.domain.redaction import Redactor
from app.services.credentials import CredentialService, KeySource
from tests.support.memory_key_store import MemoryKeyStore

TAMTAM = Provider.TAMTAM


async def test_without_a_key_there_is_none() -> None:
    service = CredentialService(MemoryKeyStore(), {})
    assert await service.key(TAMTAM) is None
    assert await service.source(TAMTAM) is KeySource.NONE


async def test_the_environment_wins_over_the_keyring_and_the_session_over_both() -> None:
    store = MemoryKeyStore(tamtam="from-keyring")
    service = CredentialService(store, {"CONTACT_SCOUT_TAMTAM_KEY": " from-environment "})
    assert (await service.source(TAMTAM), await service.key(TAMTAM)) == (KeySource.ENVIRONMENT, "from-environment")
    await service.save(TAMTAM, "typed", session_only=True)
    assert (await service.source(TAMTAM), await service.key(TAMTAM)) == (KeySource.SESSION, "typed")
    assert store.keys == {"tamtam": "from-keyring"}


async def test_the_keyring_is_read_once_per_session() -> None:
    store = MemoryKeyStore(tamtam="stored")
    service = CredentialService(store, {})
    for _ in range(3):
        assert await service.key(TAMTAM) == "stored"
    assert store.reads == 1


async def test_saving_keeps_the_key_and_deleting_forgets_it() -> None:
    store = MemoryKeyStore()
    service = CredentialService(store, {})
    await service.save(TAMTAM, "  new-key\n")
    assert store.keys == {"tamtam": "new-key"}
    assert await service.source(TAMTAM) is KeySource.KEYRING
    await service.delete(TAMTAM)
    assert store.keys == {}
    assert await service.key(TAMTAM) is None


async def test_a_locked_keyring_is_said_and_a_session_key_still_works() -> None:
    store = MemoryKeyStore()
    store.refused = True
    service = CredentialService(store, {})
    with pytest.raises(KeyringError):
        await service.save(TAMTAM, "key")
    with pytest.raises(KeyringError):
        await service.key(TAMTAM)
    await service.save(TAMTAM, "key", session_only=True)
    assert await service.key(TAMTAM) == "key"


@pytest.mark.parametrize("key", ["", "   ", "two words", "line\nbreak", "clé"])
async def test_what_cannot_be_a_key_is_refused(key: str) -> None:
    store = MemoryKeyStore()
    with pytest.raises(InputError):
        await CredentialService(store, {}).save(TAMTAM, key)
    assert store.keys == {}


async def test_demo_keys_never_reach_the_keyring() -> None:
    store = MemoryKeyStore(tamtam="real")
    service = CredentialService(store, {"CONTACT_SCOUT_TAMTAM_KEY": "real-too"}, demo_key="demo-key")
    assert (await service.source(TAMTAM), await service.key(TAMTAM)) == (KeySource.DEMO, "demo-key")
    await service.save(TAMTAM, "wrong")
    assert await service.key(TAMTAM) == "wrong"
    await service.delete(TAMTAM)
    assert await service.key(TAMTAM) == "demo-key"
    assert store.keys == {"tamtam": "real"}
    assert not (await service.keyring_state()).usable


async def test_every_key_is_kept_out_of_logs_as_soon_as_it_is_known() -> None:
    redactor = Redactor()
    store = MemoryKeyStore(tamtam="key-in-the-keyring")
    service = CredentialService(store, {"CONTACT_SCOUT_LEADFEEDER_KEY": "key-of-the-shell"}, redactor=redactor)
    assert redactor("key-of-the-shell") == "[key]"
    await service.source(TAMTAM)
    with pytest.raises(InputError):
        await service.save(TAMTAM, "no key, but typed")
    await service.save(Provider.BUILDWORKPRO, "key-of-the-session", session_only=True)
    text = "key-in-the-keyring / no key, but typed / key-of-the-session"
    assert redactor(text) == "[key] / [key] / [key]"
