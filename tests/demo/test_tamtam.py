import re
from typing import Any

import httpx
import pytest

from app.demo.app import sample_ids
from app.domain.provider import Provider
from tests.demo.conftest import Demo

HERE = Provider.TAMTAM
CONTACTS, ENRICH = "/v1/contacts", "/v2/people/enrich"
PERSON = {"firstname": "Ada", "lastname": "Quillmere", "domain": "quill.example", "enrich_fields": ["contact.emails"]}
NOT_A_FIELD = 'expected value to be one of "contact.emails, contact.phones"'


async def contacts(demo: Demo, ids: object, **more: object) -> httpx.Response:
    return await demo[HERE].post(CONTACTS, json={"contact_ids": ids, **more})


def problem(answer: httpx.Response, status: int) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert body["status"] == status
    return body


async def test_those_that_exist_come_back_in_another_order(demo: Demo) -> None:
    ids = sample_ids(demo.data, HERE, 99)
    rows = (await contacts(demo, [*ids, "00000000-0000-4000-8000-000000000000"])).json()
    returned = [row["contact_id"] for row in rows]
    assert sorted(returned) == sorted(ids)
    assert returned != ids


async def test_capital_letters_mean_the_same_id(demo: Demo) -> None:
    [identifier] = sample_ids(demo.data, HERE, 1)
    assert [row["contact_id"] for row in (await contacts(demo, [identifier.upper()])).json()] == [identifier]


@pytest.mark.parametrize("ids", [[], None, ["00000000-0000-4000-8000-000000000000"]])
async def test_nothing_found_is_null(demo: Demo, ids: object) -> None:
    answer = await contacts(demo, ids)
    assert answer.status_code == 200
    assert answer.json() is None


async def test_unknown_values_are_left_out(demo: Demo) -> None:
    rows = (await contacts(demo, sample_ids(demo.data, HERE, 100))).json()
    for member in ("email", "phone", "linkedin_url"):
        assert 0 < sum(member in row for row in rows) < 100, member
    assert all(value for row in rows for value in row.values())
    assert {re.sub(r"/in/.*", "", row["linkedin_url"]) for row in rows if "linkedin_url" in row} == {
        "https://www.linkedin.com",
        "https://linkedin.com",
        "http://de.linkedin.com",
    }


@pytest.mark.parametrize(
    ("body", "message", "location"),
    [
        ({}, "expected required property contact_ids to be present", "body"),
        ([], "expected object", "body"),
        ({"contact_ids": "x"}, "expected array", "body.contact_ids"),
        ({"contact_ids": ["x"]}, "expected string to be RFC 4122 uuid", "body.contact_ids[0]"),
        ({"contact_ids": [5]}, "expected string to be RFC 4122 uuid", "body.contact_ids[0]"),
        ({"contact_ids": ["x"] * 101}, "expected array length <= 100", "body.contact_ids"),
        ({"contact_ids": [], "ids": []}, "unexpected property", "body.ids"),
    ],
)
async def test_bodies_the_service_does_not_take(demo: Demo, body: object, message: str, location: str) -> None:
    answer = problem(await demo[HERE].post(CONTACTS, json=body), 422)
    assert answer["detail"] == "validation failed"
    [finding] = answer["errors"]
    assert (finding["message"], finding["location"]) == (message, location)


@pytest.mark.parametrize(
    ("change", "message", "location"),
    [
        ({"domain": None}, "expected string", ".domain"),
        ({"domain": ""}, "expected length >= 1", ".domain"),
        ({"lastname": ""}, "expected length >= 1", ".lastname"),
        ({"enrich_fields": []}, "expected array length >= 1", ".enrich_fields"),
        ({"enrich_fields": None}, "expected array length >= 1", ".enrich_fields"),
        ({"enrich_fields": ["emails"]}, NOT_A_FIELD, ".enrich_fields[0]"),
        ({"custom": "k"}, "expected object", ".custom"),
        ({"custom": {"row": 1}}, "expected string", ".custom.row"),
        ({"first_name": "Ada"}, "unexpected property", ".first_name"),
    ],
)
async def test_people_the_service_does_not_take(
    demo: Demo, change: dict[str, object], message: str, location: str
) -> None:
    body = {"requests": [PERSON, {**PERSON, **change}]}
    answer = problem(await demo[HERE].post(ENRICH, json=body), 422)
    [finding] = answer["errors"]
    assert (finding["message"], finding["location"]) == (message, f"body.requests[1]{location}")
    assert (await demo.ledger())["submits"] == []


