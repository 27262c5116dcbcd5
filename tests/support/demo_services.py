"""The whole of the services over the demo data set, in one process and on a profile of its own."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from app.composition import Services, open_services
from app.demo.app import create_app
from app.demo.dataset import DemoData
from app.jobs.schedule import PollSchedule
from app.storage.profile import Profile
from tests.support.memory_key_store import MemoryKeyStore

PEOPLE = 1_500
QUICK = PollSchedule(first=0.01, second=0.01, longest=0.02, jitter=0.0)


@asynccontextmanager
async def demo_services(
    folder: Path, *, data: DemoData | None = None, environ: Mapping[str, str] | None = None
) -> AsyncIterator[Services]:
    """Services on the demo data set, with quick enrichment, polled quickly."""

    def transport() -> httpx.AsyncBaseTransport:
        return httpx.ASGITransport(app=create_app(data or DemoData(seed=1, contacts=PEOPLE), enrichment_seconds=0.02))

    async with open_services(
        Profile(folder),
        demo=True,
        environ=environ or {},
        key_store=MemoryKeyStore(),
        demo_transport=transport,
        schedule=QUICK,
    ) as services:
        yield services
