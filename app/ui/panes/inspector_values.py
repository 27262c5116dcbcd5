"""One field of a contact in the inspector: the value in use with its provenance, the others one click away."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.domain.countries import country_name
from app.domain.identifiers import safe_url
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.panes.inspector_groups import KnownField, KnownValue
from app.ui.panes.inspector_words import FIELD_LABELS, LIST_FIELDS, URL_FIELDS, Costs, full_provenance, provenance
from app.ui.theme import SPACING
from app.ui.widgets.labels import plain_tool_tip, set_role, text_label
from app.ui.widgets.scrolled import give_room
from app.ui.widgets.selectable_text import SelectableText
from app.ui.wording import count

LABEL_WIDTH = 66
OTHERS_AT_ONCE = 10
LONGEST_SHOWN = 400


@dataclass(frozen=True, slots=True)
class ValueDeeds:
    """What the rep can do with a field: pick a value of it, leave it to the rule again, type another one."""

    choose: Callable[[str, str], None]
    clear: Callable[[str], None]
    edit: Callable[[str], None]


class FieldRow(QWidget):
    """A field with what is in use; “2 more” opens what else was said. It stays while contacts come and go.

    Args:
        field: Which field, as `FieldValue.field` names it.
        deeds: What can be done with it.
    """

    def __init__(self, field: str, deeds: ValueDeeds) -> None:
        super().__init__()
        self.field = field
        self._deeds = deeds
        self._known: KnownField | None = None
        self._costs = Costs(())
        self._label = FIELD_LABELS[field]
        self._others: QWidget | None = None
        self.setObjectName(f"field_{field}")
        self._value = SelectableText()
        self._source = text_label(role="small")
        self._source.setMinimumWidth(1)
        self._open_link: QToolButton | None = None
        if field in URL_FIELDS:
            self._open_link = tool_button("link", f"Open {self._label} in the browser", self._open_url)
        self._copy = tool_button("copy", f"Copy {self._label}", lambda: _copy(self._copied()))
        self._menu_button = tool_button("dots", f"More for {self._label}", self._open_menu)
        self._menu_button.setVisible(field not in LIST_FIELDS)
        self.more_button = QPushButton()
        self._lay_out()
        self.hide()

    @property
    def is_open(self) -> bool:
        """Whether the other values are shown."""
        return self.more_button.isChecked()

    def show_field(self, known: KnownField | None, costs: Costs, *, same_contact: bool) -> None:
        """Show what is known of the field; nothing where that is nothing."""
        if known == self._known and same_contact:
            self._costs = costs
            if known is not None:
                self._source.setText(_told(known.leading[0], costs))
            return
        self._known, self._costs = known, costs
        opened = self.is_open and same_contact
        self.more_button.setChecked(False)
        if self._others is not None:
            self._grid.removeWidget(self._others)
            self._others.hide()
            self._others.deleteLater()
            self._others = None
        self.setVisible(known is not None)
        if known is None:
            return
        leading = known.leading
        words = ", ".join(_shown(each) for each in leading)
        self._value.setText(words)
        self._value.setAccessibleName(f"{self._label}: {words}")
        self._value.setToolTip(plain_tool_tip("\n".join(each.value for each in leading)))
        self._source.setText(_told(leading[0], costs))
        self._source.setToolTip(_whole(leading, costs))
        if self._open_link is not None:
            self._open_link.setVisible(bool(safe_url(leading[0].value)))
        others = len(known.others)
        self.more_button.setVisible(bool(others))
        self.more_button.setText(f"{others:,} more")
        self.more_button.setAccessibleName(f"{count(others, 'other value')} of {self._label}")
        if opened and others:
            self.more_button.setChecked(True)

    def open(self) -> None:
        """Show the other values."""
        if self._known is not None and self._known.others:
            self.more_button.setChecked(True)

    def menu(self) -> QMenu:
        """What can be done with the field."""
        menu, deeds, field = QMenu(self), self._deeds, self.field
        menu.setToolTipsVisible(True)
        menu.addAction(icon("edit"), "Edit…").triggered.connect(lambda _=False: deeds.edit(field))
        if self._known is not None and self._known.is_chosen:
            back = menu.addAction(icon("undo"), "Back to automatic")
            back.setToolTip("Shows the best value of the services again")
            back.triggered.connect(lambda _=False: deeds.clear(field))
        elif self._known is not None:
            value = self._known.values[0].value
            keep = menu.addAction(icon("pin"), "Keep this one")
            keep.setToolTip("Shows this value whatever services say later")
            keep.triggered.connect(lambda _=False: deeds.choose(field, value))
        return menu

    def _copied(self) -> str:
        return ", ".join(each.value for each in self._known.leading) if self._known is not None else ""

    def _open_url(self) -> None:
        open_url(self._copied())

    def _open_menu(self) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self._menu_button.mapToGlobal(self._menu_button.rect().bottomLeft()))

    # The other values

    def _disclose(self, *, on: bool) -> None:
        self.more_button.setIcon(icon("chevron-down" if on else "chevron-right", Ink.ACCENT))
        if on and self._others is None and self._known is not None:
            self._others = _OtherValues(self._known, self._costs, self._deeds)
            self._grid.addWidget(self._others, 3, 1, 1, 2)
        if self._others is not None:
            self._others.setVisible(on)
            give_room()

    def _lay_out(self) -> None:
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACING.s)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(1, 1)
        name = text_label(self._label, role="muted")
        name.setFixedWidth(LABEL_WIDTH)
        top = Qt.AlignmentFlag.AlignTop
        buttons = QHBoxLayout()
        no_margins(buttons, 0)
        for button in (self._open_link, self._copy, self._menu_button):
            if button is not None:
                buttons.addWidget(button)
        self.more_button.setCheckable(True)
        set_role(self.more_button, "disclosure")
        self.more_button.setIconSize(QSize(11, 11))
        self.more_button.setIcon(icon("chevron-right", Ink.ACCENT))
        self.more_button.toggled.connect(lambda on: self._disclose(on=on))
        self._grid.addWidget(name, 0, 0, 2, 1, top)
        self._grid.addWidget(self._value, 0, 1, top)
        self._grid.addLayout(buttons, 0, 2, top)
        self._grid.addWidget(self._source, 1, 1, 1, 2)
        self._grid.addWidget(self.more_button, 2, 1, 1, 2, Qt.AlignmentFlag.AlignLeft)


class _OtherValues(QWidget):
    """What else was said of a field, ten at a time."""

    def __init__(self, known: KnownField, costs: Costs, deeds: ValueDeeds) -> None:
        super().__init__()
        self._known = known
        self._costs = costs
        self._deeds = deeds
        self._told = 0
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, SPACING.xs, 0, 0)
        self._column.setSpacing(SPACING.s)
        self._tell_more()

    def _tell_more(self) -> None:
        coming = self._known.others[self._told : self._told + OTHERS_AT_ONCE]
        for value in coming:
            self._column.addWidget(self._row(value))
        self._told += len(coming)
        left = len(self._known.others) - self._told
        if left:
            further = QPushButton(f"Show {min(left, OTHERS_AT_ONCE):,} of {left:,} more")
            set_role(further, "disclosure")

            def go_on() -> None:
                self._column.removeWidget(further)
                further.hide()
                further.deleteLater()
                self._tell_more()
                give_room()

            further.clicked.connect(go_on)
            self._column.addWidget(further, 0, Qt.AlignmentFlag.AlignLeft)

    def _row(self, value: KnownValue) -> QWidget:
        field, label, deeds = self._known.field, FIELD_LABELS[self._known.field], self._deeds
        row = QWidget()
        grid = QGridLayout(row)
        no_margins(grid, 0)
        grid.setHorizontalSpacing(SPACING.s)
        grid.setColumnStretch(0, 1)
        shown = SelectableText(_shown(value))
        shown.setAccessibleName(f"{label}: {value.value}")
        shown.setToolTip(plain_tool_tip(value.value))
        buttons = QHBoxLayout()
        no_margins(buttons, 0)
        if field in URL_FIELDS and safe_url(value.value):
            buttons.addWidget(tool_button("link", f"Open {label} in the browser", lambda: open_url(value.value)))
        buttons.addWidget(tool_button("copy", f"Copy {label}", lambda: _copy(value.value)))
        source = text_label(_told(value, self._costs), role="small")
        source.setMinimumWidth(1)
        source.setToolTip(_whole((value,), self._costs))
        grid.addWidget(shown, 0, 0, Qt.AlignmentFlag.AlignTop)
        grid.addLayout(buttons, 0, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(source, 1, 0, 1, 2)
        if field not in LIST_FIELDS:
            use = QPushButton("Use this one")
            set_role(use, "disclosure")
            use.setAccessibleName(f"Use {value.value} as {label}")
            use.clicked.connect(lambda: deeds.choose(field, value.value))
            grid.addWidget(use, 2, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        return row


def tool_button(drawing: str, name: str, run: Callable[[], None]) -> QToolButton:
    """A small button with a drawing."""
    button = QToolButton()
    set_role(button, "small")
    button.setIcon(icon(drawing, Ink.MUTED))
    button.setIconSize(QSize(14, 14))
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.clicked.connect(lambda: run())
    return button


def open_url(url: str) -> None:
    """Open a link in the browser if it is one that may be opened."""
    if allowed := safe_url(url):
        QDesktopServices.openUrl(QUrl(allowed))


def no_margins(layout: QLayout, spacing: int) -> None:
    """Let a layout fill its widget."""
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)


def _shown(known: KnownValue) -> str:
    """A value as it is read: an address of the web without what every one begins with, a country by its name."""
    text = known.value
    if known.first.field in URL_FIELDS:
        text = text.removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")
    elif known.first.field == "country_code":
        text = country_name(text)
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"


def _told(known: KnownValue, costs: Costs) -> str:
    told = provenance(known.first, costs, chosen=known.is_chosen)
    others = {each.provider.label: None for each in known.said if each.provider not in (None, known.first.provider)}
    return f"{told} · also {', '.join(others)}" if others else told


def _whole(values: tuple[KnownValue, ...], costs: Costs) -> str:
    lines = []
    for value in values:
        said = [full_provenance(each, costs) for each in value.said]
        lines += [f"{_shown(value)}: {line}" for line in said] if len(values) > 1 else said
    return plain_tool_tip("\n".join(lines))


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
