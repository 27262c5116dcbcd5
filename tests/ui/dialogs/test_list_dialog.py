from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.ui.dialogs.list_dialog import ListDialog
from tests.support.demo_server import DemoServer
from tests.support.demo_services import demo_services
from tests.support.live_services import live_services
from tests.support.widgets import child, press, press_text

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=50)


@asynccontextmanager
async def shown(services: Services, *, removing: bool = False, account: str = "") -> AsyncIterator[ListDialog]:
    dialog = ListDialog(services, 3, left_out=2, account_id=account, removing=removing)
    dialog.show()
    try:
        yield dialog
    finally:
        await dialog.shut_down()
        dialog.deleteLater()


def names(dialog: ListDialog) -> list[str]:
    items = (dialog.view.item(row) for row in range(dialog.view.count()))
    return [item.text() for item in items if not item.isHidden()]


async def test_lists_follow_the_account_and_can_be_looked_for(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services:
        accounts = await services.providers.accounts(Provider.LEADFEEDER)
        async with shown(services, account=accounts[1].account_id) as dialog:
            await wait_until(lambda: bool(names(dialog)))
            assert dialog.account.currentText() == accounts[1].name
            everything = names(dialog)
            assert everything == sorted(everything, key=str.casefold)
            dialog.find_box.setText("news")
            assert names(dialog) == ["Newsletter"]
            dialog.view.setCurrentRow(everything.index("Newsletter"))
            assert child(dialog, QPushButton, "list_confirm").text() == "Add 3 contacts to “Newsletter”"
            dialog.find_box.setText("outreach")
            assert not child(dialog, QPushButton, "list_confirm").isEnabled(), "what is hidden is not chosen"
            dialog.find_box.clear()
            press(dialog, "list_confirm")
            assert dialog.chosen is not None
            assert (dialog.chosen.account_id, dialog.chosen.name) == (accounts[1].account_id, "Newsletter")


async def test_a_name_that_exists_is_chosen_instead_of_made_twice(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services, shown(services) as dialog:
            await wait_until(lambda: bool(names(dialog)))
            before = names(dialog)
            press(dialog, "list_new")
            dialog.name_box.setText("newsletter")
            QTest.keyClick(dialog.name_box, Qt.Key.Key_Return)
            confirm = child(dialog, QPushButton, "list_confirm")
            await wait_until(lambda: "“Newsletter”" in confirm.text())
            assert names(dialog) == before
            assert not any(line["method"] == "POST" for line in server.requests(Provider.LEADFEEDER, "/v1/lists"))


async def test_trouble_is_told_in_the_dialog_and_the_lists_can_be_asked_for_again(
    tmp_path: Path, data: DemoData
) -> None:
    with DemoServer(data) as server:
        server.fault("status", Provider.LEADFEEDER, path="/v1/lists", status=403, times=1)
        async with live_services(tmp_path, server) as services, shown(services, removing=True) as dialog:
            await wait_until(lambda: "Leadfeeder" in dialog.banner.text)
            assert not child(dialog, QPushButton, "list_new").isVisible(), "nothing comes off a new list"
            press_text(dialog.banner, "Ask for the lists again")
            await wait_until(lambda: bool(names(dialog)))
            assert dialog.banner.text == ""
