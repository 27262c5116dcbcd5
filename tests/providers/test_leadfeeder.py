import json
from typing import Any

import httpx
import pytest
import respx

from app.domain.contact import EmailValue, PhoneValue, RecordKind
from app.domain.credits import Account, BalanceLine
from app.domain.errors import (
    InvalidRequestError,
    NetworkError,
    PermissionDeniedError,
    TryLaterError,
    UnreadableAnswerError,
)
from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, SearchQuery
from app.providers.leadfeeder import Leadfeeder
from app.providers.leadfeeder_filters import FILTERS
from tests.providers.support import KEY, make_service

BASE = "https://api.leadfeeder.com"

ATTRIBUTES: dict[str, Any] = {
    "first_name": "Ada",
    "last_name": "Northfield",
    "title": "Dr.",
    "position": {"title": "Geschäftsführerin", "language_code": "DE"},
    "hierarchy_level": "employees",
    "departments": ["sales_department", None],
    "address": {"city": "Karlsruhe", "country_code": "de", "country": "Germany"},
    "emails": [
        {"address": "ada@northfield.example", "source": "fullenrich"},
        {"address": None},
        "b@northfield.example",
    ],
    "phones": [
        {"number": "+49 721 1", "type": "landline", "blacklisted": True, "source": None},
        {"number": "+49 721 2", "type": "mobile", "blacklisted": False, "source": "fullenrich"},
        "+49 721 3",
    ],
    "social_media_profiles": {
        "linkedin": [
            {"url": "https://www.linkedin.com/company/northfield"},
            {"url": "https://www.linkedin.com/in/ada-northfield", "source": None},
        ],
        "xing": [],
    },
}
CONTACT = {
    "type": "contact",
    "id": "435834",
    "attributes": ATTRIBUTES,
    "relationships": {"company": {"id": "129011", "type": "company"}, "lists": []},
}


def body(*rows: Any, charged: Any = 0, **meta: Any) -> dict[str, Any]:
    return {"data": list(rows), "meta": {"credits": {"charged": charged}, "request_id": "req-7", **meta}}


def query(**values: tuple[str, ...]) -> SearchQuery:
    return SearchQuery(Provider.LEADFEEDER, {"account_id": ("1001",), **values})


def service(router: respx.Router) -> Leadfeeder:
    made = make_service(Provider.LEADFEEDER, router)
    assert isinstance(made, Leadfeeder)
    return made


def answering(method: str, path: str, answer: Any, status: int = 200) -> tuple[Leadfeeder, respx.Route]:
    router = respx.Router()
    route = router.route(method=method, path=path).mock(return_value=httpx.Response(status, json=answer))
    return service(router), route


async def test_every_filter_is_sent_under_the_apis_own_name() -> None:
    lead, route = answering("POST", "/v1/contacts/search", body())
    values = {spec.name: ("x", "y") if spec.takes_many else ("x",) for spec in FILTERS if spec.name != "account_id"}
    await lead.search(query(**values), cursor="c 2", limit=50)
    request = route.calls.last.request
    assert json.loads(request.content) == {
        name: ["x", "y"]
        for name in "search_terms emails company_ids positions departments hierarchy_levels buyer_persona_ids".split()
    } | {"affiliation": "x"}
    assert request.url.params.multi_items() == [("account_id", "1001"), ("page[size]", "50"), ("page[cursor]", "c 2")]
    assert request.headers["x-api-key"] == KEY
    assert "authorization" not in request.headers


@pytest.mark.parametrize(("limit", "sent"), [(None, "100"), (500, "100"), (7, "7"), (-1, "1")])
async def test_the_page_size_is_always_said(limit: int | None, sent: str) -> None:
    lead, route = answering("POST", "/v1/contacts/search", body())
    await lead.search(query(positions=("CEO",)), limit=limit)
    assert dict(route.calls.last.request.url.params)["page[size]"] == sent


