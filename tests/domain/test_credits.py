from hypothesis import given
from hypothesis import strategies as st

from app.domain.credits import Spending

CREDITS = st.integers(min_value=0, max_value=10**6)


@given(CREDITS, CREDITS, CREDITS)
def test_what_is_free_never_exceeds_the_cap_together_with_what_is_spent(cap: int, reserved: int, charged: int) -> None:
    free = Spending(cap, reserved, charged).free
    assert free >= 0
    assert free == 0 or free + reserved + charged == cap
