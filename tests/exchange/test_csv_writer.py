import csv
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.enrichment import EnrichField, FieldResult
from app.domain.errors import InputError
from app.domain.fetching import IdOutcome
from app.domain.outcomes import Outcome
from app.exchange.csv_reader import parse_people
from app.exchange.csv_writer import (
    FieldOutcomeLine,
    check_outputs,
    check_writable,
    write_contacts,
    write_field_outcomes,
    write_id_outcomes,
    write_table,
)
from app.exchange.presets import EXCEL, PLAIN_HEADERS
from tests.exchange.conftest import MakeContact


def test_a_plain_file_is_bytes_as_promised(tmp_path: Path, make_contact: MakeContact) -> None:
    target = tmp_path / "out.csv"
    contacts = [
        make_contact(job_title='Head of "Sales", EMEA', location="Zürich"),
        make_contact(first_name="", company_name="=1+1", phone="", provider_id="-42"),
    ]
    assert write_contacts(target, contacts) == 2
    assert (
        target.read_bytes()
        == (
            "first_name,last_name,job_title,company_name,company_domain,email,phone,linkedin_url,location,provider,provider_id\r\n"
            'Ada,Lark,"Head of ""Sales"", EMEA",Lark Tools,lark.example,ada@lark.example,+4915112345678,'
            "https://www.linkedin.com/in/ada-lark,Zürich,buildworkpro,4101\r\n"
            ",Lark,Head of Sales,'=1+1,lark.example,ada@lark.example,,"
            "https://www.linkedin.com/in/ada-lark,Berlin,buildworkpro,-42\r\n"
        ).encode()
    )


def test_the_excel_file_has_a_byte_order_mark_and_guards_all_numbers(tmp_path: Path, make_contact: MakeContact) -> None:
    target = tmp_path / "out.csv"
    write_contacts(target, [make_contact()], EXCEL)
    assert target.read_bytes().startswith(b"\xef\xbb\xbffirst_name,")
    assert "'+4915112345678" in target.read_text("utf-8-sig")


def test_id_outcomes_have_their_three_columns(tmp_path: Path) -> None:
    target = tmp_path / "outcomes.csv"
    write_id_outcomes(
        target, [IdOutcome("7", Outcome.FOUND, contact_id=1), IdOutcome("9", Outcome.NOT_FOUND, "No such ID.")]
    )
    assert target.read_text("utf-8").splitlines() == ["id,outcome,reason", "7,found,", "9,not_found,No such ID."]


def test_field_outcomes_have_their_four_columns(tmp_path: Path) -> None:
    target = tmp_path / "outcomes.csv"
    write_field_outcomes(
        target, [FieldOutcomeLine(3, FieldResult(EnrichField.PHONES, Outcome.UNKNOWN, "No row came back."))]
    )
    assert target.read_text("utf-8").splitlines() == [
        "row,field,outcome,reason",
        "3,phones,unknown,No row came back.",
    ]


@given(st.lists(st.lists(st.text(), min_size=3, max_size=3), max_size=20))
def test_any_text_survives_being_written_and_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]]
) -> None:
    target = tmp_path_factory.mktemp("csv") / "t.csv"
    # The reader needs its columns; the marker set of our own exports makes it strip the guard.
    header = [*PLAIN_HEADERS, "domain", "x", "y"]
    padded = [["n"] * (len(header) - 3) + row for row in rows]
    assert write_table(target, header, padded) == len(rows)
    table = parse_people(target.read_bytes().decode("utf-8"))
    expected = [tuple(_as_written(cell) for cell in row) for row in padded]
    assert [row.cells for row in table.rows] == expected


def _as_written(cell: str) -> str:
    # An apostrophe that the text itself has in front of = + - @ cannot be told from ours.
    return cell[1:] if cell[:1] == "'" and cell[1:2] and cell[1] in "=+-@\t\r\n\0＝＋－＠" else cell


def test_half_a_character_does_not_cost_the_file(tmp_path: Path) -> None:
    target = tmp_path / "t.csv"
    write_table(target, ["a"], [["bad \ud83d here"]])
    assert target.read_text("utf-8").splitlines() == ["a", "bad ? here"]


def test_a_failing_source_leaves_the_older_file_and_no_rest(tmp_path: Path) -> None:
    target = tmp_path / "t.csv"
    target.write_text("older")

    def rows() -> Iterator[Sequence[str]]:
        yield ["1"]
        raise RuntimeError("the library went away")

    with pytest.raises(RuntimeError):
        write_table(target, ["a"], rows())
    assert target.read_text() == "older"
    assert list(tmp_path.iterdir()) == [target]


def test_a_full_disk_is_told_in_words(tmp_path: Path) -> None:
    def rows() -> Iterator[Sequence[str]]:
        yield ["1"]
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left"):
        write_table(tmp_path / "t.csv", ["a"], rows())
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no folder") as caught:
        write_table(tmp_path / "no" / "t.csv", ["a"], [])
    assert caught.value.next_step


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        check_writable(tmp_path)


@pytest.mark.parametrize("exists", [True, False])
def test_a_target_that_another_program_holds_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool
) -> None:
    # A spreadsheet program's lock, as the system reports it; root may write anywhere, so it cannot be had for real.
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise PermissionError(13, "Permission denied")

    target = tmp_path / "t.csv"
    if exists:
        target.touch()
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="open in another program") as caught:
        check_writable(target)
    assert caught.value.next_step


def test_a_link_to_another_output_would_overwrite_it(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "t.csv")
    with pytest.raises(InputError, match="another output"):
        check_outputs(tmp_path / "t.csv", tmp_path / "link.csv")


@pytest.mark.skipif(os.name == "nt", reason="Windows opens its NUL device by another name")
def test_a_device_takes_any_number_of_files() -> None:
    check_outputs(Path(os.devnull), Path(os.devnull))


def test_checking_leaves_nothing_behind(tmp_path: Path) -> None:
    check_writable(tmp_path / "new.csv")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.platform == "win32", reason="file modes, links and devices of Unix")
def test_links_modes_and_devices_are_respected(tmp_path: Path) -> None:
    real = tmp_path / "real.csv"
    real.write_text("older")
    link = tmp_path / "link.csv"
    link.symlink_to(real)
    write_table(link, ["a"], [["1"]])
    assert link.is_symlink()
    assert list(csv.reader(real.read_text().splitlines())) == [["a"], ["1"]]
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(real.stat().st_mode) == 0o666 & ~umask
    assert write_table(Path(os.devnull), ["a"], [["1"]]) == 1
