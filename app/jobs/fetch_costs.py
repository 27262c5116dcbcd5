"""What fetching IDs may cost: the one place that says so, for the estimate and for the cap."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.fetching import OwnedRecord


@dataclass(frozen=True, slots=True)
class Prices:
    """The most that one ID costs, in credits: its record, and its company if that is fetched along."""

    per_id: int
    per_company: int = 0


def free_ids(owned: Mapping[str, OwnedRecord], now: datetime) -> set[str]:
    """The IDs whose record the account was charged for less than 12 months ago: it costs nothing again."""
    return {provider_id for provider_id, record in owned.items() if record.is_free(now)}


def most(ids: Sequence[str], owned: Mapping[str, OwnedRecord], free: Collection[str], prices: Prices) -> int:
    """The most that fetching these IDs can cost, in credits.

    A company that came along with a free record was paid for with it; of any other it is not known.
    """
    total = 0
    for provider_id in ids:
        if provider_id not in free:
            total += prices.per_id + prices.per_company
        elif not owned[provider_id].with_company:
            total += prices.per_company
    return total
