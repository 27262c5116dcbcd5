"""Between a step and its undoing services go on: they merge contacts, and finish what was asked of them."""

from app.domain.outcomes import Outcome
from app.services.own_work import OwnWorkService
from app.storage.database import Database, rows
from app.storage.enrichment_runs import EnrichmentRepository
from app.storage.library import LibraryRepository
from tests.storage.builders import LATER, make_record
from tests.support.queue_steps import complete, submit_for


async def two(library: LibraryRepository) -> tuple[int, int]:
    low, high = await library.save(
        [make_record("1", account="a", job_title="Clerk"), make_record("2", account="b", job_title="Boss")]
    )
    return low, high


async def shown_to_be_one(library: LibraryRepository) -> None:
    """A service tells that the two are one person."""
    await library.save(
        [make_record("1", account="a", slug="ada", at=LATER), make_record("2", account="b", slug="ada", at=LATER)]
    )


async def test_making_a_list_is_undone_although_somebody_on_it_was_merged(
    library: LibraryRepository, own: OwnWorkService, database: Database
) -> None:
    low, high = await two(library)
    await own.create_list("Fair", [high])
    await shown_to_be_one(library)
    assert await own.undo() is not None
    assert await own.lists() == ()
    await own.redo()
    (fair,) = await own.lists()
    assert await own.list_members(fair.list_id) == [low]
    assert not await database.read(lambda conn: rows(conn, "PRAGMA foreign_key_check"))


async def test_deleting_a_list_is_done_again_although_somebody_on_it_was_merged(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    low, high = await two(library)
    fair = await own.create_list("Fair", [high])
    await own.delete_list(fair.list_id)
    await own.undo()
    await shown_to_be_one(library)
    assert await own.redo() is not None
    assert await own.lists() == ()
    await own.undo()
    assert await own.list_members(fair.list_id) == [low]


async def test_what_refers_to_a_row_that_is_gone_is_left_and_the_way_back_stays_open(
    library: LibraryRepository, own: OwnWorkService, database: Database
) -> None:
    low, high = await two(library)
    await own.set_rating([low], 3)
    fair = await own.create_list("Fair", [low, high])
    await own.remove_from_list(fair.list_id, [low, high])
    # As after a salvage that could not read this table.
    await database.write(lambda conn: rows(conn, "DELETE FROM contact_list"))
    report = await own.undo()
    assert report is not None
    assert report.left == 2
    await own.undo()
    await own.undo()
    assert (await library.rows([low]))[0].rating == 0


async def test_who_is_taken_apart_takes_along_the_enrichment_that_was_asked_for_them(
    library: LibraryRepository, own: OwnWorkService, queue: EnrichmentRepository
) -> None:
    low, high = await two(library)
    batch_id = await submit_for(queue, high)
    await own.merge([low, high])
    await complete(queue, batch_id, charged=1)
    await own.unmerge(low, high)
    row, other = await library.rows([low, high])
    assert (row.email, row.email_outcome) == ("", None)
    assert (other.email, other.email_outcome) == ("Given1@acme.example", Outcome.FOUND)
    await own.undo()
    assert (await library.rows([low]))[0].email == "Given1@acme.example"


async def test_an_enrichment_under_way_follows_who_is_taken_apart(
    library: LibraryRepository, own: OwnWorkService, queue: EnrichmentRepository
) -> None:
    low, high = await two(library)
    batch_id = await submit_for(queue, high)
    await own.merge([low, high])
    await own.unmerge(low, high)
    await complete(queue, batch_id, charged=1)
    row, other = await library.rows([low, high])
    assert (row.email, row.email_outcome) == ("", None)
    assert (other.email, other.email_outcome) == ("Given1@acme.example", Outcome.FOUND)


async def test_notes_are_not_doubled_and_the_history_says_that_not_all_was_undone(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    (oldest,) = await library.save([make_record("3", account="c", slug="ada")])
    low, high = await two(library)
    await own.set_notes(low, "Likes tea.")
    await own.set_notes(high, "Calls back.")
    await own.merge([low, high])
    await library.save([make_record("1", account="a", slug="ada", at=LATER)])
    assert await library.all_ids() == [oldest]
    await own.undo()
    details = await library.details(oldest)
    assert details.marks.notes == "Likes tea.\n\nCalls back."
    assert "Undone, but for what has changed since: Merge 2 contacts." in [event.text for event in details.history]


async def test_halves_of_characters_do_not_stand_in_the_way(library: LibraryRepository, own: OwnWorkService) -> None:
    low, _ = await two(library)
    await own.set_notes(low, "Tea \ud83c\0 at four")
    await own.add_tags([low], ["warm\udc00"])
    await own.create_list("Fair \ud83c", [low])
    await own.choose_value(low, "job_title", "Boss\ud83c")
    row = (await library.rows([low]))[0]
    assert (row.notes, row.tags, row.job_title) == ("Tea ? at four", ("warm?",), "Boss?")
