import sys
from pathlib import Path

import pytest

from app.domain.errors import LibraryError
from app.storage.journal import JournalEntry, RequestJournal
from tests.conftest import ExpectLog
from tests.storage.builders import LATER, NOON


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    journal = RequestJournal(tmp_path / "requests.jsonl")
    assert journal.entries() == []
    journal.append(JournalEntry("req-1", 1, NOON))
    RequestJournal(tmp_path / "requests.jsonl").append(JournalEntry("req-2", 2, LATER))
    assert journal.entries() == [JournalEntry("req-1", 1, NOON), JournalEntry("req-2", 2, LATER)]


def test_a_line_torn_by_a_crash_spoils_no_other(tmp_path: Path, expected_log: ExpectLog) -> None:
    expected_log("Line 2 of the journal")
    path = tmp_path / "requests.jsonl"
    journal = RequestJournal(path)
    journal.append(JournalEntry("req-1", 1, NOON))
    with path.open("ab") as file:
        file.write(b'{"request_id":"req-')
    journal.append(JournalEntry("req-3", 3, NOON))
    assert [entry.request_id for entry in journal.entries()] == ["req-1", "req-3"]


def test_an_empty_line_is_no_entry(tmp_path: Path) -> None:
    (tmp_path / "requests.jsonl").write_bytes(b"\n\n")
    assert RequestJournal(tmp_path / "requests.jsonl").entries() == []


def test_a_journal_that_cannot_be_written_or_read(tmp_path: Path) -> None:
    journal = RequestJournal(tmp_path)
    with pytest.raises(LibraryError, match="cannot be written") as raised:
        journal.append(JournalEntry("req-1", 1, NOON))
    assert raised.value.next_step
    with pytest.raises(LibraryError, match="cannot be read"):
        journal.entries()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs a device that is always full")
def test_a_full_disk() -> None:
    with pytest.raises(LibraryError, match="cannot be written"):
        RequestJournal(Path("/dev/full")).append(JournalEntry("req-1", 1, NOON))
