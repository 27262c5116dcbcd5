"""Pastes: every piece is accounted for, what has two readings is asked about, and nothing is guessed."""

import random
import re
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.identifiers import IdKind
from app.domain.paste import Doubt, Paste, PasteReader, parse_paste
from app.domain.provider import Provider

ADA = "b3c6f5e2-1234-4abc-9def-0123456789ab"


def total(paste: Paste) -> int:
    kept = (paste.uuids, paste.integers, paste.people, paste.emails, paste.questioned, paste.unreadable)
    return sum(map(len, kept)) + paste.duplicates


@pytest.mark.parametrize(
    "text",
    [
        "4101 4102 4103",
        "4101,4102;4103",
        "4101\t4102\r\n4103",
        "\ufeff4101\n\u00a04102\u202f4103",
        "[4101, 4102, 4103]",
        '"4101";"4102";"4103"',
        "‘4101’ “4102” «4103»",
        '="4101"\n="4102"\n="4103"',
        "4101, 4102, 4103.",
        "\u200b4101|4102|\u00ad4103",
        "4101\u30014102\uff0c4103",
        "4101\u00a04102\u00a04103",
        ",,4101,,4102,,4103,,",
        "(4101) <4102> {4103}",
        "'4101\n'4102\n'4103",
    ],
)
def test_ids_are_read_whatever_parts_or_wraps_them(text: str) -> None:
    paste = parse_paste(text)
    assert paste.integers == ("4101", "4102", "4103")
    assert total(paste) == paste.pieces == 3


@pytest.mark.parametrize(
    "text",
    [
        ADA,
        ADA.upper(),
        ADA.replace("-", ""),
        f"{{{ADA}}}",
        f"urn:uuid:{ADA}",
        ADA.replace("-", "\u2011"),
        ADA.replace("-", "–"),
        f"https://app.tamtam.ai/contacts/{ADA}?tab=1",
    ],
)
def test_a_uuid_in_any_spelling_is_tamtams(text: str) -> None:
    paste = parse_paste(f"{text} {ADA}")
    assert (paste.uuids, paste.duplicates, paste.pieces) == ((ADA,), 1, 2)
    assert paste.ids_for(Provider.TAMTAM, IdKind.UUID) == (ADA,)


def test_an_address_at_a_service_names_the_service() -> None:
    paste = parse_paste("https://app.leadfeeder.com/f/contacts/991/ 4101 https://app.buildworkpro.com/contacts/17#x")
    assert paste.integers == ("991", "4101", "17")
    assert paste.ids_for(Provider.LEADFEEDER, IdKind.INTEGER) == ("991", "4101")
    assert paste.ids_for(Provider.BUILDWORKPRO, IdKind.INTEGER) == ("4101", "17")
    assert paste.left_out(Provider.BUILDWORKPRO, IdKind.INTEGER) == ("991",)


def test_addresses_of_others_and_without_an_id_are_unreadable_with_the_reason() -> None:
    paste = parse_paste(
        "https://evil.example/leadfeeder.com/991\nhttps://leadfeeder.com.evil.example/991\n"
        "https://app.leadfeeder.com/settings\nhttps://www.linkedin.com/company/acme"
    )
    assert [(one.line, one.reason) for one in paste.unreadable] == [
        (1, "an address of no service here"),
        (2, "an address of no service here"),
        (3, "an address at Leadfeeder that does not end in an ID"),
        (4, "a LinkedIn page, but not of a person"),
    ]


def test_people_and_addresses_are_searches_each_once() -> None:
    paste = parse_paste(
        "https://www.linkedin.com/in/Ada-Lark?trk=x linkedin.com/in/ada-lark/ ada@lark.example mailto:ADA@lark.example"
    )
    assert paste.people == ("https://www.linkedin.com/in/ada-lark",)
    assert paste.emails == ("ada@lark.example",)
    assert (paste.duplicates, paste.pieces) == (2, 4)


@pytest.mark.parametrize(
    ("typed", "doubt", "readings"),
    [
        ("1,234", Doubt.THOUSANDS, (("1234",), ("1", "234"))),
        ('"1,234,567"', Doubt.THOUSANDS, (("1234567",), ("1", "234", "567"))),
        ("1,000", Doubt.THOUSANDS, (("1000",),)),
        ("1.234", Doubt.THOUSANDS, (("1234",),)),
        ("1'234", Doubt.THOUSANDS, (("1234",),)),
        ("1’234’567", Doubt.THOUSANDS, (("1234567",),)),
        ("1\u00a0234", Doubt.THOUSANDS, (("1234",), ("1", "234"))),
        ("1\u202f234\u202f567", Doubt.THOUSANDS, (("1234567",), ("1", "234", "567"))),
        ("00123", Doubt.LEADING_ZERO, (("123",),)),
        ("4101.0", Doubt.SPREADSHEET, (("4101",),)),
        ("4101,00", Doubt.SPREADSHEET, (("4101",),)),
        ("1.23E+15", Doubt.SPREADSHEET, (("1230000000000000",),)),
        ("1,23e15", Doubt.SPREADSHEET, (("1230000000000000",),)),
        ("1.2345E+2", Doubt.SPREADSHEET, ()),
        ("9E+99", Doubt.SPREADSHEET, ()),
        ("４１０１", Doubt.DIGITS, (("4101",),)),
    ],
)
def test_what_may_be_an_id_is_left_as_typed_and_asked_about(
    typed: str, doubt: Doubt, readings: tuple[tuple[str, ...], ...]
) -> None:
    paste = parse_paste(f"7001\n{typed}\n7002")
    assert paste.integers == ("7001", "7002")
    (question,) = paste.questioned
    assert (question.text, question.line) == (typed.strip('"'), 2)
    assert (question.doubt, question.readings) == (doubt, readings)
    assert question.reason


