"""The Library tab with a large library in it: its longest standstills, its repaints, and how soon the window is there.

A timer beats once a millisecond on the window's event loop; whatever holds the loop up, be it work of our own, Qt's,
or another thread with Python's lock, shows as a late beat. A standstill of 16 ms is one frame that the eye may miss.
Beside the longest standstill stands the most that the loop's own thread worked between two beats; the rest of the time
it waited for another thread with Python's lock, or for a processor. “Nothing at all” tells how busy the machine is.

`python -m bench.library_window [PROFILE]` works on a copy of a profile made by `bench.make_library`; without one,
on 100,000 contacts that all benchmarks share.
"""

import argparse
import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from statistics import median

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QStandardItem, QStandardItemModel, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTableView

from app.composition import Services, open_services
from app.domain.contact import PersonFields, RecordKind, SourceRecord
from app.domain.library_view import Facet
from app.domain.provider import Provider
from app.qtbridge.loop import create_loop
from app.qtbridge.reporter import ErrorReporter
from app.qtbridge.waiting import wait_until
from app.storage.columns import utc_now
from app.storage.profile import Profile
from app.ui.main_window import MainWindow
from app.ui.models.contact_columns import Column
from app.ui.models.contact_text import TextForm
from app.ui.panes.library_pane import LibraryPane
from bench import large
from bench.first_paint import measure_starts
from bench.watch import Watch

FEW = 200
PATIENCE = 120.0
TYPED = ("lantern", "berlin sales", "zhanna", "quillmark direct", "no such person")
KEY_PAUSE = 0.09
"""Seconds between two keys of somebody who types briskly."""
PAINT_ROUNDS = 40
WINDOW_SIZE = (1680, 1000)


