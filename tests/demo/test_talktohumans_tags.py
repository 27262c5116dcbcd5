"""The demo's tags: changed per account, seen at once, found by the filters."""

from typing import Any

import httpx
import pytest

from app.domain.provider import Provider
from tests.demo.conftest import Demo

HERE = Provider.TALKTOHUMANS


async def rows(demo: Demo, **query: str) -> list[dict[str, Any]]:
    answer = await demo[HERE].get("/v1/contacts", params={"limit": "25", **query})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["data"]["contacts"]
    return found


async def patch(demo: Demo, contact_id: str, body: Any) -> httpx.Response:
    return await demo[HERE].patch(f"/v1/contacts/{contact_id}", json=body)


def names(row: dict[str, Any]) -> list[str]:
    return [tag["name"] for tag in row["tags"]]


async def test_tags_are_put_on_and_taken_off_seen_and_found(demo: Demo) -> None:
    row = (await rows(demo, tag="Hot lead", account_id="42"))[0]
    contact_id = row["contact_id"]
    body = {
        "account_id": "42",
        "tags": {"add": [{"name": "Quarter four", "color": "red"}, {"name": "hot LEAD"}], "remove": ["Näheres klären"]},
    }
    answer = await patch(demo, contact_id, body)
    assert answer.status_code == 200
    changed = answer.json()["data"]["contact"]
    assert changed == row | {"tags": changed["tags"]}
    assert names(changed) == sorted({*names(row), "Quarter four"} - {"Näheres klären"}), "case makes no second tag"
    for filters in ({"tag": "quarter FOUR"}, {"search": "quarter"}):
        assert [one["contact_id"] for one in await rows(demo, **filters)] == [contact_id]
    taken = (
        await patch(demo, contact_id, {"account_id": "42", "tags": {"remove": ["quarter four", "never there"]}})
    ).json()
    assert "Quarter four" not in names(taken["data"]["contact"])
    assert await rows(demo, tag="Quarter four") == []
    last = (await demo.ledger())["requests"]
    assert next(line for line in last if line["method"] == "PATCH")["ids"] == [contact_id]


async def test_tags_belong_to_one_account(demo: Demo) -> None:
    theirs = {row["contact_id"] for row in await rows(demo, account_id="57")}
    both = next(row for row in await rows(demo, account_id="42") if row["contact_id"] in theirs)
    await patch(demo, both["contact_id"], {"account_id": "42", "tags": {"add": [{"name": "Only here"}]}})
    [tagged] = await rows(demo, tag="Only here")
    assert tagged["account"]["account_id"] == "42"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ([], 400),
        ({}, 400),
        ({"account_id": 42, "tags": {"add": [{"name": "x"}]}}, 400),
        ({"account_id": "42"}, 400),
        ({"account_id": "42", "tags": []}, 400),
        ({"account_id": "42", "tags": {}}, 400),
        ({"account_id": "42", "tags": {"add": ["x"]}}, 400),
        ({"account_id": "42", "tags": {"add": [{"name": ""}]}}, 400),
        ({"account_id": "42", "tags": {"add": [{"name": "x", "colour": "red"}]}}, 400),
        ({"account_id": "42", "tags": {"add": [{"name": "x", "color": 5}]}}, 400),
        ({"account_id": "42", "tags": {"remove": [{"name": "x"}]}}, 400),
        ({"account_id": "42", "tags": {"remove": "x"}}, 400),
        ({"account_id": "42", "tags": {"set": ["x"]}}, 400),
        ({"account_id": "42", "tags": {"remove": ["x"]}, "notes": "x"}, 400),
        ({"account_id": "x", "tags": {"remove": ["x"]}}, 400),
        ({"account_id": "99", "tags": {"remove": ["x"]}}, 403),
    ],
)
async def test_what_the_vendor_would_refuse_is_refused(demo: Demo, body: Any, status: int) -> None:
    row = (await rows(demo, account_id="42"))[0]
    answer = await patch(demo, row["contact_id"], body)
    assert answer.status_code == status
    assert answer.json()["error"]["message"]
    assert (await rows(demo, account_id="42"))[0] == row


async def test_strangers_other_bodies_and_other_methods(demo: Demo) -> None:
    body = {"account_id": "42", "tags": {"remove": ["x"]}}
    assert (await patch(demo, "999999999", body)).status_code == 404
    networks = [
        set(
            (await demo.control.get("rows", params={"provider": "talktohumans", "account_id": one})).json()[
                "contact_ids"
            ]
        )
        for one in ("42", "57")
    ]
    stranger = min(networks[1] - networks[0])
    assert (await patch(demo, stranger, body)).status_code == 404
    client = demo[HERE]
    assert (await client.patch("/v1/contacts/15001", content=b"{}")).status_code == 400
    broken = await client.patch("/v1/contacts/15001", content=b"{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 400
    assert (await client.get("/v1/contacts/15001")).status_code == 405


async def test_conversations_come_in_pages_and_filter_contacts(demo: Demo) -> None:
    client = demo[HERE]
    first = (await client.get("/v1/conversations", params={"limit": "5", "account_id": "42"})).json()["data"]
    assert first["pagination"]["has_more"] is True
    more = {"limit": "5", "account_id": "42", "cursor": first["pagination"]["next_cursor"]}
    second = (await client.get("/v1/conversations", params=more)).json()["data"]
    ids = [one["conversation_id"] for page in (first, second) for one in page["conversations"]]
    assert len(set(ids)) == 10
    one = first["conversations"][0]
    members = {member["contact_id"] for member in one["participants"]}
    assert {row["contact_id"] for row in await rows(demo, conversation_id=one["conversation_id"])} == members
