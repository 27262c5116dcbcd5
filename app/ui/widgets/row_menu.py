"""The context menu of a contact table's rows."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from app.ui.icons import icon
from app.ui.models.contact_text import TextForm
from app.ui.widgets.contact_links import linkedin_of, website_of

if TYPE_CHECKING:
    from app.ui.widgets.contact_table import ContactTable


class RowMenu(QMenu):
    """What can be done with the selected contacts; the window adds groups of its own."""

    def __init__(self, table: "ContactTable") -> None:
        super().__init__(table)
        self._table = table
        self.setToolTipsVisible(True)  # a disabled action's tells why
        clipboard = table.clipboard
        rows = self._action("Copy rows", "copy", clipboard.copy_rows)
        rows.setShortcut(QKeySequence.StandardKey.Copy)
        rows.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        table.view.addAction(rows)
        self._email = self._action("Copy email", "mail", clipboard.copy_emails)
        self._phone = self._action("Copy phone", "phone", clipboard.copy_phones)
        self._linkedin = self._action("Open LinkedIn profile", "link", table.open_linkedin)
        self._website = self._action("Open company website", "globe", table.open_website)
        groups = (
            [self._action("Show details", "person", table.open_current)],
            [
                self._action("Enrich…", "enrich", lambda: table.enrich_requested.emit(table.selected_ids())),
                self._action("Export…", "export", lambda: table.export_requested.emit(table.selected_ids())),
            ],
            [
                self._action("Copy cell", "", clipboard.copy_cell),
                rows,
                self._action("Copy as Markdown table", "", lambda: clipboard.copy_rows(TextForm.MARKDOWN)),
                self._email,
                self._phone,
            ],
            [self._linkedin, self._website],
        )
        for group in groups:
            self._last_group = self.addSeparator()
            self.addActions(group)
        table.view.customContextMenuRequested.connect(self._open)

    def add_group(self, actions: Sequence[QAction]) -> None:
        """Put actions of the window before the last group."""
        self.insertActions(self._last_group, list(actions))
        self.insertSeparator(actions[0])
        # Keys that mean the rows only while the cursor is in them.
        for action in actions:
            if action.shortcutContext() is Qt.ShortcutContext.WidgetShortcut:
                self._table.view.addAction(action)

    def _action(self, text: str, drawing: str, run: Callable[[], object]) -> QAction:
        action = QAction(icon(drawing), text, self) if drawing else QAction(text, self)
        action.triggered.connect(lambda _checked=False: run())
        return action

    def _open(self, at: QPoint) -> None:
        table = self._table
        if not table.selected_count:
            return
        rows = table.selected_rows()
        unseen = table.selected_count > len(rows)
        self._email.setEnabled(unseen or any(row.email for row in rows))
        self._phone.setEnabled(unseen or any(row.phone for row in rows))
        current = table.current_row()
        self._linkedin.setEnabled(bool(linkedin_of(current)))
        self._website.setEnabled(bool(website_of(current)))
        self.popup(table.view.viewport().mapToGlobal(at))
