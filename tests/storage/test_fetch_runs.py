import pytest

from app.domain.changes import Change, ChangeKind
from app.domain.enrichment import LedgerKind
from app.domain.errors import LibraryError
from app.domain.fetching import FetchRunState, IdOutcome
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.search import Quarantined
from app.storage.database import Database, rows
from app.storage.fetch_runs import FetchRunRepository
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from app.storage.states import IllegalTransitionError
from tests.storage.builders import NOON, Clock, make_record

TAMTAM = Provider.TAMTAM
IDS = ["c", "a", "b"]


def found(*ids: str) -> list[IdOutcome]:
    return [IdOutcome(provider_id, Outcome.FOUND) for provider_id in ids]


async def test_a_new_run_has_every_id_queued_in_the_order_pasted(
    fetch_runs: FetchRunRepository, told: list[Change]
) -> None:
    run_id = await fetch_runs.create(Provider.LEADFEEDER, "acc", IDS, max_credits=3)
    run = await fetch_runs.run(run_id)
    assert (run.provider, run.account_id, run.state) == (Provider.LEADFEEDER, "acc", FetchRunState.QUEUED)
    assert (run.total, run.done, run.counts) == (3, 0, {Outcome.QUEUED: 3})
    assert (run.created_at, run.charged, run.max_credits, run.note) == (NOON, 0, 3, "")
    assert await fetch_runs.open_ids(run_id) == IDS
    assert told == [Change(ChangeKind.FETCH_RUNS, (run_id,))]


async def test_runs_come_newest_first_and_by_state(fetch_runs: FetchRunRepository) -> None:
    first, second = [await fetch_runs.create(TAMTAM, "", IDS) for _ in range(2)]
    await fetch_runs.set_state(first, FetchRunState.PAUSED, "Offline.")
    assert [run.run_id for run in await fetch_runs.runs()] == [second, first]
    (paused,) = await fetch_runs.runs([FetchRunState.PAUSED])
    assert (paused.run_id, paused.note) == (first, "Offline.")


async def test_a_chunk_is_stored_whole(
    fetch_runs: FetchRunRepository, library: LibraryRepository, books: LedgerRepository, told: list[Change]
) -> None:
    run_id = await fetch_runs.create(TAMTAM, "", IDS)
    told.clear()
    records = [make_record("a", provider=TAMTAM, first_name="Ada"), make_record("c", provider=TAMTAM)]
    outcomes = [*found("c", "a"), IdOutcome("b", Outcome.NOT_FOUND, "Unknown ID.")]
    await fetch_runs.store_chunk(run_id, outcomes, records, charged=2, request_id="req-9")

    items = await fetch_runs.items(run_id)
    assert [(item.provider_id, item.outcome, item.reason) for item in items] == [
        ("c", Outcome.FOUND, ""),
        ("a", Outcome.FOUND, ""),
        ("b", Outcome.NOT_FOUND, "Unknown ID."),
    ]
    contact_ids = await fetch_runs.contact_ids(run_id)
    assert contact_ids == [items[0].contact_id, items[1].contact_id]
    assert [row.first_name for row in await library.rows(contact_ids)] == ["", "Ada"]
    run = await fetch_runs.run(run_id)
    assert (run.charged, run.done, await fetch_runs.open_ids(run_id)) == (2, 3, [])
    (line,) = await books.lines(run_id=run_id)
    assert (line.kind, line.credits, line.request_id, line.provider) == (LedgerKind.CHARGED, 2, "req-9", "tamtam")
    assert [change.kind for change in told] == [ChangeKind.CONTACTS, ChangeKind.FETCH_RUNS, ChangeKind.LEDGER]
    assert set(told[0].ids) == set(contact_ids)


async def test_a_chunk_without_people_or_charge_tells_of_the_run_only(
    fetch_runs: FetchRunRepository, books: LedgerRepository, told: list[Change]
) -> None:
    run_id = await fetch_runs.create(TAMTAM, "", IDS)
    told.clear()
    await fetch_runs.store_chunk(run_id, [IdOutcome("a", Outcome.FAILED, "Refused.")], [], 0, "")
    assert told == [Change(ChangeKind.FETCH_RUNS, (run_id,))]
    assert await books.lines() == []


async def test_rows_that_could_not_be_read_are_kept_with_their_run(
    fetch_runs: FetchRunRepository, database: Database
) -> None:
    run_id = await fetch_runs.create(TAMTAM, "", IDS)
    bad = Quarantined("The row is not an object.", b"[1]")
    unknown = [IdOutcome("a", Outcome.UNKNOWN, "A row could not be read.")]
    await fetch_runs.store_chunk(run_id, unknown, [], 1, "req-8", quarantined=[bad])
    kept = await database.read(
        lambda conn: rows(conn, "SELECT provider, request_id, run_id, reason, raw FROM quarantined_row")
    )
    assert kept == [("tamtam", "req-8", run_id, bad.reason, bad.raw)]


