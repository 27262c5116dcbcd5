"""The services over a demo server on a loopback socket, so that a test can script what goes wrong."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from app.composition import Services, open_services
from app.domain.provider import Provider
from app.storage.profile import Profile
from tests.support.demo_server import ControlledServer
from tests.support.demo_services import QUICK
from tests.support.memory_key_store import MemoryKeyStore


@asynccontextmanager
async def live_services(
    folder: Path, server: ControlledServer, *, keys: Mapping[Provider, str] | None = None
) -> AsyncIterator[Services]:
    """Services that ask `server`, with these keys in the keyring (its own for every provider if None)."""
    stored = dict.fromkeys(Provider, server.key) if keys is None else keys
    addresses = {f"CONTACT_SCOUT_{provider.name}_URL": server.url(provider) for provider in Provider}
    store = MemoryKeyStore(**{provider.value: key for provider, key in stored.items()})
    async with open_services(Profile(folder), environ=addresses, key_store=store, schedule=QUICK) as services:
        yield services
