"""The do-not-contact list on a real file: who it names, and that the queue keeps to it."""

import pytest

from app.domain.changes import Change, ChangeKind
from app.domain.contact import EmailValue
from app.domain.enrichment import BatchState, EnrichField, LedgerKind, Submission
from app.domain.outcomes import Outcome
from app.domain.suppression import SuppressionEntry, SuppressionKind
from app.storage.database import Database, rows
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from app.storage.suppression import SuppressionRepository
from tests.storage.builders import EMAILS, LATER, NOON, Clock, make_person, make_record, make_result


def email(address: str, note: str = "") -> SuppressionEntry:
    return SuppressionEntry(SuppressionKind.EMAIL, address, note)


def profile(slug: str) -> SuppressionEntry:
    return SuppressionEntry(SuppressionKind.LINKEDIN, slug)


@pytest.fixture
def suppression(database: Database, clock: Clock) -> SuppressionRepository:
    return SuppressionRepository(database, now=clock)


async def test_entries_come_and_go_and_the_views_hear_of_it(
    suppression: SuppressionRepository, clock: Clock, told: list[Change]
) -> None:
    assert await suppression.add([email("a@x.example", "asked"), profile("bob")]) == 2
    clock.move(days=1)
    assert await suppression.add([email("a@x.example"), email("c@x.example")]) == 1
    first, *_ = found = await suppression.entries()
    assert (first.value, first.added_at) == ("c@x.example", clock.at)
    assert [entry.note for entry in found if entry.value == "a@x.example"] == ["asked"]
    assert await suppression.remove([profile("bob"), profile("nobody")]) == 1
    assert {entry.value for entry in await suppression.entries()} == {"a@x.example", "c@x.example"}
    assert ChangeKind.SUPPRESSION in {change.kind for change in told}


async def test_a_contact_is_named_by_any_record_not_only_by_what_is_shown(
    suppression: SuppressionRepository, library: LibraryRepository
) -> None:
    (contact_id, other) = await library.save(
        [
            make_record("1", slug="ada", emails=(EmailValue("new@acme.example"), EmailValue("old@acme.example"))),
            make_record("2", slug="bob", phone="+442079460018"),
        ]
    )
    assert await suppression.contacts([contact_id, other]) == {}
    await suppression.add([email("old@acme.example"), SuppressionEntry(SuppressionKind.PHONE, "+442079460018")])
    assert {each: entry.value for each, entry in (await suppression.contacts([contact_id, other])).items()} == {
        contact_id: "old@acme.example",
        other: "+442079460018",
    }


async def test_rows_say_who_is_on_the_list_and_why_for_as_long_as_they_are(
    suppression: SuppressionRepository, library: LibraryRepository
) -> None:
    ids = await library.save(
        [
            make_record("1", slug="ada", emails=(EmailValue("new@acme.example"), EmailValue("old@acme.example"))),
            make_record("2", slug="bob"),
        ]
    )
    assert [row.do_not_contact for row in await library.rows(ids)] == ["", ""]
    await suppression.add([email("old@acme.example")])
    said = "Do not contact: E-mail old@acme.example"
    assert [row.do_not_contact for row in await library.rows(ids)] == [said, ""]
    assert (await library.details(ids[0])).row.do_not_contact == said
    await suppression.remove([email("old@acme.example")])
    assert [row.do_not_contact for row in await library.rows(ids)] == ["", ""]


async def submit(queue: EnrichmentRepository, batch_id: int) -> None:
    await queue.reserve(batch_id, (await queue.batch(batch_id)).item_count, "key")
    await queue.begin_submit(batch_id, "hash")
    await queue.submitted(batch_id, Submission(f"req-{batch_id}", "PROCESSING", 1), NOON)


async def test_who_was_put_on_the_list_after_queueing_is_not_sent(
    queue: EnrichmentRepository, suppression: SuppressionRepository, books: LedgerRepository
) -> None:
    people = [make_person(1, slug="one"), make_person(2, slug="two"), make_person(3, slug="three")]
    run_id = await queue.create_run(people, EMAILS, cap=10, origin="")
    (batch,) = (await queue.run(run_id)).batches
    await suppression.add([profile("two")])
    assert await queue.leave_out_unwanted(batch.batch_id)
    run = await queue.run(run_id)
    assert [(each.state, each.item_count) for each in run.batches] == [
        (BatchState.DRAFT, 2),
        (BatchState.ABANDONED, 1),
    ]
    assert run.counts == {Outcome.QUEUED: 2, Outcome.SUPPRESSED: 1}
    await suppression.add([profile("one"), profile("three")])
    assert not await queue.leave_out_unwanted(batch.batch_id)
    run = await queue.run(run_id)
    assert run.counts == {Outcome.SUPPRESSED: 3}
    assert not run.is_open
    assert await books.lines() == []


