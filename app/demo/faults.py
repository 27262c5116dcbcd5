"""Scripted faults: what goes wrong, on which requests, how often."""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import StrEnum

from app.demo.http import Call
from app.domain.provider import Provider


class FaultKind(StrEnum):
    """What goes wrong.

    `status`, `body` and `html` answer in the service's place (after its work when `process` is set); `drop_reply`
    does the work and then closes the connection; `reset` closes it at once; `batch_failed` accepts an
    enrichment that ends as a whole in FAILED; the row kinds change a good answer's rows.
    """

    STATUS = "status"
    DELAY = "delay"
    DROP_REPLY = "drop_reply"
    RESET = "reset"
    BODY = "body"
    HTML = "html"
    KEY_REVOKED = "key_revoked"
    OUT_OF_CREDITS = "out_of_credits"
    MISSING_ROWS = "missing_rows"
    DUPLICATE_ROWS = "duplicate_rows"
    EXTRA_ROWS = "extra_rows"
    REORDER = "reorder"
    BATCH_FAILED = "batch_failed"


@dataclass(slots=True)
class Fault:
    """One scripted fault.

    Attributes:
        kind: What goes wrong.
        provider: Whose requests it hits, None for any.
        method: HTTP method it hits, "" for any.
        path: Start of the path below the service's base, "" for any.
        times: How many requests it hits, None for all until it is cleared.
        after: How many matching requests go well first.
        status: HTTP status of `status` and `body`.
        retry_after: Value of `Retry-After`, None for no such header.
        body: Text or JSON to answer with.
        seconds: Length of a `delay`, which also ends when the faults are cleared.
        rows: How many rows a row kind takes or adds.
        process: Whether `status`, `body` and `html` do the request's work first.
        share: Which share of the matching requests it hits, drawn alike in every run; 1 for all.
    """

    kind: FaultKind
    provider: Provider | None = None
    method: str = ""
    path: str = ""
    times: int | None = 1
    after: int = 0
    status: int | None = None
    retry_after: int | str | None = None
    body: object = None
    seconds: float = 0
    rows: int = 1
    process: bool = False
    share: float = 1.0

    def matches(self, call: Call) -> bool:
        """Whether the fault is meant for such a request."""
        return (
            self.provider in (None, call.provider)
            and self.method in ("", call.method)
            and call.path.startswith(self.path)
        )


class FaultScript:
    """The faults still to come, in the order they were set."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._cleared = asyncio.Event()
        self._draws = random.Random(11)  # noqa: S311 - spreads faults, guards nothing

    def add(self, fault: Fault) -> None:
        """Script one more fault."""
        self._faults.append(fault)

    def clear(self) -> None:
        """Let everything go well from now on; who is delayed goes on."""
        self._faults.clear()
        self._cleared.set()
        self._cleared = asyncio.Event()

    async def delay(self, seconds: float) -> None:
        """Hold a request up for so long, or until the faults are cleared."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._cleared.wait()

    def take(self, call: Call) -> Fault | None:
        """The fault that hits this request, used up by one."""
        for fault in self._faults:
            if not fault.matches(call):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            if fault.share < 1 and self._draws.random() >= fault.share:
                continue
            if fault.times is not None:
                fault.times -= 1
                if fault.times <= 0:
                    self._faults.remove(fault)
            return fault
        return None

    def as_json(self) -> list[dict[str, object]]:
        """The faults still to come."""
        return [asdict(fault) for fault in self._faults]


def read_fault(value: object) -> Fault:
    """A fault from its JSON; raises ValueError with a sentence when it is none."""
    if not isinstance(value, Mapping):
        raise ValueError("A fault is an object")  # noqa: TRY004 - one error for all that is wrong with it
    members = dict(value)
    unknown = sorted(set(members) - set(Fault.__slots__))
    if unknown:
        raise ValueError(f"A fault has no member {', '.join(unknown)}")
    provider = members.get("provider")
    try:
        fault = Fault(**{**members, "kind": FaultKind(str(members.get("kind")))})
        fault.provider = None if provider is None else Provider(provider)
    except (TypeError, ValueError) as error:
        raise ValueError(f"Not a fault: {error}") from None
    if fault.kind is FaultKind.STATUS and not isinstance(fault.status, int):
        raise ValueError("A fault of kind “status” needs a status")
    fault.method = fault.method.upper()
    return fault
