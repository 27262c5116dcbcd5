"""The demo app in this process, with a clock that only the test moves."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.demo.app import BASE_PATHS, DEMO_KEY, DemoApp, create_app
from app.demo.dataset import DemoData
from app.domain.provider import Provider
from tests.support.demo_server import demo_data, demo_server

__all__ = ["demo_data", "demo_server"]

HEADERS = {
    Provider.TAMTAM: {"Authorization": DEMO_KEY},
    Provider.BUILDWORKPRO: {"Authorization": f"Bearer {DEMO_KEY}"},
    Provider.TALKTOHUMANS: {"Authorization": f"Bearer {DEMO_KEY}"},
    Provider.LEADFEEDER: {"X-Api-Key": DEMO_KEY},
}
ENRICHMENT_SECONDS = 100.0


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def move(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class Demo:
    """A client for each service, with the right key."""

    def __init__(self, app: DemoApp, clock: Clock) -> None:
        self.app = app
        self.clock = clock
        self.data = app.data
        transport = httpx.ASGITransport(app=app)
        self.control = httpx.AsyncClient(transport=transport, base_url="http://demo/_control")
        self.clients = {
            provider: httpx.AsyncClient(transport=transport, base_url=f"http://demo{base}", headers=HEADERS[provider])
            for provider, base in BASE_PATHS.items()
        }

    def __getitem__(self, provider: Provider) -> httpx.AsyncClient:
        return self.clients[provider]

    async def fault(self, kind: str, **details: Any) -> None:
        answer = await self.control.post("faults", json={"kind": kind, **details})
        assert answer.is_success, answer.text

    async def rows(self, provider: Provider, **filters: str | list[str]) -> list[str]:
        answer = await self.control.get("rows", params={"provider": provider.value, **filters})
        assert answer.is_success, answer.text
        ids: list[str] = answer.json()["ids"]
        return ids

    async def ledger(self) -> dict[str, Any]:
        books: dict[str, Any] = (await self.control.get("ledger")).json()
        return books

    async def aclose(self) -> None:
        for client in (self.control, *self.clients.values()):
            await client.aclose()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def demo(demo_data: DemoData, clock: Clock) -> AsyncIterator[Demo]:
    demo = Demo(create_app(demo_data, now=clock, enrichment_seconds=ENRICHMENT_SECONDS), clock)
    yield demo
    await demo.aclose()
