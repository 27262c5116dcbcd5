"""Leadfeeder: search with masked and open summaries, full records for credits, accounts, buyer personas."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import uuid4

from app.demo import DEMO_KEY
from app.demo.cursors import BadCursorError
from app.demo.dataset import Person
from app.demo.http import Call, Endpoint, RefusalError, Reply, rfc3339
from app.demo.leadfeeder_filters import PERSONAS, matcher
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
_TITLES = {
    "bad_request": "Bad Request", "missing_token": "No API key was given", "invalid_api_key": "The API key is wrong",
    "forbidden": "Access to this account is not allowed", "quota_exceeded": "The credits of this account are used up",
    "insufficient_entitlements": "The plan does not include this", "entity_not_found": "Not found",
    "method_not_allowed": "Method not allowed", "unsupported_media_type": "The body must be JSON",
    "too_many_requests": "Too many requests", "internal_error": "Internal error", "gateway_timeout": "Gateway timeout",
}  # fmt: skip
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

    def endpoints(self) -> Sequence[Endpoint]:
        """The calls the program uses, and the neighbours that cost nothing to have."""
        return (
            Endpoint("GET", "/v1/users/me", self.me),
            Endpoint("GET", "/v1/accounts", self.list_accounts),
            Endpoint("POST", "/v1/contacts/search", self.search),
            Endpoint("GET", "/v1/contacts", self.retrieve),
            Endpoint("GET", "/v1/contacts/{id}", self.get_contact),
            Endpoint("GET", "/v1/buyer-personas", self.personas),
            Endpoint("GET", "/v1/buyer-personas/{id}", self.persona),
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
            return Reply(403, {"code": code, "message": _TITLES[code]})
        payload = {
            "errors": [{"code": code, "title": _TITLES[code]}],
            "error": {"code": code, "message": _TITLES[code]},
            "meta": {"request_id": str(uuid4())},
        }
        return Reply(401, payload)

    def error(self, status: int) -> Reply:
        """The vendor's code for a status; 402 is not one of theirs, so running dry is a 403."""
        return self._error(403 if status == 402 else status, _CODES.get(status, "internal_error"))

    def _error(self, status: int, code: str, detail: str = "") -> Reply:
        title = _TITLES[code]
        if self.state.options.leadfeeder_errors == "flat":
            return Reply(status, {"code": code, "message": detail or title})
        error = {"code": code, "title": title} | ({"detail": detail} if detail else {})
        return Reply(status, {"errors": [error], "meta": {"request_id": str(uuid4())}})

    def _bad(self, detail: str) -> RefusalError:
        return RefusalError(self._error(400, "bad_request", detail))

    def out_of_credits(self) -> Reply:
        """403 with `quota_exceeded`; the vendor documents neither."""
        return self._error(403, "quota_exceeded")

    def enter(self, _call: Call, /) -> Reply | None:
        """Ten requests a second with a burst of fifteen."""
        if self.state.options.strict_limits and not self._bucket.take(self.state.seconds()):
            return self.error(429)
        return None

    def rows(self, payload: object) -> list[object] | None:
        """`data`, where it is an array."""
        data = payload.get("data") if isinstance(payload, dict) else None
        return data if isinstance(data, list) else None

    async def me(self, call: Call) -> Reply:
        """`GET /v1/users/me`."""
        self._check_parameters(call, ())
        attributes = {
            "email": "rep@lanternfold.example", "first_name": "Wren", "last_name": "Alderquill", "team_role": "admin",
        }  # fmt: skip
        return _reply({"type": "user", "id": "12345", "attributes": attributes})

    async def list_accounts(self, call: Call) -> Reply:
        """`GET /v1/accounts`: names, or with `account_id` one account with its credits."""
        self._check_parameters(call, ("account_id", "include"))
        wanted = call.one("account_id")
        if wanted is None:
            rows = [
                {"type": "account_summary", "id": account, "attributes": {"name": name}}
                for account, name in self.accounts.items()
            ]
            return _reply(rows)
        if wanted not in self.accounts:
            raise RefusalError(self._error(404, "entity_not_found", "No such account"))
        available, used = self.balances[wanted]
        now = self.state.now()
        reset = (now.replace(day=1) + timedelta(days=32)).replace(day=1).date()
        credit = {
            "available": available, "used": used, "remaining": available - used, "next_reset_on": reset.isoformat(),
        }  # fmt: skip
        return _reply(
            [{"type": "account", "id": wanted, "attributes": {"name": self.accounts[wanted], "credits": credit}}]
        )

    async def personas(self, call: Call) -> Reply:
        """`GET /v1/buyer-personas`."""
        self._check_parameters(call, ("account_id",))
        self._account(call)
        return _reply([dict(persona) for persona in PERSONAS])

    async def persona(self, call: Call) -> Reply:
        """`GET /v1/buyer-personas/{id}`."""
        self._check_parameters(call, ("account_id",))
        self._account(call)
        for persona in PERSONAS:
            if persona["id"] == call.path_params["id"]:
                return _reply(dict(persona))
        raise RefusalError(self._error(404, "entity_not_found", "No such buyer persona"))

    async def search(self, call: Call) -> Reply:
        """`POST /v1/contacts/search`: summaries, free of charge."""
        self._check_parameters(call, ("account_id", "page[size]", "page[cursor]"))
        account = self._account(call)
        size = self._page_size(call)
        if not call.is_json:
            raise RefusalError(self._error(415, "unsupported_media_type"))
        try:
            body = call.json()
        except ValueError:
            raise self._bad("The body is not JSON") from None
        filters = self.read_filters(body)
        call.summary = dict(filters)
        start = 0
        cursor = call.one("page[cursor]")
        if cursor is not None:
            try:
                start = self.state.cursors.read(f"leadfeeder {account}", filters, cursor)
            except BadCursorError:
                raise self._bad("The cursor is not valid") from None
        people = await self.select(filters)
        end = start + size
        more = self.state.cursors.make(f"leadfeeder {account}", filters, end) if end < len(people) else None
        rows = [self._summary(person, account) for person in people[start:end]]
        return _reply(rows, credits={"charged": 0}, pagination={"next_cursor": more})

    async def select(self, filters: Mapping[str, object]) -> Sequence[Person]:
        """Everybody who passes the filters."""
        matches = matcher(filters)
        key = repr(sorted(filters.items()))
        return await self.state.select(_HERE, key, lambda person: (person,) if matches(person) else ())

    def read_filters(self, body: object) -> dict[str, object]:
        """A search's filters, checked; raises RefusalError as the service would."""
        if not isinstance(body, dict):
            raise self._bad("The body must be an object")
        unknown = sorted(set(body) - {*_SEARCH_ARRAYS, "affiliation", "filters"})
        if unknown:
            raise self._bad(f"Unknown member: {', '.join(unknown)}")
        filters: dict[str, object] = {}
        for name in _SEARCH_ARRAYS:
            values = body.get(name)
            if values is None:
                continue
            if not isinstance(values, list) or not all(isinstance(value, str) and value for value in values):
                raise self._bad(f"{name} must be an array of texts")
            known = _VOCABULARIES.get(name, values)
            strange = [value for value in values if value not in known]
            if strange:
                raise self._bad(f"{name} has no value {strange[0]}; known are {', '.join(known)}")
            if values:
                filters[name] = values
        personas = filters.get("buyer_persona_ids", [])
        if isinstance(personas, list) and not {persona["id"] for persona in PERSONAS}.issuperset(personas):
            raise self._bad("buyer_persona_ids names an unknown buyer persona")
        affiliation = body.get("affiliation")
        if affiliation is not None:
            if affiliation not in AFFILIATIONS:
                raise self._bad(f"affiliation must be one of {', '.join(AFFILIATIONS)}")
            filters["affiliation"] = affiliation
        if body.get("filters"):
            raise self._bad("filters has no such member")
        if not filters:
            raise self._bad("At least one filter is needed")
        return filters

    async def retrieve(self, call: Call) -> Reply:
        """`GET /v1/contacts?ids=`: full records; ids without a record are left out."""
        self._check_parameters(call, ("ids", "account_id", "include"))
        account = self._account(call)
        includes = self._includes(call)
        ids = [identifier for value in call.many("ids") for identifier in value.split(",") if identifier]
        if not ids:
            raise self._bad("ids is required")
        if len(ids) > _MAX_IDS:
            raise self._bad(f"ids holds more than {_MAX_IDS} entries")
        call.ids = ids
        people = [self.state.data.by_id(_HERE, identifier) for identifier in dict.fromkeys(ids)]
        known = sorted((person for person in people if person is not None), key=lambda person: person.salt)
        return self._sell(known, account, includes)

    async def get_contact(self, call: Call) -> Reply:
        """`GET /v1/contacts/{id}`: one full record, same price."""
        self._check_parameters(call, ("account_id", "include"))
        account = self._account(call)
        includes = self._includes(call)
        call.ids = [call.path_params["id"]]
        person = self.state.data.by_id(_HERE, call.ids[0])
        if person is None:
            raise RefusalError(self._error(404, "entity_not_found", "No such contact"))
        reply = self._sell([person], account, includes)
        if isinstance(reply.payload, dict):
            reply.payload["data"] = reply.payload["data"][0]
        return reply

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
        reply = _reply(
            [record(person, self.state.data.id_of(person, _HERE), includes) for person in people],
            credits={"charged": len(fresh)},
        )
        if fresh and isinstance(reply.payload, dict):
            request_id = str(reply.payload["meta"]["request_id"])
            ids = [key if kind == "contact" else f"{kind} {key}" for kind, key in fresh]
            self.state.ledger.charges.append(Charge(_HERE, account, request_id, ids, len(fresh), rfc3339(now)))
        return reply

    def _summary(self, person: Person, account: str) -> dict[str, object]:
        identifier = self.state.data.id_of(person, _HERE)
        return summary(person, identifier, bought=(account, "contact", identifier) in self._bought)

    def _account(self, call: Call) -> str:
        account = call.one("account_id")
        if not account:
            raise self._bad("account_id is required")
        if account not in self.accounts:
            raise RefusalError(self._error(403, "forbidden"))
        return account

    def _page_size(self, call: Call) -> int:
        text = call.one("page[size]")
        if text is None:
            return _DEFAULT_PAGE
        if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= _MAX_PAGE:
            raise self._bad(f"page[size] must be between 1 and {_MAX_PAGE}")
        return int(text)

    def _includes(self, call: Call) -> frozenset[str]:
        wanted = {word for value in call.many("include") for word in value.split(",") if word}
        if not wanted.issubset(_INCLUDES):
            raise self._bad(f"include allows {', '.join(_INCLUDES)}")
        return frozenset(wanted)

    def _check_parameters(self, call: Call, known: Sequence[str]) -> None:
        unknown = call.unknown_parameters(known)
        if unknown:
            raise self._bad(f"Unknown parameter: {', '.join(unknown)}")


def _reply(data: object, **meta: object) -> Reply:
    return Reply(200, {"data": data, "meta": {**meta, "request_id": str(uuid4())}})
