"""An enrichment engine on a library file, with a provider in memory and a clock that tests set."""

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.changes import ChangeFeed
from app.domain.enrichment import BatchState, EnrichField, PersonInput
from app.domain.errors import BadKeyError, LibraryError, MissingKeyError, NetworkError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.jobs.enrichment import EnrichmentEngine
from app.jobs.lane import Lane, Limits, fingerprint
from app.jobs.schedule import Backoff, PollSchedule
from app.storage.database import Database
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.journal import RequestJournal
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from tests.support.fake_enrichment import FakeEnrichment

EMAILS = frozenset({EnrichField.EMAILS})
BOTH = frozenset(EnrichField)
AT_ONCE = PollSchedule(first=0.0, second=0.0, factor=1.0, longest=0.0, jitter=0.0, missing_for=0.0)


class Clock:
    """A clock that tests set; it never runs by itself."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Desk:
    """An engine on a library file with a provider in memory."""

    def __init__(self, database: Database, changes: ChangeFeed, folder: Path) -> None:
        self.changes = changes
        self.database = database
        self.library = LibraryRepository(database)
        self.clock = Clock()
        self.runs = EnrichmentRepository(database, self.library, now=self.clock)
        self.ledger = LedgerRepository(database)
        self.journal_path = folder / "requests.jsonl"
        self.journal = RequestJournal(self.journal_path)
        self.provider = FakeEnrichment()
        self.key = "secret-key"
        self.kept: dict[str, FakeEnrichment] = {}
        self.elapsed = 0.0
        self.limits = Limits()
        self.balance: int | None = None
        self.disk_trouble: LibraryError | None = None
        self.notes: list[str] = []
        self.waits: list[float] = []
        self.stop_after_waits = 1000
        self.idle = asyncio.Event()
        self.engine = self.restart()

    def restart(self, schedule: PollSchedule = AT_ONCE) -> EnrichmentEngine:
        """A new engine on the same tables, as after a start of the program."""
        self.engine = EnrichmentEngine(
            self.runs,
            self.journal,
            self.open_lane,
            self.changes,
            schedule=schedule,
            backoff=Backoff(first=0.002, longest=0.002),
            limits=lambda: self.limits,
            check_disk=self.check_disk,
            now=self.clock,
            monotonic=lambda: self.elapsed,
            pause=self.pause,
            rng=random.Random(1),
        )
        engine = self.engine
        self.changes.subscribe(lambda change: self.notes.append(engine.lane_note) if engine is self.engine else None)
        return engine

    async def pause(self, event: asyncio.Event, seconds: float | None) -> None:
        """Time passes at once; only what no clock ends is really waited for."""
        if seconds is None:
            self.idle.set()
            await event.wait()
            self.idle.clear()
        else:
            self.waits.append(seconds)
            if len(self.waits) >= self.stop_after_waits:
                self.engine.stop()
            self.clock.now += timedelta(seconds=seconds)
            self.elapsed += seconds
            await asyncio.sleep(0)

    def check_disk(self) -> None:
        if self.disk_trouble is not None:
            raise self.disk_trouble

    async def open_lane(self, key_fingerprint: str = "") -> Lane:
        if key_fingerprint in self.kept and key_fingerprint != fingerprint(self.key):
            return Lane(self.kept[key_fingerprint], key_fingerprint, self.tell_balance, is_kept=True)
        if not self.key:
            raise MissingKeyError(Provider.TAMTAM)
        return Lane(self.provider, fingerprint(self.key), self.tell_balance)

    async def tell_balance(self) -> int | None:
        return self.balance

    async def queue(self, *people: PersonInput, fields: frozenset[EnrichField] = EMAILS, cap: int = 10_000) -> int:
        return await self.runs.create_run(people, fields, cap=cap, origin="test")

    async def outcomes(self, run_id: int) -> dict[str, list[Outcome]]:
        return {
            item.person.last_name: [item.outcomes[field].outcome for field in sorted(item.fields)]
            for item in await self.runs.items(run_id=run_id)
        }

    async def states(self, run_id: int) -> list[BatchState]:
        return [batch.state for batch in (await self.runs.run(run_id)).batches]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    changes = ChangeFeed()
    database = await Database.open(tmp_path / "library.db", changes=changes)
    yield Desk(database, changes, tmp_path)
    await database.close()


def bad_key() -> BadKeyError:
    return BadKeyError("Tamtam refused the key.", provider=Provider.TAMTAM, status=401)


def unreachable() -> NetworkError:
    return NetworkError("Tamtam cannot be reached.", provider=Provider.TAMTAM, sent=False)


def person(last_name: str) -> PersonInput:
    return PersonInput("Ada", last_name, "acme.example")


def people(count: int) -> list[PersonInput]:
    return [person(f"Number{n}") for n in range(count)]
