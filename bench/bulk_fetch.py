"""Bulk fetches: how near the published limit they end, and what they cost beside the requests alone.

First, 10,000 IDs of BuildWorkPro against the demo services in strict limits. Whenever the limiter sleeps, the clocks
of both sides jump on by as much, once every answer is in; all other time is real. So it takes seconds, and its time is
that of a real run. The bound is the shortest time that 60 requests a minute allow.

Second, the same without limits, next to a plain client that sends the same chunks, as many at a time, and decodes the
answers with `json.loads`. The demo services answer from another process. The figure beside it is how often the
published limit our throughput would fill: the client is the bottleneck below 1.
"""

import asyncio
import itertools
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from app.demo import DEMO_KEY
from app.demo.app import BASE_PATHS, create_app
from app.demo.dataset import DemoData
from app.demo.samples import sample_ids
from app.domain.fetching import FetchRun
from app.domain.provider import Provider
from app.jobs.bulk_fetch import BulkFetchEngine
from app.jobs.fetch_lanes import LANES
from app.providers.capabilities import SupportsFetchByIds
from app.providers.clock import Clock
from app.providers.limits import Limiter
from app.providers.registry import build_service, new_limiter, service_class
from app.storage.database import Database
from app.storage.fetch_runs import FetchRunRepository
from app.storage.library import LibraryRepository
from bench.measure import ratio_of

IDS = 10_000
TARGET = 1.05
PER_MINUTE = 60
ROUNDS = 5
CASES = (Provider.BUILDWORKPRO, Provider.LEADFEEDER)
#: Requests a second that the published limits allow in the long run.
ALLOWED = {Provider.BUILDWORKPRO: 1.0, Provider.LEADFEEDER: 10.0}

#: Sleeps beyond this are jumped over, after as much real time for answers to come in.
_SETTLE = 0.2


class JumpingClock:
    """Real time, plus all the sleeping that was jumped over."""

    def __init__(self) -> None:
        self._jumped = 0.0

    def now(self) -> float:
        """Seconds, as a monotonic clock."""
        return time.monotonic() + self._jumped

    def wall(self) -> datetime:
        """The date and time."""
        return datetime.now(UTC) + timedelta(seconds=self._jumped)

    async def sleep(self, seconds: float) -> None:
        """Sleep, the longest part of it at once."""
        await asyncio.sleep(min(seconds, _SETTLE))
        self._jumped += max(0.0, seconds - _SETTLE)

    def clock(self) -> Clock:
        """As providers take it."""
        return Clock(now=self.now, sleep=self.sleep, wall=self.wall)


@asynccontextmanager
async def engine_over(
    folder: Path, clock: Clock | None = None
) -> AsyncIterator[tuple[BulkFetchEngine, FetchRunRepository]]:
    """An engine over a new library in a folder."""
    database = await Database.open(folder / "library.sqlite")
    try:
        library = LibraryRepository(database)
        runs = FetchRunRepository(database, library)
        yield BulkFetchEngine(runs, library, clock=clock), runs
    finally:
        await database.close()


def ten_thousand(data: DemoData, known: int) -> list[str]:
    """IDs of BuildWorkPro: some it knows, the others it does not."""
    ids = sample_ids(data, Provider.BUILDWORKPRO, known)
    return ids + [str(900_000_000 + number) for number in range(IDS - len(ids))]


async def in_strict_limits(folder: Path, data: DemoData, known: int = 4_000) -> tuple[FetchRun, float, int]:
    """A run of 10,000 IDs by the jumping clock: the run, its seconds, and how often the service said “too fast”.

    So many of them (at most) are `known` to the service.
    """
    jumping = JumpingClock()
    app = create_app(data, strict_limits=True, now=jumping.wall)
    service = build_service(
        Provider.BUILDWORKPRO,
        DEMO_KEY,
        base_url=f"http://127.0.0.1{BASE_PATHS[Provider.BUILDWORKPRO]}",
        transport=httpx.ASGITransport(app=app),
        limiter=new_limiter(Provider.BUILDWORKPRO, jumping.clock()),
        clock=jumping.clock(),
    )
    assert isinstance(service, SupportsFetchByIds)
    async with engine_over(folder, jumping.clock()) as (engine, runs):
        run_id = await runs.create(Provider.BUILDWORKPRO, "", ten_thousand(data, known))
        began = jumping.now()
        run = await engine.execute(run_id, service)
        seconds = jumping.now() - began
    await service.aclose()
    refused = sum(request["status"] == 429 for request in app.ledger.requests)
    return run, seconds, refused


