"""Lists over the demo services: made, filled and emptied; failures told one by one."""

import pytest

from app.composition import Services
from app.domain.errors import InputError, NotFoundError
from app.domain.lists import ProviderList
from app.domain.provider import Provider
from app.providers.leadfeeder import Leadfeeder

LEADFEEDER = Provider.LEADFEEDER
ACCOUNT = "123456"


async def found(services: Services, limit: int = 3) -> list[int]:
    query = services.search.build_query(LEADFEEDER, {"account_id": [ACCOUNT], "positions": ["Head of Sales"]})
    session = services.search.start(query)
    await session.next_page(limit)
    return session.contact_ids


async def members(services: Services, name: str) -> set[str]:
    """Who is on a list, as full records tell it."""
    service = await services.providers.capable(LEADFEEDER, Leadfeeder)
    query = services.search.build_query(LEADFEEDER, {"account_id": [ACCOUNT], "positions": ["Head of Sales"]})
    rows = (await services.search.start(query).next_page(5)).rows
    answer = await service.fetch_by_ids([row.provider_id for row in rows], account_id=ACCOUNT)
    return {record.provider_id for record in answer.records if f'"{name}"'.encode() in record.raw}


async def test_a_list_is_made_filled_and_emptied(services: Services) -> None:
    assert services.lists.provider is LEADFEEDER
    made = await services.lists.create(" Fair ", ACCOUNT)
    assert made.name == "Fair"
    assert made in await services.lists.lists(ACCOUNT)
    contacts = await found(services)
    told: list[int] = []
    added = await services.lists.add(made.list_id, contacts, ACCOUNT, progress=lambda done, _: told.append(done))
    assert (added.changed, added.failed, told) == (tuple(contacts), (), [1, 2, 3])
    ids = {row.provider_id for row in await services.library.rows(contacts)}
    assert await members(services, "Fair") == ids
    removed = await services.lists.remove(made.list_id, contacts[:1], ACCOUNT)
    assert removed.changed == (contacts[0],)
    assert len(await members(services, "Fair")) == 2


async def test_strangers_and_unknown_lists_are_told(services: Services) -> None:
    session = services.search.start(services.search.build_query(Provider.BUILDWORKPRO, {"type": ["vendor"]}))
    await session.next_page(1)
    [list_one, *_] = await services.lists.lists(ACCOUNT)
    report = await services.lists.add(list_one.list_id, session.contact_ids, ACCOUNT)
    assert isinstance(report.failed[0][1], InputError)
    report = await services.lists.add("contact_0", await found(services, 2), ACCOUNT)
    assert report.changed == ()
    assert {type(error) for _, error in report.failed} == {NotFoundError}
    with pytest.raises(InputError, match="needs a name"):
        await services.lists.create(" ", ACCOUNT)


async def test_lists_are_one_accounts(services: Services) -> None:
    made = await services.lists.create("Only here", ACCOUNT)
    assert isinstance(made, ProviderList)
    assert made not in await services.lists.lists("789012")
