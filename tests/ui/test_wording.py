from datetime import UTC, datetime

import pytest

from app.ui.wording import clock, count, moment

pytestmark = pytest.mark.gui


@pytest.mark.parametrize(
    ("number", "noun", "expected"),
    [(1, "credit", "1 credit"), (0, "person", "0 people"), (1240, "contact", "1,240 contacts")],
)
def test_counts_are_grouped_and_in_the_right_number(number: int, noun: str, expected: str) -> None:
    assert count(number, noun) == expected


def test_moments_are_shown_in_local_time() -> None:
    at = datetime(2025, 3, 1, 9, 5, 7, tzinfo=UTC)
    assert clock(at) == at.astimezone().strftime("%H:%M:%S")
    assert moment(at)
