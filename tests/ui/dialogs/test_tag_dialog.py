from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QPushButton, QWidget

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.provider import Provider
from app.domain.search import SearchQuery
from app.qtbridge.waiting import wait_until
from app.ui.dialogs.tag_dialog import TagDialog
from tests.support.demo_services import demo_services
from tests.support.widgets import child

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


async def found(services: Services) -> list[int]:
    session = services.search.start(SearchQuery(Provider.TALKTOHUMANS, {"relationship_status": ("any",)}))
    await session.next_page()
    return session.contact_ids


@asynccontextmanager
async def shown(services: Services, *, removing: bool = False, left_out: int = 0) -> AsyncIterator[TagDialog]:
    dialog = TagDialog(services, (await found(services))[:3], left_out=left_out, removing=removing)
    dialog.show()
    dialog.activateWindow()
    try:
        yield dialog
    finally:
        await dialog.shut_down()
        dialog.deleteLater()


def chips(dialog: TagDialog) -> list[QAbstractButton]:
    return [chip for chip in dialog.known.findChildren(QAbstractButton) if chip.isVisible()]


async def test_typed_and_known_tags_are_added_together_with_the_keyboard_alone(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services, left_out=2) as dialog:
        await wait_until(lambda: len(chips(dialog)) > 1)
        confirm = child(dialog, QPushButton, "tag_confirm")
        assert (confirm.text(), confirm.isEnabled()) == ("Add to 3 contacts", False)
        told = [label.text() for label in dialog.findChildren(QLabel)]
        assert any("Left out: 2 selected contacts not from TalkToHumans." in text for text in told)
        box = child(dialog.edit, QLineEdit, "")
        QTest.keyClicks(box, "R&D")
        QTest.keyClick(box, Qt.Key.Key_Return)
        assert confirm.accessibleName() == "Add “R&D” to 3 contacts"
        known = chips(dialog)[0].text()
        order: list[QWidget] = [box]
        while (following := order[-1].nextInFocusChain()) is not box:
            assert following is not None, "the chain of focus leads round"
            order.append(following)
        places = [order.index(widget) for widget in (*chips(dialog), child(dialog, QPushButton, "tag_cancel"), confirm)]
        assert places == sorted(places), "Tab goes from the box to the chips, and then to the buttons"
        QTest.keyClick(chips(dialog)[0], Qt.Key.Key_Space)
        assert confirm.text() == "Add 2 tags to 3 contacts"
        dialog.accept()
        assert dialog.tags == ("R&D", known)


async def test_only_tags_that_the_contacts_have_are_offered_for_removal(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services:
        await services.tags.change((await found(services))[:2], add=["Rooftop party"])
        async with shown(services, removing=True) as dialog:
            await wait_until(lambda: bool(chips(dialog)))
            assert "Rooftop party · 2" in [chip.text() for chip in chips(dialog)]
            assert not dialog.edit.isVisible()
