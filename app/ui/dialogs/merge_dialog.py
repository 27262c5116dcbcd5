"""Merging contacts: which of them stays, and why they cannot be one where they cannot."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QGridLayout,
    QPushButton,
    QRadioButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.domain.contact import ContactRow
from app.domain.errors import ContactScoutError
from app.domain.undo import UndoStep
from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.plain_frame import lay_out, say
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.theme import SPACING
from app.ui.widgets.banner import Banner
from app.ui.widgets.labels import ElidedLabel, set_role
from app.ui.wording import NO_NAME, count, role_text

if TYPE_CHECKING:
    from app.composition import Services

#: So many rows are shown before the list scrolls.
_ROWS_SHOWN = 5


class MergeDialog(QDialog):
    """Shows who would become one contact, merges them, and says why when that is forbidden.

    Attributes:
        step: What was done, None when nothing was.
    """

    def __init__(self, services: "Services", rows: Sequence[ContactRow], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.step: UndoStep | None = None
        self._services = services
        self._rows = list(rows)
        self.banner = Banner()
        self._scope = TaskScope("merge dialog", failure_handler(self._on_error))
        self.choices = QButtonGroup(self)
        self._confirm = QPushButton()
        self._cancel = QPushButton("Cancel")
        self._build()

    async def shut_down(self) -> None:
        """Stop what runs."""
        await self._scope.aclose()

    def accept(self) -> None:
        """Merge; the dialog closes when that is done."""
        if self._confirm.isEnabled():
            self._confirm.setEnabled(False)
            self.banner.clear()
            self._scope.replace("merge", self._merge())

    async def _merge(self) -> None:
        ids = [row.contact_id for row in self._rows]
        self.step = await self._services.own_work.merge(ids, self.choices.checkedId())
        super().accept()

    def _on_error(self, error: ContactScoutError) -> None:
        self.banner.show_error(error)
        self._confirm.setEnabled(True)

    def _build(self) -> None:
        number = count(len(self._rows), "contact")
        self.setObjectName("merge_dialog")
        self.setWindowTitle("Merge contacts")
        self.setMinimumWidth(540)
        self._confirm.setObjectName("merge_confirm")
        self._cancel.setObjectName("merge_cancel")
        say(self._confirm, f"Merge {number}")
        content = QWidget()
        set_role(content, "canvas")
        grid = QGridLayout(content)
        grid.setContentsMargins(0, 0, SPACING.s, 0)
        grid.setHorizontalSpacing(SPACING.m)
        grid.setVerticalSpacing(SPACING.s)
        grid.setColumnStretch(1, 1)
        for place, row in enumerate(self._rows):
            choice = QRadioButton()
            choice.setObjectName(f"merge_keep_{row.contact_id}")
            choice.setAccessibleName(f"Keep {row.display_name or NO_NAME} as the one that stays")
            choice.setToolTip("The one that stays: its status, rating and notes come first")
            self.choices.addButton(choice, row.contact_id)
            role = role_text(row.job_title, row.company_name)
            sources = ", ".join(provider.label for provider in row.providers)
            told = " · ".join(part for part in (role, row.email, sources) if part)
            who = QVBoxLayout()
            who.setSpacing(0)
            who.addWidget(ElidedLabel(row.display_name or NO_NAME))
            who.addWidget(ElidedLabel(told, role="small"))
            grid.addWidget(choice, place, 0)
            grid.addLayout(who, place, 1)
        first = min(self._rows, key=lambda row: row.contact_id)
        self.choices.button(first.contact_id).setChecked(True)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setWidget(content)
        line = 2 * self.fontMetrics().height() + SPACING.s + SPACING.xs
        scroll.setMinimumHeight(min(len(self._rows), _ROWS_SHOWN) * line)
        lay_out(
            self,
            f"Merge {number} into one?",
            "Choose which one stays. Source records, tags, lists and notes of all are kept together, and values still "
            "show their sources. It can be undone.",
            [self.banner, scroll],
            confirm=self._confirm,
            cancel=self._cancel,
        )
        self.choices.button(first.contact_id).setFocus()


async def run_merge_dialog(parent: QWidget, services: "Services", rows: Sequence[ContactRow]) -> UndoStep | None:
    """Ask whether these contacts are one, and merge them; None when nothing was merged."""
    dialog = MergeDialog(services, rows, parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.step
