from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from app.domain.contact import EmailValue, PhoneValue
from app.domain.enrichment import BatchState, EnrichField, EnrichmentBatch, FieldResult
from app.domain.outcomes import Outcome
from app.ui.models.queue_model import PERCENT_ROLE, RECORD_ROLE, Column, QueueModel, unknown_batches
from app.ui.models.queue_text import run_title
from app.ui.wording import short_moment
from tests.support.queue_records import START, make_batch, make_items, make_run

pytestmark = pytest.mark.gui


def row_texts(model: QueueModel, index: QModelIndex) -> list[str]:
    return [str(model.index(index.row(), column, index.parent()).data() or "") for column in range(len(Column))]


def test_it_is_a_sound_model_through_every_change(qtmodeltester: ModelTester) -> None:
    model = QueueModel()
    qtmodeltester.check(model)
    first, second = make_batch(1), make_batch(2)
    model.set_runs([make_run(1, first, second)])
    model.set_items(1, [*make_items(first), *make_items(second)])
    model.set_runs([make_run(2, make_batch(3, 2)), make_run(1, replace(first, state=BatchState.RESERVED), second)])
    model.set_items(1, make_items(first, Outcome.FOUND))
    qtmodeltester.check(model)
    model.set_runs([make_run(2, make_batch(3, 2))])
    model.set_runs([])


def test_a_run_says_what_it_asks_for_where_it_stands_and_what_it_has_spent() -> None:
    model = QueueModel()
    done, flying = make_batch(1, state=BatchState.COMPLETE), make_batch(2, state=BatchState.SUBMITTED, people=3)
    model.set_runs([make_run(1, done, flying)])
    what, state, progress, credits_text, note = row_texts(model, model.index(0, 0))
    assert what == run_title(make_run(1)) == f"Enrichment of {short_moment(START)} · people.csv"
    assert note.startswith("Emails and phones for 5 people.")
    assert state == "Running"
    assert progress == "2 of 5"
    assert credits_text == "2 of 500 (33 reserved)"
    assert model.index(0, Column.PROGRESS).data(PERCENT_ROLE) == 40


@pytest.mark.parametrize(
    ("states", "stopped", "expected"),
    [
        ([BatchState.DRAFT], False, "Running"),
        ([BatchState.DRAFT], True, "Paused"),
        ([BatchState.DRAFT, BatchState.SUBMITTED], True, "Paused, collecting"),
        ([BatchState.COMPLETE, BatchState.UNKNOWN_OUTCOME], False, "Needs your decision"),
        ([BatchState.COMPLETE, BatchState.REJECTED], False, "Finished, some failed"),
        ([BatchState.COMPLETE], True, "Finished"),
    ],
)
def test_the_state_of_a_run_in_words(states: list[BatchState], stopped: bool, expected: str) -> None:
    model = QueueModel()
    batches = [make_batch(number, state=state) for number, state in enumerate(states, start=1)]
    model.set_runs([make_run(1, *batches, stopped=stopped)])
    assert model.index(0, Column.STATE).data() == expected
    assert not model.index(0, Column.STATE).data(Qt.ItemDataRole.DecorationRole).isNull()


def test_people_are_asked_for_when_a_batch_is_opened_and_only_once() -> None:
    model = QueueModel()
    batch = make_batch(1, run_id=7)
    model.set_runs([make_run(7, batch)])
    wanted: list[int] = []
    model.items_wanted.connect(wanted.append)
    index = model.index(0, 0, model.index(0, 0))
    assert model.hasChildren(index)
    assert model.rowCount(index) == 0
    model.fetchMore(index)
    model.fetchMore(index)
    assert wanted == [7]
    model.forget_request(7)
    model.fetchMore(index)
    assert wanted == [7, 7]
    model.set_items(7, make_items(batch))
    assert model.rowCount(index) == 2
    assert not model.canFetchMore(index)


def test_a_person_shows_an_outcome_per_field_and_values_or_reasons() -> None:
    model = QueueModel()
    batch = make_batch(1, people=1)
    model.set_runs([make_run(1, batch)])
    item = replace(
        make_items(batch)[0],
        outcomes={
            EnrichField.EMAILS: FieldResult(EnrichField.EMAILS, Outcome.FOUND),
            EnrichField.PHONES: FieldResult(EnrichField.PHONES, Outcome.NOT_FOUND, "No phone is known."),
        },
        emails=(EmailValue("ada@fjordwerk.example"),),
        phones=(PhoneValue("+47 22 00 00 00"),),
    )
    model.set_items(1, [item])
    index = model.index(0, 0, model.index(0, 0, model.index(0, 0)))
    assert row_texts(model, index) == [
        "Ada Norling 0",
        "Partly found",
        "emails: found, phones: not found",
        "",
        "ada@fjordwerk.example · +47 22 00 00 00 · No phone is known.",
    ]
    run = model.run_of(index)
    assert run is not None
    assert run.run_id == 1


