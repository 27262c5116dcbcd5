from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from app.domain.changes import Change, ChangeKind
from app.domain.contact import EmailValue, PhoneValue, RecordKind
from app.domain.credits import Spending
from app.domain.enrichment import (
    TRANSITIONS,
    BatchState,
    EnrichField,
    FieldResult,
    ItemResult,
    LedgerKind,
    Submission,
)
from app.domain.errors import LibraryError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.storage.database import Database, rows
from app.storage.enrichment_recovery import ANSWER_NOT_SEEN
from app.storage.enrichment_runs import GIVEN_UP, NO_ROW, NOT_SENT, EnrichmentRepository
from app.storage.journal import JournalEntry
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from app.storage.states import IllegalTransitionError
from tests.storage.builders import BOTH, EMAILS, LATER, NOON, Clock, make_person, make_record, make_result


async def make_batch(queue: EnrichmentRepository, *, people: int = 2, cap: int = 100, first: int = 1) -> int:
    """A run of one draft batch; returns the batch's id."""
    persons = [make_person(first + number) for number in range(people)]
    run_id = await queue.create_run(persons, BOTH, cap=cap, origin="test")
    return (await queue.run(run_id)).batches[0].batch_id


async def submit(queue: EnrichmentRepository, batch_id: int, request_id: str = "req-1", amount: int = 22) -> None:
    assert await queue.reserve(batch_id, amount, "key-1")
    await queue.begin_submit(batch_id, "hash")
    await queue.submitted(batch_id, Submission(request_id, "PENDING", 2), LATER)


async def complete(queue: EnrichmentRepository, batch_id: int, charged: int = 2) -> None:
    results = [
        make_result(item, email=f"{item.person.first_name}@acme.example")
        for item in await queue.items(batch_id=batch_id)
    ]
    await queue.complete(batch_id, results, charged=charged, unmatched=[], raw=b"{}", fetched_at=LATER)


async def outcomes(queue: EnrichmentRepository, batch_id: int) -> set[tuple[Outcome, str]]:
    items = await queue.items(batch_id=batch_id)
    return {(result.outcome, result.reason) for item in items for result in item.outcomes.values()}


async def booked(books: LedgerRepository) -> list[tuple[LedgerKind, int]]:
    return [(line.kind, line.credits) for line in reversed(await books.lines())]


# Queueing


async def waiting(queue: EnrichmentRepository) -> set[tuple[str, EnrichField]]:
    """Who of the people of this test must not be queued again."""
    keys = {make_person(number).person_key for number in range(10)}
    return {(key, known.field) for known in await queue.known(keys) if known.waits for key in known.keys & keys}


async def test_people_are_cut_into_drafts_in_their_order(queue: EnrichmentRepository, told: list[Change]) -> None:
    people = [make_person(number) for number in range(5)]
    run_id = await queue.create_run(people, BOTH, cap=55, origin="people.csv", batch_size=2)
    run = await queue.run(run_id)
    assert (run.people, run.fields, run.origin, run.stopped, run.created_at) == (5, BOTH, "people.csv", False, NOON)
    assert [(batch.state, batch.item_count) for batch in run.batches] == [(BatchState.DRAFT, n) for n in (2, 2, 1)]
    assert (run.spending, run.counts, run.is_open) == (Spending(55), {Outcome.QUEUED: 10}, True)
    items = await queue.items(run_id=run_id)
    assert [(item.row, item.person, item.fields) for item in items] == [
        (number + 1, person, BOTH) for number, person in enumerate(people)
    ]
    assert len({item.client_key for item in items}) == 5
    assert told == [Change(ChangeKind.ENRICHMENT, (run_id,))]


async def test_rows_of_a_file_keep_their_numbers(queue: EnrichmentRepository) -> None:
    run_id = await queue.create_run(
        [make_person(1), make_person(2)], EMAILS, cap=5, origin="people.csv", row_numbers=[3, 9]
    )
    assert [item.row for item in await queue.items(run_id=run_id)] == [3, 9]


