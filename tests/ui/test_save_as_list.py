from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QLineEdit, QPlainTextEdit, QPushButton, QRadioButton

from app.demo.dataset import DemoData
from app.demo.samples import sample_ids
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.ui.dialogs.name_dialog import NameDialog
from app.ui.save_as_list import free_name
from tests.support.demo_services import demo_services
from tests.support.widgets import child, press
from tests.support.windows import dialog, open_window, search


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


@pytest.mark.parametrize(
    ("taken", "name"),
    [((), "Spring fair"), (("spring FAIR",), "Spring fair 2"), (("Spring fair", "Spring fair 2"), "Spring fair 3")],
)
def test_a_suggested_name_is_free(taken: tuple[str, ...], name: str) -> None:
    assert free_name("Spring  fair", taken) == name


def test_a_suggested_name_fits_its_box() -> None:
    name = free_name("x" * 200, ["x" * 75])
    assert len(name) <= 80
    assert name.endswith(" 2")


@pytest.mark.gui
async def test_what_a_search_found_becomes_a_list_and_undo_takes_it_back(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        assert not window.actions_by_key["results.save_list"].isEnabled()
        pane = await search(window, headline="sales")
        found = pane.table.all_ids()
        await wait_until(window.actions_by_key["results.save_list"].isEnabled)
        window.actions_by_key["results.save_list"].trigger()
        asked = await dialog(NameDialog)
        assert child(asked, QLineEdit, "name_box").text() == "TalkToHumans · sales"
        child(asked, QLineEdit, "name_box").setText("Spring fair")
        press(asked, "name_confirm")
        await wait_until(lambda: "“Spring fair” is a list of" in pane.notice.text)
        (made,) = await services.own_work.lists()
        assert (made.name, made.contacts) == ("Spring fair", len(found))
        assert sorted(await services.own_work.list_members(made.list_id)) == sorted(found)
        await services.own_work.undo()
        assert await services.own_work.lists() == ()


@pytest.mark.gui
async def test_cancelling_makes_no_list(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        window.resize(1440, 900)
        pane = await search(window, headline="sales")
        press(pane, "results_save_list")
        asked = await dialog(NameDialog)
        asked.reject()
        await wait_until(lambda: not asked.isVisible())
        assert await services.own_work.lists() == ()
        assert pane.notice.text == ""


@pytest.mark.gui
async def test_what_a_bulk_fetch_found_becomes_a_list(tmp_path: Path, data: DemoData) -> None:
    known = sample_ids(data, Provider.BUILDWORKPRO, 20)
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        window.actions_by_key["view.bulk_fetch"].trigger()
        pane = window.bulk_fetch
        QGuiApplication.clipboard().setText("\n".join([*known, "999999001"]))
        child(pane, QPlainTextEdit, "fetch_ids").paste()
        choice = child(pane, QRadioButton, "fetch_from_buildworkpro")
        await wait_until(lambda: "(21)" in choice.text())
        press(pane, "fetch_from_buildworkpro")
        await wait_until(child(pane, QPushButton, "fetch_start").isEnabled)
        press(pane, "fetch_start")
        await wait_until(lambda: child(pane, QLabel, "fetch_title").text().endswith("Finished"))
        await wait_until(child(pane, QPushButton, "fetch_list").isEnabled)
        press(pane, "fetch_list")
        asked = await dialog(NameDialog)
        assert child(asked, QLineEdit, "name_box").text().startswith("BuildWorkPro ")
        press(asked, "name_confirm")
        await wait_until(lambda: "is a list of 20 contacts now" in pane.banner.text)
        (made,) = await services.own_work.lists()
        assert made.contacts == 20
