import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.changes import Change, ChangeKind
from app.domain.contact import EmailValue, Experience, RecordKind, SourceRecord
from app.domain.errors import LibraryError
from app.domain.fetching import OwnedRecord
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.search import Quarantined, SearchPage
from app.storage.database import Database, rows
from app.storage.library import CHUNK, LibraryRepository
from tests.storage.builders import LATER, NOON, make_record


async def test_a_record_becomes_a_row(library: LibraryRepository) -> None:
    record = make_record(
        "7",
        account="acc",
        first_name="Ada",
        last_name="Lovelace",
        job_title="Countess",
        company_name="Engines",
        company_domain="engines.example",
        location="London",
        email="ada@engines.example",
        verdict="valid",
        phone="+44 20 1",
        slug="ada",
    )
    (row,) = await library.rows(await library.save([record]))
    assert (row.display_name, row.job_title, row.company_name) == ("Ada Lovelace", "Countess", "Engines")
    assert (row.company_domain, row.location) == ("engines.example", "London")
    assert (row.email, row.email_verdict, row.phone) == ("ada@engines.example", "valid", "+44 20 1")
    assert row.linkedin_url == record.fields.linkedin_url
    assert (row.provider, row.provider_id, row.account_id) == (Provider.LEADFEEDER, "7", "acc")
    assert (row.fetched_at, row.masked, row.email_outcome, row.phone_outcome) == (NOON, False, None, None)


async def test_saving_tells_the_views_whom_it_touched_and_who_asked(
    library: LibraryRepository, told: list[Change]
) -> None:
    ids = await library.save([make_record("1"), make_record("2"), make_record("1", first_name="Ada")], "search 1")
    assert told == [Change(ChangeKind.CONTACTS, (ids[0], ids[1]), "search 1")]
    await library.save([])
    assert len(told) == 1


async def test_the_same_answer_again_only_refreshes_the_date(library: LibraryRepository) -> None:
    record = make_record("1", first_name="Ada", charged=1)
    (contact,) = await library.save([record])
    await library.save([replace(record, fetched_at=LATER)])
    details = await library.details(contact)
    assert [kept.fetched_at for kept in details.records] == [LATER]
    assert details.records[0].credits_charged == 2
    # Each payment is told, and what was free only once.
    assert [event.text for event in details.history] == ["Fetched from Leadfeeder for 1 credit."] * 2
    await library.save([replace(record, fetched_at=LATER, credits_charged=0)])
    assert len((await library.details(contact)).history) == 2
    assert details.row.fetched_at == LATER


async def test_an_older_answer_that_comes_late_does_not_turn_the_date_back(library: LibraryRepository) -> None:
    record = make_record("1", at=LATER)
    (contact,) = await library.save([record])
    await library.save([replace(record, fetched_at=NOON)])
    assert (await library.details(contact)).row.fetched_at == LATER


async def test_a_changed_answer_is_kept_beside_the_old_one(library: LibraryRepository) -> None:
    (contact,) = await library.save([make_record("1", job_title="Clerk")])
    await library.save([make_record("1", job_title="Countess", at=LATER)])
    details = await library.details(contact)
    assert [record.fields.job_title for record in details.records] == ["Countess", "Clerk"]
    assert details.row.job_title == "Countess"


async def test_a_summary_and_a_full_record_of_one_person_are_both_kept(library: LibraryRepository) -> None:
    summary = make_record("1", kind=RecordKind.SUMMARY, raw=b"{}")
    (contact,) = await library.save([summary])
    await library.save([replace(summary, kind=RecordKind.FULL)])
    assert len((await library.details(contact)).records) == 2


async def test_details_bring_back_exactly_what_was_said(library: LibraryRepository) -> None:
    record = make_record(
        "1",
        account="acc",
        raw=b'{"id": 1, "n\xc3\xa4me": "\\ud83d\\ude00"}',
        charged=3,
        first_name="علي",
        experiences=(Experience(title="CTO", is_current=True),),
        departments=("IT", "R&D"),
        emails=(EmailValue("ali@acme.example", "valid", "web"),),
    )
    (contact,) = await library.save([record])
    details = await library.details(contact)
    assert details.records == (record,)
    assert details.fields == record.fields
    assert ("first_name", "علي", True) in [(value.field, value.value, value.shown) for value in details.values]
    assert [(event.text, event.provider, event.at) for event in details.history] == [
        ("Fetched from Leadfeeder for 3 credits.", Provider.LEADFEEDER, NOON)
    ]


