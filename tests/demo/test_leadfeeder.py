from typing import Any

import httpx
import pytest

from app.demo.app import sample_ids
from app.domain.provider import Provider
from tests.demo.conftest import Demo

HERE = Provider.LEADFEEDER
ACCOUNT, OTHER_ACCOUNT = "123456", "789012"
SEARCH, CONTACTS = "/v1/contacts/search", "/v1/contacts"
YEAR = 365 * 86400


async def search(demo: Demo, body: object, *, account: str = ACCOUNT, **query: str) -> httpx.Response:
    return await demo[HERE].post(SEARCH, params={"account_id": account, **query}, json=body)


async def all_pages(demo: Demo, body: object, size: int = 100) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    query: dict[str, str] = {"page[size]": str(size)}
    while True:
        answer = await search(demo, body, **query)
        assert answer.status_code == 200, answer.text
        rows += answer.json()["data"]
        assert answer.json()["meta"]["credits"] == {"charged": 0}
        cursor = answer.json()["meta"]["pagination"]["next_cursor"]
        if cursor is None:
            return rows
        query["page[cursor]"] = cursor


async def retrieve(demo: Demo, ids: list[str], account: str = ACCOUNT, **query: str) -> httpx.Response:
    return await demo[HERE].get(CONTACTS, params={"ids": ",".join(ids), "account_id": account, **query})


async def remaining(demo: Demo, account: str = ACCOUNT) -> int:
    answer = await demo[HERE].get("/v1/accounts", params={"account_id": account})
    credit = answer.json()["data"][0]["attributes"]["credits"]
    assert credit["available"] - credit["used"] == credit["remaining"]
    left: int = credit["remaining"]
    return left


async def test_pages_give_exactly_the_rows_the_server_holds(demo: Demo) -> None:
    rows = await all_pages(demo, {"departments": ["sales_department"], "positions": ["Head of Sales"]}, 30)
    held = await demo.rows(HERE, departments="sales_department", positions="Head of Sales")
    assert [row["id"] for row in rows] == held
    assert len(held) > 60


async def test_masked_summaries_star_the_name_and_hide_the_rest(demo: Demo) -> None:
    rows = await all_pages(demo, {"positions": ["Head of Sales"]})
    masked = [row for row in rows if row["type"] == "masked_contact_summary"]
    opened = [row for row in rows if row["type"] == "contact_summary"]
    assert len(masked) + len(opened) == len(rows)
    assert masked
    assert all(row["attributes"]["first_name"].endswith("***") and "relationships" not in row for row in masked)
    assert not any("***" in str(row) for row in opened)
    companies = [row["relationships"]["company"] for row in opened if "relationships" in row]
    assert {"attributes" in company for company in companies} == {True, False}


async def test_what_was_bought_is_no_longer_masked(demo: Demo) -> None:
    rows = await all_pages(demo, {"positions": ["Head of Sales"]})
    masked = next(row["id"] for row in rows if row["type"] == "masked_contact_summary")
    await retrieve(demo, [masked])
    again = {row["id"]: row["type"] for row in await all_pages(demo, {"positions": ["Head of Sales"]})}
    assert again[masked] == "contact_summary"


async def test_or_inside_arrays_and_between_members(demo: Demo) -> None:
    one = set(await demo.rows(HERE, departments="sales_department"))
    two = set(await demo.rows(HERE, departments="it_department"))
    level = set(await demo.rows(HERE, hierarchy_levels="executives"))
    assert set(await demo.rows(HERE, departments=["sales_department", "it_department"])) == one | two
    assert set(await demo.rows(HERE, departments="sales_department", hierarchy_levels="executives")) == one & level
    assert one & level


async def test_each_filter_finds_what_it_says(demo: Demo) -> None:
    german = await all_pages(demo, {"positions": ["sales"]})
    assert {"Vertriebsleiter (m/w/d)", "Head of Sales"} <= {row["attributes"]["position"]["title"] for row in german}
    person = (await retrieve(demo, sample_ids(demo.data, HERE, 20))).json()["data"]
    record = next(one for one in person if one["attributes"]["emails"])
    address = record["attributes"]["emails"][-1]["address"]
    assert await demo.rows(HERE, emails=address.upper()) == [record["id"]]
    assert await demo.rows(HERE, emails=[address, "nobody@nowhere.example"]) == [record["id"]]
    name = f"{record['attributes']['first_name']} {record['attributes']['last_name']}"
    assert record["id"] in await demo.rows(HERE, search_terms=[name.upper()])
    company = record["relationships"]["company"]["id"]
    assert record["id"] in await demo.rows(HERE, company_ids=company)
    former = set(await demo.rows(HERE, affiliation="former_employee"))
    assert former
    assert former.isdisjoint(await demo.rows(HERE, affiliation="employee"))


