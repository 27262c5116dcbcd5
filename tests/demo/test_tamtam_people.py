"""The demo's Tamtam people search: priced per person, paged by token, refusing what the vendor refuses."""

from typing import Any

import httpx
import pytest

from app.demo.dataset import FLAGSHIP_COMPANY
from app.domain.provider import Provider
from tests.demo.conftest import Demo
from tests.demo.test_tamtam import problem

HERE = Provider.TAMTAM
SEARCH, COMPANIES, LISTS = "/v2/people/search", "/v2/companies/search", "/v2/contacts-lists/"
SALES = {"job_titles_includes": ["Head of Sales"]}


async def search(demo: Demo, **body: Any) -> httpx.Response:
    return await demo[HERE].post(SEARCH, json=body)


async def company_credits(demo: Demo) -> int:
    lines = (await demo[HERE].get("/v2/credits")).json()["credits"]
    left: int = next(line["remaining_credits"] for line in lines if line["credit_type"] == "MaxCompanyEnrichments")
    return left


async def all_pages(demo: Demo, **body: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        answer = await search(demo, **body)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        rows += page["results"] or []
        if not page["has_more"]:
            assert page["next_cursor"] is None
            return rows
        assert len(page["results"]) == 25
        body = {"next_cursor": page["next_cursor"]}


async def test_pages_give_exactly_the_rows_the_server_holds_at_a_credit_each(demo: Demo) -> None:
    before = await company_credits(demo)
    rows = await all_pages(demo, **SALES)
    held = await demo.rows(HERE, job_titles_includes="Head of Sales")
    assert [row["contact_id"] for row in rows] == held
    assert len(held) > 60
    assert before - await company_credits(demo) == len(held)
    books = await demo.ledger()
    assert books["totals"]["charged"] == {"tamtam": len(held)}
    assert [identifier for charge in books["charges"] for identifier in charge["ids"]] == held


async def test_the_number_of_people_is_told_once_and_rows_have_no_addresses(demo: Demo) -> None:
    first = (await search(demo, **SALES)).json()
    assert first["total_count"] == len(await demo.rows(HERE, job_titles_includes="Head of Sales"))
    assert "total_count" not in (await search(demo, next_cursor=first["next_cursor"])).json()
    always = {"contact_id", "first_name", "last_name", "job_title", "linkedin_profile_id", "profile_url"}
    for row in first["results"]:
        assert always <= row.keys()
        assert row.keys().isdisjoint({"email", "phone", "domain"})


async def test_nobody_is_null_and_free(demo: Demo) -> None:
    before = await company_credits(demo)
    answer = (await search(demo, job_titles_includes=["Lighthouse keeper"])).json()
    assert (answer["results"], answer["has_more"], answer["total_count"]) == (None, False, 0)
    assert await company_credits(demo) == before
    assert (await demo.ledger())["charges"] == []


async def test_filters_narrow_and_excludes_take_away(demo: Demo) -> None:
    sales = set(await demo.rows(HERE, job_titles_includes="Sales"))
    german = set(await demo.rows(HERE, countries="DE"))
    both = set(await demo.rows(HERE, job_titles_includes="Sales", countries="DE"))
    assert both == sales & german
    assert both
    without = set(await demo.rows(HERE, job_titles_includes="Sales", job_titles_excludes="Intern"))
    assert without < sales
    small = set(await demo.rows(HERE, company_headcounts=["A", "B"]))
    large = set(await demo.rows(HERE, company_headcounts=["I"]))
    assert small
    assert large
    assert small.isdisjoint(large)
    changed = set(await demo.rows(HERE, recently_changed_jobs="true"))
    stayed = set(await demo.rows(HERE, recently_changed_jobs="false"))
    assert changed.isdisjoint(stayed)
    assert len(changed | stayed) == len(await demo.rows(HERE))
    industry = set(await demo.rows(HERE, industry_includes_ids="industry-0"))
    others = set(await demo.rows(HERE, industry_excludes_ids="industry-0"))
    assert industry
    assert industry.isdisjoint(others)
    titled = set(await demo.rows(HERE, canonical_job_titles_includes_ids="title-0"))
    untitled = set(await demo.rows(HERE, canonical_job_titles_excludes_ids="title-0"))
    assert titled
    assert titled.isdisjoint(untitled)
    assert await demo.rows(HERE, years_of_experience="6_10")
    assert await demo.rows(HERE, years_of_experience="ages") == []
    assert await demo.rows(HERE, company_hq_countries="FR")


async def test_people_are_found_by_name_and_employer(demo: Demo) -> None:
    row = (await search(demo, **SALES)).json()["results"][0]
    found = await all_pages(demo, first_name=row["first_name"].upper(), last_name=row["last_name"])
    assert row["contact_id"] in {one["contact_id"] for one in found}
    flagship = await all_pages(demo, company_linkedin_ids=["900000000"])
    assert {one["company_linkedin_id"] for one in flagship} == {"900000000"}


async def test_hints_and_deprecated_members_change_nothing(demo: Demo) -> None:
    with_hints = (
        await search(demo, **SALES, keywords="x", seniority_includes=["head"], cursor="old", countries=None)
    ).json()
    assert with_hints["total_count"] == (await search(demo, **SALES)).json()["total_count"]


async def test_a_sentence_is_understood_and_says_how(demo: Demo) -> None:
    answer = (await search(demo, prompt="Head of Sales at lantern makers in France")).json()
    assert answer["filter_reasoning"].startswith("Read as Head of Sales")
    assert answer["filter_reasoning"].endswith("and FR")
    assert answer["results"]
    assert all(row["location"].endswith("France") for row in answer["results"])
    assert (await search(demo, prompt="somebody nice")).json()["results"] is None


async def test_a_token_expires_and_is_bound_to_its_search(demo: Demo) -> None:
    token = (await search(demo, **SALES)).json()["next_cursor"]
    again = [(await search(demo, next_cursor=token)).json()["results"] for _ in range(2)]
    assert again[0] == again[1], "a token may be used again, and is charged again"
    demo.clock.move(16 * 60)
    assert problem(await search(demo, next_cursor=token), 400)["detail"] == "invalid or expired cursor"
    problem(await search(demo, next_cursor="made-up"), 400)


@pytest.mark.parametrize(
    "body",
    [
        {"prompt": "x", "countries": ["FR"]},
        {"next_cursor": "x", "countries": ["FR"]},
        {"countries": "FR"},
        {"countries": [1]},
        {"first_name": ["Ada"]},
        {"recently_changed_jobs": "true"},
        {"company_headcounts": ["11-50"]},
        {"company_headcounts": ["AB"]},
        {"shoe_size": 44},
    ],
)
async def test_what_the_schema_forbids_is_refused_and_free(demo: Demo, body: dict[str, Any]) -> None:
    problem(await search(demo, **body), 422)
    assert (await demo.ledger())["charges"] == []


async def test_without_credits_nothing_is_sold(demo: Demo) -> None:
    await demo.control.post(
        "credits", json={"provider": "tamtam", "credit_type": "MaxCompanyEnrichments", "remaining": 24}
    )
    problem(await search(demo, **SALES), 402)
    assert await company_credits(demo) == 24


async def test_an_answer_that_is_withheld_has_been_charged(demo: Demo) -> None:
    before = await company_credits(demo)
    await demo.fault("drop_reply", provider="tamtam", path=SEARCH)
    with pytest.raises(TimeoutError):
        await search(demo, **SALES)
    assert before - await company_credits(demo) == 25


async def test_companies_are_found_by_any_of_four_members(demo: Demo) -> None:
    for known in (
        {"name": FLAGSHIP_COMPANY},
        {"domain": "quillmark-lanterns.example"},
        {"linkedin_id": "900000000"},
        {"linkedin_url": "https://www.linkedin.com/company/quillmark-lanterns-demo/"},
    ):
        [first, *_] = (await demo[HERE].post(COMPANIES, json=known)).json()["companies"]
        assert (first["name"], first["linkedin_id"]) == (FLAGSHIP_COMPANY, "900000000"), known
    some = (await demo[HERE].post(COMPANIES, json={"name": "Lanterns"})).json()["companies"]
    assert len(some) == 5
    country = some[-1]["country"]
    narrowed = (await demo[HERE].post(COMPANIES, json={"name": "Lanterns", "country": country})).json()["companies"]
    assert {company["country"] for company in narrowed} == {country}
    assert (await demo[HERE].post(COMPANIES, json={"name": "no such company"})).json() == {"companies": None}
    assert (await demo.ledger())["charges"] == []


@pytest.mark.parametrize("body", [{}, {"name": " "}, {"country": "FR"}, {"name": 5}, {"name": "x", "size": "large"}])
async def test_a_company_search_needs_one_of_its_members(demo: Demo, body: dict[str, Any]) -> None:
    problem(await demo[HERE].post(COMPANIES, json=body), 422)


async def test_a_contacts_list_has_a_size_but_no_members(demo: Demo) -> None:
    answer = (await demo[HERE].get(LISTS + "0A4B9D9E-3c2f-4a55-9a58-6c0e6a3d1f77", params={"account_id": "x"})).json()
    assert (answer["contacts_count"], answer["is_managed"]) == (42, False)
    assert "contacts" not in answer
    problem(await demo[HERE].get(LISTS + "another"), 404)
    problem(await demo[HERE].get(LISTS + "another", params={"page": "2"}), 422)
