import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.providers import wire
from app.providers.wire import Scalar


class Inner(msgspec.Struct):
    name: Scalar = None


class Outer(msgspec.Struct):
    id: Scalar = None
    title: Scalar = None
    inner: Inner | None = None
    many: list[Inner | str] | None = None
    either: Inner | list[Inner] | None = None
    pairs: dict[str, Scalar] | None = None


def test_members_of_the_wrong_kind_count_as_absent_and_the_rest_is_read() -> None:
    raw = json.dumps(
        {
            "id": 7,
            "title": {"de": "Chef"},
            "inner": {"name": ["odd"], "more": 1},
            "many": [{"name": "a"}, 5, {"name": {}}, "b"],
            "either": [{"name": "x"}],
            "pairs": {"key": "k", "odd": []},
            "unknown": {},
        }
    ).encode()
    outer = wire.part(raw, Outer)
    assert outer == Outer(7, None, Inner(None), [Inner("a"), Inner(None), "b"], [Inner("x")], {"key": "k"})


@pytest.mark.parametrize("raw", [b"[]", b"null", b'"text"', b"12", b"", b"{"])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".*"):
        wire.part(raw, Outer)


def test_half_an_emoji_and_broken_utf8_cost_one_character_not_the_body() -> None:
    raw = b'\xef\xbb\xbf{"id":"1","title":"caf\xe9 \\ud83d! \\ud83d\\ude00 \\\\ud83d"}'
    outer = wire.part(raw, Outer)
    assert outer.title == "caf\ufffd \ufffd! \U0001f600 \\ud83d"


def test_a_number_of_absurd_length_is_passed_over() -> None:
    assert wire.part(b'{"id":"1","title":' + b"9" * 6000 + b"}", Outer).id == "1"


def test_absurd_nesting_is_refused_like_any_other_nonsense() -> None:
    with pytest.raises(ValueError, match="deep"):
        wire.part(b'{"title":' + b"[" * 200_000 + b"]" * 200_000 + b"}", Outer)


def test_null_is_an_empty_list_but_nothing_is_not() -> None:
    assert wire.rows(b" null ") == []
    assert [bytes(row) for row in wire.rows(b"[1, {}]")] == [b"1", b"{}"]
    for missing in (None, b"{}", b'"x"'):
        with pytest.raises(ValueError, match=r".*"):
            wire.rows(missing)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, ""),
        ("  Zoë \n\t Ng ", "Zoë Ng"),
        ("a\x00b\x1bc\u2028d", "a b c d"),
        ("عمر‌ فاروق", "عمر‌ فاروق"),
        (12, "12"),
        (1.5, "1.5"),
    ],
)
def test_text_is_one_clean_line(value: Scalar, line: str) -> None:
    assert wire.text(value) == line


@given(st.text())
def test_any_text_becomes_one_line_without_control_characters(value: str) -> None:
    line = wire.text(value, longest=20)
    assert len(line) <= 20
    assert len(line.splitlines()) <= 1
    assert line == line.strip()


def test_paragraphs_keep_their_lines() -> None:
    assert wire.paragraphs("One\r\n\r\n  two\x07 ") == "One\n\ntwo"
    assert wire.paragraphs(None) == ""


@pytest.mark.parametrize(
    ("value", "identifier"),
    [
        ("435834", "435834"),
        (1039995589705121900, "1039995589705121900"),
        (True, ""),
        (1.5, ""),
        (None, ""),
        (" a ", "a"),
    ],
)
def test_ids_are_text_however_they_come(value: Scalar, identifier: str) -> None:
    assert wire.identifier(value) == identifier


def test_tokens_stay_as_they_came() -> None:
    assert wire.opaque(" a  b==") == " a  b=="
    assert wire.opaque(5) == "5"
    assert wire.opaque(None) == ""


@pytest.mark.parametrize(("value", "count"), [(5, 5), ("5", 0), (True, 0), (None, 0), (2.0, 0)])
def test_counts(value: Scalar, count: int) -> None:
    assert wire.whole(value) == count


@pytest.mark.parametrize(
    ("url", "domain"),
    [
        ("https://www.northfield.example/about", "northfield.example"),
        ("northfield.example", "northfield.example"),
        ("https://www.linkedin.com/company/northfield", ""),
        ("https://de.linkedin.com/company/northfield", ""),
        ("https://notlinkedin.com", "notlinkedin.com"),
        ("", ""),
    ],
)
def test_a_page_on_a_shared_site_is_no_company_domain(url: str, domain: str) -> None:
    assert wire.company_domain(url) == domain


def test_only_peoples_linkedin_pages_are_profile_links() -> None:
    assert (
        wire.profile_link("https://www.linkedin.com/in/ada-northfield") == "https://www.linkedin.com/in/ada-northfield"
    )
    assert wire.profile_link("https://www.linkedin.com/company/northfield") == ""
    assert wire.profile_link("javascript:alert(1)") == ""
