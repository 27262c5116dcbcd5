"""Tamtam's people search: what is asked, what a page costs, where it ends, and what is never asked twice."""

import json
from typing import Any

import httpx
import pytest
import respx

from app.domain.contact import RecordKind
from app.domain.errors import InvalidRequestError, NoCreditsError, OutcomeUnknownError, RateLimitedError
from app.domain.provider import Provider
from app.domain.search import ChoiceSource, FilterKind, SearchQuery
from app.providers.tamtam import Tamtam
from app.providers.tamtam_search import FILTERS
from tests.providers.support import make_service

ID = "b3c6f5e2-1234-4abc-9def-0123456789ab"
PERSON = {
    "contact_id": ID.upper(),
    "first_name": "Nora",
    "last_name": "Sampleton",
    "job_title": "Sales Director",
    "linkedin_profile_id": "nora-sampleton",
    "profile_url": "https://www.linkedin.com/in/nora-sampleton",
    "company_name": "Lumen Ledger",
    "company_linkedin_id": "104924588",
    "location": "Paris, France",
    "summary": "Sells.\nGladly.",
}


def query(**values: tuple[str, ...]) -> SearchQuery:
    return SearchQuery(Provider.TAMTAM, values)


DIRECTORS = query(job_titles_includes=("Sales Director",))


def answering(*answers: httpx.Response | Exception) -> tuple[Tamtam, respx.Route]:
    router = respx.Router()
    route = router.post(path="/api/v2/people/search").mock(side_effect=list(answers))
    made = make_service(Provider.TAMTAM, router)
    assert isinstance(made, Tamtam)
    return made, route


def page(*rows: Any, **more: Any) -> httpx.Response:
    return httpx.Response(200, json={"results": list(rows), **more})


def sent(route: respx.Route) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(route.calls.last.request.content)
    return body


async def test_every_filter_is_sent_under_the_apis_own_name_and_type() -> None:
    tamtam, route = answering(page())
    values = {spec.name: ("x", "y") if spec.takes_many else ("x",) for spec in FILTERS if not spec.stands_alone}
    values |= {
        "countries": ("fr", "DE"),
        "company_hq_countries": ("be",),
        "company_headcounts": ("C", "I"),
        "recently_changed_jobs": ("false",),
    }
    await tamtam.search(query(**values))
    assert sent(route) == {
        "job_titles_includes": ["x", "y"],
        "job_titles_excludes": ["x", "y"],
        "canonical_job_titles_includes_ids": ["x", "y"],
        "canonical_job_titles_excludes_ids": ["x", "y"],
        "countries": ["FR", "DE"],
        "company_hq_countries": ["BE"],
        "company_linkedin_ids": ["x", "y"],
        "company_headcounts": ["C", "I"],
        "industry_includes_ids": ["x", "y"],
        "industry_excludes_ids": ["x", "y"],
        "first_name": "x",
        "last_name": "x",
        "keywords": "x",
        "years_of_experience": ["x", "y"],
        "recently_changed_jobs": False,
    }


def test_deprecated_filters_are_not_offered_and_choices_have_words() -> None:
    names = {spec.name for spec in FILTERS}
    assert names.isdisjoint({"seniority_includes", "seniority_excludes", "cursor", "next_cursor"})
    by_name = {spec.name: spec for spec in FILTERS}
    headcounts = by_name["company_headcounts"]
    assert [choice.value for choice in headcounts.choices] == list("ABCDEFGHI")
    assert all(choice.label != choice.value for choice in headcounts.choices)
    assert by_name["recently_changed_jobs"].kind is FilterKind.CHOICE
    assert by_name["prompt"].stands_alone


async def test_a_person_becomes_a_summary_that_cost_a_credit() -> None:
    tamtam, _ = answering(page(PERSON, {"first_name": "No id"}, has_more=False, next_cursor=None, total_count=2))
    found = await tamtam.search(DIRECTORS)
    [record] = found.records
    assert (record.provider_id, record.kind, record.credits_charged) == (ID, RecordKind.SUMMARY, 1)
    assert record.fields.display_name == "Nora Sampleton"
    assert record.fields.company_linkedin_id == "104924588"
    assert record.fields.linkedin_url == "https://www.linkedin.com/in/nora-sampleton"
    assert record.fields.about == "Sells.\nGladly."
    assert record.fields.company_domain == ""
    assert (found.total, found.next_cursor) == (2, None)
    assert len(found.quarantined) == 1
    assert found.credits_charged == 2, "what cannot be read was returned, and so is charged"


