from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QLineEdit, QMessageBox

from app.composition import Services, open_services
from app.demo.dataset import DemoData
from app.demo.samples import people_rows
from app.domain.enrichment import BatchState, EnrichField, PersonInput
from app.domain.errors import BadKeyError, CapError
from app.domain.provider import Provider
from app.qtbridge.waiting import wait_signal, wait_until
from app.services.credentials import KeySource
from app.storage.profile import Profile
from app.ui.dialogs.other_key import OtherKeyDialog
from app.ui.dialogs.settings_dialog import SettingsDialog
from app.ui.widgets.key_card import KeyCard
from tests.support.demo_server import DemoServer
from tests.support.demo_services import demo_services
from tests.support.live_services import live_services
from tests.support.memory_key_store import MemoryKeyStore
from tests.support.widgets import press, press_text

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=50)


@asynccontextmanager
async def shown(services: Services) -> AsyncIterator[SettingsDialog]:
    dialog = SettingsDialog(services, provider=Provider.TAMTAM)
    dialog.show()
    try:
        await wait_until(lambda: "Looking for" not in dialog.keyring_text.text())
        yield dialog
    finally:
        await dialog.shut_down()
        dialog.deleteLater()


async def answer(card: KeyCard, part: str) -> None:
    await wait_until(lambda: card.result.isVisible() and part in card.result.text())


async def test_a_key_is_tried_kept_and_deleted_without_ever_being_shown(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server, keys={}) as services, shown(services) as dialog:
            card = dialog.cards[Provider.TAMTAM]
            assert dialog.keyring_text.text() == "Kept in memory."
            assert not card.save_button.isEnabled()
            assert not card.delete_button.isEnabled()
            card.key_box.setText("wrong-key")
            press_text(card, "Check key")
            await answer(card, "refused the key")
            card.key_box.setText(server.key)
            press_text(card, "Check key")
            await answer(card, "The key works.")
            changed: list[bool] = []
            dialog.key_changed.connect(lambda: changed.append(True))
            press_text(card, "Save to the keyring")
            await answer(card, "kept in the system keyring")
            assert changed == [True]
            assert card.key_box.text() == ""
            assert card.key_box.echoMode() is QLineEdit.EchoMode.Password
            assert await services.credentials.source(Provider.TAMTAM) is KeySource.KEYRING
            everything = [box.text() + box.placeholderText() for box in dialog.findChildren(QLineEdit)]
            assert not any(server.key in text for text in everything)
            press_text(card, "Delete key")
            await wait_until(lambda: bool(dialog.findChildren(QMessageBox)))
            press_text(dialog.findChildren(QMessageBox)[0], "Delete")
            await answer(card, "The key is deleted.")
            assert await services.credentials.source(Provider.TAMTAM) is KeySource.NONE


async def test_a_key_can_be_kept_for_the_session_only(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server, keys={}) as services, shown(services) as dialog:
            card = dialog.cards[Provider.TAMTAM]
            card.key_box.setText(server.key)
            press_text(card, "Keep for this session only")
            await answer(card, "for this session only")
            assert await services.credentials.source(Provider.TAMTAM) is KeySource.SESSION


async def test_a_locked_keyring_is_said_and_the_session_still_offered(tmp_path: Path) -> None:
    store = MemoryKeyStore()
    store.refused = True
    async with (
        open_services(Profile(tmp_path), environ={}, key_store=store) as services,
        shown(services) as dialog,
    ):
        card = dialog.cards[Provider.TAMTAM]
        card.key_box.setText("some-key")
        assert not card.save_button.isEnabled()
        assert card.keep_button.isEnabled()


async def test_what_cannot_be_a_key_and_what_cannot_be_asked_is_said_in_the_card(
    tmp_path: Path, data: DemoData
) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server, keys={}) as services, shown(services) as dialog:
            card = dialog.cards[Provider.LEADFEEDER]
            card.key_box.setText("two words")
            press_text(card, "Save to the keyring")
            await answer(card, "cannot be a key")
            server.fault("status", Provider.LEADFEEDER, path="/v1/users/me", status=403, times=1)
            card.key_box.setText(server.key)
            press_text(card, "Check key")
            await answer(card, "Leadfeeder")
            assert card.check_button.isEnabled()


