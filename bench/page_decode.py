"""One page of an answer read into contacts, next to `json.loads` of the same bytes.

Ours cuts the page into rows, keeps each row's own bytes, checks types row by row and flattens it to the fields that
all services share. `json.loads` does none of it. The pages are those of the demo services, as large as a service lets
them be.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from app.demo import DEMO_KEY
from app.demo.app import BASE_PATHS, create_app
from app.demo.dataset import DemoData
from app.demo.samples import sample_ids
from app.domain.provider import Provider
from app.domain.search import SearchQuery
from app.providers.client import Answer, ApiClient
from app.providers.registry import build_service, service_class
from bench.measure import ratio_of

TARGET = 0.25
REPEATS = 20

# A service's methods differ by capability, so the benchmark calls them by name.
Call = Callable[[Any], Awaitable[Any]]


class _Recorder(httpx.ASGITransport):
    """Passes requests on to the demo services and keeps the last body."""

    body = b""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        response = await super().handle_async_request(request)
        self.body = await response.aread()
        return response


class _Replay(ApiClient):
    """Answers every call with the same body at once, so that nothing but reading it is timed."""

    def __init__(self, body: bytes) -> None:
        self._answer = Answer(200, body, httpx.Headers(), "", datetime.now(UTC))

    async def request_json(self, *_arguments: object, **_options: object) -> Answer:
        return self._answer


def _search(provider: Provider, **filters: str) -> Call:
    query = SearchQuery(provider, {name: (value,) for name, value in filters.items()})
    return lambda service: service.search(query, limit=service.page_size)


def _fetch(data: DemoData, provider: Provider, account_id: str = "") -> Call:
    ids = sample_ids(data, provider, service_class(provider).chunk_size)
    return lambda service: service.fetch_by_ids(ids, account_id=account_id)


async def _measure() -> None:
    app = create_app()
    recorder = _Recorder(app)

    def connect(provider: Provider) -> Any:
        base_url = f"http://127.0.0.1{BASE_PATHS[provider]}"
        return build_service(provider, DEMO_KEY, base_url=base_url, transport=recorder)

    leadfeeder = connect(Provider.LEADFEEDER)
    account = (await leadfeeder.accounts())[0].account_id
    cases: list[tuple[str, Provider, Call]] = [
        ("search", Provider.TALKTOHUMANS, _search(Provider.TALKTOHUMANS)),
        ("search", Provider.LEADFEEDER, _search(Provider.LEADFEEDER, account_id=account, positions="manager")),
        ("fetch", Provider.LEADFEEDER, _fetch(app.data, Provider.LEADFEEDER, account)),
        ("fetch", Provider.TAMTAM, _fetch(app.data, Provider.TAMTAM)),
        ("fetch", Provider.BUILDWORKPRO, _fetch(app.data, Provider.BUILDWORKPRO)),
    ]
    print(f"Pages read into contacts, {REPEATS} times each, against json.loads of the same bytes")
    for what, provider, call in cases:
        live = connect(provider)
        records = (await call(live)).records
        await live.aclose()
        body = recorder.body
        replay = service_class(provider)(_Replay(body))

        async def read(call: Call = call, replay: Any = replay) -> None:
            for _ in range(REPEATS):
                await call(replay)

        async def loads(body: bytes = body) -> None:
            for _ in range(REPEATS):
                json.loads(body)

        size = f"{len(records)} rows, {len(body) / 1000:.0f} kB"
        print(await ratio_of(f"{provider.label} {what}, {size}", read, loads, target=TARGET))
    await leadfeeder.aclose()


def main() -> None:
    """Print the ratios."""
    asyncio.run(_measure())


if __name__ == "__main__":
    main()
