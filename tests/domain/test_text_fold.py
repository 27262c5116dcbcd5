import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.text_fold import fold, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Åsa MÜLLER", "asa muller"),
        ("Straße", "strasse"),
        ("STRASSE", "strasse"),
        ("İstanbul ISPARTA ılıca", "istanbul isparta ilica"),
        ("Ёлкина", "елкина"),
        ("Łódź, Sønderborg, Ðorđe, Æsop", "lodz, sonderborg, dorde, aesop"),
        ("Ὀδυσσεύς", "οδυσσευσ"),
        ("أَحْمَد", "احمد"),
        ("محـــمد", "محمد"),
        ("ＡＣＭＥ １２", "acme 12"),
        ("٠٤٥ ۰۴۵", "045 045"),
        ("ﬁnance №", "finance no"),
        ("𝐀da", "ada"),
        ("zero\u200bwidth\u00adhere", "zerowidthhere"),
        ("no\u00a0break\0nul", "no break nul"),
        ("lone \ud800 half", "lone  half"),
    ],
)
def test_case_accents_and_spelling_do_not_matter(text: str, folded: str) -> None:
    assert fold(text) == folded


@pytest.mark.parametrize("text", ["Köln", "Ярославль", "김철수", "Ελλάς", "田中 太郎", "ガラス"])
def test_both_ways_to_write_an_accent_are_the_same(text: str) -> None:
    import unicodedata

    assert fold(unicodedata.normalize("NFD", text)) == fold(unicodedata.normalize("NFC", text))


def test_the_beginning_of_a_korean_syllable_finds_it() -> None:
    assert fold("각").startswith(fold("가"))


def test_every_letter_there_is_folds_to_something_that_stays() -> None:
    letters = "".join(map(chr, range(sys.maxunicode + 1)))
    folded = fold(letters)
    assert fold(folded) == folded
    assert "\0" not in folded
    folded.encode()  # no half of a surrogate pair is left


@given(st.text(), st.text())
def test_folding_twice_is_folding_once_and_parts_stay_parts(one: str, other: str) -> None:
    assert fold(fold(one)) == fold(one)
    assert fold(one) in fold(f"{one} {other}")


def test_words_come_once_each_without_blanks() -> None:
    assert words("  Ada\u00a0ADA  ádà Bob\n") == ["ada", "bob"]
    assert words(" \0 ") == []
