"""Leadfeeder's lists, single records, single personas and usage: what is sent, and what is never sent twice."""

import json
from typing import Any

import httpx
import pytest
import respx

from app.domain.contact import RecordKind
from app.domain.errors import (
    InvalidRequestError,
    NotFoundError,
    OutcomeUnknownError,
    PermissionDeniedError,
    UnreadableAnswerError,
)
from app.domain.lists import ProviderList
from app.domain.provider import Provider
from app.domain.search import Choice
from app.providers.leadfeeder import Leadfeeder
from tests.providers.support import make_service

ACCOUNT = "1001"


def answering(method: str, path: str, *answers: httpx.Response | Exception) -> tuple[Leadfeeder, respx.Route]:
    router = respx.Router()
    route = router.route(method=method, path=path).mock(side_effect=list(answers))
    made = make_service(Provider.LEADFEEDER, router)
    assert isinstance(made, Leadfeeder)
    return made, route


def good(data: Any, status: int = 200, **meta: Any) -> httpx.Response:
    return httpx.Response(status, json={"data": data, "meta": {"request_id": "req-8", **meta}})


def a_list(number: int | None, name: str | None = "Q4") -> dict[str, Any]:
    return {"type": "list", "id": number and f"contact_{number}", "attributes": {"name": name, "scope": "contact"}}


NOBODY = httpx.Response(404, json={"errors": [{"code": "entity_not_found", "title": "Not found"}]})


async def test_all_pages_of_lists_are_read() -> None:
    lead, route = answering(
        "GET",
        "/v1/lists",
        good([a_list(1), a_list(2, None), a_list(None), "no object"], pagination={"page_num": 1, "page_count": 2}),
        good([a_list(3, "Q5")], pagination={"page_num": 2, "page_count": 2}),
    )
    assert await lead.lists(ACCOUNT) == (
        ProviderList("contact_1", "Q4"),
        ProviderList("contact_2", "contact_2"),
        ProviderList("contact_3", "Q5"),
    )
    assert [call.request.url.params.multi_items() for call in route.calls] == [
        [("account_id", ACCOUNT), ("filter[scope]", "contact"), ("page[num]", number), ("page[size]", "100")]
        for number in ("1", "2")
    ]


async def test_pages_that_bring_nothing_new_end_the_reading() -> None:
    forever = good([a_list(1)], pagination={"page_num": 1, "page_count": 1000})
    lead, route = answering("GET", "/v1/lists", *[forever] * 5)
    assert len(await lead.lists(ACCOUNT)) == 1
    assert route.call_count == 2
    lead, route = answering("GET", "/v1/lists", good(None))
    assert await lead.lists(ACCOUNT) == ()
    lead, route = answering("GET", "/v1/lists", good([a_list(1)]))
    assert len(await lead.lists(ACCOUNT)) == 1


async def test_one_list() -> None:
    lead, _ = answering("GET", "/v1/lists/contact_1", good([a_list(1)]))
    assert await lead.get_list("contact_1", account_id=ACCOUNT) == ProviderList("contact_1", "Q4")
    lead, _ = answering("GET", "/v1/lists/x", NOBODY)
    with pytest.raises(NotFoundError):
        await lead.get_list("x", account_id=ACCOUNT)
    lead, _ = answering("GET", "/v1/lists/x", good(a_list(None)))
    with pytest.raises(UnreadableAnswerError, match="no id"):
        await lead.get_list("x", account_id=ACCOUNT)


@pytest.mark.parametrize("status", [200, 201])
async def test_a_list_is_made_for_contacts(status: int) -> None:
    lead, route = answering("POST", "/v1/lists", good(a_list(9, "Fair"), status))
    assert await lead.create_list("Fair", account_id=ACCOUNT) == ProviderList("contact_9", "Fair")
    request = route.calls.last.request
    assert json.loads(request.content) == {"data": {"type": "list", "attributes": {"name": "Fair", "scope": "contact"}}}
    assert dict(request.url.params) == {"account_id": ACCOUNT}


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("answer", [httpx.Response(204), good([]), httpx.Response(202, json={})])
async def test_membership_takes_any_success(method: str, answer: httpx.Response) -> None:
    lead, route = answering(method, "/v1/contacts/32/lists", answer)
    change = lead.add_to_list if method == "POST" else lead.remove_from_list
    await change("contact_1", "32", account_id=ACCOUNT)
    request = route.calls.last.request
    assert json.loads(request.content) == {"data": [{"type": "list", "id": "contact_1"}]}
    assert dict(request.url.params) == {"account_id": ACCOUNT}
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize("trouble", [httpx.ReadTimeout("late"), httpx.Response(500), httpx.Response(504)])
async def test_a_change_whose_answer_was_not_seen_is_not_repeated(trouble: httpx.Response | Exception) -> None:
    lead, route = answering("POST", "/v1/lists", trouble, good(a_list(9)))
    with pytest.raises(OutcomeUnknownError, match="may or may not"):
        await lead.create_list("Fair", account_id=ACCOUNT)
    assert route.call_count == 1
    lead, route = answering("POST", "/v1/contacts/32/lists", trouble, good([]))
    with pytest.raises(OutcomeUnknownError):
        await lead.add_to_list("contact_1", "32", account_id=ACCOUNT)
    assert route.call_count == 1


