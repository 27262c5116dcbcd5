from collections.abc import Mapping
from typing import Any

import pytest

from app.demo.dataset import FLAGSHIP_COMPANY
from app.domain.provider import Provider
from tests.demo.conftest import Demo

HERE = Provider.TALKTOHUMANS
Row = dict[str, Any]


async def all_pages(demo: Demo, **filters: str | list[str]) -> list[Row]:
    rows: list[Row] = []
    cursor: Mapping[str, str] = {}
    while True:
        answer = await demo[HERE].get("/v1/contacts", params={**filters, "limit": "25", **cursor})
        assert answer.status_code == 200, answer.text
        data = answer.json()["data"]
        rows += data["contacts"]
        if not data["pagination"]["has_more"]:
            assert not data["pagination"].get("next_cursor")
            return rows
        cursor = {"cursor": data["pagination"]["next_cursor"]}


def relation_ids(rows: list[Row]) -> list[str]:
    return [row["account_relationship_id"] for row in rows]


async def test_pages_give_exactly_the_rows_the_server_holds(demo: Demo) -> None:
    rows = await all_pages(demo, company_name=FLAGSHIP_COMPANY)
    assert relation_ids(rows) == await demo.rows(HERE, company_name=FLAGSHIP_COMPANY)
    assert len(set(relation_ids(rows))) == len(rows) > 60


async def test_a_person_is_in_the_network_of_several_accounts(demo: Demo) -> None:
    rows = await all_pages(demo, company_name=FLAGSHIP_COMPANY)
    accounts: dict[str, set[str]] = {}
    for row in rows:
        accounts.setdefault(row["contact_id"], set()).add(row["account"]["account_id"])
    assert any(len(each) == 3 for each in accounts.values())
    assert any(len(each) == 1 for each in accounts.values())


@pytest.mark.parametrize("spelling", [["42", "57"], ["57,42"]])
async def test_accounts_are_repeated_or_joined(demo: Demo, spelling: list[str]) -> None:
    rows = await all_pages(demo, company_name=FLAGSHIP_COMPANY, account_id=spelling)
    assert {row["account"]["account_id"] for row in rows} == {"42", "57"}


async def test_accounts_that_the_key_sees(demo: Demo) -> None:
    accounts = (await demo[HERE].get("/v1/accounts")).json()["data"]["accounts"]
    assert [account["account_id"] for account in accounts] == ["42", "57", "63"]
    members = {"account_id", "display_name", "provider_account_id", "owner_user_id"}
    assert all(set(account) == members for account in accounts)


async def test_the_employer_may_be_a_past_one_and_spelling_does_not_matter(demo: Demo) -> None:
    rows = await all_pages(demo, company_name="QUILLMÁRK lanterns")
    assert relation_ids(rows) == await demo.rows(HERE, company_name=FLAGSHIP_COMPANY)
    for row in rows:
        assert FLAGSHIP_COMPANY in {job["company_name"] for job in row["experiences"]}
    assert any(row["primary_company_name"] != FLAGSHIP_COMPANY for row in rows)


async def test_filters_narrow_each_other(demo: Demo) -> None:
    company = set(await demo.rows(HERE, company_name=FLAGSHIP_COMPANY))
    sales = set(await demo.rows(HERE, headline="sales"))
    both = set(await demo.rows(HERE, company_name=FLAGSHIP_COMPANY, headline="sales"))
    assert both == company & sales
    assert 0 < len(both) < len(company)


async def test_each_filter_finds_what_it_says(demo: Demo) -> None:
    rows = await all_pages(demo, headline="head of sales at")
    assert rows
    assert all("head of sales at" in row["headline"].lower() for row in rows)
    rows = await all_pages(demo, location="leeds")
    assert rows
    assert all("Leeds" in row["locations"][0]["linkedin_text"] for row in rows)
    rows = await all_pages(demo, tag="hot LEAD", location="germany")
    assert rows
    assert all({"name": "Hot lead"} in row["tags"] for row in rows)
    rows = await all_pages(demo, company_size="51-200", location="germany")
    assert rows
    assert {row["company"]["headcount"] for row in rows} == {"51-200"}
    assert relation_ids(rows) == await demo.rows(HERE, company_size="120", location="germany")
    assert await demo.rows(HERE, company_size="medium") == []


async def test_relationship_states_divide_the_network(demo: Demo) -> None:
    states = [
        set(await demo.rows(HERE, relationship_status=state)) for state in ("connected", "not_connected", "unknown")
    ]
    everybody = set(await demo.rows(HERE))
    assert everybody == set(await demo.rows(HERE, relationship_status="any"))
    assert sum(map(len, states)) == len(everybody)
    pending = await all_pages(demo, invitation_status="pending", location="leeds")
    assert pending
    assert {row["connection_invitation"]["invite_state"] for row in pending} == {"pending"}
    assert set(relation_ids(pending)) <= states[1]


