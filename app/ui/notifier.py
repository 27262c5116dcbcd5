"""Notices of the desktop: in the tray where there is one, else the window asks for attention."""

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QSystemTrayIcon, QWidget

from app.ui.colours import Ink
from app.ui.icons import icon

_SHOWN_MS = 10_000


class Notifier(QObject):
    """Tells the rep something while they look elsewhere. The tray's icon is there only once it has been needed.

    Args:
        window: Asks for attention where there is no tray, and comes to the front when a notice is clicked.
        has_tray: Whether the desktop has a tray.
    """

    def __init__(
        self, window: QWidget, *, has_tray: Callable[[], bool] = QSystemTrayIcon.isSystemTrayAvailable
    ) -> None:
        super().__init__(window)
        self._window = window
        self._has_tray = has_tray
        self._tray: QSystemTrayIcon | None = None

    def tell(self, title: str, text: str) -> None:
        """Show a notice. It must not name anybody: it may be seen on a locked screen."""
        if not (self._has_tray() and QSystemTrayIcon.supportsMessages()):
            QApplication.alert(self._window)
            return
        if self._tray is None:
            self._tray = QSystemTrayIcon(icon("enrich", Ink.ACCENT), self)
            self._tray.setToolTip("Contact Scout")
            self._tray.messageClicked.connect(self._come_forward)
            self._tray.activated.connect(self._come_forward)
        self._tray.show()
        self._tray.showMessage(title, text, QSystemTrayIcon.MessageIcon.Information, _SHOWN_MS)

    def close(self) -> None:
        """Take the icon out of the tray."""
        if self._tray is not None:
            self._tray.hide()

    def _come_forward(self) -> None:
        self._window.showNormal() if self._window.isMinimized() else self._window.show()
        self._window.raise_()
        self._window.activateWindow()
