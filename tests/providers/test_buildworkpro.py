import json
import logging
from typing import Any

import httpx
import pytest
import respx

from app.domain.contact import EmailValue, PhoneValue, RecordKind
from app.domain.errors import InvalidRequestError, RateLimitedError, UnreadableAnswerError
from app.domain.provider import Provider
from app.providers.buildworkpro import BuildWorkPro
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
