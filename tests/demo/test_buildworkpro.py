from datetime import datetime
from typing import Any

import httpx
import pytest

from app.demo.app import sample_ids
from app.demo.dataset import FLAGSHIP_COMPANY
from app.domain.provider import Provider
from tests.demo.conftest import Demo

HERE = Provider.BUILDWORKPRO
GET_MANY = "/contacts/get-many"


async def get_many(demo: Demo, ids: object, **more: object) -> httpx.Response:
    return await demo[HERE].post(GET_MANY, json={"ids": ids, **more})


def integers(demo: Demo, count: int) -> list[int]:
    return [int(identifier) for identifier in sample_ids(demo.data, HERE, count)]


def fragment(answer: httpx.Response) -> str:
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == answer.status_code
    return str(problem["type"].rpartition("#")[2])


async def test_those_that_exist_come_back_in_another_order(demo: Demo) -> None:
    ids = integers(demo, 48)
    answer = (await get_many(demo, [*ids, 1, 10**15])).json()
    returned = [row["id"] for row in answer["data"]]
    assert sorted(returned) == ids
    assert returned != ids
    assert answer["meta"]["requested"] == 50
    assert answer["meta"]["returned"] == 48
    assert answer["meta"]["request_id"].startswith("req_")


async def test_nothing_found_is_still_a_200(demo: Demo) -> None:
    answer = await get_many(demo, [1, 2])
    assert answer.status_code == 200
    assert answer.json()["data"] == []


async def test_repeated_ids_count_as_asked_and_come_once(demo: Demo) -> None:
    [identifier] = integers(demo, 1)
    meta = (await get_many(demo, [identifier, identifier])).json()["meta"]
    assert (meta["requested"], meta["returned"]) == (2, 1)


async def test_rows_have_nine_members_some_of_them_null(demo: Demo) -> None:
    rows: list[dict[str, Any]] = []
    ids = integers(demo, 2000)
    for start in range(1000, 2000, 50):
        rows += (await get_many(demo, ids[start : start + 50])).json()["data"]
    members = {"id", "firstName", "lastName", "companyName", "email", "phone", "type", "createdAt", "updatedAt"}
    assert all(set(row) == members for row in rows)
    for member in members - {"id", "type", "createdAt", "updatedAt"}:
        assert any(row[member] is None for row in rows), member
    assert any(row["createdAt"].endswith("000Z") for row in rows)
    assert any(" " in row["createdAt"] for row in rows)
    for row in rows:
        datetime.fromisoformat(row["createdAt"])


@pytest.mark.parametrize(
    ("ids", "field", "code"),
    [
        ([], "ids", "too_small"),
        (list(range(1, 52)), "ids", "too_big"),
        ("4101", "ids", "invalid_type"),
        (None, "ids", "invalid_type"),
        ([4101, "4102"], "ids.1", "invalid_type"),
        ([True], "ids.0", "invalid_type"),
        ([4101.5], "ids.0", "invalid_type"),
        ([0], "ids.0", "too_small"),
        ([-5], "ids.0", "too_small"),
    ],
)
async def test_ids_the_service_does_not_take(demo: Demo, ids: object, field: str, code: str) -> None:
    answer = await get_many(demo, ids)
    assert answer.status_code == 422
    assert fragment(answer) == "validation_failed"
    [finding] = answer.json()["errors"]
    assert (finding["field"], finding["code"]) == (field, code)


async def test_bodies_the_service_does_not_take(demo: Demo) -> None:
    extra = await get_many(demo, [4101], account="1")
    assert extra.status_code == 422
    assert extra.json()["errors"][0]["code"] == "unrecognized_keys"
    json_type = {"Content-Type": "application/json"}
    assert (await demo[HERE].post(GET_MANY, content=b"[1]", headers=json_type)).status_code == 422
    assert (await demo[HERE].post(GET_MANY, content=b'{"ids"', headers=json_type)).status_code == 400
    form = await demo[HERE].post(GET_MANY, content=b'{"ids":[4101]}', headers={"Content-Type": "text/plain"})
    assert fragment(form) == "bad_request"


async def test_the_list_pages_through_everybody(demo: Demo) -> None:
    ids: list[str] = []
    query: dict[str, str] = {"limit": "100", "search": FLAGSHIP_COMPANY}
    while True:
        answer = (await demo[HERE].get("/contacts", params=query)).json()
        ids += [str(row["id"]) for row in answer["data"]]
        pagination = answer["meta"]["pagination"]
        assert pagination["count"] == len(answer["data"])
        if not pagination["has_more"]:
            assert pagination["cursor"] is None
            break
        query["cursor"] = pagination["cursor"]
    assert ids == await demo.rows(HERE, search=FLAGSHIP_COMPANY)
    total = (await demo[HERE].get("/contacts/count", params={"search": FLAGSHIP_COMPANY})).json()["data"]["total"]
    assert len(ids) == total > 50


