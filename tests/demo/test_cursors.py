import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.demo.cursors import BadCursorError, CursorSigner

SIGNER = CursorSigner(1)


@given(st.dictionaries(st.text(max_size=5), st.text(max_size=5)), st.integers(0, 10**6))
def test_a_cursor_comes_back_as_it_was_made(query: dict[str, str], offset: int) -> None:
    cursor = SIGNER.make("here", query, offset)
    assert cursor.isascii()
    assert SIGNER.read("here", query, cursor) == offset
    assert CursorSigner(1).read("here", query, cursor) == offset


@given(st.integers(0, 200), st.characters(codec="ascii", categories=("L", "N")))
def test_one_changed_character_is_noticed(position: int, character: str) -> None:
    cursor = SIGNER.make("here", {"a": "b"}, 25)
    position %= len(cursor) - 1  # bits of the last character may be padding
    if cursor[position] == character:
        return
    with pytest.raises(BadCursorError):
        SIGNER.read("here", {"a": "b"}, cursor[:position] + character + cursor[position + 1 :])


@pytest.mark.parametrize("cursor", ["", "x", "ä", "!!!!", "AAAA", "A" * 40, "=" * 4, "AAAA AAAA"])
def test_what_was_never_made_here_is_refused(cursor: str) -> None:
    with pytest.raises(BadCursorError):
        SIGNER.read("here", {}, cursor)


def test_a_cursor_belongs_to_its_query_place_and_server() -> None:
    cursor = SIGNER.make("here", {"a": "b"}, 25)
    for signer, scope, query in (
        (SIGNER, "here", {"a": "c"}),
        (SIGNER, "there", {"a": "b"}),
        (CursorSigner(2), "here", {"a": "b"}),
    ):
        with pytest.raises(BadCursorError):
            signer.read(scope, query, cursor)
