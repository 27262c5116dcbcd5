"""Contacts put into the library of a profile before its services are opened, so that a test knows what it holds."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.domain.changes import ChangeFeed
from app.domain.contact import EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.provider import Provider
from app.storage.database import Database
from app.storage.library import LibraryRepository
from app.storage.profile import Profile

DAY = timedelta(days=1)


def record(
    provider: Provider, provider_id: str, *, days: float = 0, credits_charged: int = 0, **fields: Any
) -> SourceRecord:
    """A full record that arrived so many days ago; `emails` and `phones` may be given as plain texts."""
    if emails := fields.get("emails"):
        fields["emails"] = tuple(EmailValue(each) if isinstance(each, str) else each for each in emails)
    if phones := fields.get("phones"):
        fields["phones"] = tuple(PhoneValue(each) if isinstance(each, str) else each for each in phones)
    return SourceRecord(
        provider,
        provider_id,
        RecordKind.FULL,
        datetime.now(UTC) - days * DAY,
        PersonFields(**fields),
        f'{{"id": "{provider_id}", "days": {days}}}'.encode(),
        account_id="42" if provider is Provider.LEADFEEDER else "",
        credits_charged=credits_charged,
    )


async def keep(folder: Path, records: Sequence[SourceRecord]) -> list[int]:
    """Store records in the profile at `folder`, which nobody has open; returns the contact of each."""
    profile = Profile(folder)
    profile.library_path.parent.mkdir(parents=True, exist_ok=True)
    database = await Database.open(profile.library_path, changes=ChangeFeed())
    try:
        return await LibraryRepository(database).save(records)
    finally:
        await database.close()


def two_entries_of_ada() -> list[SourceRecord]:
    """One person as two services know her, with nothing in common that would merge the two by itself."""
    return [
        record(
            Provider.LEADFEEDER,
            "l-1",
            days=40,
            credits_charged=1,
            first_name="Ada",
            last_name="Norling",
            job_title="Head of Purchasing",
            company_name="Fjordwerk",
            company_domain="fjordwerk.example",
            emails=("ada@fjordwerk.example",),
        ),
        record(
            Provider.BUILDWORKPRO,
            "77",
            days=2,
            first_name="Ada",
            last_name="Norling",
            job_title="Purchasing Director",
            company_name="Fjordwerk",
            company_domain="fjordwerk.example",
            emails=("a.norling@fjordwerk.example",),
            phones=("+4755512345",),
            location="Bergen, Norway",
        ),
    ]