async def test_another_address_must_be_safe(tmp_path: Path) -> None:
    async with (
        open_services(Profile(tmp_path), environ={}, key_store=MemoryKeyStore()) as services,
        shown(services) as dialog,
    ):
        card = dialog.cards[Provider.BUILDWORKPRO]
        card.url_box.setText("http://api.example.com")
        press_text(card, "Save address")
        await answer(card, "https")
        card.url_box.setText("https://proxy.example.com/bwp")
        press_text(card, "Save address")
        await answer(card, "The address is saved.")
        assert services.providers.base_url(Provider.BUILDWORKPRO) == "https://proxy.example.com/bwp"
        card.url_box.clear()
        press_text(card, "Save address")
        await answer(card, "own address is used")
        assert "proxy" not in services.providers.base_url(Provider.BUILDWORKPRO)


async def test_the_cap_is_kept(tmp_path: Path) -> None:
    async with (
        open_services(Profile(tmp_path), environ={}, key_store=MemoryKeyStore()) as services,
        shown(services) as dialog,
    ):
        assert dialog.cap.value() == services.settings.load().run_cap
        dialog.cap.setValue(1_250)
        assert services.settings.load().run_cap == 1_250


async def test_a_raised_cap_of_the_day_lets_the_queue_go_on(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, shown(services) as dialog:
        assert dialog.day_cap.text() == "No cap"
        dialog.day_cap.setValue(0)
        assert services.settings.load().day_cap == 0
        plan = await services.enrichment.plan_people(
            [PersonInput("Ada", "Moreau", "acme.example")], [EnrichField.EMAILS]
        )
        run_id = await services.enrichment.enqueue(plan, cap=1, origin="")
        with pytest.raises(CapError, match="day's cap"):
            await services.enrichment.drain([run_id])
        dialog.day_cap.setValue(1)
        await services.enrichment.drain([run_id])
        assert not (await services.enrichment.run(run_id)).is_open
        dialog.day_cap.setValue(-1)
        assert services.settings.load().day_cap is None


async def test_a_connection_is_checked_step_by_step(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data) as server:
        async with live_services(tmp_path, server) as services, shown(services) as dialog:
            card = dialog.cards[Provider.LEADFEEDER]
            await wait_until(card.connection_button.isVisible)
            checked = wait_signal(card.connection_checked)
            press_text(card, "Check connection")
            await checked
            assert "Leadfeeder answers from here." in card.connection.text
            assert "DNS: 127.0.0.1" in card.connection.text
            assert "HTTP status: 200" in card.connection.text

            server.fault("html", Provider.LEADFEEDER, status=200, times=None)
            checked = wait_signal(card.connection_checked)
            press_text(card, "Check connection")
            await checked
            assert "answers from here" not in card.connection.text
            assert server.key not in card.connection.text


async def test_a_key_of_another_account_asks_what_becomes_of_batches_in_flight(tmp_path: Path, data: DemoData) -> None:
    with DemoServer(data, enrichment_seconds=0) as server:
        server.options(second_key="second-key")
        async with live_services(tmp_path, server) as services:
            row = people_rows(data, 1)[0]
            person = PersonInput(row["first_name"], row["last_name"], row["domain"])
            plan = await services.enrichment.plan_people([person], {EnrichField.EMAILS})
            await services.enrichment.enqueue(plan, cap=1, origin="test")
            server.fault("key_revoked", Provider.TAMTAM, method="GET", path="/v2/people/enrich/")
            with pytest.raises(BadKeyError):
                await services.enrichment.drain()
            async with shown(services) as dialog:
                card = dialog.cards[Provider.TAMTAM]
                card.key_box.setText("second-key")
                press_text(card, "Save to the keyring")
                await wait_until(lambda: any(each.isVisible() for each in dialog.findChildren(OtherKeyDialog)))
                press(dialog, "other_key_cancel")
                await wait_until(lambda: not any(each.isVisible() for each in dialog.findChildren(OtherKeyDialog)))
                assert card.key_box.text() == "second-key"  # nothing is done, nothing is lost
                press_text(card, "Save to the keyring")
                await wait_until(lambda: any(each.isVisible() for each in dialog.findChildren(OtherKeyDialog)))
                assert "1 batch with 1 person" in " ".join(
                    label.text() for label in dialog.findChildren(QLabel) if label.isVisible()
                )
                press(dialog, "other_key_confirm")
                await wait_until(lambda: "is kept" in card.result.text())
            await services.enrichment.drain()
            (run,) = await services.enrichment.runs()
            assert [batch.state for batch in run.batches] == [BatchState.COMPLETE]
