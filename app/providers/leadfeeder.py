"""Leadfeeder API v1: contacts by search and ID, lists, companies, accounts and balance. Contract sheet `leadfeeder`.

`account_id` goes into the query of every call but two, even of POST calls (sheet section 1).
"""

import re
from collections.abc import Sequence
from functools import partial

import msgspec

from app.domain.companies import CompanyMatch, CompanyQuery
from app.domain.contact import RecordKind, SourceRecord
from app.domain.credits import Account, BalanceLine, KeyCheck
from app.domain.errors import (
    BadKeyError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    UnreadableAnswerError,
)
from app.domain.fetching import FetchAnswer
from app.domain.identifiers import IdKind
from app.domain.lists import ProviderList
from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, FilterSpec, SearchPage, SearchQuery
from app.providers.client import Answer, ApiClient
from app.providers.envelope import Envelope
from app.providers.errors import invalid_request, outcome_unknown
from app.providers.keycheck import accepted, refused
from app.providers.leadfeeder_companies import match_request, read_companies, search_request
from app.providers.leadfeeder_filters import FILTERS
from app.providers.leadfeeder_rows import company_ids, contact_record, named
from app.providers.wire import RowError, Scalar, opaque, read_rows, text, whole

BASE_URL = "https://api.leadfeeder.com"

# Spelt as in /v1/web-visits; the page itself could not be read (sheet section 2).
BUYER_PERSONAS = "buyer-personas"

_LARGEST_PAGE = 100
_LARGEST_CHUNK = 100
_MOST_CANDIDATES = 10
_MOST_LIST_PAGES = 100


class _UserAttributes(msgspec.Struct):
    first_name: Scalar = None
    last_name: Scalar = None
    email: Scalar = None


class _User(msgspec.Struct):
    attributes: _UserAttributes | None = None


class _Charged(msgspec.Struct):
    charged: Scalar = None


class _Pagination(msgspec.Struct):
    next_cursor: Scalar = None
    page_num: Scalar = None
    page_count: Scalar = None


