"""The rep's own work on the contact in the inspector: status, rating, tags, lists, notes."""

from collections.abc import Iterable

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QActionGroup
from PySide6.QtWidgets import QGridLayout, QLabel, QMenu, QPushButton, QVBoxLayout, QWidget

from app.domain.marks import ContactStatus, Marks
from app.ui.colours import Ink
from app.ui.icons import icon
from app.ui.panes.inspector_values import LABEL_WIDTH, no_margins
from app.ui.theme import SPACING
from app.ui.widgets.chip_field import ChipField
from app.ui.widgets.flow_layout import FlowLayout
from app.ui.widgets.labels import set_role, text_label
from app.ui.widgets.notes_edit import NotesEdit
from app.ui.widgets.rating_stars import RatingStars

NO_STATUS = "No status"


class OwnWorkBox(QWidget):
    """Shows marks and asks for changes by its signals; it stays while contacts come and go.

    Signals:
        status_chosen: A `ContactStatus`, or None.
        rating_chosen: Stars, 0 to 5.
        tag_added, tag_removed: A tag.
        list_added, list_removed: The name of a list.
        notes_changed: The contact and its new notes. Comes before `show_marks` shows another contact.
        tags_wanted, lists_wanted: The names in use are wanted, for `set_known_tags` and `set_known_lists`.
    """

    status_chosen = Signal(object)
    rating_chosen = Signal(int)
    tag_added = Signal(str)
    tag_removed = Signal(str)
    list_added = Signal(str)
    list_removed = Signal(str)
    notes_changed = Signal(int, str)
    tags_wanted = Signal()
    lists_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._contact_id: int | None = None
        self._status: ContactStatus | None = None
        self.status_button = QPushButton()
        self.status_button.setObjectName("own_status")
        set_role(self.status_button, "choice")
        self.status_button.setIcon(icon("chevron-down", Ink.MUTED))
        self.status_button.setIconSize(QSize(12, 12))
        self.status_button.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the icon goes to the far side
        self.status_button.clicked.connect(self._open_status_menu)
        self.rating = RatingStars()
        self.rating.setObjectName("own_rating")
        self.rating.rating_chosen.connect(self.rating_chosen)
        self.tags = ChipField("tag")
        self.tags.setObjectName("own_tags")
        self.tags.added.connect(self.tag_added)
        self.tags.removed.connect(self.tag_removed)
        self.tags.opened.connect(self.tags_wanted)
        self.lists = ChipField("list")
        self.lists.setObjectName("own_lists")
        self.lists.added.connect(self.list_added)
        self.lists.removed.connect(self.list_removed)
        self.lists.opened.connect(self.lists_wanted)
        self.notes = NotesEdit("Notes")
        self.notes.setObjectName("own_notes")
        self.notes.setPlaceholderText("Notes, for your eyes only")
        self.notes.save_wanted.connect(self._on_notes)
        self._lay_out()

    def show_marks(self, contact_id: int, marks: Marks, *, notes: str | None = None) -> None:
        """Show the marks of a contact. What is being typed into the notes of the same contact stays.

        Args:
            contact_id: The contact.
            marks: What the rep has on it.
            notes: Notes to show instead of those in `marks`: some that could not be saved yet.
        """
        if contact_id != self._contact_id:
            self.notes.commit()
            self.tags.close_box()
            self.lists.close_box()
            self._contact_id = contact_id
            self.notes.set_text(marks.notes if notes is None else notes)
            self.notes.document().clearUndoRedoStacks()
        elif notes is None and not self.notes.is_changed and self.notes.toPlainText().rstrip() != marks.notes:
            self.notes.set_text(marks.notes)
        self._status = marks.status
        words = marks.status.label if marks.status is not None else NO_STATUS
        self.status_button.setText(words)
        self.status_button.setAccessibleName(f"Status: {words}")
        self.rating.set_rating(marks.rating)
        self.tags.set_values(marks.tags)
        self.lists.set_values([each.name for each in marks.lists])

    def set_known_tags(self, names: Iterable[str]) -> None:
        """Offer these tags while one is typed."""
        self.tags.set_known(names)

    def set_known_lists(self, names: Iterable[str]) -> None:
        """Offer these lists while one is typed."""
        self.lists.set_known(names)

    def finish(self) -> None:
        """Take no more orders: nobody listens any more."""
        self._contact_id = None
        self.tags.close_box()
        self.lists.close_box()

    def status_menu(self) -> QMenu:
        """The statuses, the present one ticked."""
        menu = QMenu(self)
        group = QActionGroup(menu)
        for status in (None, *ContactStatus):
            action = menu.addAction(status.label if status is not None else NO_STATUS)
            action.setCheckable(True)
            action.setChecked(status is self._status)
            group.addAction(action)
            action.triggered.connect(lambda _=False, status=status: self.status_chosen.emit(status))
        return menu

    def _open_status_menu(self) -> None:
        menu = self.status_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setMinimumWidth(self.status_button.width())
        menu.popup(self.status_button.mapToGlobal(self.status_button.rect().bottomLeft()))

    def _on_notes(self, text: str) -> None:
        if self._contact_id is not None:
            self.notes_changed.emit(self._contact_id, text)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        no_margins(column, SPACING.s)
        marks = FlowLayout()  # in a narrow panel the stars go below the status, and none of them out of sight
        marks.setSpacing(SPACING.s)
        marks.addWidget(self.status_button)
        marks.addWidget(self.rating)
        column.addLayout(marks)
        grid = QGridLayout()
        grid.setHorizontalSpacing(SPACING.s)
        grid.setVerticalSpacing(SPACING.s)
        grid.setColumnStretch(1, 1)
        for row, (words, field) in enumerate((("Tags", self.tags), ("Lists", self.lists))):
            label: QLabel = text_label(words, role="muted", wrap=False)
            label.setFixedWidth(LABEL_WIDTH)
            label.setContentsMargins(0, 3, 0, 0)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(field, row, 1)
        column.addLayout(grid)
        column.addWidget(self.notes)