async def test_query_takes_names_handles_and_profile_urls(demo: Demo) -> None:
    row = next(row for row in await all_pages(demo, company_name=FLAGSHIP_COMPANY) if row.get("linkedin_url"))
    for query in (row["linkedin_url"], row["linkedin_url"].upper() + "/", row["linkedin_url"].rpartition("/")[2]):
        found = await all_pages(demo, query=query)
        assert {other["contact_id"] for other in found} == {row["contact_id"]}, query
    assert row["contact_id"] in {other["contact_id"] for other in await all_pages(demo, query=row["name"].upper())}
    assert await demo.rows(HERE, query="https://www.linkedin.com/in/nobody-of-ours") == []


async def test_search_is_wider_than_query(demo: Demo) -> None:
    assert await demo.rows(HERE, query="lantern trade fair") == []
    everybody = await all_pages(demo, location="leeds")
    noted = {row["account_relationship_id"] for row in everybody if "lantern trade fair" in row.get("notes_json", "")}
    assert noted
    assert noted <= set(await demo.rows(HERE, search="lantern trade fair", location="leeds"))
    assert await demo.rows(HERE, search="qwertzuiop nonsense") == []


async def test_conversations_lead_to_their_members(demo: Demo) -> None:
    answer = await demo[HERE].get("/v1/conversations", params={"limit": "25", "account_id": "42"})
    conversations = answer.json()["data"]["conversations"]
    assert len(conversations) == 25
    assert any(one["is_group"] for one in conversations)
    for conversation in conversations[:5]:
        assert conversation["account"]["account_id"] == "42"
        members = await demo.rows(HERE, conversation_id=conversation["conversation_id"])
        assert members == [one["account_relationship_id"] for one in conversation["participants"]]
    cursor = answer.json()["data"]["pagination"]["next_cursor"]
    again = await demo[HERE].get("/v1/conversations", params={"limit": "25", "account_id": "42", "cursor": cursor})
    ids = {one["conversation_id"] for one in again.json()["data"]["conversations"]}
    assert ids.isdisjoint(one["conversation_id"] for one in conversations)


async def test_rows_have_what_is_promised_and_leave_out_what_is_not(demo: Demo) -> None:
    rows = await all_pages(demo, search="portland") + await all_pages(demo, query="quill")
    promised = {
        "account_relationship_id", "contact_id", "provider_participant_id", "account", "name", "tags", "languages",
        "experiences", "educations", "locations",
    }  # fmt: skip
    assert all(promised <= set(row) for row in rows)
    assert any("first_name" not in row for row in rows)
    assert any(row.get("last_name", "") is None for row in rows)
    assert not any({"email", "phone"} & set(row) for row in rows)


async def test_the_page_size_is_ten_and_never_above_25(demo: Demo) -> None:
    for asked, given in ((None, 10), ("3", 3), ("25", 25), ("500", 25)):
        answer = await demo[HERE].get("/v1/contacts", params={"limit": asked} if asked else {})
        data = answer.json()["data"]
        assert data["pagination"]["limit"] == len(data["contacts"]) == given


@pytest.mark.parametrize(
    ("parameters", "status"),
    [
        ({"limit": "0"}, 400),
        ({"limit": "-1"}, 400),
        ({"limit": "ten"}, 400),
        ({"relationship_status": "friends"}, 400),
        ({"invitation_status": "accepted"}, 400),
        ({"account_id": "x42"}, 400),
        ({"account_id": "99"}, 403),
        ({"cursor": "made-up"}, 400),
        ({"company": "Quillmark"}, 400),
    ],
)
async def test_what_the_service_does_not_take(demo: Demo, parameters: dict[str, str], status: int) -> None:
    answer = await demo[HERE].get("/v1/contacts", params=parameters)
    assert answer.status_code == status
    assert set(answer.json()["error"]) == {"code", "message"}


async def test_a_cursor_goes_with_its_filters(demo: Demo) -> None:
    first = await demo[HERE].get("/v1/contacts", params={"headline": "sales"})
    cursor = first.json()["data"]["pagination"]["next_cursor"]
    assert (await demo[HERE].get("/v1/contacts", params={"headline": "sales", "cursor": cursor})).status_code == 200
    for headline, other in (("marketing", cursor), ("sales", cursor[:-3] + "AAA")):
        answer = await demo[HERE].get("/v1/contacts", params={"headline": headline, "cursor": other})
        assert answer.status_code == 400


@pytest.mark.parametrize("header", [None, "demo-key", "Bearer wrong", "Basic demo-key", "Bearer "])
async def test_a_wrong_key_is_refused(demo: Demo, header: str | None) -> None:
    headers = {"Authorization": header} if header else {"Authorization": ""}
    answer = await demo[HERE].get("/v1/accounts", headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {"error": {"code": "unauthorized", "message": "The API key is missing or not valid."}}


async def test_strict_limits_keep_a_gap(demo: Demo) -> None:
    demo.app.options.strict_limits = True
    assert (await demo[HERE].get("/v1/accounts")).status_code == 200
    early = await demo[HERE].get("/v1/accounts")
    assert early.status_code == 429
    assert early.headers["Retry-After"] == "1"
    assert early.json()["error"]["code"] == "rate_limited"
    demo.clock.move(0.25)
    assert (await demo[HERE].get("/v1/accounts")).status_code == 200
