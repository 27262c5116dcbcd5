"""What the four services share: data set, books, clock, switches."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from time import perf_counter
from typing import Any, TypeVar

from app.demo.cursors import CursorSigner
from app.demo.dataset import DemoData, Person
from app.demo.ledger import Ledger
from app.domain.provider import Provider

_SLICE = 32
_SLICE_SECONDS = 0.003
_KEPT_SELECTIONS = 64

Row = TypeVar("Row")


@dataclass(slots=True)
class Options:
    """Switches that tests set through `/_control/options`.

    Attributes:
        enrichment_seconds: How long an enrichment takes on average.
        layout: Tamtam answers one entry per `person` or per `field`; "" alternates from submit to submit.
        leadfeeder_errors: `envelope` as the live service, `flat` as the vendor's guide pages spell errors.
        strict_limits: Whether the published rate limits are enforced.
        latency_ms: Milliseconds before each answer.
        second_key: The key of a second account at Tamtam, with credits and batches of its own; "" for none.
    """

    enrichment_seconds: float = 5.0
    layout: str = ""
    leadfeeder_errors: str = "envelope"
    strict_limits: bool = False
    latency_ms: float = 0
    second_key: str = ""


@dataclass(slots=True)
class DemoState:
    """Data set, books, clock and switches of one demo server."""

    data: DemoData
    now: Callable[[], datetime]
    options: Options
    ledger: Ledger = field(default_factory=Ledger)
    cursors: CursorSigner = field(init=False)
    _selections: OrderedDict[Hashable, list[Any]] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        self.cursors = CursorSigner(self.data.seed)

    def seconds(self) -> float:
        """The clock as a number, for limits and running times."""
        return self.now().timestamp()

    async def ready(self) -> None:
        """Wait for the data set, built in slices so that a window on the same event loop stays alive."""
        while self.data.build_some():  # noqa: ASYNC110 - nobody else would do the work
            await asyncio.sleep(0)

    async def select(
        self, provider: Provider, key: Hashable, rows_of: Callable[[Person], Iterable[Row]]
    ) -> Sequence[Row]:
        """The rows of everybody known to a service; `key` names what is selected, so that pages share one scan.

        The scan gives way to the event loop every few milliseconds.
        """
        rows: list[Row] | None = self._selections.get((provider, key))
        if rows is None:
            rows = []
            started = perf_counter()
            for number, person in enumerate(self.data.members(provider), start=1):
                rows += rows_of(person)
                if number % _SLICE == 0 and perf_counter() - started > _SLICE_SECONDS:
                    await asyncio.sleep(0)
                    started = perf_counter()
            self._selections[provider, key] = rows
            while len(self._selections) > _KEPT_SELECTIONS:
                self._selections.popitem(last=False)
        else:
            self._selections.move_to_end((provider, key))
        return rows
