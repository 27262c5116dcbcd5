"""Where a profile's files are: all under one folder, or in the platform's own places."""

from contextlib import suppress
from pathlib import Path
from typing import Self

import platformdirs

from app.domain.errors import LibraryError

_APP = "contact-scout"


class Profile:
    """The paths of one profile. Its folders are made, for the user alone, when it is built.

    Raises:
        LibraryError: A folder cannot be made.
    """

    def __init__(
        self, directory: Path, *, config_directory: Path | None = None, log_directory: Path | None = None
    ) -> None:
        self.directory = directory
        self.log_dir = log_directory or directory / "logs"
        self._config_directory = config_directory or directory
        for folder in (self.directory, self._config_directory, self.log_dir):
            _make_private(folder)
        _rename(self._config_directory / "window.ini", self.window_state_path)

    @classmethod
    def default(cls) -> Self:
        """The profile in the platform's folders for data, settings and logs."""
        places = platformdirs.PlatformDirs(_APP, appauthor=False)
        return cls(places.user_data_path, config_directory=places.user_config_path, log_directory=places.user_log_path)

    @property
    def library_path(self) -> Path:
        """The library: one SQLite file."""
        return self.directory / "library.sqlite3"

    @property
    def journal_path(self) -> Path:
        """The journal of accepted paid requests."""
        return self.directory / "requests.jsonl"

    @property
    def settings_path(self) -> Path:
        """The settings file."""
        return self._config_directory / "settings.json"

    @property
    def window_state_path(self) -> Path:
        """Where docks, columns and tabs were."""
        return self._config_directory / "window.json"

    @property
    def request_counts_path(self) -> Path:
        """The requests of each month."""
        return self.directory / "request-counts.json"

    @property
    def lock_path(self) -> Path:
        """The file that is locked while a program has the profile open."""
        return self.directory / "profile.lock"


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(
            f"The profile's folder cannot be made: {folder}.", next_step="Choose another one with “--profile”."
        ) from error


def _rename(old: Path, new: Path) -> None:
    """What earlier versions called otherwise; where it cannot be renamed it is not worth a word."""
    if old.exists() and not new.exists():
        with suppress(OSError):
            old.rename(new)
