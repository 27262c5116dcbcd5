import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QListWidget, QPlainTextEdit, QPushButton

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.errors import ContactScoutError
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_signal, wait_until
from app.ui.dialogs.bundle_dialog import BundleDialog
from app.ui.dialogs.diagnostics_dialog import DiagnosticsDialog
from tests.support.demo_server import DemoServer
from tests.support.live_services import live_services
from tests.support.widgets import child, choose_file, press
from tests.support.windows import dialog as opened

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=50)


@asynccontextmanager
async def shown(services: Services) -> AsyncIterator[DiagnosticsDialog]:
    dialog = DiagnosticsDialog(services)
    read = wait_signal(dialog.refreshed)
    dialog.show()
    await read
    try:
        yield dialog
    finally:
        await dialog.shut_down()
        dialog.deleteLater()


def texts(dialog: DiagnosticsDialog) -> str:
    return "\n".join(label.text() for label in dialog.findChildren(QLabel))


async def test_failed_requests_are_listed_and_new_ones_appear_by_themselves(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services, shown(services) as dialog:
            card = dialog.cards[Provider.TALKTOHUMANS]
            assert card.table.model().rowCount() == 0
            assert "Nothing is left to do." in texts(dialog)
            server.fault("status", Provider.TALKTOHUMANS, path="/v1/accounts", status=403, times=1)
            with pytest.raises(ContactScoutError):
                await services.providers.accounts(Provider.TALKTOHUMANS)
            await wait_until(lambda: card.table.model().rowCount() == 1)
            assert "GET /v1/accounts" in [card.table.model().index(0, column).data() for column in range(5)]


async def test_what_was_read_is_what_is_saved(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path / "profile", server) as services, shown(services) as dialog:
            await services.providers.accounts(Provider.TALKTOHUMANS)
            press(dialog, "diagnostics_save")
            preview = await opened(BundleDialog)
            await wait_until(child(preview, QPushButton, "bundle_save").isEnabled)
            files, text = child(preview, QListWidget, "bundle_files"), child(preview, QPlainTextEdit, "bundle_text")
            read = {}
            for row in range(files.count()):
                files.setCurrentRow(row)
                read[files.item(row).text().splitlines()[0]] = text.toPlainText()
            assert "/v1/accounts" in read["requests.txt"]
            assert server.key not in "".join(read.values())
            press(preview, "bundle_save")
            await choose_file(preview, str(tmp_path / "for-help.zip"))
            await wait_until(lambda: "for-help.zip" in dialog.banner.text)
            with zipfile.ZipFile(tmp_path / "for-help.zip") as bundle:
                assert {name: bundle.read(name).decode() for name in bundle.namelist()} == read


async def test_a_file_that_cannot_be_written_is_told_in_the_preview(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path / "profile", server) as services, shown(services) as dialog:
            press(dialog, "diagnostics_save")
            preview = await opened(BundleDialog)
            await wait_until(child(preview, QPushButton, "bundle_save").isEnabled)
            (tmp_path / "taken.zip").mkdir()
            (tmp_path / "taken.zip" / "inside").touch()
            preview.save_to(tmp_path / "taken.zip")
            await wait_until(lambda: "cannot be saved" in preview.banner.text)
            assert preview.isVisible()
            preview.reject()
