"""The rep's work beside the demo services: what is exported, enriched and shown follows it, and nothing else does."""

from pathlib import Path

import pytest

from app.composition import Services, open_services
from app.domain.changes import Change, ChangeKind
from app.domain.errors import LibraryError
from app.domain.marks import ContactStatus
from app.domain.provider import Provider
from app.storage.profile import Profile
from tests.support.memory_key_store import MemoryKeyStore


async def found(services: Services, limit: int = 4) -> list[int]:
    session = services.search.start(services.search.build_query(Provider.BUILDWORKPRO, {"type": ["vendor"]}))
    await session.next_page(limit)
    return session.contact_ids


async def test_an_export_follows_picks_and_removal(services: Services, tmp_path: Path) -> None:
    first, second, *_ = await found(services)
    await services.own_work.choose_value(first, "email", "picked@acme.example")
    await services.own_work.remove([second])
    out = tmp_path / "out.csv"
    await services.export.export_csv(await services.library.all_ids(), out)
    written = out.read_text(encoding="utf-8")
    assert written.count("picked@acme.example") == 1
    assert len(written.splitlines()) == 4  # a header and three of four


async def test_searching_again_brings_back_what_was_removed_and_keeps_what_was_written(services: Services) -> None:
    ids = await found(services)
    await services.own_work.set_status(ids, ContactStatus.CALLED)
    await services.own_work.add_tags(ids, ["warm"])
    await services.own_work.remove(ids)
    assert await services.library.all_ids() == []
    assert set(await found(services)) == set(ids)
    assert {(row.status, row.tags) for row in await services.library.rows(await services.library.all_ids())} == {
        (ContactStatus.CALLED, ("warm",))
    }


async def test_every_change_is_told_with_its_contacts(services: Services) -> None:
    ids = await found(services)
    told: list[Change] = []
    services.changes.subscribe(told.append)
    await services.own_work.add_tags(ids[:2], ["warm"])
    await services.own_work.undo()
    assert await services.own_work.undo() is None
    assert [(change.kind, set(change.ids)) for change in told] == [
        (ChangeKind.CONTACTS, set(ids[:2])),
        (ChangeKind.HISTORY, set()),
        (ChangeKind.CONTACTS, set(ids[:2])),
        (ChangeKind.HISTORY, set()),
    ]


async def test_undoing_tells_of_the_do_not_contact_list_where_it_is_another_one_by_then(services: Services) -> None:
    ids = await found(services)
    await services.suppression.add_text("nobody@acme.example")
    await services.own_work.add_tags(ids, ["warm"])
    told: list[Change] = []
    services.changes.subscribe(told.append)
    await services.own_work.undo()
    assert ChangeKind.SUPPRESSION not in {change.kind for change in told}
    await services.own_work.undo()
    assert Change(ChangeKind.SUPPRESSION) in told
    assert await services.suppression.entries() == []


async def test_beside_another_window_the_work_can_be_read_and_not_changed(services: Services, tmp_path: Path) -> None:
    ids = await found(services)
    listed = await services.own_work.create_list("Fair", ids)
    beside = open_services(Profile(tmp_path / "profile"), read_only=True, environ={}, key_store=MemoryKeyStore())
    async with beside as reader:
        assert await reader.own_work.list_members(listed.list_id) == await services.own_work.list_members(
            listed.list_id
        )
        assert len(await reader.own_work.steps()) == 1
        with pytest.raises(LibraryError, match="reading only"):
            await reader.own_work.undo()
