import asyncio
import csv
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton, QWidget

from app.demo.dataset import DemoData
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.services.export import ExportReport
from app.ui.dialogs.export_dialog import ExportDialog, run_export_dialog
from app.ui.widgets.progress_strip import ProgressStrip
from tests.support.demo_services import demo_services
from tests.support.widgets import child, choose_file, press, press_text, question

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


@pytest.fixture
def window(qapp: object) -> QWidget:
    window = QWidget()
    window.show()
    return window


async def opened(window: QWidget) -> ExportDialog:
    await wait_until(lambda: any(dialog.isVisible() for dialog in window.findChildren(ExportDialog)))
    return window.findChildren(ExportDialog)[-1]


async def test_the_file_is_written_in_the_chosen_layout(tmp_path: Path, data: DemoData, window: QWidget) -> None:
    async with demo_services(tmp_path / "profile", data=data) as services:
        query = services.search.build_query(Provider.TALKTOHUMANS, {"company_name": ["Quillmark"]})
        page = await services.search.start(query).next_page()
        contacts = list(dict.fromkeys(row.contact_id for row in page.rows))
        task = asyncio.create_task(run_export_dialog(window, services, contacts, "people.csv"))
        dialog = await opened(window)
        path = child(dialog, QLineEdit, "export_path")
        assert Path(path.text()).name == "people.csv"
        assert child(dialog, QPushButton, "export_confirm").text() == f"Export {len(contacts)} contacts"
        path.clear()
        assert not child(dialog, QPushButton, "export_confirm").isEnabled()
        target = tmp_path / "out.csv"
        path.setText(str(target))
        preset = child(dialog, QComboBox, "export_preset")
        preset.setCurrentIndex(preset.findData("excel"))
        press(dialog, "export_confirm")
        assert await task == ExportReport(target, len(contacts))
        assert target.read_bytes().startswith(b"\xef\xbb\xbf")
        with target.open(encoding="utf-8-sig", newline="") as file:
            assert len(list(csv.DictReader(file))) == len(contacts)


async def test_a_file_that_exists_is_replaced_only_when_that_is_wanted(
    tmp_path: Path, data: DemoData, window: QWidget
) -> None:
    target = tmp_path / "out.csv"
    target.write_text("precious")
    async with demo_services(tmp_path / "profile", data=data) as services:
        query = services.search.build_query(Provider.TALKTOHUMANS, {"company_name": ["Quillmark"]})
        page = await services.search.start(query).next_page(5)
        contacts = [row.contact_id for row in page.rows]
        task = asyncio.create_task(run_export_dialog(window, services, contacts, "people.csv"))
        dialog = await opened(window)
        child(dialog, QLineEdit, "export_path").setText(str(target))
        press(dialog, "export_confirm")
        press_text(await question(dialog), "Cancel")
        confirm = child(dialog, QPushButton, "export_confirm")
        await wait_until(confirm.isEnabled)
        assert target.read_text() == "precious"
        press(dialog, "export_confirm")
        press_text(await question(dialog), "Replace")
        assert await task == ExportReport(target, 5)


async def test_the_file_can_be_chosen_by_browsing(tmp_path: Path, data: DemoData, window: QWidget) -> None:
    target = tmp_path / "chosen.csv"
    async with demo_services(tmp_path / "profile", data=data) as services:
        query = services.search.build_query(Provider.TALKTOHUMANS, {"company_name": ["Quillmark"]})
        page = await services.search.start(query).next_page(5)
        task = asyncio.create_task(run_export_dialog(window, services, [page.rows[0].contact_id], "people.csv"))
        dialog = await opened(window)
        press(dialog, "export_browse")
        await choose_file(dialog, str(target))
        path = child(dialog, QLineEdit, "export_path")
        await wait_until(lambda: path.text() == str(target))
        press(dialog, "export_confirm")
        assert await task == ExportReport(target, 1)


async def test_a_folder_that_is_not_there_is_a_banner_and_the_dialog_stays(
    tmp_path: Path, data: DemoData, window: QWidget
) -> None:
    async with demo_services(tmp_path / "profile", data=data) as services:
        query = services.search.build_query(Provider.TALKTOHUMANS, {"company_name": ["Quillmark"]})
        page = await services.search.start(query).next_page(5)
        task = asyncio.create_task(run_export_dialog(window, services, [page.rows[0].contact_id], "people.csv"))
        dialog = await opened(window)
        child(dialog, QLineEdit, "export_path").setText(str(tmp_path / "missing" / "out.csv"))
        press(dialog, "export_confirm")
        await wait_until(lambda: bool(dialog.banner.text))
        assert dialog.isVisible()
        press(dialog, "export_cancel")
        assert await task is None


async def test_a_long_export_says_how_far_it_is_and_can_be_stopped_without_a_file(
    tmp_path: Path, data: DemoData, window: QWidget, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.services.export.READ_AT_ONCE", 2)
    async with demo_services(tmp_path / "profile", data=data) as services:
        query = services.search.build_query(Provider.TALKTOHUMANS, {"company_name": ["Quillmark"]})
        page = await services.search.start(query).next_page(5)
        contacts = [row.contact_id for row in page.rows]
        task = asyncio.create_task(run_export_dialog(window, services, contacts, "people.csv"))
        dialog = await opened(window)
        strip = dialog.findChildren(ProgressStrip)[0]
        told: list[str] = []
        advance = strip.advance

        def advance_and_stop(done: int, total: int) -> None:
            advance(done, total)
            told.append(strip.text)
            strip.stop_button.click()

        monkeypatch.setattr(strip, "advance", advance_and_stop)
        target = tmp_path / "out.csv"
        child(dialog, QLineEdit, "export_path").setText(str(target))
        press(dialog, "export_confirm")
        confirm = child(dialog, QPushButton, "export_confirm")
        await wait_until(lambda: bool(told) and confirm.isEnabled())
        assert told[-1] == "Exporting contacts: 2 of 5"
        assert not strip.isVisible()
        assert not any(tmp_path.glob("*.csv"))

        def advance_and_stop_too_late(done: int, total: int) -> None:
            advance(done, total)
            if done == total:
                asyncio.get_running_loop().call_soon(strip.stop_button.click)

        monkeypatch.setattr(strip, "advance", advance_and_stop_too_late)
        press(dialog, "export_confirm")
        assert await asyncio.wait_for(task, 20) == ExportReport(target, 5)
