from pathlib import Path
from typing import Any

import pytest

from app.domain.errors import LibraryError
from app.storage.request_counts import RequestCountStore

COUNTS = {("2026-11", "leadfeeder", "ab12"): 99_999, ("2026-11", "tamtam", "cd34"): 1}


def test_counts_come_back(tmp_path: Path) -> None:
    store = RequestCountStore(tmp_path / "counts.json")
    assert store.load() == {}
    store.save(COUNTS)
    assert RequestCountStore(tmp_path / "counts.json").load() == COUNTS


@pytest.mark.parametrize("damage", [b"", b"{}", b"[", b'[{"month":1}]', b"\xff\xfe"])
def test_a_damaged_file_counts_as_none(damage: bytes, tmp_path: Path, expected_log: Any) -> None:
    path = tmp_path / "counts.json"
    path.write_bytes(damage)
    expected_log("counts of requests are damaged")
    assert RequestCountStore(path).load() == {}


def test_a_disk_that_refuses_is_told(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(LibraryError, match="cannot be read"):
        RequestCountStore(tmp_path / "folder").load()
    with pytest.raises(LibraryError, match="cannot be saved"):
        RequestCountStore(tmp_path / "missing" / "counts.json").save(COUNTS)
