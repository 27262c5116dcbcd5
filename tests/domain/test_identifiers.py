import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.domain.identifiers import (
    IdKind,
    UnreadableId,
    domain_of_email,
    is_role_address,
    linkedin_slug,
    normalise_domain,
    normalise_email,
    parse_ids,
    safe_url,
)

UUID = "b3c6f5e2-1234-4abc-9def-0123456789ab"

PASTED = st.text(alphabet=st.characters(codec="utf-8"), max_size=60) | st.text(
    alphabet="0123456789abcdefABCDEF-,;| \t\n\r\"'(){}[]<>\ufeff\u200b«»", max_size=120
)


@given(PASTED, st.sampled_from(IdKind))
def test_nothing_of_a_paste_is_dropped_or_counted_twice(text: str, kind: IdKind) -> None:
    parsed = parse_ids(text, kind)
    assert len(set(parsed.valid)) == len(parsed.valid)
    assert parsed.pieces == len(parsed.valid) + parsed.duplicates + len(parsed.unreadable)
    again = parse_ids("\n".join(parsed.valid), kind)
    assert again.valid == parsed.valid
    assert (again.duplicates, again.unreadable) == (0, ())


@given(st.lists(st.integers(min_value=1, max_value=2**63 - 1), max_size=30), st.sampled_from([" ", ",", "\r\n", ";\t"]))
def test_integer_ids_keep_their_order_and_count(numbers: list[int], separator: str) -> None:
    parsed = parse_ids(separator.join(map(str, numbers)), IdKind.INTEGER)
    assert parsed.valid == tuple(dict.fromkeys(map(str, numbers)))
    assert parsed.pieces == len(numbers)


@given(st.lists(st.uuids(), max_size=20))
def test_uuids_are_one_whatever_their_spelling(uuids: list[object]) -> None:
    spellings = [spelling for each in map(str, uuids) for spelling in (each, each.upper(), each.replace("-", ""))]
    parsed = parse_ids("\n".join(f"“{spelling}”," for spelling in spellings), IdKind.UUID)
    assert parsed.valid == tuple(dict.fromkeys(map(str, uuids)))
    assert parsed.pieces == len(spellings)


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        ("id", "not a whole number"),
        ("-5", "not a whole number"),
        ("1.5", "not a whole number"),
        ("٤٢", "not a whole number"),
        ("²", "not a whole number"),
        ("0", "starts with a zero"),
        ("007", "starts with a zero"),
        ("9223372036854775808", "too large for an ID"),
        ("9" * 5000, "too large for an ID"),
    ],
)
def test_a_piece_that_is_no_number_is_named_with_its_line_and_reason(piece: str, reason: str) -> None:
    parsed = parse_ids(f"41\n  42, {piece}", IdKind.INTEGER)
    assert parsed.valid == ("41", "42")
    assert parsed.unreadable == (UnreadableId(piece, 2, reason),)


@pytest.mark.parametrize("piece", ["42", UUID[:-1], UUID + "0", UUID.replace("-", "_"), "g" + UUID[1:]])
def test_a_piece_that_is_no_uuid_is_named(piece: str) -> None:
    assert [bad.text for bad in parse_ids(f"{piece}\n{UUID}", IdKind.UUID).unreadable] == [piece]


def test_wrappers_and_invisible_characters_around_ids_do_not_matter() -> None:
    assert parse_ids('\ufeff[41, "42", (43);\u200b44|«45»]', IdKind.INTEGER).valid == ("41", "42", "43", "44", "45")


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://www.linkedin.com/in/Ada-Lark/", "ada-lark"),
        ("http://de.linkedin.com/in/ada-lark?trk=x#top", "ada-lark"),
        ("linkedin.com/in/ada-lark/details/experience", "ada-lark"),
        ("https://linkedin.com/in/zo%C3%AB", "zoë"),
        ("https://linkedin.com/in/zoe%CC%88", "zoë"),
        ("  https://m.linkedin.com/in/ada  ", "ada"),
        ("https://linkedin.com/in/zo%25C3%25AB", "zoë"),
        ("https://linkedin.com/in/jos%E9", "josé"),
        ("https://linkedin.com/in/ada%2Fposts", "ada"),
        ("https://linkedin.com/company/lark", ""),
        ("https://notlinkedin.com/in/ada", ""),
        ("https://linkedin.com.evil.example/in/ada", ""),
        ("ada-lark", ""),
        ("", ""),
    ],
)
def test_linkedin_slugs(url: str, slug: str) -> None:
    assert linkedin_slug(url) == slug


