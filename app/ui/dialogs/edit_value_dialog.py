"""Typing an own value for one field of a contact, or picking one of those that services gave."""

from dataclasses import dataclass

from PySide6.QtCore import QStringListModel
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QLineEdit,
    QPushButton,
    QWidget,
)

from app.domain.contact import ContactDetails
from app.domain.identifiers import linkedin_slug, normalise_domain, normalise_email, safe_url
from app.qtbridge.dialogs import run_dialog
from app.ui.dialogs.plain_frame import lay_out
from app.ui.panes.inspector_groups import known_fields, primary_value
from app.ui.panes.inspector_words import FIELD_LABELS
from app.ui.theme import SPACING
from app.ui.widgets.completion import complete_from
from app.ui.widgets.dialog_parts import name_widgets
from app.ui.widgets.labels import set_role, text_label

EDITABLE = (
    "first_name",
    "last_name",
    "email",
    "phone",
    "job_title",
    "company_name",
    "company_domain",
    "company_website",
    "linkedin_url",
    "location",
    "country_code",
    "headline",
    "seniority",
    "company_industry",
    "company_size",
)
#: What is one of several: there is nothing to show instead of the others.
NEVER_EMPTY = ("email", "phone")
LONGEST = 5_000


@dataclass(frozen=True, slots=True)
class ChosenValue:
    """What the rep wants shown in a field: a value, "" for none at all, or None to leave it to the rule again."""

    field: str
    value: str | None


class EditValueDialog(QDialog):
    """Asks for the field, unless one is named, and its value. `chosen` is None when cancelled."""

    def __init__(self, details: ContactDetails, field: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.chosen: ChosenValue | None = None
        self._details = details
        self.field = QComboBox()
        for name in dict.fromkeys([*EDITABLE, *([field] if field else [])]):
            self.field.addItem(FIELD_LABELS[name], name)
        self.field.setCurrentIndex(max(0, self.field.findData(field or "email")))
        self.value = QLineEdit()
        self._known = QStringListModel(self)
        self._state = text_label(role="muted")
        self._problem = text_label(role="danger")
        self._back = QPushButton("Back to automatic")
        self._confirm = QPushButton("Use this value")
        self._cancel = QPushButton("Cancel")
        self._build(fixed=bool(field))
        self._show_field()
        self.value.setFocus()

    def accept(self) -> None:
        """Take the value over and close, unless it cannot be one."""
        value = self.value.text().strip()
        if not self._confirm.isEnabled():
            return
        self.chosen = ChosenValue(self._name(), value)
        super().accept()

    def _go_back(self) -> None:
        self.chosen = ChosenValue(self._name(), None)
        super().accept()

    def _name(self) -> str:
        return str(self.field.currentData())

    def _show_field(self) -> None:
        name = self._name()
        now = primary_value(self._details, name)
        known = known_fields(self._details, [name])
        self._known.setStringList([each.value for field in known for each in field.values])
        self.value.setText(now)
        self.value.selectAll()
        chosen = name in self._details.choices
        self._back.setVisible(chosen)
        if chosen:
            told = "You chose what is shown. Services may say what they like; it stays."
        elif known:
            told = "The best value of the services is shown. What you type here goes before it and stays."
        else:
            told = "No service gave a value so far."
        self._state.setText(told)
        self._check()

    def _check(self) -> None:
        name, value = self._name(), self.value.text().strip()
        reason = why_not(name, value)
        self._problem.setText(reason if value else "")
        self._problem.setVisible(bool(value and reason))
        set_role(self.value, "invalid", bool(value and reason))
        choices = self._details.choices
        same = choices[name] == value if name in choices else not value and not primary_value(self._details, name)
        self._confirm.setText("Use this value" if value or name in NEVER_EMPTY else "Show no value")
        self._confirm.setEnabled(not reason and not same)

    def _build(self, *, fixed: bool) -> None:
        row = self._details.row
        who = row.display_name or "this contact"
        self.setWindowTitle("Edit a field")
        self.setMinimumWidth(440)
        name_widgets(
            (
                (self, "edit_value_dialog", ""),
                (self.field, "edit_field", "Field"),
                (self.value, "edit_value", "Value"),
                (self._back, "edit_back", "Back to automatic"),
                (self._confirm, "edit_confirm", "Use this value"),
                (self._cancel, "edit_cancel", "Cancel"),
            )
        )
        self.field.setEnabled(not fixed)
        self.field.currentIndexChanged.connect(lambda _: self._show_field())
        self.value.setMaxLength(LONGEST)
        self.value.setClearButtonEnabled(True)
        self.value.textChanged.connect(lambda _: self._check())
        complete_from(self._known, self.value)
        self._back.clicked.connect(self._go_back)
        shown = who if len(who) <= 60 else f"{who[:59]}…"
        form = QFormLayout()
        form.setHorizontalSpacing(SPACING.m)
        form.setVerticalSpacing(SPACING.s)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("&Field", self.field)
        form.addRow("&Value", self.value)
        lay_out(
            self,
            f"Edit {shown}",
            "",
            [form, self._problem, self._state],
            confirm=self._confirm,
            cancel=self._cancel,
            left=(self._back,),
        )


def why_not(field: str, value: str) -> str:
    """Why a text cannot be the value of a field; "" when it can."""
    if not value:
        return "A value is needed here." if field in NEVER_EMPTY else ""
    if field == "email" and not normalise_email(value):
        return "This does not look like an email address."
    if field == "phone" and sum(char.isdigit() for char in value) < 3:
        return "This does not look like a phone number."
    if field == "company_domain" and not normalise_domain(value):
        return "This does not look like a domain, such as fjordwerk.example."
    if field == "linkedin_url" and not linkedin_slug(value):
        return "This does not look like the address of a LinkedIn profile."
    if field in ("company_website", "profile_url") and not safe_url(value):
        return "Begin the address with https:// or http://."
    if field == "country_code" and not (len(value) == 2 and value.isascii() and value.isalpha()):
        return "A country is named by its two letters, such as NO."
    return ""


async def run_edit_value_dialog(parent: QWidget, details: ContactDetails, field: str = "") -> ChosenValue | None:
    """Ask for the value of a field; None when the rep cancelled."""
    dialog = EditValueDialog(details, field, parent)
    try:
        await run_dialog(dialog)
        return dialog.chosen
    finally:
        dialog.deleteLater()
