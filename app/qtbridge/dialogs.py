"""Dialogs that are awaited. Nothing here spins a nested loop, and every text is shown as plain text.

`QDialog.exec` and the static message box functions stop other tasks for good when called from a task.
"""

import asyncio
from pathlib import Path

import shiboken6
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QFileDialog, QLabel, QMessageBox, QWidget


async def run_dialog(dialog: QDialog) -> int:
    """Open a dialog, modal to its parent window, and wait until it is closed.

    A dialog that is destroyed counts as rejected. Cancelling the waiting task closes the dialog. The dialog is
    not deleted: it belongs to the caller.

    Returns:
        What the dialog was finished with, `QDialog.DialogCode.Accepted` or another number.
    """
    finished: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def resolve(result: int) -> None:
        if not finished.done():
            finished.set_result(result)

    def destroyed() -> None:
        resolve(int(QDialog.DialogCode.Rejected))

    dialog.finished.connect(resolve)
    dialog.destroyed.connect(destroyed)
    dialog.open()
    try:
        return await finished
    finally:
        if shiboken6.isValid(dialog):
            dialog.finished.disconnect(resolve)
            dialog.destroyed.disconnect(destroyed)
            if dialog.isVisible():
                dialog.done(int(QDialog.DialogCode.Rejected))


async def ask(
    parent: QWidget | None,
    title: str,
    text: str,
    *,
    accept: str,
    reject: str = "Cancel",
    destructive: bool = False,
    details: str = "",
) -> bool:
    """Ask a question with two answers.

    Args:
        parent: The window the question belongs to.
        title: Window title.
        text: The question.
        accept: Label of the button that says yes: a verb (“Export”), not “Yes”.
        reject: Label of the other button, which Escape presses too.
        destructive: Return then presses `reject`, not `accept`.
        details: More text, shown below in smaller print; may have several lines.

    Returns:
        True when the rep chose `accept`.
    """
    box = QMessageBox(QMessageBox.Icon.Warning if destructive else QMessageBox.Icon.Question, title, "", parent=parent)
    yes = box.addButton(accept, _role(destructive=destructive))
    no = box.addButton(reject, QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(no if destructive else yes)
    box.setEscapeButton(no)
    _set_texts(box, text, details)
    try:
        await run_dialog(box)
        return shiboken6.isValid(box) and box.clickedButton() is yes
    finally:
        _delete(box)


async def tell(parent: QWidget | None, title: str, text: str, *, close: str = "Close", copyable: str = "") -> None:
    """Say something that needs no answer.

    Args:
        parent: The window it belongs to.
        title: Window title.
        text: What is said.
        close: Label of the only button.
        copyable: A long text behind “Show Details…”, which can be selected and copied.
    """
    box = QMessageBox(QMessageBox.Icon.Warning, title, "", parent=parent)
    button = box.addButton(close, QMessageBox.ButtonRole.RejectRole)
    box.setEscapeButton(button)
    _set_texts(box, text, "")
    if copyable:
        box.setDetailedText(copyable)
    try:
        await run_dialog(box)
    finally:
        _delete(box)


async def save_file(parent: QWidget | None, title: str, suggested: Path, filters: str) -> Path | None:
    """Ask where to save a file; the system's own dialog asks before it overwrites one.

    Args:
        parent: The window it belongs to.
        title: Window title.
        suggested: Folder and file name to begin with; its suffix is added to a name typed without one.
        filters: In Qt's notation: `CSV (*.csv);;All files (*)`.

    Returns:
        The chosen path, None when the rep cancelled.
    """
    dialog = QFileDialog(parent, title, str(suggested.parent), filters)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setFileMode(QFileDialog.FileMode.AnyFile)
    dialog.setDefaultSuffix(suggested.suffix.removeprefix("."))
    dialog.selectFile(suggested.name)
    return await _chosen_path(dialog)


async def open_file(parent: QWidget | None, title: str, folder: Path, filters: str) -> Path | None:
    """Ask for one existing file; arguments and result as for `save_file`."""
    dialog = QFileDialog(parent, title, str(folder), filters)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptOpen)
    dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
    return await _chosen_path(dialog)


async def _chosen_path(dialog: QFileDialog) -> Path | None:
    try:
        if await run_dialog(dialog) != QDialog.DialogCode.Accepted or not shiboken6.isValid(dialog):
            return None
        return Path(dialog.selectedFiles()[0])
    finally:
        _delete(dialog)


def _role(*, destructive: bool) -> QMessageBox.ButtonRole:
    return QMessageBox.ButtonRole.DestructiveRole if destructive else QMessageBox.ButtonRole.AcceptRole


def _set_texts(box: QMessageBox, text: str, details: str) -> None:
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(text)
    if details:
        box.setInformativeText(details)
    for label in box.findChildren(QLabel):  # setTextFormat leaves the informative text alone
        label.setTextFormat(Qt.TextFormat.PlainText)


def _delete(dialog: QDialog) -> None:
    if shiboken6.isValid(dialog):
        dialog.deleteLater()
