"""Whether what is about to be paid for could be kept: asked before each submit, while no money is at stake."""

import shutil
from pathlib import Path

from app.domain.errors import LibraryError
from app.storage.files import replace_file

#: Bytes that must be free. A full batch and its answer take less than a hundredth.
HEADROOM = 50 * 1024 * 1024
_PROBE = b"\0" * 4096


def check_headroom(library: Path, *, least: int = HEADROOM) -> None:
    """Write and flush a small file beside the library, and look at the space left; takes some milliseconds.

    Args:
        library: The library file.
        least: Bytes that must be free on its disk.

    Raises:
        LibraryError: The disk is too full, or the folder or the library cannot be written.
    """
    folder = library.parent
    probe = folder / "write-test.tmp"
    try:
        free = shutil.disk_usage(folder).free
        if free >= least:
            replace_file(probe, _PROBE)
            probe.unlink()
            with library.open("r+b"):
                pass
    except OSError as error:
        raise LibraryError(
            "Nothing is bought: the library's folder cannot be written.",
            next_step="Check the disk, and that you may write to the profile's folder.",
        ) from error
    if free < least:
        raise LibraryError(
            f"Nothing is bought: only {free // 1024 // 1024} MB are free on the disk, {least // 1024 // 1024} MB are"
            " kept in reserve for the results.",
            next_step="Free some space; the queue goes on by itself.",
        )