@given(st.text(max_size=40))
@example("ß")
@example("İ")
@example("%25C3")
@example("a%2Fb")
@example("a%3Fb")
@example("ﬀ")
@example("ͅ")
def test_a_linkedin_slug_is_its_own_slug(text: str) -> None:
    slug = linkedin_slug(f"https://www.linkedin.com/in/{text}")
    assume(slug)
    assert linkedin_slug(f"https://linkedin.com/in/{slug}") == slug


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Lark.Example", "lark.example"),
        ("https://www.lark.example:8443/about?x=1", "lark.example"),
        ("www.lark.example.", "lark.example"),
        ("www.com", "www.com"),
        ("https://lark.example/@ada", "lark.example"),
        ("mailto:ada@lark.example", "lark.example"),
        ("ada@lark.example", "lark.example"),
        ("lark.example/path", "lark.example"),
        ("münchen.example", "xn--mnchen-3ya.example"),
        ("xn--mnchen-3ya.example", "xn--mnchen-3ya.example"),
        ("bücher.example", "xn--bcher-kva.example"),
        ("localhost", ""),
        ("not a domain.example", ""),
        ("under_score.example", ""),
        ("http://[broken", ""),
        ("a..example", ""),
        ("", ""),
        ("n/a", ""),
        ("1.5", ""),
        ("127.0.0.1", ""),
        ("o'neil.example", ""),
    ],
)
def test_domains(text: str, host: str) -> None:
    assert normalise_domain(text) == host


@given(st.text(max_size=40) | st.from_regex(r"(https?://)?(www\.)*[\w.-]{1,20}\.\w{2,5}(/\w*)?", fullmatch=True))
@example("www.www.lark.example")
@example("lark.example..")
@example("a@b@c.example")
@example("www.com")
def test_a_normal_domain_is_its_own_normal_form(text: str) -> None:
    once = normalise_domain(text)
    assert normalise_domain(once) == once


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        (" Ada@Lark.Example ", "ada@lark.example"),
        ("zoe\u0308@lark.example", "zoë@lark.example"),
        ("ada@localhost", ""),
        ("@lark.example", ""),
        ("ada lark@lark.example", ""),
        ("ada", ""),
        ("", ""),
    ],
)
def test_email_addresses(address: str, normal: str) -> None:
    assert normalise_email(address) == normal


@given(st.text(max_size=20), st.text(max_size=20))
@example("ͅ", "a.b")
@example("ŉ", "İ.x")
def test_a_normal_address_is_its_own_normal_form(local: str, host: str) -> None:
    once = normalise_email(f"{local}@{host}.example")
    assert normalise_email(once) == once


@pytest.mark.parametrize("address", ["info@lark.example", "SALES+eu@lark.example", "no-reply@lark.example"])
def test_mailboxes_of_a_function_identify_nobody(address: str) -> None:
    assert is_role_address(address)


@pytest.mark.parametrize("address", ["ada@lark.example", "infora@lark.example", ""])
def test_mailboxes_of_a_person_do(address: str) -> None:
    assert not is_role_address(address)


@pytest.mark.parametrize(
    ("address", "domain"), [("ada@lark.example", "lark.example"), ("ada@GMail.com", ""), ("ada", ""), ("", "")]
)
def test_the_company_domain_of_an_address(address: str, domain: str) -> None:
    assert domain_of_email(address) == domain


@pytest.mark.parametrize("url", ["https://lark.example/x", "http://lark.example"])
def test_web_links_may_be_opened(url: str) -> None:
    assert safe_url(f" {url} ") == url


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "https:lark", "//lark.example", "http://[", ""]
)
def test_other_links_may_not(url: str) -> None:
    assert safe_url(url) == ""