async def test_storing_a_chunk_twice_is_harmless(fetch_runs: FetchRunRepository, library: LibraryRepository) -> None:
    run_id = await fetch_runs.create(TAMTAM, "", IDS)
    for _ in range(2):
        await fetch_runs.store_chunk(run_id, found("a"), [make_record("a", provider=TAMTAM)], 0, "req")
    assert (await library.stats())["source_records"] == 1
    assert (await fetch_runs.run(run_id)).counts == {Outcome.FOUND: 1, Outcome.QUEUED: 2}


async def test_an_id_that_is_not_in_the_run_changes_nothing(
    fetch_runs: FetchRunRepository, library: LibraryRepository
) -> None:
    run_id = await fetch_runs.create(TAMTAM, "", IDS)
    with pytest.raises(IllegalTransitionError, match="'x'"):
        await fetch_runs.store_chunk(run_id, found("a", "x"), [make_record("a", provider=TAMTAM)], 1, "req")
    assert await fetch_runs.open_ids(run_id) == IDS
    assert (await library.stats())["contacts"] == 0


async def test_a_run_with_open_ids_cannot_be_finished(fetch_runs: FetchRunRepository) -> None:
    run_id = await fetch_runs.create(TAMTAM, "", IDS)
    await fetch_runs.mark(run_id, [IdOutcome("a", Outcome.IN_FLIGHT), *found("b", "c")])
    with pytest.raises(IllegalTransitionError, match="1 open"):
        await fetch_runs.set_state(run_id, FetchRunState.FINISHED)
    assert await fetch_runs.open_ids(run_id) == ["a"]
    await fetch_runs.mark(run_id, found("a"))
    await fetch_runs.set_state(run_id, FetchRunState.FINISHED)
    assert (await fetch_runs.run(run_id)).state is FetchRunState.FINISHED


async def test_failed_ids_are_queued_again_and_the_others_keep_their_end(fetch_runs: FetchRunRepository) -> None:
    run_id = await fetch_runs.create(TAMTAM, "", IDS)
    await fetch_runs.mark(run_id, [IdOutcome("a", Outcome.FAILED, "Broken."), *found("b", "c")])
    await fetch_runs.set_state(run_id, FetchRunState.FINISHED)
    assert await fetch_runs.reopen(run_id, (Outcome.FAILED, Outcome.UNKNOWN)) == 1
    assert await fetch_runs.open_ids(run_id) == ["a"]
    assert (await fetch_runs.items(run_id))[1].reason == ""
    assert (await fetch_runs.run(run_id)).state is FetchRunState.QUEUED


async def test_reopening_a_run_without_failures_leaves_it_finished(fetch_runs: FetchRunRepository) -> None:
    run_id = await fetch_runs.create(TAMTAM, "", IDS)
    await fetch_runs.mark(run_id, found(*IDS))
    await fetch_runs.set_state(run_id, FetchRunState.FINISHED)
    assert await fetch_runs.reopen(run_id, (Outcome.FAILED,)) == 0
    assert (await fetch_runs.run(run_id)).state is FetchRunState.FINISHED


async def test_contacts_of_a_run_follow_merges(fetch_runs: FetchRunRepository, library: LibraryRepository) -> None:
    (older,) = await library.save([make_record("z", slug="ada")])
    run_id = await fetch_runs.create(TAMTAM, "", ["a"])
    record = make_record("a", provider=TAMTAM, email="ada@acme.example")
    await fetch_runs.store_chunk(run_id, found("a"), [record], 0, "")
    assert await fetch_runs.contact_ids(run_id) != [older]
    await library.save([make_record("9", provider=Provider.BUILDWORKPRO, slug="ada", email="ada@acme.example")])
    assert await fetch_runs.contact_ids(run_id) == [older]
    assert (await fetch_runs.items(run_id))[0].contact_id == older


async def test_a_run_that_does_not_exist(fetch_runs: FetchRunRepository) -> None:
    with pytest.raises(LibraryError, match="no bulk fetch number 5"):
        await fetch_runs.run(5)


async def test_a_large_paste(fetch_runs: FetchRunRepository, clock: Clock) -> None:
    ids = [str(number) for number in range(20_000)]
    run_id = await fetch_runs.create(Provider.BUILDWORKPRO, "", ids)
    assert await fetch_runs.open_ids(run_id) == ids


async def test_items_can_be_read_part_by_part(fetch_runs: FetchRunRepository) -> None:
    run_id = await fetch_runs.create(TAMTAM, "", IDS)
    await fetch_runs.create(TAMTAM, "", ["other"])
    assert [item.provider_id for item in await fetch_runs.items(run_id, start=1, limit=1)] == ["a"]
    assert [item.provider_id for item in await fetch_runs.items(run_id, start=2)] == ["b"]
    assert await fetch_runs.items(run_id, start=3, limit=9) == []


