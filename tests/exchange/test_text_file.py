from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import InputError
from app.exchange.text_file import decode, read_text

TEXT = "first_name;last_name\r\nZoë;Çelik\r\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        (TEXT.encode("utf-8"), "utf-8"),
        (TEXT.encode("utf-8-sig"), "utf-8"),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), "utf-16-le"),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-16-le"), "utf-16-le"),
        (TEXT.encode("utf-16-be"), "utf-16-be"),
        (TEXT.encode("utf-32"), "utf-32-le"),
        (TEXT.encode("cp1252"), "cp1252"),
    ],
)
def test_the_encodings_that_spreadsheets_write_are_recognised(data: bytes, encoding: str) -> None:
    assert decode(data, "people.csv") == (TEXT, encoding)


@given(st.text())
def test_utf8_is_always_read_back(text: str) -> None:
    # Texts full of NULs are no files of people; they may look like UTF-16.
    if "\0" not in text:
        assert decode(text.encode("utf-8-sig"), "x")[0] == text


def test_what_is_no_text_is_refused() -> None:
    with pytest.raises(InputError, match="photo"):
        decode(b"\x89PNG\r\n\x81\x8d\xff\xfe", "photo.png")


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_text(tmp_path / "none.csv")


def test_a_folder_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        read_text(tmp_path)
