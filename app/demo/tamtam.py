"""Tamtam: people and company search, contacts by UUID, contacts lists, enrichment, credits."""

import re
from collections.abc import Sequence
from uuid import uuid4

from app.demo import DEMO_KEY
from app.demo.companies import ranked
from app.demo.dataset import Company, Person
from app.demo.enrichment import Enricher
from app.demo.http import JSON, Call, Endpoint, RefusalError, Reply, rfc3339
from app.demo.ledger import Charge
from app.demo.limits import SlidingWindow
from app.demo.service import Service
from app.demo.spelling import company_name_at, email_known_to, name_at, phone_known_to
from app.demo.state import DemoState
from app.demo.tamtam_people import PeopleSearch, linkedin_spelling, read_filters
from app.demo.tamtam_schema import finding, invalid, object_body, problem, read_requests, typed_findings
from app.domain.provider import Provider

_HERE = Provider.TAMTAM
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MAX_IDS = 100  # not published; the prudent bound of the contract sheet
_PEOPLE_LINE, _COMPANY_LINE = "MaxPeopleEnrichments", "MaxCompanyEnrichments"
_COMPANY_KEYS = ("name", "domain", "linkedin_url", "linkedin_id")
_MOST_COMPANIES = 5

CONTACTS_LISTS: tuple[dict[str, object], ...] = (
    {
        "id": "0a4b9d9e-3c2f-4a55-9a58-6c0e6a3d1f77",
        "account_id": "c1d2e3f4-1111-4222-8333-444455556666",
        "name": "Lantern buyers in France",
        "contacts_count": 42,
        "created_at": "2026-03-02T09:15:00Z",
        "is_managed": False,
        "tags": ["q2"],
        "company_linkedin_ids": ["900000000"],
        "assignee": "rep@lanternfold.example",
    },
    {
        "id": "7d1f2a60-58c1-4c0b-9b34-1f0a2b7c9e55",
        "account_id": "c1d2e3f4-1111-4222-8333-444455556666",
        "name": "Untouched list",
        "contacts_count": 0,
        "created_at": "2026-03-02T09:15:00Z",
        "is_managed": True,
        "tags": None,
        "company_linkedin_ids": None,
    },
)