async def test_each_person_is_asked_only_for_what_is_wanted_of_them(queue: EnrichmentRepository) -> None:
    run_id = await queue.create_run(
        [make_person(1), make_person(2)], BOTH, cap=12, origin="", wanted=[EMAILS, BOTH - EMAILS]
    )
    assert [item.fields for item in await queue.items(run_id=run_id)] == [EMAILS, BOTH - EMAILS]
    assert (await queue.run(run_id)).counts == {Outcome.QUEUED: 2}
    assert (make_person(1).person_key, EnrichField.PHONES) not in await waiting(queue)


async def test_runs_come_newest_first_and_open_ones_alone(queue: EnrichmentRepository) -> None:
    first = await make_batch(queue)
    second = await make_batch(queue, first=10)
    await queue.give_up(first)
    assert [run.batches[0].batch_id for run in await queue.runs()] == [second, first]
    assert [run.batches[0].batch_id for run in await queue.runs(only_open=True)] == [second]
    assert len(await queue.items()) == 4


async def test_batches_come_by_state_oldest_first(queue: EnrichmentRepository) -> None:
    ids = [await make_batch(queue, first=10 * number) for number in range(3)]
    await submit(queue, ids[1])
    assert [batch.batch_id for batch in await queue.batches([BatchState.DRAFT])] == [ids[0], ids[2]]
    assert [b.batch_id for b in await queue.batches([BatchState.SUBMITTED, BatchState.DRAFT])] == ids


async def test_nobody_is_queued_twice_at_the_same_time(queue: EnrichmentRepository) -> None:
    await make_batch(queue, people=1)
    assert await waiting(queue) == {(make_person(1).person_key, field) for field in BOTH}
    with pytest.raises(LibraryError, match="already in the enrichment queue") as raised:
        await queue.create_run([make_person(2), make_person(1)], EMAILS, cap=5, origin="")
    assert raised.value.next_step
    with pytest.raises(LibraryError, match="already in the enrichment queue"):
        await queue.create_run([make_person(3), make_person(3)], EMAILS, cap=5, origin="")
    assert len(await queue.runs()) == 1


async def test_the_file_itself_refuses_a_second_open_purchase(queue: EnrichmentRepository, database: Database) -> None:
    batch_id = await make_batch(queue, people=2)
    (first, second) = await queue.items(batch_id=batch_id)
    with pytest.raises(Exception, match="UNIQUE"):
        await database.write(
            lambda conn: rows(
                conn,
                "UPDATE enrichment_field SET person_key = ? WHERE item_id = ?",
                (first.person.person_key, second.item_id),
            )
        )


# Spending


