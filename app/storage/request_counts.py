"""How many requests each key has made in each month: one small JSON file, written off the event loop."""

import logging
from collections.abc import Mapping
from pathlib import Path

import msgspec

from app.domain.errors import LibraryError
from app.storage.files import replace_file

log = logging.getLogger(__name__)

#: (month, provider, fingerprint of the key) → requests. The file never holds a key.
Counts = dict[tuple[str, str, str], int]


class _Line(msgspec.Struct, frozen=True):
    month: str
    provider: str
    key: str
    requests: int


_decoder = msgspec.json.Decoder(list[_Line])


class RequestCountStore:
    """Loads and saves the counts; both touch the disk, so call them in a thread."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Counts:
        """The counts, none where nothing was saved. A damaged file counts as none: nothing bought depends on it.

        Raises:
            LibraryError: The file is there and cannot be read.
        """
        try:
            lines = _decoder.decode(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (msgspec.MsgspecError, UnicodeDecodeError):
            log.warning("The counts of requests are damaged; they start anew")
            return {}
        except OSError as error:
            raise LibraryError(
                "The counts of requests cannot be read.", next_step="Check that you may read the profile's folder."
            ) from error
        return {(line.month, line.provider, line.key): line.requests for line in lines}

    def save(self, counts: Mapping[tuple[str, str, str], int]) -> None:
        """Write the counts, whole or not at all.

        Raises:
            LibraryError: They cannot be written; the old ones stay.
        """
        lines = [_Line(*place, requests) for place, requests in sorted(counts.items())]
        try:
            replace_file(self._path, msgspec.json.format(msgspec.json.encode(lines)) + b"\n")
        except OSError as error:
            raise LibraryError(
                "The counts of requests cannot be saved.", next_step="Check the disk and the profile's folder."
            ) from error
