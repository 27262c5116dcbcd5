from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QDate, QLocale

from app.ui.wording import clock, count, left_out_text, moment, priced, short_day, short_moment, shortened

pytestmark = pytest.mark.gui


@pytest.fixture
def own_locale() -> Iterator[None]:
    """Leaves the language of this system to the next test."""
    before = QLocale()
    yield
    QLocale.setDefault(before)


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


@pytest.mark.usefixtures("own_locale")
@pytest.mark.parametrize("locale", ["C", "en_US", "en_GB"])
def test_a_day_is_never_taken_for_another_one(locale: str) -> None:
    QLocale.setDefault(QLocale(locale))
    at = datetime(2025, 3, 1, 12, 5, tzinfo=UTC).astimezone()
    assert short_day(at) == "1 Mar 2025"
    assert short_day(datetime.now(UTC).astimezone()) == QLocale().toString(QDate.currentDate(), "d MMM")
    assert moment(at) == f"1 Mar 2025, {at:%H:%M}"
    assert short_moment(at) == moment(at)


def test_a_price_stands_on_what_costs_and_only_there() -> None:
    assert priced("Load more", 25) == "Load more · up to 25 credits"
    assert priced("Load more", 1) == "Load more · up to 1 credit"
    assert priced("Load more", 0) == "Load more"


def test_what_is_left_out_is_said_only_where_something_is() -> None:
    assert left_out_text(1, "Leadfeeder") == "Left out: 1 selected contact not from Leadfeeder."
    assert left_out_text(0, "Leadfeeder") == ""


def test_a_text_is_cut_only_where_it_is_too_long() -> None:
    assert shortened("Sales", 5) == "Sales"
    assert shortened("Sales", 4) == "Sal…"
