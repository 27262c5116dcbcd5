import itertools

import pytest

from app.domain.outcomes import Outcome, combine


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_words_and_is_one_of_open_or_ended(outcome: Outcome) -> None:
    assert outcome.label
    assert not (outcome.is_open and outcome.needs_attention)


@pytest.mark.parametrize("outcome", Outcome)
def test_parts_that_agree_give_the_whole(outcome: Outcome) -> None:
    assert combine([outcome, outcome]) is outcome


@pytest.mark.parametrize(
    ("one", "other", "whole"),
    [
        (Outcome.FOUND, Outcome.NOT_FOUND, Outcome.PARTIAL),
        (Outcome.FOUND, Outcome.FAILED, Outcome.PARTIAL),
        (Outcome.FOUND, Outcome.UNKNOWN, Outcome.PARTIAL),
        (Outcome.FOUND, Outcome.IN_FLIGHT, Outcome.IN_FLIGHT),
        (Outcome.NOT_FOUND, Outcome.QUEUED, Outcome.IN_FLIGHT),
        (Outcome.NOT_FOUND, Outcome.FAILED, Outcome.FAILED),
        (Outcome.NOT_FOUND, Outcome.UNKNOWN, Outcome.UNKNOWN),
        (Outcome.FAILED, Outcome.UNKNOWN, Outcome.UNKNOWN),
        (Outcome.EXPIRED, Outcome.FAILED, Outcome.EXPIRED),
        (Outcome.SUPPRESSED, Outcome.NOT_FOUND, Outcome.SUPPRESSED),
    ],
)
def test_parts_that_differ(one: Outcome, other: Outcome, whole: Outcome) -> None:
    assert combine([one, other]) is whole
    assert combine([other, one]) is whole


def test_no_answer_never_becomes_not_found() -> None:
    for parts in itertools.product(Outcome, repeat=2):
        if any(part is not Outcome.NOT_FOUND for part in parts):
            assert combine(list(parts)) is not Outcome.NOT_FOUND


def test_nothing_asked_is_nothing_found() -> None:
    assert combine([]) is Outcome.NOT_FOUND