async def test_an_empty_search_or_one_without_account_is_never_sent() -> None:
    lead, route = answering("POST", "/v1/contacts/search", body())
    with pytest.raises(InvalidRequestError, match="at least one filter"):
        await lead.search(query(positions=("",)))
    with pytest.raises(InvalidRequestError, match="choose one"):
        await lead.search(SearchQuery(Provider.LEADFEEDER, {"positions": ("CEO",)}))
    assert not route.called


async def test_summaries_may_be_masked_and_charges_are_read() -> None:
    masked = {"type": "masked_contact_summary", "id": 5, "attributes": {"first_name": "A***", "position": "CEO"}}
    lead, _ = answering(
        "POST", "/v1/contacts/search", body(CONTACT, masked, charged=2, pagination={"next_cursor": "n"})
    )
    found = await lead.search(query(positions=("CEO",)))
    assert [(one.provider_id, one.kind, one.fields.masked) for one in found.records] == [
        ("435834", RecordKind.SUMMARY, False),
        ("5", RecordKind.SUMMARY, True),
    ]
    assert found.records[1].fields.job_title == "CEO"
    assert (found.next_cursor, found.credits_charged, found.request_id) == ("n", 2, "req-7")
    assert all(one.account_id == "1001" and one.credits_charged == 0 for one in found.records)


@pytest.mark.parametrize(
    "pagination", [{"next_cursor": None}, {"next_cursor": ""}, {"next_cursor": "same"}, {}, None, 3]
)
async def test_the_last_page_is_recognised(pagination: Any) -> None:
    lead, _ = answering("POST", "/v1/contacts/search", body(pagination=pagination))
    assert (await lead.search(query(positions=("CEO",)), cursor="same")).next_cursor is None


async def test_full_records_are_asked_for_without_include_and_read_in_full() -> None:
    lead, route = answering("GET", "/v1/contacts", body(CONTACT, charged=1))
    fetched = await lead.fetch_by_ids(["435834", "9", "435834"], account_id="1001")
    assert route.calls.last.request.url.params.multi_items() == [("ids", "435834,9"), ("account_id", "1001")]
    assert fetched.credits_charged == 1
    (record,) = fetched.records
    assert (record.kind, record.credits_charged, record.account_id) == (RecordKind.FULL, 1, "1001")
    assert json.loads(record.raw) == CONTACT
    fields = record.fields
    assert fields.display_name == "Ada Northfield"
    assert fields.job_title == "Geschäftsführerin"
    assert fields.seniority == "employees"
    assert fields.departments == ("sales_department",)
    assert (fields.location, fields.country_code) == ("Karlsruhe, Germany", "DE")
    assert fields.linkedin_url == "https://www.linkedin.com/in/ada-northfield"
    assert fields.emails == (
        EmailValue("ada@northfield.example", source="fullenrich"),
        EmailValue("b@northfield.example"),
    )
    assert fields.phones == (
        PhoneValue("+49 721 2", kind="mobile", source="fullenrich"),
        PhoneValue("+49 721 3"),
        PhoneValue("+49 721 1", kind="landline", blocked=True),
    )
    assert (fields.company_name, fields.company_domain) == ("", "")


@pytest.mark.parametrize("as_list", [False, True])
async def test_a_company_that_comes_along_is_used(as_list: bool) -> None:
    company: Any = {
        "id": "1",
        "type": "company",
        "attributes": {"name": "Northfield", "url": "http://www.northfield.example", "employee_range": "51-200"},
    }
    row = CONTACT | {"relationships": {"company": [company] if as_list else company}}
    lead, _ = answering("GET", "/v1/contacts", body(row))
    (record,) = (await lead.fetch_by_ids(["435834"], account_id="1")).records
    assert record.fields.company_name == "Northfield"
    assert record.fields.company_domain == "northfield.example"
    assert record.fields.company_size == "51-200"


async def test_a_charge_that_cannot_be_split_over_rows_stays_with_the_answer() -> None:
    lead, _ = answering("GET", "/v1/contacts", body(CONTACT, CONTACT | {"id": "2"}, charged=1))
    fetched = await lead.fetch_by_ids(["435834", "2"], account_id="1")
    assert fetched.credits_charged == 1
    assert [one.credits_charged for one in fetched.records] == [0, 0]


