"""The demo's lists, companies and usage at Leadfeeder."""

from typing import Any

import httpx
import pytest

from app.demo.app import sample_ids
from app.demo.dataset import FLAGSHIP_COMPANY
from app.domain.provider import Provider
from tests.demo.conftest import Demo

HERE = Provider.LEADFEEDER
ACCOUNT, OTHER_ACCOUNT = "123456", "789012"
LISTS = "/v1/lists"


async def ask(
    demo: Demo, method: str, path: str, body: Any = None, *, account: str = ACCOUNT, **query: str
) -> httpx.Response:
    return await demo[HERE].request(method, path, params={"account_id": account, **query}, json=body)


async def lists(demo: Demo, account: str = ACCOUNT, **query: str) -> list[dict[str, Any]]:
    answer = await ask(demo, "GET", LISTS, account=account, **{"filter[scope]": "contact", **query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def reference(*list_ids: str) -> dict[str, Any]:
    return {"data": [{"type": "list", "id": list_id} for list_id in list_ids]}


def new_list(**attributes: Any) -> dict[str, Any]:
    return {"data": {"type": "list", "attributes": attributes}}


async def lists_of(demo: Demo, contact: str, account: str = ACCOUNT) -> list[str]:
    data = (await ask(demo, "GET", f"/v1/contacts/{contact}", account=account)).json()["data"]
    return [one["id"] for one in data["relationships"]["lists"]]


async def test_lists_are_made_read_and_paged(demo: Demo) -> None:
    made = await ask(demo, "POST", LISTS, new_list(name="Fair", scope="contact"))
    assert made.status_code == 201
    created = made.json()["data"]
    assert created["attributes"]["name"] == "Fair"
    assert (await ask(demo, "GET", f"{LISTS}/{created['id']}")).json()["data"] == created
    everything = await lists(demo)
    assert everything[-1] == created
    paged = [(await lists(demo, **{"page[num]": str(n), "page[size]": "3"})) for n in (1, 2)]
    assert [one for page in paged for one in page] == everything
    pages = (await ask(demo, "GET", LISTS, **{"filter[scope]": "contact", "page[size]": "3"})).json()["meta"][
        "pagination"
    ]
    assert pages == {"page_num": 1, "page_size": 3, "page_count": 2}
    assert created["id"] not in {one["id"] for one in await lists(demo, OTHER_ACCOUNT)}


async def test_members_come_and_go_without_cost(demo: Demo) -> None:
    [contact] = sample_ids(demo.data, HERE, 1)
    first, second = (one["id"] for one in (await lists(demo))[:2])
    assert await lists_of(demo, contact) == []
    before = (await demo.ledger())["totals"]["charged"]
    for _ in range(2):
        added = await ask(demo, "POST", f"/v1/contacts/{contact}/lists", reference(first, second))
        assert added.status_code == 200
    assert await lists_of(demo, contact) == [first, second]
    removed = await ask(demo, "DELETE", f"/v1/contacts/{contact}/lists", reference(first))
    assert (removed.status_code, removed.content) == (204, b"")
    assert await lists_of(demo, contact) == [second]
    assert await lists_of(demo, contact, OTHER_ACCOUNT) == []
    assert (await demo.ledger())["totals"]["charged"]["leadfeeder"] == before["leadfeeder"] + 1, (
        "the other account's read"
    )


@pytest.mark.parametrize(
    "body",
    [
        [],
        {},
        {"data": {"type": "tag", "attributes": {"name": "x", "scope": "contact"}}},
        new_list(name="", scope="contact"),
        new_list(name=5, scope="contact"),
        new_list(name="x", scope="people"),
        new_list(name="x"),
        new_list(name="x", scope="contact", colour="red"),
        {"data": {"type": "list"}},
        new_list(name="x", scope="contact") | {"meta": {}},
    ],
)
async def test_a_list_that_is_none_is_refused(demo: Demo, body: Any) -> None:
    before = await lists(demo)
    answer = await ask(demo, "POST", LISTS, body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["code"] == "bad_request"
    assert await lists(demo) == before


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"filter[scope]": "people"},
        {"filter[scope]": "contact", "page[num]": "0"},
        {"filter[scope]": "contact", "page[size]": "101"},
        {"filter[scope]": "contact", "sort": "name"},
    ],
)
async def test_a_page_of_lists_that_is_none_is_refused(demo: Demo, query: dict[str, str]) -> None:
    assert (await ask(demo, "GET", LISTS, **query)).status_code == 400


