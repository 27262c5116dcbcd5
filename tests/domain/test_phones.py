import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.contact import PhoneValue
from app.domain.phones import compact_phone, e164, in_e164


@pytest.mark.parametrize(
    ("written", "region", "read"),
    [
        ("+44 (0)20 7946 0018", "", "+442079460018"),
        ("020 7946 0018", "GB", "+442079460018"),
        ("020 7946 0018", "gb", "+442079460018"),
        ("(555) 010-1234", "US", "+15550101234"),
        ("+33 6 39 98 12 34", "US", "+33639981234"),
        ("020 7946 0018", "", ""),
        ("020 7946 0018", "Greater London", ""),
        ("1", "DE", ""),
        ("+1 415 555 2671 ext 5", "US", ""),
        ("n/a", "US", ""),
        ("", "", ""),
    ],
)
def test_a_number_is_read_only_when_nothing_has_to_be_guessed(written: str, region: str, read: str) -> None:
    assert e164(written, region) == read
    assert e164(read) == read


def test_the_services_own_text_is_kept_beside_the_number() -> None:
    assert in_e164(PhoneValue("020 7946 0018", "GB")) == PhoneValue("+442079460018", "GB", raw="020 7946 0018")
    assert in_e164(PhoneValue("+442079460018", "GB")) == PhoneValue("+442079460018", "GB")
    assert in_e164(PhoneValue("switchboard")) == PhoneValue("switchboard")


@given(st.text(max_size=30), st.sampled_from(["", "US", "DE", "??"]))
def test_any_text_gives_a_number_or_nothing_and_the_same_again(written: str, region: str) -> None:
    read = e164(written, region)
    assert read == "" or (read[0] == "+" and read[1:].isdigit())
    assert e164(read) == read


@pytest.mark.parametrize(
    ("written", "compact"),
    [
        ("+49 30 23125 323", "+493023125323"),
        ("+1-555-010-0199", "+15550100199"),
        ("+44 (0)20 7946 0018", "+442079460018"),
        ("+33 1 99 00 12 34", "+33199001234"),
        ("030 23125 323", "030 23125 323"),
        ("+49 30 23125-0 ext. 7", "+49 30 23125-0 ext. 7"),
        ("+0 123 456 78", "+0 123 456 78"),
        ("+12", "+12"),
        ("", ""),
    ],
)
def test_international_numbers_lose_their_punctuation_and_nothing_else_changes(written: str, compact: str) -> None:
    assert compact_phone(written) == compact
    assert compact_phone(compact) == compact