class Leadfeeder:
    """One Leadfeeder key.

    Args:
        client: The connection.
        personas_path: The path segment of the buyer personas, whose spelling is assumed.
    """

    provider = Provider.LEADFEEDER
    filters: Sequence[FilterSpec] = FILTERS
    page_size = _LARGEST_PAGE
    sizes_pages = True
    credits_per_row = 0
    companies_need_account = True
    id_kind = IdKind.INTEGER
    chunk_size = _LARGEST_CHUNK
    needs_account = True
    credits_per_id = 1
    credits_per_company = 1

    def __init__(self, client: ApiClient, *, personas_path: str = BUYER_PERSONAS) -> None:
        self._client = client
        self._personas_path = personas_path

    async def aclose(self) -> None:
        """Close the connections. May be called twice."""
        await self._client.aclose()

    async def check_key(self) -> KeyCheck:
        """Ask whose key it is; where that call does not exist, list the accounts."""
        try:
            try:
                answer = await self._client.get("/v1/users/me")
            except (NotFoundError, NetworkError) as error:
                if error.status != 404:
                    raise
                return accepted(await self._client.get("/v1/accounts"))
        except (BadKeyError, PermissionDeniedError) as error:
            return refused(error)
        owner = Envelope(self.provider, answer).part(_User, "data").attributes or _UserAttributes()
        name = " ".join(filter(None, (text(owner.first_name), text(owner.last_name)))) or text(owner.email)
        return accepted(answer, f"It belongs to {name}." if name else "")

    async def accounts(self) -> tuple[Account, ...]:
        """The accounts the key reaches."""
        answer = await self._client.get("/v1/accounts")
        return tuple(
            Account(account_id, name) for account_id, name, _ in named(Envelope(self.provider, answer).rows("data"))
        )

    async def balance(self, account_id: str = "") -> tuple[BalanceLine, ...]:
        """The credits of an account; of every account, by name, when none is given."""
        if account_id:
            return await self._balance(account_id, "")
        lines: list[BalanceLine] = []
        accounts = await self.accounts()
        for account in accounts:
            lines += await self._balance(account.account_id, account.name if len(accounts) > 1 else "")
        return tuple(lines)

    async def search(self, query: SearchQuery, *, cursor: str | None = None, limit: int | None = None) -> SearchPage:
        """One page of summaries."""
        body: dict[str, object] = {}
        for spec in FILTERS:
            values = [value for value in query.many(spec.name) if value]
            if values and spec.name != "account_id":
                body[spec.name] = values if spec.takes_many else values[0]
        account_id = self._required_account(query.one("account_id"))
        if not body:
            # What an empty body means is not documented, and it could mean everybody.
            raise invalid_request(self.provider, "Leadfeeder needs at least one filter beside the account.")
        size = max(1, min(limit or _LARGEST_PAGE, _LARGEST_PAGE))
        parameters = [("account_id", account_id), ("page[size]", str(size))]
        if cursor:
            parameters.append(("page[cursor]", cursor))
        answer = await self._client.post("/v1/contacts/search", body, query=parameters)
        envelope = Envelope(self.provider, answer)
        records, quarantined = read_rows(
            envelope.rows("data"), partial(contact_record, answer, account_id, RecordKind.SUMMARY, 0)
        )
        following = opaque(envelope.part(_Pagination, "meta", "pagination").next_cursor)
        return SearchPage(
            records=records,
            next_cursor=following if following and following != cursor else None,
            quarantined=quarantined,
            credits_charged=_charged(envelope),
            request_id=answer.request_id,
            cut_off=bool(following) and following == cursor,
        )

    async def choices(self, source: ChoiceSource, *, account_id: str = "") -> tuple[Choice, ...]:
        """Accounts, and buyer personas of an account; () where they are not available."""
        match source:
            case ChoiceSource.ACCOUNTS:
                return tuple(Choice(account.account_id, account.name) for account in await self.accounts())
            case ChoiceSource.BUYER_PERSONAS if account_id:
                return await self._personas(account_id)
            case _:
                return ()

    async def fetch_by_ids(
        self, ids: Sequence[str], *, account_id: str = "", include_company: bool = False
    ) -> FetchAnswer:
        """Full records. Each costs a credit once in twelve months; IDs that do not exist cost nothing.

        A company that is sent along may cost a second credit (sheet section 4), so none is unless asked for.
        """
        account_id = self._required_account(account_id)
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return FetchAnswer(())
        if len(wanted) > _LARGEST_CHUNK:
            raise invalid_request(self.provider, f"Leadfeeder reads at most {_LARGEST_CHUNK} IDs at a time.")
        query = [("ids", ",".join(wanted)), ("account_id", account_id)]
        if include_company:
            query.append(("include", "company"))
        answer = await self._client.get("/v1/contacts", query=query)
        envelope = Envelope(self.provider, answer)
        raws = envelope.rows("data")
        charged = _charged(envelope)
        companies = len(company_ids(raws)) if include_company else 0
        # Only when every row and company cost its credit is it certain which row cost what.
        each = 1 if charged == len(raws) + companies else 0
        records, quarantined = read_rows(raws, partial(contact_record, answer, account_id, RecordKind.FULL, each))
        return FetchAnswer(
            records=records,
            quarantined=quarantined,
            credits_charged=charged,
            request_id=answer.request_id,
            companies=companies,
        )

    async def details(self, provider_id: str, *, account_id: str = "") -> SourceRecord:
        """One full record. It costs a credit once in twelve months.

        Raises:
            NotFoundError: There is none of this ID.
            ServiceError: No answer was to be had.
        """
        answer = await self._client.get(
            "/v1/contacts/{id}",
            values={"id": provider_id},
            query=[("account_id", self._required_account(account_id))],
        )
        envelope = Envelope(self.provider, answer)
        try:
            return contact_record(answer, account_id, RecordKind.FULL, _charged(envelope), bytes(envelope.one("data")))
        except RowError as error:
            raise envelope.unreadable("its contact has no id") from error

    async def lists(self, account_id: str) -> tuple[ProviderList, ...]:
        """All lists of contacts in an account."""
        account = ("account_id", self._required_account(account_id))
        found: dict[str, ProviderList] = {}
        for number in range(1, _MOST_LIST_PAGES + 1):
            query = [account, ("filter[scope]", "contact"), ("page[num]", str(number)), ("page[size]", "100")]
            envelope = Envelope(self.provider, await self._client.get("/v1/lists", query=query))
            page = {list_id: ProviderList(list_id, name) for list_id, name, _ in named(envelope.rows("data"))}
            pages = whole(envelope.part(_Pagination, "meta", "pagination").page_count)
            # A page of nothing new means that page numbers are not heeded.
            if page.keys() <= found.keys():
                break
            found |= page
            if number >= pages:
                break
        return tuple(found.values())

    async def get_list(self, list_id: str, *, account_id: str) -> ProviderList:
        """One list.

        Raises:
            NotFoundError: There is none of this ID.
            ServiceError: No answer was to be had.
        """
        answer = await self._client.get(
            "/v1/lists/{id}", values={"id": list_id}, query=[("account_id", self._required_account(account_id))]
        )
        return _one_list(Envelope(self.provider, answer))

    async def create_list(self, name: str, *, account_id: str) -> ProviderList:
        """Make an empty list of contacts.

        Raises:
            OutcomeUnknownError: It may exist now, but the answer was not seen or makes no sense.
            ServiceError: It was not made.
        """
        attributes = {"name": name, "scope": "contact"}
        answer = await self._client.request_json(
            "POST",
            "/v1/lists",
            query=[("account_id", self._required_account(account_id))],
            body={"data": {"type": "list", "attributes": attributes}},
            writes=True,
        )
        try:
            return _one_list(Envelope(self.provider, answer))
        except UnreadableAnswerError as error:
            raise outcome_unknown(error, paid=False) from error

    async def add_to_list(self, list_id: str, provider_id: str, *, account_id: str) -> None:
        """Put a contact on a list. Any success will do: what it answers is not documented.

        Raises:
            OutcomeUnknownError: It may be on the list now.
            ServiceError: It is not.
        """
        await self._change_membership("POST", list_id, provider_id, account_id)

    async def remove_from_list(self, list_id: str, provider_id: str, *, account_id: str) -> None:
        """Take a contact off a list; otherwise like `add_to_list`."""
        await self._change_membership("DELETE", list_id, provider_id, account_id)

    async def find_companies(self, query: CompanyQuery, *, account_id: str = "") -> tuple[CompanyMatch, ...]:
        """Companies matched by domain and name, the surest first; where none matches, those a search finds."""
        account = ("account_id", self._required_account(account_id))
        body = match_request(query)
        if not body:
            raise invalid_request(self.provider, "Leadfeeder looks companies up by name or domain.")
        answer = await self._client.post(
            "/v1/companies/match", body, query=[account, ("max_results_per_company", str(_MOST_CANDIDATES))]
        )
        found = read_companies(Envelope(self.provider, answer).rows("data"))
        if found:
            return tuple(sorted(found, key=lambda match: -(match.score or 0.0)))
        answer = await self._client.post(
            "/v1/companies/search", search_request(query), query=[account, ("page[size]", str(_MOST_CANDIDATES))]
        )
        return read_companies(Envelope(self.provider, answer).rows("data"))

    async def usage(self, account_id: str, start: str, end: str) -> bytes:
        """How often each endpoint was used per month, from `start` to `end` (`YYYY-MM`), as Leadfeeder's own JSON."""
        if not all(re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])", month) for month in (start, end)) or start > end:
            raise invalid_request(self.provider, "Months must be like 2026-03, the last not before the first.")
        query = [("account_id", self._required_account(account_id)), ("start_period", start), ("end_period", end)]
        return (await self._client.get("/v1/usage", query=query)).body

    async def persona(self, persona_id: str, *, account_id: str) -> Choice | None:
        """One buyer persona; None where there is none of this ID, or personas are not available."""
        answer = await self._ask_personas(
            "/v1/{personas}/{id}", {"personas": self._personas_path, "id": persona_id}, account_id
        )
        if answer is None:
            return None
        found = named([Envelope(self.provider, answer).one("data")])
        return Choice(found[0][0], found[0][1]) if found else None

    def _required_account(self, account_id: str) -> str:
        if not account_id:
            raise invalid_request(self.provider, "Leadfeeder needs an account: choose one.")
        return account_id

    async def _balance(self, account_id: str, kind: str) -> tuple[BalanceLine, ...]:
        answer = await self._client.get("/v1/accounts", query=[("account_id", account_id)])
        return tuple(
            BalanceLine(
                total=whole(credit.available),
                used=whole(credit.used),
                # `available` is the allotment; only `remaining` is what is left (sheet section 3.1).
                remaining=whole(credit.remaining),
                kind=kind,
                resets_on=text(credit.next_reset_on),
            )
            for _, _, credit in named(Envelope(self.provider, answer).rows("data"))
            if credit is not None
        )

    async def _personas(self, account_id: str) -> tuple[Choice, ...]:
        answer = await self._ask_personas("/v1/{personas}", {"personas": self._personas_path}, account_id)
        if answer is None:
            return ()
        return tuple(
            Choice(persona_id, name) for persona_id, name, _ in named(Envelope(self.provider, answer).rows("data"))
        )

    async def _ask_personas(self, path: str, values: dict[str, str], account_id: str) -> Answer | None:
        """None where there is no such thing: the spelling of the path is assumed."""
        try:
            return await self._client.get(path, values=values, query=[("account_id", account_id)])
        except (NotFoundError, NetworkError) as error:  # a gateway's 404 page is a NetworkError
            if error.status != 404:
                raise
            return None

    async def _change_membership(self, method: str, list_id: str, provider_id: str, account_id: str) -> None:
        await self._client.request_json(
            method,
            "/v1/contacts/{id}/lists",
            values={"id": provider_id},
            query=[("account_id", self._required_account(account_id))],
            body={"data": [{"type": "list", "id": list_id}]},
            writes=True,
        )


def _one_list(envelope: Envelope) -> ProviderList:
    found = named([envelope.one("data")])
    if not found:
        raise envelope.unreadable("its list has no id")
    list_id, name, _ = found[0]
    return ProviderList(list_id, name)


def _charged(envelope: Envelope) -> int:
    return max(0, whole(envelope.part(_Charged, "meta", "credits").charged))