@pytest.mark.parametrize(
    ("more", "following"),
    [
        ({"has_more": True, "next_cursor": "t2"}, "t2"),
        ({"has_more": False, "next_cursor": "t2"}, None),
        ({"has_more": "yes", "next_cursor": "t2"}, None),
        ({"has_more": True, "next_cursor": ""}, None),
        ({"has_more": True}, None),
        ({"next_cursor": "t2"}, "t2"),
        ({"next_cursor": None}, None),
        ({"has_more": True, "next_cursor": "t1"}, None),
    ],
)
async def test_paging_goes_on_only_with_a_new_token(more: dict[str, Any], following: str | None) -> None:
    tamtam, route = answering(page(PERSON, **more))
    found = await tamtam.search(DIRECTORS, cursor="t1", limit=3)
    assert sent(route) == {"next_cursor": "t1"}, "the token stands for the whole query"
    assert found.next_cursor == following
    assert found.total is None


async def test_null_results_are_nobody_and_cost_nothing() -> None:
    tamtam, _ = answering(httpx.Response(200, json={"results": None, "has_more": False, "total_count": 0}))
    found = await tamtam.search(DIRECTORS)
    assert (found.records, found.credits_charged, found.total) == ((), 0, 0)


async def test_what_would_cost_without_need_is_never_sent() -> None:
    tamtam, route = answering()
    with pytest.raises(InvalidRequestError, match="at least one filter"):
        await tamtam.search(query(first_name=("",)))
    with pytest.raises(InvalidRequestError, match="not both"):
        await tamtam.search(query(prompt=("heads of sales",), countries=("FR",)))
    assert not route.called


@pytest.mark.parametrize(
    "trouble",
    [
        httpx.ReadTimeout("late"),
        httpx.RemoteProtocolError("broken off"),
        httpx.Response(503),
        httpx.Response(200, json={"total_count": 3}),
        httpx.Response(200, json=[PERSON]),
        httpx.Response(200, html="<html>sign in</html>"),
    ],
)
async def test_a_page_whose_answer_was_not_seen_is_not_asked_for_again(trouble: httpx.Response | Exception) -> None:
    tamtam, route = answering(trouble, page(PERSON))
    with pytest.raises(OutcomeUnknownError, match="may or may not") as caught:
        await tamtam.search(DIRECTORS)
    assert route.call_count == 1
    assert "cost twice" in caught.value.next_step


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(402, json={"detail": "not enough credits"}), NoCreditsError),
        (httpx.Response(429, json={"Message": "Too Many Requests"}), RateLimitedError),
        (httpx.Response(422, json={"detail": "validation failed"}), InvalidRequestError),
    ],
)
async def test_a_refusal_is_told_as_one(answer: httpx.Response, error: type[Exception]) -> None:
    tamtam, route = answering(answer)
    with pytest.raises(error):
        await tamtam.search(DIRECTORS)
    assert route.call_count == 1


async def test_an_expired_token_says_that_pages_would_be_charged_again() -> None:
    expired = httpx.Response(400, json={"status": 400, "detail": "invalid or expired cursor"})
    tamtam, _ = answering(expired)
    with pytest.raises(InvalidRequestError, match="where this search was") as caught:
        await tamtam.search(DIRECTORS, cursor="old")
    assert "charged again" in caught.value.next_step
    tamtam, _ = answering(httpx.Response(400, json={"status": 400, "detail": "first page broken"}))
    with pytest.raises(InvalidRequestError, match="first page broken"):
        await tamtam.search(DIRECTORS)


async def test_no_choices_come_from_the_service() -> None:
    tamtam, _ = answering()
    assert await tamtam.choices(ChoiceSource.ACCOUNTS) == ()