class Bench:
    """Works the Library tab as a rep would."""

    def __init__(self, window: MainWindow, services: Services) -> None:
        self._window = window
        self._services = services
        self._pane: LibraryPane = window.library
        self._table = window.library.table
        self._view = window.library.table.view
        self._model = window.library.model
        self._watch = Watch()

    async def run(self) -> None:
        """Every step, in an order in which none depends on a lucky state."""
        self._window.show_tab(self._pane)
        await self._settled()
        await asyncio.sleep(2.0)
        print(f"Standstills of the window with {self._model.rowCount():,} contacts in the library")
        with self._watch.step("nothing at all"):
            await asyncio.sleep(2.0)
        await self._typing()
        await self._sorting()
        await self._facets()
        await self._scrolling()
        await self._selecting()
        await self._ingest()
        await self._painting()

    async def _typing(self) -> None:
        box = self._table.filter_box
        for words in TYPED:
            with self._watch.step(f"type “{words}”, see the rows, take it away"):
                box.setFocus()
                for letter in words:
                    QTest.keyClicks(box, letter)
                    await asyncio.sleep(KEY_PAUSE)
                await self._until_shown(words)
                await asyncio.sleep(0.6)
                box.clear()
                await self._until_shown("")
                await asyncio.sleep(0.6)

    async def _sorting(self) -> None:
        for column in (Column.NAME, Column.COMPANY, Column.FETCHED, Column.RATING):
            with self._watch.step(f"sort by {column.name.lower().replace('_', ' ')}, both ways"):
                for _ in range(2):
                    self._table.columns.sort_next(column)
                    await self._settled()
                    await asyncio.sleep(0.4)
        self._table.columns.sort_by(None)
        await self._settled()

    async def _facets(self) -> None:
        with self._watch.step("tick two facets, take them away"):
            self._model.set_facets({Facet.HAS_EMAIL: frozenset({"yes"})})
            await self._settled()
            await asyncio.sleep(1.0)
            self._model.set_facets({Facet.HAS_EMAIL: frozenset({"yes"}), Facet.PROVIDER: frozenset({"tamtam"})})
            await self._settled()
            await asyncio.sleep(1.0)
            self._pane.clear_filters()
            await self._settled()
            await asyncio.sleep(1.0)

    async def _scrolling(self) -> None:
        with self._watch.step("wheel: 300 steps of three rows"):
            for _ in range(300):
                self._wheel(-120)
                await asyncio.sleep(0.008)
            await self._all_loaded()
        with self._watch.step("page down: 100 pages"):
            for _ in range(100):
                QTest.keyClick(self._view, Qt.Key.Key_PageDown)
                await asyncio.sleep(0.03)
            await self._all_loaded()
        bar = self._view.verticalScrollBar()
        with self._watch.step("drag the bar to 100 places"):
            for number in range(100):
                bar.setValue(bar.maximum() * (number * 37 % 100) // 100)
                await asyncio.sleep(0.02)
            await self._all_loaded()
        bar.setValue(0)

    async def _selecting(self) -> None:
        half = list(self._model.order())[::2]
        with self._watch.step("select all"):
            self._view.selectAll()
            await asyncio.sleep(0.5)
        with self._watch.step("select every other contact (50,000 runs of one row)"):
            self._table.select_ids(half)
            await asyncio.sleep(0.5)
        with self._watch.step("  scroll, sort and filter with these selected"):
            for _ in range(60):
                self._wheel(-120)
                await asyncio.sleep(0.008)
            self._table.columns.sort_by(Column.COMPANY)
            await self._settled()
            self._table.set_filter_text("sales")
            await self._settled()
            self._table.set_filter_text("")
            await self._settled()
            await asyncio.sleep(1.0)
        with self._watch.step("  arrow keys with these selected (Ctrl+Down, Ctrl+Space)"):
            for key in (Qt.Key.Key_Down, Qt.Key.Key_Space) * 10:
                QTest.keyClick(self._view, key, Qt.KeyboardModifier.ControlModifier)
                await asyncio.sleep(0.03)
        with self._watch.step("  copy them as cells of a spreadsheet"):
            await self._copied(TextForm.TSV)
        with self._watch.step("  copy them as a Markdown table"):
            await self._copied(TextForm.MARKDOWN)
        with self._watch.step("  save the session with them"):
            self._window.session.save_now()
            await asyncio.sleep(1.0)
        await self._bulk()
        self._table.columns.sort_by(None)
        self._view.contacts.select_ids([])
        await self._settled()

    async def _bulk(self) -> None:
        from app.ui.dialogs.enrich_dialog import EnrichDialog
        from app.ui.dialogs.export_dialog import ExportDialog

        for key, kind in (("export.selected", ExportDialog), ("contacts.enrich", EnrichDialog)):
            with self._watch.step(f"  open “{key}” for them, and cancel"):
                self._window.actions_by_key[key].trigger()
                await wait_until(lambda kind=kind: bool(self._window.findChildren(kind)), PATIENCE)  # type: ignore[misc]
                await asyncio.sleep(3.0)
                for dialog in self._window.findChildren(kind):
                    dialog.reject()
                await asyncio.sleep(0.2)

    async def _ingest(self) -> None:
        chosen = list(self._model.order())[5_000:5_050]
        self._table.select_ids(chosen)
        self._view.verticalScrollBar().setValue(5_000)
        await self._all_loaded()
        self._view.setCurrentIndex(self._model.index(5_005, 0))
        self._table.select_ids(chosen)
        row = self._view.visualRect(self._view.currentIndex()).top()
        with self._watch.step("60 pages of 25 come in, 10 a second, while the wheel turns"):
            coming = asyncio.create_task(self._come_in())
            while not coming.done():
                self._wheel(-120)
                await asyncio.sleep(0.05)
                self._wheel(120)
                await asyncio.sleep(0.05)
            await coming
            await asyncio.sleep(2.0)
        moved = self._view.visualRect(self._view.currentIndex()).top() - row
        kept = sorted(self._table.selected_ids()) == sorted(chosen)
        print(f"  {'':<4}the current row moved by {moved} px; the selection is {'the same' if kept else 'ANOTHER'}")

    async def _come_in(self) -> None:
        library = self._services.search._library  # noqa: SLF001 - what a search stores its pages with
        for page in range(60):
            await library.save([_record(page * 25 + number) for number in range(25)], initiator="bench")
            await asyncio.sleep(0.1)

    async def _painting(self) -> None:
        """Repaint the same rows in the same widths from both models, in turns."""
        self._view.verticalScrollBar().setValue(0)
        await self._all_loaded()
        other = QTableView()
        rows = self._view.rows_in_sight
        reference = QStandardItemModel(rows, len(Column))
        for row in range(rows):
            for column in Column:
                reference.setItem(row, column, QStandardItem(self._model.index(row, column).data() or ""))
        other.setModel(reference)
        _dress_alike(other, self._view)
        await asyncio.sleep(0.5)
        ratios, ours = [], []
        for turn in range(PAINT_ROUNDS):
            both = [(self._view, "ours"), (other, "theirs")]
            taken = {name: _repaint(view) for view, name in (both if turn % 2 else both[::-1])}
            ratios.append(taken["ours"] / taken["theirs"])
            ours.append(taken["ours"])
        verdict = "kept" if median(ratios) <= 1.3 else "MISSED"
        print(
            f"  a full repaint is {median(ratios):.2f} times that of QStandardItemModel ({median(ours) * 1000:.1f} ms);"
            f" target ≤ 1.3: {verdict}"
        )

    async def _copied(self, form: TextForm) -> None:
        said: list[str] = []
        self._table.clipboard.said.connect(said.append)
        self._table.clipboard.copy_rows(form)
        await wait_until(lambda: any(text.startswith("Copied") for text in said), PATIENCE)
        self._table.clipboard.said.disconnect(said.append)

    def _wheel(self, turn: int) -> None:
        at = QPointF(self._view.viewport().rect().center())
        event = QWheelEvent(
            at,
            QPointF(self._view.viewport().mapToGlobal(at.toPoint())),
            QPoint(),
            QPoint(0, turn),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,  # noqa: FBT003 - Qt takes it by place only
        )
        QApplication.sendEvent(self._view.viewport(), event)

    async def _settled(self) -> None:
        """Wait until the order is the one asked for and the rows in sight are there."""
        await asyncio.sleep(0.01)
        scope = self._pane._scope  # noqa: SLF001 - nothing else tells that no query is under way
        await wait_until(lambda: self._model.is_complete and "order" not in scope._tasks.values(), PATIENCE)  # noqa: SLF001
        await self._all_loaded()

    async def _until_shown(self, words: str) -> None:
        await wait_until(lambda: self._model.query.text == " ".join(words.split()), PATIENCE)
        await self._settled()

    async def _all_loaded(self) -> None:
        def loaded() -> bool:
            top = self._view.first_row
            last = min(top + self._view.rows_in_sight, self._model.rowCount())
            return all(self._model.entry(self._model.contact_id(row)) is not None for row in range(top, last))

        await wait_until(loaded, PATIENCE)


def _record(number: int) -> SourceRecord:
    fields = PersonFields(
        first_name=f"Newcomer{number}",
        last_name="Arrives",
        job_title="Head of Sales",
        company_name=f"Company {number % 40}",
        linkedin_url=f"https://www.linkedin.com/in/newcomer-{number}",
    )
    return SourceRecord(Provider.TALKTOHUMANS, f"new-{number}", RecordKind.SUMMARY, utc_now(), fields, b"{}")


def _dress_alike(other: QTableView, view: QTableView) -> None:
    other.setSelectionBehavior(view.selectionBehavior())
    other.setAlternatingRowColors(True)
    other.setShowGrid(False)
    other.setWordWrap(False)
    other.verticalHeader().hide()
    other.verticalHeader().setDefaultSectionSize(view.verticalHeader().defaultSectionSize())
    ours, theirs = view.horizontalHeader(), other.horizontalHeader()
    theirs.setStretchLastSection(True)
    for column in Column:
        theirs.setSectionHidden(column, ours.isSectionHidden(column))
        theirs.resizeSection(column, ours.sectionSize(column))
    other.resize(view.size())
    other.show()


def _repaint(view: QTableView) -> float:
    started = time.perf_counter()
    view.viewport().repaint()
    return time.perf_counter() - started


async def _open(folder: Path, deed: Callable[[MainWindow, Services], Awaitable[None]]) -> None:
    async with open_services(Profile(folder), demo=True) as services:
        window = MainWindow(services, reporter=ErrorReporter(), demo=True)
        window.resize(*WINDOW_SIZE)
        window.show()
        window.docks.reset()
        try:
            await deed(window, services)
        finally:
            window.show_finishing()
            await window.shut_down()
            window.close()


def _profile(folder: Path, contacts: int) -> Path:
    """A profile with a library of so many contacts."""
    folder.mkdir()
    shutil.copy(large.library(contacts), Profile(folder).library_path)
    return folder


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="python -m bench.library_window", description="The Library tab at work.")
    parser.add_argument("profile", nargs="?", type=Path, help="a profile made by bench.make_library")
    parser.add_argument("--no-starts", action="store_true", help="leave out how soon the window is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        full, few = Path(folder, "full"), Path(folder, "few")
        if options.profile:
            shutil.copytree(options.profile, full)
        else:
            _profile(full, large.CONTACTS)
        if not options.no_starts:
            measure_starts(full, _profile(few, FEW))
        app = QApplication.instance() or QApplication([])
        assert isinstance(app, QApplication)
        with asyncio.Runner(loop_factory=lambda: create_loop(app)) as runner:
            runner.run(_open(full, lambda window, services: Bench(window, services).run()))


if __name__ == "__main__":
    main()
