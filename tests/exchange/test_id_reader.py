"""Files with IDs: as they come out of spreadsheets, with the column that holds the IDs, and nothing left out unseen."""

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.domain.errors import InputError
from app.domain.identifiers import IdKind
from app.domain.paste import parse_paste
from app.exchange.id_reader import IdFile, read_id_bytes, read_id_file

ADA = "b3c6f5e2-1234-4abc-9def-0123456789ab"
BEA = "c3c6f5e2-1234-4abc-9def-0123456789ab"


def file_of(text: str, encoding: str = "utf-8") -> IdFile:
    return read_id_bytes(text.encode(encoding), "ids.csv")


def sheet_of(*rows: tuple[Any, ...], **more: list[tuple[Any, ...]]) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    for title, others in more.items():
        other = book.create_sheet(title)
        for row in others:
            other.append(row)
    packed = io.BytesIO()
    book.save(packed)
    return packed.getvalue()


def best_name(file: IdFile, kind: IdKind | None = None) -> str:
    best = file.best(kind)
    return best.name if best is not None else ""


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_a_column_is_proposed_whatever_the_encoding_and_separator(encoding: str, separator: str) -> None:
    rows = (("Näme", "Contact ID", "Phone"), ("Ada", "4101", "+44 20 7946 0000"), ("Bea", "4102", ""))
    file = file_of("\r\n".join(separator.join(row) for row in rows), encoding)
    assert [column.name for column in file.columns] == ["Näme", "Contact ID", "Phone"]
    assert best_name(file, IdKind.INTEGER) == "Contact ID"
    assert parse_paste(file.text(1)).integers == ("4101", "4102")


def test_the_name_decides_between_columns_that_both_hold_ids() -> None:
    file = file_of("company_id,contact_id,zip\n17,4101,10115\n18,4102,10117\n")
    assert best_name(file) == "contact_id"
    assert file.candidates()[0].name == "contact_id"


def test_the_kind_decides_where_the_service_is_known() -> None:
    file = file_of(f"tamtam;buildworkpro\n{ADA};4101\n{BEA};4102\n")
    assert file.best() is None
    assert best_name(file, IdKind.UUID) == "tamtam"
    assert best_name(file, IdKind.INTEGER) == "buildworkpro"


def test_two_columns_that_are_equally_likely_are_the_reps_to_choose() -> None:
    file = file_of("first,second\n4101,5101\n4102,5102\n")
    assert file.best() is None
    assert [column.name for column in file.candidates()] == ["first", "second"]
    assert file.named("SECOND ").index == 1
    assert file.named("2").index == 1
    with pytest.raises(InputError, match="no column “third”") as raised:
        file.named("third")
    assert "“first”, “second”" in raised.value.next_step


@pytest.mark.parametrize(
    "text", ["4101\n4102", "4101, 4102, 4103\n4104, 4105, 4106\n", "4101; 4102 and 4103", "id\n4101\n", "", "\n\n"]
)
def test_a_list_is_no_table_and_is_read_whole(text: str) -> None:
    file = file_of(text)
    assert file.columns == ()
    assert file.best() is None
    assert file.text() == text
    with pytest.raises(InputError) as raised:
        file.named("id")
    assert raised.value.next_step == "It is not a table."


def test_columns_without_a_header_have_numbers() -> None:
    file = file_of("Ada,4101\nBea,4102\n")
    assert [column.name for column in file.columns] == ["Column 1", "Column 2"]
    assert best_name(file) == "Column 2"
    assert parse_paste(file.text(1)).integers == ("4101", "4102")


def test_lines_are_those_of_the_file_even_below_cells_of_several_lines() -> None:
    file = file_of('note,id\n"two\nlines",4101\n\nx,oops\ny,"41\n02"\n')
    paste = parse_paste(file.text(1))
    assert paste.integers == ("4101", "41")
    assert [(bad.line, bad.text) for bad in paste.unreadable] == [(5, "oops")]
    assert [(doubt.line, doubt.text) for doubt in paste.questioned] == [(6, "02")]


def test_quotes_that_never_close_and_ragged_rows_do_not_stop_the_reading() -> None:
    assert "4101" in file_of('id;name\n4101;"Ada\n4102;Bea').text()
    file = file_of(
        "id,name\n4101,Ada\n4102\n4103,Cleo,extra\n4104,Dan\n4105,Eve\n" + "".join(f"{n},x\n" for n in range(9))
    )
    assert parse_paste(file.text(0)).integers[:5] == ("4101", "4102", "4103", "4104", "4105")


