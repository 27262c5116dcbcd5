"""One field of a contact in the inspector: the value in use with its provenance, the others one click away."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLayout, QMenu, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.domain.identifiers import safe_url
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.panes.inspector_groups import KnownField, KnownValue
from app.ui.panes.inspector_words import FIELD_LABELS, LIST_FIELDS, URL_FIELDS, Costs, provenance, shown_text
from app.ui.theme import SPACING
from app.ui.widgets.labels import plain_tool_tip, set_role, text_label
from app.ui.wording import count

LABEL_WIDTH = 76
OTHERS_AT_ONCE = 10


@dataclass(frozen=True, slots=True)
class ValueDeeds:
    """What the rep can do with a field: pick a value of it, leave it to the rule again, type another one."""

    choose: Callable[[str, str], None]
    clear: Callable[[str], None]
    edit: Callable[[str], None]


class FieldRow(QWidget):
    """A field with what is in use; “2 more” opens what else was said.

    Args:
        known: The field and its values.
        costs: What the records cost.
        deeds: What can be done with it; None shows it only.
    """

    def __init__(self, known: KnownField, costs: Costs, deeds: ValueDeeds | None) -> None:
        super().__init__()
        self._known = known
        self._costs = costs
        self._deeds = deeds
        self._label = FIELD_LABELS[known.field]
        self._told = 0
        self.setObjectName(f"field_{known.field}")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setHorizontalSpacing(SPACING.s)
        self._grid.setVerticalSpacing(1)
        self._grid.setColumnMinimumWidth(0, LABEL_WIDTH)
        self._grid.setColumnStretch(1, 1)
        name = text_label(self._label, role="muted")
        name.setFixedWidth(LABEL_WIDTH)
        self._grid.addWidget(name, 0, 0, Qt.AlignmentFlag.AlignTop)
        for number, leading in enumerate(known.leading):
            self._add_leading(leading, number)
        self._others: QWidget | None = None
        if known.others:
            self._add_disclosure(len(known.others))

    @property
    def field(self) -> str:
        """Which field it is."""
        return self._known.field

    @property
    def is_open(self) -> bool:
        """Whether the other values are shown."""
        return self._others is not None and not self._others.isHidden()

    def open(self) -> None:
        """Show the other values."""
        if self._known.others:
            self.more_button.setChecked(True)

    def _add_leading(self, value: KnownValue, number: int) -> None:
        at = 2 * number
        shown = text_label(shown_text(value.first), selectable=True)
        shown.setAccessibleName(f"{self._label}: {value.value}")
        shown.setToolTip(plain_tool_tip(value.value))
        shown.setMinimumWidth(1)  # else one long word would push everything out of sight
        self._grid.addWidget(shown, at, 1)
        self._grid.addLayout(self._buttons(value, whole=number == 0), at, 2, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(self._source(value), at + 1, 1, 1, 2)

    def _source(self, value: KnownValue) -> QWidget:
        source = text_label(provenance(value.first, self._costs), role="small")
        source.setMinimumWidth(1)
        told = source.text()
        if value.is_chosen and "you" not in told:
            told += " · chosen by you"
        if len(value.said) > 1:
            told += f" · and {count(len(value.said) - 1, 'other record')}"
            source.setToolTip(plain_tool_tip("\n".join(provenance(other, self._costs) for other in value.said)))
        source.setText(told)
        return source

    def _buttons(self, value: KnownValue, *, whole: bool) -> QHBoxLayout:
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        if self.field in URL_FIELDS and safe_url(value.value):
            opener = tool_button("link", f"Open {self._label} in the browser", lambda: open_url(value.value))
            buttons.addWidget(opener)
        buttons.addWidget(tool_button("copy", f"Copy {self._label}", lambda: _copy(value.value)))
        if whole and self._deeds is not None and self.field not in LIST_FIELDS:
            more = tool_button("dots", f"More for {self._label}", lambda: self._open_menu(more))
            buttons.addWidget(more)
        return buttons

    def _open_menu(self, below: QToolButton) -> None:
        menu = self.menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(below.mapToGlobal(below.rect().bottomLeft()))

    def menu(self) -> QMenu:
        """What can be done with the field."""
        menu = QMenu(self)
        deeds = self._deeds
        if deeds is None:
            return menu
        menu.addAction(icon("edit"), "Edit…").triggered.connect(lambda _=False: deeds.edit(self.field))
        if self._known.is_chosen:
            back = menu.addAction(icon("undo"), "Back to automatic")
            back.triggered.connect(lambda _=False: deeds.clear(self.field))
        else:
            keep = menu.addAction(icon("pin"), "Keep this one")
            keep.setToolTip("Shows this value whatever services say later")
            keep.triggered.connect(lambda _=False: deeds.choose(self.field, self._known.values[0].value))
        return menu

    # The other values

    def _add_disclosure(self, others: int) -> None:
        self.more_button = QPushButton(f"{others:,} more")
        set_role(self.more_button, "disclosure")
        self.more_button.setCheckable(True)
        self.more_button.setIcon(icon("chevron-right", Ink.ACCENT))
        self.more_button.setIconSize(QSize(12, 12))
        self.more_button.setAccessibleName(f"{count(others, 'other value')} of {self._label}")
        self.more_button.toggled.connect(lambda on: self._disclose(on=on))
        row = self._grid.rowCount()
        self._grid.addWidget(self.more_button, row, 1, 1, 2, Qt.AlignmentFlag.AlignLeft)

    def _disclose(self, *, on: bool) -> None:
        self.more_button.setIcon(icon("chevron-down" if on else "chevron-right", Ink.ACCENT))
        if on and self._others is None:
            self._others = QWidget()
            column = QVBoxLayout(self._others)
            column.setContentsMargins(0, SPACING.xs, 0, 0)
            column.setSpacing(SPACING.s)
            self._grid.addWidget(self._others, self._grid.rowCount(), 1, 1, 2)
            self._tell_more(column)
        if self._others is not None:
            self._others.setVisible(on)

    def _tell_more(self, column: QVBoxLayout) -> None:
        coming = self._known.others[self._told : self._told + OTHERS_AT_ONCE]
        for value in coming:
            column.addWidget(self._other(value))
        self._told += len(coming)
        left = len(self._known.others) - self._told
        if left:
            further = QPushButton(f"Show {min(left, OTHERS_AT_ONCE):,} of {left:,} more")
            set_role(further, "disclosure")

            def go_on() -> None:
                column.removeWidget(further)
                further.hide()
                further.deleteLater()
                self._tell_more(column)

            further.clicked.connect(go_on)
            column.addWidget(further, 0, Qt.AlignmentFlag.AlignLeft)

    def _other(self, value: KnownValue) -> QWidget:
        row = QWidget()
        grid = QGridLayout(row)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(SPACING.s)
        grid.setVerticalSpacing(1)
        grid.setColumnStretch(0, 1)
        shown = text_label(shown_text(value.first), selectable=True)
        shown.setMinimumWidth(1)
        shown.setAccessibleName(f"{self._label}: {value.value}")
        shown.setToolTip(plain_tool_tip(value.value))
        grid.addWidget(shown, 0, 0)
        grid.addLayout(self._buttons(value, whole=False), 0, 1, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._source(value), 1, 0, 1, 2)
        deeds = self._deeds
        if deeds is not None and self.field not in LIST_FIELDS:
            use = QPushButton("Use this one")
            set_role(use, "disclosure")
            use.setAccessibleName(f"Use {value.value} as {self._label}")
            use.clicked.connect(lambda: deeds.choose(self.field, value.value))
            grid.addWidget(use, 2, 0, 1, 2, Qt.AlignmentFlag.AlignLeft)
        return row


def tool_button(drawing: str, name: str, run: Callable[[], None]) -> QToolButton:
    """A small button with a drawing."""
    button = QToolButton()
    set_role(button, "plain")
    button.setIcon(icon(drawing, Ink.MUTED))
    button.setIconSize(QSize(15, 15))
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


def _copy(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
