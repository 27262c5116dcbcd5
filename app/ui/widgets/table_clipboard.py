"""Contacts from a table into the clipboard; large selections are put into words in parts, beside everything else."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QMimeData, QObject, QStringListModel, Signal
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
            _put(entry.cells[index.column()].encode())

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
            self._finish(_joined(head, [_part(entries, words)]), noun)
        else:
            self._scope.replace("copy", self._copy_in_parts(ids, noun, words, head))

    async def _copy_in_parts(self, ids: list[int], noun: str, words: _Words, head: str) -> None:
        self.said.emit(f"Copying {count(len(ids), 'contact')}…")
        parts: list[_Part] = []
        for start in range(0, len(ids), CHUNK):
            rows = await self._library.rows(ids[start : start + CHUNK])
            parts.append(await asyncio.to_thread(_part_of, rows, words))
        self._finish(await asyncio.to_thread(_joined, head, parts), noun)

    def _finish(self, copied: "_Part", noun: str) -> None:
        if copied.lines:
            _put(copied.text)
            self.said.emit(f"Copied {count(copied.lines, noun)}.")
        else:
            self.said.emit(f"No selected contact has {'an' if noun[0] in 'aeiou' else 'a'} {noun}.")


class _Part(NamedTuple):
    """Some lines, as the clipboard keeps them: Qt would take its time to make a string of its own of megabytes."""

    text: bytes
    lines: int


def _part_of(rows: Sequence[ContactRow], words: _Words) -> _Part:
    return _part([Entry.of(row) for row in rows], words)


def _part(entries: Sequence[Entry], words: _Words) -> _Part:
    found = words(entries)
    return _Part("\n".join(found).encode(), len(found))


def _joined(head: str, parts: Sequence[_Part]) -> _Part:
    texts = [part.text for part in parts if part.lines]
    return _Part(b"\n".join([head.encode(), *texts] if head else texts), sum(part.lines for part in parts))


def _put(text: bytes) -> None:
    mime = _mime_of_qt()
    mime.setData("text/plain", text)
    QGuiApplication.clipboard().setMimeData(mime)


def _mime_of_qt() -> QMimeData:
    """An object that Qt has made. One that Python makes crashes at the end where the clipboard outlives Python."""
    model = QStringListModel([""])
    mime = model.mimeData([model.index(0)])
    for name in mime.formats():
        mime.removeFormat(name)
    return mime
