"""The tour's steps in the Library: everything found so far, narrowed down, sorted, and none of it lost."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.domain.library_view import Facet
from app.ui.models.contact_columns import Column
from app.ui.panes.library_pane import LibraryPane
from app.ui.tour_hand import NotAsExpectedError
from app.ui.tour_stage import TourStage

WORDS = "quill lant"
NOBODY = "nobody of this name"


class LibrarySteps(TourStage):
    """What a rep does with all contacts at once."""

    async def look(self) -> None:
        """Open the tab, and see every contact."""
        pane = await self._open()
        found = pane.model.rowCount()
        self._record.expect(found > 0, "the library shows what was found")
        self._record.expect(found == (await self._services.library.stats())["contacts"], "it shows every contact")
        self._record.note(contacts=found)
        await self._picture("library")

    async def narrow(self) -> None:
        """Type words, tick facets, sort; look at it; and take it all away again."""
        pane = await self._open()
        model, everything = pane.model, pane.model.rowCount()
        self._hand.write(pane.table.filter_box, WORDS)
        await self._hand.until(lambda: model.query.text == WORDS, "The words are looked for.")
        await self._settled(pane)
        by_words = model.rowCount()
        self._record.expect(0 < by_words < everything, "the words leave some contacts")
        await self._tick(pane, Facet.HAS_EMAIL, "With email")
        await self._settled(pane)
        self._record.expect(0 < model.rowCount() <= by_words, "the facet leaves some of them")
        pane.table.columns.sort_next(Column.NAME)
        await self._settled(pane)
        names = [str(model.index(row, Column.NAME).data()) for row in range(min(20, model.rowCount()))]
        self._record.expect(names[0][:1] <= names[-1][:1], "they are sorted by name")
        self._hand.click_row(pane.table.view, 1)
        pane.table.view.selectAll()
        self._record.note(words=by_words, with_email=model.rowCount())
        await self._picture("library-narrowed")
        selected = pane.table.selected_count
        self._hand.write(pane.table.filter_box, NOBODY)
        await self._hand.until(lambda: model.query.text == NOBODY, "Nobody is looked for.")
        await self._settled(pane)
        self._record.expect(not model.rowCount(), "nobody is found")
        self._record.expect(pane.table.selected_count == selected, "what is selected stays selected")
        await self._picture("library-nothing-matches")
        pane.clear_filters()
        pane.table.columns.sort_by(None)
        await self._settled(pane)
        self._record.expect(model.rowCount() == everything, "everybody is back")
        pane.table.select_ids([])

    async def darken(self) -> None:
        """The same in the dark, with the first column frozen."""
        pane = await self._open()
        pane.table.columns.freeze(on=True)
        pane.table.view.horizontalScrollBar().setValue(120)
        await self._settled(pane)
        await self._picture("dark-library")
        pane.table.view.horizontalScrollBar().setValue(0)
        pane.table.columns.freeze(on=False)

    async def _open(self) -> LibraryPane:
        self._hand.act("view.library")
        await self._settled(self._window.library)
        return self._window.library

    async def _settled(self, pane: LibraryPane) -> None:
        """Wait until all that fits is known, and the rows in sight are there."""
        model, view = pane.model, pane.table.view

        def is_settled() -> bool:
            if not (model.is_answered and model.is_complete and model.is_up_to_date and pane.is_counted):
                return False
            rows = range(view.first_row, min(view.first_row + view.rows_in_sight, model.rowCount()))
            return all(model.entry(model.contact_id(row)) is not None for row in rows)

        await self._hand.until(is_settled, "The library is shown.")

    async def _tick(self, pane: LibraryPane, facet: Facet, label: str) -> None:
        tree = pane.panel.tree

        def found() -> bool:
            return bool(tree.findItems(label, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive))

        await self._hand.until(found, f"“{label}” can be ticked.")
        item = tree.findItems(label, Qt.MatchFlag.MatchExactly | Qt.MatchFlag.MatchRecursive)[0]
        tree.scrollToItem(item)
        at = tree.visualItemRect(item).center()
        QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
        if facet not in pane.panel.choice:
            raise NotAsExpectedError(f"“{label}” is not ticked.")
