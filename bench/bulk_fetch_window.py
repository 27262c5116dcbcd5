"""The window while 100,000 pasted IDs are read, questioned, planned, fetched and looked at: its longest standstills.

A timer beats once a millisecond on the window's event loop; whatever holds the loop up, be it work of our own, Qt's,
or another thread with Python's lock, shows as a late beat. A standstill of 16 ms is one frame that the eye may miss.
Of each step the longest standstill is shown, and how many were longer than a frame. The demo services answer from
another process.
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TypeVar

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QMimeData, Qt
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QTableView,
    QWidget,
)

from app.composition import Services, open_services
from app.demo import DEMO_KEY
from app.demo.app import BASE_PATHS
from app.domain.provider import Provider
from app.qtbridge.loop import create_loop
from app.qtbridge.waiting import wait_until
from app.storage.profile import Profile
from app.ui.models.id_outcome_model import Column
from app.ui.panes.bulk_fetch_pane import BulkFetchPane
from app.ui.theme import Theme
from bench.watch import Watch

W = TypeVar("W", bound=QWidget)

PIECES = 100_000
PATIENCE = 120.0
RUNNING_SECONDS = 10.0


def mixed_paste() -> str:
    """Pieces of every kind: 10 % are mentioned twice, 5 % cannot be read, 5 % are questions."""
    chance = random.Random(7)
    fresh = [
        *(str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(40_000)),
        *(str(chance.randrange(10**6, 10**9)) for _ in range(35_000)),
        *(f"00{chance.randrange(10**6, 10**9)}" for _ in range(5_000)),
        *(f"word{number}" for number in range(5_000)),
        *(f"person{number}@quillmark.example" for number in range(4_000)),
        *(f"https://www.linkedin.com/in/person-{number}" for number in range(1_000)),
    ]
    pieces = [*fresh, *chance.sample(fresh[:75_000], PIECES - len(fresh))]
    chance.shuffle(pieces)
    return "\n".join(pieces)


async def _measure(services: Services) -> None:
    pane = BulkFetchPane(services)
    pane.resize(1100, 700)
    pane.show()
    await services.providers.check_key(Provider.TAMTAM)  # the first request of all loads modules
    await services.fetching.accounts(Provider.LEADFEEDER)
    await asyncio.sleep(0.5)
    watch = Watch()
    try:
        await _set_up(pane, watch)
        await _run(pane, watch)
    finally:
        await pane.shut_down()


async def _set_up(pane: BulkFetchPane, watch: Watch) -> None:
    source = QMimeData()
    source.setText(mixed_paste())
    print(f"Standstills of the window with {PIECES:,} pasted pieces")
    with watch.step("paste, read and preview"):
        _find(pane, QPlainTextEdit, "fetch_ids").insertFromMimeData(source)
        await _until(lambda: "in all" in _find(pane, QLabel, "fetch_sum").text())
    account = _find(pane, QLabel, "fetch_sum").text()
    start = _find(pane, QPushButton, "fetch_start")
    with watch.step("plan 40,000 UUIDs"):
        await _until(start.isEnabled)
    with watch.step("answer 5,000 questions"):
        _find(pane, QPushButton, "fetch_use_all").click()
        await _until(lambda: "question" not in _find(pane, QLabel, "fetch_preview").text())
        await _until(start.isEnabled)
    source = QMimeData()
    source.setText("\n".join(str(uuid.UUID(int=number, version=4)) for number in range(PIECES)))
    with watch.step("read and plan 100,000 UUIDs"):
        pane._form.take(source)  # noqa: SLF001 - what a drop does
        await _until(lambda: start.isEnabled() and f"{PIECES:,}" in start.text())
    with watch.step("plan them anew without those owned"):
        _find(pane, QCheckBox, "fetch_skip_owned").click()
        await _until(start.isEnabled)
    print(f"  {account}")


async def _run(pane: BulkFetchPane, watch: Watch) -> None:
    title = _find(pane, QLabel, "fetch_title")
    table = _find(pane, QTableView, "fetch_outcomes")
    model = table.model()
    with watch.step("store and show the run"):
        _find(pane, QPushButton, "fetch_start").click()
        await _until(lambda: model.rowCount() == PIECES)
    with watch.step("outcomes come in"):
        await asyncio.sleep(RUNNING_SECONDS)
    with watch.step("pause it"):
        _find(pane, QPushButton, "fetch_pause").click()
        await _until(lambda: "Paused" in title.text())
        await asyncio.sleep(2.0)
    only = _find(pane, QComboBox, "fetch_filter")
    with watch.step("show what is queued only"):
        only.setCurrentIndex(only.findText("Queued", Qt.MatchFlag.MatchStartsWith))
        await asyncio.sleep(0.2)
    only.setCurrentIndex(0)
    with watch.step("order by ID, falling"):
        table.sortByColumn(Column.ID, Qt.SortOrder.DescendingOrder)
        first = model.index(0, Column.ID).data()
        await _until(lambda: model.index(0, Column.ID).data() != first)
    with watch.step("order by outcome"):
        table.sortByColumn(Column.OUTCOME, Qt.SortOrder.AscendingOrder)
        await asyncio.sleep(1.5)
    print(f"  {title.text()}")


async def _until(holds: Callable[[], bool]) -> None:
    await wait_until(holds, PATIENCE)


def _find(pane: BulkFetchPane, kind: type[W], name: str) -> W:
    found = pane.findChild(kind, name)
    assert isinstance(found, kind)
    return found


@contextmanager
def _demo_services() -> Iterator[str]:
    command = [sys.executable, "-m", "app", "demo-server", "--port", "0", "--contacts", "2000"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield process.stdout.readline().removeprefix("listening on ").strip()
        finally:
            process.terminate()


@asynccontextmanager
async def _services(folder: str, url: str) -> AsyncIterator[Services]:
    environ = {}
    for provider in Provider:
        environ[f"CONTACT_SCOUT_{provider.name}_URL"] = url + BASE_PATHS[provider]
        environ[f"CONTACT_SCOUT_{provider.name}_KEY"] = DEMO_KEY
    async with open_services(Profile(Path(folder)), environ=environ) as services:
        yield services


async def _main() -> None:
    with tempfile.TemporaryDirectory() as folder, _demo_services() as url:
        async with _services(folder, url) as services:
            await _measure(services)


def main() -> None:
    """Print the figures."""
    app = QApplication.instance() or QApplication([])
    assert isinstance(app, QApplication)
    theme = Theme(app)
    with asyncio.Runner(loop_factory=lambda: create_loop(app)) as runner:
        runner.run(_main())
    theme.deleteLater()


if __name__ == "__main__":
    main()
