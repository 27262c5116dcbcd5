from collections import Counter
from typing import Any

import pytest

from app.demo.app import people_rows
from app.domain.provider import Provider
from tests.demo.conftest import ENRICHMENT_SECONDS, Demo

HERE = Provider.TAMTAM
ENRICH = "/v2/people/enrich"
LONGEST = ENRICHMENT_SECONDS * 1.6
Batch = dict[str, Any]


def requests_for(demo: Demo, count: int, *fields: str, start: int = 0) -> list[Batch]:
    rows = people_rows(demo.data, start + count)[start:]
    wanted = [f"contact.{field}" for field in fields]
    return [
        {
            "firstname": row["first_name"],
            "lastname": row["last_name"],
            "domain": row["domain"],
            **({"linkedin_url": row["linkedin_url"]} if row["linkedin_url"] else {}),
            "enrich_fields": wanted,
            "custom": {"client_key": f"key-{number}", "note": "ähm"},
        }
        for number, row in enumerate(rows)
    ]


async def submit(demo: Demo, requests: list[Batch]) -> str:
    answer = await demo[HERE].post(ENRICH, json={"requests": requests})
    assert answer.status_code == 202, answer.text
    accepted = answer.json()
    assert accepted["status"] == "PROCESSING"
    assert accepted["item_count"] == len(requests)
    request_id: str = accepted["request_id"]
    return request_id


async def poll(demo: Demo, request_id: str) -> Batch:
    answer = await demo[HERE].get(f"{ENRICH}/{request_id}")
    assert answer.status_code == 200
    body: Batch = answer.json()
    assert body["request_id"] == request_id
    return body


async def people_credits(demo: Demo) -> int:
    lines = (await demo[HERE].get("/v2/credits")).json()["credits"]
    left: int = next(line["remaining_credits"] for line in lines if line["credit_type"] == "MaxPeopleEnrichments")
    return left


def outcomes(results: list[Batch]) -> Counter[str]:
    """How the e-mails and phones of a finished answer per field ended."""
    counts: Counter[str] = Counter()
    for entry in results:
        kind = entry["enrichment_type"].removeprefix("contact.")
        if entry["status"] == "FAILED":
            assert entry["error"]
            counts[f"{kind} failed"] += 1
        else:
            counts[f"{kind} {'found' if entry[kind] else 'not found'}"] += 1
    return counts


async def test_results_arrive_bit_by_bit_and_then_all(demo: Demo) -> None:
    demo.app.options.layout = "person"
    request_id = await submit(demo, requests_for(demo, 20, "emails"))
    first = await poll(demo, request_id)
    assert (first["status"], first["results"]) == ("PROCESSING", None)
    sizes = []
    while (await poll(demo, request_id))["status"] == "PROCESSING":
        sizes.append(len((await poll(demo, request_id))["results"] or []))
        demo.clock.move(ENRICHMENT_SECONDS / 10)
    assert sizes == sorted(sizes)
    assert 0 < sizes[-1] < 20
    final = await poll(demo, request_id)
    assert final["status"] == "COMPLETED"
    assert len(final["results"]) == final["item_count"] == 20
    assert await poll(demo, request_id) == final


async def test_custom_comes_back_and_never_in_the_order_sent(demo: Demo) -> None:
    demo.app.options.layout = "person"
    for _ in range(5):
        request_id = await submit(demo, requests_for(demo, 3, "emails"))
        demo.clock.move(LONGEST)
        keys = [one["custom"]["client_key"] for one in (await poll(demo, request_id))["results"]]
        assert sorted(keys) == ["key-0", "key-1", "key-2"]
        assert keys != sorted(keys)


async def test_there_are_hits_misses_and_failures_for_both_fields(demo: Demo) -> None:
    demo.app.options.layout = "field"
    request_id = await submit(demo, requests_for(demo, 100, "emails", "phones"))
    demo.clock.move(LONGEST)
    results = (await poll(demo, request_id))["results"]
    assert len(results) == 200
    counts = outcomes(results)
    for kind in ("emails", "phones"):
        for end in ("found", "not found", "failed"):
            assert counts[f"{kind} {end}"] > 0, (kind, end)
    assert counts["emails found"] > counts["phones found"] > 25
    verdicts = {email["status"] for one in results for email in one.get("emails") or []}
    assert verdicts == {"DELIVERABLE", "HIGH_PROBABILITY", "CATCH_ALL", "INVALID"}
    assert any("most_probable_email" in one for one in results)
    assert any(one.get("emails") and "most_probable_email" not in one for one in results)


async def test_the_same_person_always_ends_the_same_way(demo: Demo) -> None:
    demo.app.options.layout = "field"
    answers = []
    for _ in range(2):
        request_id = await submit(demo, requests_for(demo, 50, "emails", "phones"))
        demo.clock.move(LONGEST)
        results = (await poll(demo, request_id))["results"]
        answers.append(sorted(results, key=lambda one: (one["custom"]["client_key"], one["enrichment_type"])))
    assert answers[0] == answers[1]