async def test_the_list_filters(demo: Demo) -> None:
    answer = await demo[HERE].get("/contacts", params={"limit": "100", "type": "architect"})
    assert {row["type"] for row in answer.json()["data"]} == {"architect"}
    dates = {"dateFrom": "2026-02-01T00:00:00Z", "dateTo": "2026-02-10T01:00:00+01:00", "limit": "100"}
    rows = (await demo[HERE].get("/contacts", params=dates)).json()["data"]
    assert rows
    assert all("2026-02-01" <= row["createdAt"][:10] <= "2026-02-10" for row in rows)
    assert len((await demo[HERE].get("/contacts")).json()["data"]) == 25
    assert len((await demo[HERE].get("/contacts", params={"limit": "1"})).json()["data"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "x"},
        {"cursor": "made-up"},
        {"type": "lanternist"},
        {"dateFrom": "yesterday"},
        {"dateTo": "2026-02-01T00:00:00"},
        {"compact": "perhaps"},
        {"company": "Quillmark"},
    ],
)
async def test_list_queries_the_service_does_not_take(demo: Demo, query: dict[str, str]) -> None:
    answer = await demo[HERE].get("/contacts", params=query)
    assert answer.status_code == 400
    assert fragment(answer) == "bad_request"


async def test_one_contact(demo: Demo) -> None:
    [identifier] = integers(demo, 1)
    assert (await demo[HERE].get(f"/contacts/{identifier}")).json()["data"]["id"] == identifier
    assert fragment(await demo[HERE].get("/contacts/1")) == "not_found"
    assert fragment(await demo[HERE].get("/contacts/me")) == "bad_request"


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/contacts", "contacts:write"),
        ("PATCH", "/contacts/4101", "contacts:write"),
        ("DELETE", "/contacts/4101", "contacts:delete"),
        ("GET", "/usage", "audit:read"),
    ],
)
async def test_the_demo_key_may_only_read(demo: Demo, method: str, path: str, scope: str) -> None:
    answer = await demo[HERE].request(method, path)
    assert answer.status_code == 403
    assert fragment(answer) == "scope_insufficient"
    assert scope in answer.json()["detail"]


@pytest.mark.parametrize("header", ["", "demo-key", "Bearer wrong"])
async def test_a_wrong_key_is_refused(demo: Demo, header: str) -> None:
    answer = await demo[HERE].get("/contacts", params={"limit": "1"}, headers={"Authorization": header})
    assert answer.status_code == 401
    assert fragment(answer) == "unauthorized"


async def test_answers_tell_both_budgets(demo: Demo) -> None:
    headers = (await get_many(demo, [4101])).headers
    assert headers["RateLimit-Tenant-Limit"] == "10000"
    assert headers["RateLimit-Tenant-Remaining"] == "9995"
    assert headers["RateLimit-Key-Remaining"] == "59"
    assert headers["RateLimit-Key-Reset"] == "60"


async def test_strict_limits_allow_sixty_requests_a_minute(demo: Demo) -> None:
    demo.app.options.strict_limits = True
    for _ in range(60):
        assert (await get_many(demo, [4101])).status_code == 200
    demo.clock.move(20.5)
    refused = await get_many(demo, [4101])
    assert fragment(refused) == "rate_limited"
    assert refused.headers["Retry-After"] == "40"
    assert "RateLimit-Tenant-Remaining" in refused.headers
    demo.clock.move(40)
    assert (await get_many(demo, [4101])).status_code == 200


async def test_strict_limits_count_units_by_the_hour(demo: Demo) -> None:
    demo.app.options.strict_limits = True
    for _ in range(33):
        for _ in range(60):
            assert (await get_many(demo, [4101])).status_code == 200
        demo.clock.move(60)
    for _ in range(20):
        assert (await get_many(demo, [4101])).status_code == 200
    answer = await get_many(demo, [4101])
    assert fragment(answer) == "rate_limited"
    assert answer.headers["RateLimit-Tenant-Remaining"] == "0"
    assert int(answer.headers["Retry-After"]) > 60


async def test_other_paths_and_methods(demo: Demo) -> None:
    assert fragment(await demo[HERE].get("/contacts/search/x")) == "not_found"
    assert (await demo[HERE].put("/contacts/count")).status_code == 405
