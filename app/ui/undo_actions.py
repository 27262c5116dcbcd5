"""Undo and redo of the rep's own work, in the Edit menu."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

from app.domain.undo import UndoStep
from app.ui.actions import ActionRegistry
from app.ui.undo_history import UndoHistory
from app.ui.wording import shortened

MOST_CHARACTERS = 60


class UndoActions(QObject):
    """Names the step in the text of each action, and says why there is none.

    Text that is being edited keeps its own undo: Qt's text fields take Ctrl+Z and Ctrl+Shift+Z before any action, and
    Ctrl+Y is handed to them here, since they do not know it on every system.
    """

    def __init__(self, registry: ActionRegistry, history: UndoHistory, window: QWidget) -> None:
        super().__init__(registry)
        self._registry = registry
        self._history = history
        self._undo = self._add("edit.undo", "Undo", history.undo, "Ctrl+Z", "undo")
        self._redo = self._add("edit.redo", "Redo", history.redo, "Ctrl+Shift+Z", "redo")
        second = QShortcut(QKeySequence("Ctrl+Y"), window)
        second.activated.connect(self._redo_by_second_key)
        history.changed.connect(self.update)
        self._place()
        self.update()

    def update(self) -> None:
        """Name the steps of now."""
        for key, verb, step in (
            ("edit.undo", "Undo", self._history.to_undo),
            ("edit.redo", "Redo", self._history.to_redo),
        ):
            self._registry[key].setText(_named(verb, step))
            reason = "" if step is not None else f"There is nothing to {verb.lower()}."
            if self._history.moving:
                reason = f"{self._history.moving} is not finished yet."
            self._registry.set_available(key, reason)

    def _add(self, key: str, text: str, run: Callable[[], object], keys: str, drawing: str) -> QAction:
        return self._registry.add(key, "&Edit", text, run, shortcut=keys, drawing=drawing)

    def _place(self) -> None:
        """Where everybody looks for them: first in the menu."""
        menu = self._registry.menu("&Edit")
        menu.setToolTipsVisible(True)
        first = menu.actions()[0]
        if first is not self._undo:
            menu.insertActions(first, [self._undo, self._redo])
            menu.insertSeparator(first)

    def _redo_by_second_key(self) -> None:
        edited = edited_text(QApplication.focusWidget())
        if edited is not None:
            edited.redo()
        elif self._redo.isEnabled():
            self._redo.trigger()


def edited_text(focus: QWidget | None) -> QLineEdit | QPlainTextEdit | QTextEdit | None:
    """The text field that is being edited, None when the keys go elsewhere."""
    if isinstance(focus, QComboBox):
        focus = focus.lineEdit()
    if focus is not None and not isinstance(focus, QLineEdit | QPlainTextEdit | QTextEdit):
        focus = focus.findChild(QLineEdit, options=Qt.FindChildOption.FindDirectChildrenOnly)
    if isinstance(focus, QLineEdit | QPlainTextEdit | QTextEdit) and not focus.isReadOnly():
        return focus
    return None


def _named(verb: str, step: UndoStep | None) -> str:
    if step is None:
        return verb
    return f"{verb}: {shortened(step.name, MOST_CHARACTERS)}".replace("&", "&&")
