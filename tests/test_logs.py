import logging
import stat
import sys
from pathlib import Path

import pytest

from app.logs import logging_to

log = logging.getLogger("app.test")


def test_one_line_per_record_whatever_it_holds(tmp_path: Path) -> None:
    with logging_to(tmp_path / "logs") as path:
        log.info("Fetched %d contacts", 3)
        log.info("forged\n2026-01-01T00:00:00 ERROR app: line\r\nmore\n")
    first, second = path.read_text("utf-8").splitlines()
    assert first.endswith(" INFO app.test: Fetched 3 contacts")
    assert first.split()[0].endswith("+00:00")
    assert second.endswith("app.test: forged | 2026-01-01T00:00:00 ERROR app: line | more")


def test_debug_records_and_request_urls_are_left_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to(tmp_path) as path:
        log.debug("detail")
        logging.getLogger("httpx").info("GET https://example.com/?key=secret")
        log.info("kept")
    assert len(path.read_text("utf-8").splitlines()) == 1
    assert capsys.readouterr().err == ""


def test_debug_shows_everything_on_stderr_but_urls(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with logging_to(tmp_path, debug=True) as path:
        log.debug("detail")
        logging.getLogger("httpx").info("GET https://example.com/?key=secret")
        logging.getLogger("httpcore.http11").debug("headers")
    assert path.read_text("utf-8") == capsys.readouterr().err
    assert path.read_text("utf-8").count("\n") == 1


def test_the_root_logger_is_left_as_it_was(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    with logging_to(tmp_path):
        pass
    assert (root.level, root.handlers) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_others_cannot_read_the_log(tmp_path: Path) -> None:
    with logging_to(tmp_path / "logs") as path:
        pass
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_used_does_not_keep_the_program_from_running(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    with logging_to(tmp_path / "file" / "logs"):
        log.info("lost")
    assert capsys.readouterr().err == ""


def test_old_lines_are_rotated_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.logs.MAX_BYTES", 2000)
    with logging_to(tmp_path):
        for number in range(500):
            log.info("line %d", number)
    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) == 4
    assert max(sizes) <= 2000
