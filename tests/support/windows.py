"""The real main window over services, and what a rep does in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

from PySide6.QtWidgets import QApplication, QDialog

from app.composition import Services
from app.domain.provider import Provider
from app.qtbridge.reporter import ErrorReporter
from app.qtbridge.waiting import wait_signal, wait_until
from app.ui.main_window import MainWindow
from app.ui.panes.results_pane import ResultsPane

D = TypeVar("D", bound=QDialog)


class Pane(Protocol):
    """A widget that has to stop what it runs before it goes."""

    def resize(self, width: int, height: int, /) -> None: ...
    def show(self) -> None: ...
    async def shut_down(self) -> None: ...
    def deleteLater(self) -> None: ...  # noqa: N802 - Qt's name


P = TypeVar("P", bound=Pane)


@asynccontextmanager
async def standing_alone(pane: P, width: int, height: int) -> AsyncIterator[P]:
    """A pane without a window around it, shown and taken down in order."""
    pane.resize(width, height)
    pane.show()
    try:
        yield pane
    finally:
        await pane.shut_down()
        pane.deleteLater()


@asynccontextmanager
async def open_window(services: Services, reporter: ErrorReporter | None = None) -> AsyncIterator[MainWindow]:
    """A window that is shown, and taken down in order."""
    window = MainWindow(services, reporter=reporter or ErrorReporter(), demo=True)
    window.show()
    try:
        yield window
    finally:
        window.show_finishing()
        await window.shut_down()
        window.close()
        window.deleteLater()


async def search(window: MainWindow, provider: Provider = Provider.TALKTOHUMANS, **filters: str) -> ResultsPane:
    """Fill in a provider's search, run it by its action, and wait for its first page."""
    window.actions_by_key[f"search.{provider.value}"].trigger()
    window.find_pane.pane(provider).form.set_values({name: (text,) for name, text in filters.items()})
    window.actions_by_key["search.run"].trigger()
    pane = window.tabs.current_results()
    assert pane is not None, window.find_pane.pane(provider).banner.text
    await wait_signal(pane.said)
    pane.table.model.flush()
    return pane


async def dialog(kind: type[D]) -> D:
    """The dialog of this kind, waited for."""

    def opened() -> list[D]:
        return [each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()]

    await wait_until(lambda: bool(opened()))
    return opened()[0]
