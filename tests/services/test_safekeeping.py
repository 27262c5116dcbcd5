import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.composition import open_services
from app.demo.dataset import DemoData
from app.demo.samples import people_rows
from app.domain.backups import BackupKind
from app.domain.changes import Change, ChangeFeed, ChangeKind
from app.domain.enrichment import BatchState, EnrichField, PersonInput
from app.domain.errors import DamagedLibraryError, LibraryError
from app.services.safekeeping import FIRST_LOOK, SafekeepingService
from app.storage.database import Database, connect, rows
from app.storage.integrity import SOUND
from app.storage.library import LibraryRepository
from app.storage.profile import Profile
from app.storage.replacing import restore, salvage_in_place
from tests.conftest import ExpectLog
from tests.storage.builders import make_record
from tests.support.demo_services import demo_services
from tests.support.memory_key_store import MemoryKeyStore


@dataclass
class Time:
    """A clock that is moved by hand, and pauses that are let through by hand."""

    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    pauses: list[float] = field(default_factory=list)
    turn: asyncio.Event = field(default_factory=asyncio.Event)
    paused: asyncio.Event = field(default_factory=asyncio.Event)

    def now(self) -> datetime:
        return self.at

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.paused.set()
        await self.turn.wait()
        self.turn.clear()

    async def go_on(self) -> None:
        """Let one pause pass, and wait for the next."""
        self.paused.clear()
        self.turn.set()
        await self.paused.wait()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def told() -> list[Change]:
    return []


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(Profile(tmp_path).library_path)
    yield database
    await database.close()


@pytest.fixture
async def safekeeping(database: Database, time: Time, told: list[Change]) -> AsyncIterator[SafekeepingService]:
    feed = ChangeFeed()
    feed.subscribe(told.append)
    service = SafekeepingService(database, feed, now=time.now, pause=time.pause)
    yield service
    await service.aclose()


async def save(database: Database, *ids: str) -> None:
    await LibraryRepository(database).save([make_record(each, first_name="Ada") for each in ids])