async def test_the_whole_way_of_a_batch(
    queue: EnrichmentRepository, library: LibraryRepository, books: LedgerRepository, clock: Clock, told: list[Change]
) -> None:
    batch_id = await make_batch(queue)
    assert await queue.reserve(batch_id, 22, "key-1")
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved, batch.key_fingerprint) == (BatchState.RESERVED, 22, "key-1")

    await queue.begin_submit(batch_id, "hash")
    assert (await queue.batch(batch_id)).state is BatchState.SUBMITTING
    assert await outcomes(queue, batch_id) == {(Outcome.IN_FLIGHT, "")}

    clock.move(seconds=2)
    await queue.submitted(batch_id, Submission("req-1", "PENDING", 2), LATER)
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.request_id, batch.next_poll_at) == (BatchState.SUBMITTED, "req-1", LATER)
    assert batch.submitted_at == batch.updated_at == NOON + timedelta(seconds=2)

    first, second = await queue.items(batch_id=batch_id)
    for polls in (1, 2):
        await queue.polled(batch_id, LATER, provisional=[make_result(first, email="x@acme.example")], note="Working")
        batch = await queue.batch(batch_id)
        assert (batch.state, batch.polls, batch.note) == (BatchState.COLLECTING, polls, "Working")
    assert await outcomes(queue, batch_id) == {(Outcome.IN_FLIGHT, "")}
    assert (await queue.items(batch_id=batch_id))[0].emails[0].address == "x@acme.example"
    assert (await library.stats())["contacts"] == 0

    told.clear()
    results = [
        make_result(first, email="one@acme.example", phone="+49 30 1"),
        make_result(second, Outcome.NOT_FOUND, reason="No hit."),
    ]
    await queue.complete(batch_id, results, charged=11, unmatched=[b"{}"], raw=b'{"all":1}', fetched_at=LATER)
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved, batch.charged, batch.unmatched) == (BatchState.COMPLETE, 0, 11, 1)
    assert batch.next_poll_at is None
    assert await booked(books) == [(LedgerKind.RESERVED, 22), (LedgerKind.CHARGED, 11), (LedgerKind.RELEASED, 11)]
    run = await queue.run(batch.run_id)
    assert (run.spending, run.is_open) == (Spending(100, 0, 11), False)
    assert run.counts == {Outcome.FOUND: 2, Outcome.NOT_FOUND: 2}

    first, second = await queue.items(batch_id=batch_id)
    assert first.emails == (EmailValue("one@acme.example", "DELIVERABLE"),)
    assert first.phones == (PhoneValue("+49 30 1"),)
    assert second.outcomes[EnrichField.EMAILS] == FieldResult(EnrichField.EMAILS, Outcome.NOT_FOUND, "No hit.")
    assert [change.kind for change in told] == [ChangeKind.CONTACTS, ChangeKind.ENRICHMENT, ChangeKind.LEDGER]
    row = (await library.rows([first.person.contact_id or 0]))[0]
    assert (row.email, row.phone, row.email_outcome) == ("one@acme.example", "+49 30 1", Outcome.FOUND)
    lines = await books.lines(run_id=batch.run_id)
    assert {(line.batch_id, line.provider) for line in lines} == {(batch_id, "tamtam")}
    assert lines[0].request_id == "req-1"


async def test_every_transition_leaves_an_event(queue: EnrichmentRepository, database: Database) -> None:
    batch_id = await make_batch(queue)
    await submit(queue, batch_id)
    await complete(queue, batch_id)
    events = await database.read(
        lambda conn: rows(conn, "SELECT from_state, to_state, request_id FROM enrichment_event ORDER BY event_id")
    )
    assert events == [
        (None, "draft", ""),
        ("draft", "reserved", ""),
        ("reserved", "submitting", ""),
        ("submitting", "submitted", "req-1"),
        ("submitted", "complete", "req-1"),
    ]


async def test_the_raw_answer_is_kept(queue: EnrichmentRepository, database: Database) -> None:
    batch_id = await make_batch(queue)
    await submit(queue, batch_id)
    await queue.complete(batch_id, [], charged=0, unmatched=[b"a", b"b"], raw=b"\x00raw", fetched_at=LATER)
    kept = await database.read(
        lambda conn: rows(conn, "SELECT raw FROM enrichment_answer UNION ALL SELECT raw FROM enrichment_unmatched")
    )
    assert kept == [(b"\x00raw",), (b"a",), (b"b",)]


async def test_no_more_than_the_cap_is_ever_reserved(queue: EnrichmentRepository, books: LedgerRepository) -> None:
    people = [make_person(number) for number in range(3)]
    run_id = await queue.create_run(people, BOTH, cap=22, origin="", batch_size=1)
    first, second, third = [batch.batch_id for batch in (await queue.run(run_id)).batches]
    assert await queue.reserve(first, 11, "key")
    assert await queue.reserve(second, 11, "key")
    assert not await queue.reserve(third, 1, "key")
    assert (await queue.batch(third)).state is BatchState.DRAFT
    assert (await queue.run(run_id)).spending == Spending(22, 22, 0)
    await queue.begin_submit(first, "hash")
    await queue.submitted(first, Submission("req", "PENDING", 1), LATER)
    await queue.complete(first, [], charged=4, unmatched=[], raw=b"", fetched_at=LATER)
    assert not await queue.reserve(third, 8, "key")
    assert await queue.reserve(third, 7, "key")
    assert (await books.totals())[LedgerKind.RESERVED] == 29


