"""Contacts that a paged table has loaded, and the pages it still wants; no more of either than is of use."""

from collections.abc import Collection, Iterable, Iterator

from app.ui.models.contact_model import Entry

PAGE = 100
MOST_ENTRIES = 6_000
MOST_WANTED = 6
"""Pages asked for at once; of a table that is scrolled fast only the last ones are still in sight."""


class RowCache:
    """Entries by contact id, the ones loaded longest ago forgotten first."""

    def __init__(self, most: int = MOST_ENTRIES) -> None:
        self._most = most
        #: What is loaded; only read from outside, where a call would be too slow.
        self.entries: dict[int, Entry] = {}
        self._wanted: dict[int, None] = {}

    def __len__(self) -> int:
        return len(self.entries)

    def get(self, contact_id: int) -> Entry | None:
        """A contact that is loaded."""
        return self.entries.get(contact_id)

    def put(self, entries: Iterable[tuple[int, Entry]]) -> None:
        """Keep contacts under the ids they were asked for by."""
        for contact_id, entry in entries:
            self.entries.pop(contact_id, None)
            self.entries[contact_id] = entry
        while len(self.entries) > self._most:
            del self.entries[next(iter(self.entries))]

    def known(self, contact_ids: Iterable[int]) -> set[int]:
        """Those of these contacts that are loaded."""
        return {contact_id for contact_id in contact_ids if contact_id in self.entries}

    def forget(self, contact_ids: Iterable[int] | None, *, but: Collection[int] = ()) -> None:
        """Forget contacts, all for None, except some."""
        for contact_id in list(self.entries) if contact_ids is None else contact_ids:
            if contact_id not in but:
                self.entries.pop(contact_id, None)

    # Pages

    def want(self, position: int) -> bool:
        """Note that a row is wanted; whether its page was not yet."""
        page = position // PAGE
        if page in self._wanted:
            return False
        self._wanted[page] = None
        if len(self._wanted) > MOST_WANTED:
            del self._wanted[next(iter(self._wanted))]
        return True

    def next_page(self) -> range | None:
        """The rows of the page wanted last, which is wanted no more."""
        if not self._wanted:
            return None
        page, _ = self._wanted.popitem()
        return range(page * PAGE, (page + 1) * PAGE)

    def drop_wishes(self) -> None:
        """Want nothing any more: the rows are others now."""
        self._wanted.clear()


def neighbours(rows: range, count: int) -> Iterator[int]:
    """A row of the page before and one of the page behind, where there are any."""
    if rows.stop < count:
        yield rows.stop
    if rows.start > 0:
        yield rows.start - 1