def employed_at(contact_id: str, company: Any) -> dict[str, Any]:
    return CONTACT | {"id": contact_id, "relationships": {"company": company}}


@pytest.mark.parametrize(("charged", "each"), [(5, [1, 1, 1]), (3, [0, 0, 0]), (0, [0, 0, 0])])
async def test_companies_come_along_when_asked_for_and_are_counted(charged: int, each: list[int]) -> None:
    acme, other = {"type": "company", "id": "c1"}, {"type": "company", "id": 2}
    rows = (employed_at("1", acme), employed_at("2", [acme, other]), employed_at("3", None))
    lead, route = answering("GET", "/v1/contacts", body(*rows, charged=charged))
    fetched = await lead.fetch_by_ids(["1", "2", "3"], account_id="1", include_company=True)
    assert route.calls.last.request.url.params["include"] == "company"
    assert (fetched.companies, fetched.credits_charged) == (2, charged)
    assert [one.credits_charged for one in fetched.records] == each
    await lead.fetch_by_ids(["1"], account_id="1")
    assert "include" not in route.calls.last.request.url.params


@pytest.mark.parametrize("charged", [None, "many", -3, {}])
async def test_an_odd_charge_counts_as_none(charged: Any) -> None:
    lead, _ = answering("GET", "/v1/contacts", body(CONTACT, charged=charged))
    assert (await lead.fetch_by_ids(["435834"], account_id="1")).credits_charged == 0


async def test_ids_that_do_not_fit_one_request_or_have_no_account_are_not_sent() -> None:
    lead, route = answering("GET", "/v1/contacts", body())
    assert (await lead.fetch_by_ids([], account_id="1")).records == ()
    with pytest.raises(InvalidRequestError, match="100 IDs"):
        await lead.fetch_by_ids([str(n) for n in range(101)], account_id="1")
    with pytest.raises(InvalidRequestError, match="account"):
        await lead.fetch_by_ids(["1"])
    assert not route.called


async def test_bad_rows_are_set_aside() -> None:
    lead, _ = answering("GET", "/v1/contacts", body({"type": "contact"}, [], CONTACT, {"id": "3", "attributes": []}))
    fetched = await lead.fetch_by_ids(["435834", "3"], account_id="1")
    assert [one.provider_id for one in fetched.records] == ["435834", "3"]
    assert len(fetched.quarantined) == 2


async def test_an_answer_without_data_is_not_an_empty_one() -> None:
    lead, _ = answering("GET", "/v1/contacts", {"meta": {}})
    with pytest.raises(UnreadableAnswerError):
        await lead.fetch_by_ids(["1"], account_id="1")


ACCOUNTS = body(
    {"type": "account_summary", "id": "1001", "attributes": {"name": "Northfield"}},
    {"type": "account_summary", "id": 1002, "attributes": None},
    {"type": "account_summary"},
    "odd",
)
CREDITS = {"available": 1000, "used": 200, "remaining": 800, "next_reset_on": "2026-12-01"}


async def test_accounts_and_their_choices() -> None:
    lead, _ = answering("GET", "/v1/accounts", ACCOUNTS)
    assert await lead.accounts() == (Account("1001", "Northfield"), Account("1002", "1002"))
    assert await lead.choices(ChoiceSource.ACCOUNTS) == (Choice("1001", "Northfield"), Choice("1002", "1002"))


async def test_the_balance_of_one_account() -> None:
    account = {"type": "account", "id": "1001", "attributes": {"name": "N", "credits": CREDITS}}
    lead, route = answering("GET", "/v1/accounts", body(account))
    assert await lead.balance("1001") == (BalanceLine(1000, 200, 800, resets_on="2026-12-01"),)
    assert route.calls.last.request.url.params.multi_items() == [("account_id", "1001")]


