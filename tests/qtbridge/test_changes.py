import asyncio
from collections.abc import Iterator

import pytest

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.waiting import wait_signal

pytestmark = pytest.mark.gui


@pytest.fixture
def feed() -> ChangeFeed:
    return ChangeFeed()


@pytest.fixture
def bridge(feed: ChangeFeed) -> Iterator[ChangeBridge]:
    bridge = ChangeBridge(feed, interval_ms=20)
    yield bridge
    bridge.close()


@pytest.fixture
def heard(bridge: ChangeBridge) -> list[Change]:
    changes: list[Change] = []
    bridge.changed.connect(changes.append)
    return changes


async def test_the_first_change_comes_at_once_and_the_next_ones_together(
    feed: ChangeFeed, bridge: ChangeBridge, heard: list[Change]
) -> None:
    first = Change(ChangeKind.CONTACTS, (1,), "search")
    feed.publish(first)
    assert heard == [first]
    rest = wait_signal(bridge.changed)
    for ids in ((2, 3), (3, 1), (4,)):
        feed.publish(Change(ChangeKind.CONTACTS, ids, "search"))
    assert heard == [first]
    await rest
    assert heard == [first, Change(ChangeKind.CONTACTS, (2, 3, 1, 4), "search")]


async def test_a_busy_feed_is_slowed_to_one_per_interval(
    feed: ChangeFeed, bridge: ChangeBridge, heard: list[Change]
) -> None:
    loop = asyncio.get_running_loop()
    started = loop.time()
    published = 0
    while loop.time() - started < 0.2:
        feed.publish(Change(ChangeKind.CONTACTS, (published,)))
        published += 1
        await asyncio.sleep(0)
    await asyncio.sleep(0.05)
    assert published > 50
    assert 3 <= len(heard) <= 13
    assert [id_ for change in heard for id_ in change.ids] == list(range(published))


async def test_kinds_do_not_wait_for_each_other(feed: ChangeFeed, heard: list[Change]) -> None:
    changes = [Change(kind) for kind in ChangeKind]
    for change in changes:
        feed.publish(change)
    assert heard == changes


async def test_any_id_and_mixed_initiators(feed: ChangeFeed, bridge: ChangeBridge, heard: list[Change]) -> None:
    feed.publish(Change(ChangeKind.LEDGER))
    rest = wait_signal(bridge.changed)
    feed.publish(Change(ChangeKind.LEDGER, (1,), "a"))
    feed.publish(Change(ChangeKind.LEDGER, (), "b"))
    await rest
    assert heard[1] == Change(ChangeKind.LEDGER, (), "")


async def test_a_closed_bridge_is_silent(feed: ChangeFeed, bridge: ChangeBridge, heard: list[Change]) -> None:
    feed.publish(Change(ChangeKind.CONTACTS, (1,)))
    feed.publish(Change(ChangeKind.CONTACTS, (2,)))
    bridge.close()
    feed.publish(Change(ChangeKind.CONTACTS, (3,)))
    await asyncio.sleep(0.05)
    assert [change.ids for change in heard] == [(1,)]
