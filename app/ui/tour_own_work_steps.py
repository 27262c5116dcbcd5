"""The tour's steps around the rep's own work: marks on many contacts, one contact in the inspector, the history."""

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QListView, QPushButton

from app.ui.dialogs.name_dialog import NameDialog
from app.ui.dialogs.own_tag_dialog import OwnTagDialog
from app.ui.panes.history_pane import HistoryPane
from app.ui.panes.inspector_values import FieldRow
from app.ui.panes.results_pane import ResultsPane
from app.ui.tour_hand import NotAsExpectedError
from app.ui.tour_stage import TourStage

SELECTED = 12
TAG = "autumn fair"
LIST = "Call in October"
NOTES = "Met at the autumn fair. Wants to hear about cold rooms, in October and not before."


class OwnWorkSteps(TourStage):
    """What a rep writes on contacts, and how it is taken back."""

    async def mark_many(self, pane: ResultsPane) -> None:
        """Give a dozen contacts a status, a tag and a list."""
        hand, window = self._hand, self._window
        window.tabs.setCurrentWidget(pane)
        pane.table.select_ids(pane.table.all_ids()[:SELECTED])
        hand.act("own.status.to_call")
        await self._said("Mark")
        hand.act("own.add_tag")
        tags = await hand.dialog(OwnTagDialog)
        box = tags.edit.findChild(QLineEdit)
        if not isinstance(box, QLineEdit):
            raise NotAsExpectedError("The dialog has no box for a tag.")
        await hand.until(lambda: tags.is_loaded, "The tags in use are known.")
        hand.write(box, TAG)
        await self._picture("own-tag")
        hand.click(hand.find(QPushButton, "own_tag_confirm", tags))
        await self._said(TAG)
        hand.act("own.new_list")
        name = await hand.dialog(NameDialog)
        hand.write(name.box, LIST)
        hand.click(name.confirm)
        await self._said(LIST)
        lists = await self._services.own_work.lists()
        self._record.expect(lists[0].contacts == SELECTED, f"“{LIST}” holds the selected contacts")
        self._record.note(steps=[step.name for step in await self._services.own_work.steps()])

    async def work_on_one(self, pane: ResultsPane) -> None:
        """Rate one contact, write notes, and decide on a value, all in the inspector."""
        hand, window = self._hand, self._window
        inspector = window.inspector
        if not (ids := pane.table.all_ids()):
            raise NotAsExpectedError("There is no contact to work on.")
        contact_id = ids[0]
        window.show_contact(contact_id)
        await hand.until(
            lambda: inspector.details is not None and inspector.details.row.contact_id == contact_id,
            "The contact is shown.",
        )
        box = inspector.own_work
        QTest.keyClick(box.rating, Qt.Key.Key_4)
        await hand.until(lambda: box.rating.rating == 4, "Four stars are given.")
        box.notes.setFocus()
        QTest.keyClicks(box.notes, NOTES)
        box.notes.commit()
        await hand.until(lambda: self._marked_notes() == NOTES, "The notes are saved.")
        title = hand.find(FieldRow, "field_job_title", inspector)
        keep = next((action for action in title.menu().actions() if action.text() == "Keep this one"), None)
        if keep is None:
            raise NotAsExpectedError("The job title cannot be kept.")
        keep.trigger()
        await hand.until(
            lambda: inspector.details is not None and "job_title" in inspector.details.choices, "The title is kept."
        )
        await self._picture("inspector-own-work")
        hand.act("view.theme.dark")
        await self._picture("dark-inspector-own-work")
        hand.act("view.theme.light")

    async def walk_through_history(self) -> None:
        """Look at the steps, go back three, and do them again."""
        hand, window = self._hand, self._window
        window.docks.bring_forward("History")
        pane = window.findChild(HistoryPane)
        if not isinstance(pane, HistoryPane):
            raise NotAsExpectedError("There is no history.")
        view = hand.find(QListView, "history_steps", pane)
        await hand.until(lambda: pane.model.rowCount() > 3, "The history lists the steps.")
        view.setCurrentIndex(pane.model.index(3, 0))
        self._record.expect(bool(pane.sentence), "the history says what going back undoes")
        self._record.note(sentence=pane.sentence)
        await self._picture("history")
        hand.click(pane.go_button)
        await hand.until(lambda: pane.model.present_row() == 3, "Three steps are undone.")
        await self._picture("history-undone")
        view.setCurrentIndex(pane.model.index(0, 0))
        hand.click(pane.go_button)
        await hand.until(lambda: pane.model.present_row() == 0, "The steps are done again.")
        self._record.expect(self._marked_notes() == NOTES, "the notes are back")
        window.docks.bring_forward("Contact")

    def _marked_notes(self) -> str:
        details = self._window.inspector.details
        return details.marks.notes if details is not None else ""

    async def _said(self, words: str) -> None:
        status = self._window.status
        await self._hand.until(lambda: words in status.message, f"The window tells of “{words}”.")
