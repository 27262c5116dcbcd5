"""Settings: a card per provider for its key, and how much a run, and a day, may spend."""

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import ContactScoutError
from app.domain.provider import Provider
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.key_card import KeyCard
from app.ui.widgets.labels import set_role, text_label
from app.ui.widgets.number_box import NumberBox

if TYPE_CHECKING:
    from app.composition import Services

MOST_CREDITS = 1_000_000
_NO_CAP = -1


class SettingsDialog(QDialog):
    """Everything takes effect at once; there is nothing to confirm at the end.

    Signals:
        key_changed: Another key is in use now.
    """

    key_changed = Signal()

    def __init__(
        self, services: "Services", parent: QWidget | None = None, *, provider: Provider | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Settings")
        self._services = services
        self._wanted = provider
        self.banner = Banner()
        self._scope = TaskScope("settings", failure_handler(self.banner.show_error))
        self.cards = {each: KeyCard(services, each, self._scope) for each in Provider}
        for card in self.cards.values():
            card.key_changed.connect(self.key_changed)
        self._build()
        self._scope.start(self._load(), "load")

    async def shut_down(self) -> None:
        """Stop what runs."""
        await self._scope.aclose()

    async def _load(self) -> None:
        settings = self._services.settings.load()
        self.cap.setValue(settings.run_cap)
        self.cap.valueChanged.connect(self._save_cap)
        self.day_cap.setValue(_NO_CAP if settings.day_cap is None else settings.day_cap)
        self.day_cap.valueChanged.connect(self._save_day_cap)
        if self._services.settings.notice:
            self.banner.show_warning(self._services.settings.notice)
        for card in self.cards.values():
            await card.refresh()
        state = await self._services.credentials.keyring_state()
        self.keyring_text.setText(state.text)
        for card in self.cards.values():
            card.set_keyring_usable(usable=state.usable)

    def _save_cap(self, credit: int) -> None:
        try:
            self._services.settings.save(replace(self._services.settings.load(), run_cap=credit))
        except ContactScoutError as error:
            self.banner.show_error(error)

    def _save_day_cap(self, credit: int) -> None:
        cap = None if credit == _NO_CAP else credit
        try:
            self._services.settings.save(replace(self._services.settings.load(), day_cap=cap))
        except ContactScoutError as error:
            self.banner.show_error(error)
        else:
            self._services.enrichment.try_again()

    def showEvent(self, event: QShowEvent) -> None:
        """Begin at the card that was asked for."""
        super().showEvent(event)
        if self._wanted is not None:
            card = self.cards[self._wanted]
            self._scroll.ensureWidgetVisible(card)
            card.focus_key()

    def _build(self) -> None:
        self.keyring_text = text_label("Looking for the system keyring…", role="muted")
        self.cap = NumberBox("Most credits a run may spend", 0, MOST_CREDITS, step=100, suffix=" credits")
        self.cap.setToolTip("Each enrichment run starts with this cap; it can be set lower or higher for a single run")
        self.day_cap = NumberBox("Most credits a day", _NO_CAP, MOST_CREDITS, step=100, suffix=" credits")
        self.day_cap.setSpecialValueText("No cap")
        self.day_cap.setKeyboardTracking(False)  # half a number may be more than was meant, and the queue goes by it
        self.day_cap.setToolTip("All enrichment of one day (UTC) together; what does not fit waits until tomorrow")
        content = QWidget()
        set_role(content, "canvas")
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, SPACING.s, 0)
        column.setSpacing(SPACING.m)
        column.addWidget(text_label("Keys", role="title"))
        column.addWidget(self.keyring_text)
        for card in self.cards.values():
            column.addWidget(card)
        column.addWidget(text_label("Spending", role="title"))
        form = QFormLayout()
        form.setSpacing(SPACING.m)
        form.addRow("Most credits a run may spend", self.cap)
        form.addRow("Most credits a day (UTC)", self.day_cap)
        column.addLayout(form)
        column.addStretch(1)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setWidget(content)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING.l, SPACING.l, SPACING.l, SPACING.m)
        layout.setSpacing(SPACING.m)
        layout.addWidget(self.banner)
        layout.addWidget(self._scroll, 1)
        layout.addWidget(buttons)
        self.resize(660, 720)


async def run_settings_dialog(parent: QWidget, services: "Services", provider: Provider | None = None) -> bool:
    """Open Settings, at one provider's card if asked, and wait. Returns whether a key was changed."""
    dialog = SettingsDialog(services, parent, provider=provider)
    changed = False

    def note() -> None:
        nonlocal changed
        changed = True

    dialog.key_changed.connect(note)
    await run_to_end(dialog, dialog.shut_down)
    return changed
