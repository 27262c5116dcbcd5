"""Change records: after every write one is published, and each view decides what to refresh."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

log = logging.getLogger(__name__)


class ChangeKind(StrEnum):
    """What changed."""

    CONTACTS = "contacts"
    FETCH_RUNS = "fetch_runs"
    ENRICHMENT = "enrichment"
    LEDGER = "ledger"
    PROVIDERS = "providers"
    VIEWS = "views"
    SUPPRESSION = "suppression"
    SAFETY = "safety"
    HISTORY = "history"
    MATCHES = "matches"


@dataclass(frozen=True, slots=True)
class Change:
    """One change: the ids that changed (contact ids, run ids; empty means any) and who caused it."""

    kind: ChangeKind
    ids: tuple[int, ...] = ()
    initiator: str = ""


Subscriber = Callable[[Change], None]


class ChangeFeed:
    """Hands change records to subscribers, in order, on the publisher's thread (the event loop's).

    A subscriber that raises is logged and does not keep the others from hearing.
    """

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> Callable[[], None]:
        """Register a subscriber; the returned function takes it off again and may be called twice."""
        self._subscribers.append(subscriber)

        def unsubscribe() -> None:
            if subscriber in self._subscribers:
                self._subscribers.remove(subscriber)

        return unsubscribe

    def publish(self, change: Change) -> None:
        """Tell every subscriber."""
        for subscriber in tuple(self._subscribers):
            try:
                subscriber(change)
            except Exception:
                log.exception("A subscriber failed on a %s change", change.kind)
