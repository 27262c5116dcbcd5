import errno
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

import app
from app.bug_report import bug_report
from app.domain.errors import LibraryError


def caught(cause: Callable[[], object]) -> Exception:
    try:
        cause()
    except Exception as error:  # noqa: BLE001 - whatever the cause raises
        return error
    raise AssertionError("nothing was raised")


def test_a_report_has_versions_places_and_types() -> None:
    def call() -> None:
        dict[str, str]()["ann@example.com"]

    first, *places, last = bug_report(caught(call)).splitlines()
    assert first.startswith(f"Contact Scout {app.__version__}, Python 3.")
    assert "PySide6 6." in first
    assert [place.split(":")[0] for place in places] == ["  tests/test_bug_report.py"] * 2
    assert places[-1].endswith("in call")
    assert last == "KeyError"


def test_texts_of_the_program_are_kept_and_those_of_data_are_not() -> None:
    assert bug_report(caught(lambda: None.missing)).endswith(  # type: ignore[attr-defined]  # the bug reported
        "AttributeError: 'NoneType' object has no attribute 'missing'"
    )
    assert bug_report(caught(lambda: int("ann"))).endswith("\nValueError")
    assert bug_report(LibraryError("The disk is full.")).endswith("LibraryError: The disk is full.")


def test_a_system_error_keeps_its_reason_but_not_the_path() -> None:
    report = bug_report(caught(lambda: Path("/no/such/place").read_bytes()))
    assert report.endswith("FileNotFoundError: No such file or directory")
    assert "such/place" not in report
    assert bug_report(OSError(errno.EIO, "disk", "/home/ann")).endswith("OSError: disk")


def test_causes_and_groups_are_followed_and_circles_end() -> None:
    def chained() -> None:
        try:
            int("ann")
        except ValueError as error:
            raise TypeError("wrong") from error

    report = bug_report(caught(chained))
    assert report.index("ValueError") < report.index("which led to") < report.index("TypeError: wrong")

    group = bug_report(ExceptionGroup("of ann", [KeyError("ann"), NameError("x")]))
    assert "of which number 1\nKeyError\nof which number 2\nNameError: x" in group
    assert "of ann" not in group

    first, second = ValueError(), TypeError()
    first.__context__, second.__context__ = second, first
    assert bug_report(first).count("TypeError") == 1


def test_a_frozen_program_without_metadata_still_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", unknown)
    assert "PySide6 unknown" in bug_report(ValueError())
