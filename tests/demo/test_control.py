import pytest

from app.demo.app import sample_ids
from app.domain.provider import Provider
from tests.demo.conftest import Demo


async def test_the_books_show_requests_without_the_key(demo: Demo) -> None:
    ids = sample_ids(demo.data, Provider.LEADFEEDER, 2)
    await demo[Provider.LEADFEEDER].get("/v1/contacts", params={"ids": ",".join(ids), "account_id": "123456"})
    await demo[Provider.TALKTOHUMANS].get("/v1/contacts", params={"headline": "sales"})
    await demo[Provider.TAMTAM].get("/v2/credits", headers={"Authorization": "wrong-secret"})
    books = await demo.ledger()
    assert [(line["provider"], line["status"]) for line in books["requests"]] == [
        ("leadfeeder", 200),
        ("talktohumans", 200),
        ("tamtam", 401),
    ]
    assert books["requests"][0]["ids"] == ids
    assert books["requests"][1]["query"] == {"headline": ["sales"]}
    assert books["requests"][2]["at"] == "2026-11-21T09:00:00.000Z"
    assert books["totals"]["requests"] == {"leadfeeder": 1, "talktohumans": 1, "tamtam": 1}
    assert "demo-key" not in str(books)
    assert "secret" not in str(books)
    await demo.control.delete("ledger")
    assert (await demo.ledger())["requests"] == []


async def test_balances_are_shown_and_set(demo: Demo) -> None:
    await demo.control.post("credits", json={"provider": "leadfeeder", "account": "789012", "remaining": 3})
    await demo.control.post("credits", json={"provider": "tamtam", "remaining": 5})
    balances = (await demo.control.get("credits")).json()
    assert balances["leadfeeder"]["789012"]["remaining"] == 3
    assert balances["leadfeeder"]["123456"]["remaining"] == 9800
    assert balances["tamtam"]["MaxPeopleEnrichments"]["remaining"] == 5


@pytest.mark.parametrize(
    "body", [{}, {"provider": "leadfeeder"}, {"provider": "leadfeeder", "account": "1", "remaining": 1}]
)
async def test_a_balance_that_does_not_exist_is_refused(demo: Demo, body: object) -> None:
    assert (await demo.control.post("credits", json=body)).status_code == 400


async def test_switches_are_shown_and_set(demo: Demo) -> None:
    switches = {"layout": "person", "enrichment_seconds": 2, "strict_limits": True}
    answer = await demo.control.post("options", json=switches)
    assert answer.json()["layout"] == "person"
    assert (await demo.control.get("options")).json() == answer.json()
    assert demo.app.options.strict_limits
    wrongs: list[object] = [{"layout": "table"}, {"colour": "red"}, {"latency_ms": True}, []]
    for wrong in wrongs:
        assert (await demo.control.post("options", json=wrong)).status_code == 400


async def test_rows_of_services_without_search_are_all_of_theirs(demo: Demo) -> None:
    for provider in (Provider.TAMTAM, Provider.BUILDWORKPRO, Provider.LEADFEEDER):
        everybody = sample_ids(demo.data, provider, 10_000)
        assert await demo.rows(provider) == everybody


@pytest.mark.parametrize(
    "query",
    [{}, {"provider": "acme"}, {"provider": "leadfeeder", "departments": "x"}, {"provider": "talktohumans", "x": "y"}],
)
async def test_rows_of_nothing_real_are_refused(demo: Demo, query: dict[str, str]) -> None:
    assert (await demo.control.get("rows", params=query)).status_code == 400
