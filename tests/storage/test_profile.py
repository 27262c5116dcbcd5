import os
import stat
from pathlib import Path

import pytest

from app.domain.errors import LibraryError
from app.storage.profile import Profile


def test_a_named_profile_keeps_everything_under_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "profile"
    profile = Profile(folder)
    paths = [
        profile.library_path,
        profile.journal_path,
        profile.settings_path,
        profile.window_state_path,
        profile.log_dir,
        profile.lock_path,
    ]
    assert all(path.is_relative_to(folder) for path in paths)
    assert len(set(paths)) == len(paths)
    assert profile.log_dir.is_dir()


@pytest.mark.skipif(os.name == "nt", reason="Windows folders carry no mode")
def test_its_folders_are_the_users_alone(tmp_path: Path) -> None:
    profile = Profile(tmp_path / "profile")
    for folder in (profile.directory, profile.log_dir):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_default_profile_is_in_the_users_home(outside_world: Path) -> None:
    profile = Profile.default()
    assert profile.library_path.is_relative_to(outside_world)
    assert profile.settings_path.is_relative_to(outside_world)
    assert profile.library_path.parent.is_dir()
    assert profile.settings_path.parent.is_dir()
    assert Profile.default().library_path == profile.library_path


def test_a_profile_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LibraryError, match="cannot be made") as raised:
        Profile(tmp_path / "file" / "profile")
    assert "--profile" in raised.value.next_step


def test_the_windows_layout_of_an_earlier_version_is_found_under_its_new_name(tmp_path: Path) -> None:
    (tmp_path / "window.ini").write_text("{}")
    assert Profile(tmp_path).window_state_path.read_text() == "{}"
    assert not (tmp_path / "window.ini").exists()
    (tmp_path / "window.ini").write_text("older")
    assert Profile(tmp_path).window_state_path.read_text() == "{}"