async def test_rows_come_in_the_order_asked_for_across_chunks(library: LibraryRepository) -> None:
    count = CHUNK + 50
    ids = await library.save([make_record(str(number), first_name=str(number)) for number in range(count)])
    asked = [*reversed(ids), ids[3], ids[3]]
    assert [row.first_name for row in await library.rows(asked)] == [
        *(str(number) for number in reversed(range(count))),
        "3",
        "3",
    ]
    assert await library.all_ids() == list(reversed(ids))
    assert await library.all_ids(limit=2) == [ids[-1], ids[-2]]
    assert await library.rows([]) == []


async def test_a_contact_that_does_not_exist(library: LibraryRepository) -> None:
    with pytest.raises(LibraryError, match="no contact number 99"):
        await library.rows([99])
    with pytest.raises(LibraryError, match="no contact number 99"):
        await library.details(99)


async def test_the_library_in_numbers(library: LibraryRepository) -> None:
    await library.save(
        [
            make_record("1", email="a@acme.example"),
            make_record("2", phone="+49 30 1"),
            make_record("3", slug="c"),
            make_record("3", slug="c", first_name="C"),
        ]
    )
    assert await library.stats() == {
        "contacts": 3,
        "source_records": 4,
        "with_email": 1,
        "with_phone": 1,
        "with_linkedin": 1,
        "merged": 0,
        "removed": 0,
        "lists": 0,
        "tags": 0,
        "fetch_runs": 0,
        "enrichment_runs": 0,
        "quarantined_rows": 0,
    }


async def test_a_page_is_stored_with_the_rows_that_could_not_be_read(
    library: LibraryRepository, database: Database
) -> None:
    bad = Quarantined("The row has no id.", b'{"name": "Ada"}')
    page = SearchPage((make_record("1"),), None, (bad,), credits_charged=2, request_id="req-7")
    assert len(await library.save_page(Provider.TAMTAM, page, "search 1")) == 1
    kept = await database.read(
        lambda conn: rows(conn, "SELECT provider, request_id, run_id, reason, raw FROM quarantined_row")
    )
    assert kept == [("tamtam", "req-7", None, bad.reason, bad.raw)]
    assert (await library.stats())["quarantined_rows"] == 1


async def test_owned_are_the_full_records_only(library: LibraryRepository) -> None:
    ids = await library.save(
        [
            make_record("full", provider=Provider.TAMTAM),
            make_record("full", provider=Provider.TAMTAM, at=LATER, first_name="Ada"),
            make_record("summary", provider=Provider.TAMTAM, kind=RecordKind.SUMMARY),
            make_record("masked", provider=Provider.TAMTAM, masked=True),
            make_record("elsewhere"),
        ]
    )
    asked = ["full", "summary", "masked", "elsewhere", "nowhere"]
    assert await library.owned(Provider.TAMTAM, asked) == {"full": OwnedRecord(ids[0], LATER)}


async def test_a_record_is_free_from_its_charge_and_a_free_refresh_does_not_lengthen_that(
    library: LibraryRepository,
) -> None:
    bought = make_record("1", account="7", charged=1, company_name="Acme")
    await library.save([bought])
    await library.save([make_record("1", account="7", at=LATER, raw=bought.raw, company_name="Acme")])
    await library.save([make_record("1", account="7", at=LATER + timedelta(days=1), company_name="Acme", location="X")])
    owned = (await library.owned(Provider.LEADFEEDER, ["1"], "7"))["1"]
    assert (owned.fetched_at, owned.charged_at, owned.with_company) == (LATER + timedelta(days=1), NOON, True)
    assert owned.is_free(NOON + timedelta(days=364))
    assert not owned.is_free(NOON + timedelta(days=365))
    other_account = (await library.owned(Provider.LEADFEEDER, ["1"], "8"))["1"]
    assert other_account.charged_at is None
    assert not other_account.is_free(NOON)


