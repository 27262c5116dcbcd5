from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QPushButton, QWidget

from app.composition import Services
from app.demo.dataset import DemoData
from app.demo.samples import people_rows
from app.domain.enrichment import Unmatched
from app.domain.errors import ContactScoutError
from app.qtbridge.tasks import TaskScope
from app.qtbridge.waiting import wait_until
from app.ui.dialogs.enrich_dialog import EnrichDialog
from app.ui.dialogs.one_person import OnePersonDialog
from app.ui.dialogs.people_import import PeopleImportDialog
from app.ui.dialogs.unmatched_dialog import UnmatchedDialog
from app.ui.enrichment_desk import EnrichmentDesk
from app.ui.notifier import Notifier
from tests.support.demo_services import demo_services
from tests.support.widgets import child, press

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


@asynccontextmanager
async def open_desk(services: Services, errors: list[BaseException]) -> AsyncIterator[EnrichmentDesk]:
    window = QWidget()
    window.show()
    scope = TaskScope("window", errors.append)
    desk = EnrichmentDesk(window, services, scope, origin=lambda: "Quillmark")
    try:
        yield desk
    finally:
        await scope.aclose()
        window.deleteLater()


def shown(desk: EnrichmentDesk, kind: type[QWidget]) -> list[QWidget]:
    window = desk.parent()
    assert isinstance(window, QWidget)
    return [each for each in window.findChildren(kind) if each.isVisible()]


async def confirmed(desk: EnrichmentDesk) -> None:
    await wait_until(lambda: bool(shown(desk, EnrichDialog)))
    dialog = shown(desk, EnrichDialog)[0]
    await wait_until(lambda: "at most" in child(dialog, QPushButton, "enrich_confirm").text())
    press(dialog, "enrich_confirm")


async def test_a_file_goes_through_its_columns_and_one_confirmation_into_the_queue(
    tmp_path: Path, data: DemoData, qapp: object
) -> None:
    path = tmp_path / "people.csv"
    rows = people_rows(data, 5)
    lines = [f"{row['first_name']}\t{row['last_name']}\t{row['domain']}" for row in rows]
    path.write_text("\n".join(["First\tLast\tWebsite", *lines]), encoding="utf-16")
    async with demo_services(tmp_path / "profile", data=data) as services, open_desk(services, []) as desk:
        queued: list[int] = []
        desk.queued.connect(queued.append)
        desk.enrich_file(path)
        await wait_until(lambda: bool(shown(desk, PeopleImportDialog)))
        press(shown(desk, PeopleImportDialog)[0], "import_confirm")
        await confirmed(desk)
        await wait_until(lambda: bool(queued))
        run = await services.enrichment.run(queued[0])
        assert (run.people, run.origin) == (5, "people.csv")


async def test_a_file_that_cannot_be_read_is_told_and_opens_nothing(tmp_path: Path, data: DemoData) -> None:
    errors: list[BaseException] = []
    async with demo_services(tmp_path, data=data) as services, open_desk(services, errors) as desk:
        desk.enrich_file(tmp_path / "lost.csv")
        await wait_until(lambda: bool(errors))
        assert isinstance(errors[0], ContactScoutError)
        assert "There is no file" in errors[0].text
        assert shown(desk, PeopleImportDialog) == []


async def test_somebody_typed_by_hand_goes_into_the_queue(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_desk(services, []) as desk:
        desk.enrich_one()
        await wait_until(lambda: bool(shown(desk, OnePersonDialog)))
        form = shown(desk, OnePersonDialog)[0]
        for name, text in (("first_name", "Ada"), ("last_name", "Lark"), ("domain", "lark.example")):
            child(form, QLineEdit, f"person_{name}").setText(text)
        press(form, "person_confirm")
        await confirmed(desk)
        await wait_until(lambda: not shown(desk, EnrichDialog))
        (run,) = await services.enrichment.runs()
        assert run.people == 1


def test_without_a_tray_the_window_asks_for_attention(qapp: object) -> None:
    window = QWidget()
    window.show()
    notifier = Notifier(window, has_tray=lambda: False)
    notifier.tell("Enrichment finished", "2 people.")
    notifier.close()
    assert window.isVisible()
    window.deleteLater()


def test_unmatched_entries_are_shown_as_text_with_their_request(qapp: object) -> None:
    dialog = UnmatchedDialog([Unmatched(1, 1, "req-9", b'{"emails":["<b>x</b>"]}'), Unmatched(2, 1, "", b"\xff odd")])
    text = child(dialog, QPlainTextEdit, "unmatched_entries").toPlainText()
    assert "Request req-9" in text
    assert "<b>x</b>" in text
    assert "odd" in text
    dialog.deleteLater()
