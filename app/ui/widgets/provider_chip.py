"""A provider's chip in the toolbar: whether it has a key, what credits are left, whether it makes us wait."""

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QPushButton, QWidget

from app.domain.provider import Provider
from app.services.credentials import KeySource
from app.services.providers import ProviderStatus
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.widgets.labels import set_role


class ProviderChip(QPushButton):
    """Shows a `ProviderStatus` in a few characters, and all of it as tooltip and to screen readers."""

    def __init__(self, provider: Provider, parent: QWidget | None = None) -> None:
        super().__init__(provider.label, parent)
        self.provider = provider
        self._shown: ProviderStatus | None = None
        set_role(self, "chip")
        self.setIconSize(QSize(14, 14))
        self.setIcon(icon("outcome-queued", Ink.MUTED))
        self.setAccessibleName(provider.label)

    def show_status(self, status: ProviderStatus) -> None:
        """Show what is known of the provider."""
        if status == self._shown:
            return
        self._shown = status
        name = status.provider.label
        if status.key_source is KeySource.NONE:
            self.setIcon(icon("key", Ink.MUTED))
            self.setText(f"{name} · no key")
        else:
            trouble = bool(status.last_error)
            self.setIcon(icon("warning", Ink.WARNING) if trouble else icon("success", Ink.SUCCESS))
            credit = status.credits.removesuffix(" left")
            self.setText(f"{name} · {credit}" if credit else name)
        facts = [status.key_source.label, status.pace, status.credits, status.last_error]
        told = "\n".join(fact for fact in facts if fact)
        self.setToolTip(f"{name}\n{told}\nClick for its settings")
        self.setAccessibleName(f"{name}: {told.replace(chr(10), ', ')}")
