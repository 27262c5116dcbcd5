import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPersistentModelIndex, Qt
from pytestqt.modeltest import ModelTester

from app.domain.fetching import IdOutcome
from app.domain.outcomes import Outcome
from app.ui.models.id_outcome_model import RECORD_ROLE, Column, IdOutcomeModel

pytestmark = pytest.mark.gui

NAMES = {1: "Ada Norling", 2: "Berit Quist"}
RISING, FALLING = Qt.SortOrder.AscendingOrder, Qt.SortOrder.DescendingOrder


def outcomes(*states: Outcome) -> list[IdOutcome]:
    return [
        IdOutcome(str(number * 7), state, f"reason {number}", number if state is Outcome.FOUND else None)
        for number, state in enumerate(states, start=1)
    ]


def model_of(entries: list[IdOutcome]) -> IdOutcomeModel:
    model = IdOutcomeModel(lambda contact_id: NAMES.get(contact_id, ""))
    # In two parts, as a long run is read.
    model.append(entries[: len(entries) // 2])
    model.append(entries[len(entries) // 2 :])
    return model


def order(model: IdOutcomeModel, column: int, direction: Qt.SortOrder = RISING) -> None:
    model.apply_order(model.ordered(column, direction))


def texts(model: IdOutcomeModel, column: Column) -> list[str]:
    return [str(model.index(row, column).data()) for row in range(model.rowCount())]


def test_it_is_a_sound_model_through_every_change(qtmodeltester: ModelTester) -> None:
    model = IdOutcomeModel(str)
    qtmodeltester.check(model)
    model.append(outcomes(*[Outcome.QUEUED] * 9))
    model.show_outcome(Outcome.QUEUED)
    model.update(0, outcomes(*[Outcome.FOUND, Outcome.QUEUED, Outcome.FAILED] * 3))
    order(model, Column.REASON, FALLING)
    model.update(0, outcomes(*[Outcome.QUEUED, Outcome.FOUND, Outcome.QUEUED] * 3))
    model.append(outcomes(Outcome.QUEUED, Outcome.FOUND))
    model.show_outcome(None)
    qtmodeltester.check(model)
    model.clear()
    assert model.rowCount() == 0


def test_each_id_shows_its_outcome_in_words_its_reason_and_its_contacts_name() -> None:
    model = model_of(outcomes(Outcome.FOUND, Outcome.NOT_FOUND))
    assert texts(model, Column.ID) == ["7", "14"]
    assert texts(model, Column.OUTCOME) == ["Found", "Not found"]
    assert texts(model, Column.NAME) == ["Ada Norling", ""]
    assert texts(model, Column.REASON) == ["reason 1", "reason 2"]
    icon = model.index(1, Column.OUTCOME).data(Qt.ItemDataRole.DecorationRole)
    assert not icon.isNull()
    assert model.index(0, Column.NAME).data(RECORD_ROLE).contact_id == 1


def test_an_update_names_only_the_rows_that_changed_and_the_contacts_that_are_new() -> None:
    model = model_of(outcomes(*[Outcome.QUEUED] * 6))
    told: list[tuple[int, int]] = []
    model.dataChanged.connect(lambda first, last: told.append((first.row(), last.row())))
    resets: list[bool] = []
    model.modelReset.connect(lambda: resets.append(True))
    states = (Outcome.QUEUED, Outcome.FOUND, Outcome.FOUND, Outcome.QUEUED, Outcome.FAILED, Outcome.QUEUED)
    later = outcomes(*states)[1:]
    assert model.new_contacts(1, later) == [2, 3]
    model.update(1, later)
    assert told == [(1, 2), (4, 4)]
    assert model.new_contacts(1, later) == []
    model.update(1, later)
    assert not resets


def test_it_knows_from_where_on_answers_are_missing() -> None:
    model = model_of(outcomes(Outcome.FOUND, Outcome.QUEUED, Outcome.QUEUED))
    assert model.first_open == 1
    model.update(0, outcomes(Outcome.FOUND, Outcome.FOUND, Outcome.FAILED))
    assert model.first_open == model.total == 3
    model.update(2, outcomes(*[Outcome.QUEUED] * 3)[2:])
    assert model.first_open == 2


def test_the_filter_keeps_up_with_answers_and_loses_no_selection() -> None:
    model = model_of(outcomes(Outcome.FOUND, Outcome.QUEUED, Outcome.QUEUED, Outcome.FOUND))
    model.show_outcome(Outcome.FOUND)
    chosen = QPersistentModelIndex(model.index(1, Column.ID))
    assert chosen.data() == "28"
    model.update(0, outcomes(Outcome.FOUND, Outcome.FOUND, Outcome.FAILED, Outcome.FOUND))
    assert texts(model, Column.ID) == ["7", "14", "28"]
    assert (chosen.row(), chosen.data()) == (2, "28")


def test_ids_sort_as_numbers_and_the_pasted_order_comes_back() -> None:
    model = model_of([IdOutcome(text, Outcome.QUEUED) for text in ("104", "9", "9223372036854775807", "20")])
    kept = QPersistentModelIndex(model.index(3, Column.ID))
    order(model, Column.ID)
    assert texts(model, Column.ID) == ["9", "20", "104", "9223372036854775807"]
    assert kept.data() == "20"
    order(model, -1)
    assert texts(model, Column.ID) == ["104", "9", "9223372036854775807", "20"]


def test_a_click_on_a_header_only_asks_for_the_order() -> None:
    model = model_of(outcomes(Outcome.FOUND, Outcome.FAILED))
    asked: list[tuple[int, Qt.SortOrder]] = []
    model.order_wanted.connect(lambda column, direction: asked.append((column, direction)))
    model.sort(Column.OUTCOME, FALLING)
    assert asked == [(Column.OUTCOME, FALLING)]
    assert texts(model, Column.OUTCOME) == ["Found", "Failed"]


def test_many_rows_are_sorted_as_a_whole() -> None:
    numbers = [(number * 7919) % 10_007 for number in range(1, 5_000)]
    model = model_of([IdOutcome(str(number), Outcome.QUEUED) for number in numbers])
    order(model, Column.ID, FALLING)
    assert texts(model, Column.ID) == [str(number) for number in sorted(numbers, reverse=True)]


def test_rows_that_come_while_it_is_sorted_follow_at_the_end() -> None:
    model = model_of(outcomes(Outcome.FOUND, Outcome.FAILED))
    wanted = model.ordered(Column.OUTCOME, RISING)
    model.append([IdOutcome("9", Outcome.CANCELLED)])
    model.apply_order(wanted)
    assert texts(model, Column.OUTCOME) == ["Failed", "Found", "Cancelled"]


def test_it_tells_which_ids_were_not_returned_and_which_contacts_were_found() -> None:
    model = model_of(outcomes(Outcome.NOT_FOUND, Outcome.FOUND, Outcome.NOT_FOUND, Outcome.FOUND))
    model.show_outcome(Outcome.FAILED)
    assert model.ids(Outcome.NOT_FOUND) == ["7", "21"]
    assert model.found_contacts() == [2, 4]


@given(
    st.lists(st.sampled_from(list(Outcome)), max_size=40),
    st.sampled_from(list(Outcome)),
    st.sampled_from([-1, Column.ID, Column.OUTCOME]),
    st.data(),
)
def test_filtered_rows_are_always_the_matching_ones_in_order(
    before: list[Outcome], only: Outcome, column: int, data: st.DataObject
) -> None:
    model = model_of(outcomes(*before))
    order(model, column, FALLING)
    rows = texts(model, Column.ID)
    model.show_outcome(only)
    after = data.draw(st.lists(st.sampled_from(list(Outcome)), min_size=len(before), max_size=len(before)))
    model.update(0, outcomes(*after))
    matching = {str(number * 7) for number, outcome in enumerate(after, start=1) if outcome is only}
    assert texts(model, Column.ID) == [row for row in rows if row in matching]