async def test_what_is_open_can_be_cancelled_which_finishes_the_run(
    fetch_runs: FetchRunRepository, told: list[Change]
) -> None:
    run_id = await fetch_runs.create(TAMTAM, "", IDS)
    await fetch_runs.mark(run_id, [*found("c"), IdOutcome("a", Outcome.IN_FLIGHT)])
    told.clear()
    await fetch_runs.cancel_open(run_id, "Stopped.")
    run = await fetch_runs.run(run_id)
    assert (run.state, run.counts) == (FetchRunState.FINISHED, {Outcome.FOUND: 1, Outcome.CANCELLED: 2})
    assert {item.reason for item in await fetch_runs.items(run_id) if item.outcome is Outcome.CANCELLED} == {"Stopped."}
    assert told == [Change(ChangeKind.FETCH_RUNS, (run_id,))]


async def test_skipped_ids_have_their_contact_and_are_not_open(
    fetch_runs: FetchRunRepository, library: LibraryRepository
) -> None:
    (contact,) = await library.save([make_record("2", account="7")])
    run_id = await fetch_runs.create(Provider.LEADFEEDER, "7", ["1", "2"], include_company=True, skipped={"2": contact})
    run = await fetch_runs.run(run_id)
    assert (run.counts, run.done, run.include_company) == ({Outcome.QUEUED: 1, Outcome.SKIPPED: 1}, 1, True)
    assert await fetch_runs.open_ids(run_id) == ["1"]
    assert await fetch_runs.contact_ids(run_id) == [contact]
    await fetch_runs.set_cap(run_id, 7)
    assert (await fetch_runs.run(run_id)).max_credits == 7


async def test_an_id_returned_as_another_gets_that_records_contact(fetch_runs: FetchRunRepository) -> None:
    run_id = await fetch_runs.create(Provider.LEADFEEDER, "7", ["old"])
    changed = IdOutcome("old", Outcome.FOUND, "Returned under the ID 9.", returned_id="9")
    await fetch_runs.store_chunk(run_id, [changed], [make_record("9", account="7")], 0, "req-1")
    (item,) = await fetch_runs.items(run_id)
    assert (item.outcome, item.reason) == (Outcome.FOUND, "Returned under the ID 9.")
    assert item.contact_id is not None


async def test_remarks_are_kept_and_the_note_has_the_first_of_them(fetch_runs: FetchRunRepository) -> None:
    run_id = await fetch_runs.create(Provider.BUILDWORKPRO, "", ["1"])
    await fetch_runs.store_chunk(run_id, [], [], 0, "", remarks=[f"Odd {number}." for number in range(5)])
    await fetch_runs.set_state(run_id, FetchRunState.PAUSED, "Stopped.")
    run = await fetch_runs.run(run_id)
    assert run.remarks == ("Odd 0.", "Odd 1.", "Odd 2.", "Odd 3.", "Odd 4.")
    assert run.note == "Stopped. Odd 0. Odd 1. Odd 2. And 2 more remarks."


async def test_the_balance_stands_beside_what_was_booked_in_each_stretch(fetch_runs: FetchRunRepository) -> None:
    run_id = await fetch_runs.create(Provider.LEADFEEDER, "7", ["1", "2", "3"])
    await fetch_runs.begin_balance(run_id, 100)
    await fetch_runs.store_chunk(run_id, [IdOutcome("1", Outcome.FOUND)], [make_record("1", account="7")], 1, "req-1")
    (going_on,) = await fetch_runs.reconciliations(run_id)
    assert (going_on.before, going_on.booked, going_on.difference) == (100, 1, None)
    # A kill: the next start ends the stretch, and shows the charge whose answer nobody saw.
    await fetch_runs.begin_balance(run_id, 98)
    await fetch_runs.store_chunk(run_id, [IdOutcome("2", Outcome.FOUND)], [make_record("2", account="7")], 1, "req-2")
    await fetch_runs.end_balance(run_id, 97)
    first, second = await fetch_runs.reconciliations(run_id)
    assert (first.after, first.booked, first.difference, first.request_ids) == (98, 1, 1, ("req-1",))
    assert (second.before, second.after, second.difference, second.request_ids) == (98, 97, 0, ("req-2",))
    assert "fell by 2 credits, 1 were booked (requests req-1)" in (await fetch_runs.run(run_id)).note
    await fetch_runs.end_balance(run_id, 50)
    assert await fetch_runs.reconciliations(run_id) == [first, second]


async def test_a_paused_run_has_nothing_in_flight(fetch_runs: FetchRunRepository, told: list[Change]) -> None:
    run_id = await fetch_runs.create(TAMTAM, "", IDS)
    await fetch_runs.mark(run_id, [*found("c"), IdOutcome("a", Outcome.IN_FLIGHT)])
    told.clear()
    await fetch_runs.pause(run_id, "Offline.")
    run = await fetch_runs.run(run_id)
    assert (run.state, run.note) == (FetchRunState.PAUSED, "Offline.")
    assert run.counts == {Outcome.FOUND: 1, Outcome.QUEUED: 2}
    assert told == [Change(ChangeKind.FETCH_RUNS, (run_id,))]
