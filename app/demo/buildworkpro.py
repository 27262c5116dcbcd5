"""BuildWorkPro: contacts by integer id and as a list; problem documents; two rate budgets in its headers."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from http import HTTPStatus
from math import ceil
from uuid import uuid4

from app.demo import DEMO_KEY
from app.demo.cursors import BadCursorError
from app.demo.dataset import Person
from app.demo.http import PROBLEM, Call, Endpoint, Handler, RefusalError, Reply, rfc3339
from app.demo.limits import SlidingWindow
from app.demo.service import Service
from app.demo.spelling import company_name_at, email_known_to, name_at, phone_known_to
from app.demo.state import DemoState
from app.demo.text import fold
from app.demo.vocabulary import CONTACT_TYPES
from app.domain.provider import Provider

_HERE = Provider.BUILDWORKPRO
_MAX_IDS = 50
_MAX_PAGE = 100
_DEFAULT_PAGE = 25
_FIRST_CREATED = datetime.fromisoformat("2026-01-05T08:00:00+00:00")
_PROBLEM_TYPE = "https://docs.buildworkpro.com/docs/api/concepts/errors#"
_FRAGMENTS = {
    400: "bad_request", 401: "unauthorized", 403: "scope_insufficient", 404: "not_found", 405: "bad_request",
    409: "conflict", 422: "validation_failed", 429: "rate_limited", 503: "service_unavailable",
}  # fmt: skip
_TITLES = {
    "bad_request": "Bad request", "unauthorized": "Unauthorized", "scope_insufficient": "Scope insufficient",
    "not_found": "Not found", "validation_failed": "Validation failed", "rate_limited": "Rate limited",
    "internal_error": "Internal error", "service_unavailable": "Service unavailable", "forbidden": "Forbidden",
    "conflict": "Conflict",
}  # fmt: skip
_FILTERS = ("type", "search", "dateFrom", "dateTo")


class BuildWorkPro(Service):
    """The service. The demo key holds the scope `contacts:read` and no other."""

    provider = _HERE

    def __init__(self, state: DemoState) -> None:
        super().__init__(state)
        self._key_minute = SlidingWindow(60, 60)
        self._tenant_hour = SlidingWindow(10_000, 3600)

    def endpoints(self) -> Sequence[Endpoint]:
        """The read calls, and the ones for which the key lacks the scope."""
        return (
            Endpoint("POST", "/contacts/get-many", self.get_many),
            Endpoint("GET", "/contacts", self.list_contacts),
            Endpoint("GET", "/contacts/count", self.count),
            Endpoint("GET", "/contacts/{id}", self.get_contact),
            Endpoint("POST", "/contacts", _lacks("contacts:write")),
            Endpoint("PATCH", "/contacts/{id}", _lacks("contacts:write")),
            Endpoint("DELETE", "/contacts/{id}", _lacks("contacts:delete")),
            Endpoint("GET", "/usage", _lacks("audit:read")),
        )

    def refuse_key(self, call: Call) -> Reply | None:
        """`Authorization: Bearer <key>`."""
        scheme, _, key = call.headers.get("authorization", "").partition(" ")
        return None if scheme.lower() == "bearer" and key == DEMO_KEY else self.bad_key()

    def bad_key(self) -> Reply:
        """401 as a problem document."""
        return _problem(401, "unauthorized", "The API key was not accepted")

    def error(self, status: int) -> Reply:
        """A problem document with the vendor's type for the status."""
        return _problem(status, _FRAGMENTS.get(status, "internal_error"))

    def out_of_credits(self) -> Reply:
        """There are no credits here; an unpaid subscription comes nearest."""
        return _problem(403, "forbidden", "The subscription is not active")

    def enter(self, call: Call, /) -> Reply | None:
        """Requests per minute and cost units per hour; a call over the rest of the units still completes."""
        now = self.state.seconds()
        if self.state.options.strict_limits:
            for window in (self._key_minute, self._tenant_hour):
                if window.is_full(now):
                    reply = _problem(429, "rate_limited", "Too many requests")
                    reply.headers = self._tenant_headers(now) | {"Retry-After": str(ceil(window.reset_after(now)))}
                    return reply
        self._key_minute.spend(now)
        self._tenant_hour.spend(now, 1 if call.method == "GET" else 5)
        return None

    def leave(self, reply: Reply, /) -> None:
        """Both budgets go into the headers."""
        now = self.state.seconds()
        reply.headers |= self._tenant_headers(now) | _budget_headers("Key", self._key_minute, now)

    def _tenant_headers(self, now: float) -> dict[str, str]:
        return _budget_headers("Tenant", self._tenant_hour, now)

    def rows(self, payload: object) -> list[object] | None:
        """`data`, where it is an array."""
        data = payload.get("data") if isinstance(payload, dict) else None
        return data if isinstance(data, list) else None

    async def get_many(self, call: Call) -> Reply:
        """`POST /contacts/get-many`: those that exist, in another order than asked for."""
        ids = _read_ids(call)
        call.ids = [str(identifier) for identifier in ids]
        found = [self.state.data.by_id(_HERE, identifier) for identifier in dict.fromkeys(call.ids)]
        people = sorted((person for person in found if person is not None), key=lambda person: -person.index)
        rows = [self._contact(person) for person in people]
        return _reply(rows, requested=len(ids), returned=len(rows))

    async def list_contacts(self, call: Call) -> Reply:
        """`GET /contacts`: pages in order of the ids."""
        filters = self.read_filters(call, ("limit", "cursor", "compact"))
        limit = _read_limit(call)
        if call.one("compact") not in (None, "true", "false"):
            raise _bad("compact is not a boolean")
        start = 0
        cursor = call.one("cursor")
        if cursor is not None:
            try:
                start = self.state.cursors.read("buildworkpro", filters, cursor)
            except BadCursorError:
                raise _bad("The cursor was not accepted") from None
        people = await self.select(filters)
        end = start + limit
        more = end < len(people)
        rows = [self._contact(person) for person in people[start:end]]
        pagination = {
            "cursor": self.state.cursors.make("buildworkpro", filters, end) if more else None,
            "has_more": more,
            "count": len(rows),
        }
        return _reply(rows, pagination=pagination)

    async def count(self, call: Call) -> Reply:
        """`GET /contacts/count`: same filters as the list."""
        people = await self.select(self.read_filters(call))
        return _reply({"total": len(people)})

    async def get_contact(self, call: Call) -> Reply:
        """`GET /contacts/{id}`."""
        call.ids = [call.path_params["id"]]
        if not re.fullmatch(r"[0-9]+", call.ids[0]):
            raise _bad("The id is not an integer")
        person = self.state.data.by_id(_HERE, call.ids[0])
        if person is None:
            raise RefusalError(self.error(404))
        return _reply(self._contact(person))

    async def select(self, filters: dict[str, str]) -> Sequence[Person]:
        """Everybody who passes the filters."""
        search = fold(filters.get("search", "")).split()
        kind = filters.get("type")
        earliest = datetime.fromisoformat(filters["dateFrom"]) if "dateFrom" in filters else None
        latest = datetime.fromisoformat(filters["dateTo"]) if "dateTo" in filters else None

        def matches(person: Person) -> bool:
            return (
                (kind is None or _type_of(person) == kind)
                and (earliest is None or _created(person) >= earliest)
                and (latest is None or _created(person) <= latest)
                and (not search or all(word in _haystack(person) for word in search))
            )

        key = repr(sorted(filters.items()))
        return await self.state.select(_HERE, key, lambda person: (person,) if matches(person) else ())

    def read_filters(self, call: Call, further: Sequence[str] = ()) -> dict[str, str]:
        """The list's filters, dates in one form; raises RefusalError as the service would."""
        unknown = call.unknown_parameters((*_FILTERS, *further))
        if unknown:
            raise _bad(f"Unknown query parameter {', '.join(unknown)}")
        filters = {name: value for name in _FILTERS if (value := call.one(name))}
        if filters.get("type", CONTACT_TYPES[0]) not in CONTACT_TYPES:
            raise _bad("type is not a contact type")
        for name in ("dateFrom", "dateTo"):
            if name in filters:
                filters[name] = _read_date(name, filters[name])
        return filters

    def _contact(self, person: Person) -> dict[str, object]:
        name = name_at(person, _HERE)
        anonymous = _is_company_only(person)
        created = _created(person)
        updated = created + timedelta(hours=person.draw("updated", 5000))
        loose = person.chance("loose timestamps", 3)
        return {
            "id": int(self.state.data.id_of(person, _HERE)),
            "firstName": None if anonymous else name.first,
            "lastName": None if anonymous else name.last or None,
            "companyName": company_name_at(person, _HERE) or None,
            "email": None if anonymous else email_known_to(person, _HERE) or None,
            "phone": phone_known_to(person, _HERE) or None,
            "type": _type_of(person),
            "createdAt": created.strftime("%Y-%m-%d %H:%M:%S") if loose else rfc3339(created),
            "updatedAt": updated.strftime("%Y-%m-%d %H:%M:%S+00") if loose else rfc3339(updated),
        }


