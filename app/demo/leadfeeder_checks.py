"""What all of Leadfeeder's calls have in common: how a request is checked, and how it is refused or answered."""

import re
from collections.abc import Container, Sequence
from uuid import uuid4

from app.demo.cursors import BadCursorError
from app.demo.http import Call, RefusalError, Reply
from app.demo.state import DemoState

MAX_PAGE = 100

_DEFAULT_PAGE = 20

TITLES = {
    "bad_request": "Bad Request", "missing_token": "No API key was given", "invalid_api_key": "The API key is wrong",
    "forbidden": "Access to this account is not allowed", "quota_exceeded": "The credits of this account are used up",
    "insufficient_entitlements": "The plan does not include this", "entity_not_found": "Not found",
    "method_not_allowed": "Method not allowed", "unsupported_media_type": "The body must be JSON",
    "too_many_requests": "Too many requests", "internal_error": "Internal error", "gateway_timeout": "Gateway timeout",
}  # fmt: skip


class Checks:
    """Checks requests of a service that has these accounts."""

    def __init__(self, state: DemoState, accounts: Container[str]) -> None:
        self._state = state
        self._accounts = accounts

    def error(self, status: int, code: str, detail: str = "") -> Reply:
        """An error in the spelling that is switched on."""
        title = TITLES[code]
        if self._state.options.leadfeeder_errors == "flat":
            return Reply(status, {"code": code, "message": detail or title})
        error = {"code": code, "title": title} | ({"detail": detail} if detail else {})
        return Reply(status, {"errors": [error], "meta": {"request_id": str(uuid4())}})

    def bad(self, detail: str) -> RefusalError:
        """The refusal of a request with one thing wrong."""
        return RefusalError(self.error(400, "bad_request", detail))

    def account(self, call: Call) -> str:
        """The account that a call names; raises RefusalError."""
        account = call.one("account_id")
        if not account:
            raise self.bad("account_id is required")
        if account not in self._accounts:
            raise RefusalError(self.error(403, "forbidden"))
        return account

    def page_size(self, call: Call) -> int:
        """Rows per page; raises RefusalError."""
        text = call.one("page[size]")
        if text is None:
            return _DEFAULT_PAGE
        if not re.fullmatch(r"[0-9]{1,6}", text) or not 1 <= int(text) <= MAX_PAGE:
            raise self.bad(f"page[size] must be between 1 and {MAX_PAGE}")
        return int(text)

    def body(self, call: Call) -> object:
        """The decoded body; raises RefusalError."""
        if not call.is_json:
            raise RefusalError(self.error(415, "unsupported_media_type"))
        try:
            return call.json()
        except ValueError:
            raise self.bad("The body is not JSON") from None

    def only(self, value: object, *known: str) -> dict[str, object]:
        """The value as an object without other members than these; raises RefusalError."""
        if not isinstance(value, dict):
            raise self.bad("The body must be an object")
        unknown = sorted(set(value) - set(known))
        if unknown:
            raise self.bad(f"Unknown member: {', '.join(unknown)}")
        return value

    def typed(self, envelope: dict[str, object], kind: str, member: str) -> object:
        """A member of the typed object in `data`; raises RefusalError."""
        data = self.only(envelope.get("data"), "type", member)
        if data.get("type") != kind:
            raise self.bad(f"type must be {kind}")
        return data.get(member)

    def start(self, call: Call, scope: str, query: object) -> int:
        """The row that a call's cursor continues at; raises RefusalError."""
        cursor = call.one("page[cursor]")
        if cursor is None:
            return 0
        try:
            return self._state.cursors.read(scope, query, cursor)
        except BadCursorError:
            raise self.bad("The cursor is not valid") from None

    def parameters(self, call: Call, known: Sequence[str]) -> None:
        """Refuse parameters that are none of the known ones."""
        unknown = call.unknown_parameters(known)
        if unknown:
            raise self.bad(f"Unknown parameter: {', '.join(unknown)}")


def reply(data: object, **meta: object) -> Reply:
    """A success."""
    return Reply(200, {"data": data, "meta": {**meta, "request_id": str(uuid4())}})
