"""The rep's settings: one small JSON file. Keys are never in it; they are in the OS keyring."""

import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec

from app.domain.errors import LibraryError
from app.storage.files import replace_file

log = logging.getLogger(__name__)


class Theme(StrEnum):
    """The window's colours."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings with their defaults.

    Attributes:
        base_urls: Provider name → base URL, only where it differs from the vendor's.
        run_cap: The most credits one enrichment run may spend unless the rep says otherwise.
        day_cap: The most credits that enrichment may spend on one UTC day, None for no such cap.
        retention_days: How long results are taken to be kept by the service after a submit.
        theme: The window's colours.
        whole_numbers: Name of the provider whose IDs pasted whole numbers are, "" to ask.
        import_columns: Header line of an imported file → field → the header of its column, as the rep chose it.
        kept_keys: Fingerprints of earlier keys that the keyring keeps to collect what they bought.
    """

    base_urls: dict[str, str] = field(default_factory=dict)
    run_cap: Annotated[int, msgspec.Meta(ge=0)] = 500
    theme: Theme = Theme.SYSTEM
    whole_numbers: str = ""
    day_cap: Annotated[int, msgspec.Meta(ge=0)] | None = None
    retention_days: Annotated[int, msgspec.Meta(ge=1)] = 30
    import_columns: dict[str, dict[str, str]] = field(default_factory=dict)
    kept_keys: tuple[str, ...] = ()


class SettingsStore:
    """Loads and saves the settings file.

    Attributes:
        notice: One sentence for the rep when the last `load` found a damaged file, else "".
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.notice = ""

    def load(self) -> Settings:
        """The settings, defaults where nothing is saved. A damaged file is set aside and told in `notice`.

        Raises:
            LibraryError: The file is there and cannot be read.
        """
        self.notice = ""
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Settings)
        except FileNotFoundError:
            return Settings()
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            aside = self._path.with_name(f"{self._path.stem}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.json")
            log.warning("The settings file is damaged and set aside: %s", error)
            self._path.replace(aside)
            self.notice = f"The settings could not be read and were reset; the old file is kept as {aside.name}."
            return Settings()
        except OSError as error:
            raise LibraryError(
                "The settings cannot be read.", next_step="Check that you may read the profile's folder."
            ) from error

    def save(self, settings: Settings) -> None:
        """Write the settings, whole or not at all.

        Raises:
            LibraryError: They cannot be written; the old ones stay.
        """
        try:
            replace_file(self._path, msgspec.json.format(msgspec.json.encode(settings)) + b"\n")
        except OSError as error:
            raise LibraryError(
                "The settings cannot be saved.",
                next_step="Check the disk and that you may write to the profile's folder.",
            ) from error
