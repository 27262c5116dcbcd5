"""Tamtam: contacts by UUID, enrichment, credits. Errors in the wording of its server framework (Huma)."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from uuid import uuid4

from app.demo import DEMO_KEY
from app.demo.dataset import Person
from app.demo.enrichment import Enricher
from app.demo.http import JSON, PROBLEM, Call, Endpoint, RefusalError, Reply
from app.demo.limits import SlidingWindow
from app.demo.service import Service
from app.demo.spelling import company_name_at, email_known_to, linkedin_handle, linkedin_url, name_at, phone_known_to
from app.demo.state import DemoState
from app.domain.enrichment import BATCH_SIZE
from app.domain.provider import Provider

_HERE = Provider.TAMTAM
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MAX_BODY = 1 << 20
_MAX_IDS = 100  # not published; the prudent bound of the contract sheet
_PEOPLE_LINE, _COMPANY_LINE = "MaxPeopleEnrichments", "MaxCompanyEnrichments"
_ITEM_STRINGS = ("firstname", "lastname", "domain", "company_name", "linkedin_url")
_REQUIRED = ("firstname", "lastname", "domain", "enrich_fields")
_FIELDS = ("contact.emails", "contact.phones")


def _problem(status: int, detail: str, errors: Sequence[Mapping[str, object]] = ()) -> Reply:
    payload: dict[str, object] = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    if errors:
        payload["errors"] = list(errors)
    return Reply(status, payload, PROBLEM)


class Tamtam(Service):
    """The service. Credits are reserved on submission, confirmed on completion, released for what is not found."""

    provider = _HERE

    def __init__(self, state: DemoState) -> None:
        super().__init__(state)
        self._second = SlidingWindow(10, 1)
        self.balances = {_COMPANY_LINE: [20_000, 1_250], _PEOPLE_LINE: [20_000, 310]}  # total, used
        self.enricher = Enricher(state)

    def endpoints(self) -> Sequence[Endpoint]:
        """The documented calls."""
        return (
            Endpoint("POST", "/v1/contacts", self.get_contacts),
            Endpoint("POST", "/v2/people/enrich", self.enrich),
            Endpoint("GET", "/v2/people/enrich/{request_id}", self.poll),
            Endpoint("GET", "/v2/credits", self.credits),
        )

    def refuse_key(self, call: Call) -> Reply | None:
        """The bare key or nothing: `Bearer` announces an OAuth token, which the demo key is not."""
        given = call.headers.get("authorization")
        if given is None:
            return Reply(401, {"Message": "Unauthorized"})
        return None if given == DEMO_KEY else self.bad_key()

    def bad_key(self) -> Reply:
        """401 as a problem document."""
        return _problem(401, "invalid API key")

    def out_of_credits(self) -> Reply:
        """402 as a problem document."""
        return _problem(402, "not enough credits")

    def error(self, status: int) -> Reply:
        """A problem document, except for 429."""
        if status == 429:
            return Reply(429, {"Message": "Too Many Requests"}, JSON)
        details = {404: "not found", 402: "not enough credits", 401: "invalid API key"}
        return _problem(status, details.get(status, "unexpected error occurred"))

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
        body = _object_body(call, {"contact_ids"})
        ids = body.get("contact_ids", ...)
        if ids is ...:
            raise _invalid("expected required property contact_ids to be present", "body", body)
        if ids is None:
            ids = []
        if not isinstance(ids, list):
            raise _invalid("expected array", "body.contact_ids", ids)
        if len(ids) > _MAX_IDS:
            raise _invalid(f"expected array length <= {_MAX_IDS}", "body.contact_ids", ids)
        findings = [
            _finding("expected string to be RFC 4122 uuid", f"body.contact_ids[{number}]", identifier)
            for number, identifier in enumerate(ids)
            if not isinstance(identifier, str) or not _UUID.fullmatch(identifier.lower())
        ]
        if findings:
            raise RefusalError(_problem(422, "validation failed", findings))
        call.ids = list(ids)
        wanted = dict.fromkeys(identifier.lower() for identifier in ids)
        found = (self.state.data.by_id(_HERE, identifier) for identifier in wanted)
        people = sorted((person for person in found if person is not None), key=lambda person: person.salt)
        return Reply(200, [self._contact(person) for person in people] or None)

    async def enrich(self, call: Call) -> Reply:
        """`POST /v2/people/enrich`: reserves the most the batch can cost, or refuses all of it."""
        body = _object_body(call, {"requests"})
        items = _read_requests(body)
        self.settle()
        batch = self.enricher.prepare(str(uuid4()), items, fails=call.fails_batch)
        line = self.balances[_PEOPLE_LINE]
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
        if batch is None:
            raise RefusalError(self.error(404))
        return Reply(200, self.enricher.answer(batch))

    async def credits(self, _call: Call) -> Reply:
        """`GET /v2/credits`: what is reserved counts as used."""
        self.settle()
        lines = [
            {"credit_type": kind, "used_credits": used, "total_credits": total, "remaining_credits": total - used}
            for kind, (total, used) in self.balances.items()
        ]
        return Reply(200, {"credits": lines or None})

    def settle(self) -> None:
        """Confirm what finished since the last look, and give the rest of its reservation back."""
        self.balances[_PEOPLE_LINE][1] -= self.enricher.settle()

    def reserved(self) -> int:
        """Credits held for batches still running."""
        return sum(batch.maximum for batch in self.enricher.open_batches())

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
            "company_linkedin_id": str(900_000_000 + company.index) if company else "",
            "company_linkedin_slug": company.handle if company else "",
            "email": email_known_to(person, _HERE),
            "phone": phone_known_to(person, _HERE).replace(" ", "").replace("-", ""),
            "linkedin_url": _linkedin_spelling(person),
            "location": f"{person.city.name}, {person.city.country}",
        }
        return {key: value for key, value in values.items() if value}


def _linkedin_spelling(person: Person) -> str:
    """The same profile in the spellings found in the wild."""
    url = linkedin_url(person)
    if not url:
        return ""
    handle = linkedin_handle(person)
    spellings = (
        url,
        url,
        url + "/",
        f"https://linkedin.com/in/{handle.title()}",
        f"http://de.linkedin.com/in/{handle}?x=1",
    )
    return spellings[person.draw("linkedin spelling", len(spellings))]


def _finding(message: str, location: str, value: object) -> dict[str, object]:
    return {"message": message, "location": location, "value": value}


def _invalid(message: str, location: str, value: object) -> RefusalError:
    return RefusalError(_problem(422, "validation failed", [_finding(message, location, value)]))


def _object_body(call: Call, known: set[str]) -> dict[str, object]:
    """The request's JSON object; members outside the schema are refused."""
    if len(call.body) > _MAX_BODY:
        raise RefusalError(_problem(413, f"request body is too large limit={_MAX_BODY} bytes"))
    if not call.body:
        raise RefusalError(_problem(400, "request body is required"))
    if not call.is_json:
        raise RefusalError(_problem(415, f"unknown content type: {call.headers.get('content-type', '')}"))
    try:
        body = call.json()
    except ValueError as error:
        text = call.body.decode(errors="replace")
        raise RefusalError(_problem(400, "validation failed", [_finding(str(error), "body", text)])) from None
    if not isinstance(body, dict):
        raise _invalid("expected object", "body", body)
    findings = [_finding("unexpected property", f"body.{name}", body) for name in body if name not in known]
    if findings:
        raise RefusalError(_problem(422, "validation failed", findings))
    return body