@pytest.mark.parametrize("text", ["1,2345", "12,34", "1,23,456", "4101,4102", "1.234,567", "1000,234"])
def test_commas_that_do_not_group_by_three_part_ids(text: str) -> None:
    paste = parse_paste(text)
    assert Doubt.THOUSANDS not in {one.doubt for one in paste.questioned if "," in one.text}


def test_a_long_row_of_three_digit_ids_is_no_number() -> None:
    ids = [str(number) for number in range(100, 150)]
    assert parse_paste(",".join(ids)).integers == tuple(ids)


@pytest.mark.parametrize(
    ("piece", "reason"),
    [
        ("0", "IDs are whole numbers from 1"),
        ("-4101", "IDs have no sign"),
        ("99999999999999999999", "too large for an ID"),
        ("n/a", "no ID, LinkedIn page or e-mail address"),
        ("²", "no ID, LinkedIn page or e-mail address"),
    ],
)
def test_unreadable_pieces_have_line_and_reason(piece: str, reason: str) -> None:
    (bad,) = parse_paste(f"1\r\n2\r{piece}").unreadable
    assert (bad.text, bad.line, bad.reason) == (piece, 3, reason)


def test_nothing_but_wrappers_is_no_piece() -> None:
    assert parse_paste(' \n"" , () ; \ufeff \u00a0 "') == Paste()


def mixed(count: int) -> tuple[str, dict[str, int]]:
    """Pieces of every sort in a fixed random order, and how many there are of each."""
    chance = random.Random(6)
    numbers = [str(number) for number in chance.sample(range(1, 10**9), count * 50 // 100)]
    uuids = [str(uuid.UUID(int=chance.getrandbits(128), version=4)) for _ in range(count * 35 // 100)]
    again = chance.choices(numbers + uuids, k=count * 10 // 100)
    bad = [f"n/a-{number}" for number in range(count * 5 // 100)]
    pieces = numbers + uuids + again + bad
    chance.shuffle(pieces)
    told = {"integers": len(numbers), "uuids": len(uuids), "duplicates": len(again), "unreadable": len(bad)}
    return "".join(piece + chance.choice(["\n", ", ", ";", "\t", " | "]) for piece in pieces), told


def test_a_hundred_thousand_pieces_are_all_accounted_for() -> None:
    text, told = mixed(100_000)
    paste = parse_paste(text)
    assert {name: len(getattr(paste, name)) for name in ("integers", "uuids", "unreadable")} | {
        "duplicates": paste.duplicates
    } == told
    assert total(paste) == paste.pieces == 100_000


def test_reading_in_steps_gives_the_same() -> None:
    text, _ = mixed(1_000)
    reader = PasteReader(text)
    steps = 1
    while reader.read(7):
        steps += 1
    assert steps > 100
    assert reader.paste() == parse_paste(text)


ANY_TEXT = st.text(alphabet=st.one_of(st.sampled_from("0123456789,.;|'\"\n\r\t \u00a0\u202feE+-x@/"), st.characters()))


@given(ANY_TEXT)
def test_whatever_is_pasted_the_counts_add_up(text: str) -> None:
    paste = parse_paste(text)
    assert total(paste) == paste.pieces
    lines = text.count("\n") + 2 + len(re.findall("[\r\x85\u2028\u2029]", text))
    places = [one.line for one in paste.questioned] + [one.line for one in paste.unreadable]
    assert all(1 <= place <= lines for place in places)
    assert all(1 <= int(one) < 2**63 and one.isascii() for one in paste.integers)
    assert len(set(paste.integers)) == len(paste.integers)


@given(ANY_TEXT)
def test_no_digit_is_lost_or_made_up(text: str) -> None:
    """IDs are rows of digits that stand in the text, never parts of a longer row."""
    rows = set(re.findall("[0-9]+", re.sub("[\ufeff\u200b-\u200f\u2060\u00ad]", "", text)))
    assert set(parse_paste(text).integers) <= rows


@given(
    st.lists(st.integers(1000, 2**63 - 1), unique=True), st.sampled_from(["\n", ", ", ";", " ", "\t", "\u3000", "|"])
)
def test_ids_come_back_in_order_whatever_the_separator(ids: list[int], separator: str) -> None:
    typed = [str(one) for one in ids]
    paste = parse_paste(separator.join(typed))
    assert paste.integers == tuple(typed)
    assert paste.pieces == len(ids)


@given(st.lists(st.uuids(), unique=True), st.sampled_from([str, lambda one: one.hex.upper(), lambda one: f"{{{one}}}"]))
def test_uuids_come_back_canonical(ids: list[uuid.UUID], spell: object) -> None:
    assert callable(spell)
    assert parse_paste("\n".join(spell(one) for one in ids)).uuids == tuple(map(str, ids))