def _problem(status: int, fragment: str, detail: str = "", errors: Sequence[dict[str, str]] = ()) -> Reply:
    payload: dict[str, object] = {
        "type": _PROBLEM_TYPE + fragment,
        "title": _TITLES.get(fragment, HTTPStatus(status).phrase),
        "status": status,
    }
    if detail:
        payload["detail"] = detail
    payload["request_id"] = _request_id()
    if errors:
        payload["errors"] = list(errors)
    return Reply(status, payload, PROBLEM)


def _lacks(scope: str) -> Handler:
    async def refuse(_call: Call) -> Reply:
        raise RefusalError(_problem(403, "scope_insufficient", f"This key does not hold {scope}"))

    return refuse


def _bad(detail: str) -> RefusalError:
    return RefusalError(_problem(400, "bad_request", detail))


def _invalid(detail: str, field: str, code: str, message: str) -> RefusalError:
    finding = {"field": field, "code": code, "message": message}
    return RefusalError(_problem(422, "validation_failed", detail, [finding]))


def _request_id() -> str:
    return f"req_{uuid4().hex[:8]}"


def _reply(data: object, **meta: object) -> Reply:
    return Reply(200, {"data": data, "meta": {"request_id": _request_id(), **meta}})


def _budget_headers(layer: str, window: SlidingWindow, now: float) -> dict[str, str]:
    remaining = max(0, window.limit - window.used(now))
    return {
        f"RateLimit-{layer}-Limit": str(window.limit),
        f"RateLimit-{layer}-Remaining": str(remaining),
        f"RateLimit-{layer}-Reset": str(ceil(window.reset_after(now))),
    }


