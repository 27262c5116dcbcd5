"""The estimate: what the history makes credible, and nothing where there is none."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from app.domain.enrichment import EnrichField
from app.services.enrichment_plan import estimate_of, lowest_rate

EMAILS = frozenset({EnrichField.EMAILS})


def test_without_a_history_only_the_maximum_is_known() -> None:
    estimate = estimate_of([EMAILS] * 50, {EnrichField.EMAILS: (10, 19)}, Counter())
    assert (estimate.low, estimate.likely, estimate.maximum) == (None, None, 50)


def test_the_lowest_cost_is_that_of_the_lowest_credible_hit_rate() -> None:
    estimate = estimate_of([EMAILS] * 100, {EnrichField.EMAILS: (60, 100)}, Counter())
    assert (estimate.low, estimate.likely, estimate.maximum, estimate.sample_size) == (51, 60, 100, 100)
    # A longer history of the same rate says it with more confidence.
    assert (estimate_of([EMAILS] * 100, {EnrichField.EMAILS: (6_000, 10_000)}, Counter()).low or 0) == 59
    # Nothing was ever found: only then may it cost nothing.
    assert estimate_of([EMAILS] * 100, {EnrichField.EMAILS: (0, 100)}, Counter()).low == 0


@given(answered=st.integers(1, 10_000), share=st.floats(0, 1))
def test_the_bound_is_a_rate_below_the_one_seen(answered: int, share: float) -> None:
    found = round(answered * share)
    assert 0 <= lowest_rate(found, answered) <= found / answered + 1e-9