async def test_a_stopped_run_reserves_nothing(queue: EnrichmentRepository) -> None:
    batch_id = await make_batch(queue)
    run_id = (await queue.batch(batch_id)).run_id
    await queue.set_stopped(run_id, stopped=True)
    assert not (await queue.run(run_id)).is_open
    assert not await queue.reserve(batch_id, 1, "key")
    await queue.set_stopped(run_id, stopped=False)
    assert await queue.reserve(batch_id, 1, "key")


async def test_stopping_everything_touches_what_has_yet_to_be_sent(
    queue: EnrichmentRepository, told: list[Change]
) -> None:
    sent = await make_batch(queue)
    await submit(queue, sent)
    waiting = await make_batch(queue, first=10)
    told.clear()
    await queue.set_stopped(None, stopped=True)
    stopped = {run.run_id: run.stopped for run in await queue.runs()}
    waiting_run = (await queue.batch(waiting)).run_id
    assert stopped == {(await queue.batch(sent)).run_id: False, waiting_run: True}
    assert told == [Change(ChangeKind.ENRICHMENT, (waiting_run,))]


@pytest.mark.parametrize(
    ("final", "state", "outcome"),
    [
        (True, BatchState.REJECTED, (Outcome.FAILED, "Bad domain.")),
        (False, BatchState.DRAFT, (Outcome.QUEUED, "")),
    ],
)
async def test_a_refused_submit_costs_nothing(
    queue: EnrichmentRepository,
    books: LedgerRepository,
    final: bool,
    state: BatchState,
    outcome: tuple[Outcome, str],
) -> None:
    batch_id = await make_batch(queue)
    await queue.reserve(batch_id, 22, "key")
    await queue.begin_submit(batch_id, "hash")
    await queue.refused(batch_id, "Bad domain.", final=final)
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved, batch.note) == (state, 0, "Bad domain.")
    assert await outcomes(queue, batch_id) == {outcome}
    assert await booked(books) == [(LedgerKind.RESERVED, 22), (LedgerKind.RELEASED, 22)]


async def test_an_unseen_answer_keeps_its_credits_and_waits_for_consent(
    queue: EnrichmentRepository, books: LedgerRepository
) -> None:
    batch_id = await make_batch(queue)
    await queue.reserve(batch_id, 22, "key")
    await queue.begin_submit(batch_id, "hash")
    await queue.unknown(batch_id, "The connection broke.")
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved) == (BatchState.UNKNOWN_OUTCOME, 22)
    assert await outcomes(queue, batch_id) == {(Outcome.UNKNOWN, "The connection broke.")}
    assert (make_person(1).person_key, EnrichField.PHONES) in await waiting(queue)

    await queue.resubmit_unknown(batch_id)
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved, batch.request_id) == (BatchState.DRAFT, 0, "")
    assert await outcomes(queue, batch_id) == {(Outcome.QUEUED, "")}
    assert await booked(books) == [(LedgerKind.RESERVED, 22), (LedgerKind.RELEASED, 22)]


async def test_people_queued_elsewhere_meanwhile_are_not_sent_twice(queue: EnrichmentRepository) -> None:
    batch_id = await make_batch(queue)
    await submit(queue, batch_id)
    await queue.give_up(batch_id, expired=True)
    await make_batch(queue)
    with pytest.raises(LibraryError, match="already in the enrichment queue"):
        await queue.resubmit_unknown(batch_id)
    assert (await queue.batch(batch_id)).state is BatchState.EXPIRED


async def test_what_still_runs_cannot_be_queued_again(queue: EnrichmentRepository) -> None:
    batch_id = await make_batch(queue)
    await queue.reserve(batch_id, 22, "key")
    with pytest.raises(IllegalTransitionError, match="nothing to queue again"):
        await queue.resubmit_unknown(batch_id)


