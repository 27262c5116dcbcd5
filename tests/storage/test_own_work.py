"""Status, rating, notes, tags and lists: what the rep writes on contacts."""

import pytest

from app.domain.errors import InputError, LibraryError
from app.domain.marks import ContactStatus
from app.services.own_work import OwnWorkService
from app.storage.database import Database, rows
from app.storage.library import LibraryRepository
from tests.storage.builders import LATER, make_record


async def some(library: LibraryRepository, count: int = 3) -> list[int]:
    return await library.save(
        [make_record(str(number), account=str(number), first_name="Ada") for number in range(count)]
    )


async def test_marks_are_shown_with_the_contact(library: LibraryRepository, own: OwnWorkService) -> None:
    first, second, _ = await some(library)
    await own.set_status([first, second], ContactStatus.TO_CALL)
    await own.set_rating([first], 4)
    await own.set_notes(first, "Call back on Monday.\r\nAsk for Ada.\n")
    row, other = await library.rows([first, second])
    assert (row.status, row.rating, row.notes) == (ContactStatus.TO_CALL, 4, "Call back on Monday.\nAsk for Ada.")
    assert (other.status, other.rating, other.notes) == (ContactStatus.TO_CALL, 0, "")
    marks = (await library.details(first)).marks
    assert (marks.status, marks.rating, marks.notes) == (row.status, row.rating, row.notes)
    await own.set_status([first], None)
    await own.set_rating([first], 0)
    await own.set_notes(first, "")
    (row,) = await library.rows([first])
    assert (row.status, row.rating, row.notes) == (None, 0, "")


async def test_no_service_overwrites_what_the_rep_wrote(library: LibraryRepository, own: OwnWorkService) -> None:
    (contact, *_) = await some(library)
    await own.set_status([contact], ContactStatus.CUSTOMER)
    await own.add_tags([contact], ["warm"])
    await library.save([make_record("0", account="0", at=LATER, first_name="Ada", tags=("cold",), job_title="Boss")])
    (row,) = await library.rows([contact])
    assert (row.status, row.tags, row.job_title) == (ContactStatus.CUSTOMER, ("warm",), "Boss")


@pytest.mark.parametrize("rating", [-1, 6])
async def test_a_rating_has_one_to_five_stars(own: OwnWorkService, rating: int) -> None:
    with pytest.raises(InputError, match="from 0 to 5"):
        await own.set_rating([], rating)


async def test_what_changes_nothing_is_no_step(library: LibraryRepository, own: OwnWorkService) -> None:
    ids = await some(library)
    assert await own.set_status(ids, None) is None
    await own.set_rating(ids, 3)
    assert await own.set_rating(ids, 3) is None
    assert await own.remove_tags(ids, ["none"]) is None
    assert await own.set_notes(ids[0], "  ") is None
    assert await own.add_tags([], ["x"]) is None
    assert len(await own.steps()) == 1


async def test_a_step_counts_those_it_changed(library: LibraryRepository, own: OwnWorkService) -> None:
    ids = await some(library)
    await own.add_tags(ids[:1], ["warm"])
    step = await own.add_tags([*ids, *ids], ["warm"])
    assert step is not None
    assert (step.name, step.contacts) == ("Tag 2 contacts “warm”", 2)
    step = await own.set_status(ids[:1], ContactStatus.CALLED)
    assert step is not None
    assert step.name == "Mark 1 contact as “Called”"


