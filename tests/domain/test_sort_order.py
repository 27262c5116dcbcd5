import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.sort_order import LONGEST_KEY, sort_key


def in_order(texts: list[str]) -> list[str]:
    return sorted(texts, key=sort_key)


@pytest.mark.parametrize(
    "texts",
    [
        pytest.param(["Akesson", "Åkesson", "Alm", "Åström", "Berg", "Émile", "Emily", "Öberg", "Olsen"], id="accents"),
        pytest.param(["anna", "Bert", "carla", "Dora"], id="case"),
        pytest.param(["Item 9", "Item 10", "Item 10a", "Item 100", "Items"], id="numbers"),
        pytest.param(["7 Seas", "12 Monkeys", "100 Percent", "Acme"], id="numbers first"),
        pytest.param(["Ивушка", "Йван", "Кира"], id="short i"),
        pytest.param(["Елена", "Ёлкина", "Жанна"], id="yo"),
        pytest.param(["Zoë", "Ωmega", "Яна", "أحمد", "田中"], id="scripts"),
        pytest.param(["Abel", "“Acme”", "(Berg)", "…zum Hirsch"], id="quotes"),
        pytest.param(["de la Cruz", "Delacroix"], id="words before letters"),
        pytest.param(["9" * 8, "9" * 9, "1" + "0" * 40, "2" + "0" * 40], id="huge numbers"),
    ],
)
def test_people_find_things_where_they_look_for_them(texts: list[str]) -> None:
    assert in_order(list(reversed(texts))) == texts


@pytest.mark.parametrize("text", ["", "  ", "—", "«»", "\0", "- / -"])
def test_what_has_neither_letter_nor_digit_is_blank(text: str) -> None:
    assert sort_key(text) == ""


def test_the_same_text_without_case_is_the_same_key() -> None:
    assert sort_key("ACME  GmbH ") == sort_key("acme gmbh")
    assert sort_key("ÄCME") == sort_key("äcme") != sort_key("acme")


@given(st.text(max_size=200))
def test_a_key_is_short_and_can_be_kept(text: str) -> None:
    key = sort_key(text)
    assert len(key) <= LONGEST_KEY
    assert "\0" not in key
    key.encode()


@given(st.text(), st.text())
def test_python_and_sqlite_agree_on_the_order_of_keys(one: str, other: str) -> None:
    first, second = sort_key(one), sort_key(other)
    assert (first < second) == (first.encode() < second.encode())
