from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray

from app.ui.window_state import load_window_state, packed, save_window_state, unpacked


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "window.json"
    save_window_state(path, {"tabs": {"current": 2}, "geometry": packed(QByteArray(b"\x00\xff bytes"))})
    state = load_window_state(path)
    assert state["tabs"] == {"current": 2}
    assert unpacked(state["geometry"]) == QByteArray(b"\x00\xff bytes")


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 99}', "\x00", '"name"'])
def test_a_damaged_or_newer_file_is_ignored(tmp_path: Path, text: str) -> None:
    path = tmp_path / "window.json"
    path.write_text(text, encoding="utf-8")
    assert load_window_state(path) == {}


def test_no_file_is_no_state(tmp_path: Path) -> None:
    assert load_window_state(tmp_path / "none.json") == {}


@pytest.mark.parametrize("value", [None, 7, "not base64!", "é"])
def test_damaged_bytes_are_empty(value: object) -> None:
    assert unpacked(value).isEmpty()


def test_a_layout_that_cannot_be_saved_is_no_trouble(tmp_path: Path) -> None:
    save_window_state(tmp_path / "missing" / "window.json", {"a": 1})
    assert not (tmp_path / "missing").exists()
