import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.domain.provider import Provider
from app.providers.connection import ConnectionReport
from app.ui.widgets.connection_box import ConnectionBox
from tests.support.widgets import press_text

pytestmark = pytest.mark.gui


@pytest.fixture
def box(qtbot: QtBot) -> ConnectionBox:
    widget = ConnectionBox("Tamtam")
    qtbot.addWidget(widget)
    return widget


def texts(box: ConnectionBox) -> list[str]:
    return [label.text() for label in box.findChildren(QLabel) if not label.isHidden() and label.text()]


def test_every_step_is_shown_with_the_one_problem_and_can_be_copied(box: ConnectionBox) -> None:
    box.show_checking()
    assert texts(box)[0] == "Checking the connection to Tamtam…"
    assert box.text == ""
    box.show_report(
        ConnectionReport(
            Provider.TAMTAM,
            "https://api.tamtam.example/api",
            proxy="http://proxy.example:8080",
            dns="proxy.example: 192.0.2.1",
            tls_issuer="<b>Office CA</b>",
            duration=1.26,
            problem="The certificate is not trusted.",
            next_step="Ask whoever looks after your network.",
        )
    )
    assert "<b>Office CA</b>" in texts(box), "shown as it is, not as markup"
    press_text(box, "Copy")
    assert QGuiApplication.clipboard().text().splitlines() == [
        "Connection to Tamtam: The certificate is not trusted.",
        "Ask whoever looks after your network.",
        "Address: https://api.tamtam.example/api",
        "Proxy: http://proxy.example:8080",
        "DNS: proxy.example: 192.0.2.1",
        "TLS issuer: <b>Office CA</b>",
        "HTTP status: –",
        "Duration: 1.3 s",
        "Request id: –",
    ]


def test_a_good_answer_says_so_and_a_second_check_replaces_the_first(box: ConnectionBox) -> None:
    box.show_report(ConnectionReport(Provider.TAMTAM, "https://x.example", problem="No answer."))
    box.show_checking()
    box.show_report(
        ConnectionReport(Provider.TAMTAM, "https://x.example", http_status=200, duration=0.0304, request_id="r-1")
    )
    assert "Tamtam answers from here." in box.text
    assert {"200", "30 ms", "r-1", "none"} <= set(texts(box))
    assert box.accessibleName() == "Tamtam answers from here."
