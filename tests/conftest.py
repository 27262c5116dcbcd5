"""What every test gets: its own home folder, no proxies, no unexpected warnings in the log, the right event loop."""

import asyncio
import logging
import os
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

import pytest
import pytestqt.plugin

if TYPE_CHECKING:
    from pathlib import Path

# Read by Qt and qasync when they are first imported, which a plug-in may do before any fixture runs.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QT_API"] = "pyside6"

# Whoever starts the tests in the background makes them deaf to it, and every program that they start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _process_events_without_timers() -> None:
    """Between the phases of a test no loop runs: what a timer starts there would have nobody to run it."""
    from PySide6.QtCore import QCoreApplication, QEventLoop

    if QCoreApplication.instance() is not None:
        QCoreApplication.processEvents(QEventLoop.ProcessEventsFlag.X11ExcludeTimers)


pytestqt.plugin._process_events = _process_events_without_timers

HOME_VARIABLES = {
    "HOME": "",
    "USERPROFILE": "",
    "APPDATA": "AppData/Roaming",
    "LOCALAPPDATA": "AppData/Local",
    "XDG_CONFIG_HOME": ".config",
    "XDG_DATA_HOME": ".local/share",
    "XDG_STATE_HOME": ".local/state",
    "XDG_CACHE_HOME": ".cache",
}
OUTSIDE_VARIABLES = re.compile(
    r"(https?|all|no)_proxy|ssl_cert_(file|dir)|requests_ca_bundle|curl_ca_bundle|contact_scout_.*|.*_?keyring_backend",
    re.IGNORECASE,
)

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def _qt_loop() -> asyncio.AbstractEventLoop:
    from PySide6.QtWidgets import QApplication

    from app.qtbridge.loop import create_loop

    app = QApplication.instance()
    assert isinstance(app, QApplication), "a gui test runs with the fixture qapp"
    return create_loop(app)


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, LoopFactory]:
    """Run the async tests marked `gui` on the program's loop, all others on plain asyncio."""
    if item.get_closest_marker("gui"):
        return {"qt": _qt_loop}
    return {"asyncio": asyncio.new_event_loop}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each `gui` test the one QApplication, before its loop is made; skip `keyring` tests without a keyring."""
    no_keyring = pytest.mark.skip(reason="NO KEYRING: run `make test`, which brings one (D-Bus and gnome-keyring)")
    for item in items:
        if isinstance(item, pytest.Function) and item.get_closest_marker("gui") and "qapp" not in item.fixturenames:
            item.fixturenames.insert(0, "qapp")
        if item.get_closest_marker("keyring") and "TEST_KEYRING_FOLDER" not in os.environ:
            item.add_marker(no_keyring)  # scripts/with-keyring.sh sets it


@pytest.fixture(autouse=True)
def outside_world(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> "Path":
    """Keep the machine's own settings out: an empty home folder (returned), no proxy, no CA file, no keys."""
    home = tmp_path_factory.mktemp("home")
    for name, below in HOME_VARIABLES.items():
        monkeypatch.setenv(name, str(home / below))
    for name in os.environ:
        if OUTSIDE_VARIABLES.fullmatch(name):
            monkeypatch.delenv(name)
    return home


class _Collector(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)


ExpectLog = Callable[[str], None]


@pytest.fixture
def _expected_patterns() -> list[str]:
    return []


@pytest.fixture
def expected_log(_expected_patterns: list[str]) -> ExpectLog:
    """Announce a warning or error that the test causes on purpose.

    `expected_log(r"app.storage.*damaged")` takes a regular expression, searched in `logger: message`. It excuses every
    record it fits, and the test fails if there is none.
    """
    return _expected_patterns.append


@pytest.fixture(autouse=True)
def unexpected_log_fails(_expected_patterns: list[str]) -> Iterator[None]:
    """Fail a test that logs a warning or worse without having announced it by `expected_log`."""
    collector = _Collector()
    logging.getLogger().addHandler(collector)
    yield
    logging.getLogger().removeHandler(collector)
    lines = [f"{record.name}: {record.getMessage()}" for record in collector.records]
    unexpected = [line for line in lines if not any(re.search(pattern, line) for pattern in _expected_patterns)]
    missing = [pattern for pattern in _expected_patterns if not any(re.search(pattern, line) for line in lines)]
    assert not unexpected, "unexpected log records"
    assert not missing, "announced log records did not come"