async def test_a_late_result_leaves_only_its_ledger_line(
    queue: EnrichmentRepository,
    suppression: SuppressionRepository,
    library: LibraryRepository,
    books: LedgerRepository,
    database: Database,
) -> None:
    run_id = await queue.create_run([make_person(1, slug="one"), make_person(2, slug="two")], EMAILS, cap=10, origin="")
    (batch,) = (await queue.run(run_id)).batches
    await submit(queue, batch.batch_id)
    first, second = await queue.items(batch_id=batch.batch_id)
    results = [make_result(first, email="one@acme.example"), make_result(second, email="two@acme.example")]
    await queue.polled(batch.batch_id, LATER, provisional=results)
    await suppression.add([profile("one")])
    entries = [f'{{"custom":"{item.client_key}"}}'.encode() for item in (first, second)]
    results = [
        type(result)(result.client_key, result.results, result.emails, (), b"[" + raw + b"]")
        for result, raw in zip(results, entries, strict=True)
    ]
    await queue.complete(
        batch.batch_id, results, charged=2, unmatched=[], raw=b"[" + b",".join(entries) + b"]", fetched_at=LATER
    )
    first, second = await queue.items(batch_id=batch.batch_id)
    assert first.outcomes[EnrichField.EMAILS].outcome is Outcome.SUPPRESSED
    assert "Do not contact" in first.outcomes[EnrichField.EMAILS].reason
    assert (first.emails, first.person.contact_id) == ((), None)
    assert second.outcomes[EnrichField.EMAILS].outcome is Outcome.FOUND
    assert await library.stats() | {"contacts": 1} == await library.stats()
    ((raw,),) = await database.read(lambda conn: rows(conn, "SELECT raw FROM enrichment_answer"))
    assert raw == b"[" + entries[1] + b"]"
    assert (await books.totals())[LedgerKind.CHARGED] == 2


async def test_an_answer_that_names_a_suppressed_address_is_not_kept(
    queue: EnrichmentRepository, suppression: SuppressionRepository, library: LibraryRepository
) -> None:
    await suppression.add([email("one@acme.example")])
    run_id = await queue.create_run([make_person(1)], EMAILS, cap=10, origin="")
    (batch,) = (await queue.run(run_id)).batches
    await submit(queue, batch.batch_id)
    (item,) = await queue.items(batch_id=batch.batch_id)
    result = make_result(item, email="One@Acme.example")
    await queue.complete(batch.batch_id, [result], charged=1, unmatched=[], raw=b"[{}]", fetched_at=LATER)
    (item,) = await queue.items(batch_id=batch.batch_id)
    assert item.outcomes[EnrichField.EMAILS].outcome is Outcome.SUPPRESSED
    assert (await library.stats())["contacts"] == 0


async def test_a_result_for_a_contact_taken_out_of_the_library_is_kept_on_it(
    queue: EnrichmentRepository, library: LibraryRepository, database: Database
) -> None:
    (contact_id,) = await library.save([make_record("1", slug="one", first_name="Ada")])
    run_id = await queue.create_run([make_person(1, contact_id=contact_id, slug="one")], EMAILS, cap=10, origin="")
    (batch,) = (await queue.run(run_id)).batches
    await submit(queue, batch.batch_id)
    await database.write(lambda conn: rows(conn, "UPDATE contact SET removed_at = 5"))
    (item,) = await queue.items(batch_id=batch.batch_id)
    result = make_result(item, email="one@acme.example")
    await queue.complete(batch.batch_id, [result], charged=1, unmatched=[], raw=b"[{}]", fetched_at=LATER)
    (row,) = await library.rows([contact_id])
    assert row.email == "one@acme.example"
    ((removed_at,),) = await database.read(lambda conn: rows(conn, "SELECT removed_at FROM contact"))
    assert removed_at == 5
    assert contact_id not in await library.all_ids()