def damage(path: Path, table: str = "contact_event") -> None:
    conn = connect(path)
    try:
        (page,) = rows(conn, "SELECT max(pageno) FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (table,))[0]
    finally:
        conn.close()
    data = bytearray(path.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xff" * 4096
    path.write_bytes(data)


async def test_a_day_without_news_needs_no_backup(database: Database, safekeeping: SafekeepingService) -> None:
    assert await safekeeping.back_up_if_due() is None  # nothing is in it yet
    await save(database, "1")
    made = await safekeeping.back_up_if_due()
    assert made is not None
    assert (made.kind, made.contacts) == (BackupKind.DAILY, 1)


async def test_one_a_day(database: Database, safekeeping: SafekeepingService, time: Time) -> None:
    await save(database, "1")
    first = await safekeeping.back_up_if_due()
    assert first is not None
    await save(database, "2")
    time.at = first.at + timedelta(hours=23)
    assert await safekeeping.back_up_if_due() is None
    time.at = first.at + timedelta(hours=25)
    second = await safekeeping.back_up_if_due()
    assert second is not None
    assert await safekeeping.backups() == [second, first]
    past = (second.at - timedelta(minutes=5)).timestamp()
    for path in database.path.parent.glob("library.sqlite3*"):
        os.utime(path, (past, past))  # nothing was written since
    time.at = second.at + timedelta(days=3)
    assert await safekeeping.back_up_if_due() is None
    # A clock that was wrong once does not keep backups away for years.
    time.at = first.at - timedelta(days=900)
    assert await safekeeping.back_up_if_due() is not None


async def test_the_file_is_looked_at_once_the_window_is_there_then_backed_up(
    database: Database, safekeeping: SafekeepingService, time: Time
) -> None:
    await save(database, "1")
    safekeeping.start()
    await time.paused.wait()
    assert (time.pauses, safekeeping.integrity) == ([FIRST_LOOK], "")
    await time.go_on()
    assert safekeeping.integrity == SOUND
    assert [each.kind for each in await safekeeping.backups()] == [BackupKind.DAILY]


async def test_damage_that_is_found_stops_buying_and_is_known_at_the_next_start(
    tmp_path: Path, database: Database, time: Time, told: list[Change], expected_log: ExpectLog
) -> None:
    await save(database, *map(str, range(300)))
    await database.close()
    damage(database.path)
    again = await Database.open(database.path)
    feed = ChangeFeed()
    feed.subscribe(told.append)
    service = SafekeepingService(again, feed, now=time.now, pause=time.pause)
    service.require_sound()
    expected_log(r"safekeeping: The library is damaged")
    assert await service.check() != SOUND
    assert service.damage
    assert ChangeKind.SAFETY in {change.kind for change in told}
    with pytest.raises(LibraryError, match="Nothing is bought"):
        service.require_sound()
    await service.aclose()
    await again.close()
    with pytest.raises(DamagedLibraryError):
        async with open_services(Profile(tmp_path), demo=True, environ={}, key_store=MemoryKeyStore()):
            pass


async def test_a_read_that_meets_damage_is_noticed(database: Database) -> None:
    await save(database, *map(str, range(300)))
    await database.close()
    damage(database.path)
    again = await Database.open(database.path)
    service = SafekeepingService(again, ChangeFeed())
    with pytest.raises(DamagedLibraryError):
        await again.read(lambda conn: rows(conn, "SELECT text FROM contact_event"))
    await asyncio.sleep(0)
    with pytest.raises(LibraryError, match="Nothing is bought"):
        service.require_sound()
    await service.aclose()
    await again.close()


async def test_a_backup_by_hand_can_be_called_off(database: Database, safekeeping: SafekeepingService) -> None:
    await save(database, "1")
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    task = asyncio.create_task(safekeeping.back_up(progress=lambda _done, _total: loop.call_soon_threadsafe(begun.set)))
    await begun.wait()
    task.cancel()
    await asyncio.wait([task])
    left = [path for path in (database.path.parent / "backups").iterdir() if ".partial" in path.name]
    assert left == []


async def test_what_cannot_be_restored_is_not_chosen(safekeeping: SafekeepingService, database: Database) -> None:
    await save(database, "1")
    made = await safekeeping.back_up()
    made.path.write_bytes(b"this is not a library" * 1_000)
    with pytest.raises(LibraryError):
        await safekeeping.restore(made)
    assert safekeeping.chosen is None


async def test_a_backup_is_chosen_to_be_restored(safekeeping: SafekeepingService, database: Database) -> None:
    await save(database, "1")
    made = await safekeeping.back_up()
    await safekeeping.restore(made)
    assert safekeeping.chosen is not None
    assert safekeeping.chosen.backup == made


# --- what was paid for ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


async def test_what_was_paid_for_after_the_backup_is_collected_again_and_never_bought_again(
    tmp_path: Path, data: DemoData
) -> None:
    people = [PersonInput(row["first_name"], row["last_name"], row["domain"]) for row in people_rows(data, 5)]
    library = Profile(tmp_path).library_path
    async with demo_services(tmp_path, data=data) as services:
        plan = await services.enrichment.plan_people(people, [EnrichField.EMAILS])
        run_id = await services.enrichment.enqueue(plan, cap=500, origin="people.csv")
        backup = await services.safekeeping.back_up()  # the people still wait to be sent
        await services.enrichment.drain([run_id])
        bought = await services.enrichment.run(run_id)
        assert bought.spending.charged > 0
    restore(library, backup)
    async with demo_services(tmp_path, data=data) as services:
        assert services.safekeeping.collected_again == 1
        assert "1 paid request" in services.safekeeping.notice
        assert "buys nothing until you resume" in services.safekeeping.notice
        (run,) = await services.enrichment.runs()
        (batch,) = run.batches
        assert batch.state is BatchState.SUBMITTED
        assert batch.request_id == bought.batches[0].request_id
    async with demo_services(tmp_path, data=data) as services:
        assert services.safekeeping.notice == ""


async def test_after_a_restore_people_who_still_wait_are_not_sent_unasked(tmp_path: Path, data: DemoData) -> None:
    people = [PersonInput(row["first_name"], row["last_name"], row["domain"]) for row in people_rows(data, 5)]
    async with demo_services(tmp_path, data=data) as services:
        plan = await services.enrichment.plan_people(people, [EnrichField.EMAILS])
        run_id = await services.enrichment.enqueue(plan, cap=500, origin="people.csv")
    salvage_in_place(Profile(tmp_path).library_path)
    async with demo_services(tmp_path, data=data) as services:
        await services.enrichment.drain([run_id])
        run = await services.enrichment.run(run_id)
        assert run.spending.charged == 0
        assert [batch.state for batch in run.batches] == [BatchState.DRAFT]