async def test_personas_are_listed_and_filter(demo: Demo) -> None:
    personas = (await demo[HERE].get("/v1/buyer-personas", params={"account_id": ACCOUNT})).json()["data"]
    assert {persona["type"] for persona in personas} == {"buyer_persona"}
    one = await demo[HERE].get("/v1/buyer-personas/7421", params={"account_id": ACCOUNT})
    assert one.json()["data"] == personas[0]
    assert (await demo[HERE].get("/v1/buyer-personas/1", params={"account_id": ACCOUNT})).status_code == 404
    managers = set(await demo.rows(HERE, buyer_persona_ids="7421"))
    assert managers
    assert managers <= set(await demo.rows(HERE, departments="sales_department"))
    assert managers.isdisjoint(await demo.rows(HERE, positions="Sales Intern"))
    both = set(await demo.rows(HERE, buyer_persona_ids=["7421", "7422"]))
    assert both == managers | set(await demo.rows(HERE, buyer_persona_ids="7422"))
    assert await demo.rows(HERE, buyer_persona_ids="7423")


async def test_a_record_costs_one_credit_and_is_free_for_a_year(demo: Demo) -> None:
    ids = sample_ids(demo.data, HERE, 10)
    before = await remaining(demo)
    charged = []
    for asked in (ids[:5], ids, ids):
        charged.append((await retrieve(demo, asked)).json()["meta"]["credits"]["charged"])
    assert charged == [5, 5, 0]
    assert await remaining(demo) == before - 10
    demo.clock.move(YEAR - 1)
    assert (await retrieve(demo, ids)).json()["meta"]["credits"]["charged"] == 0
    demo.clock.move(1)
    assert (await retrieve(demo, ids)).json()["meta"]["credits"]["charged"] == 10
    books = await demo.ledger()
    assert books["totals"]["charged"] == {"leadfeeder": 20}
    assert [line["credits"] for line in books["charges"]] == [5, 5, 10]
    assert books["charges"][0]["account"] == ACCOUNT
    assert sorted(books["charges"][0]["ids"]) == ids[:5]


async def test_each_account_pays_for_itself(demo: Demo) -> None:
    ids = sample_ids(demo.data, HERE, 10)
    await retrieve(demo, ids)
    assert (await retrieve(demo, ids, OTHER_ACCOUNT)).json()["meta"]["credits"]["charged"] == 10
    assert await remaining(demo, OTHER_ACCOUNT) == 10


async def test_companies_cost_extra_when_they_are_included(demo: Demo) -> None:
    people = [demo.data.by_id(HERE, identifier) for identifier in sample_ids(demo.data, HERE, 10)]
    employers = {person.company.index for person in people if person and person.company}
    answer = await retrieve(demo, sample_ids(demo.data, HERE, 10), include="company,buyer_personas")
    assert answer.json()["meta"]["credits"]["charged"] == 10 + len(employers)
    assert all("name" in one["relationships"]["company"]["attributes"] for one in answer.json()["data"])


async def test_without_enough_credits_nothing_is_sold(demo: Demo) -> None:
    answer = await retrieve(demo, sample_ids(demo.data, HERE, 21), OTHER_ACCOUNT)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["code"] == "quota_exceeded"
    assert await remaining(demo, OTHER_ACCOUNT) == 20
    assert (await retrieve(demo, sample_ids(demo.data, HERE, 20), OTHER_ACCOUNT)).status_code == 200


async def test_unknown_ids_are_left_out_and_free_and_the_order_is_another(demo: Demo) -> None:
    ids = sample_ids(demo.data, HERE, 30)
    answer = (await retrieve(demo, [*ids, "1", "abc", ids[0]])).json()
    returned = [one["id"] for one in answer["data"]]
    assert sorted(returned) == sorted(ids)
    assert returned != ids
    assert answer["meta"]["credits"]["charged"] == 30


async def test_records_are_uneven(demo: Demo) -> None:
    records = [one["attributes"] for one in (await retrieve(demo, sample_ids(demo.data, HERE, 100))).json()["data"]]
    assert any(record["emails"] == [] for record in records)
    assert any(record.get("phones") is None for record in records)
    assert any("gender" not in record for record in records)
    assert any(record["hierarchy_level"] is None for record in records)
    assert any(phone["blacklisted"] for record in records for phone in record["phones"] or [])


async def test_one_record_by_itself(demo: Demo) -> None:
    identifier = sample_ids(demo.data, HERE, 1)[0]
    answer = await demo[HERE].get(f"{CONTACTS}/{identifier}", params={"account_id": ACCOUNT})
    assert answer.json()["data"]["id"] == identifier
    assert answer.json()["meta"]["credits"]["charged"] == 1
    missing = await demo[HERE].get(f"{CONTACTS}/1", params={"account_id": ACCOUNT})
    assert missing.status_code == 404
    assert missing.json()["errors"][0]["code"] == "entity_not_found"


async def test_accounts_and_owner(demo: Demo) -> None:
    accounts = (await demo[HERE].get("/v1/accounts")).json()["data"]
    assert [one["id"] for one in accounts] == [ACCOUNT, OTHER_ACCOUNT]
    assert {one["type"] for one in accounts} == {"account_summary"}
    assert (await demo[HERE].get("/v1/accounts", params={"account_id": "5"})).status_code == 404
    owner = (await demo[HERE].get("/v1/users/me")).json()["data"]
    assert owner["type"] == "user"
    assert owner["attributes"]["email"].endswith(".example")


