from pathlib import Path

import pytest

from app.domain.enrichment import PersonInput
from app.domain.errors import InputError
from app.exchange.csv_reader import parse_people, read_people
from app.exchange.presets import PLAIN_HEADERS


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator: str) -> None:
    lines = [["notes, free; text", "First Name", "LAST_NAME", "domain"], ["x", "Ada", "Lark", "lark.example"]]
    text = "".join(separator.join(f'"{cell}"' for cell in line) + "\r\n" for line in lines)
    table = parse_people(text)
    assert table.person(table.rows[0]) == PersonInput("Ada", "Lark", "lark.example")
    assert table.header == ("notes, free; text", "First Name", "LAST_NAME", "domain")


def test_excels_separator_line_is_obeyed_and_is_no_header() -> None:
    table = parse_people("sep=;\r\nfirst_name;last_name;domain\r\nAda;Lark;lark.example\r\n")
    assert [row.cells for row in table.rows] == [("Ada", "Lark", "lark.example")]


@pytest.mark.parametrize(
    "header", ["first_name,last_name,domain", "FIRST NAME,Last-Name, Domain ", "firstname,lastName,company_domain"]
)
def test_headers_are_matched_without_case_spaces_and_underscores(header: str) -> None:
    table = parse_people(f"{header}\nAda,Lark,lark.example\n")
    assert table.person(table.rows[0]).domain == "lark.example"


def test_domain_goes_before_company_domain_and_optional_columns_are_read() -> None:
    table = parse_people(
        "company_domain,domain,first_name,last_name,Company Name,LinkedIn URL\n"
        "group.example,unit.example,Ada,Lark,Lark Tools, https://linkedin.com/in/ada \n"
    )
    assert table.person(table.rows[0]) == PersonInput(
        "Ada", "Lark", "unit.example", "Lark Tools", "https://linkedin.com/in/ada"
    )


def test_all_cells_are_kept_as_they_are_with_their_row_numbers() -> None:
    table = parse_people(
        'id,first_name,last_name,domain,note\n007,Ada,,lark.example," two\r\nlines "\n\n1e5,Bo,Finch,,=kept\n'
    )
    assert [(row.row, row.line, row.cells) for row in table.rows] == [
        (1, 3, ("007", "Ada", "", "lark.example", " two\r\nlines ")),
        (2, 5, ("1e5", "Bo", "Finch", "", "=kept")),
    ]


def test_short_rows_are_filled_and_empty_extra_cells_are_let_go() -> None:
    table = parse_people("first_name,last_name,domain\nAda,Lark\nBo,Finch,finch.example,,\n")
    assert [row.cells for row in table.rows] == [("Ada", "Lark", ""), ("Bo", "Finch", "finch.example")]


def test_a_missing_column_is_named() -> None:
    with pytest.raises(InputError, match="“last_name” or “domain”") as caught:
        parse_people("first_name,surname\nAda,Lark\n")
    assert "first_name, last_name, domain" in caught.value.next_step


def test_an_empty_file_is_told() -> None:
    with pytest.raises(InputError, match="no column"):
        parse_people("")


def test_rows_that_do_not_fit_the_header_are_told_by_line() -> None:
    body = "".join(f"Ada,Lark,lark.example,surplus {n}\n" for n in range(5))
    with pytest.raises(InputError, match=r"line 2 has 4 cells instead of 3.*and 2 more lines"):
        parse_people("first_name,last_name,domain\n" + body)


def test_a_quote_that_never_closes_is_told(tmp_path: Path) -> None:
    source = tmp_path / "people.csv"
    source.write_text('first_name,last_name,domain\n"Ada,Lark,lark.example\n', "utf-8")
    with pytest.raises(InputError, match=r"people.csv.*cannot be read as CSV"):
        read_people(source)


def test_our_own_guard_is_taken_off_when_our_export_comes_back() -> None:
    header = ",".join(PLAIN_HEADERS)
    table = parse_people(f"{header}\n'=Ada,'Lark','-x,,lark.example,,'+49 151,,,,\n")
    assert table.rows[0].cells[:7] == ("=Ada", "'Lark'", "-x", "", "lark.example", "", "+49 151")


def test_an_apostrophe_in_a_foreign_file_is_the_reps_own() -> None:
    table = parse_people("first_name,last_name,domain\n'=Ada,Lark,lark.example\n")
    assert table.rows[0].cells[0] == "'=Ada"


def test_a_cp1252_file_is_read(tmp_path: Path) -> None:
    source = tmp_path / "people.csv"
    source.write_bytes("first_name;last_name;domain\r\nZoë;Müller;m.example\r\n".encode("cp1252"))
    table = read_people(source)
    assert table.person(table.rows[0]) == PersonInput("Zoë", "Müller", "m.example")
