"""Bug reports: what went wrong and where, without any data that passed through."""

import platform
import traceback
from collections.abc import Iterator
from pathlib import Path

from app import __version__
from app.domain.errors import ContactScoutError, InputError, ServiceError
from app.domain.redaction import Redact, Redactor, plain_id

SAFE_TEXTS = (
    ContactScoutError,
    AssertionError,
    AttributeError,
    ImportError,
    NameError,
    NotImplementedError,
    RecursionError,
    TypeError,
)
"""Classes whose text names parts of the program. That of others (KeyError, ValueError) may quote a contact's data."""

_ERRORS = ContactScoutError.__module__

QUOTING = (InputError, ServiceError)
"""Those of ours that quote: what was typed, a file's cells, or the service's words, which may repeat them."""


def bug_report(error: BaseException, redact: Redact | None = None) -> str:
    """Describe an exception with versions and traceback, but without data.

    Source lines, local file paths above the package, and texts that may quote a contact are left out; what is left
    passes through `redact`.
    """
    redact = redact or Redactor()
    title = ", ".join(f"{name} {version}" for name, version in versions().items())
    return "\n".join([title, *map(redact, traceback_without_data(error))])


def traceback_without_data(error: BaseException) -> list[str]:
    """The lines of a traceback: places and classes, causes first."""
    return list(_described(error, set()))


def named(error: BaseException) -> str:
    """An exception on one line for a log: its class, and its text only where that cannot quote anybody's data."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ in ("builtins", _ERRORS) else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"
    if isinstance(error, ServiceError):
        status, request_id = error.status or "-", plain_id(error.request_id) or "-"
        return f"{name} provider={error.provider.value} status={status} request_id={request_id}"
    return f"{name}: {error}" if isinstance(error, SAFE_TEXTS) and not isinstance(error, QUOTING) else name


def versions() -> dict[str, str]:
    """What runs here: name → version. Nothing is imported for it."""
    return {
        "Contact Scout": __version__,
        "Python": platform.python_version(),
        "PySide6": _version_of("PySide6-Essentials"),
        "on": platform.platform(),
    }


def _described(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None and id(earlier) not in seen:
        yield from _described(earlier, seen)
        yield "which led to"
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield f"  {_short_path(frame.f_code.co_filename)}:{line} in {frame.f_code.co_name}"
    yield named(error)
    if isinstance(error, BaseExceptionGroup):
        for number, member in enumerate(error.exceptions, 1):
            yield f"of which number {number}"
            yield from _described(member, seen)


def _short_path(filename: str) -> str:
    parts = Path(filename).parts
    for root in ("app", "site-packages"):
        if root in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(root) :])
    return "/".join(parts[-2:])


def _version_of(distribution: str) -> str:
    from importlib.metadata import PackageNotFoundError, version  # slow to load, and seldom needed

    try:
        return version(distribution)
    except PackageNotFoundError:  # a frozen program may lack the metadata
        return "unknown"
