"""A library on a real file, its repositories, and what they told the views."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.domain.changes import Change, ChangeFeed
from app.services.own_work import OwnWorkService
from app.storage.database import Database
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.fetch_runs import FetchRunRepository
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from tests.storage.builders import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def feed() -> ChangeFeed:
    return ChangeFeed()


@pytest.fixture
def told(feed: ChangeFeed) -> list[Change]:
    """Every change record published, in order."""
    changes: list[Change] = []
    feed.subscribe(changes.append)
    return changes


@pytest.fixture
def library_path(tmp_path: Path) -> Path:
    return tmp_path / "library.sqlite3"


@pytest.fixture
async def database(library_path: Path, feed: ChangeFeed) -> AsyncIterator[Database]:
    database = await Database.open(library_path, changes=feed)
    yield database
    await database.close()


@pytest.fixture
def library(database: Database) -> LibraryRepository:
    return LibraryRepository(database)


@pytest.fixture
def fetch_runs(database: Database, library: LibraryRepository, clock: Clock) -> FetchRunRepository:
    return FetchRunRepository(database, library, now=clock)


@pytest.fixture
def queue(database: Database, library: LibraryRepository, clock: Clock) -> EnrichmentRepository:
    return EnrichmentRepository(database, library, now=clock)


@pytest.fixture
def books(database: Database, clock: Clock) -> LedgerRepository:
    return LedgerRepository(database, now=clock)


@pytest.fixture
def own(database: Database, clock: Clock) -> OwnWorkService:
    """The rep at work."""
    return OwnWorkService(database, now=clock)
