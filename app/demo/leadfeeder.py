"""Leadfeeder: contact search, full records for credits, lists, companies, accounts, buyer personas, usage."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from app.demo import DEMO_KEY
from app.demo.dataset import Person
from app.demo.http import Call, Endpoint, RefusalError, Reply, rfc3339
from app.demo.leadfeeder_checks import TITLES, Checks, reply
from app.demo.leadfeeder_companies import CompanyEndpoints
from app.demo.leadfeeder_filters import PERSONAS, matcher
from app.demo.leadfeeder_lists import ListEndpoints
from app.demo.leadfeeder_records import record, summary
from app.demo.ledger import Charge
from app.demo.limits import TokenBucket
from app.demo.service import Service
from app.demo.state import DemoState
from app.demo.vocabulary import AFFILIATIONS, DEPARTMENTS, HIERARCHY_LEVELS
from app.domain.provider import Provider

_HERE = Provider.LEADFEEDER
_FREE_REPEATS = timedelta(days=365)
_MAX_IDS = _MAX_PAGE = 100
_DEFAULT_PAGE = 20
_INCLUDES = ("company", "lists", "buyer_personas", "crm_connections", "crm_suggestions")
_SEARCH_ARRAYS = (
    "search_terms", "emails", "company_ids", "positions", "departments", "hierarchy_levels", "buyer_persona_ids",
)  # fmt: skip
_VOCABULARIES = {"departments": DEPARTMENTS, "hierarchy_levels": HIERARCHY_LEVELS}
_CODES = {
    400: "bad_request", 401: "invalid_api_key", 402: "quota_exceeded", 403: "insufficient_entitlements",
    404: "entity_not_found", 405: "method_not_allowed", 415: "unsupported_media_type", 429: "too_many_requests",
    504: "gateway_timeout",
}  # fmt: skip


class Leadfeeder(Service):
    """The service. A record costs one credit per account and is free again for twelve months."""

    provider = _HERE

    def __init__(self, state: DemoState) -> None:
        super().__init__(state)
        self._bucket = TokenBucket(10, 15)
        self.accounts = {"123456": "Lanternfold Outbound", "789012": "Brackenby DACH"}
        self.balances = {"123456": [10_000, 200], "789012": [500, 480]}  # allotment, used
        self._bought: dict[tuple[str, str, str], datetime] = {}
        self._checks = Checks(state, self.accounts)
        self._lists = ListEndpoints(state, self._checks, self.accounts)
        self._companies = CompanyEndpoints(state, self._checks)
        self._usage: Counter[tuple[str, str, str]] = Counter()

    def endpoints(self) -> Sequence[Endpoint]:
        """The calls the program uses, and the neighbours that cost nothing to have."""
        return (
            Endpoint("GET", "/v1/users/me", self.me),
            Endpoint("GET", "/v1/accounts", self.list_accounts),
            Endpoint("POST", "/v1/contacts/search", self.search),
            Endpoint("GET", "/v1/contacts", self.retrieve),
            Endpoint("GET", "/v1/contacts/{id}", self.get_contact),
            Endpoint("GET", "/v1/usage", self.usage),
            Endpoint("GET", "/v1/buyer-personas", self.personas),
            Endpoint("GET", "/v1/buyer-personas/{id}", self.persona),
            *self._lists.endpoints(),
            *self._companies.endpoints(),
        )

    def refuse_key(self, call: Call) -> Reply | None:
        """The key in `X-Api-Key`."""
        given = call.headers.get("x-api-key")
        if not given:
            return self._key_error("missing_token")
        return None if given == DEMO_KEY else self.bad_key()

    def bad_key(self) -> Reply:
        """401 as the live service answers, or 403 in the flat spelling of the vendor's guide."""
        return self._key_error("invalid_api_key")

    def _key_error(self, code: str) -> Reply:
        if self.state.options.leadfeeder_errors == "flat":
            return Reply(403, {"code": code, "message": TITLES[code]})
        payload = {
            "errors": [{"code": code, "title": TITLES[code]}],
            "error": {"code": code, "message": TITLES[code]},
            "meta": {"request_id": str(uuid4())},
        }
        return Reply(401, payload)

    def error(self, status: int) -> Reply:
        """The vendor's code for a status; 402 is not one of theirs, so running dry is a 403."""
        return self._checks.error(403 if status == 402 else status, _CODES.get(status, "internal_error"))

    def out_of_credits(self) -> Reply:
        """403 with `quota_exceeded`; the vendor documents neither."""
        return self._checks.error(403, "quota_exceeded")

    def enter(self, call: Call, /) -> Reply | None:
        """Ten requests a second with a burst of fifteen; what is let through counts as use of the month."""
        if self.state.options.strict_limits and not self._bucket.take(self.state.seconds()):
            return self.error(429)
        self._usage[call.one("account_id") or "", f"{self.state.now():%Y-%m}", f"{call.method} {_template(call)}"] += 1
        return None

    def rows(self, payload: object) -> list[object] | None:
        """`data`, where it is an array."""
        data = payload.get("data") if isinstance(payload, dict) else None
        return data if isinstance(data, list) else None

    async def me(self, call: Call) -> Reply:
        """`GET /v1/users/me`."""
        self._checks.parameters(call, ())
        attributes = {
            "email": "rep@lanternfold.example", "first_name": "Wren", "last_name": "Alderquill", "team_role": "admin",
        }  # fmt: skip
        return reply({"type": "user", "id": "12345", "attributes": attributes})

    async def list_accounts(self, call: Call) -> Reply:
        """`GET /v1/accounts`: names, or with `account_id` one account with its credits."""
        self._checks.parameters(call, ("account_id", "include"))
        wanted = call.one("account_id")
        if wanted is None:
            rows = [
                {"type": "account_summary", "id": account, "attributes": {"name": name}}
                for account, name in self.accounts.items()
            ]
            return reply(rows)
        if wanted not in self.accounts:
            raise RefusalError(self._checks.error(404, "entity_not_found", "No such account"))
        available, used = self.balances[wanted]
        now = self.state.now()
        reset = (now.replace(day=1) + timedelta(days=32)).replace(day=1).date()
        credit = {
            "available": available, "used": used, "remaining": available - used, "next_reset_on": reset.isoformat(),
        }  # fmt: skip
        return reply(
            [{"type": "account", "id": wanted, "attributes": {"name": self.accounts[wanted], "credits": credit}}]
        )

    async def personas(self, call: Call) -> Reply:
        """`GET /v1/buyer-personas`."""
        self._checks.parameters(call, ("account_id",))
        self._checks.account(call)
        return reply([dict(persona) for persona in PERSONAS])

    async def persona(self, call: Call) -> Reply:
        """`GET /v1/buyer-personas/{id}`."""
        self._checks.parameters(call, ("account_id",))
        self._checks.account(call)
        for persona in PERSONAS:
            if persona["id"] == call.path_params["id"]:
                return reply(dict(persona))
        raise RefusalError(self._checks.error(404, "entity_not_found", "No such buyer persona"))

    async def search(self, call: Call) -> Reply:
        """`POST /v1/contacts/search`: summaries, free of charge."""
        self._checks.parameters(call, ("account_id", "page[size]", "page[cursor]"))
        account = self._checks.account(call)
        size = self._checks.page_size(call)
        filters = self.read_filters(self._checks.body(call))
        call.summary = dict(filters)
        start = self._checks.start(call, f"leadfeeder {account}", filters)
        people = await self.select(filters)
        end = start + size
        more = self.state.cursors.make(f"leadfeeder {account}", filters, end) if end < len(people) else None
        rows = [self._summary(person, account) for person in people[start:end]]
        return reply(rows, credits={"charged": 0}, pagination={"next_cursor": more})

    async def select(self, filters: Mapping[str, object]) -> Sequence[Person]:
        """Everybody who passes the filters."""
        matches = matcher(filters)
        key = repr(sorted(filters.items()))
        return await self.state.select(_HERE, key, lambda person: (person,) if matches(person) else ())

    def read_filters(self, body: object) -> dict[str, object]:
        """A search's filters, checked; raises RefusalError as the service would."""
        if not isinstance(body, dict):
            raise self._checks.bad("The body must be an object")
        unknown = sorted(set(body) - {*_SEARCH_ARRAYS, "affiliation", "filters"})
        if unknown:
            raise self._checks.bad(f"Unknown member: {', '.join(unknown)}")
        filters: dict[str, object] = {}
        for name in _SEARCH_ARRAYS:
            values = body.get(name)
            if values is None:
                continue
            if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
                raise self._checks.bad(f"{name} must be an array of texts")
            known = _VOCABULARIES.get(name, values)
            strange = [value for value in values if value not in known]
            if strange:
                raise self._checks.bad(f"{name} has no value {strange[0]}; known are {', '.join(known)}")
            if values:
                filters[name] = values
        personas = filters.get("buyer_persona_ids", [])
        if isinstance(personas, list) and not {persona["id"] for persona in PERSONAS}.issuperset(personas):
            raise self._checks.bad("buyer_persona_ids names an unknown buyer persona")
        affiliation = body.get("affiliation")
        if affiliation is not None:
            if affiliation not in AFFILIATIONS:
                raise self._checks.bad(f"affiliation must be one of {', '.join(AFFILIATIONS)}")
            filters["affiliation"] = affiliation
        if body.get("filters"):
            raise self._checks.bad("filters has no such member")
        if not filters:
            raise self._checks.bad("At least one filter is needed")
        return filters

    async def retrieve(self, call: Call) -> Reply:
        """`GET /v1/contacts?ids=`: full records; ids without a record are left out."""
        self._checks.parameters(call, ("ids", "account_id", "include"))
        account = self._checks.account(call)
        includes = self._includes(call)
        ids = [identifier for value in call.many("ids") for identifier in value.split(",") if identifier]
        if not ids:
            raise self._checks.bad("ids is required")
        if len(ids) > _MAX_IDS:
            raise self._checks.bad(f"ids holds more than {_MAX_IDS} entries")
        call.ids = ids
        people = [self.state.data.by_id(_HERE, identifier) for identifier in dict.fromkeys(ids)]
        known = sorted((person for person in people if person is not None), key=lambda person: person.salt)
        return self._sell(known, account, includes)

    async def get_contact(self, call: Call) -> Reply:
        """`GET /v1/contacts/{id}`: one full record, same price."""
        self._checks.parameters(call, ("account_id", "include"))
        account = self._checks.account(call)
        includes = self._includes(call)
        call.ids = [call.path_params["id"]]
        person = self.state.data.by_id(_HERE, call.ids[0])
        if person is None:
            raise RefusalError(self._checks.error(404, "entity_not_found", "No such contact"))
        answer = self._sell([person], account, includes)
        if isinstance(answer.payload, dict):
            answer.payload["data"] = answer.payload["data"][0]
        return answer

    async def usage(self, call: Call) -> Reply:
        """`GET /v1/usage`: requests per endpoint and month; the layout is not the vendor's, which is unknown."""
        self._checks.parameters(call, ("account_id", "start_period", "end_period"))
        account = self._checks.account(call)
        start, end = call.one("start_period") or "", call.one("end_period") or ""
        if not all(re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) for month in (start, end)) or end < start:
            raise self._checks.bad("start_period and end_period must be months, the end not before the start")
        return reply(
            [
                {
                    "type": "api_usage",
                    "id": f"{month}:{endpoint}",
                    "attributes": {"period": month, "endpoint": endpoint, "requests": requests},
                }
                for (owner, month, endpoint), requests in sorted(self._usage.items())
                if owner == account and start <= month <= end
            ]
        )

    def _sell(self, people: list[Person], account: str, includes: frozenset[str]) -> Reply:
        """Charge for what this account has not had within twelve months; all of it or nothing."""
        keys = [("contact", self.state.data.id_of(person, _HERE)) for person in people]
        if "company" in includes:
            companies = {person.company.leadfeeder_id for person in people if person.company}
            keys += [("company", company) for company in sorted(companies)]
        now = self.state.now()
        fresh = [
            (kind, key)
            for kind, key in keys
            if (when := self._bought.get((account, kind, key))) is None or now - when >= _FREE_REPEATS
        ]
        balance = self.balances[account]
        if len(fresh) > balance[0] - balance[1]:
            raise RefusalError(self.out_of_credits())
        balance[1] += len(fresh)
        self._bought.update({(account, kind, key): now for kind, key in fresh})
        answer = reply(
            [self._record(person, account, includes) for person in people],
            credits={"charged": len(fresh)},
        )
        if fresh and isinstance(answer.payload, dict):
            request_id = str(answer.payload["meta"]["request_id"])
            ids = [key if kind == "contact" else f"{kind} {key}" for kind, key in fresh]
            self.state.ledger.charges.append(Charge(_HERE, account, request_id, ids, len(fresh), rfc3339(now)))
        return answer

    def _summary(self, person: Person, account: str) -> dict[str, object]:
        identifier = self.state.data.id_of(person, _HERE)
        return summary(person, identifier, bought=(account, "contact", identifier) in self._bought)

    def _record(self, person: Person, account: str, includes: frozenset[str]) -> dict[str, object]:
        identifier = self.state.data.id_of(person, _HERE)
        return record(person, identifier, includes, self._lists.holding(account, identifier))

    def _includes(self, call: Call) -> frozenset[str]:
        wanted = {word for value in call.many("include") for word in value.split(",") if word}
        if not wanted.issubset(_INCLUDES):
            raise self._checks.bad(f"include allows {', '.join(_INCLUDES)}")
        return frozenset(wanted)


def _template(call: Call) -> str:
    """A request's path with `{id}` for what differs from request to request."""
    return re.sub(r"/(?!v1/)[^/]*[0-9][^/]*", "/{id}", call.path)
