from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.errors import LibraryError
from app.storage.settings import Settings, SettingsStore, Theme
from tests.conftest import ExpectLog


def test_without_a_file_there_are_defaults(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "settings.json")
    assert store.load() == Settings(base_urls={}, run_cap=500, theme=Theme.SYSTEM)
    assert store.notice == ""


def test_settings_come_back_as_saved_and_can_be_read_by_people(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path / "settings.json")
    saved = Settings(base_urls={"tamtam": "https://tamtam.example/api"}, run_cap=7, theme=Theme.DARK)
    store.save(replace(saved, run_cap=8))
    store.save(saved)
    assert SettingsStore(tmp_path / "settings.json").load() == saved
    assert '\n  "run_cap": 7' in (tmp_path / "settings.json").read_text(encoding="utf-8")
    assert [path.name for path in tmp_path.iterdir()] == ["settings.json"]


def test_what_a_later_version_added_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"run_cap": 3, "added_later": [1]}', encoding="utf-8")
    assert SettingsStore(tmp_path / "settings.json").load() == Settings(run_cap=3)


@pytest.mark.parametrize(
    "damage", [b"", b"{", b"[]", b'{"run_cap": "many"}', b'{"run_cap": -1}', b'{"theme": "\xff"}', b"\x00" * 50]
)
def test_a_damaged_file_is_set_aside_and_told(tmp_path: Path, damage: bytes, expected_log: ExpectLog) -> None:
    expected_log("settings file is damaged")
    path = tmp_path / "settings.json"
    path.write_bytes(damage)
    store = SettingsStore(path)
    assert store.load() == Settings()
    (aside,) = tmp_path.iterdir()
    assert aside.read_bytes() == damage
    assert aside.name in store.notice
    store.load()
    assert store.notice == ""


def test_settings_that_cannot_be_read_or_saved(tmp_path: Path) -> None:
    store = SettingsStore(tmp_path)
    with pytest.raises(LibraryError, match="cannot be read") as raised:
        store.load()
    assert raised.value.next_step
    with pytest.raises(LibraryError, match="cannot be saved"):
        SettingsStore(tmp_path / "no folder" / "settings.json").save(Settings())


def test_a_save_that_fails_leaves_no_litter(tmp_path: Path) -> None:
    target = tmp_path / "settings.json"
    target.mkdir()
    with pytest.raises(LibraryError, match="cannot be saved"):
        SettingsStore(target).save(Settings())
    assert list(tmp_path.iterdir()) == [target]
