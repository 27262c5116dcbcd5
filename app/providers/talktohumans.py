"""TalkToHumans: search of one's own LinkedIn network, and its tags. Contract sheet `talktohumans`.

Rows carry no e-mail, no phone and no relationship status.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import msgspec

from app.domain.contact import SourceRecord
from app.domain.credits import Account, KeyCheck
from app.domain.errors import BadKeyError, PermissionDeniedError, UnreadableAnswerError
from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, FilterKind, FilterSpec, SearchPage, SearchQuery
from app.providers.client import Answer, ApiClient
from app.providers.envelope import Envelope
from app.providers.errors import invalid_request, outcome_unknown
from app.providers.keycheck import accepted, refused
from app.providers.talktohumans_rows import LinkedInAccount, contact_record
from app.providers.wire import RowError, Scalar, distinct, identifier, opaque, part, read_rows, text

BASE_URL = "https://api.talktohumans.app"

# The stored copy of the page lost this parameter's heading; the sheet (section 2) says why it is most likely this.
# A wrong name would be ignored by the server, so nothing may depend on this filter alone.
WIDE_SEARCH = "search"

_LARGEST_PAGE = 25

# Pages of conversations offered as choices; older conversations can be named by their ID.
_CONVERSATION_PAGES = 8

FILTERS: tuple[FilterSpec, ...] = (
    FilterSpec(
        "query",
        "Person",
        FilterKind.TEXT,
        "Name, headline, company, role, LinkedIn handle or profile URL.",
    ),
    FilterSpec("company_name", "Company", FilterKind.TEXT, "A current or past employer."),
    FilterSpec("headline", "Headline", FilterKind.TEXT, "Words of the LinkedIn headline."),
    FilterSpec(
        WIDE_SEARCH,
        "Anywhere",
        FilterKind.TEXT,
        "Looks everywhere: profile, tags, notes, locations, work history, education and company.",
    ),
    FilterSpec("location", "Location", FilterKind.TEXT, "Words of the location."),
    FilterSpec("company_size", "Company size", FilterKind.TEXT, "Size or number of employees of the company."),
    FilterSpec("tag", "Tag", FilterKind.TEXT, "The name of a tag."),
    FilterSpec(
        "relationship_status",
        "Relationship",
        FilterKind.CHOICE,
        "Whether you are connected on LinkedIn; any unless chosen.",
        choices=(
            Choice("any", "Any"),
            Choice("connected", "Connected"),
            Choice("not_connected", "Not connected"),
            Choice("unknown", "Unknown"),
        ),
    ),
    FilterSpec(
        "invitation_status",
        "Invitation",
        FilterKind.CHOICE,
        "Only people with an invitation in this state.",
        choices=(Choice("pending", "Pending"),),
    ),
    FilterSpec(
        "account_id",
        "LinkedIn accounts",
        FilterKind.CHOICE_LIST,
        "Only the networks of these LinkedIn accounts; all unless chosen.",
        choice_source=ChoiceSource.ACCOUNTS,
        pattern=r"[1-9][0-9]*",
    ),
    FilterSpec(
        "conversation_id",
        "Conversation",
        FilterKind.CHOICE,
        "Only members of this conversation, or of the one with this ID.",
        choice_source=ChoiceSource.CONVERSATIONS,
        open_choices=True,
    ),
)


class _Participant(msgspec.Struct):
    name: Scalar = None


class _Conversation(msgspec.Struct):
    conversation_id: Scalar = None
    title: Scalar = None
    participants: list[_Participant] | None = None


class _Pagination(msgspec.Struct):
    has_more: Scalar = None
    next_cursor: Scalar = None


class TalkToHumans:
    """One TalkToHumans key."""

    provider = Provider.TALKTOHUMANS
    filters: Sequence[FilterSpec] = FILTERS
    page_size = _LARGEST_PAGE
    sizes_pages = True
    credits_per_row = 0

    def __init__(self, client: ApiClient) -> None:
        self._client = client

    async def aclose(self) -> None:
        """Close the connections. May be called twice."""
        await self._client.aclose()

    async def check_key(self) -> KeyCheck:
        """Try the key by listing the accounts it reaches."""
        try:
            answer = await self._client.get("/v1/accounts")
        except (BadKeyError, PermissionDeniedError) as error:
            return refused(error)
        count = len(self._read_accounts(answer))
        return accepted(answer, f"It reaches {count} LinkedIn account{'' if count == 1 else 's'}.")

    async def accounts(self) -> tuple[Account, ...]:
        """The LinkedIn accounts the key reaches."""
        return self._read_accounts(await self._client.get("/v1/accounts"))

    async def search(self, query: SearchQuery, *, cursor: str | None = None, limit: int | None = None) -> SearchPage:
        """One page of contacts."""
        size = max(1, min(limit or _LARGEST_PAGE, _LARGEST_PAGE))
        # A list of accounts is sent by repeating the name, which is what the published pattern allows.
        parameters = [(spec.name, value) for spec in FILTERS for value in query.many(spec.name) if value]
        parameters.append(("limit", str(size)))
        if cursor:
            parameters.append(("cursor", cursor))
        answer = await self._client.get("/v1/contacts", query=parameters)
        envelope = Envelope(self.provider, answer)
        records, quarantined = read_rows(envelope.rows("data", "contacts"), partial(contact_record, answer))
        following = _next_cursor(envelope, cursor)
        return SearchPage(
            records=records,
            next_cursor=following,
            quarantined=quarantined,
            request_id=answer.request_id,
            cut_off=following is None and _pagination(envelope).has_more is True,
        )

    async def choices(self, source: ChoiceSource, *, account_id: str = "") -> tuple[Choice, ...]:
        """Accounts, and conversations of one account or of all; () for the rest."""
        match source:
            case ChoiceSource.ACCOUNTS:
                return tuple(Choice(account.account_id, account.name) for account in await self.accounts())
            case ChoiceSource.CONVERSATIONS:
                return await self._conversations(account_id)
            case _:
                return ()

    async def change_tags(
        self, provider_id: str, *, account_id: str, add: Sequence[str] = (), remove: Sequence[str] = ()
    ) -> SourceRecord:
        """Put tags on a contact of an account and take others off; returns the contact as it is now.

        Colours are left to the service: only one of their names is known (sheet section 4).

        Raises:
            OutcomeUnknownError: It may have been changed, but the answer was not seen or makes no sense.
            ServiceError: Nothing was changed.
        """
        adding, removing = distinct(add), distinct(remove)
        if not account_id:
            raise invalid_request(self.provider, "TalkToHumans needs to know the LinkedIn account of the contact.")
        if not adding and not removing:
            raise invalid_request(self.provider, "There is no tag to add or to remove.")
        tags: dict[str, object] = {}
        if adding:
            tags["add"] = [{"name": name} for name in adding]
        if removing:
            tags["remove"] = list(removing)
        answer = await self._client.request_json(
            "PATCH",
            "/v1/contacts/{contact_id}",
            values={"contact_id": provider_id},
            body={"account_id": account_id, "tags": tags},
            writes=True,
        )
        try:
            record = self._read_changed(answer, provider_id)
        except UnreadableAnswerError as error:
            raise outcome_unknown(error, paid=False) from error
        return replace(record, account_id=record.account_id or account_id)

    async def _conversations(self, account_id: str) -> tuple[Choice, ...]:
        """The first conversations as the service orders them; its parameters are assumed (sheet section 6)."""
        found: dict[str, Choice] = {}
        cursor: str | None = None
        for _ in range(_CONVERSATION_PAGES):
            parameters = [("limit", str(_LARGEST_PAGE))]
            parameters += [("account_id", account_id)] if account_id else []
            parameters += [("cursor", cursor)] if cursor else []
            answer = await self._client.get("/v1/conversations", query=parameters)
            envelope = Envelope(self.provider, answer)
            found |= {choice.value: choice for choice in map(_choice, envelope.rows("data", "conversations")) if choice}
            cursor = _next_cursor(envelope, cursor)
            if cursor is None:
                break
        return tuple(found.values())

    def _read_changed(self, answer: Answer, provider_id: str) -> SourceRecord:
        envelope = Envelope(self.provider, answer)
        try:
            record = contact_record(answer, bytes(envelope.one("data", "contact")))
        except RowError as error:
            raise envelope.unreadable("its contact has no id") from error
        if record.provider_id != provider_id:
            raise envelope.unreadable("it is about another contact")
        return record

    def _read_accounts(self, answer: Answer) -> tuple[Account, ...]:
        """The sheet's section 3 assumes `data.accounts`, but takes a bare `data` array as well."""
        envelope = Envelope(self.provider, answer)
        raws = (
            envelope.rows("data", "accounts") if envelope.at("data", "accounts") is not None else envelope.rows("data")
        )
        accounts = []
        for raw in raws:
            try:
                account = part(raw, LinkedInAccount)
            except ValueError:
                continue
            account_id = identifier(account.account_id)
            if account_id:
                accounts.append(Account(account_id, text(account.display_name) or account_id))
        return tuple(accounts)


def _pagination(envelope: Envelope) -> _Pagination:
    return envelope.part(_Pagination, "data", "pagination")


def _next_cursor(envelope: Envelope, cursor: str | None) -> str | None:
    """The cursor of the next page; None on the last page, and when the service would lead round in a circle."""
    pagination = _pagination(envelope)
    following = opaque(pagination.next_cursor) if pagination.has_more is True else ""
    return following if following and following != cursor else None


def _choice(raw: msgspec.Raw) -> Choice | None:
    """A conversation by its title, else by who takes part; None when it has no id."""
    try:
        row = part(raw, _Conversation)
    except ValueError:
        return None
    conversation_id = identifier(row.conversation_id)
    if not conversation_id:
        return None
    members = distinct(member.name for member in row.participants or [])
    return Choice(conversation_id, text(row.title) or ", ".join(members) or conversation_id)