@pytest.mark.parametrize("answer", [httpx.Response(201, json={}), httpx.Response(204), good(a_list(None))])
async def test_a_list_that_was_made_without_saying_which_is_unknown(answer: httpx.Response) -> None:
    lead, _ = answering("POST", "/v1/lists", answer)
    with pytest.raises(OutcomeUnknownError) as caught:
        await lead.create_list("Fair", account_id=ACCOUNT)
    assert "Look at Leadfeeder" in caught.value.next_step


@pytest.mark.parametrize("trouble", [httpx.Response(429, headers={"Retry-After": "1"}), httpx.ConnectError("none")])
async def test_a_change_that_cannot_have_arrived_is_tried_again(trouble: httpx.Response | Exception) -> None:
    lead, route = answering("DELETE", "/v1/contacts/32/lists", trouble, httpx.Response(204))
    await lead.remove_from_list("contact_1", "32", account_id=ACCOUNT)
    assert route.call_count == 2


async def test_a_refusal_is_told_as_one() -> None:
    denied = httpx.Response(403, json={"errors": [{"code": "insufficient_scope", "title": "No"}]})
    lead, _ = answering("POST", "/v1/lists", denied)
    with pytest.raises(PermissionDeniedError):
        await lead.create_list("Fair", account_id=ACCOUNT)


async def test_one_full_record_tells_what_it_cost() -> None:
    row = {"type": "contact", "id": "32", "attributes": {"first_name": "Mara", "last_name": "Keller"}}
    lead, route = answering("GET", "/v1/contacts/32", good(row, credits={"charged": 1}), good([row]))
    record = await lead.details("32", account_id=ACCOUNT)
    assert (record.kind, record.credits_charged, record.account_id) == (RecordKind.FULL, 1, ACCOUNT)
    assert record.fields.display_name == "Mara Keller"
    assert dict(route.calls.last.request.url.params) == {"account_id": ACCOUNT}
    assert (await lead.details("32", account_id=ACCOUNT)).credits_charged == 0
    lead, _ = answering("GET", "/v1/contacts/32", NOBODY)
    with pytest.raises(NotFoundError):
        await lead.details("32", account_id=ACCOUNT)
    unreadable: tuple[Any, ...] = ({}, [], [row, row], None, "32")
    for data in unreadable:
        lead, _ = answering("GET", "/v1/contacts/32", good(data))
        with pytest.raises(UnreadableAnswerError):
            await lead.details("32", account_id=ACCOUNT)


async def test_one_persona_or_none_where_personas_are_not_available() -> None:
    persona = {"type": "buyer_persona", "id": "7421", "attributes": {"name": "Sales Managers"}}
    lead, _ = answering("GET", "/v1/buyer-personas/7421", good(persona), NOBODY, good({"attributes": {}}))
    assert await lead.persona("7421", account_id=ACCOUNT) == Choice("7421", "Sales Managers")
    assert await lead.persona("7421", account_id=ACCOUNT) is None
    assert await lead.persona("7421", account_id=ACCOUNT) is None


async def test_usage_is_handed_on_as_it_comes() -> None:
    body = b'{"data": [{"anything": 1}], "meta": {}}'
    lead, route = answering(
        "GET", "/v1/usage", httpx.Response(200, content=body, headers={"content-type": "application/json"})
    )
    assert await lead.usage(ACCOUNT, "2026-10", "2026-11") == body
    sent = {"account_id": ACCOUNT, "start_period": "2026-10", "end_period": "2026-11"}
    assert dict(route.calls.last.request.url.params) == sent


@pytest.mark.parametrize(("start", "end"), [("2026-11", "2026-10"), ("2026-13", "2026-13"), ("26-1", "2026-10")])
async def test_months_that_are_none_are_not_asked_for(start: str, end: str) -> None:
    lead, route = answering("GET", "/v1/usage")
    with pytest.raises(InvalidRequestError, match="Months"):
        await lead.usage(ACCOUNT, start, end)
    assert not route.called


async def test_nothing_is_asked_without_an_account() -> None:
    lead, route = answering("GET", "/v1/lists")
    for call in (
        lead.lists(""),
        lead.get_list("1", account_id=""),
        lead.create_list("x", account_id=""),
        lead.add_to_list("1", "2", account_id=""),
        lead.details("1"),
        lead.usage("", "2026-10", "2026-10"),
    ):
        with pytest.raises(InvalidRequestError, match="account"):
            await call
    assert not route.called
