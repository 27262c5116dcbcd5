"""The box with the accounts of a service that IDs can be fetched through, and what is left on each."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QWidget

from app.domain.provider import Provider
from app.ui.widgets.labels import plain_tool_tip
from app.ui.wording import count, short_day

if TYPE_CHECKING:
    from app.services.fetching import FetchAccount

_LEAST_WIDTH = 90


class AccountBox(QComboBox):
    """Offers accounts once they are known; the chosen one stays chosen.

    Signals:
        chosen: Another account, or what is known of one.

    Attributes:
        provider: Whose accounts are offered, None before any are.
    """

    chosen = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.provider: Provider | None = None
        self._accounts: dict[str, FetchAccount] = {}
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(44)
        self.setMinimumWidth(_LEAST_WIDTH)
        self.currentIndexChanged.connect(self._tell)

    def chosen_of(self, provider: Provider) -> str:
        """The chosen account of a service, "" for none."""
        return str(self.currentData() or "") if provider is self.provider else ""

    def known(self, account_id: str) -> "FetchAccount | None":
        """What is known of an account."""
        return self._accounts.get(account_id)

    def show_loading(self, provider: Provider) -> None:
        """Say that accounts are being asked for."""
        if provider is not self.provider:
            self.clear()
            self.setPlaceholderText("Loading…")
            self.setEnabled(False)

    def show_none(self) -> None:
        """Say that accounts could not be had."""
        if not self.count():
            self.setPlaceholderText("Not available")

    def show_accounts(self, provider: Provider, accounts: Sequence["FetchAccount"]) -> None:
        """Offer accounts."""
        entries = [(account_text(account), account.account_id) for account in accounts]
        shown = [(self.itemText(row), self.itemData(row)) for row in range(self.count())]
        if provider is self.provider and entries == shown:
            return
        before = self.chosen_of(provider)
        self._accounts = {account.account_id: account for account in accounts}
        self.provider = provider
        self.blockSignals(True)  # noqa: FBT003 - one change in the end, not one for each entry
        self.clear()
        for text, account_id in entries:
            self.addItem(text, account_id)
        self.setCurrentIndex(max(0, self.findData(before)) if entries else -1)
        self.setEnabled(bool(entries))
        self.setPlaceholderText("" if entries else "The key reaches no account")
        self.blockSignals(False)  # noqa: FBT003
        self._tell()

    def _tell(self) -> None:
        self.setToolTip(plain_tool_tip(self.currentText()))  # the box may be too narrow for it
        self.chosen.emit()


def account_text(account: "FetchAccount") -> str:
    """An account with what is left of its credits, and when they start anew."""
    parts = [account.name or account.account_id]
    if account.remaining is not None:
        parts.append(f"{count(account.remaining, 'credit')} left")
    if account.resets_on:
        parts.append(f"resets {_day(account.resets_on)}")
    return " · ".join(parts)


def _day(text: str) -> str:
    """An ISO date as the rep's calendar writes it; anything else as it came."""
    try:
        return short_day(date.fromisoformat(text[:10]))
    except ValueError:
        return text
