"""Tamtam's company search, whose answer is laid out in a way nobody published; and the summary of a contacts list."""

import json
from typing import Any

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from app.domain.companies import CompanyMatch, CompanyQuery
from app.domain.errors import InvalidRequestError, NotFoundError, UnreadableAnswerError
from app.domain.lists import ListSummary
from app.domain.provider import Provider
from app.providers.tamtam import Tamtam
from app.providers.tamtam_companies import candidates
from tests.providers.support import make_service

LUMEN = {"linkedin_id": "104924588", "name": "Lumen Ledger", "website": "https://www.lumen.example/de", "country": "FR"}
LIST_ID = "0a4b9d9e-3c2f-4a55-9a58-6c0e6a3d1f77"


def answering(method: str, path: str, answer: httpx.Response) -> tuple[Tamtam, respx.Route]:
    router = respx.Router()
    route = router.route(method=method, path=f"/api{path}").mock(return_value=answer)
    made = make_service(Provider.TAMTAM, router)
    assert isinstance(made, Tamtam)
    return made, route


def companies(document: Any) -> tuple[Tamtam, respx.Route]:
    return answering(
        "POST",
        "/v2/companies/search",
        httpx.Response(200, text=json.dumps(document), headers={"content-type": "application/json"}),
    )


@pytest.mark.parametrize(
    "document",
    [
        {"companies": [LUMEN]},
        {"results": [LUMEN], "total": 1},
        [LUMEN],
        LUMEN,
        {"company": LUMEN},
        {"data": {"query": {"terms": [{"a": 1}]}, "candidates": [LUMEN]}},
        {"candidates": [{"company": LUMEN, "score": 0.5}]},
    ],
)
async def test_candidates_are_found_wherever_they_are(document: Any) -> None:
    tamtam, _ = companies(document)
    [match] = await tamtam.find_companies(CompanyQuery(name="Lumen"))
    assert (match.name, match.domain, match.linkedin_id, match.country) == (
        "Lumen Ledger",
        "lumen.example",
        "104924588",
        "FR",
    )


async def test_ids_scores_and_domains_are_read_under_their_usual_names() -> None:
    entry = {"id": 7, "companyName": "Northgate", "domains": ["northgate.example"], "matchScore": 0.91}
    shared = {"name": "No site of its own", "website": "https://www.linkedin.com/company/x", "score": 40}
    tamtam, _ = companies({"items": [entry, shared, {"note": "no company"}, None]})
    assert await tamtam.find_companies(CompanyQuery(name="n")) == (
        CompanyMatch("7", "Northgate", "northgate.example", score=0.91),
        CompanyMatch("", "No site of its own", ""),
    )


@pytest.mark.parametrize("document", [[], {}, None, {"companies": []}, {"companies": None}, {"data": {"items": []}}])
async def test_an_empty_answer_means_none(document: Any) -> None:
    tamtam, _ = companies(document)
    assert await tamtam.find_companies(CompanyQuery(domain="lumen.example")) == ()


@pytest.mark.parametrize("document", ["text", 5, {"status": "ok"}, {"companies": [1, 2]}, [{"a": 1}]])
async def test_an_answer_without_companies_never_looks_like_none_found(document: Any) -> None:
    tamtam, _ = companies(document)
    with pytest.raises(UnreadableAnswerError, match="no companies"):
        await tamtam.find_companies(CompanyQuery(domain="lumen.example"))


async def test_an_answer_that_is_cut_off_is_no_answer() -> None:
    cut = httpx.Response(200, text='{"companies": [', headers={"content-type": "application/json"})
    tamtam, _ = answering("POST", "/v2/companies/search", cut)
    with pytest.raises(UnreadableAnswerError):
        await tamtam.find_companies(CompanyQuery(name="Lumen"))


async def test_only_what_is_known_is_sent_and_five_candidates_at_most_come_back() -> None:
    tamtam, route = companies([LUMEN | {"name": str(number)} for number in range(9)])
    query = CompanyQuery(domain="https://www.Lumen.example/x", linkedin_id=" 104924588 ")
    assert len(await tamtam.find_companies(query)) == 5
    assert json.loads(route.calls.last.request.content) == {"domain": "lumen.example", "linkedin_id": "104924588"}


async def test_without_anything_known_nothing_is_asked() -> None:
    tamtam, route = companies([])
    with pytest.raises(InvalidRequestError):
        await tamtam.find_companies(CompanyQuery(name=" "))
    assert not route.called


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["name", "domain", "url", "score", "id", "companies"]), inner, max_size=5)
    ),
    max_leaves=15,
)


@given(JSON)
def test_no_layout_trips_the_reader(document: Any) -> None:
    for match in candidates(document) or []:
        assert match.name or match.domain


async def test_a_contacts_list_tells_name_and_size() -> None:
    known = {
        "id": LIST_ID,
        "account_id": "c1d2e3f4-1111-4222-8333-444455556666",
        "name": "Paris sales leaders",
        "contacts_count": 42,
        "created_at": "2026-03-02T09:15:00Z",
        "is_managed": True,
        "tags": ["q2", None],
        "company_linkedin_ids": None,
    }
    tamtam, route = answering("GET", f"/v2/contacts-lists/{LIST_ID}", httpx.Response(200, json=known))
    assert await tamtam.contacts_list(LIST_ID) == ListSummary(
        LIST_ID, "Paris sales leaders", 42, is_managed=True, tags=("q2",)
    )
    assert route.calls.last.request.url.query == b""
    sparse = {"id": LIST_ID, "name": "", "contacts_count": 0, "is_managed": False, "tags": None}
    tamtam, _ = answering("GET", f"/v2/contacts-lists/{LIST_ID}", httpx.Response(200, json=sparse))
    assert await tamtam.contacts_list(LIST_ID) == ListSummary(LIST_ID, LIST_ID, 0)


async def test_a_list_that_is_unknown_or_unreadable_is_told_apart() -> None:
    tamtam, _ = answering("GET", "/v2/contacts-lists/x", httpx.Response(404, json={"detail": "not found"}))
    with pytest.raises(NotFoundError):
        await tamtam.contacts_list("x")
    tamtam, _ = answering("GET", "/v2/contacts-lists/x", httpx.Response(200, json={"name": "?"}))
    with pytest.raises(UnreadableAnswerError, match="no id"):
        await tamtam.contacts_list("x")