# Collecting


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
    await queue.create_run([make_person(1, contact_id=contact)], EMAILS, cap=5, origin="")
    (batch,) = await queue.batches([BatchState.DRAFT])
    await submit(queue, batch.batch_id, amount=1)
    await complete(queue, batch.batch_id, charged=1)
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


Prepare = Callable[[EnrichmentRepository, int], Awaitable[object]]


async def _draft(queue: EnrichmentRepository, batch_id: int) -> None:
    pass


async def _reserved(queue: EnrichmentRepository, batch_id: int) -> None:
    await queue.reserve(batch_id, 22, "key")


async def _submitting(queue: EnrichmentRepository, batch_id: int) -> None:
    await _reserved(queue, batch_id)
    await queue.begin_submit(batch_id, "hash")


async def _submitted(queue: EnrichmentRepository, batch_id: int) -> None:
    await submit(queue, batch_id)


async def _collecting(queue: EnrichmentRepository, batch_id: int) -> None:
    await submit(queue, batch_id)
    await queue.polled(batch_id, LATER)


async def _complete(queue: EnrichmentRepository, batch_id: int) -> None:
    await submit(queue, batch_id)
    await complete(queue, batch_id)


async def _rejected(queue: EnrichmentRepository, batch_id: int) -> None:
    await _submitting(queue, batch_id)
    await queue.refused(batch_id, "No.", final=True)


async def _unknown(queue: EnrichmentRepository, batch_id: int) -> None:
    await _submitting(queue, batch_id)
    await queue.unknown(batch_id, "Lost.")


async def _expired(queue: EnrichmentRepository, batch_id: int) -> None:
    await submit(queue, batch_id)
    await queue.give_up(batch_id, "Gone.", expired=True)


async def _abandoned(queue: EnrichmentRepository, batch_id: int) -> None:
    await queue.give_up(batch_id)


INTO: dict[BatchState, Prepare] = {
    BatchState.DRAFT: _draft,
    BatchState.RESERVED: _reserved,
    BatchState.SUBMITTING: _submitting,
    BatchState.SUBMITTED: _submitted,
    BatchState.COLLECTING: _collecting,
    BatchState.COMPLETE: _complete,
    BatchState.REJECTED: _rejected,
    BatchState.UNKNOWN_OUTCOME: _unknown,
    BatchState.EXPIRED: _expired,
    BatchState.ABANDONED: _abandoned,
}

STEPS: dict[str, tuple[BatchState, Prepare]] = {
    "reserve": (BatchState.RESERVED, lambda queue, batch: queue.reserve(batch, 22, "key")),
    "begin_submit": (BatchState.SUBMITTING, lambda queue, batch: queue.begin_submit(batch, "hash")),
    "submitted": (
        BatchState.SUBMITTED,
        lambda queue, batch: queue.submitted(batch, Submission("req-2", "PENDING", 2), LATER),
    ),
    "refused": (BatchState.REJECTED, lambda queue, batch: queue.refused(batch, "No.", final=True)),
    "unknown": (BatchState.UNKNOWN_OUTCOME, lambda queue, batch: queue.unknown(batch, "Lost.")),
    "polled": (BatchState.COLLECTING, lambda queue, batch: queue.polled(batch, LATER)),
    "complete": (BatchState.COMPLETE, complete),
    "expire": (BatchState.EXPIRED, lambda queue, batch: queue.give_up(batch, expired=True)),
    "give_up": (BatchState.ABANDONED, lambda queue, batch: queue.give_up(batch)),
}


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", BatchState)
async def test_a_batch_goes_only_where_the_table_of_transitions_lets_it(
    queue: EnrichmentRepository, books: LedgerRepository, state: BatchState, step: str
) -> None:
    batch_id = await make_batch(queue)
    await INTO[state](queue, batch_id)
    before = await queue.batch(batch_id), await booked(books), await queue.items(batch_id=batch_id)
    assert before[0].state is state
    to, take = STEPS[step]
    again = state is to is BatchState.COLLECTING
    if to in TRANSITIONS[state] or again:
        await take(queue, batch_id)
        assert (await queue.batch(batch_id)).state is to
    else:
        with pytest.raises(IllegalTransitionError, match=f"from {state}"):
            await take(queue, batch_id)
        assert (await queue.batch(batch_id), await booked(books), await queue.items(batch_id=batch_id)) == before


