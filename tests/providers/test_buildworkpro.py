import json
import logging
from typing import Any

import httpx
import pytest
import respx

from app.domain.contact import EmailValue, PhoneValue, RecordKind
from app.domain.errors import InvalidRequestError, NotFoundError, RateLimitedError, UnreadableAnswerError
from app.domain.provider import Provider
from app.domain.search import ChoiceSource, SearchQuery
from app.providers.buildworkpro import FILTERS, BuildWorkPro
from tests.providers.support import KEY, make_service

BASE = "https://app.buildworkpro.com/api/v1"

ROW = {
    "id": 4101,
    "firstName": "Ada",
    "lastName": None,
    "companyName": "Northfield Roofing",
    "email": "ada@northfield.example",
    "phone": "+1-555-0100",
    "type": "vendor",
    "createdAt": "2026-04-01T15:32:11.000Z",
    "updatedAt": 5,
}


def service(router: respx.Router, key: str = KEY) -> BuildWorkPro:
    made = make_service(Provider.BUILDWORKPRO, router, key=key)
    assert isinstance(made, BuildWorkPro)
    return made


def get_many(*rows: Any, **meta: Any) -> tuple[BuildWorkPro, respx.Route]:
    router = respx.Router()
    route = router.post(f"{BASE}/contacts/get-many").mock(
        return_value=httpx.Response(200, json={"data": list(rows), "meta": meta})
    )
    return service(router), route


async def test_ids_go_as_integers_and_rows_come_back() -> None:
    build, route = get_many(ROW, {"firstName": "No id"}, {"id": True}, requested=3, returned=3, request_id="req_1")
    fetched = await build.fetch_by_ids(["4101", "4102", "4101", "9223372036854775807"])
    request = route.calls.last.request
    assert json.loads(request.content) == {"ids": [4101, 4102, 9223372036854775807]}
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert "idempotency-key" not in request.headers
    assert (fetched.requested, fetched.returned, fetched.request_id) == (3, 3, "req_1")
    (record,) = fetched.records
    assert (record.provider_id, record.kind, record.request_id) == ("4101", RecordKind.FULL, "req_1")
    assert record.fields.display_name == "Ada"
    assert record.fields.company_name == "Northfield Roofing"
    assert record.fields.emails == (EmailValue("ada@northfield.example"),)
    assert record.fields.phones == (PhoneValue("+1-555-0100"),)
    assert record.fields.tags == ("vendor",)
    assert len(fetched.quarantined) == 2


async def test_an_answer_without_rows_or_counts_is_legal_but_one_without_data_is_not() -> None:
    build, _ = get_many()
    fetched = await build.fetch_by_ids(["1"])
    assert (fetched.records, fetched.requested, fetched.returned) == ((), None, None)
    router = respx.Router()
    router.post(f"{BASE}/contacts/get-many").mock(return_value=httpx.Response(200, json={"meta": {}}))
    with pytest.raises(UnreadableAnswerError):
        await service(router).fetch_by_ids(["1"])


async def test_counts_that_do_not_add_up_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    build, _ = get_many(ROW, requested=2, returned=2)
    await build.fetch_by_ids(["4101", "4102"])
    assert "says it returned 2 rows, but sent 1" in caplog.text


@pytest.mark.parametrize("ids", [["0"], ["-1"], ["x"], ["1", "²"], [str(n) for n in range(1, 52)]])
async def test_what_would_be_refused_is_not_sent(ids: list[str]) -> None:
    build, route = get_many()
    with pytest.raises(InvalidRequestError):
        await build.fetch_by_ids(ids)
    assert (await build.fetch_by_ids([])).records == ()
    assert not route.called


async def test_without_a_hint_a_429_waits_half_a_minute_as_the_vendor_advises() -> None:
    router = respx.Router()
    route = router.post(f"{BASE}/contacts/get-many").mock(
        return_value=httpx.Response(429, json={"type": "https://docs.buildworkpro.com/errors#rate_limited"})
    )
    with pytest.raises(RateLimitedError):
        await service(router).fetch_by_ids(["1"])
    # 30 s a time: the fifth attempt would come after the call's 120 s.
    assert route.call_count == 5


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("bwp_live_1", "The key works."),
        ("bwp_test_1", "The key works. It is a test key, but it reads live data."),
    ],
)
async def test_the_key_check_reads_one_contact(key: str, text: str) -> None:
    router = respx.Router()
    route = router.get(f"{BASE}/contacts", params={"limit": "1"}).mock(
        return_value=httpx.Response(200, json={"data": [ROW], "meta": {"request_id": "r"}})
    )
    check = await service(router, key).check_key()
    assert (check.ok, check.text, check.request_id) == (True, text, "r")
    assert route.call_count == 1


