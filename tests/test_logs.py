import logging
import stat
import sys
from pathlib import Path
from typing import NoReturn

import pytest

from app.domain.errors import InputError, InvalidRequestError
from app.domain.provider import Provider
from app.domain.redaction import Redactor
from app.logs import LONGEST_LINE, OneLineFormatter, logging_to
from tests.conftest import ExpectLog

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


def test_no_key_no_person_and_no_address_gets_into_a_line(tmp_path: Path) -> None:
    redactor = Redactor()
    with logging_to(tmp_path, redact=redactor) as path:
        redactor.add_secret("k-123456")
        log.info("%s wrote to %s from %s", "k-123456", "ann@example.com", Path.home() / "Ann's list.csv")
        log.info("and called +49 30 1234567 at https://example.com/people?name=Ann")
    first, second = path.read_text("utf-8").splitlines()
    assert first.endswith("app.test: [key] wrote to [email] from PosixPath")
    assert second.endswith("app.test: and called [number] at https://example.com/[…]")


def raised(error: Exception) -> Exception:
    try:
        raise error  # noqa: TRY301 - it is wanted with its place
    except Exception as caught:  # noqa: BLE001 - whatever it is
        return caught


def test_exceptions_are_told_by_class_and_place(
    tmp_path: Path, expected_log: ExpectLog, capsys: pytest.CaptureFixture[str]
) -> None:
    expected_log("app.test: A subscriber failed")
    refused = InvalidRequestError("“Ann Lee” is no name.", provider=Provider.TAMTAM, status=422, request_id="r-1")
    with logging_to(tmp_path, debug=True) as path:
        log.error("A subscriber failed", exc_info=raised(ValueError("Ann Lee")))
        log.info("refused: %s", refused)
        log.info("typed: %s", InputError("“Ann Lee” is no number."))
        log.info("in %r", ["Ann Lee"])
    written = path.read_text("utf-8")
    bug, service, typed, thing = written.splitlines()
    assert bug.split("app.test: ")[1].startswith("A subscriber failed | ")
    assert "test_logs.py:" in bug
    assert bug.endswith("in raised | ValueError")
    assert service.endswith("refused: InvalidRequestError provider=tamtam status=422 request_id=r-1")
    assert typed.endswith("typed: InputError")
    assert thing.endswith("in 'list'")
    # Whoever watches the program with --debug sees the words.
    assert "ValueError: Ann Lee" in capsys.readouterr().err


def test_words_of_foreign_code_are_left_out(tmp_path: Path, expected_log: ExpectLog) -> None:
    expected_log("some.library: Cannot parse")
    with logging_to(tmp_path) as path:
        logging.getLogger("some.library").warning("Cannot parse %s", "Ann Lee")
    assert "WARNING some.library: (words left out) test_logs:" in path.read_text("utf-8")
    assert "Ann" not in path.read_text("utf-8")


def test_a_line_has_an_end(tmp_path: Path) -> None:
    with logging_to(tmp_path) as path:
        log.info("x" * 100_000)
    assert len(path.read_text("utf-8")) < LONGEST_LINE + 100


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


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no file modes")
def test_others_cannot_read_rotated_files_nor_what_was_left_open_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "logs"
    folder.mkdir(mode=0o755)
    (folder / "contact-scout.log").write_text("older\n")
    (folder / "contact-scout.log").chmod(0o644)
    monkeypatch.setattr("app.logs.MAX_BYTES", 500)
    with logging_to(folder):
        for number in range(20):
            log.info("line %d", number)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


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


def test_a_log_that_goes_away_or_fills_the_disk_disturbs_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.logs.MAX_BYTES", 200)
    folder = tmp_path / "logs"
    with logging_to(folder) as path:
        log.info("first")
        if sys.platform != "win32":
            path.unlink()
            folder.rmdir()
        for number in range(20):
            log.info("line %d", number)  # the file is to be rotated and its folder is gone
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "contact-scout.log").mkdir()
    with logging_to(tmp_path / "taken"):
        log.info("lost")
    assert capsys.readouterr().err == ""


def test_a_message_that_cannot_be_made_is_kept_without_its_arguments() -> None:
    record = logging.LogRecord("app.test", logging.INFO, __file__, 1, "%d people", ("Ann",), None)
    assert OneLineFormatter(Redactor()).format(record).endswith("app.test: %d people")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_full_disk_does_not_speak_in_place_of_what_went_wrong(tmp_path: Path) -> None:
    def work() -> NoReturn:
        with logging_to(tmp_path):
            handler = logging.getLogger().handlers[-1]
            assert isinstance(handler, logging.StreamHandler)
            before = handler.setStream(Path("/dev/full").open("w"))  # noqa: SIM115 - the handler closes it
            assert before is not None
            before.close()
            log.info("a line")
            raise InputError("There is no file.")

    with pytest.raises(InputError, match=r"There is no file\."):
        work()
