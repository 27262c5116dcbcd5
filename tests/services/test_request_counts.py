from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.composition import open_services
from app.domain.errors import LibraryError, RateLimitedError
from app.domain.provider import Provider
from app.providers.allowance import UsedUpError, month_of
from app.providers.capabilities import SupportsAccounts
from app.providers.clock import Clock
from app.services.request_counts import SAVED_EVERY, RequestCounts
from app.storage.profile import Profile
from app.storage.request_counts import RequestCountStore
from tests.support.fault_server import answer, rude_server
from tests.support.memory_key_store import MemoryKeyStore

CLOCK = Clock(wall=lambda: datetime(2026, 11, 30, tzinfo=UTC))
LEADFEEDER = Provider.LEADFEEDER


class _Store(RequestCountStore):
    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.saves: list[int] = []

    def save(self, counts: Mapping[tuple[str, str, str], int]) -> None:
        super().save(counts)
        self.saves.append(sum(counts.values()))


async def owner(folder: Path, key: str) -> str:
    """What stands in the file for a key."""
    store = RequestCountStore(folder / "of-one-key.json")
    counts = RequestCounts(store, clock=CLOCK)
    (await counts.allowance(LEADFEEDER, key)).take()
    await counts.aclose()
    [(_, _, kept_as)] = store.load()
    assert key not in kept_as
    return kept_as


async def test_a_months_count_outlives_the_program(tmp_path: Path) -> None:
    for total in (10, 20):
        counts = RequestCounts(RequestCountStore(tmp_path / "c.json"), clock=CLOCK)
        allowance = await counts.allowance(LEADFEEDER, "secret")
        for _ in range(10):
            allowance.take()
        assert allowance.used == total
        assert await counts.this_month(LEADFEEDER) == total
        await counts.aclose()


async def test_keys_and_months_are_counted_apart(tmp_path: Path) -> None:
    store = RequestCountStore(tmp_path / "c.json")
    one = await owner(tmp_path, "one")
    store.save({("2026-10", "leadfeeder", one): 100_000, ("2026-11", "leadfeeder", "other"): 7})
    counts = RequestCounts(store, clock=CLOCK)
    allowance = await counts.allowance(LEADFEEDER, "one")
    allowance.take()
    assert await counts.this_month(LEADFEEDER) == 8
    assert await counts.this_month(Provider.TAMTAM) == 0
    await counts.aclose()


async def test_what_was_used_up_before_stays_used_up(tmp_path: Path) -> None:
    store = RequestCountStore(tmp_path / "c.json")
    store.save({("2026-11", "leadfeeder", await owner(tmp_path, "one")): 100_000})
    allowance = await RequestCounts(store, clock=CLOCK).allowance(LEADFEEDER, "one")
    with pytest.raises(UsedUpError):
        allowance.take()


async def test_it_is_written_now_and_then_and_at_the_end(tmp_path: Path) -> None:
    store = _Store(tmp_path / "c.json")
    counts = RequestCounts(store, clock=CLOCK)
    allowance = await counts.allowance(LEADFEEDER, "secret")
    for _ in range(SAVED_EVERY + 3):
        allowance.take()
    await counts.aclose()
    await counts.aclose()
    assert len(store.saves) <= 2
    assert store.saves[-1] == SAVED_EVERY + 3
    assert sum(store.load().values()) == SAVED_EVERY + 3


async def test_a_disk_that_refuses_stops_nobody(tmp_path: Path, expected_log: Any) -> None:
    (tmp_path / "c.json").mkdir()
    expected_log("counts of requests cannot be read")
    expected_log("counts of requests cannot be saved")
    counts = RequestCounts(RequestCountStore(tmp_path / "c.json"), clock=CLOCK)
    allowance = await counts.allowance(LEADFEEDER, "secret")
    allowance.take()
    await counts.aclose()
    with pytest.raises(LibraryError):
        RequestCountStore(tmp_path / "c.json").load()


async def test_the_program_stops_at_the_limit_and_says_until_when(tmp_path: Path) -> None:
    profile = Profile(tmp_path / "profile")
    now = datetime.now(UTC)
    key = "long-test-key"
    RequestCountStore(profile.request_counts_path).save(
        {(month_of(now), "leadfeeder", await owner(tmp_path, key)): 99_999}
    )
    async with rude_server(answer(b'{"data":[]}')) as server:
        environ = {"CONTACT_SCOUT_LEADFEEDER_URL": server.url}
        async with open_services(profile, environ=environ, key_store=MemoryKeyStore(leadfeeder=key)) as services:
            accounts = await services.providers.capable(LEADFEEDER, SupportsAccounts)
            await accounts.accounts()
            with pytest.raises(RateLimitedError, match="100,000 requests that Leadfeeder allows a key each month"):
                await accounts.accounts()
            assert await services.providers.requests_this_month(LEADFEEDER) == 100_000
            assert "100,000 of 100,000" in (await services.providers.status(LEADFEEDER)).pace
    assert len(server.requests) == 1
    assert sum(RequestCountStore(profile.request_counts_path).load().values()) == 100_000