async def test_pins_must_match_the_records(library: LibraryRepository, database: Database) -> None:
    with pytest.raises(ValueError, match="shorter"):
        await database.write(
            lambda conn: library.store_records(conn, [make_record("1"), make_record("2")], contact_ids=[None])
        )


async def test_rows_show_how_the_last_enrichment_of_each_field_ended(
    library: LibraryRepository, database: Database
) -> None:
    (contact,) = await library.save([make_record("1")])
    await database.write(
        lambda conn: rows(
            conn,
            f"""
            INSERT INTO run (run_id, kind) VALUES (1, 'enrichment');
            INSERT INTO enrichment_run VALUES (1, 'tamtam', 0, 'emails', 9, 0, '');
            INSERT INTO enrichment_batch (batch_id, run_id, state, item_count, created_at, updated_at)
                VALUES (1, 1, 'draft', 1, 0, 0);
            INSERT INTO enrichment_item (item_id, run_id, batch_id, row, client_key, person_key, contact_id, first_name,
                last_name, domain, company_name, linkedin_url)
                VALUES (1, 1, 1, 1, 'a', 'p', {contact}, '', '', '', '', ''),
                    (2, 1, 1, 2, 'b', 'p', {contact}, '', '', '', '', '');
            INSERT INTO enrichment_field (item_id, field, person_key, outcome)
                VALUES (1, 'emails', 'p', 'not_found'), (1, 'phones', 'p', 'found'), (2, 'emails', 'p', 'found');
            """,
        )
    )
    (row,) = await library.rows([contact])
    assert (row.email_outcome, row.phone_outcome) == (Outcome.FOUND, Outcome.FOUND)


@pytest.mark.parametrize("table", ["source_record", "identity_key", "contact_event", "contact", "enrichment_item"])
async def test_every_look_up_by_contact_has_an_index(database: Database, table: str) -> None:
    column = "merged_into" if table == "contact" else "contact_id"
    plan = await database.read(lambda conn: rows(conn, f"EXPLAIN QUERY PLAN SELECT 1 FROM {table} WHERE {column} = 1"))
    assert "USING" in plan[0][3]
    assert "INDEX" in plan[0][3]


async def test_a_page_of_a_hundred_is_stored_quickly_in_a_library_that_is_not_empty(
    library: LibraryRepository,
) -> None:
    def page(number: int) -> list[SourceRecord]:
        return [
            make_record(
                f"{number}-{row}", email=f"p{number}.{row}@acme.example", slug=f"p{number}-{row}", first_name="Ada"
            )
            for row in range(100)
        ]

    times = []
    for number in range(12):
        records = page(number)
        begun = time.perf_counter()
        await library.save(records)
        times.append(time.perf_counter() - begun)
    # About 15 ms here; the bound leaves room for a slow, busy machine.
    assert min(times) < 0.25


async def test_many_saves_at_once_are_all_kept(library: LibraryRepository) -> None:
    await asyncio.gather(*(library.save([make_record(str(number))]) for number in range(50)))
    assert (await library.stats())["contacts"] == 50


async def test_tags_are_counted_as_the_newest_record_of_their_provider_has_them(library: LibraryRepository) -> None:
    here = Provider.TALKTOHUMANS
    ids = await library.save(
        [
            make_record("1", provider=here, account="a", tags=("hot", "cold")),
            make_record("2", provider=here, account="a", tags=("hot",)),
            make_record("3", tags=("elsewhere",)),
        ]
    )
    assert await library.tags(here) == {"hot": 2, "cold": 1}
    await library.save([make_record("1", provider=here, account="a", at=LATER, tags=("new",))])
    assert await library.tags(here) == {"hot": 1, "new": 1}
    assert await library.tags(here, [ids[0]]) == {"new": 1}
    assert await library.tags(here, []) == {}
