"""One request as a service handler sees it, and the answer it gives."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.domain.provider import Provider

PROBLEM = "application/problem+json"
JSON = "application/json"


@dataclass(slots=True)
class Reply:
    """An answer before it is written: `payload` becomes JSON unless `body` holds the bytes already."""

    status: int = 200
    payload: object = None
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def encoded(self) -> bytes:
        """The body's bytes."""
        if self.body is not None:
            return self.body
        return json.dumps(self.payload, ensure_ascii=False, separators=(",", ":")).encode()


class RefusalError(Exception):
    """A handler refuses the request with an error answer."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(f"Refused with status {reply.status}")
        self.reply = reply


@dataclass(slots=True)
class Call:
    """One request. `path` is below the service's base; `ids` and `summary` are what the ledger keeps of it.

    The key is in `headers` and never reaches the ledger.
    """

    provider: Provider
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    body: bytes
    path_params: Mapping[str, str]
    at: datetime
    ids: list[str] | None = None
    summary: dict[str, object] | None = None
    drops_reply: bool = False
    fails_batch: bool = False

    def one(self, name: str) -> str | None:
        """A query parameter's last value, None when it is not given."""
        values = self.many(name)
        return values[-1] if values else None

    def many(self, name: str) -> list[str]:
        """All values of a query parameter."""
        return [value for key, value in self.query if key == name]

    def unknown_parameters(self, known: Sequence[str]) -> list[str]:
        """Names in the query that are none of the known ones."""
        return sorted({key for key, _ in self.query} - set(known))

    @property
    def is_json(self) -> bool:
        """Whether the body is declared as JSON."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower() == JSON

    def json(self) -> object:
        """The decoded body; raises ValueError when it is not JSON."""
        return json.loads(self.body)


Handler = Callable[[Call], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A method and a path (in Starlette's notation, below the service's base) with its handler."""

    method: str
    path: str
    handler: Handler


def rfc3339(moment: datetime) -> str:
    """A moment as the services write it: UTC with milliseconds and `Z`."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03}Z"
