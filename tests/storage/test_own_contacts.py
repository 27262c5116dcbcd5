"""Picks, removal, merging and splitting: what the rep decides about contacts themselves."""

from dataclasses import replace

import pytest

from app.domain.contact import ENTERED_BY_YOU, RecordKind
from app.domain.errors import InputError
from app.domain.marks import ContactStatus
from app.domain.provider import Provider
from app.domain.suppression import SuppressionEntry, SuppressionKind
from app.services.own_work import OwnWorkService
from app.storage.database import Database, rows
from app.storage.library import LibraryRepository
from app.storage.suppression import SuppressionRepository
from tests.storage.builders import LATER, make_record


async def ada(library: LibraryRepository) -> int:
    """One contact by two services that tell different things."""
    (contact, _) = await library.save(
        [
            make_record(
                "1",
                slug="ada",
                job_title="Clerk",
                company_name="Acme",
                company_domain="acme.example",
                email="ada@acme.example",
                verdict="CATCH_ALL",
                phone="+49 30 1",
                charged=2,
            ),
            make_record(
                "u1",
                provider=Provider.TAMTAM,
                slug="ada",
                job_title="Boss",
                company_name="Bolt",
                company_domain="bolt.example",
                email="ada@bolt.example",
                verdict="valid",
                at=LATER,
            ),
        ]
    )
    return contact


async def test_a_pick_is_shown_whatever_services_say_later(library: LibraryRepository, own: OwnWorkService) -> None:
    contact = await ada(library)
    step = await own.choose_value(contact, "job_title", "Clerk")
    assert step is not None
    assert step.name == "Pick the job title of 1 contact"
    await library.save([make_record("1", slug="ada", job_title="President", at=LATER)])
    details = await library.details(contact)
    assert (details.row.job_title, details.fields.job_title) == ("Clerk", "Clerk")
    assert details.choices == {"job_title": "Clerk"}
    said = {value.value: value for value in details.values if value.field == "job_title"}
    assert (said["Clerk"].chosen, said["Clerk"].shown, said["Clerk"].credits) == (True, True, 2)
    assert (said["President"].chosen, said["President"].shown) == (False, False)
    assert {record.record_id for record in details.records} >= {said["Clerk"].record_id, said["Boss"].record_id}
    await own.clear_choice(contact, "job_title")
    assert (await library.rows([contact]))[0].job_title == "President"
    assert await own.clear_choice(contact, "job_title") is None


async def test_a_typed_value_is_shown_as_entered_by_the_rep(library: LibraryRepository, own: OwnWorkService) -> None:
    contact = await ada(library)
    await own.choose_value(contact, "job_title", " Head of Everything ")
    details = await library.details(contact)
    assert details.row.job_title == "Head of Everything"
    typed = details.values[0]
    assert (typed.field, typed.value, typed.provider, typed.kind) == ("job_title", "Head of Everything", None, None)
    assert (typed.note, typed.shown, typed.chosen, typed.record_id) == (ENTERED_BY_YOU, True, True, 0)


async def test_a_picked_address_or_number_comes_first(library: LibraryRepository, own: OwnWorkService) -> None:
    contact = await ada(library)
    await own.choose_value(contact, "email", "ADA@acme.example")
    await own.choose_value(contact, "phone", "+49 30 22")
    details = await library.details(contact)
    assert (details.row.email, details.row.email_verdict) == ("ada@acme.example", "CATCH_ALL")
    assert details.row.phone == "+49 30 22"
    assert [email.address for email in details.fields.emails] == ["ada@acme.example", "ada@bolt.example"]
    assert [(phone.number, phone.source) for phone in details.fields.phones] == [
        ("+49 30 22", ENTERED_BY_YOU),
        ("+49 30 1", ""),
    ]
    chosen = [value.value for value in details.values if value.chosen]
    assert chosen == ["+49 30 22", "ada@acme.example"]


async def test_a_picked_company_brings_its_own_domain(library: LibraryRepository, own: OwnWorkService) -> None:
    contact = await ada(library)
    assert (await library.rows([contact]))[0].company_domain == "bolt.example"
    await own.choose_value(contact, "company_name", "Acme")
    (row,) = await library.rows([contact])
    assert (row.company_name, row.company_domain) == ("Acme", "acme.example")


async def test_a_wrong_text_can_be_blanked(library: LibraryRepository, own: OwnWorkService) -> None:
    contact = await ada(library)
    await own.choose_value(contact, "job_title", "")
    assert (await library.rows([contact]))[0].job_title == ""


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("shoe_size", "44", "no field “shoe_size”"),
        ("tags", "x", "no field “tags”"),
        ("email", "nonsense", "not an e-mail address"),
        ("email", "", "not an e-mail address"),
        ("phone", "none", "not a phone number"),
        ("company_website", "javascript:alert(1)", "not a web address"),
        ("about", "x" * 5_001, "5,000 characters"),
    ],
)
async def test_what_cannot_stand_in_a_field_is_refused(
    library: LibraryRepository, own: OwnWorkService, field: str, value: str, message: str
) -> None:
    contact = await ada(library)
    with pytest.raises(InputError, match=message):
        await own.choose_value(contact, field, value)
    assert await own.steps() == ()


