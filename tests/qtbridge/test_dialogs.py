import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
import shiboken6
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialog,
    QFileDialog,
    QLabel,
    QLineEdit,
    QMessageBox,
    QTextEdit,
    QWidget,
)

from app.qtbridge.dialogs import ask, open_file, run_dialog, save_file, tell
from app.qtbridge.waiting import wait_until

pytestmark = pytest.mark.gui

MARKUP = "<b>Ann</b> & <img src='http://example.com/x.png'>"


@pytest.fixture
def parent(qapp: QApplication) -> Iterator[QWidget]:
    widget = QWidget()
    widget.show()
    yield widget
    if shiboken6.isValid(widget):
        shiboken6.delete(widget)


async def opened(parent: QWidget) -> QMessageBox:
    """The message box that opens on a window."""
    await wait_until(lambda: any(box.isVisible() for box in parent.findChildren(QMessageBox)))
    return parent.findChildren(QMessageBox)[-1]


def button(box: QMessageBox, text: str) -> QAbstractButton:
    return next(each for each in box.buttons() if each.text().replace("&", "") == text)


# --- run_dialog -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", [QDialog.DialogCode.Accepted, QDialog.DialogCode.Rejected, 7])
async def test_the_result_is_what_the_dialog_was_finished_with(parent: QWidget, result: int) -> None:
    dialog = QDialog(parent)
    task = asyncio.create_task(run_dialog(dialog))
    await wait_until(dialog.isVisible)
    assert dialog.windowModality() is Qt.WindowModality.WindowModal
    dialog.done(result)
    dialog.done(99)
    assert await task == int(result)


async def test_closing_by_the_window_frame_rejects(parent: QWidget) -> None:
    dialog = QDialog(parent)
    task = asyncio.create_task(run_dialog(dialog))
    await wait_until(dialog.isVisible)
    dialog.close()
    assert await task == QDialog.DialogCode.Rejected


@pytest.mark.parametrize("whose", ["dialog", "parent"])
async def test_a_destroyed_dialog_counts_as_rejected(parent: QWidget, whose: str) -> None:
    dialog = QDialog(parent)
    task = asyncio.create_task(run_dialog(dialog))
    await wait_until(dialog.isVisible)
    shiboken6.delete(dialog if whose == "dialog" else parent)
    async with asyncio.timeout(2):
        assert await task == QDialog.DialogCode.Rejected


async def test_cancelling_the_task_closes_the_dialog(parent: QWidget) -> None:
    dialog = QDialog(parent)
    task = asyncio.create_task(run_dialog(dialog))
    await wait_until(dialog.isVisible)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    assert not dialog.isVisible()


async def test_other_tasks_go_on_while_a_dialog_is_open(parent: QWidget) -> None:
    dialog = QDialog(parent)
    steps = 0

    async def work() -> None:
        nonlocal steps
        for _ in range(10):
            await asyncio.sleep(0.002)
            steps += 1
        dialog.accept()

    worker = asyncio.create_task(work())
    assert await run_dialog(dialog) == QDialog.DialogCode.Accepted
    await worker
    assert steps == 10


# --- questions and messages -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("press", "answer"), [("Export", True), ("Keep", False)])
async def test_the_answer_is_the_button(parent: QWidget, press: str, answer: bool) -> None:
    task = asyncio.create_task(ask(parent, "Export", "Export 3 contacts?", accept="Export", reject="Keep"))
    box = await opened(parent)
    button(box, press).click()
    assert await task is answer
    await wait_until(lambda: not shiboken6.isValid(box))


async def test_escape_is_no(parent: QWidget) -> None:
    task = asyncio.create_task(ask(parent, "Delete", "Delete the key?", accept="Delete", destructive=True))
    box = await opened(parent)
    assert box.defaultButton().text().replace("&", "") == "Cancel"
    assert box.escapeButton() is box.defaultButton()
    box.reject()
    assert await task is False


async def test_return_presses_accept_when_nothing_is_destroyed(parent: QWidget) -> None:
    task = asyncio.create_task(ask(parent, "Export", "Export?", accept="Export"))
    box = await opened(parent)
    assert box.defaultButton().text().replace("&", "") == "Export"
    task.cancel()
    await asyncio.wait([task])


async def test_every_text_is_plain(parent: QWidget) -> None:
    task = asyncio.create_task(ask(parent, "Question", MARKUP, accept="Yes, do", details=MARKUP))
    box = await opened(parent)
    labels = [label for label in box.findChildren(QLabel) if label.text()]
    assert [label.text() for label in labels] == [MARKUP, MARKUP]
    assert {label.textFormat() for label in labels} == {Qt.TextFormat.PlainText}
    box.reject()
    await task


async def test_a_question_whose_window_goes_away_is_answered_no(parent: QWidget) -> None:
    task = asyncio.create_task(ask(parent, "Export", "Export?", accept="Export"))
    await opened(parent)
    shiboken6.delete(parent)
    async with asyncio.timeout(2):
        assert await task is False


async def test_a_message_has_one_button_and_copyable_details(parent: QWidget) -> None:
    task = asyncio.create_task(tell(parent, "Fault", MARKUP, copyable="first line\nsecond <b>line</b>"))
    box = await opened(parent)
    (details,) = box.findChildren(QTextEdit)
    assert details.toPlainText() == "first line\nsecond <b>line</b>"
    assert details.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByMouse
    button(box, "Close").click()
    await task


# --- files ------------------------------------------------------------------------------------------------------------


async def file_dialog(parent: QWidget) -> QFileDialog:
    await wait_until(lambda: any(dialog.isVisible() for dialog in parent.findChildren(QFileDialog)))
    return parent.findChildren(QFileDialog)[-1]


def type_and_accept(dialog: QFileDialog, name: str) -> None:
    """As a click would: from Qt's loop, because the dialog may ask something by a nested loop of its own."""
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(line, QLineEdit)
    line.setText(name)
    QTimer.singleShot(0, dialog.accept)


@pytest.mark.parametrize(
    ("typed", "expected"), [("people.csv", "people.csv"), ("other", "other.csv"), ("x.txt", "x.txt")]
)
async def test_save_file_suggests_a_name_and_adds_its_suffix(
    parent: QWidget, tmp_path: Path, typed: str, expected: str
) -> None:
    filters = "CSV (*.csv);;All files (*)"
    task = asyncio.create_task(save_file(parent, "Export", tmp_path / "people.csv", filters))
    dialog = await file_dialog(parent)
    assert dialog.nameFilters() == ["CSV (*.csv)", "All files (*)"]
    line = dialog.findChild(QLineEdit, "fileNameEdit")
    assert isinstance(line, QLineEdit)
    assert line.text() == "people.csv"
    type_and_accept(dialog, typed)
    assert await task == tmp_path / expected


async def test_open_file_gives_an_existing_file(parent: QWidget, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text("1")
    task = asyncio.create_task(open_file(parent, "Open", tmp_path, "All files (*)"))
    type_and_accept(await file_dialog(parent), "ids.txt")
    assert await task == tmp_path / "ids.txt"


async def test_cancelled_file_dialogs_give_nothing(parent: QWidget, tmp_path: Path) -> None:
    saving = asyncio.create_task(save_file(parent, "Export", tmp_path / "a.csv", "CSV (*.csv)"))
    (await file_dialog(parent)).reject()
    assert await saving is None
    opening = asyncio.create_task(open_file(parent, "Open", tmp_path, "All files (*)"))
    await asyncio.sleep(0)
    dialog = await file_dialog(parent)
    dialog.reject()
    assert await opening is None
