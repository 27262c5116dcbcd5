"""Read a file of people: which column holds what, what comes of it, and which lines are not as they should be."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from app.domain.enrichment import PersonInput
from app.exchange.csv_reader import PERSON_FIELDS
from app.qtbridge.tasks import TaskScope
from app.services.people_files import PeopleFile, columns_for, remember_columns
from app.ui.dialogs.run_to_end import run_to_end
from app.ui.failures import failure_handler
from app.ui.models.text_table_model import TextTableModel
from app.ui.theme import SPACING
from app.ui.widgets.dialog_parts import button_row, dialog_column
from app.ui.widgets.labels import rule, set_role, text_label
from app.ui.widgets.plain_table import dress_table
from app.ui.wording import count

if TYPE_CHECKING:
    from app.composition import Services

PREVIEW_ROWS = 100
_PROBLEMS_SHOWN = 1_000
_NONE = -1
_LABELS = {
    "first_name": "First name",
    "last_name": "Last name",
    "domain": "Company domain",
    "company_name": "Company name",
    "linkedin_url": "LinkedIn page",
}
_SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}


class PeopleImportDialog(QDialog):
    """Agrees on the columns of a file. `people` is what was read, () when cancelled."""

    def __init__(self, services: "Services", file: PeopleFile, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.people: tuple[PersonInput, ...] = ()
        self._settings = services.settings
        self._suppression = services.suppression
        self._scope = TaskScope("people import", failure_handler(lambda error: self._suppressed.setText(error.text)))
        self._file = file
        self._boxes = {name: QComboBox() for name in PERSON_FIELDS}
        self._preview = TextTableModel(tuple(_LABELS[name] for name in PERSON_FIELDS), self)
        self._preview_view = QTableView()
        self._problems = TextTableModel(("Line", "What is wrong"), self)
        self._problems_view = QTableView()
        self._problems_head = text_label(role="section")
        self._suppressed = text_label(role="muted")
        self._suppressed.setObjectName("import_suppressed")
        self._suppressed.hide()
        self._why_not = text_label(role="danger")
        self._confirm = QPushButton("Continue")
        self._cancel = QPushButton("Cancel")
        self._build()
        self._show()

    async def shut_down(self) -> None:
        """Stop what runs."""
        await self._scope.aclose()

    def columns(self) -> dict[str, int]:
        """Field → chosen column, counted from 0; fields without one are left out."""
        return {name: box.currentData() for name, box in self._boxes.items() if box.currentData() != _NONE}

    def accept(self) -> None:
        """Take the file over as it is read now, and remember the columns for files like it."""
        columns = self.columns()
        if self._reason(columns):
            return
        remember_columns(self._file, columns, self._settings)
        self.people = self._file.people(columns)
        super().accept()

    def _reason(self, columns: dict[str, int]) -> str:
        if not self._file.sheet.rows:
            return "The file has no rows below its header."
        # A domain can still be filled in per company; nothing makes up for a name.
        missing = [_LABELS[name].lower() for name in ("first_name", "last_name") if name not in columns]
        return f"Choose the column of the {' and of the '.join(missing)}." if missing else ""

    def _show(self) -> None:
        columns = self.columns()
        people = self._file.people(columns)
        self._preview.set_rows(
            [tuple(str(getattr(person, name)) for name in PERSON_FIELDS) for person in people[:PREVIEW_ROWS]]
        )
        self._scope.replace("do-not-contact", self._look_up(people))
        problems = self._file.problems(columns)
        self._problems.set_rows([(f"{bad.line:,}", bad.text) for bad in problems[:_PROBLEMS_SHOWN]])
        left_out = sum(not bad.incomplete for bad in problems)
        words = [f"{count(len(problems) - left_out, 'line')} incomplete" if len(problems) > left_out else ""]
        words.append(f"{count(left_out, 'line')} left out, because they do not fit the header" if left_out else "")
        self._problems_head.setText(", ".join(word for word in words if word))
        for widget in (self._problems_head, self._problems_view):
            widget.setVisible(bool(problems))
        reason = self._reason(columns)
        self._why_not.setText(reason)
        self._why_not.setVisible(bool(reason))
        text = f"Continue with {count(len(people), 'person')}" if people else "Continue"
        self._confirm.setText(text)
        self._confirm.setAccessibleName(text)
        self._confirm.setEnabled(not reason)

    async def _look_up(self, people: Sequence[PersonInput]) -> None:
        """Say before anything else how many will be left out."""
        number = len(await self._suppression.people(people))
        self._suppressed.setText(f"{count(number, 'person')} left out, on the do-not-contact list" if number else "")
        self._suppressed.setVisible(number > 0)

    def _build(self) -> None:
        self.setObjectName("people_import")
        self.setWindowTitle("Enrich a CSV file")
        self.setMinimumSize(760, 660)
        chosen = columns_for(self._file, self._settings)
        for name, box in self._boxes.items():
            box.setObjectName(f"import_{name}")
            box.setAccessibleName(f"Column of the {_LABELS[name].lower()}")
            box.addItem("– none –", _NONE)
            for column, header in enumerate(self._file.sheet.header):
                box.addItem(header.strip() or f"Column {column + 1}", column)
            box.setCurrentIndex(max(0, box.findData(chosen.get(name, _NONE))))
            box.currentIndexChanged.connect(self._show)
        for view, model, name, spoken in (
            (self._preview_view, self._preview, "import_preview", "How the first people are read"),
            (self._problems_view, self._problems, "import_problems", "Lines that are not as they should be"),
        ):
            view.setObjectName(name)
            view.setAccessibleName(spoken)
            _set_up(view, model)
        self._problems_view.setMaximumHeight(130)
        self._problems_view.horizontalHeader().resizeSection(0, 70)
        for button, name in ((self._confirm, "import_confirm"), (self._cancel, "import_cancel")):
            button.setObjectName(name)
        self._cancel.setAccessibleName("Cancel")
        set_role(self._confirm, "primary")
        self._confirm.setDefault(True)
        self._confirm.clicked.connect(self.accept)
        self._cancel.clicked.connect(self.reject)
        self._lay_out()

    def _lay_out(self) -> None:
        sheet = self._file.sheet
        facts = (
            f"{count(len(sheet.rows), 'row')} in {count(len(sheet.header), 'column')}, separated by "
            f"{_SEPARATORS[sheet.separator]}, read as {sheet.encoding.upper()}"
        )
        form = QFormLayout()
        form.setHorizontalSpacing(SPACING.l)
        form.setVerticalSpacing(SPACING.s)
        for name, box in self._boxes.items():
            label = QLabel(f"{_LABELS[name]} *" if name in ("first_name", "last_name") else _LABELS[name])
            label.setBuddy(box)
            form.addRow(label, box)
        buttons = button_row(self._cancel, self._confirm, between=self._why_not)
        column = dialog_column(self)
        head = QVBoxLayout()
        head.setSpacing(SPACING.xs)
        head.addWidget(text_label(self._file.name, role="heading"))
        head.addWidget(text_label(facts, role="muted"))
        column.addLayout(head)
        column.addLayout(form)
        column.addWidget(self._preview_view, 1)
        column.addWidget(self._suppressed)
        column.addWidget(self._problems_head)
        column.addWidget(self._problems_view)
        column.addWidget(rule())
        column.addLayout(buttons)


def _set_up(view: QTableView, model: TextTableModel) -> None:
    view.setModel(model)
    dress_table(view)
    header = view.horizontalHeader()
    header.setDefaultSectionSize(130)
    header.setSectionResizeMode(model.columnCount() - 1, QHeaderView.ResizeMode.Stretch)


async def run_people_import(parent: QWidget, services: "Services", file: PeopleFile) -> tuple[PersonInput, ...]:
    """Agree on a file's columns.

    Returns:
        Everybody in the file, () when the rep cancelled.
    """
    dialog = PeopleImportDialog(services, file, parent)
    await run_to_end(dialog, dialog.shut_down)
    return dialog.people
