import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QDialog, QDockWidget, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot

from app.demo.dataset import DemoData
from app.domain.provider import Provider
from app.qtbridge.reporter import ErrorReporter
from app.qtbridge.waiting import wait_signal, wait_until
from app.ui.dialogs.command_palette import CommandPalette
from app.ui.dialogs.enrich_dialog import EnrichDialog
from app.ui.dialogs.export_dialog import ExportDialog
from app.ui.dialogs.settings_dialog import SettingsDialog
from app.ui.main_window import MainWindow
from app.ui.widgets.provider_chip import ProviderChip
from tests.conftest import ExpectLog
from tests.support.demo_server import DemoServer
from tests.support.demo_services import demo_services
from tests.support.live_services import live_services
from tests.support.widgets import press_text
from tests.support.windows import dialog, open_window, search

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


async def test_every_action_is_in_a_menu_and_no_shortcut_is_used_twice(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        in_menus = {action for menu in window.menuBar().findChildren(QMenu) for action in menu.actions()}
        assert [entry.key for entry in window.actions_by_key if entry.action not in in_menus] == []
        keys = [key.toString() for entry in window.actions_by_key for key in entry.action.shortcuts()]
        assert len(keys) == len(set(keys))
        assert "Ctrl+K" in keys


async def test_every_control_has_a_name_for_screen_readers(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        pane = await search(window, company_name="a")
        window.show_contact(pane.table.all_ids()[0])
        await wait_until(lambda: window.inspector.details is not None)
        unnamed = [
            f"{type(each).__name__} in {type(each.parentWidget()).__name__}"
            for each in window.findChildren(QWidget)
            if isinstance(each, QAbstractButton | QLineEdit)
            and each.isVisible()
            and each.focusPolicy() is not Qt.FocusPolicy.NoFocus
            and not each.objectName().startswith("qt_")
            and not (each.accessibleName() or (isinstance(each, QAbstractButton) and each.text()))
        ]
        assert unnamed == []


async def test_a_search_becomes_a_tab_whose_rows_can_be_opened_and_closed(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        pane = await search(window, headline="sales")
        assert window.tabs.tabText(window.tabs.currentIndex()) == "sales"
        first = pane.table.model.contact_id(0)
        pane.table.view.setFocus()
        pane.table.view.setCurrentIndex(pane.table.model.index(0, 0))
        QTest.keyClick(pane.table.view, Qt.Key.Key_Return)
        await wait_until(lambda: bool(window.inspector.details and window.inspector.details.row.contact_id == first))
        window.actions_by_key["tabs.close"].trigger()
        assert window.tabs.results() == []
        assert not window.actions_by_key["tabs.close"].isEnabled()


async def test_actions_are_available_when_they_make_sense(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        actions = window.actions_by_key
        assert not actions["contacts.enrich"].isEnabled()
        assert not actions["export.all"].isEnabled()
        pane = await search(window, relationship_status="connected")
        shown = len(pane.table.all_ids())
        await wait_until(lambda: actions["export.all"].text() == f"Export all {shown} of this tab…")
        assert not actions["export.selected"].isEnabled()
        assert actions["search.more"].isEnabled()
        assert not actions["search.stop"].isEnabled()
        actions["edit.select_all"].trigger()
        assert actions["export.selected"].text() == f"Export {shown} selected…"
        assert actions["contacts.enrich"].isEnabled()
        actions["edit.copy"].trigger()
        assert len(QGuiApplication.clipboard().text().splitlines()) == shown + 1


async def test_dialogs_open_for_the_selection_and_leave_the_window_alive(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        pane = await search(window, relationship_status="connected")
        pane.table.select_ids(pane.table.all_ids()[:3])
        kinds: dict[str, type[QDialog]] = {
            "contacts.enrich": EnrichDialog,
            "export.selected": ExportDialog,
            "settings": SettingsDialog,
            "palette": CommandPalette,
        }
        for key, kind in kinds.items():
            window.actions_by_key[key].trigger()
            opened = await dialog(kind)
            closed = wait_signal(opened.finished)
            opened.reject()
            await closed
        assert window.banner.text == ""


async def test_layout_filters_columns_and_searches_come_back(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services:
        async with open_window(services) as window:
            pane = await search(window, headline="sales")
            found = pane.table.all_ids()
            pane.table.view.horizontalHeader().resizeSection(0, 222)
            queue = next(each for each in window.findChildren(QDockWidget) if each.objectName() == "enrichment-queue")
            queue.hide()
        saved = json.loads(services.profile.window_state_path.read_text(encoding="utf-8"))
        assert saved["version"] == 1
        async with open_window(services) as window:
            queue = next(each for each in window.findChildren(QDockWidget) if each.objectName() == "enrichment-queue")
            assert not queue.isVisible()
            (pane,) = window.tabs.results()
            await wait_until(lambda: pane.table.all_ids() == found)
            assert "of your last session" in pane.state_text
            assert pane.table.view.columnWidth(0) == 222
            form = window.find_pane.pane(Provider.TALKTOHUMANS).form
            assert form.values()["headline"] == ("sales",)
            window.actions_by_key["view.reset"].trigger()
            assert queue.isVisible()


async def test_a_damaged_layout_file_is_ignored(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services:
        damaged = {
            "version": 1,
            "geometry": "%%",
            "docks": 7,
            "filters": [],
            "tabs": {"searches": [1, {}], "current": "x"},
        }
        services.profile.window_state_path.write_text(json.dumps(damaged), encoding="utf-8")
        async with open_window(services) as window:
            assert window.tabs.results() == []


async def test_closing_is_asked_for_first_and_done_when_allowed(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services:
        window = MainWindow(services, reporter=ErrorReporter(), demo=False)
        window.show()
        asked = wait_signal(window.close_requested)
        window.close()
        await asked
        assert window.isVisible()
        window.show_finishing()
        assert window.status.message == "Finishing…"
        await window.shut_down()
        window.close()
        assert not window.isVisible()
        window.deleteLater()


async def test_shutting_down_stops_a_running_search_at_once(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services:
        async with open_window(services) as window:
            pane = await search(window, relationship_status="connected")
            pane.load_up_to(100_000)
            await wait_until(lambda: pane.is_running)
        assert not pane.is_running


async def test_chips_tell_credits_and_lead_to_settings(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        window.resize(1440, 900)
        chip = next(chip for chip in window.findChildren(ProviderChip) if chip.provider is Provider.TAMTAM)
        await wait_until(lambda: "credits" in chip.text())
        QTest.mouseClick(chip, Qt.MouseButton.LeftButton)
        opened = await dialog(SettingsDialog)
        await wait_until(lambda: opened.cards[Provider.TAMTAM].key_box.hasFocus() or not opened.isActiveWindow())
        opened.reject()


async def test_a_bug_is_told_without_data_and_can_be_copied(
    tmp_path: Path, data: DemoData, expected_log: ExpectLog
) -> None:
    expected_log("RuntimeError")
    reporter = ErrorReporter()
    async with demo_services(tmp_path, data=data) as services, open_window(services, reporter) as window:
        reporter.report(RuntimeError("ada@fjordwerk.example"))
        assert "Something went wrong inside Contact Scout" in window.banner.text
        press_text(window.banner, "Copy report")
        report = QGuiApplication.clipboard().text()
        assert "RuntimeError" in report
        assert "ada@" not in report


async def test_the_window_fits_a_full_hd_screen_at_200_percent(tmp_path: Path, data: DemoData, qtbot: QtBot) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        await search(window, headline="sales")
        window.resize(960, 520)
        assert window.size().width() <= 960
        assert window.size().height() <= 520


async def test_a_search_that_is_paid_for_is_not_bought_again_by_pressing_twice(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services, open_window(services) as window:
            first = await search(window, Provider.TAMTAM, last_name="a")
            assert window.actions_by_key["search.run"].text() == "Search · up to 25 credits"
            window.actions_by_key["search.run"].trigger()
            assert window.tabs.results() == [first]
            assert "nothing spent" in first.notice.text
            assert len(server.requests(Provider.TAMTAM, "/v2/people/search")) == 1
            window.actions_by_key["search.talktohumans"].trigger()
            assert window.actions_by_key["search.run"].text() == "Search"


async def test_tabs_of_one_title_name_their_service(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        await search(window, headline="sales")
        await search(window, Provider.BUILDWORKPRO, search="sales")
        titles = [window.tabs.tabText(number) for number in range(window.tabs.count())]
        assert titles[-2:] == ["sales", "sales · BuildWorkPro"]
