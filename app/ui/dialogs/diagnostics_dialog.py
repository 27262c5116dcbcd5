"""Diagnostics: how the connection to each service stands, and a way to save it for whoever helps."""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeySequence
from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from app.domain.changes import Change, ChangeKind
from app.domain.provider import Provider
from app.qtbridge.changes import ChangeBridge
from app.qtbridge.tasks import TaskScope
from app.services.diagnostics import Diagnostics
from app.storage.integrity import SOUND
from app.ui.dialogs.bundle_dialog import run_bundle_dialog
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.icons import icon
from app.ui.refresher import Refresher
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.widgets.provider_health import ProviderHealth
from app.ui.wording import clock, count

if TYPE_CHECKING:
    from app.composition import Services

PACE_INTERVAL_MS = 1000
_WATCHED = (ChangeKind.PROVIDERS, ChangeKind.ENRICHMENT, ChangeKind.FETCH_RUNS, ChangeKind.SAFETY)
_FILE = {"": "The file has not been looked through yet.", SOUND: "The file is sound."}


class DiagnosticsDialog(QDialog):
    """Reads what is known by itself whenever it changes; nothing is asked of any service for it.

    Signals:
        refreshed: What is shown is up to date.
    """

    refreshed = Signal()

    def __init__(self, services: "Services", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._services = services
        self.banner = Banner()
        self._scope = TaskScope("diagnostics", failure_handler(self.banner.show_error))
        self._reader = Refresher(self._scope, "read", self._read)
        self.cards = {provider: ProviderHealth(provider.label) for provider in Provider}
        self._at = text_label(role="muted", wrap=False)
        self._work = text_label(selectable=True)
        self._library = text_label(selectable=True)
        self._versions = text_label(selectable=True)
        self.save_button = QPushButton("Save diagnostics…")
        self._refresh = QPushButton("Refresh")
        self._close = QPushButton("Close")
        self._pace = QTimer(self, interval=PACE_INTERVAL_MS)
        self._pace.timeout.connect(lambda: self._scope.replace("pace", self._show_pace()))
        self._changes = ChangeBridge(services.changes, self)
        self._changes.changed.connect(self._on_change)
        self._build()
        self._pace.start()
        self._reader.request()

    async def shut_down(self) -> None:
        """Stop reading."""
        self._pace.stop()
        self._changes.close()
        await self._scope.aclose()

    def _on_change(self, change: Change) -> None:
        if change.kind in _WATCHED:
            self._reader.request()

    async def _read(self) -> None:
        self._show(await self._services.diagnostics.snapshot(more_versions=self._more_versions()))
        self.refreshed.emit()

    async def _show_pace(self) -> None:
        """Nobody tells of it when requests queue, or how long a pause still lasts."""
        for provider, card in self.cards.items():
            card.show_pace((await self._services.providers.status(provider)).pace)

    def _show(self, known: Diagnostics) -> None:
        for provider in known.providers:
            self.cards[provider.provider].show_provider(provider)
        self._at.setText(f"As of {clock(known.at)}")
        batches = [
            f"Enrichment batch {batch.batch_id}: {batch.state.value.replace('_', ' ')}, {count(batch.people, 'person')}"
            for batch in known.open_batches
        ]
        fetches = [
            f"Bulk fetch {fetch.run_id} from {fetch.provider.label}: {fetch.done:,} of {count(fetch.total, 'ID')}"
            for fetch in known.open_fetches
        ]
        self._work.setText("\n".join([*batches, *fetches]) or "Nothing is left to do.")
        held = " · ".join(f"{number:,} {_spoken(name)}" for name, number in known.library.items())
        self._library.setText(f"{held}\n{_FILE.get(looked_at := self._services.safekeeping.integrity, looked_at)}")
        self._versions.setText(" · ".join(f"{name} {version}" for name, version in known.versions.items()))

    def _more_versions(self) -> dict[str, str]:
        return {"Qt platform": QGuiApplication.platformName()}

    def _start_saving(self) -> None:
        self._scope.replace("save", self._save())

    async def _save(self) -> None:
        saved = await run_bundle_dialog(self, self._services, self._more_versions())
        if saved is not None:
            self.banner.show_success(f"Saved as {saved}")

    def _build(self) -> None:
        self.setObjectName("diagnostics_dialog")
        self.setWindowTitle("Diagnostics")
        self.resize(900, 760)
        self.save_button.setObjectName("diagnostics_save")
        self.save_button.setToolTip("Read what would be saved, then save it as a zip file; nothing is sent")
        self.save_button.setIcon(icon("export"))
        self.save_button.clicked.connect(self._start_saving)
        self._refresh.setIcon(icon("refresh"))
        self._refresh.setShortcut(QKeySequence("F5"))
        self._refresh.setToolTip("Read everything again (F5)")
        self._refresh.clicked.connect(self._reader.request)
        self._close.clicked.connect(self.reject)
        for button in (self.save_button, self._refresh, self._close):
            button.setAutoDefault(False)
        content = QWidget()
        set_role(content, "canvas")
        inside = QVBoxLayout(content)
        inside.setContentsMargins(0, 0, SPACING.s, 0)
        inside.setSpacing(SPACING.m)
        for card in self.cards.values():
            inside.addWidget(card)
        for title, label in (
            ("Unfinished work", self._work),
            ("Library", self._library),
            ("Versions", self._versions),
        ):
            inside.addWidget(text_label(title, role="section"))
            inside.addWidget(label)
        inside.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName("Diagnostics")
        scroll.setWidget(content)
        head = QHBoxLayout()
        head.addWidget(text_label("Diagnostics", role="title", wrap=False))
        head.addStretch(1)
        head.addWidget(self._at)
        head.addSpacing(SPACING.s)
        head.addWidget(self._refresh)
        buttons = button_row(self._close, left=(self.save_button,))
        column = QVBoxLayout(self)
        column.setContentsMargins(SPACING.l, SPACING.l, SPACING.l, SPACING.m)
        column.setSpacing(SPACING.m)
        column.addLayout(head)
        column.addWidget(self.banner)
        column.addWidget(scroll, 1)
        column.addWidget(rule())
        column.addLayout(buttons)


def _spoken(name: str) -> str:
    return name.replace("_", " ")


async def run_diagnostics_dialog(parent: QWidget, services: "Services") -> None:
    """Show the page until it is closed."""
    dialog = DiagnosticsDialog(services, parent)
    await run_to_end(dialog, dialog.shut_down)