class Tamtam(Service):
    """The service. Credits are reserved on submission, confirmed on completion, released for what is not found."""

    provider = _HERE

    def __init__(self, state: DemoState) -> None:
        super().__init__(state)
        self._second = SlidingWindow(10, 1)
        self.balances = {_COMPANY_LINE: [20_000, 1_250], _PEOPLE_LINE: [20_000, 310]}  # total, used
        self.second_balances = {_COMPANY_LINE: [5_000, 0], _PEOPLE_LINE: [5_000, 0]}
        self.enricher = Enricher(state)
        self.people = PeopleSearch(state)

    def endpoints(self) -> Sequence[Endpoint]:
        """The documented calls."""
        return (
            Endpoint("POST", "/v1/contacts", self.get_contacts),
            Endpoint("POST", "/v2/people/enrich", self.enrich),
            Endpoint("GET", "/v2/people/enrich/{request_id}", self.poll),
            Endpoint("POST", "/v2/people/search", self.search_people),
            Endpoint("POST", "/v2/companies/search", self.search_companies),
            Endpoint("GET", "/v2/contacts-lists/{list_id}", self.contacts_list),
            Endpoint("GET", "/v2/credits", self.credits),
        )

    def refuse_key(self, call: Call) -> Reply | None:
        """The bare key or nothing: `Bearer` announces an OAuth token, which the demo key is not."""
        given = call.headers.get("authorization")
        if given is None:
            return Reply(401, {"Message": "Unauthorized"})
        known = {DEMO_KEY, self.state.options.second_key} - {""}
        return None if given in known else self.bad_key()

    def bad_key(self) -> Reply:
        """401 as a problem document."""
        return problem(401, "invalid API key")

    def out_of_credits(self) -> Reply:
        """402 as a problem document."""
        return problem(402, "not enough credits")

    def error(self, status: int) -> Reply:
        """A problem document, except for 429."""
        if status == 429:
            return Reply(429, {"Message": "Too Many Requests"}, JSON)
        details = {404: "not found", 402: "not enough credits", 401: "invalid API key"}
        return problem(status, details.get(status, "unexpected error occurred"))

    def enter(self, _call: Call, /) -> Reply | None:
        """Ten requests in any second."""
        now = self.state.seconds()
        if self.state.options.strict_limits and self._second.is_full(now):
            return self.error(429)
        self._second.spend(now)
        return None

    def rows(self, payload: object) -> list[object] | None:
        """The bare array of contacts, or an enrichment's results."""
        if isinstance(payload, dict):
            payload = payload.get("results")
        return payload if isinstance(payload, list) else None

    async def get_contacts(self, call: Call) -> Reply:
        """`POST /v1/contacts`: those that exist, in another order than asked for."""
        body = object_body(call, {"contact_ids"})
        ids = body.get("contact_ids", ...)
        if ids is ...:
            raise invalid("expected required property contact_ids to be present", "body", body)
        if ids is None:
            ids = []
        if not isinstance(ids, list):
            raise invalid("expected array", "body.contact_ids", ids)
        if len(ids) > _MAX_IDS:
            raise invalid(f"expected array length <= {_MAX_IDS}", "body.contact_ids", ids)
        findings = [
            finding("expected string to be RFC 4122 uuid", f"body.contact_ids[{number}]", identifier)
            for number, identifier in enumerate(ids)
            if not isinstance(identifier, str) or not _UUID.fullmatch(identifier.lower())
        ]
        if findings:
            raise RefusalError(problem(422, "validation failed", findings))
        call.ids = list(ids)
        wanted = dict.fromkeys(identifier.lower() for identifier in ids)
        found = (self.state.data.by_id(_HERE, identifier) for identifier in wanted)
        people = sorted((person for person in found if person is not None), key=lambda person: person.salt)
        return Reply(200, [self._contact(person) for person in people] or None)

    async def enrich(self, call: Call) -> Reply:
        """`POST /v2/people/enrich`: reserves the most the batch can cost, or refuses all of it."""
        body = object_body(call, {"requests"})
        items = read_requests(body)
        self.settle()
        account = self._account(call)
        batch = self.enricher.prepare(str(uuid4()), items, fails=call.fails_batch, account=account)
        line = self._balances_of(account)[_PEOPLE_LINE]
        if line[0] - line[1] < batch.maximum:
            raise RefusalError(self.out_of_credits())
        line[1] += batch.maximum
        self.enricher.accept(batch, dropped=call.drops_reply)
        call.summary = {"request_id": batch.request_id, "items": len(items)}
        return Reply(202, {"request_id": batch.request_id, "status": "PROCESSING", "item_count": len(items)})

    async def poll(self, call: Call) -> Reply:
        """`GET /v2/people/enrich/{RequestID}`: free, repeatable; fills up while it is processing."""
        self.settle()
        batch = self.enricher.batch(call.path_params["request_id"])
        if batch is None or batch.account != self._account(call):
            raise RefusalError(self.error(404))
        return Reply(200, self.enricher.answer(batch))

    async def search_people(self, call: Call) -> Reply:
        """`POST /v2/people/search`: a credit for each person returned, taken after the answer; all of it or nothing."""
        body = read_filters(call)
        page = await self.people.page(body)
        line = self._balances_of(self._account(call))[_COMPANY_LINE]
        if line[0] - line[1] < len(page.people):
            raise RefusalError(self.out_of_credits())
        line[1] += len(page.people)
        ids = [self.state.data.id_of(person, _HERE) for person in page.people]
        call.ids = ids
        call.summary = {"cursor": body.get("next_cursor"), "filters": sorted(set(body) - {"next_cursor"})}
        if ids:
            at = rfc3339(self.state.now())
            self.state.ledger.charges.append(Charge(_HERE, "", str(uuid4()), ids, len(ids), at))
        return Reply(200, self.people.answer(page))

    async def search_companies(self, call: Call) -> Reply:
        """`POST /v2/companies/search`: up to five candidates, free; the vendor's layout of them is not known."""
        body = object_body(call, {*_COMPANY_KEYS, "country"})
        findings = typed_findings(body, texts=body)
        if findings:
            raise RefusalError(problem(422, "validation failed", findings))
        known = {name: str(body[name]).strip() for name in _COMPANY_KEYS if str(body.get(name, "")).strip()}
        if not known:
            raise invalid("expected at least one of name, domain, linkedin_url, linkedin_id", "body", body)
        country = str(body.get("country", "")).upper()
        found = [
            company
            for _, company in ranked(self.state.data, **known)
            if not country or company.city.country_code == country
        ]
        return Reply(200, {"companies": [self._company(company) for company in found[:_MOST_COMPANIES]] or None})

    async def contacts_list(self, call: Call) -> Reply:
        """`GET /v2/contacts-lists/{contactsListID}`: name and size, not the members."""
        if call.unknown_parameters(("account_id",)):
            raise RefusalError(problem(422, "validation failed"))
        for known in CONTACTS_LISTS:
            if known["id"] == call.path_params["list_id"].lower():
                return Reply(200, dict(known))
        raise RefusalError(self.error(404))

    async def credits(self, call: Call) -> Reply:
        """`GET /v2/credits`: what is reserved counts as used."""
        self.settle()
        lines = [
            {"credit_type": kind, "used_credits": used, "total_credits": total, "remaining_credits": total - used}
            for kind, (total, used) in self._balances_of(self._account(call)).items()
        ]
        return Reply(200, {"credits": lines or None})

    def settle(self) -> None:
        """Confirm what finished since the last look, and give the rest of its reservation back."""
        for account, released in self.enricher.settle().items():
            self._balances_of(account)[_PEOPLE_LINE][1] -= released

    def reserved(self) -> int:
        """Credits held for batches still running."""
        return sum(batch.maximum for batch in self.enricher.open_batches())

    def _account(self, call: Call) -> str:
        """Whose key was given: "" for the first account's."""
        return "" if call.headers.get("authorization") == DEMO_KEY else "second"

    def _balances_of(self, account: str) -> dict[str, list[int]]:
        return self.second_balances if account else self.balances

    def _company(self, company: Company) -> dict[str, object]:
        known = {
            "linkedin_id": company.linkedin_id,
            "name": company.name,
            "domain": company.domain,
            "linkedin_url": f"https://www.linkedin.com/company/{company.handle}",
            "country": company.city.country_code,
            "headcount": company.headcount,
        }
        return {name: value for name, value in known.items() if value}

    def _contact(self, person: Person) -> dict[str, str]:
        """A contact; what is not known is left out."""
        name = name_at(person, _HERE)
        company = person.company
        values = {
            "contact_id": self.state.data.id_of(person, _HERE),
            "first_name": name.first,
            "last_name": name.last,
            "job_title": person.title.text,
            "company_name": company_name_at(person, _HERE),
            "company_linkedin_id": company.linkedin_id if company else "",
            "company_linkedin_slug": company.handle if company else "",
            "email": email_known_to(person, _HERE),
            "phone": phone_known_to(person, _HERE).replace(" ", "").replace("-", ""),
            "linkedin_url": linkedin_spelling(person),
            "location": f"{person.city.name}, {person.city.country}",
        }
        return {key: value for key, value in values.items() if value}
