"""What the inspector relies on: writing that goes on stays one step, and merged entries are known by name."""

from pathlib import Path

from app.composition import Services
from app.domain.changes import Change, ChangeKind
from app.domain.contact import ContactDetails
from app.domain.provider import Provider
from app.domain.search import SearchQuery
from tests.support.demo_services import demo_services
from tests.support.kept_people import keep, two_entries_of_ada


async def found(services: Services) -> list[int]:
    session = services.search.start(SearchQuery(Provider.TALKTOHUMANS, {"relationship_status": ("any",)}))
    await session.next_page()
    return session.contact_ids


async def notes(services: Services, contact_id: int) -> tuple[str, str]:
    details = await services.library.details(contact_id)
    return details.marks.notes, details.row.notes


async def test_notes_that_are_written_on_stay_one_step(tmp_path: Path) -> None:
    async with demo_services(tmp_path) as services:
        own_work, (contact, other, *_) = services.own_work, await found(services)
        await own_work.set_notes(contact, "before")
        first = await own_work.set_notes(contact, "Call")
        assert first is not None
        second = await own_work.set_notes(contact, "Call in May", continues=first.step_id)
        assert second is not None
        assert len(await own_work.steps()) == 2, "the second writing went into the step of the first"
        await own_work.undo()
        assert await notes(services, contact) == ("before", "before")
        await own_work.redo()
        assert await notes(services, contact) == ("Call in May", "Call in May")
        await own_work.set_notes(other, "Somebody else")
        await own_work.set_notes(contact, "Call in June", continues=second.step_id)
        assert len(await own_work.steps()) == 4, "what came in between keeps its place"
        history = [event.text for event in (await services.library.details(contact)).history]
        assert history.count("Notes edited.") == 3


async def test_writing_that_ends_as_it_began_leaves_no_step(tmp_path: Path) -> None:
    async with demo_services(tmp_path) as services:
        own_work, (contact, *_) = services.own_work, await found(services)
        step = await own_work.set_notes(contact, "a slip")
        assert step is not None
        heard: list[Change] = []
        services.changes.subscribe(heard.append)
        assert await own_work.set_notes(contact, "", continues=step.step_id) is None
        assert await own_work.steps() == ()
        assert await notes(services, contact) == ("", "")
        assert [(change.kind, change.ids) for change in heard] == [
            (ChangeKind.CONTACTS, (contact,)),
            (ChangeKind.HISTORY, ()),
        ]


async def test_a_list_made_of_contacts_is_one_step(tmp_path: Path) -> None:
    async with demo_services(tmp_path) as services:
        own_work, ids = services.own_work, await found(services)
        made = await own_work.create_list("Autumn", ids[:3])
        assert made.contacts == 3
        assert await own_work.list_members(made.list_id) == sorted(ids[:3])
        (step,) = await own_work.steps()
        assert (step.name, step.contacts) == ("Make the list “Autumn” of 3 contacts", 3)
        await own_work.undo()
        assert await own_work.lists() == ()


async def test_merged_entries_are_known_until_they_are_taken_apart(tmp_path: Path) -> None:
    low, high = await keep(tmp_path, two_entries_of_ada())
    async with demo_services(tmp_path) as services:
        own_work = services.own_work
        await own_work.merge([low, high], low)
        details: ContactDetails = await services.library.details(low)
        assert [(entry.contact_id, entry.name) for entry in details.entries] == [(high, "Ada Norling")]
        await own_work.unmerge(low, high)
        assert (await services.library.details(low)).entries == ()
        await own_work.remove([low])
        assert (await services.library.details(low)).removed
        assert await services.library.removed([low, high]) == {low}
        await own_work.undo()
        assert not (await services.library.details(low)).removed
        assert await services.library.removed([low, high]) == set()