async def test_tags_that_differ_by_case_are_one_in_its_first_spelling(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    first, second, third = await some(library)
    await own.add_tags([first], ["Ärger", "Berlin"])
    await own.add_tags([second], ["  ÄRGER ", "two\n lines", "ärger"])
    assert [row.tags for row in await library.rows([first, second])] == [("Berlin", "Ärger"), ("two lines", "Ärger")]
    assert await own.tags() == {"Berlin": 1, "two lines": 1, "Ärger": 2}
    await own.remove_tags([first, second, third], ["äRGER"])
    assert await own.tags() == {"Berlin": 1, "two lines": 1}


@pytest.mark.parametrize(("name", "message"), [(" ", "needs a name"), ("x" * 101, "100 characters")])
async def test_a_tag_and_a_list_need_a_name_of_some_length(
    library: LibraryRepository, own: OwnWorkService, name: str, message: str
) -> None:
    ids = await some(library)
    with pytest.raises(InputError, match=message):
        await own.add_tags(ids, [name])
    with pytest.raises(InputError, match=message):
        await own.create_list(name)


async def test_notes_have_an_end(library: LibraryRepository, own: OwnWorkService) -> None:
    (contact, *_) = await some(library)
    with pytest.raises(InputError, match="20,000 characters"):
        await own.set_notes(contact, "x" * 20_001)


async def test_a_contact_that_is_not_there_is_told(library: LibraryRepository, own: OwnWorkService) -> None:
    (contact, *_) = await some(library)
    with pytest.raises(LibraryError, match="no contact number 99"):
        await own.add_tags([contact, 99], ["x"])
    assert await own.tags() == {}


async def test_lists_hold_contacts_in_the_order_they_came(library: LibraryRepository, own: OwnWorkService) -> None:
    first, second, third = await some(library)
    fair = await own.create_list("  Fair in  Bergen ")
    assert fair.name == "Fair in Bergen"
    await own.add_to_list(fair.list_id, [third])
    assert await own.add_to_list(fair.list_id, [third]) is None
    step = await own.add_to_list(fair.list_id, [first, second, third])
    assert step is not None
    assert step.name == "Put 2 contacts on the list “Fair in Bergen”"
    assert set(await own.list_members(fair.list_id)) == {first, second, third}
    await own.remove_from_list(fair.list_id, [first])
    (listed,) = await own.lists()
    assert (listed.name, listed.contacts) == ("Fair in Bergen", 2)
    assert [each.name for each in (await library.details(third)).marks.lists] == ["Fair in Bergen"]
    await own.delete_list(fair.list_id)
    assert await own.lists() == ()
    assert (await library.details(third)).marks.lists == ()
    assert len(await library.all_ids()) == 3


async def test_a_list_is_known_however_its_name_is_typed(own: OwnWorkService) -> None:
    made = await own.create_list("  Café  \u0642\u0627\u0626\u0645\u0629\n")
    for typed in ("Cafe\u0301 \u0642\u0627\u0626\u0645\u0629", "CAFÉ   \u0642\u0627\u0626\u0645\u0629 "):
        assert await own.list_named(typed) == made
        with pytest.raises(InputError, match="already a list"):
            await own.create_list(typed)
    assert await own.list_named("Cafe") is None


async def test_names_of_lists_differ_by_more_than_case(own: OwnWorkService) -> None:
    later = await own.create_list("Später")
    other = await own.create_list("Now")
    with pytest.raises(InputError, match="already a list “Später”"):
        await own.create_list("SPÄTER")
    with pytest.raises(InputError, match="already a list “Now”"):
        await own.rename_list(later.list_id, "now")
    await own.rename_list(later.list_id, "SPÄTER")
    assert [each.name for each in await own.lists()] == ["Now", "SPÄTER"]
    await own.delete_list(other.list_id)
    with pytest.raises(InputError, match="gone"):
        await own.rename_list(other.list_id, "Then")
    with pytest.raises(InputError, match="gone"):
        await own.add_to_list(other.list_id, [])


async def test_thousands_are_marked_at_one_stroke(
    library: LibraryRepository, own: OwnWorkService, database: Database
) -> None:
    ids = await some(library, 2_000)
    step = await own.add_tags(ids, ["all"])
    assert step is not None
    assert step.name == "Tag 2,000 contacts “all”"
    assert await own.tags() == {"all": 2_000}
    assert {row.tags for row in await library.rows(ids)} == {("all",)}
    ((size,),) = await database.read(lambda conn: rows(conn, "SELECT length(changes) + length(touched) FROM undo_step"))
    assert size < 20_000
    await own.undo()
    assert {row.tags for row in await library.rows(ids)} == {()}


async def test_the_history_of_a_contact_tells_the_reps_work(library: LibraryRepository, own: OwnWorkService) -> None:
    (contact, *_) = await some(library)
    await own.set_status([contact], ContactStatus.IN_TALKS)
    await own.add_tags([contact], ["warm"])
    await own.undo()
    texts = {event.text for event in (await library.details(contact)).history}
    assert texts >= {"Status set to “In talks”.", "Tagged “warm”.", "Undone: Tag 1 contact “warm”."}
