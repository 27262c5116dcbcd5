"""Steps: one line of them, forth and back, while services go on answering."""

from pathlib import Path

import pytest

from app.domain.changes import Change, ChangeKind
from app.domain.contact import RecordKind
from app.domain.errors import InputError
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.services.own_work import OwnWorkService
from app.storage import undo_log
from app.storage.database import Database, rows
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.ledger import LedgerRepository
from app.storage.library import LibraryRepository
from tests.storage.builders import LATER, NOON, Clock, make_record
from tests.support.queue_steps import complete, submit_for


async def two(library: LibraryRepository) -> tuple[int, int]:
    low, high = await library.save(
        [
            make_record("1", account="a", first_name="Ada", job_title="Clerk"),
            make_record("2", account="b", first_name="Eda", job_title="Boss"),
        ]
    )
    return low, high


async def names(own: OwnWorkService) -> list[tuple[str, bool]]:
    return [(step.name, step.undone) for step in await own.steps()]


async def test_steps_are_undone_one_by_one_and_done_again(library: LibraryRepository, own: OwnWorkService) -> None:
    low, _ = await two(library)
    assert await own.undo() is None
    await own.set_rating([low], 1)
    await own.set_rating([low], 2)
    assert await own.redo() is None
    report = await own.undo()
    assert report is not None
    assert (report.step.name, report.step.undone, report.left) == ("Rate 1 contact with 2 stars", True, 0)
    assert (await library.rows([low]))[0].rating == 1
    await own.undo()
    assert (await library.rows([low]))[0].rating == 0
    report = await own.redo()
    assert report is not None
    assert (report.step.name, report.step.undone) == ("Rate 1 contact with 1 star", False)
    assert (await library.rows([low]))[0].rating == 1


async def test_something_new_drops_what_was_undone(library: LibraryRepository, own: OwnWorkService) -> None:
    low, _ = await two(library)
    await own.set_rating([low], 1)
    await own.set_rating([low], 2)
    await own.undo()
    assert await names(own) == [("Rate 1 contact with 2 stars", True), ("Rate 1 contact with 1 star", False)]
    await own.set_rating([low], 3)
    assert await names(own) == [("Rate 1 contact with 3 stars", False), ("Rate 1 contact with 1 star", False)]
    assert await own.redo() is None


async def test_steps_survive_the_end_of_the_program(
    library_path: Path, library: LibraryRepository, own: OwnWorkService, database: Database
) -> None:
    low, high = await two(library)
    await own.merge([low, high])
    await own.set_rating([low], 1)
    await own.undo()
    steps = await own.steps()
    await database.close()
    again = await Database.open(library_path)
    try:
        own = OwnWorkService(again)
        assert await own.steps() == steps
        await own.redo()
        await own.undo()
        await own.undo()
        assert await LibraryRepository(again).all_ids() == [high, low]
    finally:
        await again.close()


async def test_one_may_go_to_any_step_and_back(library: LibraryRepository, own: OwnWorkService) -> None:
    low, high = await two(library)
    steps = [await own.set_rating([low], 1), await own.merge([low, high]), await own.set_rating([low], 3)]
    first, second, third = (step.step_id for step in steps if step)
    report = await own.go_to(second)
    assert report is not None
    assert report.step.step_id == second
    assert [row.rating for row in await library.rows([low, high])] == [1, 0]
    await own.go_to(first)
    assert [row.rating for row in await library.rows([low, high])] == [0, 0]
    await own.go_to(third)
    assert [row.rating for row in await library.rows([low, high])] == [3, 3]
    assert await own.go_to(99) is None


async def test_a_step_that_fails_leaves_nothing_behind(
    library: LibraryRepository, own: OwnWorkService, told: list[Change]
) -> None:
    low, high, third = await library.save(
        [make_record("1", account="a"), make_record("2", account="b"), make_record("3", account="a")]
    )
    told.clear()
    with pytest.raises(InputError, match="Leadfeeder knows them as two people"):
        await own.merge([low, high, third])
    assert await library.all_ids() == [third, high, low]
    assert (await own.steps(), told) == ((), [])


async def test_views_hear_of_every_step(library: LibraryRepository, own: OwnWorkService, told: list[Change]) -> None:
    low, high = await two(library)
    told.clear()
    await own.merge([low, high])
    await own.undo()
    await own.create_list("Fair")
    merged = [Change(ChangeKind.CONTACTS, (low, high)), Change(ChangeKind.HISTORY)]
    assert told == [*merged, *merged, Change(ChangeKind.HISTORY)]


