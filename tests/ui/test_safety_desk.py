import asyncio
from pathlib import Path

import pytest
from PySide6.QtWidgets import QAbstractButton, QDialog, QPushButton

from app.composition import Services
from app.demo.dataset import DemoData
from app.domain.backups import BackupKind
from app.domain.errors import DamagedLibraryError
from app.qtbridge.waiting import wait_until
from app.storage.backups import list_backups
from app.ui.dialogs.backups_dialog import BackupsDialog
from app.ui.dialogs.way_out_dialog import WayOutDialog
from app.ui.main_window import MainWindow
from tests.storage.builders import make_record
from tests.support.demo_services import demo_services
from tests.support.widgets import child, choose_file, press, press_text, question
from tests.support.windows import dialog, open_window

pytestmark = pytest.mark.gui


@pytest.fixture(scope="module")
def data() -> DemoData:
    return DemoData(seed=1, contacts=400)


async def listed(window: MainWindow) -> BackupsDialog:
    window.actions_by_key["library.backups"].trigger()
    return await dialog(BackupsDialog)


async def save(services: Services, *ids: str) -> None:
    await services.search._library.save([make_record(each, first_name="Ada") for each in ids])


async def test_a_backup_is_saved_where_the_rep_wants_it(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path / "profile", data=data) as services, open_window(services) as window:
        await save(services, "1")
        window.actions_by_key["library.back_up"].trigger()
        await choose_file(window, str(tmp_path / "mine.sqlite3"))
        await wait_until(lambda: window.status.message.startswith("Backed up 1 contact"))
        assert (tmp_path / "mine.sqlite3").exists()


async def test_a_backup_is_made_listed_and_chosen_which_closes_the_window(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        closing: list[bool] = []
        window.close_requested.connect(lambda: closing.append(True))
        await save(services, "1", "2")
        backups = await listed(window)
        press(backups, "backups_now")
        await wait_until(lambda: "2 contacts" in backups.banner.text)
        await wait_until(lambda: backups.table.chosen() is not None)
        (made,) = list_backups(services.profile.library_path)
        assert [backups.table.model().index(0, column).data() for column in (1, 2)] == ["Made by hand", "2"]
        press(backups, "backups_restore")
        box = await question(backups)
        assert "It holds 2 contacts." in box.text()
        assert "set aside" in box.informativeText()
        press_text(box, "Restore and restart")
        await wait_until(lambda: bool(closing))
        assert services.safekeeping.chosen is not None
        assert services.safekeeping.chosen.backup == made


async def test_what_is_no_backup_is_told_in_the_dialog(tmp_path: Path, data: DemoData) -> None:
    letter = tmp_path / "letter.sqlite3"
    letter.write_bytes(b"a letter to my aunt " * 1_000)
    async with demo_services(tmp_path / "profile", data=data) as services, open_window(services) as window:
        backups = await listed(window)
        press(backups, "backups_file")
        await choose_file(backups, str(letter))
        await wait_until(lambda: "damaged" in backups.banner.text)
        assert services.safekeeping.chosen is None
        press(backups, "backups_close")


async def test_a_backup_is_deleted_when_that_is_meant(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        await save(services, "1")
        await services.safekeeping.back_up()
        backups = await listed(window)
        await wait_until(lambda: backups.table.chosen() is not None)
        press(backups, "backups_delete")
        press_text(await question(backups), "Delete")
        await wait_until(lambda: not list_backups(services.profile.library_path))
        await wait_until(lambda: not child(backups, QPushButton, "backups_restore").isEnabled())
        press(backups, "backups_close")


async def test_damage_is_told_with_a_way_out_and_what_was_set_back_is_told_once(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services, open_window(services) as window:
        assert window.safety.banner.text == ""
        services.safekeeping._on_damage(DamagedLibraryError())
        await wait_until(lambda: "Nothing is bought any more" in window.safety.banner.text)
        press_text(window.safety.banner, "Repair…")
        backups = await dialog(BackupsDialog)
        press(backups, "backups_salvage")
        press_text(await question(backups), "Salvage and restart")
        await wait_until(lambda: services.safekeeping.chosen is not None)
        assert services.safekeeping.chosen is not None
        assert services.safekeeping.chosen.backup is None


async def test_after_a_restore_the_window_says_what_became_of_it(tmp_path: Path, data: DemoData) -> None:
    async with demo_services(tmp_path, data=data) as services:
        services.safekeeping.note_set_back("The library was salvaged.", 2)
        async with open_window(services) as window:
            assert "2 paid requests" in window.safety.banner.text


async def test_every_button_of_the_way_out_has_a_name_and_nothing_is_chosen_without_backups(tmp_path: Path) -> None:
    asking = WayOutDialog(tmp_path / "library.sqlite3", DamagedLibraryError())
    asking.show()
    await wait_until(lambda: not asking.table.isVisible())
    assert not child(asking, QPushButton, "way_out_restore").isEnabled()
    assert all(
        each.text() or each.accessibleName() for each in asking.findChildren(QAbstractButton) if each.isVisible()
    )
    press(asking, "way_out_salvage")
    assert asking.result() == QDialog.DialogCode.Accepted
    assert asking.chosen is not None
    assert asking.chosen.backup is None
    await asking.shut_down()
    asking.deleteLater()
    await asyncio.sleep(0)


def test_kinds_of_backups_are_told_in_words() -> None:
    assert {kind.label for kind in BackupKind} == {"made by hand", "daily", "before an update"}
