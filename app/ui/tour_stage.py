"""What every step of the tour needs: the window and who works it, searches, expectations and pictures."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtWidgets import QComboBox, QMessageBox

from app.domain.contact import ContactRow
from app.domain.provider import Provider
from app.ui.panes.results_pane import ResultsPane
from app.ui.tour_hand import Hand, NotAsExpectedError
from app.ui.tour_record import TourRecord

if TYPE_CHECKING:
    from app.composition import Services
    from app.ui.main_window import MainWindow


class TourStage:
    """The parts that steps are made of."""

    def __init__(self, window: "MainWindow", services: "Services", hand: Hand, record: TourRecord) -> None:
        self._window = window
        self._services = services
        self._hand = hand
        self._record = record

    async def _search(self, provider: Provider, filters: Mapping[str, str]) -> ResultsPane:
        self._fill(provider, filters)
        return await self._run_search(provider)

    def _fill(self, provider: Provider, filters: Mapping[str, str]) -> None:
        """Fill in a provider's search, over what was there."""
        self._hand.act(f"search.{provider.value}")
        form = self._window.find_pane.pane(provider)
        self._hand.click(form.clear_button)
        for name, text in filters.items():
            self._hand.write_value(form.form.control(name), text)

    async def _run_search(self, provider: Provider) -> ResultsPane:
        """Run what is filled in, and wait for its first page."""
        before = self._window.tabs.results()
        self._hand.act("search.run")
        opened = [pane for pane in self._window.tabs.results() if pane not in before]
        if not opened:
            raise NotAsExpectedError(f"No result tab is opened. {self._window.find_pane.pane(provider).banner.text}")
        await self._answered(opened[0])
        return opened[0]

    async def _answered(self, pane: ResultsPane) -> None:
        """Wait until a search that was started just now has ended, and its rows are in the table."""
        await self._hand.heard(pane.said, "The search has ended.")
        table = pane.table
        await self._hand.until(lambda: table.model.rowCount() == len(table.all_ids()), "The rows are shown.")
        await self._at_rest()

    async def _at_rest(self) -> None:
        """Wait until the window says that nothing is running any more."""
        await self._hand.until(lambda: not self._window.status.running, "The window is at rest.")

    def _expect_rows(self, pane: ResultsPane) -> list[ContactRow]:
        self._record.expect(not pane.banner.text, f"the search has no complaint: {pane.banner.text}")
        rows = [pane.table.model.contact_row(contact_id) for contact_id in pane.table.all_ids()]
        self._record.expect(bool(rows), "the search finds somebody")
        return [row for row in rows if row is not None]

    async def _picture(self, name: str) -> None:
        await self._hand.photograph(self._record.next_picture(name))


def values(combo: QComboBox) -> list[str]:
    """The values that a combo box offers."""
    return [str(combo.itemData(row)) for row in range(combo.count()) if combo.itemData(row)]


def button(box: QMessageBox, text: str) -> Any:
    """The button of a question that begins with this text."""
    found = next((each for each in box.buttons() if each.text().startswith(text)), None)
    if found is None:
        raise NotAsExpectedError(f"The question has no button “{text}”.")
    return found
