"""What comes of a batch: outcomes, contacts, and what is remembered of them."""

from datetime import timedelta

import pytest

from app.domain.changes import Change, ChangeKind
from app.domain.contact import RecordKind
from app.domain.enrichment import (
    BatchState,
    EnrichField,
    FieldResult,
    ItemResult,
    LedgerKind,
)
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.storage.enrichment_collecting import NO_ROW
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from app.storage.states import IllegalTransitionError
from tests.storage.builders import EMAILS, LATER, make_person, make_record, make_result
from tests.support.queue_steps import booked, complete, make_batch, outcomes, submit, submit_for


async def test_a_person_without_a_row_is_unknown_and_never_not_found(queue: EnrichmentRepository) -> None:
    batch_id = await make_batch(queue)
    await submit(queue, batch_id)
    first, _ = await queue.items(batch_id=batch_id)
    await queue.complete(
        batch_id, [make_result(first, Outcome.NOT_FOUND)], charged=0, unmatched=[], raw=b"", fetched_at=LATER
    )
    assert await outcomes(queue, batch_id) == {(Outcome.NOT_FOUND, ""), (Outcome.UNKNOWN, NO_ROW)}


async def test_more_charged_than_reserved_is_booked_as_it_is(
    queue: EnrichmentRepository, books: LedgerRepository
) -> None:
    batch_id = await make_batch(queue, people=1, cap=12)
    await submit(queue, batch_id, amount=2)
    await complete(queue, batch_id, charged=11)
    assert await booked(books) == [(LedgerKind.RESERVED, 2), (LedgerKind.CHARGED, 11)]
    run = await queue.run((await queue.batch(batch_id)).run_id)
    assert (run.spending.charged, run.spending.free) == (11, 1)


async def test_results_go_to_the_contact_that_was_enriched(
    queue: EnrichmentRepository, library: LibraryRepository
) -> None:
    (contact,) = await library.save([make_record("7", first_name="Ada", last_name="Lovelace")])
    batch_id = await submit_for(queue, contact)
    await complete(queue, batch_id, charged=1)
    details = await library.details(contact)
    assert (details.row.display_name, details.row.email) == ("Ada Lovelace", "Given1@acme.example")
    assert (details.row.provider, details.row.provider_id) == (Provider.LEADFEEDER, "7")
    enriched = details.records[0]
    assert (enriched.kind, enriched.provider, enriched.credits_charged) == (RecordKind.ENRICHMENT, Provider.TAMTAM, 1)
    assert (enriched.request_id, enriched.raw) == ("req-1", b'{"status":"done"}')
    assert details.history[0].text == "Enriched by Tamtam for 1 credit."


async def test_a_typed_person_gets_one_contact_however_often_enriched(
    queue: EnrichmentRepository, library: LibraryRepository
) -> None:
    for request_id in ("req-1", "req-2"):
        batch_id = await make_batch(queue, people=1)
        await submit(queue, batch_id, request_id)
        (item,) = await queue.items(batch_id=batch_id)
        await queue.complete(
            batch_id, [make_result(item, Outcome.NOT_FOUND)], charged=0, unmatched=[], raw=b"", fetched_at=LATER
        )
    (contact,) = await library.all_ids()
    row = (await library.rows([contact]))[0]
    assert (row.display_name, row.company_domain, row.email_outcome) == (
        "Given1 Family",
        "acme.example",
        Outcome.NOT_FOUND,
    )
    assert {item.person.contact_id for item in await queue.items()} == {contact}


async def test_a_failed_person_leaves_no_trace_in_the_library(
    queue: EnrichmentRepository, library: LibraryRepository, told: list[Change]
) -> None:
    batch_id = await make_batch(queue, people=1)
    await submit(queue, batch_id)
    (item,) = await queue.items(batch_id=batch_id)
    told.clear()
    await queue.complete(
        batch_id, [make_result(item, Outcome.FAILED)], charged=0, unmatched=[], raw=b"", fetched_at=LATER
    )
    assert (await library.stats())["contacts"] == 0
    assert ChangeKind.CONTACTS not in [change.kind for change in told]