def test_numbers_in_a_spreadsheet_are_read_as_they_were_typed(tmp_path: Path) -> None:
    path = tmp_path / "ids.xlsx"
    path.write_bytes(
        sheet_of(
            ("name", "id"), ("Ada", 4101), ("Bea", 4102.0), ("Cleo", "4103"), ("Dan", "1,234"), ("Eve", "007"),
            ("Fay", 4104.5), ("Gus", True), ("Hal", date(2026, 3, 1)), ("Ivy", None),
        )
    )  # fmt: skip
    file = read_id_file(path)
    assert (file.sheet, file.sheets, file.note) == ("Sheet", ("Sheet",), "")
    assert best_name(file, IdKind.INTEGER) == "id"
    paste = parse_paste(file.text(1))
    assert paste.integers == ("4101", "4102", "4103")
    assert [(one.line, one.text) for one in paste.questioned] == [(5, "1,234"), (6, "007")]
    assert [(one.line, one.text) for one in paste.unreadable] == [
        (7, "4104.5"), (8, "TRUE"), (9, "2026-03-01T00:00:00"),
    ]  # fmt: skip


@pytest.mark.parametrize("number", [2**53 + 2, 1234567890123450000, 1.5e17])
def test_numbers_beyond_what_a_spreadsheet_keeps_exactly_are_asked_about(number: float) -> None:
    paste = parse_paste(read_id_bytes(sheet_of(("id",), (number,)), "x.xlsx").text())
    assert paste.integers == ()
    (question,) = paste.questioned
    assert question.readings == ((str(int(number)),),)


def test_the_largest_exact_number_is_an_id() -> None:
    paste = parse_paste(read_id_bytes(sheet_of((2**53,), (1,)), "x.xlsx").text())
    assert paste.integers == (str(2**53), "1")


def test_a_formula_without_a_stored_value_is_not_lost() -> None:
    file = read_id_bytes(sheet_of(("id", "n"), (4101, "a"), ("=A2+1", "b")), "x.xlsx")
    paste = parse_paste(file.text(0))
    assert paste.integers == ("4101",)
    assert [bad.line for bad in paste.unreadable] == [3]
    assert "1 formulas have no stored value" in file.note


def test_the_first_sheet_that_is_not_empty_is_read_and_named() -> None:
    data = sheet_of(Contacts=[("id", "name"), (4101, "Ada")], Other=[(1, 2)])
    file = read_id_bytes(data, "x.xlsx")
    assert (file.sheet, file.sheets) == ("Contacts", ("Sheet", "Contacts", "Other"))
    assert "“Contacts” was read, one of 3" in file.note
    assert read_id_bytes(data, "x.xlsx", sheet="Other").text() == "1\t2"
    with pytest.raises(InputError, match="no sheet “Missing”"):
        read_id_bytes(data, "x.xlsx", sheet="Missing")


def packed_with(name: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, "x")
    return packed.getvalue()


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "protected with a password, or in the old .xls format"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (sheet_of((1,))[:-200], "damaged"),
        (packed_with("xl/workbook.xml"), "damaged"),
        (packed_with("content.xml"), "neither text nor an XLSX file"),
        (b"41\x0001\x00\x00 02", "neither text nor a spreadsheet"),
    ],
)
def test_what_cannot_be_read_is_said_in_a_sentence(data: bytes, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence) as raised:
        read_id_bytes(data, "ids.xlsx")
    assert "ids.xlsx" in raised.value.text
    assert raised.value.next_step


def test_a_missing_file_and_a_folder_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_id_file(tmp_path / "none.csv")
    with pytest.raises(InputError, match="cannot be read"):
        read_id_file(tmp_path)


def test_a_long_file_lets_others_have_their_turn() -> None:
    breaths: list[int] = []
    rows = "".join(f"{number},Ada\n" for number in range(1, 5001))
    read_id_bytes(f"id,name\n{rows}".encode(), "x.csv", breathe=lambda: breaths.append(1))
    in_text = len(breaths)
    read_id_bytes(sheet_of(*((number, "Ada") for number in range(1000))), "x.xlsx", breathe=lambda: breaths.append(1))
    assert in_text >= 5
    assert len(breaths) - in_text >= 5
