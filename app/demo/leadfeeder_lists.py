"""Leadfeeder's lists of contacts and of companies: per account, with their members."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from math import ceil

from app.demo.http import Call, Endpoint, RefusalError, Reply, rfc3339
from app.demo.leadfeeder_checks import Checks, reply
from app.demo.state import DemoState
from app.domain.provider import Provider

SCOPES = ("company", "contact")


@dataclass(slots=True)
class DemoList:
    """One list; `members` are ids in the order in which they came."""

    list_id: str
    name: str
    scope: str
    created_at: datetime
    members: dict[str, None] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """The list as the service writes it."""
        return {
            "type": "list",
            "id": self.list_id,
            "attributes": {
                "name": self.name,
                "scope": self.scope,
                "created_at": rfc3339(self.created_at),
                "updated_at": rfc3339(self.created_at),
            },
            "relationships": {"created_by": {"type": "user", "id": "12345"}},
        }


class ListBook:
    """All lists of one account. It starts with one for companies and a few for contacts."""

    def __init__(self, account: str, now: datetime) -> None:
        self._account = account
        self._lists: dict[str, DemoList] = {}
        self.create("US Prospects", "company", now)
        for name in ("Q4 outreach", "Lantern fair 2026", "Newsletter"):
            self.create(name, "contact", now)

    def create(self, name: str, scope: str, now: datetime) -> DemoList:
        """Make an empty list; several may have the same name."""
        made = DemoList(f"{scope}_{self._account[-3:]}{len(self._lists) + 1}", name, scope, now)
        self._lists[made.list_id] = made
        return made

    def get(self, list_id: str) -> DemoList | None:
        """A list by its id."""
        return self._lists.get(list_id)

    def of_scope(self, scope: str) -> list[DemoList]:
        """The lists for companies or for contacts, the oldest first."""
        return [one for one in self._lists.values() if one.scope == scope]

    def holding(self, contact_id: str) -> list[DemoList]:
        """The lists that a contact is on."""
        return [one for one in self.of_scope("contact") if contact_id in one.members]


class ListEndpoints:
    """The calls about lists."""

    def __init__(self, state: DemoState, checks: Checks, accounts: Iterable[str]) -> None:
        self._state = state
        self._checks = checks
        self._books = {account: ListBook(account, state.now()) for account in accounts}

    def endpoints(self) -> Sequence[Endpoint]:
        """The calls."""
        return (
            Endpoint("POST", "/v1/contacts/{id}/lists", self.add_to_lists),
            Endpoint("DELETE", "/v1/contacts/{id}/lists", self.remove_from_lists),
            Endpoint("GET", "/v1/lists", self.lists),
            Endpoint("POST", "/v1/lists", self.create_list),
            Endpoint("GET", "/v1/lists/{id}", self.get_list),
        )

    def holding(self, account: str, contact_id: str) -> list[dict[str, object]]:
        """The lists that a contact is on, as JSON."""
        return [one.as_json() for one in self._books[account].holding(contact_id)]

    async def lists(self, call: Call) -> Reply:
        """`GET /v1/lists`: page numbers, from 1."""
        self._checks.parameters(call, ("account_id", "filter[scope]", "page[num]", "page[size]"))
        account = self._checks.account(call)
        scope = call.one("filter[scope]")
        if scope not in SCOPES:
            raise self._checks.bad(f"filter[scope] must be one of {', '.join(SCOPES)}")
        size = self._checks.page_size(call)
        number = call.one("page[num]") or "1"
        if not re.fullmatch(r"[0-9]{1,6}", number) or int(number) < 1:
            raise self._checks.bad("page[num] must be at least 1")
        found = self._books[account].of_scope(scope)
        start = (int(number) - 1) * size
        pagination = {"page_num": int(number), "page_size": size, "page_count": max(1, ceil(len(found) / size))}
        return reply([one.as_json() for one in found[start : start + size]], pagination=pagination)

    async def create_list(self, call: Call) -> Reply:
        """`POST /v1/lists`: an empty list."""
        self._checks.parameters(call, ("account_id",))
        account = self._checks.account(call)
        attributes = self._checks.typed(self._checks.only(self._checks.body(call), "data"), "list", "attributes")
        given = self._checks.only(attributes, "name", "scope")
        name, scope = given.get("name"), given.get("scope")
        if not isinstance(name, str) or not name.strip():
            raise self._checks.bad("name is required")
        if scope not in SCOPES:
            raise self._checks.bad(f"scope must be one of {', '.join(SCOPES)}")
        call.summary = {"name": name, "scope": scope}
        answer = reply(self._books[account].create(name, scope, self._state.now()).as_json())
        answer.status = 201
        return answer

    async def get_list(self, call: Call) -> Reply:
        """`GET /v1/lists/{id}`."""
        self._checks.parameters(call, ("account_id",))
        return reply(self._list(self._checks.account(call), call.path_params["id"]).as_json())

    async def add_to_lists(self, call: Call) -> Reply:
        """`POST /v1/contacts/{id}/lists`: putting a contact on a list twice changes nothing."""
        contact, lists = self._membership(call)
        for one in lists:
            one.members[contact] = None
        return reply([{"type": "list", "id": one.list_id} for one in lists])

    async def remove_from_lists(self, call: Call) -> Reply:
        """`DELETE /v1/contacts/{id}/lists`, with a body; answers without one."""
        contact, lists = self._membership(call)
        for one in lists:
            one.members.pop(contact, None)
        return Reply(204, body=b"")

    def _membership(self, call: Call) -> tuple[str, list[DemoList]]:
        self._checks.parameters(call, ("account_id",))
        account = self._checks.account(call)
        data = self._checks.only(self._checks.body(call), "data").get("data")
        if not isinstance(data, list) or not data:
            raise self._checks.bad("data must be an array of lists")
        ids = [self._checks.typed({"data": entry}, "list", "id") for entry in data]
        if not all(isinstance(list_id, str) and list_id for list_id in ids):
            raise self._checks.bad("id is required")
        contact = call.path_params["id"]
        call.ids = [contact]
        call.summary = {"lists": ids}
        if self._state.data.by_id(Provider.LEADFEEDER, contact) is None:
            raise RefusalError(self._checks.error(404, "entity_not_found", "No such contact"))
        lists = [self._list(account, str(list_id)) for list_id in ids]
        if any(one.scope != "contact" for one in lists):
            raise self._checks.bad("The list is not for contacts")
        return contact, lists

    def _list(self, account: str, list_id: str) -> DemoList:
        found = self._books[account].get(list_id)
        if found is None:
            raise RefusalError(self._checks.error(404, "entity_not_found", "No such list"))
        return found