async def test_the_name_alone_finds_whom_the_profile_finds(demo: Demo) -> None:
    with_profile = [one for one in requests_for(demo, 60, "emails") if "linkedin_url" in one]
    without = [{name: value for name, value in one.items() if name != "linkedin_url"} for one in with_profile]
    demo.app.options.layout = "person"
    found = []
    for requests in (with_profile, without):
        request_id = await submit(demo, requests)
        demo.clock.move(LONGEST)
        results = (await poll(demo, request_id))["results"]
        found.append({one["custom"]["client_key"]: one.get("emails") for one in results})
    assert found[0] == found[1]


async def test_layouts_alternate_unless_one_is_forced(demo: Demo) -> None:
    sizes = []
    for layout in ("", "", "person", "field"):
        demo.app.options.layout = layout
        request_id = await submit(demo, requests_for(demo, 4, "emails", "phones"))
        demo.clock.move(LONGEST)
        sizes.append(len((await poll(demo, request_id))["results"]))
    assert sizes == [8, 4, 4, 8]


async def test_one_entry_per_person_holds_both_fields(demo: Demo) -> None:
    demo.app.options.layout = "person"
    request_id = await submit(demo, requests_for(demo, 100, "emails", "phones"))
    demo.clock.move(LONGEST)
    results = (await poll(demo, request_id))["results"]
    assert {one["enrichment_type"] for one in results} == {"contact.emails,contact.phones"}
    assert any(one.get("emails") and one.get("phones") for one in results)
    assert any(one["status"] == "COMPLETED" and "error" in one for one in results)


async def test_credits_are_reserved_then_confirmed_or_released(demo: Demo) -> None:
    demo.app.options.layout = "field"
    before = await people_credits(demo)
    request_id = await submit(demo, requests_for(demo, 100, "emails", "phones"))
    assert await people_credits(demo) == before - 1100
    assert (await demo.ledger())["totals"]["reserved"] == 1100
    demo.clock.move(LONGEST)
    counts = outcomes((await poll(demo, request_id))["results"])
    cost = counts["emails found"] + 10 * counts["phones found"]
    assert await people_credits(demo) == before - cost
    books = await demo.ledger()
    assert books["totals"]["reserved"] == 0
    assert books["totals"]["charged"] == {"tamtam": cost}
    assert books["totals"]["paid_twice"] == []
    assert {line["request_id"] for line in books["charges"]} == {request_id}


async def test_the_books_show_submits_and_what_was_paid_twice(demo: Demo) -> None:
    for _ in range(2):
        await submit(demo, requests_for(demo, 10, "emails"))
    demo.clock.move(LONGEST)
    books = await demo.ledger()
    assert [submit["client_keys"] for submit in books["submits"]] == [[f"key-{n}" for n in range(10)]] * 2
    assert [submit["item_count"] for submit in books["submits"]] == [10, 10]
    assert books["submits"][0]["fields"] == ["emails"]
    assert len(books["totals"]["paid_twice"]) * 2 == books["totals"]["charged"]["tamtam"]


async def test_without_enough_credits_the_whole_batch_is_refused(demo: Demo) -> None:
    await demo.control.post("credits", json={"provider": "tamtam", "remaining": 99})
    refused = await demo[HERE].post(ENRICH, json={"requests": requests_for(demo, 100, "emails")})
    assert refused.status_code == 402
    assert refused.json() == {"title": "Payment Required", "status": 402, "detail": "not enough credits"}
    assert (await demo.ledger())["submits"] == []
    await submit(demo, requests_for(demo, 99, "emails"))


async def test_an_unknown_request_is_a_404(demo: Demo) -> None:
    assert (await demo[HERE].get(f"{ENRICH}/7d1e4a52-90b3-4c55-8f0e-3a1d5b7c9e21")).status_code == 404


@pytest.mark.parametrize("domain", ["quill.com", "lanterns.co.uk", "example.org.evil.net"])
async def test_no_address_is_invented_where_somebody_could_live(demo: Demo, domain: str) -> None:
    demo.app.options.layout = "field"
    people = [
        {"firstname": f"Ada{n}", "lastname": "Quillmere", "domain": domain, "enrich_fields": ["contact.emails"]}
        for n in range(50)
    ]
    request_id = await submit(demo, people)
    demo.clock.move(LONGEST)
    assert not any(one.get("emails") for one in (await poll(demo, request_id))["results"])


async def test_people_outside_the_data_set_can_be_found_too(demo: Demo) -> None:
    demo.app.options.layout = "person"
    people = [
        {"firstname": f"Ada{n}", "lastname": "Quillmere", "domain": "far.example", "enrich_fields": ["contact.emails"]}
        for n in range(50)
    ]
    request_id = await submit(demo, people)
    demo.clock.move(LONGEST)
    results = (await poll(demo, request_id))["results"]
    addresses = [email["email"] for one in results for email in one.get("emails") or []]
    assert addresses
    assert all(address.endswith("@far.example") for address in addresses)
    assert not any("custom" in one for one in results)


async def test_a_batch_can_fail_as_a_whole(demo: Demo) -> None:
    before = await people_credits(demo)
    await demo.fault("batch_failed", provider="tamtam", path=ENRICH)
    request_id = await submit(demo, requests_for(demo, 10, "emails"))
    demo.clock.move(LONGEST)
    answer = await poll(demo, request_id)
    assert (answer["status"], answer["results"]) == ("FAILED", None)
    assert await people_credits(demo) == before