@pytest.mark.parametrize(
    ("state", "outcome"),
    [
        (BatchState.DRAFT, (Outcome.CANCELLED, NOT_SENT)),
        (BatchState.RESERVED, (Outcome.CANCELLED, NOT_SENT)),
        (BatchState.SUBMITTED, (Outcome.EXPIRED, GIVEN_UP)),
        (BatchState.COLLECTING, (Outcome.EXPIRED, GIVEN_UP)),
        (BatchState.UNKNOWN_OUTCOME, (Outcome.UNKNOWN, "Lost.")),
        (BatchState.REJECTED, (Outcome.FAILED, "No.")),
    ],
)
async def test_giving_up_releases_the_credits_and_hides_no_outcome(
    queue: EnrichmentRepository, books: LedgerRepository, state: BatchState, outcome: tuple[Outcome, str]
) -> None:
    batch_id = await make_batch(queue)
    await INTO[state](queue, batch_id)
    await queue.give_up(batch_id)
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.reserved, batch.next_poll_at) == (BatchState.ABANDONED, 0, None)
    assert await outcomes(queue, batch_id) == {outcome}
    totals = await books.totals()
    assert totals[LedgerKind.RESERVED] == totals[LedgerKind.RELEASED]
    assert await waiting(queue) == set()


async def test_after_a_kill_a_submit_under_way_is_unknown_and_a_reservation_is_released(
    queue: EnrichmentRepository, books: LedgerRepository, told: list[Change]
) -> None:
    submitting, reserved, sent = [await make_batch(queue, first=10 * number) for number in range(3)]
    await _submitting(queue, submitting)
    await _reserved(queue, reserved)
    await submit(queue, sent)
    told.clear()
    assert await queue.recover() == [submitting]
    assert [change.kind for change in told] == [ChangeKind.ENRICHMENT, ChangeKind.LEDGER]
    assert await outcomes(queue, submitting) == {(Outcome.UNKNOWN, ANSWER_NOT_SEEN)}
    states = [(await queue.batch(batch)).state for batch in (submitting, reserved, sent)]
    assert states == [BatchState.UNKNOWN_OUTCOME, BatchState.DRAFT, BatchState.SUBMITTED]
    assert (await booked(books))[-1] == (LedgerKind.RELEASED, 22)
    told.clear()
    assert await queue.recover() == []
    assert told == []


async def test_after_a_kill_the_journal_knows_the_request_the_library_does_not(queue: EnrichmentRepository) -> None:
    batch_id = await make_batch(queue)
    await _submitting(queue, batch_id)
    assert await queue.recover([JournalEntry("req-7", batch_id, NOON)]) == []
    batch = await queue.batch(batch_id)
    assert (batch.state, batch.request_id, batch.next_poll_at) == (BatchState.SUBMITTED, "req-7", NOON)
    assert await outcomes(queue, batch_id) == {(Outcome.IN_FLIGHT, "")}


async def test_a_journal_line_of_an_earlier_submit_of_the_batch_is_not_taken_for_this_one(
    queue: EnrichmentRepository,
) -> None:
    batch_id = await make_batch(queue)
    await _expired(queue, batch_id)
    await queue.resubmit_unknown(batch_id)
    await _submitting(queue, batch_id)
    assert await queue.recover([JournalEntry("req-1", batch_id, NOON)]) == [batch_id]


async def test_what_does_not_exist(queue: EnrichmentRepository) -> None:
    with pytest.raises(LibraryError, match="no enrichment run number 5"):
        await queue.run(5)
    with pytest.raises(LibraryError, match="no enrichment batch number 5"):
        await queue.batch(5)
