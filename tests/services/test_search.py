"""Searching over the demo services: every row kept before it is shown, pages one by one, bad queries refused."""

import pytest

from app.composition import Services
from app.domain.changes import Change, ChangeKind
from app.domain.errors import BadKeyError, InputError
from app.domain.provider import Provider
from app.domain.search import ChoiceSource

TTH = Provider.TALKTOHUMANS
LEADFEEDER = Provider.LEADFEEDER


async def leadfeeder_account(services: Services) -> str:
    return (await services.search.choices(LEADFEEDER, ChoiceSource.ACCOUNTS))[0].value


async def test_pages_stream_until_the_limit_and_every_row_is_in_the_library(services: Services) -> None:
    session = services.search.start(services.search.build_query(TTH, {"relationship_status": ["connected"]}))
    sizes = [len(page.rows) async for page in session.pages(60)]
    assert sizes == [25, 25, 10]
    assert session.loaded == 60
    assert session.has_more
    stored = await services.library.rows(session.contact_ids)
    assert len(stored) == len(session.contact_ids) <= 60
    assert all(row.provider is TTH or TTH in row.providers for row in stored)


async def test_a_page_tells_rows_changes_and_what_is_left(services: Services) -> None:
    heard: list[Change] = []
    services.changes.subscribe(heard.append)
    session = services.search.start(services.search.build_query(TTH, {"headline": ["manager"]}))
    page = await session.next_page(5)
    assert len(page.rows) == page.total_rows == 5
    assert page.has_more
    assert page.quarantined == page.credits_charged == 0
    assert [change.kind for change in heard if change.kind is ChangeKind.CONTACTS]
    assert set(heard[-1].ids) <= set(session.contact_ids) or heard[-1].kind is ChangeKind.PROVIDERS


async def test_a_filter_with_no_match_ends_with_nothing(services: Services) -> None:
    session = services.search.start(services.search.build_query(TTH, {"company_name": ["no such company anywhere"]}))
    page = await session.next_page()
    assert page.rows == ()
    assert not session.has_more


async def test_leadfeeder_pages_are_different_people(services: Services) -> None:
    account = await leadfeeder_account(services)
    query = services.search.build_query(
        LEADFEEDER, {"account_id": [account], "departments": ["sales_department", "marketing_department"]}
    )
    session = services.search.start(query)
    first = await session.next_page(20)
    second = await session.next_page(20)
    assert {row.provider_id for row in first.rows}.isdisjoint(row.provider_id for row in second.rows)


async def test_choices_come_from_the_service(services: Services) -> None:
    accounts = await services.search.choices(TTH, ChoiceSource.ACCOUNTS)
    assert accounts
    assert all(choice.value.isdigit() and choice.label for choice in accounts)
    personas = await services.search.choices(
        LEADFEEDER, ChoiceSource.BUYER_PERSONAS, account_id=await leadfeeder_account(services)
    )
    assert personas


@pytest.mark.parametrize(
    ("provider", "values", "said"),
    [
        (LEADFEEDER, {"positions": ["CEO"]}, "needs: .*ccount"),
        (LEADFEEDER, {"account_id": ["1"]}, "at least one filter"),
        (TTH, {"relationship_status": ["maybe"]}, "maybe"),
        (TTH, {"account_id": ["zero"]}, "zero"),
        (TTH, {"shoe_size": ["44"]}, "shoe_size"),
        (TTH, {"query": ["a", "b"]}, "takes one value"),
    ],
)
async def test_bad_queries_are_refused_in_words(
    services: Services, provider: Provider, values: dict[str, list[str]], said: str
) -> None:
    with pytest.raises(InputError, match=said):
        services.search.build_query(provider, values)


async def test_empty_values_are_left_out(services: Services) -> None:
    query = services.search.build_query(TTH, {"query": [" Ada "], "headline": [""], "tag": []})
    assert query.values == {"query": ("Ada",)}
    assert query.title == "Ada"


async def test_a_wrong_key_is_said_remembered_and_forgotten_once_right(services: Services) -> None:
    await services.credentials.save(TTH, "wrong-key")
    await services.providers.key_changed(TTH)
    session = services.search.start(services.search.build_query(TTH, {"query": ["a"]}))
    with pytest.raises(BadKeyError) as caught:
        await session.next_page()
    assert (await services.providers.status(TTH)).last_error == caught.value.text
    await services.credentials.delete(TTH)
    await services.providers.key_changed(TTH)
    assert (await session.next_page()).rows
    assert (await services.providers.status(TTH)).last_error == ""


async def test_a_conversation_is_picked_and_its_members_found(services: Services) -> None:
    [first, *more] = await services.search.choices(TTH, ChoiceSource.CONVERSATIONS, account_id="42")
    assert len(more) > 5
    query = services.search.build_query(TTH, {"conversation_id": [first.value]})
    page = await services.search.start(query).next_page()
    assert page.rows
    assert {row.first_name for row in page.rows if row.first_name} <= set(first.label.replace(",", "").split())


async def test_every_provider_can_be_searched(services: Services) -> None:
    assert set(services.search.providers()) == set(Provider)
    for provider in Provider:
        for spec in services.search.filters(provider):
            assert spec.label[0].isupper()
            assert spec.help.endswith(".")
