"""A live page of 25 search results written to the library, next to the same rows by a plain `executemany`.

The library finds each person's contact, keeps the raw answer and every value with its origin, chooses the values to
show, and commits with `synchronous=FULL` before the rows appear. The reference does none of it: ready tuples of
the shown columns and the raw answer go into one table without an index. So the ratio is the price of identity and
provenance.
"""

import asyncio
import itertools
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import apsw

from app.domain.contact import EmailValue, PersonFields, PhoneValue, RecordKind, SourceRecord
from app.domain.provider import Provider
from app.storage.database import Database
from app.storage.library import LibraryRepository
from bench.measure import ROUNDS, ratio_of

PAGE = 25
PAGES = 8
KNOWN_CONTACTS = 5000
TARGET = 5.0
INSERT = "INSERT INTO shown VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
RAW = b'{"id": "0", "type": "contact", "attributes": {%s}}' % b", ".join(
    b'"member_%d": "some value of usual length"' % number for number in range(30)
)


def _record(number: int) -> SourceRecord:
    fields = PersonFields(
        first_name=f"First{number % 700}",
        last_name=f"Last{number}",
        full_name=f"First{number % 700} Last{number}",
        job_title="Head of Regional Business Development",
        company_name=f"Company {number % 800}",
        company_domain=f"company-{number % 800}.example",
        location="Some City, Some Country",
        linkedin_url=f"https://www.linkedin.com/in/person-{number}",
        emails=(EmailValue(f"person.{number}@company-{number % 800}.example", verdict="valid"),),
        phones=(PhoneValue(f"+4930{number:08}"),),
    )
    return SourceRecord(
        provider=Provider.TALKTOHUMANS,
        provider_id=str(number),
        kind=RecordKind.SUMMARY,
        fetched_at=datetime.now(UTC),
        fields=fields,
        raw=RAW,
    )


def _shown(record: SourceRecord) -> tuple[str | bytes, ...]:
    fields = record.fields
    person = (fields.first_name, fields.last_name, fields.full_name, fields.job_title, fields.company_name)
    reach = (fields.company_domain, fields.emails[0].address, fields.phones[0].number, fields.linkedin_url)
    return (*person, *reach, fields.location, record.provider_id, record.fetched_at.isoformat(), record.raw)


Page = list[SourceRecord]


def _batches(records: Iterator[SourceRecord]) -> Iterator[list[Page]]:
    """What each round writes, made beforehand."""
    ready = [[list(itertools.islice(records, PAGE)) for _ in range(PAGES)] for _ in range(ROUNDS + 1)]
    return iter(ready)


def _new_records(first: int) -> Iterator[SourceRecord]:
    return (_record(number) for number in itertools.count(first))


def _changed_records() -> Iterator[SourceRecord]:
    for number in range(KNOWN_CONTACTS):
        record, title = _record(number), f"Title {number}"
        yield replace(record, fields=replace(record.fields, job_title=title), raw=RAW + title.encode())


async def _measure(folder: Path) -> None:
    async with AsyncExitStack() as stack:
        database = await Database.open(folder / "library.sqlite")
        stack.push_async_callback(database.close)
        library = LibraryRepository(database)
        await library.save([_record(number) for number in range(KNOWN_CONTACTS)])
        plain = apsw.Connection(str(folder / "plain.sqlite"))
        stack.callback(plain.close)
        plain.execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL")
        plain.execute("CREATE TABLE shown (a, b, c, d, e, f, g, h, i, j, k, l, m)")

        async def compare(name: str, records: Iterator[SourceRecord], *, commits: int, target: float | None) -> None:
            batches = _batches(records)
            rows = [_shown(_record(number)) for number in range(PAGE * PAGES)]
            per_commit = len(rows) // commits

            async def to_library() -> None:
                for page in next(batches):
                    await library.save(page)

            async def to_plain_table() -> None:
                for start in range(0, len(rows), per_commit):
                    with plain:
                        plain.executemany(INSERT, rows[start : start + per_commit])

            print(await ratio_of(name, to_library, to_plain_table, target=target))

        print(f"Pages of {PAGE} into a library of {KNOWN_CONTACTS:,}, a commit each, against plain executemany")
        new = _new_records(KNOWN_CONTACTS)
        await compare("new contacts, against as many commits", new, commits=PAGES, target=None)
        await compare("new contacts, against one commit in all", new, commits=1, target=TARGET)
        changed = _changed_records()
        await compare("known contacts, each with a new title, as many commits", changed, commits=PAGES, target=None)


def main() -> None:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(Path(folder)))


if __name__ == "__main__":
    main()
