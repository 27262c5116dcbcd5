from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QPushButton

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.companies import CompanyQuery
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.ui.dialogs.company_dialog import COMPANY_FILTERS, CompanyDialog, company_query
from tests.support.demo_server import DemoServer
from tests.support.demo_services import demo_services
from tests.support.live_services import live_services
from tests.support.widgets import child, press, press_text

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=3_000)


@asynccontextmanager
async def shown(services: Services) -> AsyncIterator[CompanyDialog]:
    (account, *_) = await services.providers.accounts(Provider.LEADFEEDER)
    id_of = COMPANY_FILTERS["company_ids"]
    dialog = CompanyDialog(services, Provider.LEADFEEDER, account.account_id, id_of)
    dialog.show()
    try:
        yield dialog
    finally:
        await dialog.shut_down()
        dialog.deleteLater()


async def test_a_name_becomes_the_ids_of_the_chosen_companies(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services) as dialog:
        confirm = child(dialog, QPushButton, "company_confirm")
        assert not confirm.isEnabled()
        dialog.box.setText("Quillmark")
        QTest.keyClick(dialog.box, Qt.Key.Key_Return)
        await wait_until(confirm.isEnabled)
        assert confirm.text() == "Use this company"
        dialog.table.selectAll()
        companies = dialog.table.model().rowCount()
        assert confirm.text() == f"Use {companies} companies"
        press(dialog, "company_confirm")
        assert len(dialog.chosen) == companies
        assert all(company_id.isdigit() and "Quillmark" in name for company_id, name in dialog.chosen.items())


async def test_nothing_found_and_trouble_are_told_in_the_dialog(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services, shown(services) as dialog:
            dialog.box.setText("zzzz")
            press(dialog, "company_find")
            await wait_until(lambda: any(label.text() == "No company fits." for label in dialog.findChildren(QLabel)))
            server.fault("status", Provider.LEADFEEDER, path="/v1/companies", status=403, times=1)
            dialog.box.setText("Quillmark")
            press(dialog, "company_find")
            await wait_until(lambda: "Leadfeeder" in dialog.banner.text)
            press_text(dialog.banner, "Try again")
            await wait_until(lambda: dialog.table.model().rowCount() > 0)
            assert dialog.banner.text == ""


def test_what_is_typed_is_a_page_a_domain_or_a_name() -> None:
    page = "https://www.linkedin.com/company/quillmark"
    assert company_query(page) == CompanyQuery(linkedin_url=page)
    assert company_query(" www.Quillmark.example ") == CompanyQuery(domain="quillmark.example")
    assert company_query("St. Olaf Bakeries") == CompanyQuery(name="St. Olaf Bakeries")
