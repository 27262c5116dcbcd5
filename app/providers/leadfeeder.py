"""Leadfeeder API v1: contact search, full records by ID, accounts and balance. Contract sheet `leadfeeder`.

`account_id` goes into the query of every call but two, even of POST calls (sheet section 1).
"""

from collections.abc import Sequence
from functools import partial

import msgspec

from app.domain.contact import RecordKind
from app.domain.credits import Account, BalanceLine, KeyCheck
from app.domain.errors import BadKeyError, NetworkError, NotFoundError, PermissionDeniedError
from app.domain.fetching import FetchAnswer
from app.domain.identifiers import IdKind
from app.domain.provider import Provider
from app.domain.search import Choice, ChoiceSource, FilterKind, FilterSpec, SearchPage, SearchQuery
from app.providers.client import ApiClient
from app.providers.envelope import Envelope
from app.providers.errors import invalid_request
from app.providers.keycheck import accepted, refused
from app.providers.leadfeeder_rows import contact_record, named
from app.providers.wire import Scalar, opaque, read_rows, text, whole

BASE_URL = "https://api.leadfeeder.com"

# Spelt as in /v1/web-visits; the page itself could not be read (sheet section 2).
BUYER_PERSONAS = "buyer-personas"

_LARGEST_PAGE = 100
_LARGEST_CHUNK = 100

FILTERS: tuple[FilterSpec, ...] = (
    FilterSpec(
        "account_id",
        "Account",
        FilterKind.CHOICE,
        "The Leadfeeder account to search in.",
        choice_source=ChoiceSource.ACCOUNTS,
        required=True,
    ),
    FilterSpec("search_terms", "Name or title", FilterKind.TEXT_LIST, "Full name or title of the contact."),
    FilterSpec("positions", "Job titles", FilterKind.TEXT_LIST, "Job titles, in the original or in English."),
    FilterSpec("emails", "E-mail addresses", FilterKind.TEXT_LIST, "Look people up by their e-mail address."),
    FilterSpec("company_ids", "Company IDs", FilterKind.TEXT_LIST, "Leadfeeder's IDs of companies."),
    FilterSpec(
        "departments",
        "Departments",
        FilterKind.CHOICE_LIST,
        "Departments, by Leadfeeder's code.",
        choices=(
            Choice("marketing_department", "Marketing"),
            Choice("sales_department", "Sales"),
            Choice("it_department", "IT"),
            Choice("students_apprentices", "Students and apprentices"),
        ),
        open_choices=True,
    ),
    FilterSpec(
        "hierarchy_levels",
        "Hierarchy levels",
        FilterKind.CHOICE_LIST,
        "Levels in the company, by Leadfeeder's code.",
        choices=(Choice("employees", "Employees"),),
        open_choices=True,
    ),
    FilterSpec(
        "affiliation",
        "Affiliation",
        FilterKind.CHOICE,
        "Relation to the company, by Leadfeeder's code.",
        choices=(Choice("employee", "Employee"),),
        open_choices=True,
    ),
    FilterSpec(
        "buyer_persona_ids",
        "Buyer personas",
        FilterKind.CHOICE_LIST,
        "Saved buyer personas of the account.",
        choice_source=ChoiceSource.BUYER_PERSONAS,
        open_choices=True,
    ),
)


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
    id_kind = IdKind.INTEGER
    chunk_size = _LARGEST_CHUNK
    needs_account = True
    credits_per_id = 1

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

    async def fetch_by_ids(self, ids: Sequence[str], *, account_id: str = "") -> FetchAnswer:
        """Full records. Each costs a credit once in twelve months; IDs that do not exist cost nothing.

        The company is not asked for along with them, as that may cost a second credit (sheet section 4).
        """
        account_id = self._required_account(account_id)
        wanted = list(dict.fromkeys(ids))
        if not wanted:
            return FetchAnswer(())
        if len(wanted) > _LARGEST_CHUNK:
            raise invalid_request(self.provider, f"Leadfeeder reads at most {_LARGEST_CHUNK} IDs at a time.")
        answer = await self._client.get("/v1/contacts", query=[("ids", ",".join(wanted)), ("account_id", account_id)])
        envelope = Envelope(self.provider, answer)
        raws = envelope.rows("data")
        charged = _charged(envelope)
        # Only when every row cost its credit is it certain which row cost what.
        each = 1 if charged == len(raws) else 0
        records, quarantined = read_rows(raws, partial(contact_record, answer, account_id, RecordKind.FULL, each))
        return FetchAnswer(
            records=records,
            quarantined=quarantined,
            credits_charged=charged,
            request_id=answer.request_id,
        )

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
        try:
            answer = await self._client.get(
                "/v1/{personas}", values={"personas": self._personas_path}, query=[("account_id", account_id)]
            )
        except (NotFoundError, NetworkError) as error:  # a gateway's 404 page is a NetworkError
            if error.status != 404:
                raise
            return ()
        return tuple(
            Choice(persona_id, name) for persona_id, name, _ in named(Envelope(self.provider, answer).rows("data"))
        )


def _charged(envelope: Envelope) -> int:
    return max(0, whole(envelope.part(_Charged, "meta", "credits").charged))
