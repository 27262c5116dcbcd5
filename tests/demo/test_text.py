import pytest

from app.demo.text import fold, slug, without_accents


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Zoë  MÜLLER", "zoe muller"),
        ("Straßenglück", "strassengluck"),
        ("Łódź", "lodz"),
        ("O’Lanternly", "o'lanternly"),
    ],
)
def test_case_accents_and_blanks_do_not_matter(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_scripts_without_accents_stay_as_they_are() -> None:
    assert without_accents("하늘 葵 ליאת") == "하늘 葵 ליאת"


def test_a_slug_is_plain() -> None:
    assert slug("Étoilebleue Foods & Daughters") == "etoilebleue-foods-daughters"
    assert slug("灯") == ""
