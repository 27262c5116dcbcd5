from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.domain.credits import BalanceLine
from app.domain.provider import Provider
from app.providers.attempts import Attempt
from app.providers.breaker import BreakerState
from app.services.credentials import KeySource
from app.services.diagnostics import ProviderDiagnostics
from app.ui.widgets.provider_health import ProviderHealth

pytestmark = pytest.mark.gui

AT = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


def known(breaker: BreakerState = BreakerState.CLOSED, *errors: Attempt) -> ProviderDiagnostics:
    return ProviderDiagnostics(
        provider=Provider.LEADFEEDER,
        key_source=KeySource.KEYRING,
        base_url_host="api.leadfeeder.example",
        own_address=True,
        pace="10 requests a second",
        breaker=breaker,
        last_errors=errors,
        last_attempts=errors,
        balance=(BalanceLine(total=1_000, used=20, remaining=980, kind="Sales"),),
        requests_this_month=12_345,
    )


@pytest.fixture
def card(qtbot: QtBot) -> ProviderHealth:
    widget = ProviderHealth("Leadfeeder")
    qtbot.addWidget(widget)
    widget.show()
    return widget


def texts(card: ProviderHealth) -> set[str]:
    return {label.text() for label in card.findChildren(QLabel) if label.isVisible()}


def test_the_connection_stands_in_words(card: ProviderHealth) -> None:
    card.show_provider(known())
    assert {
        "Open for requests",
        "10 requests a second",
        "12,345",
        "980 of 1,000 left (Sales)",
        "api.leadfeeder.example (not the vendor’s own)",
        "No request has failed since the program was started.",
    } <= texts(card)
    card.show_provider(known(BreakerState.OPEN))
    card.show_pace("Paused for 12 s, as the service asked")
    assert {"Not asked now: it failed several times in a row", "Paused for 12 s, as the service asked"} <= texts(card)


def test_failed_requests_are_listed_and_copied_with_their_request_ids(card: ProviderHealth) -> None:
    refused = Attempt(Provider.LEADFEEDER, "GET", "/v1/accounts", 1, AT, 401, "BadKeyError", "req-7")
    silent = Attempt(Provider.LEADFEEDER, "POST", "/v1/contacts/search", 3, AT, failure="ConnectTimeout")
    card.show_provider(known(BreakerState.CLOSED, refused, silent))
    model = card.table.model()
    shown = [[model.index(row, column).data() for column in range(1, 5)] for row in range(model.rowCount())]
    assert shown == [
        ["GET /v1/accounts", "401, bad key", "1", "req-7"],
        ["POST /v1/contacts/search", "connect timeout", "3", "–"],
    ]
    card.table.selectRow(0)
    card.table.setFocus()
    QTest.keyClick(card.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().endswith("GET /v1/accounts\t401, bad key\t1\treq-7")
