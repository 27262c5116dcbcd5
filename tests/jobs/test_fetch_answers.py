"""Answers to chunks of IDs: nothing is called absent that may be there, and nothing charged that may be free."""

import dataclasses

import pytest

from app.domain.fetching import FetchAnswer
from app.domain.outcomes import Outcome
from app.domain.provider import Provider
from app.domain.search import Quarantined
from app.jobs.fetch_answers import read_outcomes, remarks, with_known_charges
from tests.storage.builders import make_record


@pytest.mark.parametrize(
    ("answer", "outcome", "reason"),
    [
        (FetchAnswer((make_record("1"),), requested=2, returned=1), Outcome.NOT_FOUND, "knows no such ID"),
        (
            FetchAnswer((make_record("1"), make_record("77"), make_record("78"))),
            Outcome.UNKNOWN,
            "an ID that was not asked for",
        ),
        (FetchAnswer((make_record("1"),), (Quarantined("bad", b"{}", "77"),)), Outcome.UNKNOWN, "could not be read"),
        (FetchAnswer((make_record("1"),), (Quarantined("no id", b"{}"),)), Outcome.UNKNOWN, "could not be read"),
        (FetchAnswer((make_record("1"),), requested=1), Outcome.UNKNOWN, "counted 1 of the 2 IDs"),
        (FetchAnswer((make_record("1"),), returned=2), Outcome.UNKNOWN, "counted 2 rows but sent 1"),
        (FetchAnswer((make_record("1"), make_record("1"))), Outcome.NOT_FOUND, "knows no such ID"),
    ],
)
def test_an_id_is_not_found_only_when_no_row_can_be_its(answer: FetchAnswer, outcome: Outcome, reason: str) -> None:
    found, missing = read_outcomes(["1", "2"], answer)
    assert (found.outcome, missing.outcome) == (Outcome.FOUND, outcome)
    assert reason in missing.reason


def test_with_one_left_over_on_both_sides_the_id_has_changed() -> None:
    answer = FetchAnswer((make_record("77"), make_record("1")), request_id="req-5")
    first, second = read_outcomes(["1", "2"], answer)
    assert (first.outcome, first.returned_id) == (Outcome.FOUND, "")
    assert (second.outcome, second.returned_id) == (Outcome.FOUND, "77")
    assert remarks(Provider.LEADFEEDER, ["1", "2"], answer) == ["The ID 2 came back as 77 (request req-5)."]


def test_with_two_left_over_nobody_knows_which_is_which() -> None:
    answer = FetchAnswer((make_record("77"), make_record("78")))
    assert {item.outcome for item in read_outcomes(["1", "2"], answer)} == {Outcome.UNKNOWN}
    assert remarks(Provider.LEADFEEDER, ["1", "2"], answer) == []


def test_what_the_provider_counted_otherwise_is_remarked() -> None:
    answer = FetchAnswer((make_record("1"),), requested=1, returned=2)
    assert remarks(Provider.BUILDWORKPRO, ["1", "2"], answer) == [
        "BuildWorkPro counted 1 IDs where 2 were sent.",
        "BuildWorkPro counted 2 rows where 1 came.",
    ]


@pytest.mark.parametrize(
    ("charged", "companies", "each"),
    [(2, 0, [0, 1, 1]), (3, 1, [0, 1, 1]), (1, 0, [0, 0, 0]), (3, 0, [0, 0, 0]), (2, 1, [0, 0, 0]), (0, 0, [0, 0, 0])],
)
def test_a_record_counts_as_charged_only_where_that_is_certain(charged: int, companies: int, each: list[int]) -> None:
    records = tuple(make_record(one, charged=1) for one in ("free", "1", "2"))
    answer = FetchAnswer(records, credits_charged=charged, companies=companies)
    told = with_known_charges(answer, {"free"})
    assert [record.credits_charged for record in told] == each
    assert [dataclasses.replace(record, credits_charged=1) for record in told] == list(records)
