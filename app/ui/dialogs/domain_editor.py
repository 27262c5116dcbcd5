"""Fill in the domains that are missing: one grid for all companies of a selection, remembered per company."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.domain.errors import ContactScoutError
from app.qtbridge.tasks import TaskScope
from app.services.domains import MissingDomain
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.models.domain_grid_model import Column, DomainGridModel
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.dialog_parts import button_row, dialog_column, name_widgets
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services


class _DomainDelegate(QStyledItemDelegate):
    """Offers the service's candidates while a domain is typed."""

    def createEditor(
        self, parent: QWidget, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QWidget:
        """A line with the candidates below it."""
        editor = super().createEditor(parent, option, index)
        model = index.model()
        if isinstance(editor, QLineEdit) and isinstance(model, DomainGridModel):
            editor.setAccessibleName(f"Domain of {model.missing[index.row()].company_name}")
            completer = QCompleter([match.domain for match in model.candidates(index.row())], editor)
            completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
            editor.setCompleter(completer)
        return editor


class DomainEditor(QDialog):
    """Takes domains by typing, pasting a column, or the service's suggestions.

    Attributes:
        domains: Key of a company → its domain, as far as filled in; {} when cancelled.
    """

    def __init__(
        self,
        services: "Services",
        missing: Sequence[MissingDomain],
        people: Mapping[str, int],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.domains: dict[str, str] = {}
        self._services = services
        self.model = DomainGridModel(missing, people, self)
        self.banner = Banner()
        self._scope = TaskScope("domain editor", failure_handler(self._on_error))
        self.table = QTableView()
        self._suggest = QPushButton("&Suggest domains")
        self._state = text_label(role="muted")
        self._confirm = QPushButton()
        self._cancel = QPushButton("Cancel")
        self._asking = False
        self._build()
        self._show()

    async def shut_down(self) -> None:
        """Stop asking."""
        await self._scope.aclose()

    def accept(self) -> None:
        """Remember what is filled in, then close."""
        if self.model.domains():
            self._scope.replace("save", self._save())

    async def _save(self) -> None:
        domains = self.model.domains()
        await self._services.domains.set_domains(domains)
        self.domains = domains
        super().accept()

    def _start_suggesting(self) -> None:
        self._scope.replace("suggest", self._ask())

    async def _ask(self) -> None:
        self.banner.clear()
        self._asking = True
        self._show()
        empty = [row for row in range(self.model.rowCount()) if not self.model.text(row)]
        try:
            for done, row in enumerate(empty):
                self._state.setText(f"Asking for {done + 1:,} of {count(len(empty), 'company')}…")
                self.model.suggest(row, await self._services.domains.suggest(self.model.missing[row]))
        finally:
            self._asking = False
            self._show()
            self.table.setFocus()

    def _on_error(self, error: ContactScoutError) -> None:
        self.banner.show_error(error)

    def _paste(self) -> None:
        row = max(0, self.table.currentIndex().row())
        filled = self.model.paste(QGuiApplication.clipboard().text(), row)
        self._state.setText(f"{count(filled, 'domain')} pasted")

    def _clear(self) -> None:
        for index in self.table.selectedIndexes():
            if index.column() == Column.DOMAIN:
                self.model.setData(index, "")

    def _show(self) -> None:
        filled, wrong = len(self.model.domains()), self.model.wrong_rows()
        parts = [f"{filled:,} of {count(self.model.rowCount(), 'company')} filled in"]
        if wrong:
            parts.append(f"{count(wrong, 'entry')} cannot be used")
        if not self._asking:
            self._state.setText(" · ".join(parts))
        words = f"Use {count(filled, 'domain')}" if filled else "Use domains"
        self._confirm.setText(words)
        self._confirm.setAccessibleName(words)
        self._confirm.setEnabled(bool(filled) and not self._asking)
        self._suggest.setEnabled(not self._asking and filled + wrong < self.model.rowCount())

    def _build(self) -> None:
        self.setWindowTitle("Company domains")
        self.setMinimumSize(820, 440)
        name_widgets(
            (
                (self, "domain_editor", ""),
                (self.table, "domain_grid", "Companies without a domain"),
                (self._suggest, "domain_suggest", "Suggest domains, free of charge"),
                (self._confirm, "domain_confirm", ""),
                (self._cancel, "domain_cancel", "Cancel"),
            )
        )
        self._suggest.setToolTip("Ask Tamtam's company search for every empty row. This costs nothing.")
        self.model.dataChanged.connect(self._show)
        set_role(self._confirm, "primary")
        self._suggest.clicked.connect(self._start_suggesting)
        self._confirm.clicked.connect(self.accept)
        self._cancel.clicked.connect(self.reject)
        for button in (self._suggest, self._confirm, self._cancel):
            button.setAutoDefault(False)
        self._set_up_table()
        self._lay_out()
        self.table.setFocus()

    def _set_up_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        table.setItemDelegateForColumn(Column.DOMAIN, _DomainDelegate(table))
        table.verticalHeader().hide()
        table.setAlternatingRowColors(True)
        table.setTabKeyNavigation(False)
        table.setEditTriggers(QTableView.EditTrigger.AllEditTriggers ^ QTableView.EditTrigger.CurrentChanged)
        header = table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setHighlightSections(False)
        for column, width in ((Column.COMPANY, 210), (Column.PEOPLE, 64), (Column.DOMAIN, 190)):
            header.resizeSection(column, width)
        header.setSectionResizeMode(Column.REMARK, QHeaderView.ResizeMode.Stretch)
        if self.model.rowCount():
            table.setCurrentIndex(self.model.index(0, Column.DOMAIN))
        for words, keys, deed in (
            ("Paste domains", QKeySequence.StandardKey.Paste, self._paste),
            ("Clear domains", QKeySequence.StandardKey.Delete, self._clear),
        ):
            action = QAction(words, table)
            action.setShortcut(keys)
            action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
            action.triggered.connect(deed)
            table.addAction(action)
        table.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def _lay_out(self) -> None:
        head = QVBoxLayout()
        head.setSpacing(SPACING.xs)
        head.addWidget(text_label(f"{count(self.model.rowCount(), 'company')} without a domain", role="heading"))
        head.addWidget(
            text_label(
                "Type a domain, or paste a column of them (Ctrl+V), in this order or as company and domain. "
                "They are remembered for these companies.",
                role="muted",
            )
        )
        buttons = button_row(self._cancel, self._confirm, left=(self._suggest,), between=self._state)
        column = dialog_column(self)
        column.addLayout(head)
        column.addWidget(self.banner)
        column.addWidget(self.table, 1)
        column.addWidget(rule())
        column.addLayout(buttons)


async def run_domain_editor(
    parent: QWidget, services: "Services", missing: Sequence[MissingDomain], people: Mapping[str, int]
) -> dict[str, str]:
    """Ask for the domains of these companies, and remember them. `people` counts who waits, by the companies' keys.

    Returns:
        Key of a company → its domain, {} when the rep cancelled.
    """
    dialog = DomainEditor(services, missing, people, parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.domains