def _read_ids(call: Call) -> list[int]:
    if not call.is_json:
        raise _bad("The body must be application/json")
    try:
        body = call.json()
    except ValueError:
        raise _bad("The body is not valid JSON") from None
    if not isinstance(body, dict):
        raise _invalid("The body is not an object", "", "invalid_type", "expected an object")
    unknown = sorted(set(body) - {"ids"})
    if unknown:
        raise _invalid("The body has an unknown member", unknown[0], "unrecognized_keys", "unknown member")
    ids = body.get("ids")
    if not isinstance(ids, list):
        raise _invalid("The ids list is missing", "ids", "invalid_type", "expected an array")
    if not ids:
        raise _invalid("The ids list is empty", "ids", "too_small", "at least 1 entry")
    if len(ids) > _MAX_IDS:
        raise _invalid("The ids list is longer than allowed", "ids", "too_big", f"at most {_MAX_IDS} entries")
    for number, identifier in enumerate(ids):
        if not isinstance(identifier, int) or isinstance(identifier, bool):
            raise _invalid("An id is not an integer", f"ids.{number}", "invalid_type", "expected an integer")
        if identifier < 1:
            raise _invalid("An id is not positive", f"ids.{number}", "too_small", "must be greater than 0")
    return ids


def _read_limit(call: Call) -> int:
    text = call.one("limit")
    if text is None:
        return _DEFAULT_PAGE
    if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= _MAX_PAGE:
        raise _bad(f"limit must be between 1 and {_MAX_PAGE}")
    return int(text)


def _read_date(name: str, text: str) -> str:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise _bad(f"{name} is not a date-time") from None
    if moment.tzinfo is None:
        raise _bad(f"{name} has no time zone")
    return moment.astimezone(_FIRST_CREATED.tzinfo).isoformat()


def _created(person: Person) -> datetime:
    return _FIRST_CREATED + timedelta(minutes=person.draw("created", 200_000))


def _type_of(person: Person) -> str:
    return CONTACT_TYPES[person.draw("type", len(CONTACT_TYPES))]


def _is_company_only(person: Person) -> bool:
    return person.company is not None and person.chance("company only", 5)


def _haystack(person: Person) -> str:
    parts = [fold(company_name_at(person, _HERE)), phone_known_to(person, _HERE)]
    if not _is_company_only(person):
        parts += [name_at(person, _HERE).folded, email_known_to(person, _HERE)]
    return " ".join(parts)
