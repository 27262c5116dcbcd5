"""Views of a library filled from the demo services, as windows ask for them."""

import asyncio

import pytest

from app.composition import Services
from app.domain.changes import Change, ChangeKind
from app.domain.errors import InputError
from app.domain.library_view import Facet, SavedView, SortField, ViewQuery
from app.domain.provider import Provider


@pytest.fixture
async def ids(services: Services) -> list[int]:
    """Forty contacts of one service."""
    session = services.search.start(services.search.build_query(Provider.TALKTOHUMANS, {}))
    await session.next_page(40)
    return session.contact_ids


async def names(services: Services, query: ViewQuery) -> list[str]:
    return [row.display_name for row in await services.library.rows(await services.views.view(query))]


async def test_a_library_shows_what_was_searched_the_newest_first(services: Services, ids: list[int]) -> None:
    assert list(await services.views.view(ViewQuery())) == sorted(ids, reverse=True)
    assert await services.views.first(ViewQuery(), 3) == sorted(ids, reverse=True)[:3]


async def test_typing_a_part_of_any_name_finds_its_contact(services: Services, ids: list[int]) -> None:
    for row in await services.library.rows(ids):
        part = row.display_name.split()[-1]
        assert row.contact_id in await services.views.view(ViewQuery(part[:2].upper()))
        assert row.contact_id in await services.views.first(ViewQuery(f"{row.company_name} {part}"))


async def test_marks_narrow_a_view(services: Services, ids: list[int]) -> None:
    chosen = await services.own_work.create_list("Spring")
    await services.own_work.add_to_list(chosen.list_id, ids[:5])
    await services.own_work.add_tags(ids[3:9], ["Ärger"])
    in_list = {Facet.LIST: frozenset({str(chosen.list_id)})}
    both = in_list | {Facet.TAG: frozenset({"Ärger"})}
    assert set(await services.views.view(ViewQuery(facets=in_list))) == set(ids[:5])
    assert set(await services.views.view(ViewQuery(facets=both))) == set(ids[3:5])
    assert set(await services.views.view(ViewQuery("arger"))) == set(ids[3:9])
    counted = {counts.facet: counts for counts in await services.views.facets(ViewQuery(facets=both))}
    # A facet's own choice does not count for its own values.
    assert {(value.label, value.count) for value in counted[Facet.LIST].values} == {("Spring", 2), ("In no list", 4)}
    assert {(value.label, value.count) for value in counted[Facet.TAG].values} == {("Ärger", 2), ("No tags", 3)}


async def test_removing_and_undoing_show_at_once(services: Services, ids: list[int]) -> None:
    await services.own_work.remove(ids[:10])
    assert set(await services.views.view(ViewQuery(sort=SortField.NAME))) == set(ids[10:])
    await services.own_work.undo()
    assert set(await services.views.view(ViewQuery(sort=SortField.NAME))) == set(ids)
    assert await services.views.not_searchable() == 0


async def test_a_query_that_is_called_off_does_not_hold_up_the_next(services: Services, ids: list[int]) -> None:
    older = [asyncio.create_task(services.views.view(ViewQuery("a" * length))) for length in range(1, 9)]
    await asyncio.sleep(0)
    for task in older:
        task.cancel()
    assert len(await services.views.view(ViewQuery())) == len(ids)
    await asyncio.wait(older)


async def test_views_are_saved_by_name(services: Services) -> None:
    told: list[Change] = []
    services.changes.subscribe(told.append)
    view = SavedView("Berlin", ViewQuery("berlin", sort=SortField.COMPANY), '["name"]')
    await services.views.save_view(view)
    assert await services.views.saved_views() == (view,)
    await services.views.delete_view("Berlin")
    assert await services.views.saved_views() == ()
    assert [change.kind for change in told] == [ChangeKind.VIEWS] * 2


@pytest.mark.parametrize("name", ["", "  \n"])
async def test_a_view_needs_a_name(services: Services, name: str) -> None:
    with pytest.raises(InputError, match="name"):
        await services.views.save_view(SavedView(name, ViewQuery()))
