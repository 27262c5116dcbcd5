import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from app.domain.errors import Finding, InvalidRequestError, RateLimitedError
from app.domain.provider import Provider
from app.ui.widgets.banner import Banner

pytestmark = pytest.mark.gui


@pytest.fixture
def banner(qtbot: QtBot) -> Banner:
    widget = Banner()
    qtbot.addWidget(widget)
    return widget


def shown_texts(banner: Banner) -> list[str]:
    return [label.text() for label in banner.findChildren(QLabel) if label.text() and not label.isHidden()]


def test_an_error_is_told_with_reason_next_step_and_request_id(banner: Banner) -> None:
    assert banner.text == ""
    error = RateLimitedError(
        "Leadfeeder asked us to slow down.",
        provider=Provider.LEADFEEDER,
        request_id="req-77",
        next_step="Try again in a minute.",
    )
    banner.show_error(error)
    assert shown_texts(banner) == [
        "Leadfeeder asked us to slow down.",
        "Try again in a minute.",
        "Request id: req-77",
    ]
    assert banner.text == "Problem: Leadfeeder asked us to slow down. Try again in a minute."


def test_what_the_service_complains_of_is_shown_as_text_and_never_as_markup(banner: Banner) -> None:
    error = InvalidRequestError(
        "Tamtam refused the request.",
        provider=Provider.TAMTAM,
        findings=(Finding("body.requests[3].domain", "<b>required</b>"),),
    )
    banner.show_error(error)
    assert "body.requests[3].domain: <b>required</b>" in shown_texts(banner)[0]
    assert {label.textFormat() for label in banner.findChildren(QLabel)} == {Qt.TextFormat.PlainText}


def test_the_action_runs_once_and_takes_the_banner_away(banner: Banner, qtbot: QtBot) -> None:
    retries: list[str] = []
    banner.show_warning("It stopped.", action_text="Retry", action=lambda: retries.append("again"))
    button = next(each for each in banner.findChildren(QPushButton) if each.text() == "Retry")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert retries == ["again"]
    assert banner.text == ""


def test_an_action_of_an_earlier_message_does_not_stay(banner: Banner) -> None:
    banner.show_warning("It stopped.", action_text="Retry", action=lambda: None)
    banner.show_success("All is well.")
    assert [button for button in banner.findChildren(QPushButton) if not button.isHidden()] == []
    assert banner.text == "Done: All is well."


def test_it_is_dismissed_by_its_button_or_escape(banner: Banner) -> None:
    banner.show_info("Something.")
    dismiss = next(each for each in banner.findChildren(QToolButton) if each.accessibleName())
    QTest.mouseClick(dismiss, Qt.MouseButton.LeftButton)
    assert banner.text == ""
    banner.show_info("Something else.")
    QTest.keyClick(dismiss, Qt.Key.Key_Escape)
    assert banner.text == ""
