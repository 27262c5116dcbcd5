import pytest

from app.ui.widgets.value_label import LEAST_WIDTH, ValueLabel

pytestmark = pytest.mark.gui


def test_a_long_word_takes_more_lines_and_no_more_width() -> None:
    label = ValueLabel("linkedin.com/in/somebody-with-a-very-long-profile-name-of-no-end")
    line = label.fontMetrics().height()
    assert label.minimumSizeHint().width() == LEAST_WIDTH
    assert label.heightForWidth(2_000) < 2 * line
    assert label.heightForWidth(80) >= 3 * line


def test_every_value_has_a_line() -> None:
    label = ValueLabel("one\ntwo\nthree")
    assert label.heightForWidth(500) >= 3 * label.fontMetrics().height() - 3
    assert label.sizeHint().height() >= 3 * label.fontMetrics().height() - 3


def test_markup_is_text() -> None:
    label = ValueLabel("<b>x</b>")
    assert label.text() == "<b>x</b>"
    assert label.sizeHint().width() > label.fontMetrics().horizontalAdvance("x")
