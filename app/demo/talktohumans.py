"""TalkToHumans: the network of several LinkedIn accounts; one person may be in more than one of them."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from app.demo import DEMO_KEY
from app.demo.cursors import BadCursorError
from app.demo.dataset import LINKEDIN_ACCOUNTS, Person
from app.demo.http import Call, Endpoint, RefusalError, Reply
from app.demo.profiles import Relation, account_of, contact, conversation_of, participant
from app.demo.service import Service
from app.demo.spelling import headline_parts, index_of_handle, linkedin_handle, linkedin_url, name_at
from app.demo.state import DemoState
from app.demo.talktohumans_tags import TagBook, read_change
from app.demo.text import fold
from app.demo.vocabulary import HEADCOUNTS
from app.domain.identifiers import linkedin_slug
from app.domain.provider import Provider

_HERE = Provider.TALKTOHUMANS
_MAX_PAGE = 25
_DEFAULT_PAGE = 10
_GAP_SECONDS = 0.2  # unpublished; what a careful client keeps
_TEXT_FILTERS = ("query", "company_name", "headline", "search", "location", "company_size", "tag")
_ENUMS = {
    "relationship_status": ("any", "connected", "not_connected", "unknown"),
    "invitation_status": ("pending",),
}
_PARAMETERS = ("account_id", *_TEXT_FILTERS, *_ENUMS, "conversation_id", "limit", "cursor")
_ERRORS = {
    400: ("invalid_request", "The request could not be processed."),
    401: ("unauthorized", "The API key is missing or not valid."),
    402: ("forbidden", "The plan does not include this."),
    403: ("forbidden", "This key cannot use the requested account."),
    404: ("not_found", "Not found."),
    405: ("method_not_allowed", "Method not allowed."),
    429: ("rate_limited", "Too many requests."),
}

Match = Callable[[Relation], bool]
Row = TypeVar("Row")


def _error(status: int, message: str = "") -> Reply:
    code, usual = _ERRORS.get(status, ("internal_error", "Unexpected error."))
    return Reply(status, {"error": {"code": code, "message": message or usual}})


class TalkToHumans(Service):
    """The service. A row is a person in the network of one account."""

    provider = _HERE

    def __init__(self, state: DemoState) -> None:
        super().__init__(state)
        self._tags = TagBook()
        self._in_flight = 0
        self._last_left = float("-inf")

    def endpoints(self) -> Sequence[Endpoint]:
        """The documented calls."""
        return (
            Endpoint("GET", "/v1/accounts", self.accounts),
            Endpoint("GET", "/v1/contacts", self.contacts),
            Endpoint("PATCH", "/v1/contacts/{contact_id}", self.update_contact),
            Endpoint("GET", "/v1/conversations", self.conversations),
        )

    def refuse_key(self, call: Call) -> Reply | None:
        """`Authorization: Bearer <key>`."""
        scheme, _, key = call.headers.get("authorization", "").partition(" ")
        return None if scheme.lower() == "bearer" and key == DEMO_KEY else self.bad_key()

    def bad_key(self) -> Reply:
        """401 with a nested error."""
        return _error(401)

    def error(self, status: int) -> Reply:
        """A nested error; the vendor documents no body."""
        return _error(status)

    def out_of_credits(self) -> Reply:
        """There are no credits here; the plan's end comes nearest."""
        return Reply(403, _error(402).payload)

    def enter(self, _call: Call, /) -> Reply | None:
        """One request in flight, and a gap between two."""
        if self.state.options.strict_limits:
            too_soon = self.state.seconds() - self._last_left < _GAP_SECONDS
            if self._in_flight or too_soon:
                reply = _error(429)
                reply.headers["Retry-After"] = "1"
                return reply
        self._in_flight += 1
        return None

    def leave(self, _reply: Reply, /) -> None:
        """Start the gap."""
        self._in_flight -= 1
        self._last_left = self.state.seconds()

    def rows(self, payload: object) -> list[object] | None:
        """The array inside `data`."""
        data = payload.get("data") if isinstance(payload, dict) else None
        lists = [value for value in data.values() if isinstance(value, list)] if isinstance(data, dict) else []
        return lists[0] if lists else None

    async def accounts(self, call: Call) -> Reply:
        """`GET /v1/accounts`."""
        _check_parameters(call, ())
        return Reply(200, {"data": {"accounts": [account_of(number) for number in range(len(LINKEDIN_ACCOUNTS))]}})

    async def contacts(self, call: Call) -> Reply:
        """`GET /v1/contacts`: filters are AND-ed; a limit above 25 counts as 25."""
        filters = self.read_filters(call, ("limit", "cursor"))
        relations = await self.select(filters)
        page, pagination = self._page(call, "talktohumans contacts", filters, relations)
        rows = [contact(relation, self.state.data.id_of(relation.person, _HERE)) for relation in page]
        return Reply(200, {"data": {"contacts": rows, "pagination": pagination}})

    async def update_contact(self, call: Call) -> Reply:
        """`PATCH /v1/contacts/{contact_id}`: tags only; a contact is changed in one account's network."""
        _check_parameters(call, ())
        if not call.is_json:
            raise _refused("The body must be application/json.")
        try:
            change = read_change(call.json(), _refused)
        except ValueError:
            raise _refused("The body is not valid JSON.") from None
        contact_id = call.path_params["contact_id"]
        call.ids = [contact_id]
        call.summary = {"account_id": change.account_id, "add": list(change.add), "remove": list(change.remove)}
        [account] = _known_accounts([change.account_id])
        person = self.state.data.by_id(_HERE, contact_id)
        number = LINKEDIN_ACCOUNTS.index(account)
        if person is None or not person.accounts >> number & 1:
            raise RefusalError(_error(404, "There is no such contact in this account."))
        relation = self._tags.change(self._tags.relation(person, number), change)
        return Reply(200, {"data": {"contact": contact(relation, contact_id)}})

    async def conversations(self, call: Call) -> Reply:
        """`GET /v1/conversations`: their ids filter contacts."""
        _check_parameters(call, ("account_id", "limit", "cursor"))
        accounts = _read_accounts(call)
        groups: dict[str, list[Relation]] = {}
        for relation in await self.select({"account_id": accounts, "conversation_id": [""]}):
            groups.setdefault(conversation_of(relation), []).append(relation)
        page, pagination = self._page(call, "talktohumans conversations", accounts, list(groups.items()))
        rows = [self._conversation(conversation, members) for conversation, members in page]
        return Reply(200, {"data": {"conversations": rows, "pagination": pagination}})

    def read_filters(self, call: Call, further: Sequence[str] = ()) -> dict[str, list[str]]:
        """The filters of a call, checked; raises RefusalError as the service would. Empty values count as absent."""
        _check_parameters(call, (*(name for name in _PARAMETERS if name not in ("limit", "cursor")), *further))
        filters: dict[str, list[str]] = {"account_id": _read_accounts(call)}
        for name in (*_TEXT_FILTERS, *_ENUMS, "conversation_id"):
            value = (call.one(name) or "").strip()
            if not value:
                continue
            if value not in _ENUMS.get(name, (value,)):
                raise RefusalError(_error(400, f"{name} must be one of {', '.join(_ENUMS[name])}."))
            if value != "any":
                filters[name] = [value]
        return filters

    async def select(self, filters: Mapping[str, list[str]]) -> Sequence[Relation]:
        """Every relation that passes the filters, by person and account."""
        tests = [_MATCHERS[name](values[0]) for name, values in filters.items() if name != "account_id"]
        wanted = [LINKEDIN_ACCOUNTS.index(account) for account in filters["account_id"]]
        numbers = sorted(wanted) or range(len(LINKEDIN_ACCOUNTS))

        def relations_of(person: Person) -> list[Relation]:
            relations = (self._tags.relation(person, number) for number in numbers if person.accounts >> number & 1)
            return [relation for relation in relations if all(test(relation) for test in tests)]

        return await self.state.select(_HERE, (self._tags.revision, repr(sorted(filters.items()))), relations_of)

    def _page(
        self, call: Call, scope: str, filters: object, rows: Sequence[Row]
    ) -> tuple[Sequence[Row], dict[str, object]]:
        limit = _read_limit(call)
        start = 0
        cursor = call.one("cursor")
        if cursor:
            try:
                start = self.state.cursors.read(scope, filters, cursor)
            except BadCursorError:
                raise RefusalError(_error(400, "The cursor is not valid.")) from None
        end = start + limit
        more = end < len(rows)
        pagination: dict[str, object] = {"limit": limit, "has_more": more}
        if more:
            pagination["next_cursor"] = self.state.cursors.make(scope, filters, end)
        elif start:
            pagination["next_cursor"] = None
        return rows[start:end], pagination

    def _conversation(self, conversation: str, members: list[Relation]) -> dict[str, object]:
        return {
            "conversation_id": conversation,
            "account": account_of(members[0].account),
            "title": ", ".join(name_at(member.person, _HERE).first for member in members),
            "is_group": len(members) > 1,
            "participants": [participant(member, self.state.data.id_of(member.person, _HERE)) for member in members],
            "app_url": f"https://talktohumans.example/conversations/{conversation}",
            "last_message_text": "Thank you, talk soon.",
            "last_message_at": "2026-04-18T09:12:44Z",
            "current_state": "open",
            "sequence": None,
        }


