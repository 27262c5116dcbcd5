"""One provider's card in Settings: its key, where it is kept, whether it works, and its address."""

import asyncio
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from app.domain.credits import KeyCheck
from app.domain.errors import ContactScoutError, MissingKeyError, ServiceError
from app.domain.provider import Provider
from app.qtbridge.dialogs import ask
from app.qtbridge.tasks import TaskScope
from app.services.credentials import KeySource
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.connection_box import ConnectionBox
from app.ui.widgets.icon_label import IconLabel
from app.ui.widgets.labels import set_role, text_label

if TYPE_CHECKING:
    from app.composition import Services


class KeyCard(QFrame):
    """Adds, tries and deletes a key. A stored key is never shown, only where it is kept.

    Signals:
        key_changed: Another key is in use now.
        connection_checked: What a check of the connection found is shown.
    """

    key_changed = Signal()
    connection_checked = Signal()

    def __init__(
        self, services: "Services", provider: Provider, scope: TaskScope, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.provider = provider
        self._services = services
        self._scope = scope
        self._keyring_usable = True
        self._has_key = False
        self._deletable = False
        self._state_icon = IconLabel()
        self._where = text_label(role="muted", wrap=False)
        self.key_box = QLineEdit()
        self._result_icon = IconLabel()
        self.result = text_label(selectable=True)
        self.url_box = QLineEdit()
        set_role(self, "card")
        self._build()

    def set_keyring_usable(self, *, usable: bool) -> None:
        """Whether “Save to the keyring” can be offered."""
        self._keyring_usable = usable
        self._show_buttons()

    async def refresh(self) -> None:
        """Show where the key is kept and which address is used."""
        status = await self._services.providers.status(self.provider)
        known = status.key_source is not KeySource.NONE
        self._where.setText(status.key_source.label)
        self._state_icon.set_icon(icon("success" if known else "key", Ink.SUCCESS if known else Ink.MUTED))
        self._has_key = known
        self._deletable = status.key_source in (KeySource.KEYRING, KeySource.SESSION)
        self.key_box.setPlaceholderText("Enter another key to replace it" if known else "Paste the key here")
        self.url_box.setText(self._services.settings.load().base_urls.get(self.provider.value, ""))
        self.url_box.setPlaceholderText(self._services.providers.base_url(self.provider))
        self._show_buttons()

    def focus_key(self) -> None:
        """Put the cursor into the key field."""
        self.key_box.setFocus()

    async def _save(self, *, session_only: bool) -> None:
        if not await self._provide_for_batches(self.key_box.text()):
            return
        await self._services.credentials.save(self.provider, self.key_box.text(), session_only=session_only)
        self.key_box.clear()
        await self._services.providers.key_changed(self.provider)
        where = "for this session only" if session_only else "in the system keyring"
        await self._after_change(f"The key is kept {where}.")

    async def _provide_for_batches(self, new_key: str) -> bool:
        """What the present key bought is still collected; whether the new key may take its place."""
        from app.ui.dialogs.other_key import KeyChoice, run_other_key

        accounts = self._services.enrichment.accounts
        if self.provider is not accounts.provider or not new_key.strip():
            return True
        question = await accounts.question(new_key)
        if question is None:
            return True
        choice = await run_other_key(self.window(), self.provider.label, question)
        if choice is KeyChoice.KEEP_BOTH:
            await accounts.keep_present_key()
        elif choice is KeyChoice.SAME_ACCOUNT:
            await accounts.same_account(new_key)
        return choice is not None

    async def _delete(self) -> None:
        sure = await ask(
            self.window(),
            "Delete key",
            f"Delete the {self.provider.label} key from this computer?",
            accept="Delete",
            destructive=True,
            details="Searches and fetches with this service stop working until a key is added again,"
            " and results that are on their way wait for this very key.",
        )
        if sure:
            await self._services.credentials.delete(self.provider)
            await self._services.providers.key_changed(self.provider)
            await self._after_change("The key is deleted.")

    async def _check(self) -> None:
        typed = self.key_box.text().strip()
        self._say("Asking the service…", "")
        self.check_button.setEnabled(False)
        try:
            answer = await self._services.providers.check_key(self.provider, typed or None)
        finally:
            self._show_buttons()
        self._show_answer(answer)

    async def _check_connection(self) -> None:
        self.connection.show_checking()
        self.connection_button.setEnabled(False)
        try:
            report = await self._services.connection.check(self.provider)
        except asyncio.CancelledError:
            self.connection.hide()
            raise
        finally:
            self.connection_button.setEnabled(True)
        self.connection.show_report(report)
        self.connection_checked.emit()

    async def _save_url(self) -> None:
        await self._services.providers.set_base_url(self.provider, self.url_box.text().strip())
        await self._after_change(
            "The address is saved." if self.url_box.text() else "The service’s own address is used."
        )

    async def _after_change(self, said: str) -> None:
        await self.refresh()
        self._say(said, "success")
        self.key_changed.emit()

    def _show_answer(self, answer: KeyCheck) -> None:
        details = [f"status {answer.status}"] if answer.status else []
        if answer.request_id:
            details.append(f"request id {answer.request_id}")
        self._say(answer.text, "success" if answer.ok else "error", " · ".join(details))

    def _run(self, coro_name: str) -> None:
        self._scope.replace(f"{self.provider} card", self._guarded(coro_name))

    async def _guarded(self, name: str) -> None:
        """Run one of the card's deeds and say in the card what kept it from being done."""
        deeds = {
            "save": lambda: self._save(session_only=False),
            "keep": lambda: self._save(session_only=True),
            "check": self._check,
            "delete": self._delete,
            "url": self._save_url,
            "connection": self._check_connection,
        }
        try:
            await deeds[name]()
        except MissingKeyError:
            self._say("Enter a key first.", "error")
        except ContactScoutError as error:
            request = f"request id {error.request_id}" if isinstance(error, ServiceError) and error.request_id else ""
            self._say(f"{error.text} {error.next_step}".strip(), "error", request)

    def _say(self, text: str, tone: str, details: str = "") -> None:
        inks = {"success": Ink.SUCCESS, "error": Ink.DANGER}
        self._result_icon.setVisible(tone in inks)
        if tone in inks:
            self._result_icon.set_icon(icon(tone, inks[tone]))
        self.result.setText(f"{text}\n{details}" if details else text)
        self.result.setVisible(bool(text))

    def _show_buttons(self) -> None:
        typed = bool(self.key_box.text().strip())
        self.save_button.setEnabled(typed and self._keyring_usable)
        self.keep_button.setEnabled(typed)
        self.check_button.setEnabled(typed or self._has_key)
        self.delete_button.setEnabled(self._deletable)

    def _build(self) -> None:
        label = self.provider.label
        self.key_box.setEchoMode(QLineEdit.EchoMode.Password)
        self.key_box.setAccessibleName(f"{label} key")
        self.key_box.textChanged.connect(self._show_buttons)
        self.key_box.returnPressed.connect(lambda: self._run("save" if self._keyring_usable else "keep"))
        self.save_button = self._button("Save to the keyring", "save")
        set_role(self.save_button, "primary")
        self.keep_button = self._button("Keep for this session only", "keep")
        self.check_button = self._button("Check key", "check")
        self.delete_button = self._button("Delete key", "delete")
        self._result_icon.hide()
        self.result.hide()
        self.url_box.setAccessibleName(f"{label} address")
        self.url_box.setToolTip("Only for another server; https, or http on this computer. Empty: the service’s own")
        self.url_button = self._button("Save address", "url")
        self.connection_button = self._button("Check connection", "connection")
        self.connection_button.setToolTip("See how far a request gets: name, proxy, certificate, answer")
        self.connection = ConnectionBox(label)
        self._lay_out()

    def _button(self, text: str, deed: str) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(f"{text}: {self.provider.label}")
        button.setAutoDefault(False)
        button.clicked.connect(lambda: self._run(deed))
        return button

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.addWidget(text_label(self.provider.label, role="heading", wrap=False))
        head.addStretch(1)
        head.addWidget(self._state_icon)
        head.addWidget(self._where)
        keys = QHBoxLayout()
        keys.setSpacing(SPACING.s)
        keys.addWidget(self.save_button)
        keys.addWidget(self.keep_button)
        keys.addStretch(1)
        keys.addWidget(self.check_button)
        keys.addWidget(self.delete_button)
        told = QHBoxLayout()
        told.setSpacing(SPACING.s)
        told.addWidget(self._result_icon)
        told.addWidget(self.result, 1)
        address = QHBoxLayout()
        address.setSpacing(SPACING.s)
        name = text_label("Address", role="muted", wrap=False)
        name.setBuddy(self.url_box)
        address.addWidget(name)
        address.addWidget(self.url_box, 1)
        address.addWidget(self.url_button)
        address.addWidget(self.connection_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING.l, SPACING.m, SPACING.l, SPACING.m)
        layout.setSpacing(SPACING.s)
        layout.addLayout(head)
        layout.addWidget(self.key_box)
        layout.addLayout(keys)
        layout.addLayout(told)
        layout.addLayout(address)
        layout.addWidget(self.connection)
