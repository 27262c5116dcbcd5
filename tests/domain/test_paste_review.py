from hypothesis import given
from hypothesis import strategies as st

from app.domain.identifiers import IdKind
from app.domain.paste import parse_paste
from app.domain.paste_review import LEAVE_OUT, review
from app.domain.provider import Provider

PASTED = "4101 007 1,234 4101 1.23E+15 b3c6f5e2-1234-4abc-9def-0123456789ab ada@example.com hello 007"


def test_without_answers_everything_is_as_it_was_read() -> None:
    paste = parse_paste(PASTED)
    seen = review(paste, {})
    assert seen.taken == paste
    assert [question.text for question in seen.questions] == ["007", "1,234", "1.23E+15", "007"]
    assert sum(seen.parts().values()) == paste.pieces == 9


def test_an_answer_holds_for_every_piece_that_looks_alike() -> None:
    seen = review(parse_paste(PASTED), {"007": 0, "1.23E+15": LEAVE_OUT})
    assert seen.ids_for(Provider.BUILDWORKPRO, IdKind.INTEGER) == ("4101", "7")
    assert (seen.used, seen.left_out) == (2, 1)
    assert [question.text for question in seen.questions] == ["1,234"]
    assert sum(seen.parts().values()) == 9


def test_one_piece_may_be_two_ids() -> None:
    seen = review(parse_paste(PASTED), {"1,234": 1})
    assert seen.ids_for(Provider.BUILDWORKPRO, IdKind.INTEGER) == ("4101", "1", "234")
    assert seen.parts()["answered question"] == 1


def test_an_answer_that_is_not_offered_leaves_the_question_open() -> None:
    seen = review(parse_paste(PASTED), {"007": 5, "not there": 0})
    assert len(seen.questions) == 4


@given(
    st.lists(st.sampled_from(["12", "007", "1,234", "5.00", "x", "9", "a@b.example"]), max_size=30),
    st.dictionaries(st.sampled_from(["007", "1,234", "5.00", "12"]), st.integers(-2, 3)),
)
def test_whatever_is_answered_every_piece_is_in_exactly_one_part(pieces: list[str], answers: dict[str, int]) -> None:
    seen = review(parse_paste("\n".join(pieces)), answers)
    assert sum(seen.parts().values()) == len(pieces)
