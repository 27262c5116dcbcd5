"""A form made of filter specifications: one editor per documented filter of a provider."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QLineEdit, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.domain.search import Choice, ChoiceSource, FilterKind, FilterSpec
from app.ui.dialogs.company_dialog import COMPANY_FILTERS
from app.ui.icons import icon
from app.ui.theme import SPACING
from app.ui.widgets.check_combo import CheckCombo
from app.ui.widgets.labels import set_role, text_label
from app.ui.widgets.multi_value_edit import MultiValueEdit

ANY = "Any"
_EXAMPLES = {
    "prompt": "Sales managers at bakeries in Lyon",
    "countries": "FR, then Enter",
    "company_hq_countries": "FR, then Enter",
    "dateFrom": "2026-03-01",
    "dateTo": "2026-03-31",
}
"""What may stand in a filter, by the API's own names, where its label leaves that open."""

_LISTED_BY_COMMA = ("email", "_id", "ids")


class Editor(Protocol):
    """The control of one filter."""

    def widget(self) -> QWidget:
        """What is put into the form."""
        ...

    def values(self) -> tuple[str, ...]:
        """The values given, () for none."""
        ...

    def set_values(self, values: Sequence[str]) -> None:
        """Show these values."""
        ...

    def set_choices(self, choices: Sequence[Choice]) -> None:
        """Offer these choices, where the filter has any."""
        ...


class _TextEditor:
    def __init__(self, spec: FilterSpec) -> None:
        self._edit = QLineEdit()
        self._edit.setClearButtonEnabled(True)
        self._edit.setPlaceholderText(_EXAMPLES.get(spec.name, ""))
        self._edit.setAccessibleName(spec.label)

    def widget(self) -> QWidget:
        return self._edit

    def values(self) -> tuple[str, ...]:
        text = self._edit.text().strip()
        return (text,) if text else ()

    def set_values(self, values: Sequence[str]) -> None:
        self._edit.setText(values[0] if values else "")

    def set_choices(self, choices: Sequence[Choice]) -> None:
        del choices


class _ListEditor:
    def __init__(self, spec: FilterSpec) -> None:
        by_comma = bool(spec.pattern) or any(part in spec.name for part in _LISTED_BY_COMMA)
        self.edit = MultiValueEdit(spec.label, split_commas=by_comma)
        if spec.name in _EXAMPLES:
            self.edit.set_placeholder(_EXAMPLES[spec.name])

    def widget(self) -> QWidget:
        return self.edit

    def values(self) -> tuple[str, ...]:
        return self.edit.values()

    def set_values(self, values: Sequence[str]) -> None:
        self.edit.set_values(values)

    def set_choices(self, choices: Sequence[Choice]) -> None:
        del choices


class _ChoiceEditor:
    def __init__(self, spec: FilterSpec) -> None:
        self._spec = spec
        self.combo = QComboBox()
        self.combo.setAccessibleName(spec.label)
        self.combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.combo.setMinimumContentsLength(8)
        if spec.open_choices:
            self.combo.setEditable(True)
            self.combo.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
            box = self.combo.lineEdit()
            assert box is not None
            box.setPlaceholderText(f"{ANY}, or type a value")
            box.setAccessibleName(spec.label)
        self.set_choices(spec.choices)

    def widget(self) -> QWidget:
        return self.combo

    def values(self) -> tuple[str, ...]:
        index = self.combo.currentIndex()
        text = self.combo.currentText().strip()
        if self._spec.open_choices and text != self.combo.itemText(index).strip():
            known = self.combo.findText(text, Qt.MatchFlag.MatchFixedString)
            value = str(self.combo.itemData(known)) if known >= 0 else text
        else:
            value = str(self.combo.itemData(index) or "")
        return (value,) if value else ()

    def set_values(self, values: Sequence[str]) -> None:
        value = values[0] if values else ""
        known = self.combo.findData(value)
        if known >= 0:
            self.combo.setCurrentIndex(known)
        elif self._spec.open_choices:
            self.combo.setEditText(value)
        elif value:
            self.combo.addItem(value, value)
            self.combo.setCurrentIndex(self.combo.count() - 1)

    def set_choices(self, choices: Sequence[Choice]) -> None:
        before = self.values()
        self.combo.clear()
        if self._spec.open_choices:
            self.combo.addItem("", "")
        elif not self._spec.required:
            self.combo.addItem(ANY, "")
        elif len(choices) != 1:
            self.combo.addItem("Choose…", "")
        for choice in choices:
            if choice.label != ANY or self._spec.required:  # a documented “any” is the same as no choice
                self.combo.addItem(choice.label, choice.value)
        self.combo.setCurrentIndex(0 if self.combo.count() else -1)
        if before:
            self.set_values(before)