def bound(requests: int) -> float:
    """The shortest time (seconds) for so many requests at 60 in any minute."""
    return (math.ceil(requests / PER_MINUTE) - 1) * 60.0


@contextmanager
def _demo_process() -> Iterator[str]:
    """The demo services in a process of their own: their address."""
    command = [sys.executable, "-c", "from app.demo.server import run_demo_server; run_demo_server(0)"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().removeprefix("listening on ").strip()
        finally:
            process.terminate()


async def _plain(base_url: str, chunks: Sequence[Sequence[str]], account: str) -> None:
    """The requests and nothing else, as many at a time as the engine sends."""
    waiting = iter(chunks)
    async with httpx.AsyncClient(base_url=base_url, trust_env=False) as client:

        async def lane() -> None:
            for chunk in waiting:
                if account:
                    query = {"ids": ",".join(chunk), "account_id": account}
                    answer = await client.get("/v1/contacts", params=query, headers={"X-Api-Key": DEMO_KEY})
                else:
                    body = {"ids": [int(one) for one in chunk]}
                    headers = {"Authorization": f"Bearer {DEMO_KEY}"}
                    answer = await client.post("/contacts/get-many", json=body, headers=headers)
                json.loads(answer.content)

        await asyncio.gather(*(lane() for _ in range(LANES)))


async def _without_limits(folder: Path, data: DemoData, provider: Provider) -> None:
    size = service_class(provider).chunk_size
    known = sample_ids(data, provider, 4_000)
    chunks = [known[start : start + size] for start in range(0, len(known), size)]
    folders = (folder / f"{provider}-{number}" for number in itertools.count())
    with _demo_process() as address:
        base_url = address + BASE_PATHS[provider]
        limiter = Limiter([], in_flight=LANES)
        service = build_service(provider, DEMO_KEY, base_url=base_url, limiter=limiter)
        assert isinstance(service, SupportsFetchByIds)
        account = "123456" if service_class(provider).needs_account else ""

        async def ours() -> None:
            library = next(folders)
            library.mkdir()
            async with engine_over(library) as (engine, runs):
                run = await engine.execute(await runs.create(provider, account, known), service)
                assert run.done == len(known)

        async def plain() -> None:
            await _plain(base_url, chunks, account)

        ratio = await ratio_of(f"{provider.label}, {len(known):,} IDs, each stored", ours, plain, rounds=ROUNDS)
        print(ratio)
        rate = len(chunks) / ratio.seconds
        print(f"    {rate:.0f} requests a second, {rate / ALLOWED[provider]:.0f} times what its limit allows")
        await service.aclose()


async def _measure(folder: Path) -> None:
    data = DemoData()
    run, seconds, refused = await in_strict_limits(folder, data)
    requests = math.ceil(IDS / service_class(Provider.BUILDWORKPRO).chunk_size)
    ratio = seconds / bound(requests)
    verdict = "kept" if ratio <= TARGET and not refused and run.done == IDS else "MISSED"
    print(f"BuildWorkPro, {IDS:,} IDs in strict limits, {requests} requests, {refused} of them too early")
    print(f"  {seconds:.1f} s are {ratio:.4f} of the bound of {bound(requests):.0f} s  target ≤ {TARGET:g}: {verdict}")
    print("Without limits, against a plain client that stores nothing")
    for provider in CASES:
        await _without_limits(folder, data, provider)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(Path(folder)))


if __name__ == "__main__":
    main()
