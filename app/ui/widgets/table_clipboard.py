"""Contacts from a table into the clipboard; large selections are put into words in parts, beside everything else."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QGuiApplication

from app.domain.contact import ContactRow
from app.qtbridge.tasks import TaskScope
from app.ui.models.contact_model import ContactModel, Entry
from app.ui.models.contact_text import TextForm, heading, lines
from app.ui.widgets.contact_view import ContactView
from app.ui.widgets.table_columns import TableColumns
from app.ui.wording import count

if TYPE_CHECKING:
    from app.services.library import LibraryService

CHUNK = 500
"""Contacts read and put into words at one stroke; more would hold up the window."""

_Words = Callable[[Sequence[Entry]], list[str]]


class TableClipboard(QObject):
    """Copies what is selected in a table.

    Signals:
        said: A sentence for the status bar.
    """

    said = Signal(str)

    def __init__(
        self,
        model: ContactModel,
        view: ContactView,
        columns: TableColumns,
        *,
        library: "LibraryService",
        scope: TaskScope,
    ) -> None:
        super().__init__(view)
        self._model = model
        self._view = view
        self._columns = columns
        self._library = library
        self._scope = scope

    def copy_cell(self) -> None:
        """Copy the text of the current cell."""
        index = self._view.currentIndex()
        entry = self._model.entry(self._model.contact_id(index.row())) if index.isValid() else None
        if entry is not None:
            _put(entry.cells[index.column()])

    def copy_rows(self, form: TextForm = TextForm.TSV) -> None:
        """Copy the selected rows with a heading: tab-separated for a spreadsheet, or as a Markdown table."""
        columns = self._columns.shown()
        self._copy("contact", lambda entries: lines(form, entries, columns), heading(form, columns))

    def copy_emails(self) -> None:
        """Copy the selected contacts' e-mail addresses, one a line."""
        self._copy("e-mail address", lambda entries: [e.row.email for e in entries if e.row.email])

    def copy_phones(self) -> None:
        """Copy the selected contacts' phone numbers, one a line."""
        self._copy("phone number", lambda entries: [e.row.phone for e in entries if e.row.phone])

    def _copy(self, noun: str, words: _Words, head: str = "") -> None:
        """Copy at once what is loaded and not much."""
        ids = self._view.contacts.selected_ids()
        loaded = [self._model.entry(contact_id) for contact_id in ids] if len(ids) <= CHUNK else [None]
        entries = [entry for entry in loaded if entry is not None]
        if len(entries) == len(ids):
            parts = words(entries)
            self._finish("\n".join([head, *parts] if head else parts), len(parts), noun)
        else:
            self._scope.replace("copy", self._copy_in_parts(ids, noun, words, head))

    async def _copy_in_parts(self, ids: list[int], noun: str, words: _Words, head: str) -> None:
        self.said.emit(f"Copying {count(len(ids), 'contact')}…")
        parts: list[str] = []
        for start in range(0, len(ids), CHUNK):
            rows = await self._library.rows(ids[start : start + CHUNK])
            parts += await asyncio.to_thread(_words_of, rows, words)
        text = await asyncio.to_thread("\n".join, [head, *parts] if head else parts)
        self._finish(text, len(parts), noun)

    def _finish(self, text: str, number: int, noun: str) -> None:
        if number:
            _put(text)
            self.said.emit(f"Copied {count(number, noun)}.")
        else:
            self.said.emit(f"No selected contact has {'an' if noun[0] in 'aeiou' else 'a'} {noun}.")


def _words_of(rows: Sequence[ContactRow], words: _Words) -> list[str]:
    return words([Entry.of(row) for row in rows])


def _put(text: str) -> None:
    QGuiApplication.clipboard().setText(text)