@pytest.mark.parametrize("member", ["firstname", "lastname", "domain", "enrich_fields"])
async def test_required_members(demo: Demo, member: str) -> None:
    person = {name: value for name, value in PERSON.items() if name != member}
    answer = problem(await demo[HERE].post(ENRICH, json={"requests": [person]}), 422)
    [finding] = answer["errors"]
    assert finding["message"] == f"expected required property {member} to be present"
    assert finding["location"] == "body.requests[0]"
    assert finding["value"] == person


@pytest.mark.parametrize(
    ("requests", "message"),
    [
        ([], "expected array length >= 1"),
        (None, "expected array length >= 1"),
        ({}, "expected array"),
        ([PERSON] * 101, "expected array length <= 100"),
    ],
)
async def test_batches_the_service_does_not_take(demo: Demo, requests: object, message: str) -> None:
    answer = problem(await demo[HERE].post(ENRICH, json={"requests": requests}), 422)
    assert answer["errors"][0]["message"] == message
    whole = problem(await demo[HERE].post(ENRICH, json={}), 422)
    assert whole["errors"][0]["location"] == "body"
    person = problem(await demo[HERE].post(ENRICH, json={"requests": [5]}), 422)
    assert person["errors"][0]["message"] == "expected object"


async def test_bodies_that_are_no_json(demo: Demo) -> None:
    json_type = {"Content-Type": "application/json"}
    problem(await demo[HERE].post(ENRICH), 400)
    problem(await demo[HERE].post(ENRICH, content=b'{"requests"', headers=json_type), 400)
    problem(await demo[HERE].post(ENRICH, content=b"{}", headers={"Content-Type": "text/plain"}), 415)
    problem(await demo[HERE].post(ENRICH, content=b" " * (1 << 20) + b"{}", headers=json_type), 413)


@pytest.mark.parametrize("header", ["Bearer demo-key", "wrong", "demo-key2", ""])
async def test_only_the_bare_key_opens(demo: Demo, header: str) -> None:
    answer = await demo[HERE].get("/v2/credits", headers={"Authorization": header})
    assert problem(answer, 401) == {"title": "Unauthorized", "status": 401, "detail": "invalid API key"}


async def test_a_missing_key_is_answered_by_the_gateway(demo: Demo) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=demo.app)) as client:
        answer = await client.get("http://demo/tamtam/api/v2/credits")
    assert answer.status_code == 401
    assert answer.json() == {"Message": "Unauthorized"}


async def test_balance_lines(demo: Demo) -> None:
    lines = (await demo[HERE].get("/v2/credits")).json()["credits"]
    assert {line["credit_type"] for line in lines} == {"MaxPeopleEnrichments", "MaxCompanyEnrichments"}
    assert all(line["total_credits"] - line["used_credits"] == line["remaining_credits"] for line in lines)


async def test_strict_limits_allow_ten_a_second(demo: Demo) -> None:
    demo.app.options.strict_limits = True
    statuses = [(await demo[HERE].get("/v2/credits")).status_code for _ in range(10)]
    assert statuses == [200] * 10
    refused = await demo[HERE].get("/v2/credits")
    assert refused.status_code == 429
    assert refused.headers["Content-Type"] == "application/json"
    assert refused.json() == {"Message": "Too Many Requests"}
    assert "Retry-After" not in refused.headers
    demo.clock.move(1)
    assert (await demo[HERE].get("/v2/credits")).status_code == 200


async def test_other_paths_and_methods(demo: Demo) -> None:
    assert problem(await demo[HERE].get("/v3/people"), 404)["detail"] == "not found"
    problem(await demo[HERE].get(CONTACTS), 405)
