"""Make a large library of invented people, for benchmarks, tests and for trying things by hand.

`python -m bench.make_library 100000 PROFILE` fills the profile in a folder; a path that ends in .sqlite3 is taken for
the library file itself. People come from the vocabulary of the demo services, in all its scripts. Most have one
source record, some two or three of different services; a few were enriched, each with another outcome; the rep has
given some of them a status, a rating, tags, notes and lists. Everything is written by the same code as in the
program, in large transactions. The same number and seed give the same library.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from app.demo import spelling
from app.demo.dataset import DemoData, Person
from app.demo.vocabulary import TAGS
from app.domain.contact import EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.enrichment import EnrichField, FieldResult, ItemResult, PersonInput, Submission
from app.domain.marks import ContactStatus
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.storage import refreshing
from app.storage.columns import stamp
from app.storage.database import Connection, Database
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.library import LibraryRepository
from app.storage.profile import Profile

AT_ONCE = 500
START = datetime(2025, 1, 6, 8, 0, tzinfo=UTC)
LISTS = ("Spring campaign", "Trade fair 2025", "Key accounts", "Kaltakquise Süd", "Сентябрь")
OWN_TAGS = (*TAGS, "À rappeler", "Ключевой клиент", "重要")
NOTES = (
    "Asked for an offer by the end of the month.",
    "Prefers calls after 16:00; speaks English and français.",
    "Met at the lantern fair, stand 9.",
    "Перезвонить в сентябре.",
)
ENRICHED_OF_A_HUNDRED = 4
_BATCH = 100
_encoder = msgspec.json.Encoder()


def records_of(data: DemoData, person: Person) -> list[SourceRecord]:
    """What the services that were asked said of one person: mostly one record, at most three."""
    known = [provider for provider in Provider if person.known_to(provider)]
    draw = person.draw("records", 100)
    count = 1 if draw < 68 else 2 if draw < 92 else 3
    first = person.draw("first service", len(known))
    asked = [known[(first + place) % len(known)] for place in range(min(count, len(known)))]
    return [_record(data, person, provider) for provider in asked]


def _record(data: DemoData, person: Person, provider: Provider) -> SourceRecord:
    name = spelling.name_at(person, provider)
    email, phone = spelling.email_known_to(person, provider), spelling.phone_known_to(person, provider)
    tags = {TAGS[person.draw(f"tag {n}", len(TAGS))] for n in range(2)} if person.chance("tagged", 20) else set()
    fields = PersonFields(
        first_name=name.first,
        last_name=name.last,
        full_name=name.full,
        job_title=person.title.text,
        headline=spelling.headline_of(person),
        company_name=spelling.company_name_at(person, provider),
        company_domain=person.company.domain if person.company else "",
        company_industry=person.company.industry if person.company else "",
        location=f"{person.city.name}, {person.city.region}, {person.city.country}",
        country_code=person.city.country_code,
        linkedin_url=spelling.linkedin_url(person),
        tags=tuple(sorted(tags)) if provider is Provider.TALKTOHUMANS else (),
        emails=(EmailValue(email, ("DELIVERABLE", "HIGH_PROBABILITY", "")[person.draw("verdict", 3)]),)
        if email
        else (),
        phones=(PhoneValue(phone, person.city.country_code, "mobile"),) if phone else (),
    )
    return SourceRecord(
        provider=provider,
        provider_id=data.id_of(person, provider),
        kind=RecordKind.SUMMARY if person.chance(f"summary {provider}", 40) else RecordKind.FULL,
        fetched_at=START + timedelta(seconds=47 * person.index + person.draw(f"fetched {provider}", 86_400)),
        fields=fields,
        raw=_encoder.encode(fields),
        account_id="42" if provider is Provider.TALKTOHUMANS else "",
        request_id=f"made-{person.index // 25}",
    )


async def fill(database: Database, contacts: int, seed: int = 1) -> None:
    """Put so many contacts into an empty library."""
    data = DemoData(seed=seed, contacts=contacts)
    library = LibraryRepository(database)
    await database.write(_make_lists)
    ids: list[int] = []
    for start in range(0, contacts, AT_ONCE):
        chunk = data.people[start : start + AT_ONCE]
        ids += await database.write(partial(_store, library=library, data=data, people=chunk))
    await _enrich(database, library, data, ids)


def _store(conn: Connection, library: LibraryRepository, data: DemoData, people: Sequence[Person]) -> list[int]:
    records = [records_of(data, person) for person in people]
    ids = library.store_records(conn, [said[0] for said in records])
    pairs = [(contact_id, record) for contact_id, said in zip(ids, records, strict=True) for record in said[1:]]
    library.store_records(conn, [record for _, record in pairs], contact_ids=[contact_id for contact_id, _ in pairs])
    _mark(conn, people, ids)
    return ids


def _make_lists(conn: Connection) -> None:
    conn.executemany(
        "INSERT INTO contact_list (name, created_at) VALUES (?, ?)", [(name, stamp(START)) for name in LISTS]
    )


def _mark(conn: Connection, people: Sequence[Person], ids: Sequence[int]) -> None:
    """What the rep wrote on some of them."""
    statuses = tuple(ContactStatus)
    marks: list[tuple[int, str, int, str]] = []
    tags: list[tuple[int, str]] = []
    members: list[tuple[int, int, int]] = []
    for person, contact_id in zip(people, ids, strict=True):
        if person.chance("marked", 12):
            status = statuses[person.draw("status", len(statuses))].value if person.chance("has status", 70) else ""
            note = NOTES[person.draw("note", len(NOTES))] if person.chance("noted", 30) else ""
            marks.append((contact_id, status, person.draw("rating", 6), note))
        if person.chance("own tag", 10):
            tags += {(contact_id, OWN_TAGS[person.draw(f"own tag {n}", len(OWN_TAGS))]) for n in range(2)}
        if person.chance("listed", 15):
            members.append((1 + person.draw("list", len(LISTS)), contact_id, stamp(START)))
    conn.executemany("INSERT INTO contact_mark (contact_id, status, rating, notes) VALUES (?, ?, ?, ?)", marks)
    conn.executemany("INSERT INTO contact_tag (contact_id, tag) VALUES (?, ?)", tags)
    conn.executemany("INSERT INTO contact_list_member (list_id, contact_id, added_at) VALUES (?, ?, ?)", members)
    refreshing.show_marks(conn, [mark[0] for mark in marks] + [tag[0] for tag in tags])


async def _enrich(database: Database, library: LibraryRepository, data: DemoData, ids: Sequence[int]) -> None:
    """Enrich a few, found or not, as if the service had answered at once."""
    chosen = [
        (person, contact_id)
        for person, contact_id in zip(data.people, ids, strict=True)
        if person.company and person.company.domain and person.chance("enriched", ENRICHED_OF_A_HUNDRED)
    ]
    if not chosen:
        return
    at = START + timedelta(days=90)
    queue = EnrichmentRepository(database, library, now=lambda: at)
    people = [_person_input(person, contact_id) for person, contact_id in chosen]
    by_contact = {contact_id: person for person, contact_id in chosen}
    run_id = await queue.create_run(people, set(EnrichField), cap=11 * len(people), origin="Library", batch_size=_BATCH)
    for batch in (await queue.run(run_id)).batches:
        items = await queue.items(batch_id=batch.batch_id)
        results = [_result(item.client_key, by_contact[item.person.contact_id or 0]) for item in items]
        await queue.reserve(batch.batch_id, 11 * len(items), "made")
        await queue.begin_submit(batch.batch_id, "made")
        await queue.submitted(batch.batch_id, Submission(f"made-{batch.batch_id}", "PENDING", len(items)), at)
        charged = sum(len(result.emails) + 10 * len(result.phones) for result in results)
        await queue.complete(batch.batch_id, results, charged=charged, unmatched=[], raw=b"{}", fetched_at=at)


def _person_input(person: Person, contact_id: int) -> PersonInput:
    name = spelling.romanised_name(person)
    domain = person.company.domain if person.company else ""
    company = person.company.name if person.company else ""
    # No namesake may wait for an answer at the same time.
    return PersonInput(
        name.first,
        name.last,
        domain,
        company,
        f"https://www.linkedin.com/in/{spelling.linkedin_handle(person)}",
        contact_id,
    )


def _result(client_key: str, person: Person) -> ItemResult:
    outcomes = (Outcome.FOUND, Outcome.FOUND, Outcome.NOT_FOUND, Outcome.FAILED, Outcome.UNKNOWN)
    email = outcomes[person.draw("email outcome", len(outcomes))]
    phone = outcomes[person.draw("phone outcome", len(outcomes))]
    number = spelling.phone_of(person)
    return ItemResult(
        client_key=client_key,
        results=(FieldResult(EnrichField.EMAILS, email), FieldResult(EnrichField.PHONES, phone)),
        emails=(EmailValue(spelling.work_email(person), "DELIVERABLE"),) if email is Outcome.FOUND else (),
        phones=(PhoneValue(number, person.city.country_code),) if phone is Outcome.FOUND else (),
        raw=b'{"status":"done"}',
    )


async def make(path: Path, contacts: int, seed: int = 1) -> None:
    """Make the library file, which must not hold anything yet."""
    database = await Database.open(path)
    try:
        await fill(database, contacts, seed)
    finally:
        await database.close()


def main(arguments: Sequence[str] | None = None) -> None:
    """Make a library as the command line says."""
    parser = argparse.ArgumentParser(prog="python -m bench.make_library", description="Make a large library.")
    parser.add_argument("contacts", type=int)
    parser.add_argument("place", type=Path, help="a folder for a profile, or a file that ends in .sqlite3")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    path = options.place if options.place.suffix == ".sqlite3" else Profile(options.place).library_path
    if path.exists():
        parser.error(f"{path} exists already")
    start = time.perf_counter()
    asyncio.run(make(path, options.contacts, options.seed))
    size = path.stat().st_size / 1e6
    print(f"{options.contacts:,} contacts in {time.perf_counter() - start:.1f} s, {size:,.0f} MB: {path}")


if __name__ == "__main__":
    main()
