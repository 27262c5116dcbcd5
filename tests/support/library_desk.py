"""A real library of invented people, and the services that tables read it through."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, cast

from app.domain.changes import ChangeFeed
from app.domain.contact import EmailValue, PersonFields, RecordKind, SourceRecord
from app.domain.provider import Provider
from app.services.library import LibraryService
from app.services.library_views import LibraryViewService
from app.services.own_work import OwnWorkService
from app.storage.database import Database
from app.storage.library import LibraryRepository
from app.storage.library_view import LibraryViewRepository
from app.storage.saved_views import SavedViewRepository

if TYPE_CHECKING:
    from app.composition import Services

START = datetime(2025, 3, 1, 9, 0, tzinfo=UTC)
FIRST = ("Ada", "Berit", "Çelik", "Dmitri", "Élodie", "Farah", "Gustav", "Hana")
COMPANIES = ("Fjordwerk", "Lumen Freight", "Atlas Bakeries", "Quarry & Sons")


def record(number: int, **changes: object) -> SourceRecord:
    """What a service says about one person; every second one has an e-mail address."""
    company = COMPANIES[number % 4]
    fields: dict[str, object] = {
        "first_name": FIRST[number % 8],
        "last_name": f"Person{number:04}",
        "job_title": "Head of Sales" if number % 3 else "Purchasing Manager",
        "company_name": company,
        "linkedin_url": f"https://www.linkedin.com/in/person-{number}",
        "emails": (EmailValue(f"person{number}@desk{number}.example"),) if number % 2 else (),
        "country_code": "NO" if number % 5 else "SE",
        **changes,
    }
    return SourceRecord(
        provider=Provider.TALKTOHUMANS if number % 4 else Provider.TAMTAM,
        provider_id=f"p-{number}",
        kind=RecordKind.SUMMARY,
        fetched_at=START + timedelta(minutes=number),
        fields=PersonFields(**fields),  # type: ignore[arg-type]
        raw=b"{}",
    )


@dataclass(frozen=True, slots=True)
class LibraryDesk:
    """A library with its services."""

    changes: ChangeFeed
    contacts: LibraryRepository
    library: LibraryService
    views: LibraryViewService
    own_work: OwnWorkService

    @property
    def services(self) -> "Services":
        """As widgets take them: these are all that tables of contacts use."""
        return cast("Services", self)

    async def add(self, numbers: Sequence[int]) -> list[int]:
        """Put people into the library; their contact ids."""
        return await self.contacts.save([record(number) for number in numbers])


@asynccontextmanager
async def open_library(folder: Path, people: int = 0) -> AsyncIterator[LibraryDesk]:
    """A library with so many people in it."""
    changes = ChangeFeed()
    database = await Database.open(folder / "library.sqlite3", changes=changes)
    try:
        contacts = LibraryRepository(database)
        views = LibraryViewService(LibraryViewRepository(database), SavedViewRepository(database))
        desk = LibraryDesk(changes, contacts, LibraryService(contacts), views, OwnWorkService(database))
        if people:
            await desk.add(range(1, people + 1))
        yield desk
    finally:
        await database.close()