@pytest.mark.parametrize(("limit", "value"), [("STEPS_KEPT", 3), ("BYTES_KEPT", 150)])
async def test_old_steps_go_when_there_are_too_many(
    library: LibraryRepository, own: OwnWorkService, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    monkeypatch.setattr(undo_log, limit, value)
    low, high = await two(library)
    for rating in (1, 2, 3, 4, 5):
        await own.set_rating([low], rating)
    kept = await names(own)
    assert 1 < len(kept) < 5
    assert kept[0][0] == "Rate 1 contact with 5 stars"
    monkeypatch.setattr(undo_log, "BYTES_KEPT", 1)
    await own.set_rating([low, high], 3)
    # The newest stays, whatever its size.
    assert await names(own) == [("Rate 2 contacts with 3 stars", False)]


async def test_undoing_tells_the_history_and_takes_nothing_from_it(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    low, high = await two(library)
    await own.merge([low, high])
    await own.undo()
    await own.redo()
    texts = [event.text for event in (await library.details(low)).history]
    for text in (
        "Merged with another entry: your own decision.",
        "Undone: Merge 2 contacts.",
        "Done again: Merge 2 contacts.",
    ):
        assert texts.count(text) == 1


# Meanwhile services answer


async def test_what_arrives_for_a_merged_contact_is_its_own_again_after_undoing(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    low, high = await two(library)
    await own.merge([low, high])
    await library.save([make_record("2", account="b", job_title="President", email="eda@acme.example", at=LATER)])
    assert (await library.rows([low]))[0].job_title == "President"
    report = await own.undo()
    assert report is not None
    assert report.left == 0
    row, other = await library.rows([low, high])
    assert (row.job_title, row.email) == ("Clerk", "")
    assert (other.job_title, other.email) == ("President", "eda@acme.example")
    # Its new address is its own as well: the next record by that finds it.
    found = await library.save([make_record("9", provider=Provider.TAMTAM, email="eda@acme.example", at=LATER)])
    assert found == [high]
    await own.redo()
    assert await library.all_ids() == [low]
    assert (await library.rows([high]))[0].job_title == "President"


async def test_what_arrives_for_a_contact_that_was_split_off_goes_where_it_belongs(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    low, high = await two(library)
    await own.merge([low, high])
    going = [record.record_id for record in (await library.details(low)).records if record.provider_id == "2"]
    await own.split(low, going)
    new = (await library.all_ids())[0]
    (placed,) = await library.save([make_record("2", account="b", job_title="President", at=LATER)])
    assert placed == new
    await own.undo()
    assert await library.all_ids() == [low]
    assert len((await library.details(low)).records) == 3
    await own.redo()
    assert [row.job_title for row in await library.rows([low, new])] == ["Clerk", "President"]


async def test_an_enrichment_in_flight_lands_on_the_contact_it_was_asked_for(
    library: LibraryRepository, own: OwnWorkService, queue: EnrichmentRepository, books: LedgerRepository
) -> None:
    low, high = await two(library)
    batch_id = await submit_for(queue, high)
    await own.merge([low, high])
    assert (await library.rows([low]))[0].email_outcome is Outcome.IN_FLIGHT
    await complete(queue, batch_id, charged=1)
    lines = await books.lines()
    assert (await library.rows([low]))[0].email == "Given1@acme.example"
    await own.undo()
    row, other = await library.rows([low, high])
    assert (row.email, row.email_outcome) == ("", None)
    assert (other.email, other.email_outcome) == ("Given1@acme.example", Outcome.FOUND)
    await own.redo()
    (row,) = await library.rows([low])
    assert (row.email, row.email_outcome) == ("Given1@acme.example", Outcome.FOUND)
    assert await books.lines() == lines


async def test_a_merge_undone_while_an_enrichment_is_in_flight(
    library: LibraryRepository, own: OwnWorkService, queue: EnrichmentRepository
) -> None:
    low, high = await two(library)
    await own.merge([low, high])
    batch_id = await submit_for(queue, low)
    await own.undo()
    await complete(queue, batch_id, charged=1)
    row, other = await library.rows([low, high])
    assert (row.email, row.email_outcome) == ("Given1@acme.example", Outcome.FOUND)
    assert (other.email, other.email_outcome) == ("", None)


async def test_rows_that_changed_meanwhile_are_left_and_told(library: LibraryRepository, own: OwnWorkService) -> None:
    low, high = await two(library)
    await own.set_status([high], None)
    await own.add_tags([high], ["warm"])
    # A service shows that both are one: the tag stands on the older entry from now on.
    await library.save(
        [
            make_record("1", account="a", slug="ada", at=LATER),
            make_record("2", account="b", slug="ada", at=LATER),
        ]
    )
    assert await library.all_ids() == [low]
    report = await own.undo()
    assert report is not None
    assert report.left == 1
    assert (await library.rows([low]))[0].tags == ("warm",)


async def test_a_merge_that_services_carried_on_is_left_as_it_is(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    (oldest,) = await library.save([make_record("3", account="c", slug="ada")])
    low, high = await two(library)
    await own.merge([low, high])
    await library.save([make_record("1", account="a", slug="ada", at=LATER)])
    assert await library.all_ids() == [oldest]
    report = await own.undo()
    assert report is not None
    assert report.left > 0
    assert await library.all_ids() == [oldest]
    assert len((await library.details(oldest)).records) == 4


async def test_what_was_undone_is_not_done_again_against_what_services_told_since(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    low, high = await two(library)
    await own.merge([low, high])
    await own.undo()
    await library.save(
        [make_record("1", account="a", slug="ada", at=LATER), make_record("2", account="b", slug="eda", at=LATER)]
    )
    with pytest.raises(InputError, match="“Merge 2 contacts” cannot be done again: They have different LinkedIn"):
        await own.redo()
    assert await library.all_ids() == [high, low]
    assert await names(own) == [("Merge 2 contacts", True)]


async def test_undoing_never_takes_back_what_a_service_said(
    library: LibraryRepository, own: OwnWorkService, database: Database
) -> None:
    low, high = await two(library)
    await own.choose_value(low, "job_title", "Chief")
    await own.merge([low, high])
    await library.save([make_record("1", account="a", kind=RecordKind.SUMMARY, job_title="New", at=LATER, charged=1)])

    async def said() -> list[tuple[object, ...]]:
        return await database.read(
            lambda conn: rows(conn, "SELECT record_id, raw, fields, credits_charged FROM source_record ORDER BY 1")
        )

    before = await said()
    await own.undo()
    await own.undo()
    assert await said() == before
    assert (await library.rows([low]))[0].job_title == "New"


async def test_steps_tell_when_they_were_done(library: LibraryRepository, own: OwnWorkService, clock: Clock) -> None:
    low, _ = await two(library)
    await own.set_rating([low], 1)
    clock.move(hours=1)
    await own.undo()
    assert [step.at for step in await own.steps()] == [NOON]


async def test_a_long_list_is_deleted_undone_and_done_again(
    library: LibraryRepository, own: OwnWorkService, database: Database
) -> None:
    ids = await library.save([make_record(str(number), account=str(number)) for number in range(501)])
    fair = await own.create_list("Fair", ids)
    await own.delete_list(fair.list_id)
    for undone in (True, False, True):
        report = await (own.undo() if undone else own.redo())
        assert report is not None
        assert report.left == 0
        assert [each.contacts for each in await own.lists()] == ([501] if undone else [])
    await own.undo()
    assert await own.lists() == ()
    await own.redo()
    assert set(await own.list_members(fair.list_id)) == set(ids)
    assert not await database.read(lambda conn: rows(conn, "PRAGMA foreign_key_check"))


async def test_nobody_is_left_without_a_record(library: LibraryRepository, own: OwnWorkService) -> None:
    (oldest,) = await library.save([make_record("3", account="c", slug="eda")])
    low, high = await two(library)
    await own.add_tags([high], ["warm"])
    await own.merge([low, high])
    going = [record.record_id for record in (await library.details(low)).records if record.provider_id == "2"]
    await own.split(low, going)
    # The split-off part turns out to be somebody else: undoing finds its record there.
    await library.save([make_record("2", account="b", slug="eda", at=LATER)])
    assert await library.all_ids() == [low, oldest]
    for _ in range(2):
        report = await own.undo()
        assert report is not None
        assert report.left > 0
    assert await library.all_ids() == [low, oldest]
    assert (await library.rows([high]))[0].contact_id == low
    assert (await library.rows([low]))[0].tags == ("warm",)
