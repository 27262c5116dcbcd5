import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from app.qtbridge.waiting import wait_until
from app.ui.actions import ActionRegistry
from app.ui.dialogs.command_palette import CommandPalette, run_command_palette

pytestmark = pytest.mark.gui


@pytest.fixture
def window(qtbot: QtBot) -> QMainWindow:
    window = QMainWindow()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    return window


@pytest.fixture
def registry(window: QMainWindow) -> ActionRegistry:
    registry = ActionRegistry(window.menuBar(), window)
    registry.add("export", "&File", "&Export…", lambda: None, shortcut="Ctrl+E")
    registry.add("stop", "&Search", "Stop", lambda: None).setEnabled(False)
    registry.add("more", "&Search", "Load more", lambda: None, shortcut="Ctrl+L")
    return registry


def lines(palette: CommandPalette) -> list[str]:
    model = palette.view.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


async def test_every_action_is_listed_and_narrowed_by_words(window: QMainWindow, registry: ActionRegistry) -> None:
    palette = CommandPalette(list(registry), window)
    assert lines(palette) == ["File: Export…", "Search: Stop", "Search: Load more"]
    palette.box.setText("mor sea")
    assert lines(palette) == ["Search: Load more"]
    palette.box.setText("zebra")
    assert lines(palette) == []
    said = [label.text() for label in palette.findChildren(QLabel) if label.isVisibleTo(palette)]
    assert said == ["No command has all these words."]
    QTest.keyClick(palette.box, Qt.Key.Key_Return)
    assert palette.chosen is None
    palette.deleteLater()


async def test_arrow_keys_pass_over_what_is_not_available_now(window: QMainWindow, registry: ActionRegistry) -> None:
    palette = CommandPalette(list(registry), window)
    QTest.keyClick(palette.box, Qt.Key.Key_Down)
    assert palette.view.currentIndex().data() == "Search: Load more"
    QTest.keyClick(palette.box, Qt.Key.Key_Down)
    assert palette.view.currentIndex().data() == "File: Export…"
    QTest.keyClick(palette.box, Qt.Key.Key_Up)
    assert palette.view.currentIndex().data() == "Search: Load more"
    palette.deleteLater()


async def test_enter_gives_the_action_to_who_asked(window: QMainWindow, registry: ActionRegistry) -> None:
    asking = asyncio.create_task(run_command_palette(window, list(registry)))
    await wait_until(lambda: bool(window.findChildren(CommandPalette)))
    palette = window.findChildren(CommandPalette)[0]
    QTest.keyClicks(palette.box, "load")
    QTest.keyClick(palette.box, Qt.Key.Key_Return)
    assert await asking is registry["more"]


async def test_escape_chooses_nothing(window: QMainWindow, registry: ActionRegistry) -> None:
    asking = asyncio.create_task(run_command_palette(window, list(registry)))
    await wait_until(lambda: bool(window.findChildren(CommandPalette)))
    QTest.keyClick(window.findChildren(CommandPalette)[0], Qt.Key.Key_Escape)
    assert await asking is None


def test_shortcuts_are_named_in_tool_tips(registry: ActionRegistry) -> None:
    assert registry["export"].toolTip() == "Export… (Ctrl+E)"
    assert registry["stop"].toolTip() == "Stop"
