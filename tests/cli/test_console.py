import io
import itertools
import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cli.console import Console, one_line
from app.domain.errors import BadKeyError, InputError
from app.domain.provider import Provider
from tests.cli.streams import TestConsole


@given(st.text())
def test_text_from_outside_cannot_command_the_terminal(text: str) -> None:
    line = one_line(f"\x1b[2J{text}\r\n{text}\u202e")
    assert line.isprintable() or not any(character in line for character in "\x1b\r\n\u202e\x9b")
    assert line == one_line(line)


def test_an_error_is_one_sentence_with_its_request_and_the_next_step() -> None:
    console = TestConsole()
    console.fail(
        BadKeyError(
            "Tamtam refuses the key.", provider=Provider.TAMTAM, request_id="r-7", next_step="Enter another one."
        )
    )
    console.fail(InputError("There is no file."))
    assert console.said.splitlines() == [
        "contact-scout: Tamtam refuses the key. (Request r-7.) Enter another one.",
        "contact-scout: There is no file.",
    ]


def test_on_a_terminal_progress_overwrites_itself_and_leaves_nothing_behind() -> None:
    console = TestConsole(terminal=True)
    console.progress("100 rows of many")
    console.progress("200 rows")
    console.say("Done.")
    assert _as_seen(console.said) == ["Done.", ""]


def test_in_a_log_progress_comes_as_plain_lines_now_and_then() -> None:
    console = TestConsole(seconds=itertools.count(100.0))
    for number in range(12):
        console.progress(f"{number} rows")
    console.write("result")
    assert console.said == "5 rows\n10 rows\n"
    assert console.written == "result\n"


@pytest.mark.parametrize(
    ("typed", "agreed"), [("y\n", True), (" YES \n", True), ("n\n", False), ("\n", False), ("", False)]
)
def test_anything_but_yes_is_no(typed: str, agreed: bool) -> None:
    console = TestConsole(typed, terminal=True)
    before = signal.getsignal(signal.SIGINT)
    assert console.confirm("Spend 5 credits?") is agreed
    assert "Spend 5 credits? [y/N]" in console.said
    assert signal.getsignal(signal.SIGINT) is before


def test_only_a_terminal_can_be_asked() -> None:
    assert TestConsole(terminal=True).can_ask
    assert not TestConsole("y\n").can_ask


def _as_seen(text: str) -> list[str]:
    """What a terminal shows after a text with carriage returns."""
    lines = []
    for line in text.split("\n"):
        shown = ""
        for part in line.split("\r"):
            shown = part + shown[len(part) :]
        lines.append(shown.rstrip())
    return lines


def test_a_reader_that_leaves_early_stops_nothing() -> None:
    reading, writing = os.pipe()
    said = io.StringIO()
    with os.fdopen(reading, encoding="utf-8") as reader, os.fdopen(writing, "w", encoding="utf-8") as out:
        console = Console(io.StringIO(), out, said)
        console.write("the first line")
        assert reader.readline() == "the first line\n"
        reader.close()
        console.write("nobody reads this")
        console.write("nor this")
        console.say("Done.")
    assert said.getvalue() == "Done.\n"
