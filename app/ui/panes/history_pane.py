"""The history: every step of the rep's own work, where the present is among them, and the way to any of them."""

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QListView, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.ui.delegates.history_delegate import HistoryDelegate
from app.ui.icons import icon
from app.ui.models.history_model import HistoryModel
from app.ui.theme import SPACING
from app.ui.undo_history import Journey, UndoHistory
from app.ui.widgets.empty_state import EmptyState
from app.ui.widgets.labels import plain_tool_tip, set_role, text_label


class HistoryPane(QWidget):
    """Lists the steps. Choosing one tells what going there undoes; Enter, a double click or the button goes there.

    Attributes:
        view: The list of steps.
        go_button, undo_button, redo_button: What moves through them.
    """

    def __init__(self, history: UndoHistory, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self.setMinimumWidth(220)
        self.model = HistoryModel(self)
        self.view = QListView()
        self.undo_button = QPushButton("Undo")
        self.redo_button = QPushButton("Redo")
        self.go_button = QPushButton("Go here")
        self._sentence = text_label()
        self._footer = QFrame()
        self._stack = QStackedWidget()
        self._build()
        history.changed.connect(self._show)
        self._show()

    @property
    def sentence(self) -> str:
        """What going to the chosen step does, "" where there is nothing to do."""
        return "" if self._footer.isHidden() else self._sentence.text()

    def go(self) -> None:
        """Go to the chosen step."""
        index = self.view.currentIndex()
        if index.isValid() and not self._history.moving:
            self._history.go_after(self.model.step(index.row()))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter goes to the chosen step, on every system alike."""
        pressed = event.key() if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress else None
        if watched is self.view and pressed in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.go()
            return True
        return super().eventFilter(watched, event)

    def _show(self) -> None:
        history = self._history
        if history.steps != self.model.steps:
            self.model.set_steps(history.steps)
            self.view.scrollTo(self.model.index(self.model.present_row(), 0))
        self._stack.setCurrentIndex(1 if history.steps else 0)
        busy = bool(history.moving)
        for button, step, verb in (
            (self.undo_button, history.to_undo, "Undo"),
            (self.redo_button, history.to_redo, "Redo"),
        ):
            button.setEnabled(step is not None and not busy)
            words = f"{verb}: {step.name}" if step is not None else f"Nothing to {verb.lower()}"
            button.setToolTip(plain_tool_tip(words))
            button.setAccessibleName(words)
        self._show_journey()

    def _show_journey(self) -> None:
        index = self.view.currentIndex()
        journey = self._history.journey(self.model.step(index.row())) if index.isValid() else Journey()
        self._footer.setVisible(bool(journey.steps))
        self._sentence.setText(journey.sentence)
        self.go_button.setEnabled(not self._history.moving)
        self.go_button.setAccessibleName(f"Go here. {journey.sentence}")

    def _build(self) -> None:
        self.view.setObjectName("history_steps")
        self.view.setAccessibleName("Steps")
        self.view.setModel(self.model)
        self.view.setItemDelegate(HistoryDelegate(self.view))
        self.view.setUniformItemSizes(True)
        self.view.setMouseTracking(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.installEventFilter(self)
        self.view.doubleClicked.connect(lambda _: self.go())
        self.view.selectionModel().currentChanged.connect(lambda *_: self._show_journey())
        for button, name, drawing, run in (
            (self.undo_button, "history_undo", "undo", self._history.undo),
            (self.redo_button, "history_redo", "redo", self._history.redo),
            (self.go_button, "history_go", "", self.go),
        ):
            button.setObjectName(name)
            if drawing:
                button.setIcon(icon(drawing))
                button.setIconSize(QSize(15, 15))
            button.clicked.connect(lambda _=False, run=run: run())
        tools = QHBoxLayout()
        tools.setContentsMargins(SPACING.m, SPACING.xs, SPACING.m, 0)
        tools.setSpacing(SPACING.s)
        tools.addWidget(self.undo_button)
        tools.addWidget(self.redo_button)
        tools.addStretch(1)
        set_role(self._footer, "banner", "info")
        set_role(self.go_button, "primary")
        below = QVBoxLayout(self._footer)
        below.setContentsMargins(SPACING.m, SPACING.s, SPACING.m, SPACING.s)
        below.setSpacing(SPACING.s)
        below.addWidget(self._sentence)
        below.addWidget(self.go_button, 0, Qt.AlignmentFlag.AlignLeft)
        steps = QWidget()
        inner = QVBoxLayout(steps)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(SPACING.s)
        inner.addLayout(tools)
        inner.addWidget(self.view, 1)
        inner.addWidget(self._footer)
        self._stack.addWidget(
            EmptyState(
                "history",
                "Nothing to undo yet",
                "Whatever you change in the library stands here step by step: tags, lists, status, edits, merges. Each "
                "can be undone, also tomorrow.",
            )
        )
        self._stack.addWidget(steps)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(SPACING.s)
        column.addWidget(self._stack, 1)