class _ChoiceListEditor:
    def __init__(self, spec: FilterSpec) -> None:
        self._combo = CheckCombo(spec.label, spec.choices, open_choices=spec.open_choices)

    def widget(self) -> QWidget:
        return self._combo

    def values(self) -> tuple[str, ...]:
        return self._combo.values()

    def set_values(self, values: Sequence[str]) -> None:
        self._combo.set_values(values)

    def set_choices(self, choices: Sequence[Choice]) -> None:
        self._combo.set_choices(choices)


def _editor(spec: FilterSpec) -> Editor:
    if spec.kind is FilterKind.TEXT:
        return _TextEditor(spec)
    if spec.kind is FilterKind.TEXT_LIST:
        return _ListEditor(spec)
    if spec.kind is FilterKind.CHOICE:
        return _ChoiceEditor(spec)
    return _ChoiceListEditor(spec)


class _Field(QWidget):
    """One filter: its label, its control, and for choices the service has to name, how asking for them stands."""

    refresh_requested = Signal()
    companies_wanted = Signal()

    def __init__(self, spec: FilterSpec, *, finds_companies: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.editor = _editor(spec)
        control = self.editor.widget()
        tip = f"{spec.help}\nParameter: {spec.name}"
        control.setToolTip(tip)
        control.setAccessibleDescription(spec.help)
        label = QLabel(f"{spec.label} (required)" if spec.required else spec.label)
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setToolTip(tip)
        label.setBuddy(control)
        row = QHBoxLayout()
        row.setSpacing(SPACING.xs)
        row.addWidget(control, 1)
        self._note = text_label(role="muted")
        self._note.hide()
        if spec.choice_source is not None:
            self._refresh = QToolButton()
            set_role(self._refresh, "plain")
            self._refresh.setIcon(icon("refresh"))
            self._refresh.setIconSize(QSize(16, 16))
            self._refresh.setToolTip("Ask the service for this list again")
            self._refresh.setAccessibleName(f"Refresh {spec.label}")
            self._refresh.clicked.connect(self.refresh_requested)
            row.addWidget(self._refresh)
        if finds_companies:
            find = QPushButton("Find company…")
            find.setObjectName("find_company")
            find.setToolTip("Look up a company's ID by its name or domain; this costs nothing")
            find.setAccessibleName(f"Find company for {spec.label}")
            find.setAutoDefault(False)
            find.clicked.connect(self.companies_wanted)
            row.addWidget(find, 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(SPACING.xs)
        layout.addWidget(label)
        layout.addLayout(row)
        layout.addWidget(self._note)

    def show_note(self, text: str, *, problem: bool = False) -> None:
        self._note.setText(text)
        set_role(self._note, "muted", value=not problem)
        set_role(self._note, "danger", value=problem)
        self._note.setVisible(bool(text))


class SearchForm(QWidget):
    """The filters of one provider.

    Signals:
        submitted: The rep pressed Enter in a field.
        choices_wanted: The rep wants the choices of a filter (its name) asked for again.
        account_changed: Another account may be chosen, on which other choices may depend.
        companies_wanted: The rep wants to look up companies for a filter (its name).

    Args:
        specs: The filters.
        finds_companies: Whether the provider can look companies up.
        parent: The widget it is put into.
    """

    submitted = Signal()
    choices_wanted = Signal(str)
    account_changed = Signal()
    companies_wanted = Signal(str)

    def __init__(
        self, specs: Iterable[FilterSpec], *, finds_companies: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        set_role(self, "canvas")
        self._fields: dict[str, _Field] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACING.m, SPACING.s, SPACING.m, SPACING.m)
        layout.setSpacing(SPACING.m)
        # What a search cannot do without comes first; the rest keeps the order of the provider's documentation.
        for spec in sorted(specs, key=lambda spec: not spec.required):
            field = _Field(spec, finds_companies=finds_companies and spec.name in COMPANY_FILTERS)
            field.companies_wanted.connect(lambda name=spec.name: self.companies_wanted.emit(name))
            field.refresh_requested.connect(lambda name=spec.name: self.choices_wanted.emit(name))
            if isinstance(field.editor, _ListEditor):
                field.editor.edit.submitted.connect(self.submitted)
            if isinstance(field.editor, _ChoiceEditor) and spec.choice_source is ChoiceSource.ACCOUNTS:
                field.editor.combo.currentIndexChanged.connect(self.account_changed)
            self._fields[spec.name] = field
            layout.addWidget(field)
        layout.addStretch(1)

    @property
    def specs(self) -> tuple[FilterSpec, ...]:
        """The filters shown."""
        return tuple(field.spec for field in self._fields.values())

    def values(self) -> dict[str, tuple[str, ...]]:
        """The values given, by filter; filters without one are left out."""
        given = {name: field.editor.values() for name, field in self._fields.items()}
        return {name: values for name, values in given.items() if values}

    def set_values(self, values: Mapping[str, Sequence[str]]) -> None:
        """Show exactly these values; names of no filter are left out."""
        for name, field in self._fields.items():
            field.editor.set_values(tuple(values.get(name, ())))

    def add_values(self, name: str, values: Mapping[str, str]) -> None:
        """Add values to a list filter, each with the words for it."""
        editor = self._fields[name].editor
        if isinstance(editor, _ListEditor):
            editor.edit.add_values(values, values)

    def clear(self) -> None:
        """Empty every filter, save required choices, which the next search needs again."""
        for field in self._fields.values():
            if not (field.spec.required and field.spec.choice_source is not None):
                field.editor.set_values(())

    def control(self, name: str) -> QWidget:
        """The control of a filter."""
        return self._fields[name].editor.widget()

    def show_loading(self, name: str) -> None:
        """Say that the choices of a filter are being asked for."""
        self._fields[name].show_note("Loading…")

    def show_choices(self, name: str, choices: Sequence[Choice]) -> None:
        """Offer the choices that the service named."""
        field = self._fields[name]
        field.editor.set_choices(choices)
        none = "" if choices or field.spec.open_choices else f"{field.spec.label}: the service names none."
        field.show_note(none)

    def show_choices_error(self, name: str, text: str) -> None:
        """Say why the choices of a filter cannot be had."""
        self._fields[name].show_note(text, problem=True)

    def focus_first(self) -> None:
        """Put the cursor into the first field that can be typed into, else the first."""
        fields = list(self._fields.values())
        typed = [field for field in fields if field.spec.kind in (FilterKind.TEXT, FilterKind.TEXT_LIST)]
        (typed or fields)[0].editor.widget().setFocus(Qt.FocusReason.ShortcutFocusReason)

    def focus_missing(self) -> None:
        """Put the cursor into the first required filter without a value, if there is one."""
        for field in self._fields.values():
            if field.spec.required and not field.editor.values():
                field.editor.widget().setFocus(Qt.FocusReason.OtherFocusReason)
                return

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Submit on Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submitted.emit()
            return
        super().keyPressEvent(event)
