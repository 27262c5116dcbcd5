"""Leadfeeder's companies: matched first, searched where nothing matches."""

import json
from typing import Any

import httpx
import pytest
import respx

from app.domain.companies import CompanyMatch, CompanyQuery
from app.domain.errors import InvalidRequestError, UnreadableAnswerError
from app.domain.provider import Provider
from app.providers.leadfeeder import Leadfeeder
from tests.providers.support import make_service

SUMMARY: dict[str, Any] = {
    "type": "company_summary",
    "id": "129011",
    "attributes": {
        "name": "Example Identity GmbH",
        "url": "https://www.identity.example",
        "address": {"city": "Karlsruhe", "country_code": "de"},
    },
}


def match(score: Any = 0.97, **more: Any) -> dict[str, Any]:
    summary = SUMMARY | more
    return {
        "type": "company_match",
        "id": summary["id"],
        "attributes": {"match_score": score},
        "relationships": {"company_summary": summary},
    }


def companies(matched: Any, found: Any = ()) -> tuple[Leadfeeder, respx.Route, respx.Route]:
    router = respx.Router()
    matching = router.post(path="/v1/companies/match").mock(return_value=httpx.Response(200, json={"data": matched}))
    search = router.post(path="/v1/companies/search").mock(return_value=httpx.Response(200, json={"data": list(found)}))
    made = make_service(Provider.LEADFEEDER, router)
    assert isinstance(made, Leadfeeder)
    return made, matching, search


async def find(lead: Leadfeeder, **known: str) -> tuple[CompanyMatch, ...]:
    return await lead.find_companies(CompanyQuery(**known), account_id="1001")


async def test_what_is_known_is_matched_and_the_surest_comes_first() -> None:
    lead, matching, search = companies([[match(0.4, id="7"), match()]])
    assert await find(lead, name="Example Identity", domain="https://Identity.example/x") == (
        CompanyMatch("129011", "Example Identity GmbH", "identity.example", score=0.97, country="DE"),
        CompanyMatch("7", "Example Identity GmbH", "identity.example", score=0.4, country="DE"),
    )
    request = matching.calls.last.request
    assert json.loads(request.content) == {
        "companies": [{"company_name": "Example Identity", "url": "identity.example"}]
    }
    assert dict(request.url.params) == {"account_id": "1001", "max_results_per_company": "10"}
    assert not search.called


@pytest.mark.parametrize(
    "entry",
    [
        match(),
        [match()],
        {"id": 129011, "attributes": SUMMARY["attributes"] | {"match_score": 0.97}},
        match() | {"id": None},
        match() | {"relationships": {"company_summary": [SUMMARY]}},
    ],
)
async def test_every_shape_of_a_match_is_read(entry: Any) -> None:
    lead, _, _ = companies([entry, {"attributes": {"name": "No id"}}, 5, None])
    [found] = await find(lead, domain="identity.example")
    assert (found.company_id, found.domain, found.score) == ("129011", "identity.example", 0.97)


async def test_where_nothing_matches_a_search_finds_what_it_can() -> None:
    lead, _, search = companies([[]], [SUMMARY, SUMMARY | {"attributes": None, "id": "5"}])
    assert await find(lead, name=" Identity ", domain="identity.example") == (
        CompanyMatch("129011", "Example Identity GmbH", "identity.example", country="DE"),
        CompanyMatch("5", "", ""),
    )
    assert json.loads(search.calls.last.request.content) == {"search_terms": ["identity.example"]}
    assert dict(search.calls.last.request.url.params) == {"account_id": "1001", "page[size]": "10"}


@pytest.mark.parametrize("score", [None, "high", 1.5, True])
async def test_a_score_that_is_none_is_left_out(score: Any) -> None:
    lead, _, _ = companies([[match(score)]])
    assert (await find(lead, name="x"))[0].score is None


async def test_linkedin_alone_is_not_enough_and_an_answer_without_data_is_no_answer() -> None:
    lead, matching, _ = companies(None)
    with pytest.raises(InvalidRequestError, match="name or domain"):
        await find(lead, linkedin_id="5")
    assert not matching.called
    router = respx.Router()
    router.post(path="/v1/companies/match").mock(return_value=httpx.Response(200, json={"meta": {}}))
    with pytest.raises(UnreadableAnswerError):
        await find(make_service(Provider.LEADFEEDER, router), name="x")
