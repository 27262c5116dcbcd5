"""What the menus do with the library in front, in the real window."""

from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QToolButton

from app.demo.dataset import DemoData
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.ui.dialogs.export_dialog import ExportDialog
from app.ui.dialogs.name_dialog import NameDialog
from app.ui.main_window import MainWindow
from tests.support.demo_services import demo_services
from tests.support.widgets import child, press_text
from tests.support.windows import dialog, open_window, search

pytestmark = pytest.mark.gui

KEYS = ("view.facets", "view.views", "view.save_view")


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


def do(window: MainWindow, key: str) -> None:
    action = window.actions_by_key[key]
    assert action.isEnabled(), action.toolTip()
    action.trigger()


async def test_facets_and_views_of_the_library_need_no_mouse(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        await search(window, Provider.TALKTOHUMANS, relationship_status="any")
        assert not any(window.actions_by_key[key].isEnabled() for key in KEYS)
        do(window, "view.library")
        library, facets = window.library, window.actions_by_key["view.facets"]
        await wait_until(lambda: library.model.rowCount() > 0)
        assert facets.isChecked() == library.panel.isVisible()
        if library.panel.isVisible():
            do(window, "view.facets")
        do(window, "view.facets")
        assert library.panel.isVisible()
        assert facets.isChecked()
        assert library.panel.tree.hasFocus()
        do(window, "view.facets")
        assert not library.panel.isVisible()
        assert library.table.view.hasFocus()
        do(window, "view.save_view")
        asked = await dialog(NameDialog)
        asked.findChildren(QLineEdit)[0].setText("Everybody")
        press_text(asked, "Save")
        await wait_until(lambda: "Everybody" in window.status.message)
        do(window, "view.views")
        menu = library.views.menu()
        await wait_until(menu.isVisible)
        assert "Everybody" in [action.text() for action in menu.actions()]
        menu.close()


async def test_a_file_is_called_after_the_tab_it_comes_from(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        await search(window, Provider.TALKTOHUMANS, relationship_status="any")
        do(window, "view.library")
        await wait_until(lambda: window.actions_by_key["export.all"].isEnabled())
        do(window, "export.all")
        asked = await dialog(ExportDialog)
        assert Path(child(asked, QLineEdit, "export_path").text()).name == "library.csv"
        asked.reject()


async def test_what_is_selected_can_be_exported_while_the_filter_hides_it(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        await search(window, Provider.TALKTOHUMANS, relationship_status="any")
        do(window, "view.library")
        table = window.library.table
        await wait_until(lambda: table.all_count > 2)
        table.select_ids(table.all_ids()[:2])
        table.set_filter_text("nobody is called so")
        await wait_until(lambda: not window.actions_by_key["export.all"].isEnabled())
        assert child(window, QToolButton, "toolbar_export").isEnabled()
        do(window, "export.selected")
        asked = await dialog(ExportDialog)
        await wait_until(lambda: any("2 contacts" in label.text() for label in asked.findChildren(QLabel)))
        asked.reject()
