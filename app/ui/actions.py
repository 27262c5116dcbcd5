"""The registry of actions: each is in a menu, may have a shortcut, and is found by the command palette."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar, QWidget

from app.ui.icons import icon


@dataclass(frozen=True, slots=True)
class ActionEntry:
    """One action of the window. `key` is its stable name; `menu` the title of the menu it is in."""

    key: str
    menu: str
    action: QAction

    @property
    def title(self) -> str:
        """What it is called in the palette: the menu and the text without mnemonics."""
        return f"{self.menu.replace('/', ': ')}: {plain_text(self.action)}"


class ActionRegistry(QObject):
    """Makes actions and the menu bar from them. An action that is in no menu does not exist."""

    def __init__(self, menu_bar: QMenuBar, window: QWidget) -> None:
        super().__init__(window)
        self._menu_bar = menu_bar
        self._window = window
        self._menus: dict[str, QMenu] = {}
        self._entries: dict[str, ActionEntry] = {}
        self._tips: dict[str, str] = {}
        self._reasons: dict[str, str] = {}

    def __iter__(self) -> Iterator[ActionEntry]:
        return iter(self._entries.values())

    def __getitem__(self, key: str) -> QAction:
        return self._entries[key].action

    def menu(self, title: str) -> QMenu:
        """A menu of the bar by its title, where “&” marks the mnemonic; made on first use.

        “&Contacts/Status” is a menu in a menu.
        """
        plain = title.replace("&", "")
        if plain not in self._menus:
            parent, _, own = title.rpartition("/")
            self._menus[plain] = self.menu(parent).addMenu(own) if parent else self._menu_bar.addMenu(title)
        return self._menus[plain]

    def add(
        self,
        key: str,
        menu: str,
        text: str,
        run: Callable[[], object],
        *,
        shortcut: QKeySequence.StandardKey | str | None = None,
        drawing: str = "",
        tip: str = "",
    ) -> QAction:
        """Make an action at the end of a menu.

        Args:
            key: Its stable name, such as `contacts.enrich`.
            menu: The title of its menu.
            text: What it is called, in sentence case, with “…” when it asks something first.
            run: What it does.
            shortcut: A standard key or a sequence such as `Ctrl+K`.
            drawing: The name of its icon.
            tip: A sentence for the tooltip and the status bar.
        """
        action = QAction(text, self._window)
        action.triggered.connect(lambda _checked=False: run())
        return self.adopt(key, menu, action, shortcut=shortcut, drawing=drawing, tip=tip)

    def adopt(
        self,
        key: str,
        menu: str,
        action: QAction,
        *,
        shortcut: QKeySequence.StandardKey | str | None = None,
        drawing: str = "",
        tip: str = "",
    ) -> QAction:
        """Take in an action that somebody else made (a dock's, a checkable one); arguments as for `add`."""
        if shortcut is not None:
            action.setShortcut(QKeySequence(shortcut))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
        if drawing:
            action.setIcon(icon(drawing))
        action.setMenuRole(QAction.MenuRole.NoRole)
        self.menu(menu).addAction(action)
        self._entries[key] = ActionEntry(key, menu.replace("&", ""), action)
        self._tips[key] = tip
        _set_tip(action, tip)
        return action

    def set_available(self, key: str, reason: str = "") -> None:
        """Disable an action for a reason, which its tooltip then tells, or with "" enable it."""
        action = self._entries[key].action
        if self._reasons.get(key) != reason or action.isEnabled() == bool(reason):
            self._reasons[key] = reason  # said with every other selection; saying it anew costs more than looking
            action.setEnabled(not reason)
            _set_tip(action, reason or self._tips[key])

    def add_separator(self, menu: str) -> None:
        """A line between two groups of a menu."""
        self.menu(menu).addSeparator()


def _set_tip(action: QAction, tip: str) -> None:
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    words = tip or plain_text(action)
    action.setStatusTip(words)
    action.setToolTip(f"{words} ({keys})" if keys else words)


def plain_text(action: QAction) -> str:
    """An action's text without the mark of its mnemonic."""
    return action.text().replace("&&", "\0").replace("&", "").replace("\0", "&")
