"""The doorbell of a profile: a second start rings it, and the window that is open comes to the front.

The bell is a local socket (a named pipe on Windows) for this user alone. Its name is made from the profile's folder.
Whoever holds the profile's lock owns the name, so that what a killed program left of it can be taken away.
"""

import asyncio
import ctypes
import getpass
import hashlib
import os
import sys
from contextlib import suppress
from pathlib import Path

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication, QWidget

#: Seconds in which an open window answers, unless it hangs.
PATIENCE = 2.0
_RETRY_SECONDS = 0.05
_ALERT_AFTER_MS = 500
_MOST_BYTES = 4096
# Where a Unix socket's whole path may have little more than a hundred letters.
_MOST_PATH = 100
_TOKEN = "XDG_ACTIVATION_TOKEN"  # noqa: S105 - a variable's name: Wayland lets nobody come to the front without one


def bell_name(profile: Path) -> str:
    """The name of a profile's bell."""
    owner = f"{_user()}\0{os.path.normcase(profile.resolve())}"
    name = f"contact-scout-{hashlib.sha256(owner.encode()).hexdigest()[:24]}"
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    path = str(Path(folder) / name)
    return path if folder and Path(folder).is_dir() and len(path) <= _MOST_PATH else name


class Doorbell(QObject):
    """Listens for as long as it lives.

    Signals:
        rung: Somebody started the program a second time.
    """

    rung = Signal()

    def __init__(self, profile: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._answer)
        name = bell_name(profile)
        QLocalServer.removeServer(name)
        self.is_listening = self._server.listen(name)

    def close(self) -> None:
        """Stop listening."""
        self._server.close()

    def _answer(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            socket.readyRead.connect(lambda socket=socket: self._read(socket))
            socket.write(f"{os.getpid()}\n".encode())
            socket.flush()

    def _read(self, socket: QLocalSocket) -> None:
        if not socket.canReadLine():
            if socket.bytesAvailable() > _MOST_BYTES:
                socket.abort()
            return
        word, _, token = bytes(socket.readLine().data()).decode("utf-8", errors="replace").strip().partition(" ")
        if word == "show":
            if token:
                os.environ[_TOKEN] = token
            self.rung.emit()
            socket.write(b"shown\n")
            socket.flush()
        socket.disconnectFromServer()


async def ring(profile: Path, patience: float = PATIENCE) -> bool:
    """Bring the window that has a profile open to the front; False when none answers in time.

    A program that is just starting is tried again until then.
    """
    loop = asyncio.get_running_loop()
    until = loop.time() + patience
    while (left := until - loop.time()) > 0:
        if await _ring_once(bell_name(profile), left):
            return True
        await asyncio.sleep(min(_RETRY_SECONDS, max(0.0, until - loop.time())))
    return False


def come_forward(window: QWidget) -> None:
    """Show a window, un-minimise it and bring it to the front; where the system forbids that, it asks for attention."""
    window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
    window.show()
    window.raise_()
    window.activateWindow()

    def insist() -> None:
        if not window.isActiveWindow():
            QApplication.alert(window)

    QTimer.singleShot(_ALERT_AFTER_MS, window, insist)


async def _ring_once(name: str, patience: float) -> bool:
    shown: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
    socket = QLocalSocket()

    def end(*, well: bool) -> None:
        if not shown.done():
            shown.set_result(well)

    def read() -> None:
        while socket.canReadLine():
            line = bytes(socket.readLine().data()).decode("utf-8", errors="replace").strip()
            if line == "shown":
                end(well=True)
            elif line.isdigit():
                _let_come_forward(int(line))
                socket.write(f"show {os.environ.get(_TOKEN, '')}\n".encode())
                socket.flush()

    socket.readyRead.connect(read)
    socket.errorOccurred.connect(lambda _error: end(well=False))
    socket.connectToServer(name)
    try:
        async with asyncio.timeout(patience):
            return await shown
    except TimeoutError:
        return False
    finally:
        socket.abort()
        socket.deleteLater()


def _let_come_forward(process: int) -> None:
    """On Windows only the program in front may put another one there."""
    if sys.platform == "win32":
        with suppress(OSError, AttributeError):
            ctypes.windll.user32.AllowSetForegroundWindow(process)


def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