def _check_parameters(call: Call, known: Sequence[str]) -> None:
    unknown = call.unknown_parameters(known)
    if unknown:
        raise RefusalError(_error(400, f"Unknown parameter {', '.join(unknown)}."))


def _read_accounts(call: Call) -> list[str]:
    return _known_accounts([account for value in call.many("account_id") for account in value.split(",")])


def _known_accounts(accounts: Sequence[str]) -> list[str]:
    for account in accounts:
        if not re.fullmatch(r"[1-9][0-9]*", account):
            raise RefusalError(_error(400, "account_id must be a number."))
        if account not in LINKEDIN_ACCOUNTS:
            raise RefusalError(_error(403))
    return sorted(set(accounts))


def _refused(sentence: str) -> RefusalError:
    return RefusalError(_error(400, sentence))


def _read_limit(call: Call) -> int:
    text = call.one("limit")
    if text is None:
        return _DEFAULT_PAGE
    if not re.fullmatch(r"[0-9]{1,6}", text) or int(text) < 1:
        raise RefusalError(_error(400, "limit must be at least 1."))
    return min(int(text), _MAX_PAGE)


def _contains(words: list[str], folded: str) -> bool:
    return all(word in folded for word in words)


def _query(value: str) -> Match:
    slug = linkedin_slug(value)
    if slug:
        index = index_of_handle(slug)
        return lambda relation: relation.person.index == index and slug == linkedin_handle(relation.person)
    words = fold(value).split()
    return lambda relation: _contains(words, _short_text(relation))


