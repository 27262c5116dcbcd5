"""Probable matches from finding to deciding, on a real file and with the real process."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.contact import SourceRecord
from app.domain.errors import InputError, LibraryError
from app.domain.provider import Provider
from app.services.matching import MatchingService
from app.services.own_work import OwnWorkService
from app.storage.database import Database
from app.storage.library import LibraryRepository
from bench.b2b import make_rows
from bench.matching_b2b import HELD_OUT_SEED, run
from tests.storage.builders import LATER, make_record

NAMES = [(f"{start}{end}", f"{root}mere") for start in ("Ad", "Bel", "Cor") for end in ("ia", "rik") for root in
         ("Quill", "Tinder", "Lantern", "Willow")]  # fmt: skip


@dataclass
class Desk:
    library: LibraryRepository
    matching: MatchingService
    own_work: OwnWorkService
    database: Database
    told: list[Change]

    async def keep(self, *records: SourceRecord) -> list[int]:
        return await self.library.save(list(records))

    async def pairs(self) -> list[tuple[int, int]]:
        return [(pair.low_id, pair.high_id) for pair in await self.matching.candidates(100)]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    changes = ChangeFeed()
    told: list[Change] = []
    changes.subscribe(told.append)
    database = await Database.open(tmp_path / "library.sqlite3", changes=changes)
    own_work = OwnWorkService(database)
    library = LibraryRepository(database)
    await library.save(
        [
            make_record(f"crowd-{number}", first_name=first, last_name=last, company_name=f"{last} Works")
            for number, (first, last) in enumerate(NAMES)
        ]
    )
    yield Desk(library, MatchingService(database, own_work, changes), own_work, database, told)
    await database.close()


@pytest.fixture(autouse=True)
def no_process_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def mina(provider_id: str, provider: Provider = Provider.LEADFEEDER, **fields: Any) -> SourceRecord:
    said = {"first_name": "Wilhelmina", "last_name": "Featherstone", "company_name": "Copper Ltd"} | fields
    return make_record(provider_id, provider=provider, **said)


async def begin_finding(desk: Desk) -> asyncio.Task[int]:
    """A search that is under way."""
    begun = asyncio.Event()
    task = asyncio.create_task(desk.matching.find(lambda _done, _of: begun.set()))
    waiting = asyncio.create_task(begun.wait())
    await asyncio.wait([task, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not begun.is_set():
        task.result()  # why it could not begin
    return task


TAMTAM, BUILDWORKPRO = Provider.TAMTAM, Provider.BUILDWORKPRO


async def test_pairs_are_found_told_and_counted(desk: Desk) -> None:
    low, high = await desk.keep(mina("1"), mina("2", TAMTAM, first_name="Mina", company_name="Copper GmbH"))
    progress: list[tuple[int, int]] = []
    assert await desk.matching.find(lambda done, of: progress.append((done, of))) == 1
    (pair,) = await desk.matching.candidates(10)
    assert (pair.low_id, pair.high_id, pair.blocked) == (low, high, "")
    assert {reason.field for reason in pair.reasons} >= {"first_name", "last_name", "company_name"}
    assert progress[0] == (0, len(NAMES) + 2)
    assert Change(ChangeKind.MATCHES) in desk.told
    assert await desk.matching.count(least_score=pair.score) == 1
    assert await desk.matching.count(least_score=pair.score + 0.001) == 0
    assert await desk.matching.candidates(10, offset=1) == []


async def test_only_who_came_or_changed_is_compared_anew(desk: Desk) -> None:
    await desk.keep(mina("1"), mina("2", TAMTAM))
    assert await desk.matching.waiting() == len(NAMES) + 2
    assert await desk.matching.find() == 1
    assert await desk.matching.waiting() == 0
    await desk.keep(mina("3", BUILDWORKPRO))
    assert await desk.matching.waiting() == 1
    assert await desk.matching.find_new() == 3
    assert await desk.matching.waiting() == 0
    # Somebody who turns out to be called otherwise is no match any more.
    await desk.keep(make_record("3", provider=BUILDWORKPRO, first_name="Robert", last_name="Nebelstein", at=LATER))
    assert await desk.matching.find_new() == 1
    assert await desk.matching.find_new() == 1


async def test_accepted_pairs_become_one_contact_in_one_step(desk: Desk) -> None:
    ids = await desk.keep(mina("1"), mina("2", TAMTAM), mina("3", BUILDWORKPRO))
    await desk.matching.find()
    pairs = await desk.pairs()
    assert len(pairs) == 3
    step = await desk.matching.accept(pairs)
    assert step is not None
    assert step.name == "Merge 3 contacts"
    assert {row.contact_id for row in await desk.library.rows(ids)} == {ids[0]}
    assert await desk.pairs() == []
    kinds = {change.kind for change in desk.told}
    assert {ChangeKind.CONTACTS, ChangeKind.HISTORY, ChangeKind.MATCHES} <= kinds
    await desk.own_work.undo()
    assert [row.contact_id for row in await desk.library.rows(ids)] == ids
    assert await desk.pairs() == pairs


async def test_the_rep_says_who_stays(desk: Desk) -> None:
    older, newer = await desk.keep(mina("1"), mina("2", TAMTAM))
    await desk.matching.find()
    await desk.matching.accept([(older, newer)], survivor=newer)
    assert [row.contact_id for row in await desk.library.rows([older])] == [newer]


async def test_what_may_not_be_merged_says_why_and_holds_up_no_other(desk: Desk) -> None:
    one, other = await desk.keep(mina("1"), mina("2"))
    third, fourth = await desk.keep(
        mina("5", last_name="Nebelstein", phone="+447900000001"),
        mina("6", TAMTAM, last_name="Nebelstein", phone="+447900000001"),
    )
    with pytest.raises(InputError, match="Leadfeeder knows them as two people"):
        await desk.matching.accept([(one, other)])
    step = await desk.matching.accept([(one, other), (third, fourth)])
    assert step is not None
    assert step.contacts == 2
    assert await desk.matching.accept([(third, fourth)]) is None


async def test_a_rejected_pair_is_never_proposed_again(desk: Desk) -> None:
    pair = tuple(await desk.keep(mina("1"), mina("2", TAMTAM)))
    await desk.matching.find()
    assert await desk.pairs() == [pair]
    step = await desk.matching.reject(await desk.pairs())
    assert step is not None
    assert await desk.pairs() == []
    assert await desk.matching.find() == 0
    # The rep's newer decision goes first.
    assert await desk.matching.accept([(pair[0], pair[1])]) is not None


async def test_removed_contacts_are_not_proposed(desk: Desk) -> None:
    low, high = await desk.keep(mina("1"), mina("2", TAMTAM))
    await desk.matching.find()
    await desk.own_work.remove([high])
    assert await desk.pairs() == []
    await desk.own_work.undo()
    assert await desk.pairs() == [(low, high)]


async def test_a_cancelled_search_ends_its_process_and_changes_nothing(desk: Desk) -> None:
    await desk.keep(mina("1"), mina("2", TAMTAM))
    await desk.matching.find()
    before = await desk.matching.candidates(10)
    task = await begin_finding(desk)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await desk.matching.candidates(10) == before


async def test_a_search_that_is_cancelled_twice_leaves_no_process(desk: Desk) -> None:
    task = await begin_finding(desk)
    for _ in range(2):
        task.cancel()
        await asyncio.sleep(0)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert multiprocessing.active_children() == []


async def test_a_library_that_cannot_be_read_is_told_as_such(desk: Desk, tmp_path: Path) -> None:
    desk.database.path = tmp_path / "not a library"
    desk.database.path.write_bytes(b"This is something else. " * 100)
    with pytest.raises(LibraryError):
        await desk.matching.find()


async def test_the_gates_of_business_contacts_hold() -> None:
    """A small part of what `bench.matching_b2b` holds, with the humans that were not looked at."""
    result = await run(make_rows(2_000, HELD_OUT_SEED))
    assert [gate.name for gate in result.gates() if not gate.is_met] == [], (result.merged, result.pairs)
