"""What both dialogs on tags are made of: known ones to choose, new ones to type, and what the buttons say of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QPushButton, QScrollArea, QWidget

from app.qtbridge.tasks import TaskScope
from app.ui.dialogs.plain_frame import lay_out, quoted, say
from app.ui.failures import failure_handler
from app.ui.widgets.banner import Banner
from app.ui.widgets.chip_choice import ChipChoice
from app.ui.widgets.labels import set_role, text_label
from app.ui.widgets.multi_value_edit import MultiValueEdit
from app.ui.wording import count

MOST_OFFERED = 60
WIDTH = 520
_CHIPS_HEIGHT = 96


@dataclass(frozen=True, slots=True)
class TagWords:
    """How one kind of tags is spoken of.

    Attributes:
        name: What object names begin with.
        known: What a screen reader says of those offered.
        looking: While they are being read.
        nobody_has_one: When none of the contacts has one to be taken off.
        first: When there is none yet.
        add: The button that adds, before a tag is chosen; "{}" are the contacts.
    """

    name: str
    known: str
    looking: str
    nobody_has_one: str
    first: str
    add: str


class TagQuestion(QDialog):
    """Chooses tags; the caller changes them. `tags` is the choice, () when cancelled.

    Who makes one reads the tags and hands them to `offer`.
    """

    def __init__(
        self, words: TagWords, contacts: int, whose: str, explained: str, *, removing: bool, parent: QWidget | None
    ) -> None:
        super().__init__(parent)
        self.tags: tuple[str, ...] = ()
        self.is_loaded = False
        self._words = words
        self._contacts = contacts
        self._removing = removing
        self.banner = Banner()
        self._scope = TaskScope(f"{words.name} dialog", failure_handler(self.banner.show_error))
        self.edit = MultiValueEdit("New tags")
        self.known = ChipChoice(words.known)
        self._known_label = text_label(words.looking, role="section")
        self._confirm = QPushButton()
        self._cancel = QPushButton("Cancel")
        self._build(whose, explained)
        self._show()

    async def shut_down(self) -> None:
        """Stop reading."""
        await self._scope.aclose()

    def accept(self) -> None:
        """Take the choice over and close; Enter in the empty box says that what was typed before is all."""
        if self._confirm.isEnabled():
            self.tags = self._chosen()
            super().accept()

    def offer(self, found: Mapping[str, int]) -> None:
        """Offer tags, the first ones of many, with how many contacts have each."""
        offered = list(found.items())[:MOST_OFFERED]
        self.known.set_choices({tag: f"{tag} · {used:,}" if self._removing else tag for tag, used in offered})
        self.known.chain(None if self._removing else self.edit.focusProxy(), self._cancel)
        QWidget.setTabOrder(self._cancel, self._confirm)
        if self._removing:
            has_some = "Tags they have, with how many contacts have each"
            self._known_label.setText(has_some if offered else self._words.nobody_has_one)
        else:
            self._known_label.setText("Tags in use" if offered else self._words.first)
        self.is_loaded = True

    def _chosen(self) -> tuple[str, ...]:
        typed = () if self._removing else self.edit.values()
        return tuple(dict.fromkeys([*typed, *self.known.values()]))

    def _show(self) -> None:
        chosen, contacts = self._chosen(), count(self._contacts, "contact")
        if chosen:
            first, second = ("Remove", "from") if self._removing else ("Add", "to")
            names = quoted(chosen[0], 24) if len(chosen) == 1 else count(len(chosen), "tag")
            say(self._confirm, f"{first} {names} {second} {contacts}")
        else:
            say(self._confirm, f"Remove from {contacts}" if self._removing else self._words.add.format(contacts))
        self._confirm.setEnabled(bool(chosen))

    def _build(self, whose: str, explained: str) -> None:
        name = self._words.name
        self.setObjectName(f"{name}_dialog")
        self.setWindowTitle("Remove tags" if self._removing else "Add tags")
        self.setMinimumWidth(WIDTH)
        self._confirm.setObjectName(f"{name}_confirm")
        self._cancel.setObjectName(f"{name}_cancel")
        self.edit.setObjectName(f"{name}_edit")
        self.edit.values_changed.connect(self._show)
        self.edit.submitted.connect(self.accept)
        self.known.values_changed.connect(self._show)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        set_role(self.known, "canvas")
        scroll.setWidget(self.known)
        scroll.setMinimumHeight(_CHIPS_HEIGHT)
        body: list[QWidget] = [self.banner, self._known_label, scroll]
        if not self._removing:
            body.insert(1, self.edit)
        verb = "Remove tags from" if self._removing else "Add tags to"
        lay_out(self, f"{verb} {whose}", explained, body, confirm=self._confirm, cancel=self._cancel)
        self.edit.setVisible(not self._removing)
        (self._cancel if self._removing else self.edit).setFocus()