def test_an_update_keeps_expanded_rows_and_names_only_what_changed() -> None:
    model = QueueModel()
    first, second = make_batch(1, state=BatchState.SUBMITTED), make_batch(2)
    model.set_runs([make_run(1, first, second)])
    model.set_items(1, [*make_items(first), *make_items(second)])
    run_index = model.index(0, 0)
    kept = QPersistentModelIndex(model.index(1, 0, model.index(1, 0, run_index)))
    told: list[tuple[object, int]] = []
    model.dataChanged.connect(lambda top, _bottom: told.append((type(top.data(RECORD_ROLE)).__name__, top.row())))
    model.set_runs([make_run(1, replace(first, state=BatchState.COLLECTING), second)])
    assert ("EnrichmentBatch", 0) in told
    assert ("EnrichmentBatch", 1) not in told
    told.clear()
    items = [*make_items(first), *make_items(second)]
    items[1] = replace(items[1], emails=(EmailValue("ada@fjordwerk.example"),))
    model.set_items(1, items)
    assert told == [("EnrichmentItem", 1)]
    model.set_runs([make_run(2, make_batch(3, 2)), make_run(1, replace(first, state=BatchState.COLLECTING), second)])
    assert kept.isValid()
    assert kept.parent().parent().row() == 1


def test_the_note_of_a_batch_names_the_request_and_the_next_look() -> None:
    model = QueueModel()
    batch = replace(make_batch(1, state=BatchState.COLLECTING), next_poll_at=make_batch(1).created_at, unmatched=1)
    model.set_runs([make_run(1, batch)])
    note = str(model.index(0, Column.NOTE, model.index(0, 0)).data())
    assert "Next look at" in note
    assert "Request req-1" in note
    assert "1 row of the answer matched nobody" in note


def test_what_is_no_longer_asked_about_names_no_next_look() -> None:
    model = QueueModel()
    batch = replace(make_batch(1, state=BatchState.COLLECTING), next_poll_at=make_batch(1).created_at)
    run = make_run(1, batch)
    model.set_runs([run])
    changed: list[QModelIndex] = []
    model.dataChanged.connect(lambda first, last: changed.append(first))
    model.set_runs([run], frozenset({1}))
    told = model.index(0, Column.NOTE, model.index(0, 0))
    assert "No longer asked about automatically." in str(told.data())
    assert not any("Next look" in str(note.data()) for note in (told, model.index(0, Column.NOTE)))
    assert changed
    model.set_runs([run])
    assert "Next look at" in str(told.data())


def test_a_run_that_lacks_credits_says_so_and_promises_no_end() -> None:
    done = replace(make_batch(1, state=BatchState.COMPLETE), submitted_at=START)
    model = QueueModel()
    model.set_runs([make_run(1, done, replace(make_batch(2), short=40))])
    assert model.index(0, Column.STATE).data() == "Waits for credits"
    assert model.index(1, Column.STATE, model.index(0, 0)).data() == "Waits for credits"
    assert "left, by" not in str(model.index(0, Column.NOTE).data())
    model.set_runs([make_run(1, done, make_batch(2))])
    assert model.index(0, Column.STATE).data() == "Running"


def test_a_stopped_run_says_so_on_its_waiting_batches() -> None:
    model = QueueModel()
    model.set_runs([make_run(1, make_batch(1), stopped=True)])
    assert model.index(0, Column.STATE, model.index(0, 0)).data() == "Paused"


def test_batches_that_need_a_decision_come_oldest_first() -> None:
    def unknown(batch_id: int, run_id: int) -> EnrichmentBatch:
        return make_batch(batch_id, run_id, state=BatchState.UNKNOWN_OUTCOME)

    runs = [make_run(2, unknown(5, 2), make_batch(6, 2)), make_run(1, unknown(3, 1))]
    assert [(run.run_id, batch.batch_id) for run, batch in unknown_batches(runs)] == [(1, 3), (2, 5)]
