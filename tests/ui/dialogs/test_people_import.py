import asyncio
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QLabel, QLineEdit, QPushButton, QTableView, QWidget

from app.composition import Services
from app.domain.enrichment import PersonInput
from app.qtbridge.waiting import wait_until
from app.services.people_files import open_people_file
from app.ui.dialogs.one_person import OnePersonDialog, run_one_person
from app.ui.dialogs.people_import import PeopleImportDialog, run_people_import
from tests.support.demo_services import demo_services
from tests.support.widgets import child, press

pytestmark = pytest.mark.gui

FILE = "Vorname;Surname;Home page;Firma;Website\nÅda;Lark;x;Lark Tools;lark.example\nBo;;y;;\nCy;Wren;z;Wren;a;b\n"


@pytest.fixture
def window(qapp: object) -> QWidget:
    window = QWidget()
    window.show()
    return window


async def opened(window: QWidget, services: Services, path: Path) -> tuple[PeopleImportDialog, asyncio.Task[object]]:
    task: asyncio.Task[object] = asyncio.create_task(run_people_import(window, services, await open_people_file(path)))
    await wait_until(lambda: any(each.isVisible() for each in window.findChildren(PeopleImportDialog)))
    return window.findChildren(PeopleImportDialog)[-1], task


def cells(table: QTableView) -> list[list[str]]:
    model = table.model()
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


async def test_a_file_is_read_by_headers_that_can_be_chosen_with_preview_and_errors_per_line(
    tmp_path: Path, window: QWidget
) -> None:
    path = tmp_path / "people.csv"
    path.write_bytes(FILE.encode("cp1252"))
    async with demo_services(tmp_path / "profile") as services:
        dialog, task = await opened(window, services, path)
        assert any("semicolons" in label.text() and "CP1252" in label.text() for label in dialog.findChildren(QLabel))
        preview = child(dialog, QTableView, "import_preview")
        assert cells(preview)[0] == ["Åda", "Lark", "lark.example", "Lark Tools", ""]
        assert cells(child(dialog, QTableView, "import_problems")) == [
            ["3", "Missing last name and company domain."],
            ["4", "It has 6 cells instead of 5."],
        ]
        domain = child(dialog, QComboBox, "import_domain")
        domain.setCurrentIndex(domain.findData(2))
        assert cells(preview)[0][2] == "x"
        domain.setCurrentIndex(domain.findData(4))
        assert child(dialog, QPushButton, "import_confirm").text() == "Continue with 2 people"
        press(dialog, "import_confirm")
        assert await task == (
            PersonInput("Åda", "Lark", "lark.example", "Lark Tools"),
            PersonInput("Bo", "", ""),
        )


async def test_the_choice_is_remembered_for_files_with_the_same_headers(tmp_path: Path, window: QWidget) -> None:
    path = tmp_path / "people.csv"
    path.write_text("a,b,c\nAda,Lark,lark.example\n")
    async with demo_services(tmp_path / "profile") as services:
        dialog, task = await opened(window, services, path)
        assert not child(dialog, QPushButton, "import_confirm").isEnabled()
        for column, name in enumerate(("first_name", "last_name", "domain")):
            box = child(dialog, QComboBox, f"import_{name}")
            box.setCurrentIndex(box.findData(column))
        press(dialog, "import_confirm")
        await task
        path.write_text("a,b,c\nBo,Finch,finch.example\n")
        dialog, task = await opened(window, services, path)
        press(dialog, "import_confirm")
        assert await task == (PersonInput("Bo", "Finch", "finch.example"),)


async def test_one_person_is_typed_by_hand(window: QWidget) -> None:
    task = asyncio.create_task(run_one_person(window))
    await wait_until(lambda: any(each.isVisible() for each in window.findChildren(OnePersonDialog)))
    dialog = window.findChildren(OnePersonDialog)[-1]
    confirm = child(dialog, QPushButton, "person_confirm")
    assert not confirm.isEnabled()
    for name, text in (("first_name", "Ada"), ("last_name", "Lark"), ("domain", "www.lark.example")):
        child(dialog, QLineEdit, f"person_{name}").setText(text)
    press(dialog, "person_confirm")
    assert await task == PersonInput("Ada", "Lark", "www.lark.example")


async def test_who_must_not_be_contacted_is_counted_before_anything_else(tmp_path: Path, window: QWidget) -> None:
    path = tmp_path / "people.csv"
    path.write_text("first_name,last_name,domain\nAda,Lark,lark.example\nBo,Finch,finch.example\n", encoding="utf-8")
    async with demo_services(tmp_path / "profile") as services:
        await services.suppression.add_text("lark.example")
        dialog, task = await opened(window, services, path)
        told = child(dialog, QLabel, "import_suppressed")
        await wait_until(told.isVisible)
        assert told.text() == "1 person left out, on the do-not-contact list"
        domain = child(dialog, QComboBox, "import_domain")
        domain.setCurrentIndex(0)  # another reading of the file names nobody on the list
        await wait_until(told.isHidden)
        press(dialog, "import_cancel")
        assert await task == ()
