"""SQLite's failures in words for people, where a person can do something about them."""

from collections.abc import Iterator
from contextlib import contextmanager

import apsw

from app.domain.errors import DamagedLibraryError, LibraryError

_SENTENCES: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    ((apsw.FullError,), "The disk is full; nothing was changed.", "Free some space, then try again."),
    (
        (apsw.BusyError, apsw.LockedError),
        "Another program has the library locked.",
        "Close the other program, then try again.",
    ),
    (
        (apsw.ReadOnlyError, apsw.PermissionsError),
        "The library cannot be written.",
        "Check that you may write to its folder.",
    ),
    (
        (apsw.CantOpenError,),
        "The library cannot be opened.",
        "Check that its folder exists and that you may write to it.",
    ),
    (
        (apsw.IOError,),
        "The disk could not read or write the library.",
        "Check the disk, then try again.",
    ),
)


_DAMAGE = (apsw.NotADBError, apsw.CorruptError, apsw.FormatError, UnicodeDecodeError)


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn SQLite failures that a person can act on into one sentence each."""
    try:
        yield
    except _DAMAGE as error:  # text that is no UTF-8 was not written by us
        raise DamagedLibraryError from error
    except apsw.Error as error:
        for kinds, text, next_step in _SENTENCES:
            if isinstance(error, kinds):
                raise LibraryError(text, next_step=next_step) from error
        raise


@contextmanager
def damaged_if_not_understood() -> Iterator[None]:
    """While the schema is read for the first time, what SQLite cannot make sense of is damage and no bug of ours."""
    try:
        yield
    except apsw.SQLError as error:
        raise DamagedLibraryError from error
