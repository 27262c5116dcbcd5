"""Two accounts' keys: what one bought is collected with it and never asked for with the other."""

from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from app.composition import Services, open_services
from app.demo.dataset import DemoData
from app.demo.samples import people_rows
from app.domain.enrichment import BatchState, EnrichField, PersonInput
from app.domain.errors import BadKeyError, KeyringError
from app.domain.provider import Provider
from app.jobs.lane import fingerprint
from app.storage.profile import Profile
from tests.support.demo_server import DemoServer, demo_data
from tests.support.demo_services import QUICK
from tests.support.memory_key_store import MemoryKeyStore

__all__ = ["demo_data"]

EMAILS = frozenset({EnrichField.EMAILS})
HERE = Provider.TAMTAM
SECOND = "second-key"
POLLS = "/v2/people/enrich/"


@pytest.fixture
def server(demo_data: DemoData) -> Iterator[DemoServer]:
    with DemoServer(demo_data, enrichment_seconds=0) as running:
        running.options(second_key=SECOND)
        yield running


@pytest.fixture
def store(server: DemoServer) -> MemoryKeyStore:
    return MemoryKeyStore(**{HERE.value: server.key})


def opened(folder: Path, server: DemoServer, store: MemoryKeyStore) -> AbstractAsyncContextManager[Services]:
    addresses = {f"CONTACT_SCOUT_{provider.name}_URL": server.url(provider) for provider in Provider}
    return open_services(Profile(folder), environ=addresses, key_store=store, schedule=QUICK)


async def queue(services: Services, server: DemoServer, start: int) -> int:
    """Five people, from another part of the data each time."""
    people = [
        PersonInput(row["first_name"], row["last_name"], row["domain"])
        for row in people_rows(server.data, start + 5)[start:]
    ]
    plan = await services.enrichment.plan_people(people, EMAILS)
    return await services.enrichment.enqueue(plan, cap=5, origin="test")


async def leave_in_flight(services: Services, server: DemoServer) -> int:
    """A run of the present key that was sent, and refused when it was first asked about."""
    run_id = await queue(services, server, 0)
    server.fault("key_revoked", HERE, method="GET", path=POLLS)
    with pytest.raises(BadKeyError):
        await services.enrichment.drain()
    return run_id


async def enter(services: Services, key: str) -> None:
    await services.credentials.save(HERE, key)
    await services.providers.key_changed(HERE)


async def states(services: Services, run_id: int) -> list[BatchState]:
    return [batch.state for batch in (await services.enrichment.run(run_id)).batches]


async def test_both_keys_collect_what_they_bought_and_the_earlier_one_is_then_forgotten(
    tmp_path: Path, server: DemoServer, store: MemoryKeyStore
) -> None:
    async with opened(tmp_path, server, store) as services:
        accounts = services.enrichment.accounts
        assert await accounts.question(SECOND) is None  # nothing is in flight yet
        first = await leave_in_flight(services, server)
        assert await accounts.question(server.key) is None
        question = await accounts.question(SECOND)
        assert question is not None
        assert (question.batches, question.people, question.credits) == (1, 5, 5)
        await accounts.keep_present_key()
        await enter(services, SECOND)
    assert store.keys == {HERE.value: SECOND, f"{HERE.value}:{fingerprint(server.key)}": server.key}
    # Also after a start of the program.
    async with opened(tmp_path, server, store) as services:
        second = await queue(services, server, 5)
        await services.enrichment.drain()
        for run_id in (first, second):
            assert await states(services, run_id) == [BatchState.COMPLETE]
        assert store.keys == {HERE.value: SECOND}
        assert services.settings.load().kept_keys == ()
        both = await services.ledger.reconciliations()
        assert [stretch.difference for stretch in both] == [0, 0]
    books = server.ledger()
    assert {charge["account"] for charge in books["charges"]} == {"", "second"}
    assert books["totals"]["paid_twice"] == []
    assert not [line for line in server.requests(HERE, POLLS) if line["status"] == 404]


async def test_without_its_key_a_batch_waits_and_is_not_asked_about(
    tmp_path: Path, server: DemoServer, store: MemoryKeyStore
) -> None:
    async with opened(tmp_path, server, store) as services:
        first = await leave_in_flight(services, server)
        polls = len(server.requests(HERE, POLLS))
        await enter(services, SECOND)
        with pytest.raises(BadKeyError, match="another Tamtam key"):
            await services.enrichment.drain()
        assert len(server.requests(HERE, POLLS)) == polls
        assert "another" in services.enrichment.lane_note
        await enter(services, server.key)
        await services.enrichment.drain()
        assert await states(services, first) == [BatchState.COMPLETE]


async def test_a_key_of_the_same_account_takes_its_batches_over(
    tmp_path: Path, server: DemoServer, store: MemoryKeyStore
) -> None:
    async with opened(tmp_path, server, store) as services:
        first = await leave_in_flight(services, server)
        await services.enrichment.accounts.same_account(SECOND)
        (batch,) = (await services.enrichment.run(first)).batches
        assert batch.key_fingerprint == fingerprint(SECOND)
        (item, *_) = await services.enrichment.items(first)
        assert "another key of its account" in (await services.enrichment.events(item.item_id))[-1].text


async def test_a_key_for_this_session_is_kept_for_this_session(
    tmp_path: Path, server: DemoServer, store: MemoryKeyStore
) -> None:
    store.keys.clear()
    async with opened(tmp_path, server, store) as services:
        await services.credentials.save(HERE, server.key, session_only=True)
        first = await leave_in_flight(services, server)
        await services.enrichment.accounts.keep_present_key()
        await services.credentials.save(HERE, SECOND, session_only=True)
        await services.providers.key_changed(HERE)
        assert store.keys == {}
        await services.enrichment.drain()
        assert await states(services, first) == [BatchState.COMPLETE]


async def test_a_keyring_that_refuses_leaves_everything_as_it_is(
    tmp_path: Path, server: DemoServer, store: MemoryKeyStore
) -> None:
    async with opened(tmp_path, server, store) as services:
        await leave_in_flight(services, server)
        store.refused = True
        with pytest.raises(KeyringError):
            await services.enrichment.accounts.keep_present_key()
        assert services.settings.load().kept_keys == ()
