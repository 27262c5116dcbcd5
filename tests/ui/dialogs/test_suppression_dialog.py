import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QCheckBox, QLabel, QLineEdit, QPlainTextEdit, QPushButton, QWidget

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.ui.dialogs.export_dialog import ExportDialog
from app.ui.dialogs.suppression_dialog import SuppressionDialog, run_suppression_dialog
from tests.support.demo_services import demo_services
from tests.support.widgets import child, choose_file, press

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


async def some_contacts(services: Services) -> list[int]:
    query = services.search.build_query(Provider.TALKTOHUMANS, {"company_name": ["Quillmark"]})
    page = await services.search.start(query).next_page()
    return list(dict.fromkeys(row.contact_id for row in page.rows))


@asynccontextmanager
async def shown(services: Services, contact_ids: list[int]) -> AsyncIterator[SuppressionDialog]:
    window = QWidget()
    window.show()
    task = asyncio.create_task(run_suppression_dialog(window, services, contact_ids))
    try:
        await wait_until(lambda: any(each.isVisible() for each in window.findChildren(SuppressionDialog)))
        yield window.findChildren(SuppressionDialog)[0]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        window.deleteLater()


def rows(dialog: SuppressionDialog) -> list[str]:
    model = dialog.table.model()
    return [str(model.index(row, 1).data()) for row in range(model.rowCount())]


async def test_a_pasted_list_is_told_before_and_after_and_entries_come_off_again(
    tmp_path: Path, data: DemoData, qapp: object
) -> None:
    async with demo_services(tmp_path / "profile", data=data) as services, shown(services, []) as dialog:
        paste = child(dialog, QPlainTextEdit, "suppression_paste")
        add = child(dialog, QPushButton, "suppression_add")
        assert not add.isEnabled()
        assert child(dialog, QPushButton, "suppression_selected").isHidden()
        paste.setPlainText("ada@acme.example\nnobody at all\nbolt.example")
        assert add.text() == "Add 2 entries"
        assert "line 2: “nobody at all”" in child(dialog, QLabel, "suppression_told").text()
        press(dialog, "suppression_add")
        await wait_until(lambda: len(rows(dialog)) == 2)
        assert "2 entries added" in dialog.banner.text
        child(dialog, QLineEdit, "suppression_filter").setText("bolt")
        assert rows(dialog) == ["bolt.example"]
        assert child(dialog, QLabel, "suppression_count").text() == "1 of 2 entries"
        dialog.table.selectRow(0)
        assert child(dialog, QPushButton, "suppression_remove").text() == "Take 1 entry off the list"
        press(dialog, "suppression_remove")
        await wait_until(lambda: rows(dialog) == [])
        child(dialog, QLineEdit, "suppression_filter").clear()
        assert rows(dialog) == ["ada@acme.example"]


async def test_a_file_and_the_selected_contacts_are_put_on_the_list(
    tmp_path: Path, data: DemoData, qapp: object
) -> None:
    source = tmp_path / "list.csv"
    source.write_text("email,reason\nada@acme.example,asked\n", encoding="utf-8")
    async with demo_services(tmp_path / "profile", data=data) as services:
        contacts = await some_contacts(services)
        async with shown(services, contacts[:2]) as dialog:
            press(dialog, "suppression_import")
            await choose_file(dialog, str(source))
            await wait_until(lambda: rows(dialog) == ["ada@acme.example"])
            assert child(dialog, QPushButton, "suppression_selected").text() == "Add 2 selected contacts"
            press(dialog, "suppression_selected")
            await wait_until(lambda: len(rows(dialog)) > 2)
        assert set(await services.suppression.contacts(contacts)) == set(contacts[:2])


async def test_an_export_says_who_is_left_out_and_takes_them_only_when_told_to(
    tmp_path: Path, data: DemoData, qapp: object
) -> None:
    async with demo_services(tmp_path / "profile", data=data) as services:
        contacts = await some_contacts(services)
        await services.suppression.add_contacts(contacts[:1])
        dialog = ExportDialog(services, contacts, tmp_path / "out.csv")
        dialog.show()
        confirm = child(dialog, QPushButton, "export_confirm")
        left_out = child(dialog, QLabel, "export_left_out")
        await wait_until(left_out.isVisible)
        assert left_out.text() == "1 contact left out, on the do-not-contact list."
        assert confirm.text() == f"Export {len(contacts) - 1} contacts"
        child(dialog, QCheckBox, "export_all_the_same").setChecked(True)
        assert confirm.text() == f"Export {len(contacts)} contacts"
        press(dialog, "export_confirm")
        await wait_until(lambda: dialog.report is not None)
        assert dialog.report is not None
        assert (dialog.report.rows, dialog.report.overridden) == (len(contacts), 1)
        await dialog.shut_down()
        dialog.deleteLater()
