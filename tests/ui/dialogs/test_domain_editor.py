import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from app.demo.dataset import DemoData
from app.domain.companies import CompanyMatch
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_until
from app.services.domains import MissingDomain
from app.ui.dialogs.domain_editor import DomainEditor, run_domain_editor
from app.ui.models.domain_grid_model import NO_DOMAIN, Column, DomainGridModel
from tests.support.demo_services import demo_services
from tests.support.widgets import child, press

pytestmark = pytest.mark.gui

COMPANIES = [MissingDomain(f"name:{name.casefold()}", name, "", ()) for name in ("Lark Tools", "Finch", "Wren")]


def column(model: DomainGridModel, which: Column) -> list[str]:
    return [str(model.index(row, which).data()) for row in range(model.rowCount())]


@pytest.mark.parametrize(
    ("pasted", "row", "expected"),
    [
        ("lark.example\nhttps://www.finch.example/about\n", 0, ["lark.example", "finch.example", ""]),
        ("wren.example\nlost.example", 2, ["", "", "wren.example"]),
        ("Finch\tfinch.example\nlark tools\tlark.example\nNobody\tx.example", 0, ["lark.example", "finch.example", ""]),
    ],
)
def test_a_pasted_column_fills_the_grid(pasted: str, row: int, expected: Sequence[str]) -> None:
    model = DomainGridModel(COMPANIES, {})
    model.paste(pasted, row)
    assert column(model, Column.DOMAIN) == expected


def test_what_is_no_companys_domain_is_said_and_not_used() -> None:
    model = DomainGridModel(COMPANIES, {"name:finch": 3})
    model.paste("gmail.com\nnot a domain\nwren.example", 0)
    assert column(model, Column.REMARK) == [NO_DOMAIN, NO_DOMAIN, ""]
    assert model.domains() == {"name:wren": "wren.example"}
    assert model.wrong_rows() == 2
    assert column(model, Column.PEOPLE) == ["0", "3", "0"]


def test_a_suggestion_fills_only_what_is_empty_and_says_how_well_it_fits() -> None:
    model = DomainGridModel(COMPANIES, {})
    model.paste("mine.example", 0)
    match = CompanyMatch("1", "Lark Tools", "lark.example", score=0.92)
    model.suggest(0, [match])
    model.suggest(1, [match])
    model.suggest(2, [])
    assert column(model, Column.DOMAIN) == ["mine.example", "lark.example", ""]
    assert "92% match" in column(model, Column.REMARK)[1]
    assert column(model, Column.REMARK)[2] == "No suggestion."


async def test_domains_are_typed_pasted_and_remembered_for_the_company(tmp_path: Path, qapp: object) -> None:
    data = DemoData(seed=1, contacts=400)
    async with demo_services(tmp_path, data=data) as services:
        query = services.search.build_query(Provider.TALKTOHUMANS, {"company_name": ["Quillmark"]})
        page = await services.search.start(query).next_page()
        contacts = [row.contact_id for row in page.rows]
        missing = await services.domains.missing_domains(contacts)
        assert missing, "the sample needs a company without a domain"
        window = QWidget()
        window.show()
        people = {each.key: len(each.contact_ids) for each in missing}
        task = asyncio.create_task(run_domain_editor(window, services, missing, people))
        await wait_until(lambda: any(each.isVisible() for each in window.findChildren(DomainEditor)))
        dialog = window.findChildren(DomainEditor)[-1]
        assert dialog.isModal()
        assert not child(dialog, QPushButton, "domain_confirm").isEnabled()
        QGuiApplication.clipboard().setText("\n".join(f"company{number}.example" for number in range(len(missing))))
        QTest.keyClick(dialog.table, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
        press(dialog, "domain_confirm")
        assert set(await task) == {each.key for each in missing}
        assert await services.domains.missing_domains(contacts) == []


async def test_domains_are_suggested_on_request(tmp_path: Path, qapp: object) -> None:
    data = DemoData(seed=1, contacts=400)
    name, domain = next((each.name, each.domain) for each in data.companies if each.domain)
    async with demo_services(tmp_path, data=data) as services:
        dialog = DomainEditor(services, [MissingDomain(f"name:{name.casefold()}", name, "", ())], {})
        dialog.show()
        press(dialog, "domain_suggest")
        await wait_until(lambda: bool(dialog.model.domains()))
        assert dialog.model.text(0) == domain
        await dialog.shut_down()
        dialog.deleteLater()