@pytest.mark.parametrize(
    ("body", "query"),
    [
        ({}, {}),
        ({"positions": []}, {}),
        ([], {}),
        ({"positions": "Head of Sales"}, {}),
        ({"positions": [1]}, {}),
        ({"positions": [""]}, {}),
        ({"job_titles": ["Head of Sales"]}, {}),
        ({"departments": ["lantern_department"]}, {}),
        ({"hierarchy_levels": ["boss"]}, {}),
        ({"affiliation": ["employee"]}, {}),
        ({"affiliation": "stranger"}, {}),
        ({"buyer_persona_ids": ["1"]}, {}),
        ({"positions": ["x"], "filters": {"has_email": True}}, {}),
        ({"positions": ["x"]}, {"page[size]": "101"}),
        ({"positions": ["x"]}, {"page[size]": "0"}),
        ({"positions": ["x"]}, {"page[size]": "many"}),
        ({"positions": ["x"]}, {"page[cursor]": "made-up"}),
        ({"positions": ["x"]}, {"limit": "5"}),
    ],
)
async def test_searches_the_service_does_not_take(demo: Demo, body: object, query: dict[str, str]) -> None:
    answer = await search(demo, body, **query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "bad_request"
    assert answer.json()["meta"]["request_id"]


async def test_a_cursor_goes_with_its_filters_and_account(demo: Demo) -> None:
    first = await search(demo, {"positions": ["sales"]})
    assert len(first.json()["data"]) == 20
    cursor = first.json()["meta"]["pagination"]["next_cursor"]
    assert (await search(demo, {"positions": ["sales"]}, **{"page[cursor]": cursor})).status_code == 200
    assert (await search(demo, {"positions": ["it"]}, **{"page[cursor]": cursor})).status_code == 400
    other = await search(demo, {"positions": ["sales"]}, account=OTHER_ACCOUNT, **{"page[cursor]": cursor})
    assert other.status_code == 400


@pytest.mark.parametrize(("account", "status"), [("", 400), ("5", 403)])
async def test_the_account_must_be_named_and_ours(demo: Demo, account: str, status: int) -> None:
    ids = sample_ids(demo.data, HERE, 1)
    assert (await search(demo, {"positions": ["x"]}, account=account)).status_code == status
    assert (await retrieve(demo, ids, account)).status_code == status
    assert (await demo[HERE].get("/v1/buyer-personas", params={"account_id": account})).status_code == status
    assert (await demo[HERE].get(CONTACTS, params={"ids": ids[0]})).status_code == 400


async def test_fetches_the_service_does_not_take(demo: Demo) -> None:
    ids = sample_ids(demo.data, HERE, 101)
    assert (await retrieve(demo, ids)).status_code == 400
    assert (await retrieve(demo, [])).status_code == 400
    assert (await retrieve(demo, ids[:1], include="everything")).status_code == 400
    assert (await demo.ledger())["totals"]["charged"] == {}


async def test_a_body_that_is_not_json(demo: Demo) -> None:
    query = {"account_id": ACCOUNT}
    assert (await demo[HERE].post(SEARCH, params=query, data={"positions": "x"})).status_code == 415
    broken = await demo[HERE].post(SEARCH, params=query, content=b"{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 400


@pytest.mark.parametrize(("key", "code"), [("", "missing_token"), ("wrong", "invalid_api_key")])
async def test_a_wrong_key_in_both_spellings(demo: Demo, key: str, code: str) -> None:
    live = await demo[HERE].get("/v1/users/me", headers={"X-Api-Key": key})
    assert live.status_code == 401
    assert live.json()["errors"][0]["code"] == live.json()["error"]["code"] == code
    demo.app.options.leadfeeder_errors = "flat"
    guide = await demo[HERE].get("/v1/users/me", headers={"X-Api-Key": key})
    assert guide.status_code == 403
    assert set(guide.json()) == {"code", "message"}
    assert guide.json()["code"] == code
    assert (await demo[HERE].get(CONTACTS)).json()["code"] == "bad_request"


async def test_a_bearer_header_is_no_key(demo: Demo) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=demo.app)) as client:
        url = "http://demo/leadfeeder/v1/users/me"
        answer = await client.get(url, headers={"Authorization": "Bearer demo-key"})
    assert answer.json()["error"]["code"] == "missing_token"


async def test_strict_limits_allow_a_burst_of_fifteen(demo: Demo) -> None:
    demo.app.options.strict_limits = True
    statuses = [(await demo[HERE].get("/v1/accounts")).status_code for _ in range(16)]
    assert statuses == [200] * 15 + [429]
    demo.clock.move(0.1)
    assert (await demo[HERE].get("/v1/accounts")).status_code == 200
    refused = await demo[HERE].get("/v1/accounts")
    assert refused.json()["errors"][0]["code"] == "too_many_requests"


async def test_other_paths_and_methods(demo: Demo) -> None:
    assert (await demo[HERE].get("/v1/companies")).status_code == 404
    assert (await demo[HERE].delete("/v1/accounts")).status_code == 405
