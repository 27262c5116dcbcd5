"""A provider's chip in the toolbar: whether it has a key, what credits are left, whether it makes us wait."""

from collections.abc import Sequence
from enum import Enum, auto

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from app.domain.provider import Provider
from app.providers.clock import spoken
from app.services.credentials import KeySource
from app.services.providers import ProviderStatus
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.labels import plain_tool_tip, set_role


class Detail(Enum):
    """How much a chip says; the rest is in its tooltip."""

    CREDITS = auto()
    NAME = auto()
    INITIALS = auto()


class ProviderChip(QPushButton):
    """Shows a `ProviderStatus` in a few characters, and all of it as tooltip and to screen readers.

    Signals:
        changed: It has something else to say.
    """

    changed = Signal()

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
        if status.key_source is KeySource.NONE:
            self.setIcon(icon("key", Ink.MUTED))
        elif status.paused_for:
            self.setIcon(icon("paused", Ink.WARNING))
        elif status.last_error or status.degraded:
            self.setIcon(icon("warning", Ink.WARNING))
        else:
            self.setIcon(icon("success", Ink.SUCCESS))
        facts = [status.key_source.label, status.pace, status.credits, status.last_error, status.degraded]
        told = "\n".join(fact for fact in facts if fact)
        name = status.provider.label
        self.setToolTip(plain_tool_tip(f"{name}\n{told}\nClick for its settings"))
        self.setAccessibleName(f"{name}: {told.replace(chr(10), ', ')}")
        self.changed.emit()

    def set_detail(self, detail: Detail) -> None:
        """Show more or less text."""
        self.setText(self._text(detail))

    def width_with(self, detail: Detail) -> int:
        """The width it needs with so much text."""
        spare = self.sizeHint().width() - self.fontMetrics().horizontalAdvance(self.text())
        return spare + self.fontMetrics().horizontalAdvance(self._text(detail))

    def _text(self, detail: Detail) -> str:
        name = self.provider.label
        if detail is Detail.INITIALS:
            return "".join(letter for letter in name if letter.isupper())
        if detail is Detail.NAME or self._shown is None:
            return name
        if self._shown.key_source is KeySource.NONE:
            return f"{name} · no key"
        if self._shown.paused_for:
            return f"{name} · paused {spoken(self._shown.paused_for)}"
        credit = self._shown.credits.removesuffix(" left")
        return f"{name} · {credit}" if credit else name


class ChipBar(QWidget):
    """All chips in a line at the right, each with as much text as there is room for."""

    def __init__(self, chips: Sequence[ProviderChip], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips = chips
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACING.s)
        # A layout that does not make itself as wide as its widgets: they adapt to it.
        row.setSizeConstraint(QHBoxLayout.SizeConstraint.SetNoConstraint)
        row.addStretch(1)
        for chip in chips:
            chip.changed.connect(self._fit)
            row.addWidget(chip)
        self.setMinimumWidth(sum(chip.width_with(Detail.INITIALS) + SPACING.s for chip in chips))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the texts into the new width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        for detail in Detail:
            needed = sum(chip.width_with(detail) + SPACING.s for chip in self._chips)
            if needed <= self.width() or detail is Detail.INITIALS:
                for chip in self._chips:
                    chip.set_detail(detail)
                return
