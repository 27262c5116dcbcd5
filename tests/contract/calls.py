"""Every call of every client, with the operation of the contract that it makes."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.companies import CompanyQuery
from app.domain.enrichment import EnrichField, PersonInput, SubmitItem
from app.domain.provider import Provider
from app.domain.search import ChoiceSource, SearchQuery
from app.providers.registry import service_class

UUIDS = ["018f3c1e-7a40-7b11-9c55-2f6d8e1a0001", "018f3c1e-7a40-7b11-9c55-2f6d8e1a0002"]
#: The one that all example answers of a poll are about.
REQUEST_ID = "7d1e4a52-90b3-4c55-8f0e-3a1d5b7c9e21"
ACCOUNT = "281"


@dataclass(frozen=True, eq=False)
class Call:
    """One call: `operation` is its method and path in the contract; `invoke` makes it on the provider's service.

    `beforehand` answers requests to other paths that the client makes first: path → body.
    """

    provider: Provider
    operation: str
    name: str
    invoke: Callable[[Any], Awaitable[Any]]
    beforehand: Mapping[str, bytes] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"{self.provider.value} {self.name}"


Specified = tuple[tuple[Any, ...], ...]


def _search(provider: Provider, cursor: str | None = None, limit: int | None = None, **values: tuple[str, ...]) -> Any:
    query = SearchQuery(provider, values)
    return lambda service: service.search(query, cursor=cursor, limit=limit)


#: Values of filters that have a form to keep.
_FORMED = {
    "account_id": ("281", "57"),
    "emails": ("zoe@example.com",),
    "countries": ("NO", "fr"),
    "company_hq_countries": ("DE",),
    "company_linkedin_ids": ("1035", "1441"),
    "dateFrom": ("2026-03-01",),
    "dateTo": ("2026-03-31T23:59:59+01:00",),
    "years_of_experience": ("6_10",),
}


def _every_filter(provider: Provider) -> dict[str, tuple[str, ...]]:
    """A value for each filter that may be combined with others, with letters that must be encoded."""
    values: dict[str, tuple[str, ...]] = {}
    for spec in service_class(provider).filters:
        if not spec.stands_alone:
            offered = tuple(choice.value for choice in spec.choices[:2])
            chosen = _FORMED.get(spec.name) or offered or ("Zoë & 李", "c/d?e=f")
            values[spec.name] = chosen if spec.takes_many else chosen[:1]
    return values


def _item(key: str, *fields: EnrichField, company_name: str = "", linkedin_url: str = "") -> SubmitItem:
    person = PersonInput("Zoë", "Łukasik-李", "example.com", company_name, linkedin_url)
    return SubmitItem(key, person, frozenset(fields))


_TALKTOHUMANS: Specified = (
    ("GET /v1/accounts", "check_key", lambda service: service.check_key()),
    ("GET /v1/accounts", "accounts", lambda service: service.accounts()),
    ("GET /v1/accounts", "choices", lambda service: service.choices(ChoiceSource.ACCOUNTS)),
    ("GET /v1/contacts", "search", _search(Provider.TALKTOHUMANS)),
    (
        "GET /v1/contacts",
        "search with every filter",
        _search(Provider.TALKTOHUMANS, "opaque+/=cursor", 25, **_every_filter(Provider.TALKTOHUMANS)),
    ),
    (
        "GET /v1/conversations",
        "choices of conversations",
        lambda service: service.choices(ChoiceSource.CONVERSATIONS, account_id="42"),
    ),
    (
        "PATCH /v1/contacts/{contact_id}",
        "change_tags",
        lambda service: service.change_tags("15001", account_id="42", add=["Hot lead", "Zoë 李"], remove=["Cold"]),
    ),
)

_LEADFEEDER: Specified = (
    ("GET /v1/users/me", "check_key", lambda service: service.check_key()),
    ("GET /v1/accounts", "accounts", lambda service: service.accounts()),
    ("GET /v1/accounts", "balance", lambda service: service.balance(ACCOUNT)),
    (
        "GET /v1/buyer-personas",
        "choices",
        lambda service: service.choices(ChoiceSource.BUYER_PERSONAS, account_id=ACCOUNT),
    ),
    (
        "POST /v1/contacts/search",
        "search",
        _search(Provider.LEADFEEDER, account_id=(ACCOUNT,), search_terms=("Zoë 李",)),
    ),
    (
        "POST /v1/contacts/search",
        "search with every filter",
        _search(Provider.LEADFEEDER, "opaque+/=cursor", 50, **_every_filter(Provider.LEADFEEDER)),
    ),
    (
        "GET /v1/contacts",
        "fetch_by_ids",
        lambda service: service.fetch_by_ids(["90871234", "90871235"], account_id=ACCOUNT),
    ),
    ("GET /v1/contacts/{id}", "details", lambda service: service.details("3219787601", account_id=ACCOUNT)),
    ("GET /v1/lists", "lists", lambda service: service.lists(ACCOUNT)),
    ("GET /v1/lists/{id}", "get_list", lambda service: service.get_list("contact_456", account_id=ACCOUNT)),
    ("POST /v1/lists", "create_list", lambda service: service.create_list("Zoë & 李", account_id=ACCOUNT)),
    (
        "POST /v1/contacts/{id}/lists",
        "add_to_list",
        lambda service: service.add_to_list("contact_456", "3219787601", account_id=ACCOUNT),
    ),
    (
        "DELETE /v1/contacts/{id}/lists",
        "remove_from_list",
        lambda service: service.remove_from_list("contact_456", "3219787601", account_id=ACCOUNT),
    ),
    ("GET /v1/usage", "usage", lambda service: service.usage(ACCOUNT, "2026-01", "2026-03")),
    (
        "POST /v1/companies/match",
        "find_companies by domain",
        lambda service: service.find_companies(CompanyQuery(domain="example.com"), account_id=ACCOUNT),
    ),
    (
        "POST /v1/companies/search",
        "find_companies by name",
        lambda service: service.find_companies(CompanyQuery(name="Zoë & 李"), account_id=ACCOUNT),
        {"/v1/companies/match": b'{"data": [[]]}'},
    ),
    ("GET /v1/buyer-personas/{id}", "persona", lambda service: service.persona("bp-1", account_id=ACCOUNT)),
)

_TAMTAM: Specified = (
    ("GET /v2/credits", "check_key", lambda service: service.check_key()),
    ("GET /v2/credits", "balance", lambda service: service.balance()),
    ("POST /v1/contacts", "fetch_by_ids", lambda service: service.fetch_by_ids(UUIDS)),
    (
        "POST /v2/people/enrich",
        "submit_enrichment",
        lambda service: service.submit_enrichment(
            [
                _item("key-1", EnrichField.EMAILS),
                _item("key-2", EnrichField.EMAILS, EnrichField.PHONES, company_name="Nordwind"),
                _item("key-3", EnrichField.PHONES, linkedin_url="https://www.linkedin.com/in/zoe"),
            ]
        ),
    ),
    ("POST /v2/people/search", "search by prompt", _search(Provider.TAMTAM, prompt=("Heads of sales in Łódź",))),
    (
        "POST /v2/people/search",
        "search with every filter",
        _search(Provider.TAMTAM, None, None, **_every_filter(Provider.TAMTAM)),
    ),
    ("POST /v2/people/search", "next page of a search", _search(Provider.TAMTAM, "opaque+/=cursor")),
    (
        "POST /v2/companies/search",
        "find_companies",
        lambda service: service.find_companies(
            CompanyQuery("Nordwind & 李", "example.com", "1035", "https://www.linkedin.com/company/nordwind")
        ),
    ),
    (
        "GET /v2/contacts-lists/{contactsListID}",
        "contacts_list",
        lambda service: service.contacts_list("0a4b9d9e-3c2f-4a55-9a58-6c0e6a3d1f77"),
    ),
    ("GET /v2/people/enrich/{RequestID}", "poll_enrichment", lambda service: service.poll_enrichment(REQUEST_ID)),
)

_BUILDWORKPRO: Specified = (
    ("GET /contacts", "check_key", lambda service: service.check_key()),
    ("POST /contacts/get-many", "fetch_by_ids", lambda service: service.fetch_by_ids(["101", "102", "103"])),
    ("GET /contacts", "search", _search(Provider.BUILDWORKPRO)),
    (
        "GET /contacts",
        "search with every filter",
        _search(Provider.BUILDWORKPRO, "opaque+/=cursor", 50, **_every_filter(Provider.BUILDWORKPRO)),
    ),
    (
        "GET /contacts/count",
        "count",
        lambda service: service.count(SearchQuery(Provider.BUILDWORKPRO, _every_filter(Provider.BUILDWORKPRO))),
    ),
    ("GET /contacts/{id}", "details", lambda service: service.details("4101")),
)

CALLS = tuple(
    Call(provider, *call)
    for provider, calls in (
        (Provider.TALKTOHUMANS, _TALKTOHUMANS),
        (Provider.LEADFEEDER, _LEADFEEDER),
        (Provider.TAMTAM, _TAMTAM),
        (Provider.BUILDWORKPRO, _BUILDWORKPRO),
    )
    for call in calls
)
