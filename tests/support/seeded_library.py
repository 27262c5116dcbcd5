"""Contacts and pairs for review in the library of a profile, before its services are opened."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from app.domain.contact import EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.match_candidates import MatchCandidate, MatchReason
from app.domain.provider import Provider
from app.storage.database import Database
from app.storage.match_candidates import MatchCandidateRepository
from app.storage.profile import Profile
from tests.support.kept_people import keep

LOOKED_AT = datetime(2026, 2, 3, 10, 32, tzinfo=UTC)
_FIRST = ("Ada", "Berit", "Çelik", "Dmitri", "Élodie", "Farah", "Gustav", "Hana", "Imre", "Jorunn")
_LAST = ("Norling", "Okafor", "Petrescu", "Quist", "Rahimi", "Sørby", "Tanaka", "Ujvari", "Vasquez", "Wickham")
REASONS = (
    MatchReason("last_name", "Same last name", 6.3),
    MatchReason("company_name", "Same company", 2.2),
    MatchReason("location", "Different locations", -1.0),
)


def name_of(number: int) -> tuple[str, str]:
    """A first and a last name, another one for each number below a hundred."""
    return _FIRST[number % 10], _LAST[(number // 10) % 10]


def make_source(number: int, provider: Provider = Provider.LEADFEEDER, **fields: Any) -> SourceRecord:
    """What a service says about the person of that number; `fields` are those of `PersonFields`."""
    first, last = name_of(number)
    said = PersonFields(
        **{
            "first_name": first,
            "last_name": last,
            "job_title": "Head of Sales",
            "company_name": f"Fjordwerk {number}",
            "company_domain": f"fjordwerk-{number}.example",
            "location": "Bergen, Norway",
            **fields,
        }
    )
    at = LOOKED_AT - timedelta(days=number)
    return SourceRecord(provider, f"{number}", RecordKind.FULL, at, said, repr((provider, said)).encode())


def make_pair(number: int, *, blocked: bool = False, phone: str = "") -> tuple[SourceRecord, SourceRecord]:
    """The same person at two services, which agree on the name, on a phone number if one is given, and little else."""
    first, last = name_of(number)
    slugs = [f"https://www.linkedin.com/in/{first}-{last}-{number}-{side}".lower() if blocked else "" for side in "ab"]
    left = make_source(
        number,
        emails=(EmailValue(f"{last}{number}@fjordwerk-{number}.example".lower()),),
        phones=(PhoneValue(phone or "+47 55 12 34 56"),),
        linkedin_url=slugs[0],
    )
    right = make_source(
        number,
        Provider.TAMTAM,
        company_name=f"Fjordwerk {number} AS",
        phones=(PhoneValue(phone),) if phone else (),
        location="Oslo",
        linkedin_url=slugs[1],
    )
    return left, right


async def seed_pairs(folder: Path, scores: Sequence[float], *, blocked: Iterable[int] = ()) -> list[MatchCandidate]:
    """A library of pairs with these scores, best first, that wait for review; those at `blocked` have two profiles."""
    forbidden = set(blocked)
    records = [make_pair(number, blocked=number in forbidden) for number in range(len(scores))]
    ids = await keep(folder, [record for pair in records for record in pair])
    found = [
        MatchCandidate(low, high, score, REASONS) for low, high, score in zip(ids[::2], ids[1::2], scores, strict=True)
    ]
    database = await Database.open(Profile(folder).library_path)
    try:
        repository = MatchCandidateRepository(database, now=lambda: LOOKED_AT)
        upto, _ = await repository.waiting()
        await repository.store(found, None, upto)
    finally:
        await database.close()
    return [replace(each, blocked="two profiles" if n in forbidden else "") for n, each in enumerate(found)]
