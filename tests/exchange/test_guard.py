import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.exchange.guard import RISKY, GuardMode, guard, strip_guard


@pytest.mark.parametrize("first", sorted(RISKY))
def test_every_leading_character_that_a_spreadsheet_may_run_is_guarded(first: str) -> None:
    assert guard(f"{first}SUM(A1)") == f"'{first}SUM(A1)"


@pytest.mark.parametrize(
    "value", ["+4915112345678", "+123456789012345", "+1234567", "-7", "12345678901234567890", "-9223372036854775808"]
)
def test_phone_numbers_and_ids_are_written_bare(value: str) -> None:
    assert guard(value) == value


@pytest.mark.parametrize(
    "value",
    [
        "+0123456789",
        "+123456",
        "+1234567890123456",
        "+49 151 1234",
        "+49151;+49152",
        "-123456789012345678901",
        "-1.5",
        "-2+3",
        "+4915112345678\n",
        "+٤٩١٥١١٢٣٤٥٦",
        "--1",
    ],
)
def test_what_only_looks_like_a_number_is_guarded(value: str) -> None:
    assert guard(value) == f"'{value}"


@pytest.mark.parametrize("value", ["+4915112345678", "-7"])
def test_the_strict_mode_guards_numbers_too(value: str) -> None:
    assert guard(value, GuardMode.ALL) == f"'{value}"


@pytest.mark.parametrize("value", ["", "a=b", "'=quoted", "O'Neil", " =1", "42"])
def test_other_text_stays_as_it_is(value: str) -> None:
    assert guard(value) == value


@given(st.text(), st.sampled_from(GuardMode))
def test_no_written_value_starts_a_formula_and_stripping_gives_the_value_back(value: str, mode: GuardMode) -> None:
    written = guard(value, mode)
    if written == value:
        assert not value or value[0] not in RISKY or value.lstrip("+-").isdigit()
    else:
        assert written[0] == "'"
        assert strip_guard(written) == value


@pytest.mark.parametrize("value", ["'", "", "'quoted'", "plain"])
def test_an_apostrophe_of_the_text_itself_is_kept(value: str) -> None:
    assert strip_guard(value) == value