@pytest.mark.parametrize(
    ("status", "fragment", "words"),
    [
        (401, "unauthorized", "refused the key. Check the key in Settings. It may also be limited to other IP"),
        (403, "scope_insufficient", "lacks the scope"),
        (403, "tenant_suspended", "suspended"),
    ],
)
async def test_a_key_that_is_refused_or_too_weak_is_an_answer(status: int, fragment: str, words: str) -> None:
    router = respx.Router()
    body = {"type": f"https://docs.buildworkpro.com/errors#{fragment}", "title": "t", "status": status}
    router.get(f"{BASE}/contacts").mock(return_value=httpx.Response(status, json=body))
    check = await service(router).check_key()
    assert (check.ok, check.status) == (False, status)
    assert words in check.text


def listing(method_path: str, answer: Any, status: int = 200) -> tuple[BuildWorkPro, respx.Route]:
    router = respx.Router()
    route = router.get(f"{BASE}{method_path}").mock(return_value=httpx.Response(status, json=answer))
    return service(router), route


def query(**values: str) -> SearchQuery:
    return SearchQuery(Provider.BUILDWORKPRO, {name: (value,) for name, value in values.items()})


def listed(*rows: Any, **pagination: Any) -> dict[str, Any]:
    return {"data": list(rows), "meta": {"request_id": "req_2", "pagination": pagination}}


async def test_every_filter_is_sent_under_the_apis_own_name_with_days_in_utc() -> None:
    build, route = listing("/contacts", listed(ROW, {"firstName": "No id"}, cursor="c2", has_more=True, count=2))
    asked = query(type="vendor", search="ada roofing", dateFrom="2026-03-01", dateTo="2026-03-31")
    page = await build.search(asked, cursor="c 1", limit=500)
    assert route.calls.last.request.url.params.multi_items() == [
        ("search", "ada roofing"),
        ("type", "vendor"),
        ("dateFrom", "2026-03-01T00:00:00.000Z"),
        ("dateTo", "2026-03-31T23:59:59.999Z"),
        ("limit", "100"),
        ("cursor", "c 1"),
    ]
    [record] = page.records
    assert (record.provider_id, record.kind, record.fields.tags) == ("4101", RecordKind.FULL, ("vendor",))
    assert (page.next_cursor, page.request_id, len(page.quarantined)) == ("c2", "req_2", 1)
    assert page.credits_charged == 0
    assert {spec.name for spec in FILTERS} == {"type", "search", "dateFrom", "dateTo"}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("2026-03-01T12:30:00+02:00", "2026-03-01T10:30:00.000Z"),
        ("2026-03-01T12:30:00.250Z", "2026-03-01T12:30:00.250Z"),
        ("2026-03-01T12:30", "2026-03-01T12:30:00.000Z"),
    ],
)
async def test_moments_are_sent_in_utc(given: str, sent: str) -> None:
    build, route = listing("/contacts", listed())
    await build.search(query(dateFrom=given), limit=7)
    assert dict(route.calls.last.request.url.params) == {"dateFrom": sent, "limit": "7"}


@pytest.mark.parametrize("date", ["2026-02-30", "2026-13-01", "2026-03-01Tnoon", "0001-01-01T00:00+05:00"])
async def test_a_day_that_does_not_exist_is_not_sent(date: str) -> None:
    build, route = listing("/contacts", listed())
    with pytest.raises(InvalidRequestError, match="2026-03-01"):
        await build.search(query(dateTo=date))
    assert not route.called


@pytest.mark.parametrize(
    "pagination",
    [
        {"cursor": None, "has_more": True},
        {"cursor": "c2", "has_more": False},
        {"cursor": "c1", "has_more": True},
        {},
    ],
)
async def test_paging_ends(pagination: dict[str, Any]) -> None:
    build, _ = listing("/contacts", listed(ROW, **pagination))
    assert (await build.search(query(), cursor="c1")).next_cursor is None


async def test_the_count_takes_the_filters_of_the_list() -> None:
    build, route = listing("/contacts/count", {"data": {"total": 1287}, "meta": {}})
    assert await build.count(query(type="city", dateTo="2026-03-31")) == 1287
    assert dict(route.calls.last.request.url.params) == {"type": "city", "dateTo": "2026-03-31T23:59:59.999Z"}
    build, _ = listing("/contacts/count", {"data": {"total": "many"}})
    with pytest.raises(UnreadableAnswerError, match="no total"):
        await build.count(query())


async def test_one_contact_by_its_id() -> None:
    build, route = listing("/contacts/4101", {"data": ROW, "meta": {"request_id": "req_3"}})
    record = await build.details("4101")
    assert (record.provider_id, record.fields.first_name, record.request_id) == ("4101", "Ada", "req_3")
    problem = {"type": "https://docs.example/errors#not_found", "title": "Not found", "status": 404}
    build, _ = listing("/contacts/9", problem, 404)
    with pytest.raises(NotFoundError):
        await build.details("9")
    build, _ = listing("/contacts/4101", {"data": {"firstName": "No id"}})
    with pytest.raises(UnreadableAnswerError, match="no id"):
        await build.details("4101")
    with pytest.raises(InvalidRequestError):
        await build.details("../me")
    assert route.call_count == 1


async def test_its_choices_are_all_in_the_filters() -> None:
    assert await service(respx.Router()).choices(ChoiceSource.ACCOUNTS) == ()