def _short_text(relation: Relation) -> str:
    person = relation.person
    headline = "" if relation.is_sparse else _folded_headline(person)
    return f"{name_at(person, _HERE).folded} {headline} {linkedin_handle(person)} {linkedin_url(person)}"


def _folded_headline(person: Person) -> str:
    """`fold(headline_of(person))`, from parts that are folded once for all people."""
    return " ".join(fold(part) for part in headline_parts(person))


def _company_name(value: str) -> Match:
    wanted = fold(value)
    return lambda relation: any(wanted in fold(company.name) for company in relation.companies)


def _headline(value: str) -> Match:
    wanted = fold(value)
    return lambda relation: relation.shows_headline and wanted in _folded_headline(relation.person)


def _search(value: str) -> Match:
    words = fold(value).split()

    def matches(relation: Relation) -> bool:
        companies = [text for company in relation.companies for text in (company.name, company.industry)]
        details = (*companies, relation.location, *relation.tags, relation.note, relation.school)
        return _contains(words, " ".join((_short_text(relation), *map(fold, details))))

    return matches


def _location(value: str) -> Match:
    wanted = fold(value)
    return lambda relation: wanted in fold(relation.location)


def _company_size(value: str) -> Match:
    """A band as the company shows it, or a number of people; anything else finds nobody."""
    band = value.replace("–", "-").replace(" ", "").replace(",", "")
    number = int(band) if re.fullmatch(r"[0-9]{1,7}", band) else None
    bands = {name for name, fewest, most in HEADCOUNTS if number is not None and fewest <= number <= most}
    bands.add(band)
    return lambda relation: (
        relation.person.company is not None and not relation.is_sparse and relation.person.company.headcount in bands
    )


def _tag(value: str) -> Match:
    wanted = fold(value)
    return lambda relation: any(fold(tag) == wanted for tag in relation.tags)


def _conversation(value: str) -> Match:
    """Members of one conversation, or with "" of any."""
    return lambda relation: conversation_of(relation) == value if value else conversation_of(relation) != ""


_MATCHERS: dict[str, Callable[[str], Match]] = {
    "query": _query,
    "company_name": _company_name,
    "headline": _headline,
    "search": _search,
    "location": _location,
    "company_size": _company_size,
    "tag": _tag,
    "relationship_status": lambda value: lambda relation: relation.status == value,
    "invitation_status": lambda value: lambda relation: relation.invitation == value,
    "conversation_id": _conversation,
}