async def test_people_merged_meanwhile_are_followed(queue: EnrichmentRepository, library: LibraryRepository) -> None:
    (older,) = await library.save([make_record("1", slug="ada")])
    (newer,) = await library.save([make_record("a", provider=Provider.TAMTAM, email="ada@acme.example")])
    run_id = await queue.create_run([make_person(1, contact_id=newer)], EMAILS, cap=5, origin="")
    await library.save([make_record("9", provider=Provider.BUILDWORKPRO, slug="ada", email="ada@acme.example")])
    assert (await queue.items(run_id=run_id))[0].person.contact_id == older
    assert (await library.rows([older]))[0].email_outcome is Outcome.QUEUED


@pytest.mark.parametrize("fault", ["open outcome", "stranger", "field not asked for"])
async def test_a_result_that_cannot_be_is_our_bug_and_changes_nothing(
    queue: EnrichmentRepository, books: LedgerRepository, fault: str
) -> None:
    run_id = await queue.create_run([make_person(1)], EMAILS, cap=5, origin="")
    batch_id = (await queue.run(run_id)).batches[0].batch_id
    await submit(queue, batch_id, amount=1)
    (item,) = await queue.items(batch_id=batch_id)
    result = {
        "open outcome": make_result(item, Outcome.IN_FLIGHT),
        "stranger": ItemResult("nobody", ()),
        "field not asked for": ItemResult(item.client_key, (FieldResult(EnrichField.PHONES, Outcome.FOUND),)),
    }[fault]
    with pytest.raises(IllegalTransitionError):
        await queue.complete(batch_id, [result], charged=1, unmatched=[], raw=b"", fetched_at=LATER)
    assert (await queue.batch(batch_id)).state is BatchState.SUBMITTED
    assert await booked(books) == [(LedgerKind.RESERVED, 1)]


async def test_a_note_says_why_a_batch_waits(queue: EnrichmentRepository) -> None:
    batch_id = await make_batch(queue)
    await submit(queue, batch_id)
    await queue.set_note(batch_id, "Another key is needed.")
    batch = await queue.batch(batch_id)
    assert (batch.note, batch.next_poll_at) == ("Another key is needed.", LATER)
    await queue.set_note(batch_id, "", next_poll_at=LATER + timedelta(hours=1))
    assert (await queue.batch(batch_id)).next_poll_at == LATER + timedelta(hours=1)


async def test_what_was_bought_is_remembered_with_its_age(queue: EnrichmentRepository) -> None:
    batch_id = await make_batch(queue)
    await submit(queue, batch_id)
    first, second = await queue.items(batch_id=batch_id)
    results = [make_result(first, email="one@acme.example"), make_result(second, Outcome.NOT_FOUND)]
    await queue.complete(batch_id, results, charged=1, unmatched=[], raw=b"", fetched_at=LATER)
    keys = [make_person(number).person_key for number in (1, 2, 3)]
    bought, not_found = [known for known in await queue.known(keys) if known.field is EnrichField.EMAILS]
    assert keys[0] in bought.keys
    assert (bought.outcome, bought.at, bought.waits) == (Outcome.FOUND, LATER, False)
    assert bought.emails[0].address == "one@acme.example"
    assert bought.contact_id == (await queue.items(batch_id=batch_id))[0].person.contact_id
    assert not_found.outcome is Outcome.NOT_FOUND
    assert await queue.hit_rate(EnrichField.EMAILS) == (1, 2)


async def test_without_a_history_there_is_no_hit_rate(queue: EnrichmentRepository) -> None:
    await make_batch(queue)
    assert await queue.hit_rate(EnrichField.PHONES) == (0, 0)


# Ends, and starting again
