"""The window's session after a kill: a process of its own is killed with no chance to say good-bye."""

import asyncio
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.library_desk import open_library
from tests.support.programs import START_SECONDS, Program

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")

PEOPLE = 400

WINDOW = """
import asyncio, json, logging, sys
from pathlib import Path
from app.application import WindowOptions, run_window
from app.domain.library_view import Facet
from app.logs import logging_to
from app.qtbridge.waiting import wait_signal, wait_until
from app.storage.profile import Profile
from app.ui.main_window import MainWindow
from app.ui.models.contact_columns import Column
from app.ui.widgets.contact_selection import Flag

log = logging.getLogger("app.test")

async def work(window):
    library, table = window.library, window.library.table
    if not library.model.is_complete or not library.model.is_answered:
        await wait_signal(library.model.settled)
    window.show_tab(window.bulk_fetch)
    table.set_filter_text("person")
    library.panel.set_choice({Facet.HAS_EMAIL: frozenset({"yes"})})
    library._on_ticked()
    table.columns.sort_by(Column.NAME)
    table.columns.show_column(Column.COUNTRY, shown=True)
    await wait_signal(library.model.settled)
    order = list(library.model.order())
    table.select_ids(order[5:150])
    table.view.show_row_on_top(20)
    table.view.contacts.setCurrentIndex(library.model.index(22, 0), Flag.NoUpdate)
    window.docks["Find"].hide()
    window.show_tab(window.library)
    log.info("worked")

async def look(window):
    library, table = window.library, window.library.table
    if library._place is not None:
        await wait_signal(library.model.settled)
    order = list(library.model.order())
    facts = {
        "front": window.tabs.current_table() is table,
        "filter": table.filter_box.text(),
        "facets": {facet.value: sorted(values) for facet, values in library.panel.choice.items()},
        "selected": sorted(table.selected_ids()) == sorted(order[5:150]),
        "current": table.view.currentIndex().row(),
        "top": table.view.first_row,
        "sort": table.columns.sort[0].name,
        "country": Column.COUNTRY in table.shown_columns(),
        "find": window.docks["Find"].isVisible(),
    }
    Path(sys.argv[3]).write_text(json.dumps(facts))
    log.info("looked")

def create(services, reporter, options):
    window = MainWindow(services, reporter=reporter, demo=True)
    window.resize(1300, 900)
    deed = work if sys.argv[2] == "work" else look
    window.deed = asyncio.get_running_loop().create_task(deed(window))
    return window

profile = Profile(Path(sys.argv[1]))
with logging_to(profile.log_dir):
    sys.exit(run_window(WindowOptions(profile, demo=True), create_window=create))
"""


async def test_a_killed_window_comes_back_as_it_was(tmp_path: Path) -> None:
    async with open_library(tmp_path, PEOPLE):
        pass
    log_file, state, facts = tmp_path / "logs/contact-scout.log", tmp_path / "window.json", tmp_path / "facts.json"
    async with Program("-c", WINDOW, str(tmp_path), "work") as program:
        await program.until_logged(log_file, "worked")
        await _until_saved(state)
        await program.ended(signal.SIGKILL)
    async with Program("-c", WINDOW, str(tmp_path), "look", str(facts)) as program:
        await program.until_logged(log_file, "looked")
        await program.ended(signal.SIGTERM)
    assert json.loads(facts.read_text("utf-8")) == {
        "front": True,
        "filter": "person",
        "facets": {"has_email": ["yes"]},
        "selected": True,
        "current": 22,
        "top": 20,
        "sort": "NAME",
        "country": True,
        "find": False,
    }


async def _until_saved(state: Path) -> None:
    """Wait until the last of the work is on the disk."""

    def is_saved() -> bool:
        saved: dict[str, Any] = json.loads(state.read_text("utf-8")) if state.exists() else {}
        return saved.get("tabs", {}).get("front") == "library-tab" and bool(saved.get("library", {}).get("current"))

    async with asyncio.timeout(START_SECONDS):
        while not is_saved():  # noqa: ASYNC110 - a file tells nobody when it is written
            await asyncio.sleep(0.05)
