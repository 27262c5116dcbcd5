"""The most that IDs may cost: never less than the provider may charge."""

from datetime import UTC, datetime, timedelta

from app.domain.fetching import OwnedRecord
from app.jobs.fetch_costs import Prices, free_ids, most

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RECENT, OLD = NOW - timedelta(days=30), NOW - timedelta(days=365)
OWNED = {
    "free": OwnedRecord(1, NOW, RECENT, with_company=True),
    "free, without company": OwnedRecord(2, NOW, RECENT),
    "charged a year ago": OwnedRecord(3, NOW, OLD, with_company=True),
    "never charged": OwnedRecord(4, NOW, None, with_company=True),
}
IDS = [*OWNED, "unknown"]


def test_free_is_what_was_charged_less_than_twelve_months_ago_however_fresh_it_is() -> None:
    assert free_ids(OWNED, NOW) == {"free", "free, without company"}


def test_records_alone_cost_one_each_unless_free() -> None:
    assert most(IDS, OWNED, free_ids(OWNED, NOW), Prices(1)) == 3


def test_companies_cost_one_more_each_unless_they_came_with_a_free_record() -> None:
    assert most(IDS, OWNED, free_ids(OWNED, NOW), Prices(1, 1)) == 1 + 2 + 2 + 2


def test_nothing_costs_nothing() -> None:
    assert most([], OWNED, set(), Prices(1, 1)) == 0
    assert most(IDS, OWNED, set(), Prices(0)) == 0
