"""One person typed by hand, to be enriched."""

from PySide6.QtWidgets import QDialog, QFormLayout, QLabel, QLineEdit, QPushButton, QWidget

from app.domain.enrichment import PersonInput, missing_for_enrichment
from app.qtbridge.dialogs import run_dialog
from app.ui.theme import SPACING
from app.ui.widgets.dialog_parts import button_row, dialog_column
from app.ui.widgets.labels import rule, set_role, text_label

_FIELDS = (
    ("first_name", "&First name *", "Ada"),
    ("last_name", "&Last name *", "Norling"),
    ("domain", "Company &domain *", "fjordwerk.example"),
    ("company_name", "&Company name", "Fjordwerk"),
    ("linkedin_url", "LinkedIn &page", "https://www.linkedin.com/in/…"),
)


class OnePersonDialog(QDialog):
    """A small form. `person` is who was typed, None when cancelled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.person: PersonInput | None = None
        self._boxes = {name: QLineEdit() for name, _, _ in _FIELDS}
        self._why_not = text_label(role="muted")
        self._confirm = QPushButton("Continue")
        self._cancel = QPushButton("Cancel")
        self._build()
        self._show()

    def accept(self) -> None:
        """Take the person over."""
        person = self._typed()
        if not missing_for_enrichment(person):
            self.person = person
            super().accept()

    def _typed(self) -> PersonInput:
        typed = {name: box.text().strip() for name, box in self._boxes.items()}
        return PersonInput(
            typed["first_name"], typed["last_name"], typed["domain"], typed["company_name"], typed["linkedin_url"]
        )

    def _show(self) -> None:
        missing = missing_for_enrichment(self._typed())
        self._why_not.setText(missing)
        self._confirm.setEnabled(not missing)

    def _build(self) -> None:
        self.setObjectName("one_person")
        self.setWindowTitle("Enrich one person")
        self.setMinimumWidth(460)
        form = QFormLayout()
        form.setHorizontalSpacing(SPACING.l)
        form.setVerticalSpacing(SPACING.s)
        for name, words, example in _FIELDS:
            box = self._boxes[name]
            box.setObjectName(f"person_{name}")
            box.setAccessibleName(words.replace("&", "").rstrip(" *"))
            box.setPlaceholderText(example)
            box.textChanged.connect(self._show)
            label = QLabel(words)
            label.setBuddy(box)
            form.addRow(label, box)
        set_role(self._confirm, "primary")
        self._confirm.setDefault(True)
        self._confirm.clicked.connect(self.accept)
        self._cancel.clicked.connect(self.reject)
        for button, name in ((self._confirm, "person_confirm"), (self._cancel, "person_cancel")):
            button.setObjectName(name)
            button.setAccessibleName(button.text())
        buttons = button_row(self._cancel, self._confirm, between=self._why_not)
        column = dialog_column(self)
        column.addWidget(text_label("Enrich one person", role="heading"))
        column.addLayout(form)
        column.addWidget(rule())
        column.addLayout(buttons)


async def run_one_person(parent: QWidget) -> PersonInput | None:
    """Ask for one person; None when the rep cancelled."""
    dialog = OnePersonDialog(parent)
    try:
        await run_dialog(dialog)
        return dialog.person
    finally:
        dialog.deleteLater()
