from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.enrichment import BatchState
from app.domain.outcomes import Outcome
from app.ui.models.queue_notices import notices, stopped_notice
from app.ui.models.queue_text import Pace, eta_text, pace_of, run_label, run_texts, run_title
from tests.support.queue_records import START, make_batch, make_run

pytestmark = pytest.mark.gui


def test_a_run_that_ends_is_told_once_with_figures_and_without_its_origin() -> None:
    running = make_run(1, make_batch(1, state=BatchState.SUBMITTED))
    ended = replace(make_run(1, make_batch(1, state=BatchState.COMPLETE)), counts={Outcome.FOUND: 3})
    told = notices([running], [ended])
    assert [(each.title, each.text) for each in told] == [
        ("Enrichment finished", "2 people: 3 values found, 2 credits charged.")
    ]
    assert notices([ended], [ended]) == []
    assert "people.csv" not in told[0].text


def test_a_run_from_before_the_start_of_the_program_is_not_told() -> None:
    assert notices([], [make_run(1, make_batch(1, state=BatchState.COMPLETE))]) == []


def test_a_decision_is_asked_for_with_its_highest_cost() -> None:
    before = make_run(1, make_batch(1, state=BatchState.SUBMITTING))
    after = make_run(1, make_batch(1, state=BatchState.UNKNOWN_OUTCOME))
    (told,) = notices([before], [after])
    assert told.title == "Enrichment needs your decision"
    assert "up to 22 credits more" in told.text
    assert notices([after], [after]) == []


def test_a_pause_and_the_end_of_a_sample_are_told() -> None:
    running = make_run(1, make_batch(1, state=BatchState.SUBMITTED), make_batch(2))
    done, waiting = make_batch(1, state=BatchState.COMPLETE), make_batch(2)
    assert [each.title for each in notices([running], [make_run(1, done, waiting, stopped=True)])] == [
        "Enrichment is paused"
    ]
    sampled = make_run(1, done, replace(waiting, held=True))
    (told,) = notices([running], [sampled])
    assert told.title == "The sample is finished"
    assert told.text.endswith("2 people wait for you to go on.")
    assert run_label(sampled) == "Sample finished"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("Tamtam refused the key.", "Tamtam refused the key."),
        ("Tamtam refused the request: no right to look up Ada Moreau", "Tamtam refused the request."),
        (
            "The next 9 people could cost 9 credits, 5 are left: 4 are short. (Ada)",
            "The next 9 people could cost 9 credits, 5 are left.",
        ),
        ("“Ada” is not known", "The queue says why."),
    ],
)
def test_why_the_queue_waits_is_told_without_what_the_service_said(reason: str, told: str) -> None:
    assert stopped_notice(reason).text == told


def test_the_time_left_names_its_basis() -> None:
    first = replace(
        make_batch(1, state=BatchState.COMPLETE), submitted_at=START, updated_at=START + timedelta(seconds=90)
    )
    flying = replace(make_batch(2, state=BatchState.SUBMITTED), submitted_at=START + timedelta(seconds=60))
    run = make_run(1, first, flying)
    pace = pace_of([run])
    assert pace == Pace(90.0, 1)
    assert eta_text(run, pace, START + timedelta(seconds=100)) == "About 50 s left, by 1 finished batch."
    assert eta_text(run, pace, START + timedelta(seconds=200)) == "Any moment now, by 1 finished batch."
    assert eta_text(run, None, START) == ""
    assert eta_text(make_run(2, make_batch(3), stopped=True), pace, START) == ""


def test_a_run_is_called_by_its_day_and_origin_and_never_by_its_number() -> None:
    title = run_title(make_run(4711, make_batch(1)))
    assert "4711" not in title
    assert title.endswith(" · people.csv")
    assert not run_title(replace(make_run(1, make_batch(1)), origin="")).endswith("·")


def test_results_that_may_be_dropped_soon_are_told_of() -> None:
    batch = replace(
        make_batch(1, state=BatchState.COLLECTING), submitted_at=START, expires_at=START + timedelta(days=30)
    )
    run = make_run(1, batch)
    assert "dropped" not in run_texts(run, None, START + timedelta(days=23))[4]
    assert "may soon be dropped" in run_texts(run, None, START + timedelta(days=25))[4]