async def test_the_balance_of_all_accounts_names_them() -> None:
    account = {"type": "account", "id": "1001", "attributes": {"name": "N", "credits": CREDITS}}
    router = respx.Router()
    router.get(f"{BASE}/v1/accounts", params={"account_id": "1001"}).mock(
        return_value=httpx.Response(200, json=body(account))
    )
    router.get(f"{BASE}/v1/accounts", params={"account_id": "1002"}).mock(return_value=httpx.Response(200, json=body()))
    router.get(f"{BASE}/v1/accounts").mock(return_value=httpx.Response(200, json=ACCOUNTS))
    assert [(line.kind, line.remaining) for line in await service(router).balance()] == [("Northfield", 800)]


async def test_buyer_personas_are_choices_where_the_assumed_path_exists() -> None:
    persona = {"type": "buyer_persona", "id": "7421", "attributes": {"name": "Sales Managers"}}
    lead, route = answering("GET", "/v1/buyer-personas", body(persona))
    assert await lead.choices(ChoiceSource.BUYER_PERSONAS, account_id="1001") == (Choice("7421", "Sales Managers"),)
    assert route.calls.last.request.url.params.multi_items() == [("account_id", "1001")]
    assert await lead.choices(ChoiceSource.BUYER_PERSONAS) == ()


@pytest.mark.parametrize("answer", [httpx.Response(404, json={}), httpx.Response(404, html="<html>nginx")])
async def test_personas_that_are_not_there_are_no_error(answer: httpx.Response) -> None:
    router = respx.Router()
    router.get(url__startswith=BASE).mock(return_value=answer)
    assert await service(router).choices(ChoiceSource.BUYER_PERSONAS, account_id="1") == ()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(403, json={}), PermissionDeniedError),
        (httpx.Response(500), TryLaterError),
        (httpx.Response(200, html="<html>sign in"), NetworkError),
    ],
)
async def test_trouble_with_personas_is_told(answer: httpx.Response, kind: type[Exception]) -> None:
    router = respx.Router()
    router.get(url__startswith=BASE).mock(return_value=answer)
    with pytest.raises(kind):
        await service(router).choices(ChoiceSource.BUYER_PERSONAS, account_id="1")


@pytest.mark.parametrize(
    ("attributes", "text"),
    [
        ({"first_name": "Olivia", "last_name": "Owner"}, "The key works. It belongs to Olivia Owner."),
        ({"email": "owner@example.com"}, "The key works. It belongs to owner@example.com."),
        (None, "The key works."),
    ],
)
async def test_the_key_check_says_whose_key_it_is(attributes: Any, text: str) -> None:
    lead, _ = answering(
        "GET", "/v1/users/me", {"data": {"type": "user", "attributes": attributes}, "meta": {"request_id": "u-1"}}
    )
    check = await lead.check_key()
    assert (check.ok, check.text, check.request_id) == (True, text, "u-1")


@pytest.mark.parametrize("missing", [httpx.Response(404, json={}), httpx.Response(404, html="<html>nginx")])
async def test_without_that_call_the_accounts_tell_whether_the_key_works(missing: httpx.Response) -> None:
    router = respx.Router()
    router.get(f"{BASE}/v1/users/me").mock(return_value=missing)
    router.get(f"{BASE}/v1/accounts").mock(return_value=httpx.Response(200, json=ACCOUNTS))
    assert (await service(router).check_key()).ok


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_key_is_an_answer_under_either_status(status: int) -> None:
    lead, _ = answering("GET", "/v1/users/me", {"code": "invalid_api_key", "message": "Invalid API key"}, status)
    check = await lead.check_key()
    assert (check.ok, check.status) == (False, status)
    assert check.text.startswith("Leadfeeder refused the key.")


async def test_trouble_while_checking_is_not_taken_for_a_refusal() -> None:
    router = respx.Router()
    router.get(url__startswith=BASE).mock(return_value=httpx.Response(200, html="<html>sign in"))
    with pytest.raises(Exception, match="web page"):
        await service(router).check_key()