# Removal


async def test_a_removed_contact_is_out_of_sight_and_what_was_paid_for_stays(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    contact = await ada(library)
    await own.add_tags([contact], ["warm"])
    listed = await own.create_list("Fair")
    await own.add_to_list(listed.list_id, [contact])
    await own.remove([contact])
    assert await library.all_ids() == []
    stats = await library.stats()
    assert {name: stats[name] for name in ("contacts", "removed", "source_records", "with_email")} == {
        "contacts": 0,
        "removed": 1,
        "source_records": 2,
        "with_email": 0,
    }
    assert await own.tags() == {}
    assert (await own.lists())[0].contacts == 0
    assert await own.list_members(listed.list_id) == []
    assert await library.owned(Provider.LEADFEEDER, ["1"])
    await own.undo()
    assert await library.all_ids() == [contact]
    assert await own.list_members(listed.list_id) == [contact]


async def test_a_service_that_names_a_removed_contact_brings_it_back(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    contact = await ada(library)
    await own.remove([contact])
    await library.save([make_record("1", slug="ada", job_title="Clerk", at=LATER)])
    assert await library.all_ids() == [contact]
    assert "Back in the library: Leadfeeder gave it again." in {
        event.text for event in (await library.details(contact)).history
    }
    report = await own.undo()
    assert report is not None
    assert report.left == 0
    assert await library.all_ids() == [contact]


async def test_who_comes_back_is_one_with_whom_they_share_a_key(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    (ada,) = await library.save([make_record("1", first_name="Ada", email="ada@acme.example", charged=2)])
    await own.remove([ada])
    (other,) = await library.save(
        [make_record("2", provider=Provider.TAMTAM, first_name="Ada", email="ada@acme.example")]
    )
    assert await library.all_ids() == [other]
    await library.save([make_record("1", first_name="Ada", email="ada@acme.example", at=LATER, charged=2)])
    assert await library.all_ids() == [ada]
    details = await library.details(other)
    assert len(details.records) == 2
    # Paid for twice, though it told nothing new.
    texts = [event.text for event in details.history]
    assert texts.count("Fetched from Leadfeeder for 2 credits.") == 2


async def test_somebody_on_the_do_not_contact_list_does_not_come_back(
    library: LibraryRepository, own: OwnWorkService, database: Database
) -> None:
    contact = await ada(library)
    await own.remove([contact])
    await SuppressionRepository(database).add([SuppressionEntry(SuppressionKind.DOMAIN, "acme.example")])
    await library.save([make_record("1", slug="ada", job_title="Clerk", at=LATER)])
    assert await library.all_ids() == []


async def test_the_result_of_an_enrichment_is_kept_and_brings_nobody_back(
    library: LibraryRepository, own: OwnWorkService, database: Database
) -> None:
    contact = await ada(library)
    await own.remove([contact])
    result = make_record(
        "key-1", provider=Provider.TAMTAM, kind=RecordKind.ENRICHMENT, email="new@acme.example", charged=1
    )
    await database.write(lambda conn: library.store_records(conn, [result], contact_ids=[contact]))
    assert await library.all_ids() == []
    assert (await library.stats())["source_records"] == 3
    await own.undo()
    assert "new@acme.example" in [email.address for email in (await library.details(contact)).fields.emails]


# Merging and splitting


async def two(library: LibraryRepository) -> tuple[int, int]:
    low, high = await library.save(
        [
            make_record("1", account="a", first_name="Ada", last_name="Norling", email="ada@acme.example"),
            make_record("2", account="b", first_name="A.", last_name="Norling", phone="+49 30 1", charged=3),
        ]
    )
    return low, high


async def test_a_merge_unites_what_the_rep_has_on_both(library: LibraryRepository, own: OwnWorkService) -> None:
    low, high = await two(library)
    first, second = await own.create_list("First"), await own.create_list("Second")
    await own.add_to_list(first.list_id, [low, high])
    await own.add_to_list(second.list_id, [high])
    await own.add_tags([low], ["warm"])
    await own.add_tags([high], ["Berlin"])
    await own.set_status([high], ContactStatus.CALLED)
    await own.set_rating([low], 2)
    await own.set_rating([high], 5)
    await own.set_notes(low, "One.")
    await own.set_notes(high, "Two.")
    step = await own.merge([high, low])
    assert step is not None
    assert step.name == "Merge 2 contacts"
    assert await library.all_ids() == [low]
    row, again = await library.rows([low, high])
    assert row == again
    assert (row.email, row.phone) == ("ada@acme.example", "+49 30 1")
    assert (row.status, row.rating, row.tags, row.notes) == (
        ContactStatus.CALLED,
        2,
        ("Berlin", "warm"),
        "One.\n\nTwo.",
    )
    assert [each.contacts for each in await own.lists()] == [1, 1]
    assert (await library.details(low)).merged == (high,)
    await own.undo()
    row, other = await library.rows([low, high])
    assert (row.tags, row.notes, row.status, row.phone) == (("warm",), "One.", None, "")
    assert (other.tags, other.notes, other.rating, other.phone) == (("Berlin",), "Two.", 5, "+49 30 1")
    assert [each.contacts for each in await own.lists()] == [2, 1]


async def test_the_rep_chooses_who_stays(library: LibraryRepository, own: OwnWorkService) -> None:
    low, high = await two(library)
    assert await own.merge([low], survivor_id=low) is None
    await own.merge([low, high], survivor_id=high)
    assert await library.all_ids() == [high]
    (other,) = await library.save([make_record("3", account="c")])
    with pytest.raises(InputError, match="none of those"):
        await own.merge([high], survivor_id=other)


async def test_two_people_for_certain_are_never_merged(library: LibraryRepository, own: OwnWorkService) -> None:
    ids = await library.save([make_record("1", slug="ada"), make_record("2", account="b", slug="eda")])
    with pytest.raises(InputError, match="different LinkedIn profiles"):
        await own.merge(ids)
    assert len(await library.all_ids()) == 2


async def test_what_the_rep_kept_apart_they_may_still_merge(library: LibraryRepository, own: OwnWorkService) -> None:
    low, high = await two(library)
    step = await own.keep_apart([(high, low)])
    assert step is not None
    assert step.name == "Keep 2 contacts apart"
    assert await own.keep_apart([(low, high)]) is None
    await own.merge([low, high])
    assert await library.all_ids() == [low]
    with pytest.raises(InputError, match="one contact"):
        await own.keep_apart([(low, high)])


async def test_a_split_gives_records_to_a_new_contact_for_good(library: LibraryRepository, own: OwnWorkService) -> None:
    contact = await ada(library)
    tamtam = next(r.record_id for r in (await library.details(contact)).records if r.provider is Provider.TAMTAM)
    step = await own.split(contact, [tamtam])
    assert step is not None
    new, old = await library.all_ids()
    assert old == contact
    assert [row.job_title for row in await library.rows([old, new])] == ["Clerk", "Boss"]
    # Both speak of the same profile, and stay two.
    await library.save([make_record("u1", provider=Provider.TAMTAM, slug="ada", job_title="President", at=LATER)])
    assert [row.job_title for row in await library.rows([old, new])] == ["Clerk", "President"]
    with pytest.raises(InputError, match="must stay"):
        await own.split(contact, [record.record_id for record in (await library.details(contact)).records])
    assert len(await library.all_ids()) == 2


async def test_an_automatic_merge_can_be_taken_apart(library: LibraryRepository, own: OwnWorkService) -> None:
    first, second = await library.save([make_record("1", first_name="Ada"), make_record("2", provider=Provider.TAMTAM)])
    await own.add_tags([second], ["warm"])
    await library.save([make_record("1", email="a@acme.example", at=LATER)])
    await library.save([make_record("2", provider=Provider.TAMTAM, email="a@acme.example", at=LATER)])
    assert await library.all_ids() == [first]
    assert (await library.rows([first]))[0].tags == ("warm",)
    step = await own.unmerge(first, second)
    assert step is not None
    assert await library.all_ids() == [second, first]
    assert (await library.rows([second]))[0].tags == ("warm",)
    assert {record.provider for record in (await library.details(second)).records} == {Provider.TAMTAM}
    with pytest.raises(InputError, match="two contacts already"):
        await own.unmerge(first, second)
    await own.undo()
    assert await library.all_ids() == [first]
    await own.redo()
    await library.save([make_record("1", email="a@acme.example", at=LATER, first_name="Eda")])
    assert await library.all_ids() == [second, first]


async def test_a_merged_contact_is_marked_by_its_old_number(library: LibraryRepository, own: OwnWorkService) -> None:
    low, high = await two(library)
    await own.merge([low, high])
    await own.set_status([high], ContactStatus.MEETING)
    assert (await library.rows([low]))[0].status is ContactStatus.MEETING


async def test_a_contact_in_sight_stays_in_sight_when_merged_with_a_removed_one(
    library: LibraryRepository, own: OwnWorkService, database: Database
) -> None:
    low, high = await two(library)
    await own.remove([low])
    await own.merge([low, high])
    assert await library.all_ids() == [low]
    await own.undo()
    assert await library.all_ids() == [high]
    removed = await database.read(lambda conn: rows(conn, "SELECT contact_id FROM contact WHERE removed_at > 0"))
    assert removed == [(low,)]


async def test_raw_records_are_kept_byte_for_byte_through_it_all(
    library: LibraryRepository, own: OwnWorkService
) -> None:
    low, high = await two(library)
    before = {record.record_id: record for record in (await library.details(high)).records}
    await own.merge([low, high])
    await own.undo()
    await own.redo()
    await own.undo()
    after = {record.record_id: record for record in (await library.details(high)).records}
    assert after == before
    assert replace(after[next(iter(after))]).credits_charged == 3
