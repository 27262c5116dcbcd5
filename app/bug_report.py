"""Bug reports: what went wrong and where, without any data that passed through."""

import platform
import traceback
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from app import __version__
from app.domain.errors import ContactScoutError

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


def bug_report(error: BaseException) -> str:
    """Describe an exception with versions and traceback, but without data.

    Source lines, local file paths above the package, and texts that may quote a contact are left out.
    """
    versions = (
        f"Contact Scout {__version__}",
        f"Python {platform.python_version()}",
        f"PySide6 {_version_of('PySide6-Essentials')}",
        platform.platform(),
    )
    return "\n".join([", ".join(versions), *_described(error, set())])


def _described(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    earlier = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if earlier is not None and id(earlier) not in seen:
        yield from _described(earlier, seen)
        yield "which led to"
    for frame, line in traceback.walk_tb(error.__traceback__):
        yield f"  {_short_path(frame.f_code.co_filename)}:{line} in {frame.f_code.co_name}"
    yield _titled(error)
    if isinstance(error, BaseExceptionGroup):
        for number, member in enumerate(error.exceptions, 1):
            yield f"of which number {number}"
            yield from _described(member, seen)


def _titled(error: BaseException) -> str:
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"
    return f"{name}: {error}" if isinstance(error, SAFE_TEXTS) else name


def _short_path(filename: str) -> str:
    parts = Path(filename).parts
    for root in ("app", "site-packages"):
        if root in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(root) :])
    return "/".join(parts[-2:])


def _version_of(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:  # a frozen program may lack the metadata
        return "unknown"