def _read_requests(body: dict[str, object]) -> list[dict[str, object]]:
    """The people of a submit; one bad row sinks the batch, with a finding for each thing wrong."""
    requests = body.get("requests", ...)
    if requests is ...:
        raise _invalid("expected required property requests to be present", "body", body)
    if requests is None:
        requests = []
    if not isinstance(requests, list):
        raise _invalid("expected array", "body.requests", requests)
    if not requests:
        raise _invalid("expected array length >= 1", "body.requests", requests)
    if len(requests) > BATCH_SIZE:
        raise _invalid(f"expected array length <= {BATCH_SIZE}", "body.requests", requests)
    findings: list[dict[str, object]] = []
    for number, item in enumerate(requests):
        findings += _item_findings(item, f"body.requests[{number}]")
    if findings:
        raise RefusalError(_problem(422, "validation failed", findings))
    return requests


def _item_findings(item: object, where: str) -> list[dict[str, object]]:
    if not isinstance(item, dict):
        return [_finding("expected object", where, item)]
    found = [
        _finding(f"expected required property {name} to be present", where, item)
        for name in _REQUIRED
        if name not in item
    ]
    for name, value in item.items():
        place = f"{where}.{name}"
        if name in _ITEM_STRINGS:
            if not isinstance(value, str):
                found.append(_finding("expected string", place, value))
            elif not value and name in _REQUIRED:
                found.append(_finding("expected length >= 1", place, value))
        elif name == "enrich_fields":
            found += _field_findings(value, place)
        elif name == "custom":
            if not isinstance(value, dict):
                found.append(_finding("expected object", place, value))
            else:
                found += [
                    _finding("expected string", f"{place}.{key}", inner)
                    for key, inner in value.items()
                    if not isinstance(inner, str)
                ]
        else:
            found.append(_finding("unexpected property", place, item))
    return found


def _field_findings(value: object, place: str) -> list[dict[str, object]]:
    if not isinstance(value, list) or not value:
        return [_finding("expected array length >= 1", place, value)]
    return [
        _finding(f'expected value to be one of "{", ".join(_FIELDS)}"', f"{place}[{number}]", entry)
        for number, entry in enumerate(value)
        if entry not in _FIELDS
    ]