async def test_membership_is_refused_for_strangers(demo: Demo) -> None:
    [contact] = sample_ids(demo.data, HERE, 1)
    path = f"/v1/contacts/{contact}/lists"
    known = (await lists(demo))[0]["id"]
    for_companies = (await ask(demo, "GET", LISTS, **{"filter[scope]": "company"})).json()["data"][0]["id"]
    for body, status in (
        ({"data": []}, 400),
        ({"data": known}, 400),
        ({"data": [{"type": "tag", "id": known}]}, 400),
        ({"data": [{"type": "list"}]}, 400),
        (reference(for_companies), 400),
        (reference("contact_0"), 404),
    ):
        assert (await ask(demo, "POST", path, body)).status_code == status, body
    assert (await ask(demo, "POST", "/v1/contacts/1/lists", reference(known))).status_code == 404
    assert (await ask(demo, "POST", path, reference(known), account="5")).status_code == 403
    assert (await ask(demo, "GET", f"{LISTS}/contact_0")).status_code == 404
    plain = await demo[HERE].post(path, params={"account_id": ACCOUNT}, content=b"{}")
    assert plain.status_code == 415


async def test_companies_match_by_domain_or_name(demo: Demo) -> None:
    wanted = [{"url": "www.quillmark-lanterns.example"}, {"company_name": "lanterns", "country": "x"}, {"vat_id": "5"}]
    answer = (await ask(demo, "POST", "/v1/companies/match", {"companies": wanted}, max_results_per_company="3")).json()
    by_domain, by_name, by_vat = answer["data"]
    assert by_domain[0]["relationships"]["company_summary"]["attributes"]["name"] == FLAGSHIP_COMPANY
    scores = [one["attributes"]["match_score"] for one in by_name]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert by_vat == []
    assert answer["meta"]["credits"] == {"charged": 0}


async def test_companies_are_searched_in_pages_and_found_in_contacts(demo: Demo) -> None:
    path, body = "/v1/companies/search", {"search_terms": ["Lanterns"]}
    first = (await ask(demo, "POST", path, body, **{"page[size]": "5"})).json()
    cursor = first["meta"]["pagination"]["next_cursor"]
    second = (await ask(demo, "POST", path, body, **{"page[size]": "5", "page[cursor]": cursor})).json()
    ids = [one["id"] for page in (first, second) for one in page["data"]]
    assert len(set(ids)) == 10
    people = await demo.rows(HERE, company_ids=ids[0])
    assert people
    assert (await ask(demo, "POST", path, {"search_terms": ["Ledger"]}, **{"page[cursor]": cursor})).status_code == 400


@pytest.mark.parametrize(
    ("path", "body", "query"),
    [
        ("match", {"companies": []}, {}),
        ("match", {"companies": [{"city": "Linz"}]}, {}),
        ("match", {"companies": [{"url": "x.example"}] * 201}, {}),
        ("match", {"companies": [{"url": "x.example"}]}, {"max_results_per_company": "21"}),
        ("match", {"companies": [{"url": "x.example"}], "limit": 5}, {}),
        ("search", {}, {}),
        ("search", {"search_terms": "x"}, {}),
        ("search", {"search_terms": ["x"], "colour": "red"}, {}),
    ],
)
async def test_a_company_request_that_is_none_is_refused(
    demo: Demo, path: str, body: Any, query: dict[str, str]
) -> None:
    assert (await ask(demo, "POST", f"/v1/companies/{path}", body, **query)).status_code == 400


async def test_usage_counts_requests_per_endpoint_and_month(demo: Demo) -> None:
    await lists(demo)
    [contact] = sample_ids(demo.data, HERE, 1)
    await lists_of(demo, contact)
    answer = await ask(demo, "GET", "/v1/usage", start_period="2026-10", end_period="2026-11")
    counted = {one["attributes"]["endpoint"]: one["attributes"]["requests"] for one in answer.json()["data"]}
    assert counted["GET /v1/lists"] == counted["GET /v1/contacts/{id}"] == 1
    before = await ask(demo, "GET", "/v1/usage", start_period="2026-01", end_period="2026-10")
    assert before.json()["data"] == []
    for start, end in (("2026-11", "2026-10"), ("2026", "2026-10"), ("2026-10", "2026-13")):
        assert (await ask(demo, "GET", "/v1/usage", start_period=start, end_period=end)).status_code == 400
